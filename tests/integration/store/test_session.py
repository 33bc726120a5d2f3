"""Session: what is only written waits for the rest, and nothing shows of that."""

import datetime as dt

import pytest
import sqlalchemy as sa

from bpmn_engine.store.bulk import delete_rows, insert_rows, update_rows
from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.store.tables import message, message_key

T0 = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
NAMES = sa.select(message.c.name).order_by(message.c.key)


def a_message(key, name="paid"):
    return {"key": key, "name": name, "variables": {}, "created_at": T0, "expires_at": T0}


def a_key(of):
    return {"message_key": of, "correlation_key": "A-1"}


def names(database):
    with database.reading() as session:
        return session.scalars(NAMES).all()


def test_what_was_written_is_read_in_the_same_transaction(database):
    with database.transaction() as session:
        insert_rows(session, message, [a_message(1), a_message(2)])
        insert_rows(session, message_key, [a_key(of=1)])
        found = session.scalars(NAMES).all()
        delete_rows(session, message, [{"at_key": 1}])
        changed = update_rows(session, message, [{"at_key": 2, "name": "sent"}])

    assert found == ["paid", "paid"]
    assert changed == 1
    assert names(database) == ["sent"]


def test_writes_are_done_in_their_order(database):
    with database.transaction() as session:
        insert_rows(session, message, [a_message(1, "first")])
        delete_rows(session, message, [{"at_key": 1}])
        insert_rows(session, message, [a_message(1, "again")])

    assert names(database) == ["again"]


@pytest.mark.parametrize("later", [0, 1, 3])
def test_a_write_that_fails_is_told_as_of_its_statement_and_nothing_counts(database, later):
    rows = [a_message(1), a_key(of=7), *(a_message(10 + key) for key in range(later))]

    with pytest.raises(sa.exc.IntegrityError):
        write(database, rows)

    assert names(database) == []


def test_a_key_that_is_taken_calls_for_another_try_however_it_is_sent(database):
    write(database, [a_message(1)])

    with pytest.raises(TransientDatabaseError):
        write(database, [a_message(2), a_message(1), a_message(3)])

    assert names(database) == ["paid"]


def test_a_read_after_a_write_that_fails_tells_of_the_write(database):
    with pytest.raises(sa.exc.IntegrityError):
        write(database, [a_message(1), a_key(of=7)], then=lambda session: session.scalar(NAMES))


def test_a_connection_lost_while_writes_wait_calls_for_another_try(database):
    if database.is_sqlite:
        pytest.skip("SQLite has no server to lose the connection to")

    with pytest.raises(TransientDatabaseError):
        write(database, [a_message(1), a_message(2)], first=lambda session: end(session, database))

    write(database, [a_message(3), a_message(4)])
    assert names(database) == ["paid", "paid"]


def test_what_is_not_committed_is_never_sent(database):
    with pytest.raises(ZeroDivisionError):
        write(database, [a_message(1)], then=lambda _: 1 / 0)

    assert names(database) == []


def write(database, rows, *, first=None, then=None):
    with database.transaction() as session:
        if first is not None:
            first(session)
        for row in rows:
            insert_rows(session, message_key if "message_key" in row else message, [row])
        if then is not None:
            then(session)


def end(session, database):
    """End the server's process for a session."""
    pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
    with database.transaction() as other:
        assert other.scalar(sa.text(f"SELECT pg_terminate_backend({pid}, 10000)"))
