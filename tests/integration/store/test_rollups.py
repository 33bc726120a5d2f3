"""Figures: in the transaction that they count, in the sums later, and the same either way."""

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import sqlalchemy as sa

from bpmn_engine.kernel.commands import CancelInstance, FireTimer
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store import (
    migration,
    queries_dashboard,
    queries_definitions,
    rollup_compaction,
)
from bpmn_engine.store.database import Database
from bpmn_engine.store.rollup_recount import recount
from bpmn_engine.store.rollup_sums import LENGTHS, begin_of, stretches
from bpmn_engine.store.tables import (
    process_definition,
    resource,
    rollup_bucket,
    rollup_delta,
    rollup_total,
)
from bpmn_engine.views.paging import FIRST_PAGE
from tests.integration.store.orders import MINUTE, NOON, OrderRun, deploy

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
RANGES = (HOUR, DAY, 7 * DAY, 30 * DAY, None)


def dashboards(database, now):
    with database.reading() as session:
        return [queries_dashboard.dashboard(session, now, span=span) for span in RANGES]


def complete(run, key):
    run.apply(key, FireTimer(wait=run.wait(key, WaitKind.TIMER)))


def compact(database, now, limit=1000):
    with database.transaction() as session:
        return rollup_compaction.compact(session, now, limit)


def some_days(run, clock):
    """Let instances begin and end over ten days; return how many are open."""
    chance = random.Random(5)  # noqa: S311 -- the same days each time
    still_open = []
    for _ in range(30):
        clock.advance(dt.timedelta(minutes=chance.randrange(1, 900)))
        still_open.append(run.start())
        if chance.random() < 0.7:
            key = still_open.pop(chance.randrange(len(still_open)))
            if chance.random() < 0.8:
                complete(run, key)
            else:
                run.apply(key, CancelInstance())
    return len(still_open)


def test_what_was_written_is_read_at_once(run, database, clock):
    key = run.start()
    clock.advance(90 * MINUTE)
    complete(run, key)

    hour, day, *_ = dashboards(database, clock.now())

    assert (hour.running, hour.completed) == (0, 1)
    assert sum(bucket.started for bucket in hour.throughput) == 0
    assert sum(bucket.started for bucket in day.throughput) == 1


def test_nothing_is_counted_of_a_transaction_that_was_rolled_back(run, database, clock):
    run.start()
    before = dashboards(database, clock.now())
    write = run._write

    def die(session, steps):
        write(session, steps)
        raise ZeroDivisionError

    run._write = die
    with pytest.raises(ZeroDivisionError):
        run.start()

    assert dashboards(database, clock.now()) == before


def test_figures_are_the_same_before_and_after_compaction(run, database, clock):
    open_count = some_days(run, clock)
    before = dashboards(database, clock.now())

    compacted = compact(database, clock.now())

    assert compacted > 40
    assert dashboards(database, clock.now()) == before
    assert before[-1].running == open_count
    assert compact(database, clock.now()) == 0


def test_compaction_in_small_parts_comes_to_the_same(run, database, clock):
    some_days(run, clock)
    before = dashboards(database, clock.now())

    while compact(database, clock.now(), limit=7):
        assert dashboards(database, clock.now()) == before

    assert dashboards(database, clock.now()) == before


def test_a_compaction_that_dies_changes_nothing(run, database, clock):
    some_days(run, clock)
    before = dashboards(database, clock.now())

    def die():
        with database.transaction() as session:
            rollup_compaction.compact(session, clock.now(), 10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die()

    assert dashboards(database, clock.now()) == before
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(rollup_bucket)) == 0


def test_several_processes_that_compact_count_nothing_twice(run, database, clock):
    some_days(run, clock)
    before = dashboards(database, clock.now())

    def work():
        return sum(iter(lambda: compact(database, clock.now(), limit=5), 0))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: work(), range(4)))
    work()

    assert dashboards(database, clock.now()) == before
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(rollup_delta)) == 0


def test_a_recount_comes_to_the_same(run, database, clock):
    some_days(run, clock)
    before = dashboards(database, clock.now())
    compact(database, clock.now(), limit=20)

    with database.transaction() as session:
        recount(session.connection(), clock.now())

    after = dashboards(database, clock.now())
    assert after == before
    with database.reading() as session:
        (one,) = queries_definitions.definitions(session, FIRST_PAGE, latest_only=True).items
    assert (one.running_count, one.completed_count) == (after[-1].running, after[-1].completed)


def test_a_recount_finds_what_an_older_release_did_not_count(run, database, clock):
    complete(run, run.start())
    run.start()
    before = dashboards(database, clock.now())
    with database.transaction() as session:
        for table in (rollup_delta, rollup_total, rollup_bucket):
            session.execute(sa.delete(table))
    forgotten = dashboards(database, clock.now())

    with database.transaction() as session:
        recount(session.connection(), clock.now())

    assert (forgotten[-1].running, forgotten[-1].completed) == (0, 0)
    assert dashboards(database, clock.now()) == before


def test_short_buckets_go_and_the_sums_stay(run, database, clock):
    complete(run, run.start())
    compact(database, clock.now())
    clock.advance(100 * DAY)
    complete(run, run.start())
    compact(database, clock.now())

    (*_, of_all_time) = dashboards(database, clock.now())

    assert of_all_time.completed == 2
    with database.reading() as session:
        lengths = session.execute(
            sa.select(rollup_bucket.c.minutes, sa.func.count()).group_by(rollup_bucket.c.minutes)
        ).all()
    assert dict(map(tuple, lengths)) == {1: 1, 15: 1, 180: 2, 1440: 2, 43_200: 2}


@pytest.mark.parametrize("span", [MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 300 * DAY, 2000 * DAY])
def test_a_range_is_covered_once_without_a_gap(span):
    now = NOON + dt.timedelta(minutes=777, seconds=13)

    found = stretches(now - span, now)

    for before, after in pairwise(found):
        assert before.end == after.begin
    assert found[0].begin <= now - span
    assert now < found[-1].end <= now + MINUTE
    for stretch in found:
        assert begin_of(stretch.begin, stretch.minutes) == stretch.begin
    assert sum((each.end - each.begin) / MINUTE / each.minutes for each in found) < 2200
    assert {each.minutes for each in found} <= set(LENGTHS)


def test_rows_of_two_definitions_are_told_apart(run, database, clock):
    first = run.definition
    run.start()
    with database.transaction() as session:
        run.definition = deploy(session, run.keys, content_hash="other")
    run.start()
    run.start()

    with database.reading() as session:
        versions = queries_definitions.versions(session, "order")

    assert {one.definition_key: one.running_count for one in versions} == {
        first.key: 1,
        run.definition.key: 2,
    }


def test_the_migration_counts_what_is_there_and_reads_the_diagrams(own_database_url, clock):
    database = Database(own_database_url)
    run = OrderRun(database, clock)
    some_days(run, clock)
    before = dashboards(database, clock.now())
    diagram = (
        b'<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        b' xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
        b'<b:process id="order" camunda:historyTimeToLive="P2D"/></b:definitions>'
    )
    with database.transaction() as session:
        session.execute(sa.update(resource).values(content=diagram))
        migration.downgrade(session.connection(), "0016")

    database.migrate()

    # Buckets are kept by the clock of the machine, so only what is of all time is the same.
    of_all_time, counted = before[-1], dashboards(database, clock.now())[-1]
    assert (counted.running, counted.completed, counted.failed) == (
        of_all_time.running,
        of_all_time.completed,
        of_all_time.failed,
    )
    assert counted.cycle_time == of_all_time.cycle_time
    with database.reading() as session:
        assert session.scalars(sa.select(process_definition.c.history_seconds)).all() == [172_800]
    database.dispose()
