"""Counting the sums anew, from the instances that there are and from those in the archive.

Migration 0017 runs it, so it must work on the tables as they were then; hence the SQL is text.
Transactions that write meanwhile are not kept out: on PostgreSQL, read one moment of the database
(REPEATABLE READ). What committed before it is counted and its deltas go; what commits later brings
its own.
"""

# ruff: noqa: S608 -- only names of our own are put together
from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from typing import Final

from sqlalchemy import Connection, insert, text
from sqlalchemy.engine.interfaces import IsolationLevel

from bpmn_engine.store.columns import EPOCH, to_microseconds
from bpmn_engine.store.durations import GROWTH, bin_of
from bpmn_engine.store.rollup_compaction import wait_alone
from bpmn_engine.store.rollup_sums import LENGTHS, Sums
from bpmn_engine.store.rows import is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import rollup_bucket, rollup_total

_INSTANCES: Final = (
    "(SELECT definition_key, process_id, status, started_at, ended_at, duration_ms"
    " FROM process_instance"
    " UNION ALL SELECT definition_key, process_id, status, started_at, ended_at, duration_ms"
    " FROM archived_instance) AS every_instance"
)
_STATUSES: Final = ("completed", "failed", "terminated")


def recount(connection: Connection, now: dt.datetime) -> None:
    """Replace all sums and drop the deltas that they hold."""
    wait_alone(connection)
    for table in ("rollup_delta", "rollup_total", "rollup_bucket"):
        connection.execute(text(f"DELETE FROM {table}"))
    _count_totals(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 -- it is connected
        raw.create_function("duration_bin", 1, bin_of, deterministic=True)
    for minutes, kept in LENGTHS.items():
        since = EPOCH if kept is None else max(EPOCH, now - kept)
        _count_buckets(connection, minutes, since, is_sqlite=is_sqlite)


def recount_session(session: Session, now: dt.datetime) -> None:
    """Recount in a session that has not read anything yet, at one moment of the database."""
    isolation: IsolationLevel | None = "REPEATABLE READ" if is_postgresql(session) else None
    recount(session.connection(isolation=isolation), now)


def _count_totals(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT definition_key,"
            " sum(CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END) AS open_count,"
            " sum(CASE WHEN status = 'completed' THEN 1 ELSE 0 END) AS completed"
            f" FROM {_INSTANCES} GROUP BY definition_key"
        )
    ).all()
    if rows:
        connection.execute(
            insert(rollup_total),
            [
                {
                    "definition_key": row.definition_key,
                    "open_count": int(row.open_count),
                    "completed": int(row.completed),
                }
                for row in rows
            ],
        )


def _count_buckets(
    connection: Connection, minutes: int, since: dt.datetime, *, is_sqlite: bool
) -> None:
    sums: defaultdict[tuple[int, str], Sums] = defaultdict(Sums)
    moment = to_microseconds(since) if is_sqlite else since
    started = (
        f"SELECT process_id, {_number('started_at', minutes, is_sqlite=is_sqlite)} AS number,"
        f" count(*) AS instances FROM {_INSTANCES} WHERE started_at >= :since GROUP BY 1, 2"
    )
    for row in connection.execute(text(started), {"since": moment}):
        sums[int(row.number), row.process_id].counts["started"] += row.instances
    ended = (
        f"SELECT process_id, {_number('ended_at', minutes, is_sqlite=is_sqlite)} AS number,"
        f" status, CASE WHEN status = 'completed' THEN {_bin(is_sqlite=is_sqlite)} END AS bin,"
        " count(*) AS instances,"
        " sum(CASE WHEN status = 'completed' THEN duration_ms ELSE 0 END) AS duration_ms"
        f" FROM {_INSTANCES} WHERE ended_at >= :since GROUP BY 1, 2, 3, 4"
    )
    for row in connection.execute(text(ended), {"since": moment}):
        found = sums[int(row.number), row.process_id]
        if row.status in _STATUSES:
            found.counts[row.status] += row.instances
            found.counts["duration_ms"] += int(row.duration_ms)
        if row.bin is not None:
            found.bins.update(Counter({int(row.bin): row.instances}))
    length = dt.timedelta(minutes=minutes)
    rows = [
        {
            "minutes": minutes,
            "at": EPOCH + number * length,
            "process_id": process_id,
            **found.values(),
        }
        for (number, process_id), found in sorted(sums.items())
    ]
    if rows:
        connection.execute(insert(rollup_bucket), rows)


def _number(column: str, minutes: int, *, is_sqlite: bool) -> str:
    """Return the SQL of which bucket a moment is in, counted from 1970."""
    if is_sqlite:
        return f"{column} / {minutes * 60_000_000}"
    return f"CAST(floor(extract(epoch FROM {column}) / {minutes * 60}) AS bigint)"


def _bin(*, is_sqlite: bool) -> str:
    if is_sqlite:
        return "duration_bin(duration_ms)"
    number = f"CAST(ceil(ln(CAST(duration_ms AS double precision)) / {math.log(GROWTH)!r}) AS int)"
    return f"CASE WHEN duration_ms < 1 THEN -1 ELSE {number} END"
