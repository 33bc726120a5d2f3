"""Large states: written whole now and then, the rest by the journal; they read as any other."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import instances, states
from bpmn_engine.store.database import Database
from bpmn_engine.store.states import is_elsewhere
from bpmn_engine.store.tables import large_state, process_instance
from tests.diagrams import each, end, process, service, start, user
from tests.integration.service.conftest import MINUTE, OPERATOR, World
from tests.integration.service.test_migration import migrated, request

JOBS = process(
    "s -> a -> u -> e",
    s=start(),
    a=service("work", loop=each("xs", gather=("ys", "y"))),
    u=user(groups="sales"),
    e=end(),
)


@pytest.fixture
def world(database: Database) -> World:
    """More than ten parts are large."""
    found = World(database)
    found.settings = replace(found.settings, largest_state=10)
    found.service = EngineService(database, found.clock, found.settings)
    return found


def kept(world):
    """Return the snapshot in the only instance's row, and how many large states there are."""
    with world.database.reading() as session:
        snapshot = session.scalar(select(process_instance.c.snapshot))
        return snapshot, session.scalar(select(func.count()).select_from(large_state))


def content(world):
    """Return the only large state as it is kept."""
    with world.database.reading() as session:
        return session.scalar(select(large_state.c.content))


def condensed(world, key):
    """Return the large state of an instance with all of its changes, as it is now."""
    with world.database.reading() as session:
        (row,) = instances.load(session, (key,))
        graph = world.service._graphs.get(session, row.definition_key)
        return states.condensed(session, graph, row)


def elsewhere(world):
    """Return a service as another process would have it: nothing is remembered."""
    settings = EngineSettings(batch_size=50, worker_number=7, largest_state=10)
    return EngineService(world.database, world.clock, settings)


def finish(world, engine, count):
    """Complete so many jobs, one transaction each."""
    for job in engine.activate_jobs(("work",), worker="w", limit=count, lock=MINUTE):
        result = {"y": job.variables["item"]}
        problem = engine.complete_job(job.key, result, lock_token=job.lock_token)
        assert problem is None, problem


def test_a_large_state_is_kept_beside_its_row_until_it_is_small_again(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(40))})
    snapshot, count = kept(world)

    assert (is_elsewhere(snapshot), count) == (True, 1)
    finish(world, world.service, 40)

    snapshot, count = kept(world)
    assert (is_elsewhere(snapshot), count) == (False, 0)
    assert world.here(key) == ["u"]
    assert world.variables(key)["ys"] == list(range(40))


def test_every_process_reads_a_large_state_with_its_changes(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(1_000))})

    finish(world, world.service, 7)
    other = elsewhere(world)
    view = other.instance(key)
    assert len(view.open_visits) == 994
    finish(world, other, 5)

    assert len(world.service.instance(key).open_visits) == 989
    assert len(other.instance_waits(key)) == 988


def test_steps_leave_it_to_a_worker_to_write_a_large_state_whole(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(1_000))})
    snapshot, _ = kept(world)
    written = content(world)

    finish(world, world.service, 5)
    assert world.service.condense_states(10) == 0, "too soon"
    finish(world, world.service, 30)
    assert (kept(world)[0], content(world)) == (snapshot, written)

    assert world.service.condense_states(10) == 1
    assert world.service.condense_states(10) == 0, "nothing has changed since"
    assert content(world) != written
    finish(world, elsewhere(world), 5)
    assert len(elsewhere(world).instance(key).open_visits) == 1_001 - 40


def test_a_large_state_is_written_whole_late_where_there_is_no_worker(world):
    world.deploy(JOBS)
    world.start(variables={"xs": list(range(100))})
    snapshot, _ = kept(world)

    finish(world, world.service, 65)

    assert kept(world)[0] != snapshot


def test_a_state_that_was_written_meanwhile_is_left_as_it_is(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(100))})
    finish(world, world.service, 5)
    seen_before = condensed(world, key)

    finish(world, world.service, 5)
    assert world.service.condense_states(10) == 1
    written = content(world)

    with world.database.transaction() as session:
        assert not states.keep(session, seen_before)
    assert content(world) == written


def test_what_changes_while_a_large_state_is_written_is_not_lost(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(100))})
    finish(world, world.service, 5)
    seen_before = condensed(world, key)

    finish(world, world.service, 5)
    with world.database.transaction() as session:
        assert states.keep(session, seen_before)

    assert len(elsewhere(world).instance(key).open_visits) == 91
    finish(world, elsewhere(world), 90)
    assert world.variables(key)["ys"] == list(range(100))


def test_a_large_instance_that_another_process_has_changed_is_read_anew(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(100))})
    other = elsewhere(world)

    for _ in range(20):
        finish(world, world.service, 1)
        finish(world, other, 1)

    assert len(world.service.instance(key).open_visits) == 61


def test_notes_in_the_journal_of_a_large_instance_change_nothing(world):
    world.deploy(
        process("s -> a -> e", s=start(), a=user(groups="sales", loop=each("xs")), e=end())
    )
    key = world.start(variables={"xs": list(range(30))})
    for task in world.tasks()[:3]:
        world.service.assign_task(task.key, "alice", caller=OPERATOR)
        world.service.complete_task(task.key, {}, caller=OPERATOR)

    assert len(elsewhere(world).instance(key).open_visits) == 28


def test_a_large_instance_is_cancelled(world):
    world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(40))})

    elsewhere(world).cancel_instance(key, actor="carol")

    assert world.status(key) == "terminated"
    assert kept(world)[1] == 0


def test_a_large_instance_goes_on_by_another_version(world):
    first = world.deploy(JOBS)
    key = world.start(variables={"xs": list(range(40))})
    finish(world, world.service, 3)
    second = world.deploy(JOBS.replace(b'"sales"', b'"law"'))

    migrated(world, request(world, first, second), [key])
    finish(world, elsewhere(world), 37)

    assert world.tasks()[0].candidate_groups == ("law",)
