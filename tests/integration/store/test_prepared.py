"""Queries that are asked again and again say the same as when SQLAlchemy asks them."""

import gc

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bpmn_engine.store.columns import BIG_KEY, UtcDateTime
from bpmn_engine.store.database import Database
from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.store.prepared import Prepared, preparations
from bpmn_engine.store.rows import among
from tests.integration.store.orders import NOON

TIMES = 4
"""More than it takes until the driver is asked."""

THING = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("key", BIG_KEY, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("at", UtcDateTime),
    sa.Column("is_new", sa.Boolean),
    sa.Column("content", sa.LargeBinary),
    sa.Column("words", sa.JSON),
)
COUNT = sa.select(sa.func.count()).select_from(THING)


def thing(key, name, **values):
    usual = {"at": NOON, "is_new": True, "content": b"\x00\xff", "words": {"a": [1, None, "é"]}}
    return {"key": key, "name": name, **usual, **values}


@pytest.fixture
def filled(database):
    """A database with three things: "a", "b", and "c", of which nothing else is known."""
    nothing = dict.fromkeys(("at", "is_new", "content", "words"))
    rows = [thing(2**40, "a"), thing(2, "b"), thing(3, "c", **nothing)]
    with database.transaction() as session:
        THING.create(session.connection())
        session.execute(sa.insert(THING), rows)
    yield database
    with database.transaction() as session:
        THING.drop(session.connection())


def known(database):
    """Return what was asked before, and what it was prepared to."""
    return preparations("sqlite" if database.is_sqlite else "postgresql")._known


def asked(database, statement, parameters=None):
    """Ask again and again; return the rows, which are the same each time, with names and types."""
    with database.reading() as session:
        answers = [session.execute(statement, parameters).all() for _ in range(TIMES)]
    assert known(database)[statement] is not None
    first, *others = [
        [[(name, type(value), value) for name, value in row._asdict().items()] for row in rows]
        for rows in answers
    ]
    assert all(other == first for other in others)
    return [tuple(row) for row in answers[-1]]


def test_values_of_all_types_are_the_same_every_time(filled):
    assert asked(filled, sa.select(THING).order_by(THING.c.name)) == [
        tuple(thing(2**40, "a").values()),
        tuple(thing(2, "b").values()),
        (3, "c", None, None, None, None),
    ]


def test_values_come_with_the_question_or_are_part_of_it(filled):
    statement = (
        sa.select(THING.c.name)
        .where(THING.c.name != "b", THING.c.key >= sa.bindparam("least"))
        .order_by(THING.c.name)
        .limit(1)
    )

    assert asked(filled, statement, {"least": 2}) == [("a",)]
    assert asked(filled, statement, {"least": 2**41}) == []


def test_one_value_may_be_wanted_in_several_places(filled):
    name = sa.bindparam("name")
    statement = sa.select(sa.func.count()).where(sa.or_(THING.c.name == name, THING.c.name > name))

    assert asked(filled, statement, {"name": "b"}) == [(2,)]


@pytest.mark.parametrize(
    "condition",
    [among(THING.c.name, "names"), THING.c.name.in_(sa.bindparam("names", expanding=True))],
    ids=["among", "in"],
)
@pytest.mark.parametrize(
    "names", [["a"], ["c", "b", "a"], [], [f"t{n}" for n in range(200)] + ["a"]], ids=len
)
def test_lists_may_be_of_any_length(filled, condition, names):
    statement = (
        sa.select(THING.c.name)
        .where(condition, THING.c.name != sa.bindparam("but"))
        .order_by(THING.c.name)
    )

    rows = asked(filled, statement, {"names": names, "but": "b"})

    assert rows == [(name,) for name in sorted({"a", "c"} & set(names))]


def test_a_row_knows_its_columns(filled):
    statement = (
        sa.select(THING.c.name, sa.literal(7).label("seven")).order_by(THING.c.name).limit(1)
    )
    asked(filled, statement)

    with filled.reading() as session:
        row = session.execute(statement).one()

    assert (row.name, row.seven, row._mapping[THING.c.name]) == ("a", 7, "a")


def test_two_columns_of_one_name_are_told_apart(filled):
    other = THING.alias()
    after = other.c.key == THING.c.key + 1
    statement = sa.select(THING.c.name, other.c.name).join_from(THING, other, after)

    assert asked(filled, statement) == [("b", "c")]


def test_the_answer_can_be_read_in_every_way(filled):
    statement = sa.select(THING.c.name).order_by(THING.c.name)
    asked(filled, statement)

    with filled.reading() as session:
        assert session.scalar(statement) == "a"
        assert session.scalars(statement).all() == ["a", "b", "c"]
        assert session.execute(statement).first() == ("a",)
        assert [name for (name,) in session.execute(statement)] == ["a", "b", "c"]


def test_a_value_that_is_missing_is_named(filled):
    statement = sa.select(THING.c.key).where(THING.c.name == sa.bindparam("name"))
    asked(filled, statement, {"name": "a"})

    with filled.reading() as session, pytest.raises(KeyError, match="name"):
        session.execute(statement)


def write_and_ask(session):
    first = session.scalar(COUNT)
    session.execute(sa.insert(THING), thing(4, "d"))
    return first, session.scalar(COUNT)


def test_what_the_transaction_has_written_is_seen_and_undone_with_it(filled):
    asked(filled, COUNT)

    with filled.transaction() as session:
        assert write_and_ask(session) == (3, 4)
        session.connection().rollback()

    assert asked(filled, COUNT) == [(3,)]


def test_an_error_is_one_of_sqlalchemys_and_what_was_written_is_undone(filled):
    asked(filled, COUNT)

    def write_and_fail():
        with filled.transaction() as session:
            session.execute(sa.insert(THING), thing(4, "d"))
            session.execute(sa.text("ALTER TABLE thing RENAME TO moved"))
            session.scalar(COUNT)

    with pytest.raises(DBAPIError, match="thing"):
        write_and_fail()

    assert asked(filled, COUNT) == [(3,)]


def test_what_is_put_together_for_one_question_is_forgotten(filled):
    asked(filled, COUNT)
    gc.collect()
    before = len(known(filled))

    for number in range(50):
        asked(filled, sa.select(THING.c.name).where(THING.c.name == str(number)))
    gc.collect()

    assert len(known(filled)) <= before + 1, "SQLAlchemy keeps the first one with its text"


def test_who_watches_statements_sees_each(filled):
    asked(filled, COUNT)
    seen = []

    def note(_connection, _cursor, text, *_):
        seen.append(text)

    sa.event.listen(filled._reader, "before_cursor_execute", note)
    try:
        asked(filled, COUNT)
    finally:
        sa.event.remove(filled._reader, "before_cursor_execute", note)

    assert sum("FROM thing" in text for text in seen) == TIMES


def test_when_one_connection_is_lost_no_other_is_tried(filled):
    if filled.is_sqlite:
        pytest.skip("SQLite has no server to lose the connection to")
    asked(filled, COUNT)
    own = sa.select(sa.func.pg_backend_pid())
    with filled.reading() as one, filled.reading() as another:
        servers = [session.scalar(own) for session in (one, another)]

    other = Database(filled.url)
    with other.transaction() as session:
        for server in servers:
            assert session.scalar(sa.select(sa.func.pg_terminate_backend(server, 10_000)))
    other.dispose()
    with pytest.raises(TransientDatabaseError), filled.reading() as session:
        session.scalar(COUNT)

    assert asked(filled, COUNT) == [(3,)]


class ThreadEndedError(BaseException):
    """What ends a thread in the middle."""


def test_who_is_interrupted_leaves_no_half_read_answer_to_the_next(filled, monkeypatch):
    asked(filled, COUNT)

    def ask_and_end(self, cursor, given):
        cursor.execute("SELECT 1")
        raise ThreadEndedError

    with monkeypatch.context() as patch:
        patch.setattr(Prepared, "ask", ask_and_end)
        with pytest.raises(ThreadEndedError), filled.reading() as session:
            session.execute(COUNT)
        assert session._connection is None

    assert asked(filled, COUNT) == [(3,)]
