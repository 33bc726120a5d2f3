"""Cancellation and force completion."""

from __future__ import annotations

from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from tests.diagrams import (
    boundary,
    message,
    process,
    service,
    start,
    subprocess,
    terminate,
    times,
)
from tests.kernel import Run, started

STOP = message("stop", '"k"')


def stopped(host, leads_to: str = "x") -> Run:
    more = {"x": service("x")} if leads_to == "x" else {}
    diagram = process(
        "s -> host, other",
        "host -> d",
        f"stop -> {leads_to}",
        s=start(),
        host=host,
        other=service("other"),
        d=service("d"),
        stop=boundary("host", STOP),
        **more,
    )
    return started(diagram)


def test_an_activity_is_withdrawn_while_it_runs():
    """WCP-19 Cancel Activity. Directly: an interrupting boundary event."""
    run = stopped(service("host"))

    run.deliver("stop")

    assert run.terminated == ["host"]
    assert run.waiting == ["other", "x"]


def test_the_whole_instance_is_withdrawn():
    """WCP-20 Cancel Case. Directly: a terminate end event; or an operator cancels the instance."""
    run = started(
        process("s -> a, b", "b -> t", s=start(), a=service("a"), b=service("b"), t=terminate())
    )
    other = started(process("s -> a", s=start(), a=service("a")))

    run.complete("b")
    other.do(CancelInstance())

    assert run.terminated == ["a"]
    assert other.state.status is InstanceStatus.TERMINATED


def test_a_region_is_withdrawn_and_the_rest_goes_on():
    """WCP-25 Cancel Region. Directly: an interrupting boundary event of a sub-process."""
    region = subprocess("i -> a, b", i=start(), a=service("a"), b=service("b"))
    run = stopped(region)
    run.complete("a")

    run.deliver("stop")

    assert run.terminated == ["b", "host"]
    assert run.waiting == ["other", "x"]


def test_all_instances_of_an_activity_are_withdrawn():
    """WCP-26 Cancel Multiple Instance Activity. Directly: an interrupting boundary event."""
    run = stopped(service("host", loop=times("3")))
    run.complete("host")

    run.deliver("stop")

    assert run.terminated == ["host", "host", "host"]
    assert run.waiting == ["other", "x"]


def test_the_remaining_instances_are_withdrawn_and_the_process_goes_on_as_if_they_had_completed():
    """WCP-27 Complete Multiple Instance Activity. Directly: an interrupting boundary event that
    leads to what follows the activity; or a completion condition.
    """
    run = stopped(service("host", loop=times("3")), leads_to="d")
    run.complete("host")

    run.deliver("stop")

    assert run.waiting == ["d", "other"]
