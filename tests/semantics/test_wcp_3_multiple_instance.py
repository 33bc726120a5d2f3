"""Multiple instance."""

from __future__ import annotations

from bpmn_engine.kernel.commands import ActivateElement
from tests.diagrams import (
    ad_hoc,
    boundary,
    each,
    end,
    exclusive,
    parallel,
    process,
    script,
    service,
    signal,
    start,
    times,
    when,
)
from tests.kernel import Run, started


def test_instances_are_made_and_nobody_waits_for_them():
    """WCP-12 Multiple Instances without Synchronization. Directly: a loop that splits."""
    diagram = process(
        "s -> m -> count -> f -> a, x",
        "x -> m if n < 3",
        "x -> d default",
        s=start(),
        m=exclusive(),
        count=script("n + 1", "n"),
        f=parallel(),
        a=service("a"),
        x=exclusive(),
        d=service("d"),
    )

    run = started(diagram, {"n": 0})

    assert run.waiting == ["a", "a", "a", "d"]


def running(element, **variables) -> Run:
    return started(process("s -> a -> d", s=start(), a=element, d=service("d")), variables)


def test_the_number_of_instances_stands_in_the_diagram():
    """WCP-13 Multiple Instances with a Priori Design-Time Knowledge. Directly: multi-instance."""
    run = running(service("a", loop=times("3")))
    for _ in range(2):
        run.complete("a")
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["d"]


def test_the_number_of_instances_is_known_when_they_begin():
    """WCP-14 Multiple Instances with a Priori Run-Time Knowledge. Directly: multi-instance."""
    run = running(service("a", loop=each("names")), names=["Alice", "Bob"])
    assert run.waiting == ["a", "a"]

    run.complete("a")
    run.complete("a")

    assert run.waiting == ["d"]


def test_further_instances_begin_while_others_run_and_all_are_waited_for():
    """WCP-15 Multiple Instances without a Priori Run-Time Knowledge. Partly: multi-instance knows
    its number when it begins; an ad-hoc sub-process in which somebody begins further instances.
    """
    run = running(ad_hoc(by_hand=True, inner=service("inner")))
    run.do(ActivateElement(element_id="inner"))
    run.do(ActivateElement(element_id="inner"))
    run.complete("inner")
    run.do(ActivateElement(element_id="inner"))
    assert run.waiting == ["inner", "inner"]

    run.complete("inner")
    run.complete("inner")

    assert run.waiting == ["d"]
    assert run.passed.count("inner") == 3


def test_some_instances_are_enough_and_the_others_go_on():
    """WCP-34 Static Partial Join for Multiple Instances. Directly: the behavior Complex, which
    throws an event that the activity's border catches without interrupting.
    """
    ready = signal("ready")
    diagram = process(
        "s -> a -> e",
        "b -> d",
        s=start(),
        a=service(
            "a",
            loop=times(
                "3",
                behavior='behavior="Complex"',
                complex_events=when("numberOfCompletedInstances = 2", ready),
            ),
        ),
        b=boundary("a", ready, interrupting=False),
        d=service("d"),
        e=end(),
    )
    run = started(diagram)
    run.complete("a")
    assert run.waiting == ["a", "a", "b"]

    run.complete("a")

    assert run.waiting == ["a", "b", "d"]
    run.complete("a")
    assert run.waiting == ["d"]


def test_some_instances_are_enough_and_the_others_are_cancelled():
    """WCP-35 Cancelling Partial Join for Multiple Instances. Directly: a completion condition."""
    run = running(
        service("a", loop=each("names", until="numberOfCompletedInstances >= 2")), names=[1, 2, 3]
    )
    run.complete("a")
    assert run.waiting == ["a", "a"]

    run.complete("a")

    assert run.terminated == ["a"]
    assert run.waiting == ["d"]


def test_how_many_are_enough_is_decided_while_instances_come_and_go():
    """WCP-36 Dynamic Partial Join for Multiple Instances. Partly: multi-instance knows its number
    when it begins; an ad-hoc sub-process with a completion condition.
    """
    run = running(ad_hoc(by_hand=True, until="enough", inner=service("inner")), enough=False)
    for _ in range(3):
        run.do(ActivateElement(element_id="inner"))
    run.complete("inner")
    assert run.waiting == ["inner", "inner"]

    run.complete("inner", {"enough": True})

    assert run.terminated == ["inner"]
    assert run.waiting == ["d"]
