"""Long steps in slices: others get their turn in between, and nothing is lost on the way."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.store.database import Database
from bpmn_engine.store.tables import continuation
from tests.diagrams import (
    boundary,
    call,
    contents,
    each,
    end,
    exclusive,
    process,
    processes,
    script,
    service,
    start,
    timer,
)
from tests.integration.service.conftest import World

LOOP = contents(
    "s -> m -> add -> x",
    "x -> m if n < limit",
    "x -> e default",
    s=start(),
    m=exclusive(),
    add=script("n + 1", "n"),
    x=exclusive(),
    e=end(),
)


@pytest.fixture
def world(database: Database) -> World:
    """Ten tokens in a transaction."""
    found = World(database)
    found.settings = replace(found.settings, moves_per_step=10)
    found.service = EngineService(database, found.clock, found.settings)
    return found


def moving(world):
    """Return how many instances are on their way between two steps."""
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(continuation))


def go_on(world, limit=100):
    """Let every instance go on until it waits; return the number of slices."""
    count = 0
    while done := world.service.go_on(limit):
        count += done
    return count


def test_a_long_loop_goes_on_slice_by_slice_and_ends(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    assert (world.status(key), moving(world)) == ("active", 1)
    assert go_on(world) > 5
    assert (world.status(key), moving(world)) == ("completed", 0)
    assert world.variables(key)["n"] == 30
    entries = world.service.instance_journal(key).items
    assert entries[0].summary == "Went on with what was on its way."


def test_another_process_goes_on_where_this_one_has_died(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    other = world.another()
    while other.go_on(100):
        pass

    assert world.status(key) == "completed"


def test_long_instances_take_turns_with_each_other(world):
    world.deploy(processes(p=LOOP))
    first, second = (world.start(variables={"n": 0, "limit": 500}) for _ in range(2))

    for _ in range(10):
        world.service.go_on(1)

    done = [world.variables(key)["n"] for key in (first, second)]
    assert min(done) > 10
    assert max(done) - min(done) < 10


def test_an_instance_is_cancelled_while_it_moves(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 500})

    world.service.cancel_instance(key, actor="carol")

    assert (world.status(key), moving(world)) == ("terminated", 0)
    assert go_on(world) == 0


def test_a_suspended_instance_goes_on_when_it_is_resumed(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    world.service.suspend_instance(key, actor="carol")
    held = world.variables(key)["n"]
    assert go_on(world) == 0
    assert world.variables(key)["n"] == held
    world.service.resume_instance(key, actor="carol")
    go_on(world)

    assert world.status(key) == "completed"


def test_a_caller_is_told_of_the_end_of_a_long_called_process(world):
    outer = contents("s0 -> c -> e0", s0=start(), c=call("q"), e0=end())
    world.deploy(processes(p=outer, q=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    go_on(world)

    assert world.status(key) == "completed"


def test_a_timer_interrupts_an_instance_that_moves(world):
    world.deploy(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=service("work", loop=each("xs")),
            late=boundary("a", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )
    key = world.start(variables={"xs": list(range(100))})
    assert 0 < len(world.activate("work")) < 100

    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    go_on(world)

    assert (world.status(key), moving(world)) == ("completed", 0)
    assert world.activate("work") == []


def test_every_job_of_a_long_multi_instance_is_made_once(world):
    world.deploy(
        process("s -> a -> e", s=start(), a=service("work", loop=each("xs")), e=end()),
    )
    key = world.start(variables={"xs": list(range(100))})

    go_on(world)
    assert world.work("work") == 100

    assert world.status(key) == "completed"
