"""What no flow leads to begins with its scope, beside start events (BPMN 2.0.2, 10.3)."""

from __future__ import annotations

import pytest

from bpmn_engine.analysis.process_analysis import analyse_process
from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.model.definitions import Definitions, Refusal, Severity
from bpmn_engine.parser.reader import read_definitions
from tests.collaborations import plain
from tests.diagrams import (
    Element,
    end,
    event_subprocess,
    exclusive,
    message,
    parallel,
    process,
    signal,
    start,
    subprocess,
    task,
    undone,
)
from tests.kernel import Run, compiled


def drawn(xml: bytes) -> bytes:
    """Return a diagram of a modeler that warns of such elements instead of refusing them."""
    return plain(xml).replace(b"<bpmn:definitions ", b'<bpmn:definitions exporter="bpmn-js" ')


def run(xml: bytes, at: str | None = None) -> Run:
    found = Run(compiled(drawn(xml)))
    found.do(StartInstance(element_id=at))
    return found


def test_a_task_that_no_flow_leads_to_begins_beside_the_start_event():
    found = run(process("s -> j", "a -> j", "j -> e", s=start(), a=task(), j=parallel(), e=end()))

    assert found.is_completed
    assert sorted(found.passed) == ["a", "e", "j", "s"]


@pytest.mark.parametrize("at", ["s", "t"])
def test_it_begins_whichever_start_event_occurs(at):
    xml = process(
        "s, t -> b", "a -> e", s=start(), t=start(message("m")), b=task(), a=task(), e=end()
    )

    found = run(xml, at)

    assert sorted(found.passed) == sorted([at, "b", "a", "e"])


def test_it_begins_with_the_sub_process_it_stands_in():
    inner = subprocess("s2 -> b", s2=start(), b=task(), a=task())

    found = run(
        process("s -> u -> sub -> e", s=start(), u=Element("userTask"), sub=inner, e=end())
    )
    before = list(found.passed)
    found.complete("u")

    assert "a" not in before
    assert found.is_completed
    assert found.passed.count("a") == 1


def test_the_instance_is_open_until_it_has_ended():
    found = run(process("s -> e", s=start(), a=Element("userTask"), e=end()))
    before = found.is_completed
    found.complete("a")

    assert not before
    assert found.is_completed


def test_handlers_and_event_sub_processes_do_not_begin_by_themselves():
    xml = process(
        "s -> a -> u -> e",
        s=start(),
        a=task(),
        u=Element("userTask"),
        e=end(),
        h=event_subprocess("t -> x", t=start(signal("stop")), x=end()),
        **undone("a", task()),
    )

    found = run(xml)
    found.complete("u")

    assert found.is_completed
    assert sorted(found.passed) == ["a", "e", "s", "u"]


def test_in_a_diagram_for_camunda_it_is_refused():
    refusal = read_definitions(process("s -> e", s=start(), a=task(), e=end()))

    assert isinstance(refusal, Refusal)
    assert "no-incoming-flow" in [one.rule for one in refusal.violations]


def test_a_strict_modelers_diagram_is_refused():
    refusal = read_definitions(plain(process("s -> e", s=start(), a=task(), e=end())))

    assert isinstance(refusal, Refusal)
    assert "no-incoming-flow" in [one.rule for one in refusal.violations]


def test_it_is_told_that_it_starts_by_itself():
    definitions = read_definitions(drawn(process("s -> e", s=start(), a=task(), e=end())))

    assert isinstance(definitions, Definitions)
    found = [one for one in definitions.warnings if one.rule == "no-incoming-flow"]
    assert [(one.element_id, one.severity) for one in found] == [("a", Severity.WARNING)]
    assert "starts by itself" in found[0].message


def found_in(xml: bytes) -> list[tuple[str, str | None]]:
    definitions = read_definitions(drawn(xml))
    assert isinstance(definitions, Definitions)
    graph = compiled(drawn(xml))
    found = analyse_process(definitions.processes[0], graph)
    return [(one.rule, one.element_id) for one in found]


def test_the_analysis_knows_that_it_begins_beside_the_start_event():
    joined = process("s -> j", "a -> j", "j -> e", s=start(), a=task(), j=parallel(), e=end())
    met = process(
        "s -> b -> x",
        "a -> x",
        "x -> c -> e",
        s=start(),
        a=task(),
        b=task(),
        x=exclusive(),
        c=task(),
        e=end(),
    )

    assert found_in(joined) == []
    assert found_in(met) == [("lack-of-synchronisation", "x")]


def test_beside_one_of_several_start_events_the_analysis_does_not_decide():
    xml = process(
        "s, t -> x",
        "x, a -> j",
        "j -> e",
        s=start(),
        t=start(message("m")),
        a=task(),
        x=exclusive(),
        j=parallel(),
        e=end(),
    )

    assert found_in(xml) == [("soundness-not-decided", "p")]
