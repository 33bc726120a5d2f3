"""Parallel multiple events that do not interrupt occur each time all has occurred again."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import DeliverMessage, DeliverSignal, FireTimer
from bpmn_engine.kernel.state import WaitKind
from tests.diagrams import (
    Trigger,
    boundary,
    condition,
    end,
    event_subprocess,
    message,
    needing_all,
    process,
    service,
    several,
    signal,
    start,
    task,
    timer,
)
from tests.kernel import Run, started

M, G = message("m", '"k"'), signal("g")


def at_the_border(*triggers: Trigger) -> Run:
    event = needing_all(boundary("a", several(*triggers), interrupting=False))
    diagram = process(
        "s -> a -> e", "b -> h", s=start(), a=service("a"), e=end(), b=event, h=task()
    )
    return started(diagram, {"n": 0})


def in_the_process(*triggers: Trigger) -> Run:
    begin = needing_all(start(several(*triggers), interrupting=False))
    esp = event_subprocess("b -> h -> ee", b=begin, h=task(), ee=end())
    diagram = process("s -> a -> e", s=start(), a=service("a"), e=end(), esp=esp)
    return started(diagram, {"n": 0})


BOTH = pytest.mark.parametrize("waiting_for", [at_the_border, in_the_process])


def come(run: Run, kind: WaitKind) -> None:
    wait = run.wait("b", kind)
    match kind:
        case WaitKind.MESSAGE:
            run.do(DeliverMessage(wait=wait.key))
        case WaitKind.SIGNAL:
            run.do(DeliverSignal(wait=wait.key))
        case _:
            assert wait.schedule is not None
            run.now = max(run.now, wait.schedule.due_at)
            run.do(FireTimer(wait=wait.key))


@BOTH
def test_it_occurs_when_all_have_occurred_and_the_activity_goes_on(waiting_for):
    run = waiting_for(M, G)
    come(run, WaitKind.MESSAGE)
    assert "h" not in run.passed

    come(run, WaitKind.SIGNAL)

    assert run.passed.count("h") == 1
    assert run.terminated == []
    assert "a" in run.waiting


@BOTH
def test_it_occurs_again_when_all_have_occurred_again(waiting_for):
    run = waiting_for(M, G)
    for kind in (WaitKind.MESSAGE, WaitKind.SIGNAL, WaitKind.SIGNAL):
        come(run, kind)
    assert run.passed.count("h") == 1

    come(run, WaitKind.MESSAGE)

    assert run.passed.count("h") == 2


@BOTH
def test_what_occurs_twice_in_a_round_counts_once(waiting_for):
    run = waiting_for(M, G)
    for kind in (WaitKind.MESSAGE, WaitKind.MESSAGE, WaitKind.SIGNAL, WaitKind.SIGNAL):
        come(run, kind)

    assert run.passed.count("h") == 1


@BOTH
def test_a_condition_has_to_become_true_in_each_round(waiting_for):
    run = waiting_for(condition("n > 1"), G)
    run.set(n=2)
    come(run, WaitKind.SIGNAL)
    assert run.passed.count("h") == 1

    come(run, WaitKind.SIGNAL)
    run.set(n=3)
    assert run.passed.count("h") == 1
    run.set(n=0)
    run.set(n=2)

    assert run.passed.count("h") == 2


@BOTH
def test_a_condition_that_became_true_stays_noted_when_it_is_false_again(waiting_for):
    run = waiting_for(condition("n > 1"), G)
    run.set(n=2)
    run.set(n=0)

    come(run, WaitKind.SIGNAL)

    assert run.passed.count("h") == 1
    run.set(n=2)
    come(run, WaitKind.SIGNAL)
    assert run.passed.count("h") == 2


@BOTH
def test_with_a_duration_it_occurs_once(waiting_for):
    run = waiting_for(timer(duration="PT1H"), G)
    come(run, WaitKind.TIMER)
    come(run, WaitKind.SIGNAL)

    assert run.passed.count("h") == 1
    assert run.waiting == ["a"]


@BOTH
def test_with_a_cycle_it_occurs_in_each_round_until_that_is_over(waiting_for):
    run = waiting_for(timer(cycle="R2/PT1H"), G)
    for _ in range(2):
        come(run, WaitKind.TIMER)
        come(run, WaitKind.SIGNAL)

    assert run.passed.count("h") == 2
    assert run.waiting == ["a"]


@BOTH
def test_without_one_of_them_nothing_runs(waiting_for):
    run = waiting_for(M, G)
    come(run, WaitKind.MESSAGE)

    run.complete("a")

    assert "h" not in run.passed
    assert run.waiting == []
    assert run.is_completed
