"""Conditions whose values come when the statement is run."""

import datetime as dt

import pytest
import sqlalchemy as sa

from bpmn_engine.store.rows import among
from bpmn_engine.store.tables import message

T0 = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
BY_KEYS = sa.select(message.c.name).where(among(message.c.key, "keys")).order_by(message.c.key)
BY_NAMES = sa.select(message.c.key).where(
    among(message.c.name, "names"), message.c.delivered_at.is_(None)
)


def test_rows_with_one_of_several_values_are_found(database):
    with database.transaction() as session:
        put(session, "paid", "sent", "lost")

        assert session.scalars(BY_KEYS, {"keys": [1, 3, 4]}).all() == ["paid", "lost"]
        assert session.scalars(BY_KEYS, {"keys": [2]}).all() == ["sent"]
        assert set(session.scalars(BY_NAMES, {"names": ["lost", "sent"]})) == {2, 3}


def test_no_value_finds_nothing(database):
    with database.transaction() as session:
        put(session, "paid")

        assert session.scalars(BY_KEYS, {"keys": []}).all() == []


def test_sqlite_looks_values_up_in_its_index(database):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL is given an array")
    with database.reading() as session:
        text = str(BY_KEYS.compile(dialect=session.dialect))
        text = text.replace("__[POSTCOMPILE_keys]", "1, 2")
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()

    assert [row.detail.partition(" ")[0] for row in plan] == ["SEARCH"]


def put(session, *names):
    rows = [
        {"key": key, "name": name, "variables": {}, "created_at": T0, "expires_at": T0}
        for key, name in enumerate(names, start=1)
    ]
    session.execute(sa.insert(message), rows)
