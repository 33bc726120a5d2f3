"""Partitions by time of the history, on PostgreSQL: how they come, what they hold, how they go."""

# ruff: noqa: S608 -- the statements are of our own names and numbers

import datetime as dt
import importlib
import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import StartRequest
from bpmn_engine.settings import EngineSettings, PartitionWidth
from bpmn_engine.store import migration, partition_bounds, partitions
from bpmn_engine.store.database import Database
from bpmn_engine.store.keys import first_key
from bpmn_engine.store.tables import element_visit, journal
from bpmn_engine.telemetry.listener import readiness_json
from tests import databases
from tests.diagrams import end, process, service, start
from tests.integration.service.conftest import World

DAY = dt.timedelta(days=1)
MONTH = 31 * DAY
TABLES = ("element_visit", "journal")
DIAGRAM = process("s -> a -> e", s=start(), a=service("check"), e=end())


def at(*day):
    return dt.datetime(*day, 9, tzinfo=dt.UTC)


class Partitioned(World):
    """A service on a PostgreSQL database of its own."""

    def __init__(self, url, now, **settings):
        super().__init__(Database(url))
        self.clock = VirtualClock(now)
        self.settings = EngineSettings(history_time_to_live=DAY, **settings)
        self.service = EngineService(self.database, self.clock, self.settings)
        self.engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def rows(self, statement):
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(statement)
            return found.all() if found.returns_rows else []

    def names(self, table="journal"):
        with self.database.reading() as session:
            found = partitions.listed(
                session, {"journal": journal, "element_visit": element_visit}[table]
            )
        return [one.name.removeprefix(f"{table}_") for one in found]

    def places(self, key, table="journal"):
        """Return the partitions that have rows of an instance."""
        found = self.rows(
            f"SELECT DISTINCT tableoid::regclass::text FROM {table} WHERE instance_key = {key}"
        )
        return [name.removeprefix(f"{table}_") for (name,) in found]

    def ended(self):
        key = self.start()
        self.work()
        assert self.status(key) == "completed"
        return key

    def ended_many(self, count):
        """Run instances to their end and return how many."""
        self.service.start_instances([StartRequest(process_id="p", variables={})] * count)
        self.work()
        return count

    def dispose(self):
        self.database.dispose()
        self.engine.dispose()


@pytest.fixture
def url(postgres_server):
    with databases.postgres_database(postgres_server) as text:
        yield text


@pytest.fixture
def begun(url):
    """Partitions that begin with January 2027, and one before, with an instance that is open."""
    lay_out(url, at(2027, 1, 1), months=3)
    world = Partitioned(url, at(2026, 12, 20))
    world.deploy(DIAGRAM)
    world.open_key = world.start()
    yield world
    world.dispose()


def lay_out(url, first, *, months):
    """Make partitions as the migration does, with a bound that the test knows."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in TABLES:
            for (name,) in connection.exec_driver_sql(
                "SELECT inhrelid::regclass::text FROM pg_inherits"
                f" WHERE inhparent = '{table}'::regclass AND inhrelid::regclass::text"
                f" <> '{table}_default'"
            ).all():
                connection.exec_driver_sql(f"DROP TABLE {name}")
            begin = first.replace(hour=0)
            low = "MINVALUE"
            name = "first"
            for _ in range(months + 1):
                connection.exec_driver_sql(
                    f"CREATE TABLE {table}_{name} PARTITION OF {table}"
                    f" FOR VALUES FROM ({low}) TO ({first_key(begin)})"
                )
                low, name = first_key(begin), f"{begin:%Y%m%d}"
                begin = partition_bounds.next_month(begin)


# The migration -----------------------------------------------------------------------------


MIGRATION = importlib.import_module("bpmn_engine.store.migrations.versions.0018_pre_partitions")


def run_alone(connection, change):
    """Run one direction of the migration: what came later stays, as this release writes it."""
    with Operations.context(MigrationContext.configure(connection)):
        change()


def migrated(database):
    """Partition the tables as `migrate-db` does."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        migration.prepare(connection)
        with connection.begin():
            run_alone(connection, MIGRATION.upgrade)


@pytest.fixture
def before(url):
    """A database with history in plain tables."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        run_alone(connection, MIGRATION.downgrade)
    world = Partitioned(url, dt.datetime.now(dt.UTC))
    world.deploy(DIAGRAM)
    yield world
    world.dispose()


def test_a_table_becomes_the_first_partition_and_no_row_is_written(before):
    key = before.ended()
    history = {table: before.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}
    files = [before.rows(f"SELECT pg_relation_filenode('{table}')") for table in TABLES]

    migrated(before.database)

    after = {table: before.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}
    assert after == history
    assert files == [
        before.rows(f"SELECT pg_relation_filenode('{table}_first')") for table in TABLES
    ]
    assert before.places(key) == ["first"]
    assert before.database.is_migrated()
    kinds = [len(before.names(table)) for table in TABLES]
    assert kinds == [5, 5]


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_table_is_looked_through_before_anybody_is_kept_waiting(before, is_prepared):
    before.ended()
    told = []
    engine = sa.create_engine(before.database.url, poolclass=sa.NullPool)

    with engine.connect() as connection:
        if is_prepared:
            migration.prepare(connection)
            assert before.ended()  # and who writes goes on
        connection.connection.driver_connection.add_notice_handler(
            lambda notice: told.append(notice.message_primary)
        )
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL client_min_messages = debug1")
            run_alone(connection, MIGRATION.upgrade)

    spared = [text for text in told if text and "is implied by existing constraints" in text]
    assert [f'"{table}_first"' in text for table, text in zip(TABLES, spared, strict=False)] == (
        [True, True] if is_prepared else []
    )
    assert before.rows("SELECT 1 FROM pg_constraint WHERE conname = 'ck_journal_first'") == []


def test_a_preparation_whose_bound_is_near_is_made_again(before):
    near = first_key(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    before.rows(
        f"ALTER TABLE journal ADD CONSTRAINT ck_journal_first CHECK (instance_key < {near})"
        " NOT VALID"
    )

    migrated(before.database)

    with before.database.reading() as session:
        first = partitions.listed(session, journal)[0]
    assert first.high > near


def test_who_writes_while_it_is_migrated_loses_nothing(before):
    stopping, started = Event(), []

    def write():
        while not stopping.is_set():
            started.append(before.ended_many(20))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            migrated(before.database)
            began = len(started)
            while len(started) < began + 2 and not writing.done():
                before.rows("SELECT 1")
        finally:
            stopping.set()
        writing.result(60)

    count = sum(started)
    assert before.rows("SELECT count(*) FROM process_instance") == [(count,)]
    assert before.rows("SELECT count(*) FROM journal WHERE sequence = 1") == [(count,)]


def test_rights_that_others_have_stay_theirs(before):
    before.rows("DROP ROLE IF EXISTS reporting")
    before.rows("CREATE ROLE reporting")
    before.rows("GRANT SELECT ON journal TO reporting")

    migrated(before.database)

    assert before.rows("SELECT has_table_privilege('reporting', 'journal', 'SELECT')") == [(True,)]
    before.rows("DROP OWNED BY reporting")
    before.rows("DROP ROLE reporting")


# Making them -------------------------------------------------------------------------------


def test_partitions_are_made_months_ahead(begun):
    begun.clock.set(at(2027, 1, 20))

    made = begun.service.keep_partitions()
    again = begun.service.keep_partitions()

    assert (made, again) == (2, 0)
    for table in TABLES:
        assert begun.names(table) == [
            "first",
            "20270101",
            "20270201",
            "20270301",
            "20270401",
            "default",
        ]


def test_history_is_in_the_partition_of_when_its_instance_began(begun):
    begun.clock.set(at(2027, 2, 3))
    new = begun.start()
    begun.work()

    assert begun.places(new) == begun.places(new, "element_visit") == ["20270201"]
    # What goes on later stays where it began.
    assert begun.status(begun.open_key) == "completed"
    assert begun.places(begun.open_key) == ["first"]
    assert begun.places(begun.open_key, "element_visit") == ["first"]


@pytest.mark.parametrize(
    ("width", "end", "expected"),
    [
        (PartitionWidth.MONTH, at(2027, 1, 1), [(1, 1), (2, 1), (3, 1)]),
        (
            PartitionWidth.WEEK,
            at(2027, 1, 1),
            [(1, 1), (1, 4), (1, 11), (1, 18), (1, 25)],
        ),
        (PartitionWidth.DAY, at(2027, 1, 1), [(1, day) for day in range(1, 4)]),
    ],
)
def test_a_partition_begins_where_the_last_one_ends(width, end, expected):
    begin = end.replace(hour=0)

    found = list(partitions.spans(begin, at(2026, 12, 20), width))

    assert [(one.begin.month, one.begin.day) for one in found] == expected
    assert all(one.end == two.begin for one, two in pairwise(found))


def test_a_new_width_counts_for_partitions_to_come(begun):
    begun.clock.set(at(2027, 3, 20))
    weekly = EngineService(
        begun.database, begun.clock, EngineSettings(partition_width=PartitionWidth.WEEK)
    )

    weekly.keep_partitions()

    assert begun.names() == [
        "first",
        "20270301",
        "20270401",
        "20270405",
        "20270412",
        "20270419",
        "20270426",
        "default",
    ]


def test_what_has_no_partition_goes_into_the_default_one(begun):
    begun.clock.set(at(2028, 6, 15))

    key = begun.ended()

    assert begun.places(key) == begun.places(key, "element_visit") == ["default"]


@pytest.mark.parametrize("large", [8 << 20, 0], ids=["small default", "large default"])
def test_rows_in_the_default_partition_do_not_hinder_the_next_ones(begun, monkeypatch, large):
    monkeypatch.setattr(partitions, "LARGE_DEFAULT_BYTES", large - 1)
    begun.clock.set(at(2028, 6, 15))
    key = begun.ended()

    begun.service.keep_partitions()
    begun.clock.set(at(2028, 7, 2))
    later = begun.ended()

    assert begun.places(key) == ["default"]
    assert begun.places(later) == ["20280701"]
    assert begun.names() == ["first", "20280701", "20280801", "20280901", "default"]


def test_a_month_whose_rows_are_in_the_default_partition_already_stays_there(begun):
    begun.clock.set(at(2028, 7, 15))
    ahead = begun.ended()  # by a process whose clock is ahead
    begun.clock.set(at(2028, 6, 15))

    begun.service.keep_partitions()

    assert begun.places(ahead) == ["default"]
    assert begun.names() == ["first", "20280801", "20280901", "default"]


def test_a_default_partition_refuses_nothing_after_a_process_died_on_the_way(begun):
    span = partitions.Span(begin=at(2028, 6, 1), end=at(2028, 7, 1))
    with begun.database.transaction() as session:
        partitions.exclude(session, journal, span)

    begun.service.keep_partitions()
    begun.clock.set(at(2028, 6, 15))

    assert begun.places(begun.ended()) == ["default"]


def test_two_processes_make_each_partition_once(begun):
    begun.clock.set(at(2027, 8, 20))
    services = [begun.service, begun.another()]

    with ThreadPoolExecutor(2) as pool:
        made = [one.result() for one in [pool.submit(each.keep_partitions) for each in services]]

    made.append(begun.service.keep_partitions())
    assert sum(made) == 2 * 3 + 2 * 3  # three made and three dropped, of each table
    assert begun.service.keep_partitions() == 0


def test_nobody_waits_behind_the_making_of_partitions(begun, caplog):
    begun.clock.set(at(2027, 1, 20))
    with begun.engine.connect() as other:
        other.exec_driver_sql("BEGIN")
        other.exec_driver_sql("LOCK TABLE process_instance IN ROW EXCLUSIVE MODE")

        with caplog.at_level(logging.INFO):
            made = begun.service.keep_partitions()

        other.exec_driver_sql("ROLLBACK")
    assert made == 0
    assert "outcome=partitions_postponed" in caplog.text
    assert begun.service.keep_partitions() == 2


# Dropping them -----------------------------------------------------------------------------


def test_a_partition_goes_when_its_time_is_over_and_nothing_is_left_of_it(begun):
    begun.clock.set(at(2027, 3, 10))

    begun.service.keep_partitions()
    while_open = begun.names()
    begun.work()
    begun.clock.set(at(2027, 3, 20))
    begun.service.keep_partitions()
    while_kept = begun.names()
    removed = begun.service.remove_old_history()
    begun.service.keep_partitions()

    assert while_open[:2] == while_kept[:2] == ["first", "20270301"]
    assert removed == 1
    assert begun.names()[0] == "20270301"


def test_a_partition_of_now_stays_though_it_is_empty(begun):
    begun.clock.set(at(2027, 2, 10))

    begun.service.keep_partitions()

    assert begun.names()[:2] == ["first", "20270201"]


def test_what_comes_back_from_the_archive_goes_into_the_default_partition(begun):
    begun.clock.set(at(2027, 1, 10))
    key = begun.ended()
    visits = f"SELECT * FROM element_visit WHERE instance_key = {key} ORDER BY visit"
    before = begun.rows(visits)
    begun.clock.set(at(2027, 3, 10))
    begun.service.remove_old_history()
    begun.service.keep_partitions()
    assert "20270101" not in begun.names()

    begun.service.restore_instance(key, reason="a complaint", actor="alice")
    made = begun.service.keep_partitions()

    assert begun.places(key) == begun.places(key, "element_visit") == ["default"]
    assert begun.rows(visits) == before
    assert begun.passed(key) == ["s", "a", "e"]
    assert made == 0
    (hold,) = begun.service.holds_of_instance(key)
    begun.service.lift_hold(hold.key)
    assert begun.service.remove_old_history() == 1
    assert begun.places(key) == []


def test_an_instance_that_comes_back_meanwhile_keeps_its_partition(begun):
    begun.clock.set(at(2027, 1, 10))
    key = begun.ended()
    begun.clock.set(at(2027, 3, 10))

    with begun.database.reading() as session:
        _, january, february, *_ = partitions.listed(session, journal)
    with begun.database.transaction() as session:
        assert partitions.drop(session, february)
        assert not partitions.drop(session, january)

    assert begun.places(key) == ["20270101"]


# Rights ------------------------------------------------------------------------------------


def test_a_user_without_the_right_is_a_warning_and_history_goes_on(begun, url, caplog):
    begun.rows("DROP ROLE IF EXISTS clerk")
    begun.rows("CREATE ROLE clerk LOGIN")
    begun.rows("GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk")
    begun.rows("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk")
    theirs = sa.make_url(url).set(username="clerk").render_as_string(hide_password=False)
    clerk = Partitioned(theirs, at(2027, 3, 28))
    healthy = begun.service.readiness()

    with caplog.at_level(logging.WARNING):
        made = clerk.service.keep_partitions()
    found = clerk.service.readiness()
    sample = clerk.service.sample_queues()
    clerk.clock.set(at(2027, 4, 2))
    key = clerk.ended()

    assert made == 0
    assert "outcome=partitions_not_kept" in caplog.text
    assert "it does not own the table" in caplog.text
    assert healthy.warnings == ()
    assert found.is_ready
    assert readiness_json(found)["status"] == "ok"
    assert "end on 2027-04-01" in readiness_json(found)["partitions"]
    assert sample.partitions_end_at == dt.datetime(2027, 4, 1, tzinfo=dt.UTC)
    assert begun.places(key) == ["default"]
    clerk.dispose()
    begun.rows("DROP OWNED BY clerk")
    begun.rows("DROP ROLE clerk")


def test_the_owner_needs_no_warning(begun):
    begun.clock.set(at(2027, 3, 28))

    begun.service.keep_partitions()

    assert begun.service.readiness().warnings == ()


# Reading -----------------------------------------------------------------------------------


def relations(plan):
    own = [plan["Relation Name"]] if "Relation Name" in plan else []
    return [*own, *(name for each in plan.get("Plans", ()) for name in relations(each))]


@pytest.mark.parametrize("table", TABLES)
def test_a_question_about_one_instance_reads_one_partition(begun, table):
    key = first_key(at(2027, 2, 3))
    statement = f"SELECT * FROM {table} WHERE instance_key = {key} ORDER BY 2"

    (((of_one,),),) = begun.rows(f"EXPLAIN (FORMAT JSON) {statement}")
    (((of_all,),),) = begun.rows(f"EXPLAIN (FORMAT JSON) SELECT * FROM {table}")

    assert relations(of_one["Plan"]) == [f"{table}_20270201"]
    assert len(relations(of_all["Plan"])) == 5


def test_statistics_of_the_whole_are_made_now_and_then(begun):
    begun.clock.set(dt.datetime.now(dt.UTC))
    begun.ended()

    begun.service.keep_partitions()

    kinds = begun.rows(
        "SELECT DISTINCT tablename FROM pg_stats WHERE inherited ORDER BY tablename"
    )
    assert kinds == [("element_visit",), ("journal",)]


def test_sqlite_has_no_partitions_and_needs_none(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/engine.db")
    database.migrate()
    engine = EngineService(database, VirtualClock(), EngineSettings())

    made = engine.keep_partitions()

    assert made == 0
    assert engine.readiness().warnings == ()
    database.dispose()
