"""Conditions and mappings are strict, and what decided is kept with the visit."""

from __future__ import annotations

import pytest

from bpmn_engine.expressions.language import Strictness
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.kernel.condition_values import CUT, MAX_CHARACTERS, MAX_ITEMS
from bpmn_engine.kernel.facts import ElementCompleted
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    call,
    catch,
    condition,
    each,
    end,
    exclusive,
    inclusive,
    message,
    process,
    script,
    service,
    start,
    task,
    timer,
    user,
)
from tests.kernel import Run, started


def deciding(condition, gateway=None):
    return process(
        "s -> g",
        f"g -> big if {condition}",
        "g -> small default",
        "big -> e",
        "small -> e",
        s=start(),
        g=gateway or exclusive(),
        big=task(),
        small=task(),
        e=end(),
    )


def read_at(run, element_id):
    """Return what the conditions of each completed visit of an element read."""
    return [
        fact.read
        for fact in run.facts
        if isinstance(fact, ElementCompleted) and run.name(fact.node) == element_id
    ]


def test_condition_that_reads_a_missing_variable_is_an_incident_and_not_the_default_flow():
    run = started(deciding('status = "open"'), {"amount": 12})

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert "The condition of" in run.incident.message
    assert "`status` is not defined; in scope: amount." in run.incident.message
    assert "small" not in run.passed
    assert run.incident.position is not None


def test_condition_may_ask_whether_a_variable_is_there():
    run = started(deciding("status = null"))

    assert run.passed == ["s", "g", "big", "e"]


def test_variable_that_is_null_is_no_failure():
    run = started(deciding('status = "open"'), {"status": None})

    assert run.passed == ["s", "g", "small", "e"]


@pytest.mark.parametrize("place", ["inputs", "outputs"])
def test_mapping_that_reads_what_does_not_exist_is_an_incident(place):
    xml = process(
        "s -> a -> e", s=start(), a=service("w", **{place: {"y": "order.nmae"}}), e=end()
    )

    run = started(xml, {"order": {"name": "Alice"}})
    if place == "outputs":
        run.complete("a")

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert "Expected order to have `nmae`, but it has name." in run.incident.message


def test_lenient_mapping_gives_null_and_conditions_stay_strict():
    xml = process(
        "s -> a -> g",
        "g -> b if nmae = 1",
        "g -> e default",
        "b -> e",
        s=start(),
        a=service("w", inputs={"y": "order.nmae + 1"}),
        g=exclusive(),
        b=task(),
        e=end(),
    )
    definitions = read_definitions(xml)
    graph = compile_process(definitions.processes[0], strictness_of_mappings=Strictness.LENIENT)
    run = Run(graph)

    run.do(StartInstance(variables={"order": {}}))
    run.complete("a")

    assert "`nmae` is not defined" in run.incident.message


STRICT_PLACES = {
    "assignee": user(assignee="= order.nmae"),
    "candidate groups": user(groups="= order.nmae"),
    "timer": catch(timer(duration="= order.nmae")),
    "correlation key": catch(message("paid", "order.nmae")),
    "called process": call("= order.nmae"),
    "script": script("order.nmae", "y"),
    "input collection": service("w", loop=each("order.nmae")),
}


@pytest.mark.parametrize("element", STRICT_PLACES.values(), ids=STRICT_PLACES)
def test_every_other_expression_is_strict_too(element):
    run = started(process("s -> a -> e", s=start(), a=element, e=end()), {"order": {"id": 1}})

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert "Expected order to have `nmae`, but it has id." in run.incident.message


def test_conditional_event_waits_for_what_does_not_exist_yet():
    xml = process("s -> a -> e", s=start(), a=catch(condition('order.state = "paid"')), e=end())
    run = started(xml, {"order": {"id": 1}})
    assert not run.state.incidents

    run.set(order={"id": 1, "state": "paid"})

    assert run.is_completed


def test_completion_condition_may_read_what_does_not_exist_yet():
    loop = each("[1, 2, 3]", until='is defined(found) and found or result = "yes"')
    run = started(process("s -> a -> e", s=start(), a=service("w", loop=loop), e=end()))

    run.complete("a", {"found": False, "result": "no"})
    run.complete("a", {"found": True})

    assert run.is_completed


def test_gateway_keeps_what_its_conditions_read():
    run = started(deciding("amount > 10 and vip"), {"amount": 12, "vip": True, "other": 1})

    assert read_at(run, "g") == [{"amount": 12, "vip": True}]
    assert read_at(run, "big") == [None]


def test_inclusive_gateway_and_activity_keep_what_all_their_conditions_read():
    flows = ("g -> a if x = 1", "g -> b if y = 1", "g -> c default", "a -> e", "b -> e", "c -> e")
    for gateway in (inclusive(), task()):
        xml = process(
            "s -> g", *flows, s=start(), g=gateway, a=task(), b=task(), c=task(), e=end()
        )

        run = started(xml, {"x": 1, "y": 2})

        assert read_at(run, "g") == [{"x": 1, "y": 2}]


def test_exclusive_gateway_keeps_nothing_of_flows_that_it_did_not_ask():
    xml = process(
        "s -> g",
        "g -> a if x = 1",
        "g -> b if y = 1",
        "a -> e",
        "b -> e",
        s=start(),
        g=exclusive(),
        a=task(),
        b=task(),
        e=end(),
    )

    run = started(xml, {"x": 1, "y": 2})

    assert read_at(run, "g") == [{"x": 1}]


def test_activity_keeps_what_its_result_was_before_it_is_assigned():
    xml = process(
        "s -> a",
        "a -> b if x = 2",
        "a -> e default",
        "b -> e",
        s=start(),
        a=service("w", outputs={"x": "x + 1"}),
        b=task(),
        e=end(),
    )
    run = started(xml, {"x": 1})

    run.complete("a")

    assert read_at(run, "a") == [{"x": 2}]


def test_long_values_are_cut_with_a_mark():
    run = started(
        deciding("is defined(text) and is defined(rows) and is defined(order)"),
        {
            "text": "a" * 1_000,
            "rows": list(range(100)),
            "order": {f"k{number}": number for number in range(100)},
        },
    )

    (read,) = read_at(run, "g")

    assert read["text"] == "a" * MAX_CHARACTERS + CUT
    assert read["rows"] == [*range(MAX_ITEMS), CUT]
    assert len(read["order"]) == MAX_ITEMS + 1
    assert read["order"][CUT] == CUT


def test_deep_and_wide_values_are_cut_too():
    deep = [[[[[[[1]]]]]]]
    wide = [[list(range(20)) for _ in range(20)] for _ in range(20)]

    run = started(deciding("is defined(deep) and is defined(wide)"), {"deep": deep, "wide": wide})

    (read,) = read_at(run, "g")
    assert read["deep"] == [[[[[CUT]]]]]
    assert read["wide"][-1] == CUT
