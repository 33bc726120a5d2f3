"""Signals to many: all who wait hear them once, in the order they were sent, some at a time."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.follow_ups import FollowUps
from bpmn_engine.store.bulk import insert_rows
from bpmn_engine.store.tables import inbox
from tests.diagrams import catch, end, event_based, process, signal, start, user
from tests.integration.service.conftest import SETTINGS

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
WAITING = process("s -> c -> u -> e", s=start(), c=catch(signal("go")), u=user(), e=end())


@pytest.fixture(autouse=True)
def few(world):
    """Five in a transaction."""
    world.settings = replace(SETTINGS, batch_size=5)
    world.service = EngineService(world.database, world.clock, world.settings)


@pytest.fixture
def held(monkeypatch):
    """Nothing follows at once: that is left to `drain`, as after a crash."""
    monkeypatch.setattr(FollowUps, "after", lambda *_, **__: False)


def heard(world, keys):
    """Return which of the instances have gone on."""
    return [key for key in keys if world.here(key) == ["u"]]


def test_all_who_wait_hear_it_once(world):
    world.deploy(WAITING)
    keys = [world.start() for _ in range(23)]

    result = world.service.broadcast_signal("go", variables={"level": 3}, actor="bob")

    assert result.delivered_count == 23
    assert heard(world, keys) == keys
    assert {world.variables(key)["level"] for key in keys} == {3}
    assert all(world.passed(key) == ["s", "c"] for key in keys)


@pytest.mark.usefixtures("held")
def test_it_is_handed_out_some_at_a_time_by_whoever_comes(world):
    world.deploy(WAITING)
    keys = [world.start() for _ in range(12)]
    world.service.broadcast_signal("go")
    assert heard(world, keys) == []

    other = world.another()
    seen = []
    while other.drain(1):
        seen.append(len(heard(world, keys)))

    assert heard(world, keys) == keys
    assert seen[0] == 0, "the first commands are written"
    assert seen == sorted(seen)
    assert any(0 < count < 12 for count in seen)


@pytest.mark.usefixtures("held")
def test_who_begins_to_wait_after_it_was_sent_does_not_hear_it(world):
    world.deploy(WAITING)
    early = world.start()
    world.service.broadcast_signal("go")
    late = world.start()

    world.service.drain(100)

    assert heard(world, [early, late]) == [early]


@pytest.mark.usefixtures("held")
def test_of_two_signals_the_one_that_was_sent_first_comes_first(world):
    world.deploy(
        process(
            "s -> g -> one -> u -> e",
            "g -> two -> v -> e2",
            s=start(),
            g=event_based(),
            one=catch(signal("one")),
            two=catch(signal("two")),
            u=user(),
            v=user(),
            e=end(),
            e2=end(),
        )
    )
    keys = [world.start() for _ in range(12)]
    world.service.broadcast_signal("one")
    world.service.broadcast_signal("two")

    world.service.drain(100)

    assert heard(world, keys) == keys


def test_a_follow_up_of_a_later_release_blocks_no_other(world):
    world.deploy(WAITING)
    keys = [world.start() for _ in range(12)]
    unknown = {"key": 1, "kind": "later", "payload": {}, "created_at": NOW, "attempt": 0}
    with world.database.transaction() as session:
        insert_rows(session, inbox, [unknown])

    world.service.broadcast_signal("go")

    assert heard(world, keys) == keys
    with world.database.reading() as session:
        ((failure, attempt),) = session.execute(sa.select(inbox.c.failure, inbox.c.attempt)).all()
    assert ("this release can read" in failure, attempt) == (True, 1)


@pytest.mark.usefixtures("held")
def test_who_is_suspended_meanwhile_hears_it_later(world):
    world.deploy(WAITING)
    keys = [world.start() for _ in range(7)]
    world.service.broadcast_signal("go")
    world.service.suspend_instance(keys[6], actor="carol")

    world.service.drain(100)
    meanwhile = heard(world, keys)
    world.service.resume_instance(keys[6], actor="carol")
    world.service.drain(100)

    assert meanwhile == keys[:6]
    assert heard(world, keys) == keys
