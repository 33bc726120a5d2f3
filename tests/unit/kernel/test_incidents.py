"""Where a phase fails the visit stays; resolving runs exactly that phase again, each time."""

from __future__ import annotations

import pytest
from immutables import Map

from bpmn_engine.kernel.commands import CancelInstance, RejectionReason, ReportIncident
from bpmn_engine.kernel.effects import ClearIncident, CreateJob, RaiseIncident, RetryJob
from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import (
    Contents,
    Element,
    boundary,
    catch,
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
    times,
    user,
)
from tests.kernel import key, started

BROKEN = "number(x)"
"""Fails while `x` is no number."""


def around(element, **others):
    return process("s -> a -> e", s=start(), a=element, e=end(), **others)


PHASES = {
    "input mapping": around(service("w", inputs={"y": BROKEN})),
    "script": around(script(BROKEN, "y")),
    "input collection": around(service("w", loop=each(f"[{BROKEN}]"))),
    "cardinality": around(service("w", loop=times(BROKEN))),
    "user task": around(user(due=f'= "P" + string({BROKEN}) + "D"')),
    "catch event": around(catch(timer(duration=f'= "PT" + string({BROKEN}) + "H"'))),
    "correlation key": around(catch(message("m", BROKEN))),
    "condition": process(
        "s -> a",
        f"a -> b if {BROKEN} = 1",
        "a -> e default",
        "b -> e",
        s=start(),
        a=exclusive(),
        b=task(),
        e=end(),
    ),
    "inclusive condition": process(
        "s -> a",
        f"a -> b if {BROKEN} = 1",
        "a -> e default",
        "b -> e",
        s=start(),
        a=inclusive(),
        b=task(),
        e=end(),
    ),
    "boundary timer": process(
        "s -> a -> e",
        "b -> e",
        s=start(),
        a=service("w"),
        b=boundary("a", timer(duration=f'= "PT" + string({BROKEN}) + "H"')),
        e=end(),
    ),
}


@pytest.mark.parametrize("xml", PHASES.values(), ids=PHASES.keys())
def test_a_failing_phase_is_run_again_until_it_succeeds_and_opens_nothing_before(xml):
    run = started(xml, {"x": "?"})
    before = run.incident
    assert before.kind is IncidentKind.EXPRESSION
    assert run.waiting == []

    run.resolve()

    again = run.incident
    assert again.key > before.key
    assert (again.visit, again.message) == (before.visit, before.message)

    run.set(x="1")
    run.resolve()

    assert not run.state.incidents
    assert run.is_completed or len(run.waiting) in {1, 2}


@pytest.mark.parametrize("xml", PHASES.values(), ids=PHASES.keys())
def test_a_failing_phase_can_be_cancelled(xml):
    run = started(xml, {"x": "?"})

    run.do(CancelInstance())

    assert not run.state.incidents
    assert not run.state.visits


def test_an_output_mapping_that_fails_twice_does_the_job_once():
    run = started(around(service("w", outputs={"y": BROKEN})), {"x": "?"})
    run.complete("a")

    run.resolve()
    run.set(x="7")
    run.resolve()

    assert run.is_completed
    assert run.variables["y"] == 7
    assert len(run.sent(CreateJob)) == 1


def test_a_completion_condition_that_fails_counts_no_instance_twice():
    run = started(
        around(service("w", loop=each("[1, 2, 3]", sequential=True, until=f"{BROKEN} = 9"))),
        {"x": "?"},
    )
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.waiting == []

    run.resolve()
    run.set(x="1")
    run.resolve()
    run.complete("a")
    run.complete("a")

    assert run.is_completed
    assert len(run.sent(CreateJob)) == 3


def test_an_output_element_that_fails_keeps_its_instance():
    run = started(
        around(service("w", loop=each("[1, 2]", gather=("ys", "number(z)")))),
        {"z": "?"},
    )
    run.complete("a")
    run.complete("a")
    assert len(run.state.incidents) == 2

    run.do(CancelInstance())

    assert len(run.sent(RaiseIncident)) == len(run.sent(ClearIncident)) == 2


def test_the_limit_holds_an_endless_loop_over_one_inclusive_gateway():
    run = started(
        process(
            "s -> j",
            "j -> j if again",
            "j -> e default",
            s=start(),
            j=inclusive(),
            e=end(),
        ),
        {"again": True},
        max_flows=20,
    )
    assert run.incident.kind is IncidentKind.LIMIT

    run.resolve()
    assert run.incident.kind is IncidentKind.LIMIT
    run.set(again=False)
    run.resolve()

    assert run.is_completed


def test_the_limit_holds_a_token_before_an_inclusive_split():
    run = started(
        process(
            "s -> m -> x",
            "x -> m if again",
            "x -> e default",
            s=start(),
            m=exclusive(),
            x=inclusive(),
            e=end(),
        ),
        {"again": True},
        max_flows=4,
    )
    assert run.incident.kind is IncidentKind.LIMIT
    assert run.name(run.incident.node) == "m"

    run.set(again=False)
    run.resolve()

    assert run.is_completed


def test_an_output_mapping_of_a_sub_process_that_fails_is_one_incident_and_can_be_resolved():
    mapping = "<zeebe:ioMapping><zeebe:output source='= 1 + x' target='y'/></zeebe:ioMapping>"
    inside = Contents(("a -> b",), {"a": start(), "b": end()})
    sub_process = Element("subProcess", {}, mapping, contents=inside)
    run = started(process("s -> h -> e", s=start(), h=sub_process, e=end()), {"x": "no"})

    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(x=1)
    run.resolve()
    assert run.variables == {"x": 1, "y": 2}
    assert run.is_completed


def report(run, visit=None, **more):
    waits = run.waits("a")
    where = waits[0].visit if visit is None else visit
    return run.send(ReportIncident(visit=where, name="lost", message="no box", **more))


def test_a_reported_incident_stops_nothing_and_closes_with_its_element():
    run = started(process("s -> a -> e", s=start(), a=service("w"), e=end()))

    assert report(run, configuration="A-1") is None
    assert (run.incident.kind, run.incident.error_code) == (IncidentKind.REPORTED, "lost")
    assert run.incident.values == Map({"configuration": "A-1"})
    run.complete("a")

    assert run.is_completed
    assert len(run.sent(ClearIncident)) == 1


def test_resolving_a_reported_incident_tries_nothing_again():
    run = started(process("s -> a -> e", s=start(), a=service("w"), e=end()))
    report(run)

    run.resolve()

    assert run.waiting == ["a"]
    assert len(run.sent(CreateJob)) == 1
    assert run.sent(RetryJob) == []


def test_a_failure_leaves_a_reported_incident_open():
    run = started(process("s -> a -> e", s=start(), a=service("w"), e=end()))
    report(run)

    for _ in range(2):
        run.fail("a")

    kinds = [each.kind for each in run.state.incidents.values()]
    assert sorted(kinds, key=str) == [IncidentKind.JOB, IncidentKind.REPORTED]


def test_an_incident_is_reported_at_an_active_element_with_none_inside():
    inside = Contents(("i -> a",), {"i": start(), "a": service("w")})
    sub_process = Element("subProcess", contents=inside)
    run = started(process("s -> h -> e", s=start(), h=sub_process, e=end()))
    scope = run.state.visits[run.waits("a")[0].visit].scope

    refused = [report(run, visit) for visit in (key(999), scope)]
    run.complete("a")
    after = run.send(ReportIncident(visit=scope, name="lost", message="no box"))

    assert [each.reason for each in (*refused, after)] == [
        RejectionReason.NOT_FOUND,
        RejectionReason.WRONG_KIND,
        RejectionReason.WRONG_STATE,
    ]
