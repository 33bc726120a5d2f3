"""Trigger."""

from __future__ import annotations

from bpmn_engine.kernel.commands import CompleteJob
from bpmn_engine.kernel.state import WaitKind
from tests.conformance.world import Instance, World
from tests.diagrams import catch, message, process, service, signal, start, throw


def reach(world: World, instance: Instance) -> None:
    """Let the work before the event be done."""
    world.answer(instance, CompleteJob(wait=instance.run.wait("work", WaitKind.JOB).key))


def test_a_trigger_that_comes_too_early_is_lost():
    """WCP-23 Transient Trigger. Directly: a signal event."""
    sender = process("s2 -> t", process_id="q", s2=start(), t=throw(signal("g")))
    receiver = process(
        "s -> work -> c -> d",
        s=start(),
        work=service("work"),
        c=catch(signal("g")),
        d=service("d"),
    )
    world = World(sender, receiver)
    instance = world.start("p")

    world.start("q")
    reach(world, instance)
    assert instance.run.waiting == ["c"]
    world.start("q")

    assert instance.run.waiting == ["d"]


def test_a_trigger_that_comes_too_early_is_kept():
    """WCP-24 Persistent Trigger. Directly: a message event; messages are kept for a time."""
    receiver = process(
        "s -> work -> c -> d",
        s=start(),
        work=service("work"),
        c=catch(message("m")),
        d=service("d"),
    )
    world = World(receiver)
    instance = world.start("p")

    world.publish("m")
    reach(world, instance)

    assert instance.run.waiting == ["d"]


def test_a_trigger_of_another_name_does_not_count():
    """Beside WCP-24: a message of another name is kept for somebody else."""
    receiver = process("s -> c -> d", s=start(), c=catch(message("m")), d=service("d"))
    world = World(receiver)
    instance = world.start("p")

    world.publish("other")

    assert instance.run.waiting == ["c"]
