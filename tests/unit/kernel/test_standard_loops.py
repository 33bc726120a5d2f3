"""Standard loops (BPMN 2.0.2, section 13.3.6) and token quantities (section 10.3)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.kernel.effects import StartChild
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Element,
    again,
    boundary,
    call,
    each,
    end,
    error,
    parallel,
    process,
    script,
    service,
    start,
    subprocess,
    task,
    timer,
    user,
)
from tests.kernel import Run, compiled, started


def looped(element: Element) -> bytes:
    return process("s -> a -> e", s=start(), a=element, e=end())


# Standard loops ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tests_before", "n", "rounds"),
    [(False, 0, 3), (False, 2, 1), (False, 9, 1), (True, 0, 3), (True, 2, 1), (True, 9, 0)],
)
def test_a_loop_goes_on_while_its_condition_holds(tests_before, n, rounds):
    diagram = looped(script("n + 1", "n", loop=again("n < 3", tests_before=tests_before)))

    run = started(diagram, {"n": n})

    assert run.passed == ["s", *["a"] * rounds, "a", "e"]
    assert run.variables["n"] == n + rounds
    assert run.is_completed


@pytest.mark.parametrize("tests_before", [False, True])
def test_the_maximum_caps_the_iterations(tests_before):
    diagram = looped(
        script("n + 1", "n", loop=again("true", tests_before=tests_before, maximum="4"))
    )

    run = started(diagram, {"n": 0})

    assert run.variables["n"] == 4


def test_without_a_condition_the_maximum_alone_ends_the_loop():
    run = started(looped(script("n + 1", "n", loop=again(maximum="2"))), {"n": 0})

    assert run.variables["n"] == 2


def test_the_loop_counter_is_seen_inside_the_iteration_and_not_outside():
    diagram = looped(script("append(seen, loopCounter)", "seen", loop=again(maximum="3")))

    run = started(diagram, {"seen": []})

    assert run.variables == {"seen": [1, 2, 3]}


def test_the_condition_sees_how_many_iterations_have_been():
    diagram = looped(script("n + 1", "n", loop=again("loopCounter < 5", tests_before=True)))

    run = started(diagram, {"n": 0})

    assert run.variables["n"] == 5


def test_iterations_come_one_after_the_other():
    run = started(looped(service("x", loop=again("not(done)"))), {"done": False})
    assert run.waiting == ["a"]

    run.complete("a")
    assert run.waiting == ["a"]

    run.complete("a", {"done": True})
    assert run.is_completed


def test_every_kind_of_activity_loops():
    diagram = process(
        "s -> t -> u -> sub -> c -> e",
        s=start(),
        t=task(loop=again(maximum="2")),
        u=user(loop=again(maximum="2")),
        sub=subprocess("i -> w", i=start(), w=service("x"), loop=again(maximum="2")),
        c=call("other", loop=again(maximum="2")),
        e=end(),
    )
    run = started(diagram)
    for _ in range(2):
        run.complete("u")
    for _ in range(2):
        run.complete("w")
    for _ in range(2):
        run.end_child("c")

    assert len(run.sent(StartChild)) == 2
    assert run.passed.count("w") == 2
    assert run.is_completed


def test_outputs_of_an_iteration_leave_it():
    element = service("x", outputs={"total": "total + answer"}, loop=again("total < 10"))
    run = started(looped(element), {"total": 0})

    run.complete("a", {"answer": 6})
    run.complete("a", {"answer": 6})

    assert run.variables == {"total": 12}
    assert run.is_completed


def test_a_boundary_event_stands_on_the_whole_loop():
    diagram = process(
        "s -> a -> e",
        "late -> f",
        s=start(),
        a=service("x", loop=again("true")),
        late=boundary("a", timer(duration="PT1H")),
        e=end(),
        f=end(),
    )
    run = started(diagram)
    run.complete("a")
    assert len(run.waits("late")) == 1

    run.fire("late")

    assert run.waiting == []
    assert "f" in run.passed
    assert "e" not in run.passed


def test_an_error_in_an_iteration_ends_the_loop_at_its_boundary_event():
    diagram = process(
        "s -> a -> e",
        "bad -> f",
        s=start(),
        a=service("x", loop=again("true")),
        bad=boundary("a", error("E")),
        e=end(),
        f=end(),
    )
    run = started(diagram)
    run.complete("a")

    run.throw("a", "E")

    assert run.passed[-1] == "f"
    assert run.is_completed


def test_a_failing_condition_is_asked_again_when_its_incident_is_resolved():
    run = started(looped(service("x", loop=again("n < limit"))), {"n": 1})
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.waiting == []

    run.set(limit=0)
    run.resolve()

    assert run.is_completed
    assert run.passed.count("a") == 2


def test_a_failing_first_condition_leaves_the_loop_unbegun():
    run = started(looped(service("x", loop=again("n < limit", tests_before=True))), {"n": 1})
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(limit=5)
    run.resolve()

    assert run.waiting == ["a"]


def test_a_condition_that_is_no_boolean_is_an_incident():
    run = started(looped(task(loop=again("1 + 1"))))

    assert "true or false" in run.incident.message


def test_an_endless_loop_is_stopped_and_goes_on_when_it_is_resolved():
    graph = compiled(looped(script("n + 1", "n", loop=again("n < 250"))))
    run = Run(graph, max_flows=100)
    run.do(StartInstance(variables={"n": 0}))
    assert run.incident.kind is IncidentKind.LIMIT
    assert "a still loops" in run.incident.message

    run.resolve()
    assert run.incident.kind is IncidentKind.LIMIT
    run.resolve()

    assert run.is_completed
    assert run.variables["n"] == 250


def test_many_instances_at_once_are_no_endless_loop():
    graph = compiled(looped(task(loop=each("items"))))
    run = Run(graph, max_flows=10)

    run.do(StartInstance(variables={"items": list(range(50))}))

    assert run.is_completed


@pytest.mark.parametrize("maximum", ["-1", "0", "1.5", "many"])
def test_a_maximum_that_is_no_whole_number_from_1_is_refused(maximum):
    outcome = read_definitions(looped(task(loop=again(maximum=maximum))))

    assert isinstance(outcome, Refusal)
    assert "a" in {violation.element_id for violation in outcome.violations}


# Quantities -------------------------------------------------------------------------------------


def test_a_completion_quantity_sends_that_many_tokens_over_each_flow():
    diagram = process(
        "s -> a -> b, c", s=start(), a=task(completionQuantity="3"), b=task(), c=task()
    )

    run = started(diagram)

    assert run.passed.count("b") == 3
    assert run.passed.count("c") == 3
    assert run.is_completed


def test_a_start_quantity_takes_its_tokens_from_whatever_flow():
    diagram = process(
        "s -> f -> b, c -> d -> e",
        s=start(),
        f=parallel(),
        b=service("b"),
        c=service("c"),
        d=service("d", startQuantity="2"),
        e=end(),
    )
    run = started(diagram)
    run.complete("c")
    assert run.waiting == ["b"]

    run.complete("b")
    assert run.waiting == ["d"]
    run.complete("d")

    assert run.passed.count("d") == 1
    assert run.is_completed


def test_tokens_beyond_the_start_quantity_wait_for_the_next_visit():
    diagram = process(
        "s -> a -> b -> e",
        s=start(),
        a=task(completionQuantity="5"),
        b=task(startQuantity="2"),
        e=end(),
    )

    run = started(diagram)

    assert run.passed.count("b") == 2
    assert run.incident.kind is IncidentKind.STUCK_JOIN
    assert "2 tokens before b" in run.incident.message
    assert "there are 1" in run.incident.message


def test_a_looping_activity_takes_its_quantity_once_and_not_each_iteration():
    diagram = process(
        "s -> a -> b -> e",
        s=start(),
        a=task(completionQuantity="2"),
        b=task(loop=again(maximum="3"), startQuantity="2", completionQuantity="2"),
        e=end(),
    )

    run = started(diagram)

    assert run.passed.count("e") == 2
    assert run.is_completed


@pytest.mark.parametrize("attribute", ["startQuantity", "completionQuantity"])
@pytest.mark.parametrize("value", ["0", "-2", "1001"])
def test_a_quantity_out_of_range_is_refused(attribute, value):
    outcome = read_definitions(looped(task(**{attribute: value})))

    assert isinstance(outcome, Refusal)


def test_a_user_task_of_a_loop_is_offered_anew_each_time():
    run = started(looped(user(loop=again(maximum="2"))))
    first = run.wait("a", WaitKind.USER_TASK)

    run.complete("a")

    assert run.wait("a", WaitKind.USER_TASK) != first
