"""Tokens along sequence flows, implicit splits and merges (BPMN 2.0.2, sections 13.2, 13.3.1)."""

from __future__ import annotations

from bpmn_engine.kernel.commands import RejectionReason, StartInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY
from tests.diagrams import end, message, process, script, service, start, task
from tests.kernel import Run, compiled, started


def test_token_goes_from_start_to_end():
    run = started(process("s -> a -> b -> e", s=start(), a=task(), b=task(), e=end()))

    assert run.is_completed
    assert run.passed == ["s", "a", "b", "e"]
    assert run.flows == ["s_a", "a_b", "b_e"]


def test_instance_completes_when_the_last_of_several_ends_is_reached():
    run = started(
        process(
            "s -> a, b",
            "a -> e1",
            "b -> e2",
            s=start(),
            a=service("x"),
            b=service("y"),
            e1=end(),
            e2=end(),
        )
    )

    run.complete("a")

    assert not run.is_completed

    run.complete("b")

    assert run.is_completed


def test_several_flows_out_of_a_task_split_without_a_gateway():
    run = started(process("s -> a", "a -> b, c", s=start(), a=task(), b=task(), c=task()))

    assert run.is_completed
    assert sorted(run.passed) == ["a", "b", "c", "s"]


def test_several_flows_into_a_task_run_it_once_for_each_token():
    run = started(
        process("s -> a, b", "a, b -> c -> e", s=start(), a=task(), b=task(), c=task(), e=end())
    )

    assert run.passed.count("c") == 2
    assert run.passed.count("e") == 2


def test_conditions_out_of_a_task_take_every_flow_that_holds():
    diagram = process(
        "s -> a",
        "a -> small if n < 10",
        "a -> even if n = 4",
        "a -> other default",
        s=start(),
        a=task(),
        small=task(),
        even=task(),
        other=task(),
    )

    assert sorted(started(diagram, {"n": 4}).passed) == ["a", "even", "s", "small"]
    assert sorted(started(diagram, {"n": 40}).passed) == ["a", "other", "s"]


def test_without_a_start_event_everything_nothing_leads_to_starts():
    run = started(process("a -> c", "b -> c", a=task(), b=task(), c=task()))

    assert sorted(run.passed) == ["a", "b", "c", "c"]


def test_of_several_none_start_events_one_has_to_be_named():
    graph = compiled(process("s1 -> e", "s2 -> e", s1=start(), s2=start(), e=end()))
    run = Run(graph)

    rejection = run.send(StartInstance())

    assert rejection is not None
    assert rejection.reason is RejectionReason.NOT_FOUND
    assert "s1, s2" in rejection.message
    assert run.state == EMPTY

    run.do(StartInstance(element_id="s2"))

    assert run.passed == ["s2", "e"]


def test_a_process_started_by_messages_only_is_not_started_without_one():
    run = Run(compiled(process("s -> e", s=start(message("order")), e=end())))

    rejection = run.send(StartInstance())

    assert rejection is not None
    assert "message" in rejection.message


def test_an_instance_starts_once():
    run = started(process("s -> a -> e", s=start(), a=service("x"), e=end()))

    rejection = run.send(StartInstance())

    assert rejection is not None
    assert rejection.reason is RejectionReason.WRONG_STATE


def test_a_loop_runs_until_its_condition_says_so():
    diagram = process(
        "s -> inc",
        "inc -> inc if n < limit",
        "inc -> e default",
        s=start(),
        inc=script("n + 1", "n"),
        e=end(),
    )

    run = started(diagram, {"n": 0, "limit": 500})

    assert run.variables["n"] == 500
    assert run.passed.count("inc") == 500


def test_an_endless_loop_becomes_an_incident_and_goes_on_when_it_is_resolved():
    run = started(process("s -> a -> a", s=start(), a=task()), max_flows=50)

    assert "endless loop" in run.incident.message
    assert run.state.status is InstanceStatus.ACTIVE
    before = run.passed.count("a")

    run.resolve()

    assert run.passed.count("a") == before + 50
    assert "endless loop" in run.incident.message


def test_default_flow_is_taken_when_no_condition_is_true_beside_the_flows_without_one():
    xml = process(
        "s -> a",
        "a -> b if n = 1",
        "a -> c",
        "a -> d default",
        "b, c, d -> e",
        s=start(),
        a=task(),
        b=task(),
        c=task(),
        d=task(),
        e=end(),
    )

    assert {"c", "d"} <= set(started(xml, {"n": 0}).passed)
    assert "d" not in started(xml, {"n": 1}).passed
