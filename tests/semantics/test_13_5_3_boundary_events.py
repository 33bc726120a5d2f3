"""13.5.3 Intermediate boundary events."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.state import WaitKind
from tests.diagrams import (
    boundary,
    condition,
    end,
    error,
    escalation,
    message,
    process,
    service,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
    times,
)
from tests.kernel import Run, started
from tests.semantics.refusals import refused_by

TRIGGERS = {
    "message": message("m", '"k"'),
    "signal": signal("g"),
    "timer": timer(duration="PT1H"),
    "condition": condition("n > 1"),
}


def guarded(kind: str, *, interrupting: bool, host=None) -> Run:
    diagram = process(
        "s -> a -> e",
        "b -> h -> x",
        s=start(),
        a=host or service("a"),
        e=end(),
        b=boundary("a", TRIGGERS[kind], interrupting=interrupting),
        h=task(),
        x=end(),
    )
    return started(diagram, {"n": 0})


def occur(run: Run, kind: str) -> None:
    if kind == "timer":
        run.fire("b")
    elif kind == "condition":
        run.set(n=2)
    else:
        run.deliver("b")


@pytest.mark.parametrize("kind", TRIGGERS)
def test_the_event_is_consumed_first(kind):
    """13.5.3, 1st."""
    run = guarded(kind, interrupting=True)

    occur(run, kind)

    assert run.waits("b") == []


@pytest.mark.parametrize("kind", TRIGGERS)
def test_an_interrupting_event_cancels_its_activity(kind):
    """13.5.3, 2nd."""
    run = guarded(kind, interrupting=True)

    occur(run, kind)

    assert run.terminated == ["a"]
    assert "e" not in run.passed


@pytest.mark.parametrize("kind", TRIGGERS)
def test_it_cancels_all_instances_of_a_multi_instance_activity(kind):
    """13.5.3, 3rd."""
    run = guarded(kind, interrupting=True, host=service("a", loop=times("3")))
    run.complete("a")

    occur(run, kind)

    assert run.terminated == ["a", "a", "a"]
    assert run.is_completed


@pytest.mark.parametrize("kind", TRIGGERS)
def test_after_an_event_that_does_not_interrupt_the_activity_goes_on(kind):
    """13.5.3, 4th."""
    run = guarded(kind, interrupting=False)

    occur(run, kind)

    assert run.terminated == []
    run.complete("a")
    assert run.passed[-2:] == ["a", "e"]


def test_an_error_always_interrupts():
    """13.5.3, 5th."""
    diagram = process(
        "s -> a", "b -> h", s=start(), a=service("a"), b=boundary("a", error("E")), h=task()
    )
    wrong = diagram.replace(b'attachedToRef="a"', b'attachedToRef="a" cancelActivity="false"')

    assert "not-interrupting-error" in refused_by(wrong)
    run = started(diagram)
    run.throw("a", "E")
    assert run.terminated == ["a"]


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", TRIGGERS)
def test_then_the_flow_of_the_event_is_followed(kind, interrupting):
    """13.5.3, 6th."""
    run = guarded(kind, interrupting=interrupting)

    occur(run, kind)

    assert run.passed == ["s", "b", "h", "x"]


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", TRIGGERS)
def test_without_the_event_nothing_of_it_runs(kind, interrupting):
    """13.5.3, 7th."""
    run = guarded(kind, interrupting=interrupting)

    run.complete("a")

    assert run.passed == ["s", "a", "e"]
    assert run.waiting == []


def test_a_message_is_correlated_as_that_of_a_receive_task():
    """13.5.3, 8th."""
    wait = guarded("message", interrupting=True).wait("b", WaitKind.MESSAGE)

    assert (wait.name, wait.correlation_key) == ("m", "k")


def test_an_event_that_does_not_interrupt_may_occur_again_while_the_activity_is_active():
    """13.5.3, 9th."""
    run = guarded("message", interrupting=False)

    run.deliver("b")
    run.deliver("b")
    run.complete("a")

    assert run.passed.count("h") == 2
    assert run.waiting == []


def test_the_event_is_waited_for_only_while_its_activity_is_active():
    """13.5.3, 10th."""
    diagram = process(
        "s -> c -> a -> d",
        "b -> h",
        s=start(),
        c=service("c"),
        a=service("a"),
        d=service("d"),
        b=boundary("a", message("m", '"k"')),
        h=task(),
    )
    run = started(diagram)
    seen = [run.waiting]
    for name in ("c", "a"):
        run.complete(name)
        seen.append(run.waiting)

    assert seen == [["c"], ["a", "b"], ["d"]]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_inside_is_caught_and_interrupts_only_if_it_says_so(interrupting):
    """13.5.3, 11th."""
    diagram = process(
        "s -> a",
        "b -> h",
        s=start(),
        a=subprocess("i -> t -> w", i=start(), t=throw(escalation("E")), w=service("w")),
        b=boundary("a", escalation("E"), interrupting=interrupting),
        h=task(),
    )

    run = started(diagram)

    assert run.passed[-2:] == ["b", "h"]
    assert run.waiting == ([] if interrupting else ["w"])
