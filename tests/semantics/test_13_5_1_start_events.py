"""13.5.1 Start events."""

from __future__ import annotations

import datetime as dt

import pytest

from bpmn_engine.kernel.commands import RejectionReason, StartInstance
from tests.conformance.world import World
from tests.diagrams import (
    catch,
    condition,
    contents,
    end,
    event_based,
    message,
    process,
    processes,
    service,
    signal,
    start,
    task,
    throw,
    timer,
)
from tests.kernel import Run, compiled, started


def begun_by(trigger, **elements) -> bytes:
    return process("s -> a", s=start(trigger), a=service("a"), **elements)


@pytest.mark.parametrize(
    "trigger", [message("m"), signal("g"), timer(date="2030-01-31T09:00:00Z")]
)
def test_a_start_event_that_occurs_makes_an_instance_with_a_token_after_it(trigger):
    """13.5.1, 1st."""
    run = started(begun_by(trigger), at="s")

    assert run.flows == ["s_a"]
    assert run.waiting == ["a"]


def test_without_its_event_nothing_begins():
    """13.5.1, 2nd."""
    run = Run(compiled(begun_by(message("m"))))

    rejection = run.send(StartInstance())

    assert rejection is not None
    assert rejection.reason is RejectionReason.NOT_FOUND


def test_the_event_is_consumed_by_the_instance_that_it_makes():
    """13.5.1, 3rd."""
    world = World(begun_by(message("m")))

    world.publish("m")

    (instance,) = world.instances
    assert instance.run.waiting == ["a"]


def test_of_several_start_events_each_begins_an_instance_without_the_others():
    """13.5.1, 4th."""
    diagram = process(
        "m -> a", "g -> b", m=start(message("m")), g=start(signal("g")), a=task(), b=task()
    )

    assert started(diagram, at="m").passed == ["m", "a"]
    assert started(diagram, at="g").passed == ["g", "b"]


def test_a_signal_begins_an_instance_of_each_process_that_waits_for_it():
    """13.5.1, 5th."""
    world = World(
        processes(
            sender=contents("s -> t", s=start(), t=throw(signal("g"))),
            one=contents("s1 -> a", s1=start(signal("g")), a=service("a")),
            two=contents("s2 -> b", s2=start(signal("g")), b=service("b")),
            other=contents("s3 -> c", s3=start(signal("h")), c=service("c")),
        )
    )

    world.start("sender")

    assert [one.process_id for one in world.instances] == ["sender", "one", "two"]


@pytest.mark.parametrize(("n", "begins"), [(2, True), (0, False)])
def test_a_condition_begins_an_instance_only_if_it_is_true(n, begins):
    """13.5.1, 6th."""
    run = Run(compiled(begun_by(condition("n > 1"))))

    rejection = run.send(StartInstance(element_id="s", variables={"n": n}))

    assert (rejection is None) is begins


def test_an_event_based_gateway_begins_an_instance_by_its_first_event():
    """13.5.1, 7th."""
    diagram = process(
        "g -> m -> a",
        "g -> n -> b",
        g=event_based(instantiate="true"),
        m=catch(message("yes")),
        n=catch(message("no")),
        a=service("a"),
        b=service("b"),
    )
    world = World(diagram)

    world.publish("no")

    assert [one.run.waiting for one in world.instances] == [["b"]]


def test_several_groups_of_events_begin_a_process_and_each_group_counts_for_itself():
    """13.5.1, 8th. Deviating: the groups make instances of their own, as start events do."""
    diagram = process(
        "g -> m, n -> e",
        "h -> o, q -> e",
        g=event_based(instantiate="true"),
        h=event_based(instantiate="true"),
        m=catch(message("yes")),
        n=catch(message("no")),
        o=catch(message("red")),
        q=catch(message("blue")),
        e=end(),
    )
    world = World(diagram)

    world.publish("no")
    world.publish("red")

    assert [one.run.passed for one in world.instances] == [["g", "n", "e"], ["h", "o", "e"]]


def test_time_that_passes_does_not_begin_what_waits_for_a_message():
    """13.5.1, 9th."""
    world = World(begun_by(message("m")))

    world.advance(dt.timedelta(days=1))

    assert world.instances == []
