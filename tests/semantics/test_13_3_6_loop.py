"""13.3.6 Loop activity."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import again, boundary, end, message, process, service, start, task
from tests.kernel import Run, started


def looping(loop, work=service, **variables) -> Run:
    a = service("a", loop=loop) if work is service else task(loop)
    return started(process("s -> a -> e", s=start(), a=a, e=end()), variables, max_flows=50)


def test_the_activity_is_executed_as_long_as_the_condition_is_true():
    """13.3.6, 1st."""
    run = looping(again("more"), more=True)
    run.complete("a", {"more": True})
    assert run.waiting == ["a"]

    run.complete("a", {"more": False})

    assert run.passed == ["s", "a", "a", "a", "e"]


def test_the_iterations_are_one_after_the_other():
    """13.3.6, 2nd."""
    run = looping(again(maximum="3"))

    assert run.waiting == ["a"]


def test_tested_before_it_may_not_be_executed_at_all():
    """13.3.6, 3rd."""
    run = looping(again("more", tests_before=True), more=False)

    assert run.is_completed
    assert run.flows == ["s_a", "a_e"]
    assert run.passed.count("a") == 1


def test_tested_after_it_is_executed_at_least_once():
    """13.3.6, 4th."""
    run = looping(again("more"), more=False)
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.is_completed


def test_the_condition_is_asked_before_each_iteration():
    """13.3.6, 5th."""
    run = looping(again("more", tests_before=True), more=True)
    run.complete("a")
    assert run.waiting == ["a"]

    run.complete("a", {"more": False})

    assert run.is_completed


def test_a_maximum_ends_it_although_the_condition_is_true():
    """13.3.6, 6th."""
    run = looping(again("true", maximum="2"))

    run.complete("a")
    run.complete("a")

    assert run.is_completed


def test_without_a_maximum_the_number_of_iterations_has_no_bound():
    """13.3.6, 7th. Deviating: a loop that never waits stops with an incident."""
    run = looping(again("true"), work=task)

    assert run.incident.kind is IncidentKind.LIMIT


def test_the_loop_counter_is_the_number_of_the_iteration():
    """13.3.6, 8th."""
    loop = again("loopCounter < 3")
    run = started(
        process("s -> a", s=start(), a=service("a", loop=loop, inputs={"nr": "loopCounter"}))
    )
    seen = []
    while run.waiting:
        seen.append(run.state.variables[run.waits("a")[0].visit]["nr"])
        run.complete("a")

    assert seen == [1, 2, 3]


def test_an_interrupting_event_ends_the_loop():
    """13.3.6, 9th."""
    diagram = process(
        "s -> a -> e",
        "stop -> x",
        s=start(),
        a=service("a", loop=again("true")),
        e=end(),
        stop=boundary("a", message("stop", '"k"')),
        x=end(),
    )
    run = started(diagram)
    run.complete("a")

    run.deliver("stop")

    assert run.passed[-2:] == ["stop", "x"]
    assert run.is_completed
