"""Timers of instances and of start events."""

import datetime as dt

from tests.diagrams import boundary, catch, end, process, service, start, timer

HOUR = dt.timedelta(hours=1)


def test_a_timer_fires_when_it_is_due_and_not_before(world):
    world.deploy(process("s -> t -> e", s=start(), t=catch(timer(duration="PT1H")), e=end()))
    key = world.start()

    before = world.service.fire_due_timers(10)
    world.clock.advance(HOUR)
    fired = world.service.fire_due_timers(10)

    assert (before, fired) == (0, 1)
    assert world.status(key) == "completed"


def test_due_timers_of_many_instances_fire_in_one_transaction(world):
    world.deploy(process("s -> t -> e", s=start(), t=catch(timer(duration="PT1H")), e=end()))
    for _ in range(10):
        world.start()
    world.clock.advance(HOUR)
    before = world.service.latest_change()

    fired = world.service.fire_due_timers(100)

    assert fired == 10
    assert world.service.latest_change() == before + 1
    assert world.service.fire_due_timers(100) == 0


def test_a_repeating_boundary_timer_keeps_its_rhythm(world):
    world.deploy(
        process(
            "s -> a -> e",
            "b -> r -> e2",
            s=start(),
            a=service("x"),
            b=boundary("a", timer(cycle="R3/PT1H"), interrupting=False),
            r=service("remind"),
            e=end(),
            e2=end(),
        )
    )
    world.start()

    world.clock.advance(HOUR + dt.timedelta(minutes=20))
    first = world.service.fire_due_timers(10)
    due_at = world.service.next_timer_due_at()
    for _ in range(5):
        world.clock.advance(HOUR)
        world.service.fire_due_timers(10)

    assert first == 1
    assert due_at == dt.datetime(2026, 1, 1, 11, 0, tzinfo=dt.UTC)
    assert len(world.activate("remind")) == 3


def test_a_timer_start_event_starts_instances_again_and_again(world):
    world.deploy(process("t -> a -> e", t=start(timer(cycle="R2/PT1H")), a=service("x"), e=end()))

    too_early = world.service.start_due_timers(10)
    counts = []
    for _ in range(4):
        world.clock.advance(HOUR)
        counts.append(world.service.start_due_timers(10))

    assert too_early == 0
    assert counts == [1, 1, 0, 0]
    assert len(world.activate("x")) == 2


def test_two_schedulers_fire_each_timer_once(world):
    world.deploy(
        process(
            "s -> a -> e",
            "b -> r -> e2",
            s=start(),
            a=service("x"),
            b=boundary("a", timer(cycle="R/PT1H"), interrupting=False),
            r=service("remind"),
            e=end(),
            e2=end(),
        )
    )
    world.start()
    other = world.another()
    world.clock.advance(HOUR)

    fired = world.service.fire_due_timers(10) + other.fire_due_timers(10)

    assert fired == 1
    assert len(world.activate("remind")) == 1
