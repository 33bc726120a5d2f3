"""Ad-hoc sub-processes (BPMN 2.0.2, section 13.3.5)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import ActivateElement, RejectionReason
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Element,
    ad_hoc,
    again,
    boundary,
    end,
    process,
    service,
    start,
    subprocess,
    task,
    timer,
    user,
)
from tests.kernel import Run, started


def around(element: Element) -> bytes:
    return process("s -> h -> e", s=start(), h=element, e=end())


def activate(run: Run, element_id: str) -> None:
    run.do(ActivateElement(element_id=element_id))


# All begin --------------------------------------------------------------------------------------


def test_in_parallel_all_activities_without_an_incoming_flow_begin_at_once():
    run = started(around(ad_hoc("a -> c", a=service("a"), b=user(), c=service("c"))))
    assert run.waiting == ["a", "b"]

    run.complete("b")
    run.complete("a")
    assert run.waiting == ["c"]
    run.complete("c")

    assert run.passed == ["s", "b", "a", "c", "h", "e"]
    assert run.is_completed


def test_in_sequence_one_begins_when_the_one_before_has_ended_with_all_that_follows_it():
    run = started(
        around(ad_hoc("a -> c", sequential=True, a=service("a"), b=service("b"), c=service("c")))
    )
    assert run.waiting == ["a"]
    run.complete("a")
    assert run.waiting == ["c"]

    run.complete("c")
    assert run.waiting == ["b"]
    run.complete("b")

    assert run.passed[-2:] == ["h", "e"]
    assert run.is_completed


def test_a_true_completion_condition_ends_the_sub_process_and_what_remains_in_it():
    run = started(around(ad_hoc(until="done", a=service("a"), b=service("b"))), {"done": False})
    run.complete("a", {"done": True})

    assert run.terminated == ["b"]
    assert run.passed[-2:] == ["h", "e"]
    assert run.is_completed


def test_what_remains_may_run_to_its_end_when_it_is_not_to_be_cancelled():
    element = ad_hoc(until="done", cancels=False, a=service("a"), b=service("b"))
    run = started(around(element), {"done": False})

    run.complete("a", {"done": True})
    assert run.waiting == ["b"]
    assert run.send(ActivateElement(element_id="a")) is not None
    run.complete("b", {"done": False})

    assert run.terminated == []
    assert run.is_completed


def test_in_sequence_a_true_condition_keeps_the_others_from_beginning():
    element = ad_hoc(until="done", sequential=True, cancels=False, a=service("a"), b=service("b"))
    run = started(around(element), {"done": False})

    run.complete("a", {"done": True})

    assert "b" not in run.passed
    assert run.is_completed


def test_with_a_condition_that_stays_false_it_waits_for_somebody():
    run = started(around(ad_hoc(until="done", a=service("a"))), {"done": False})
    run.complete("a")
    assert run.waiting == []
    assert not run.is_completed
    assert not run.state.incidents

    activate(run, "a")
    run.complete("a", {"done": True})

    assert run.is_completed
    assert run.passed.count("a") == 2


# Somebody says what begins ----------------------------------------------------------------------


def test_by_hand_nothing_begins_until_somebody_says_so():
    run = started(around(ad_hoc(by_hand=True, a=service("a"), b=service("b"))))
    assert run.waiting == []

    activate(run, "b")
    assert run.waiting == ["b"]
    run.complete("b")

    assert "a" not in run.passed
    assert run.is_completed


def test_the_active_elements_begin_and_no_others():
    element = ad_hoc(active="chosen", a=service("a"), b=service("b"), c=service("c"))

    run = started(around(element), {"chosen": ["c", "a"]})

    assert run.waiting == ["a", "c"]


def test_an_element_may_begin_again_while_it_runs_in_parallel():
    run = started(around(ad_hoc(by_hand=True, until="false", a=service("a"))))

    activate(run, "a")
    activate(run, "a")

    assert run.waiting == ["a", "a"]


def test_in_sequence_nothing_may_begin_beside_what_runs():
    run = started(around(ad_hoc(by_hand=True, sequential=True, a=service("a"), b=service("b"))))
    activate(run, "a")
    before = run.state

    rejection = run.send(ActivateElement(element_id="b"))

    assert rejection is not None
    assert rejection.reason is RejectionReason.WRONG_STATE
    assert run.state == before


def test_what_runs_ends_before_another_begins_where_that_is_asked_for():
    run = started(around(ad_hoc("a -> c", a=service("a"), b=service("b"), c=service("c"))))
    run.complete("a")
    assert run.waiting == ["b", "c"]

    run.do(ActivateElement(element_id="b", cancels_remaining=True))
    assert run.waiting == ["b"]
    run.complete("b")

    assert run.passed == ["s", "a", "b", "h", "e"]
    assert run.is_completed


def test_in_sequence_what_was_to_begin_is_forgotten_when_the_rest_is_cancelled():
    run = started(around(ad_hoc(sequential=True, a=service("a"), b=service("b"))))
    assert run.waiting == ["a"]

    run.do(ActivateElement(element_id="a", cancels_remaining=True))
    assert run.waiting == ["a"]
    run.complete("a")

    assert run.passed == ["s", "a", "h", "e"]
    assert run.is_completed


def test_an_activation_that_is_refused_cancels_nothing():
    run = started(around(ad_hoc(a=service("a"), b=service("b"))))
    before = run.state

    assert run.send(ActivateElement(element_id="x", cancels_remaining=True)) is not None
    assert run.state == before


def test_the_variables_of_an_activation_are_those_of_the_sub_process():
    element = ad_hoc(by_hand=True, until="enough", a=service("a"))
    run = started(around(element), {"enough": False})

    run.do(ActivateElement(element_id="a", variables={"enough": True}))
    run.complete("a")

    assert run.is_completed
    assert run.variables == {"enough": False}


@pytest.mark.parametrize("element_id", ["c", "s", "h", "nothing"])
def test_only_enabled_elements_may_begin(element_id):
    run = started(around(ad_hoc("a -> c", by_hand=True, a=service("a"), c=service("c"))))

    rejection = run.send(ActivateElement(element_id=element_id))

    assert rejection is not None
    assert rejection.reason is RejectionReason.NOT_FOUND


def test_of_several_open_sub_processes_one_has_to_be_named():
    diagram = process(
        "s -> f -> e",
        s=start(),
        f=task(completionQuantity="2"),
        e=ad_hoc(by_hand=True, a=service("a")),
    )
    run = started(diagram)
    assert run.send(ActivateElement(element_id="a")) is not None
    first = min(run.state.loops)

    run.do(ActivateElement(element_id="a", visit=first))

    assert [wait.visit in run.state.members[first] for wait in run.waits("a")] == [True]


# Around it --------------------------------------------------------------------------------------


def test_a_boundary_event_ends_it():
    diagram = process(
        "s -> h -> e",
        "late -> f",
        s=start(),
        h=ad_hoc(by_hand=True, until="false", a=service("a")),
        late=boundary("h", timer(duration="PT1H")),
        e=end(),
        f=end(),
    )
    run = started(diagram)
    activate(run, "a")

    run.fire("late")

    assert run.terminated == ["a", "h"]
    assert run.passed[-1] == "f"
    assert run.is_completed


def test_it_may_be_looped_and_hold_sub_processes():
    inner = subprocess("i -> w", i=start(), w=service("w"))
    run = started(around(ad_hoc(loop=again(maximum="2"), p1=inner)))

    run.complete("w")
    run.complete("w")

    assert run.passed.count("p1") == 2
    assert run.is_completed


def test_a_failing_condition_is_asked_again_when_its_incident_is_resolved():
    run = started(around(ad_hoc(until="n > limit", a=service("a"))), {"n": 2})
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(limit=1)
    run.resolve()

    assert run.is_completed


def test_active_elements_that_are_none_are_an_incident():
    run = started(around(ad_hoc(active="chosen", a=service("a"))), {"chosen": ["x"]})
    assert "'x' is none of them" in run.incident.message

    run.set(chosen=["a"])
    run.resolve()

    assert run.waiting == ["a"]


@pytest.mark.parametrize(
    ("element", "element_id"),
    [
        (ad_hoc("i -> a", i=start(), a=task()), "i"),
        (ad_hoc("a -> z", a=task(), z=end()), "z"),
        (ad_hoc(), "h"),
    ],
)
def test_start_and_end_events_and_emptiness_are_refused(element, element_id):
    outcome = read_definitions(around(element))

    assert isinstance(outcome, Refusal)
    assert element_id in {found.element_id for found in outcome.violations}
