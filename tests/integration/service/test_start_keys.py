"""Requests to start with an idempotency key: repeated, they start nothing."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    InstanceFilter,
    InstanceSummary,
    PageRequest,
    Problem,
    ProblemKind,
    Resource,
    StartRequest,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import start_keys
from bpmn_engine.store.tables import start_key
from bpmn_engine.workers.history_keeper import HistoryKeeper
from tests.diagrams import call, contents, end, process, processes, service, start
from tests.integration.service.test_concurrency import at_once
from tests.integration.service.test_migration import migrated
from tests.integration.service.test_migration import request as migration

DAY = dt.timedelta(days=1)
MOMENT = dt.timedelta(microseconds=1)
DIAGRAM = process("s -> a -> e", s=start(), a=service("x"), e=end())
REQUEST = StartRequest(
    process_id="p", variables={"amount": 7, "who": "Bob"}, business_key="b", idempotency_key="k"
)


@pytest.fixture(autouse=True)
def deployed(world):
    return world.deploy(DIAGRAM)


def started(world, *requests, actor="alice", engine=None):
    return (engine or world.service).start_instances(list(requests), actor=actor)


def keys_of(world):
    page = world.service.instances(InstanceFilter(), page=PageRequest(limit=200))
    return {item.key for item in page.items}


def known_count(world):
    with world.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(start_key))


def test_repeated_request_is_answered_alike_and_starts_nothing(world):
    (first,) = started(world, REQUEST)

    (second,) = started(world, REQUEST)

    assert isinstance(first, InstanceSummary)
    assert (first.is_replayed, second.is_replayed) == (False, True)
    assert replace(second, is_replayed=False) == first
    assert keys_of(world) == {first.key}


def test_single_start_takes_a_key_too(world):
    first, second = (
        world.service.start_instance("p", idempotency_key="k", actor="alice") for _ in range(2)
    )

    assert second == replace(first, is_replayed=True)


def test_answer_is_as_then_after_the_instance_went_on_and_ended(world):
    (first,) = started(world, REQUEST)
    world.clock.advance(dt.timedelta(minutes=5))
    world.work("x")

    (second,) = started(world, REQUEST)

    assert world.status(first.key) == "completed"
    assert second == replace(first, is_replayed=True)


def test_answer_is_as_then_with_what_followed_at_once(world):
    world.deploy(
        processes(
            caller=contents("s -> c -> e", s=start(), c=call("q"), e=end()),
            q=contents("s2 -> e2", s2=start(), e2=end()),
        )
    )
    request = replace(REQUEST, process_id="caller")

    first, same = started(world, request, request)
    (later,) = started(world, request)

    assert first.status.value == "completed"
    assert same == later == replace(first, is_replayed=True)


@pytest.mark.parametrize(
    "other",
    [
        {"process_id": "q"},
        {"process_id": None, "definition_key": 1},
        {"version": 1},
        {"version_tag": "v1"},
        {"variables": {"amount": 8, "who": "Bob"}},
        {"variables": {}},
        {"business_key": None},
        {"start_element_id": "s"},
    ],
    ids=",".join,
)
def test_key_of_another_request_is_refused(world, other):
    (first,) = started(world, REQUEST)

    (refused,) = started(world, replace(REQUEST, **other))

    assert isinstance(refused, Problem)
    assert (refused.kind, refused.field) == (ProblemKind.INVALID, "idempotency_key")
    assert "but got another one" in refused.message
    assert keys_of(world) == {first.key}


def test_order_of_variables_makes_no_other_request(world):
    (first,) = started(world, REQUEST)

    (second,) = started(world, replace(REQUEST, variables={"who": "Bob", "amount": 7}))

    assert second == replace(first, is_replayed=True)


@pytest.mark.parametrize("actor", ["bob", "alic", None])
def test_another_user_may_use_the_same_key(world, actor):
    (first,) = started(world, REQUEST)

    (second,) = started(world, REQUEST, actor=actor)

    assert not second.is_replayed
    assert keys_of(world) == {first.key, second.key}


def test_request_without_a_key_starts_each_time(world):
    first, second = started(world, *[replace(REQUEST, idempotency_key=None)] * 2)

    assert keys_of(world) == {first.key, second.key}
    assert known_count(world) == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "größe", "\x7f"])
def test_unusable_key_is_refused(world, key):
    (refused,) = started(world, replace(REQUEST, idempotency_key=key))

    assert (refused.kind, refused.field) == (ProblemKind.INVALID, "idempotency_key")
    assert "1 to 255 printable ASCII characters" in refused.message
    assert keys_of(world) == set()


def test_longest_keys_are_told_apart_at_their_last_character(world):
    first, second = started(
        world, *(replace(REQUEST, idempotency_key="~ " * 127 + last) for last in "ab")
    )

    assert keys_of(world) == {first.key, second.key}


def test_batch_may_hold_a_key_twice_and_one_conflict_fails_no_other(world):
    other = replace(REQUEST, variables={})
    plain = replace(REQUEST, idempotency_key=None)

    first, refused, second, third, fourth = started(
        world, REQUEST, other, REQUEST, plain, replace(REQUEST, idempotency_key="k2")
    )

    assert second == replace(first, is_replayed=True)
    assert refused.kind is ProblemKind.INVALID
    assert keys_of(world) == {first.key, third.key, fourth.key}
    assert known_count(world) == 2


def test_refused_request_does_not_use_up_its_key(world):
    request = replace(REQUEST, process_id="later")
    (refused,) = started(world, request)
    world.service.deploy(
        [
            Resource(
                name="l.bpmn", content=process("s -> e", process_id="later", s=start(), e=end())
            )
        ]
    )

    (accepted,) = started(world, request)

    assert refused.kind is ProblemKind.NOT_FOUND
    assert isinstance(accepted, InstanceSummary)
    assert not accepted.is_replayed


def test_key_is_forgotten_when_its_time_is_over(world):
    (first,) = started(world, REQUEST)
    world.clock.advance(DAY - MOMENT)
    (replayed,) = started(world, REQUEST)
    world.clock.advance(MOMENT)

    (second,) = started(world, replace(REQUEST, variables={}))
    (again,) = started(world, replace(REQUEST, variables={}))

    assert replayed.key == first.key
    assert second.key != first.key
    assert not second.is_replayed
    assert again == replace(second, is_replayed=True)
    assert known_count(world) == 1


def test_forgotten_keys_are_deleted_in_small_parts(world):
    started(world, *(replace(REQUEST, idempotency_key=f"early {n}") for n in range(5)))
    world.clock.advance(DAY)
    started(world, replace(REQUEST, idempotency_key="late"))

    deleted = [world.service.expire_start_keys(2) for _ in range(4)]

    assert deleted == [2, 2, 1, 0]
    assert known_count(world) == 1


def test_whoever_keeps_history_in_order_deletes_forgotten_keys(world):
    started(world, *(replace(REQUEST, idempotency_key=str(n)) for n in range(3)))
    early = HistoryKeeper(world.service)
    early.turn()
    assert known_count(world) == 3
    world.clock.advance(DAY)

    HistoryKeeper(world.service).turn()

    assert known_count(world) == 0


def test_setting_says_how_long_a_key_is_known(world):
    settings = EngineSettings(idempotency_key_time_to_live=dt.timedelta(minutes=1))
    engine = EngineService(world.database, world.clock, settings)
    started(world, REQUEST, engine=engine)
    world.clock.advance(dt.timedelta(minutes=1))

    (second,) = started(world, REQUEST, engine=engine)

    assert not second.is_replayed


def test_deleted_instance_is_not_started_again(world):
    (first,) = started(world, REQUEST)
    world.work("x")
    assert world.service.delete_instance(first.key) is None

    (gone,) = started(world, REQUEST)
    (other,) = started(world, replace(REQUEST, variables={}))

    assert (gone.kind, gone.instance_key) == (ProblemKind.GONE, first.key)
    assert other.kind is ProblemKind.INVALID
    assert keys_of(world) == set()
    world.clock.advance(DAY)
    assert not started(world, REQUEST)[0].is_replayed


def test_archived_instance_is_known_again_when_it_is_restored(world):
    settings = EngineSettings(history_time_to_live=dt.timedelta(seconds=1), worker_number=2)
    keeper = EngineService(world.database, world.clock, settings)
    (first,) = started(world, REQUEST)
    world.work("x")
    world.clock.advance(dt.timedelta(seconds=2))
    assert keeper.remove_old_history() == 1

    (gone,) = started(world, REQUEST)
    assert isinstance(keeper.restore_instance(first.key, reason="asked for"), InstanceSummary)
    (restored,) = started(world, REQUEST)

    assert gone.kind is ProblemKind.GONE
    assert restored == replace(first, is_replayed=True)


def test_migrated_instance_is_told_as_it_was_started(world, deployed):
    (first,) = started(world, REQUEST)
    newer = world.deploy(
        process("s -> a -> b -> e", s=start(), a=service("x"), b=service("y"), e=end())
    )
    migrated(world, migration(world, deployed, newer), [first.key])

    (second,) = started(world, REQUEST)

    assert world.service.instance(first.key).summary.version == 2
    assert second == replace(first, is_replayed=True)
    assert second.version == 1


def test_of_duplicates_at_the_same_time_one_starts_and_no_other_start_is_lost(world):
    engines = [world.service, *(twin(world, number) for number in (1, 2, 3))]
    batch = [
        replace(REQUEST, idempotency_key=f"k{n}" if n % 2 else None, business_key=str(n))
        for n in range(20)
    ]

    answers = at_once(
        *(
            lambda engine=engine, turn=turn: started(
                world, *(batch if turn else reversed(batch)), engine=engine
            )
            for engine in engines
            for turn in (True, False)
        )
    )

    told = [
        answer
        for turn, each in zip([True, False] * 4, answers, strict=True)
        for answer in (each if turn else reversed(each))
    ]
    assert all(isinstance(answer, InstanceSummary) for answer in told)
    by_number = [{answer.key for answer in told[n::20]} for n in range(20)]
    assert [len(keys) for keys in by_number] == [8, 1] * 10
    assert keys_of(world) == set().union(*by_number)
    assert sum(not answer.is_replayed for answer in told) == 10 * 8 + 10


def twin(world, number):
    return EngineService(
        world.database, world.clock, EngineSettings(batch_size=50, worker_number=number)
    )


def looking_too_early(monkeypatch, seen):
    """Let the next start see what somebody saw before; return how often it looked."""
    find, looks = start_keys.find, []

    def look(session, digests):
        looks.append(digests)
        return seen if len(looks) == 1 else find(session, digests)

    monkeypatch.setattr(start_keys, "find", look)
    return looks


def test_key_that_was_used_after_one_looked_is_met_by_the_constraint(world, monkeypatch):
    (first,) = started(world, REQUEST)
    looks = looking_too_early(monkeypatch, {})

    second, third = started(world, REQUEST, replace(REQUEST, idempotency_key="k2"))

    assert len(looks) == 2
    assert second == replace(first, is_replayed=True)
    assert keys_of(world) == {first.key, third.key}


def test_expired_key_that_somebody_used_anew_is_met_by_the_constraint(world, monkeypatch):
    started(world, REQUEST)
    world.clock.advance(DAY)
    with world.database.reading() as session:
        (digest,) = session.scalars(sa.select(start_key.c.digest)).all()
        expired = start_keys.find(session, [digest])
    (other,) = started(world, REQUEST, engine=twin(world, 1))
    looks = looking_too_early(monkeypatch, expired)

    (second,) = started(world, REQUEST)

    assert len(looks) == 2
    assert second == replace(other, is_replayed=True)
    assert len(keys_of(world)) == 2


def test_start_without_a_key_costs_no_statement(world):
    seen = []
    engine = world.database._engine
    started(world, REQUEST)

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        started(world, replace(REQUEST, idempotency_key=None))
        without, seen[:] = list(seen), []
        started(world, replace(REQUEST, idempotency_key="k2"))
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)

    assert not any("start_key" in statement for statement in without)
    assert len(seen) == len(without) + 2  # it looks, and it writes
