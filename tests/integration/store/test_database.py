"""Units of work: all or nothing, and a clear word when another try may help."""

import sqlite3
import threading
import time
from dataclasses import replace
from statistics import median

import psycopg
import pytest
import sqlalchemy as sa

from bpmn_engine.errors import CommitUnknownError, DatabaseUnavailableError, SettingError
from bpmn_engine.store import changes, instances, tables
from bpmn_engine.store.database import Database, is_transient
from bpmn_engine.store.errors import StaleInstanceError, TransientDatabaseError
from tests.integration.store.orders import NOON


def _broken_topics(session):
    changes.insert(session, ["tasks"], NOON)
    yield "jobs"
    raise ZeroDivisionError


def test_failed_unit_of_work_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        changes.insert(session, _broken_topics(session), NOON)

    with database.reading() as session:
        assert changes.latest(session) == 0


def test_reading_session_cannot_write(database):
    if database.is_sqlite:
        pytest.skip("SQLite has no read-only transactions")

    with pytest.raises(sa.exc.InternalError), database.reading() as session:
        changes.insert(session, ["tasks"], NOON)


def test_what_the_server_has_prepared_outlives_a_read(database):
    if database.is_sqlite:
        pytest.skip("SQLite prepares its statements in the process")
    for _ in range(10):
        with database.reading() as session:
            session.execute(sa.select(tables.change_feed)).all()

    with database.reading() as session:
        prepared = session.scalars(sa.text("SELECT statement FROM pg_prepared_statements")).all()

    assert [text for text in prepared if "change_feed" in text]


def test_moments_come_back_aware_and_exact(run, database):
    moment = NOON.replace(microsecond=123_456)
    with database.transaction() as session:
        changes.insert(session, ["a"], moment)

    with database.reading() as session:
        (change,) = changes.read_after(session, 0, now=moment)

    assert change.at == moment
    assert change.at.tzinfo is not None


def test_locked_sqlite_is_transient(tmp_path):
    url = f"sqlite:///{tmp_path}/locked.db"
    first = Database(url)
    first.migrate()
    impatient = Database(url, busy_timeout=NOON - NOON)

    with first.transaction() as session:
        changes.insert(session, ["tasks"], NOON)
        with pytest.raises(TransientDatabaseError), impatient.transaction() as other:
            changes.insert(other, ["tasks"], NOON)

    first.dispose()
    impatient.dispose()


def test_sqlite_keeps_what_was_committed(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/engine.db")

    with database.reading() as session:
        settings = [
            session.execute(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert settings == ["wal", 2, 1]
    database.dispose()


def test_in_memory_database_is_one_for_all_sessions():
    database = Database("sqlite://")
    database.migrate()

    with database.transaction() as session:
        changes.insert(session, ["tasks"], NOON)

    with database.reading() as session:
        assert changes.latest(session) == 1
    database.dispose()


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.UniqueViolation(), False),
        (sqlite3.OperationalError("no such table"), False),
    ],
)
def test_only_what_may_pass_is_transient(cause, expected):
    assert is_transient(sa.exc.DBAPIError("statement", {}, cause)) is expected


def test_other_errors_are_not_transient():
    assert not is_transient(ValueError())
    assert is_transient(StaleInstanceError([]))


def test_plain_postgresql_addresses_use_psycopg():
    database = Database("postgresql://bob@localhost/engine")

    assert database.url == "postgresql+psycopg://bob@localhost/engine"
    database.dispose()


def test_lost_update_is_refused(run, database):
    key = run.start()
    with database.reading() as session:
        (row,) = instances.load(session, [key])

    with database.transaction() as session:
        instances.save(session, [(row, row.snapshot)])
    with pytest.raises(StaleInstanceError), database.transaction() as session:
        instances.save(session, [(replace(row, business_key="lost"), row.snapshot)])

    with database.reading() as session:
        (stored,) = instances.load(session, [key])
    assert (stored.version, stored.business_key) == (1, "A-1")


def test_many_instances_are_saved_together(run, database):
    keys = [run.start() for _ in range(3)]

    with database.transaction() as session:
        rows = instances.load_for_update(session, reversed(keys))
        changed = [(replace(row, incident_count=2), row.snapshot) for row in rows]
        instances.save(session, changed)

    with database.reading() as session:
        stored = instances.load(session, [*keys, 5])
    assert [row.key for row in stored] == keys
    assert [row.incident_count for row in stored] == [2, 2, 2]


def test_locked_instances_can_be_skipped(run, database):
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    first, second = run.start(), run.start()

    with database.transaction() as session, database.transaction() as other:
        instances.load_for_update(session, [first])
        found = instances.load_for_update(other, [first, second], skip_locked=True)

    assert [row.key for row in found] == [second]


def test_foreign_keys_are_enforced(database):
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        session.execute(
            sa.insert(tables.group_membership).values(user_id="nobody", group_id="sales")
        )


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://alice@example.test/orders", "sqlite+aiosqlite:///x.db", ""]
)
def test_a_url_that_names_no_supported_database_is_refused(url):
    with pytest.raises(SettingError, match=r"sqlite:///file\.db"):
        Database(url)


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/x.db", "postgresql://alice@127.0.0.1:1/none"]
)
def test_a_database_that_does_not_answer_says_so_in_one_line(url):
    database = Database(url)

    with pytest.raises(DatabaseUnavailableError, match="Expected a database that answers"):
        database.is_migrated()

    database.dispose()


def test_commit_whose_answer_is_lost_is_not_taken_for_undone(run, database):
    if database.is_sqlite:
        pytest.skip("SQLite has no server to lose the connection to")

    with pytest.raises(CommitUnknownError, match="It may have been written"):
        _write(database, lambda session: _end_server_process_of(session, database))


def test_connection_lost_before_the_commit_calls_for_another_try(run, database):
    if database.is_sqlite:
        pytest.skip("SQLite has no server to lose the connection to")

    with pytest.raises(TransientDatabaseError):
        _write(database, lambda session: _lose_and_go_on(session, database))


def _write(database, then):
    with database.transaction() as session:
        changes.insert(session, ["tasks"], NOON)
        then(session)


def _lose_and_go_on(session, database):
    _end_server_process_of(session, database)
    changes.insert(session, ["jobs"], NOON)


def _end_server_process_of(session, database):
    """End the server's process for a session, which hears of it with its next statement."""
    pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
    with database.transaction() as other:
        assert other.scalar(sa.text(f"SELECT pg_terminate_backend({pid}, 10000)"))


def test_who_writes_again_and_again_lets_others_write_in_between(database):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has any number of writers")
    written, is_over = [], threading.Event()

    def write(name, seconds):
        with database.transaction() as session:
            changes.insert(session, [name], NOON)
            time.sleep(seconds)
            written.append(name)

    def write_much():
        while not is_over.is_set():
            write("much", 0.005)

    thread = threading.Thread(target=write_much)
    thread.start()
    for _ in range(20):
        write("some", 0)
    is_over.set()
    thread.join(20)

    runs = "".join("m" if name == "much" else " " for name in written).split(" ")[1:-1]
    assert median(map(len, runs)) <= 3, "no more, unless this thread was held up before it asked"
