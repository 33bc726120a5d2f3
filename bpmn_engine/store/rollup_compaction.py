"""Adding deltas to the sums, and counting everything anew.

Both happen in one transaction: a delta is in the sums exactly when its row is gone, whenever the
process dies and however often it is tried.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from bpmn_engine.store.rollup_sums import COUNTS, LENGTHS, Sums, begin_of
from bpmn_engine.store.rows import in_parts, is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    process_definition,
    rollup_bucket,
    rollup_delta,
    rollup_total,
)

LOCK: Final = 0x524F4C4C
"""Advisory lock: one process at a time changes the sums."""

_SHORTEST, *_LONGER = LENGTHS  #: minutes; each of the longer ones is some of the shortest

_DELTAS: Final = (
    select(rollup_delta, process_definition.c.process_id)
    .join(process_definition, process_definition.c.key == rollup_delta.c.definition_key)
    .order_by(rollup_delta.c.sequence)
)
_BUCKET: Final = rollup_bucket.c
_UPDATE_BUCKET: Final = (
    update(rollup_bucket)
    .where(
        _BUCKET.minutes == bindparam("at_minutes"),
        _BUCKET.at == bindparam("at_at"),
        _BUCKET.process_id == bindparam("at_process_id"),
    )
    .values({name: bindparam(f"new_{name}") for name in (*COUNTS, "durations")})
)
_UPDATE_TOTAL: Final = (
    update(rollup_total)
    .where(rollup_total.c.definition_key == bindparam("at_definition_key"))
    .values(
        open_count=rollup_total.c.open_count + bindparam("more_open"),
        completed=rollup_total.c.completed + bindparam("more_completed"),
    )
)


class _Bucket(NamedTuple):
    minutes: int
    at: dt.datetime
    process_id: str


def compact(session: Session, now: dt.datetime, limit: int) -> int:
    """Add the oldest deltas to the sums; return how many there were.

    Nothing is done while another process does it.
    """
    if not _is_alone(session):
        return 0
    rows = session.execute(_DELTAS.limit(limit)).all()
    if rows:
        buckets: defaultdict[_Bucket, Sums] = defaultdict(Sums)
        totals: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for row in rows:
            totals[row.definition_key]["open"] += row.open_change
            totals[row.definition_key]["completed"] += row.completed
            buckets[_Bucket(_SHORTEST, begin_of(row.at, _SHORTEST), row.process_id)].add(row)
        for (_, at, process_id), sums in tuple(buckets.items()):
            for minutes in _LONGER:
                buckets[_Bucket(minutes, begin_of(at, minutes), process_id)].merge(sums)
        _add_to_buckets(session, buckets)
        _add_to_totals(session, totals)
        for part in in_parts([row.sequence for row in rows]):
            session.execute(delete(rollup_delta).where(rollup_delta.c.sequence.in_(part)))
    _prune(session, now)
    return len(rows)


def has_deltas(session: Session) -> bool:
    """Tell whether there is anything to add."""
    return session.scalar(select(rollup_delta.c.sequence).limit(1)) is not None


def _is_alone(session: Session) -> bool:
    if not is_postgresql(session):
        return True  # there is one writer anyway
    return session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))) is True


def wait_alone(connection: Connection) -> None:
    """Wait until no other process changes the sums, and keep others from it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _add_to_buckets(session: Session, buckets: dict[_Bucket, Sums]) -> None:
    stored: set[_Bucket] = set()
    for minutes in LENGTHS:
        moments = sorted({bucket.at for bucket in buckets if bucket.minutes == minutes})
        for part in in_parts(moments):
            wanted = select(rollup_bucket).where(_BUCKET.minutes == minutes, _BUCKET.at.in_(part))
            for row in session.execute(wanted):
                bucket = _Bucket(minutes, row.at, row.process_id)
                if bucket in buckets:
                    buckets[bucket].add(row)
                    stored.add(bucket)
    changed = [_changes(bucket, buckets[bucket]) for bucket in sorted(stored)]
    new = [
        {**bucket._asdict(), **buckets[bucket].values()}
        for bucket in sorted(buckets.keys() - stored)
    ]
    if changed:
        session.execute(_UPDATE_BUCKET, changed)
    if new:
        session.execute(insert(rollup_bucket), new)


def _changes(bucket: _Bucket, sums: Sums) -> dict[str, object]:
    return {
        **{f"at_{name}": value for name, value in bucket._asdict().items()},
        **{f"new_{name}": value for name, value in sums.values().items()},
    }


def _add_to_totals(session: Session, totals: dict[int, Counter[str]]) -> None:
    known = set(session.scalars(select(rollup_total.c.definition_key)))
    changed = [
        {
            "at_definition_key": key,
            "more_open": more["open"],
            "more_completed": more["completed"],
        }
        for key, more in sorted(totals.items())
        if key in known
    ]
    new = [
        {"definition_key": key, "open_count": more["open"], "completed": more["completed"]}
        for key, more in sorted(totals.items())
        if key not in known
    ]
    if changed:
        session.execute(_UPDATE_TOTAL, changed)
    if new:
        session.execute(insert(rollup_total), new)


def _prune(session: Session, now: dt.datetime) -> None:
    """Delete buckets that are shorter than what is kept of their time."""
    for minutes, kept in LENGTHS.items():
        if kept is not None:
            is_old = _BUCKET.at < now - kept - dt.timedelta(minutes=minutes)
            session.execute(delete(rollup_bucket).where(_BUCKET.minutes == minutes, is_old))
