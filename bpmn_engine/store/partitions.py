"""Partitions by time of the large tables of history (PostgreSQL; SQLite has none).

Rows belong to the partition of their instance's key, which is ordered by time: a partition holds
what *began* in a stretch of time. Partitions are made ahead, so that they are empty when they are
attached, and dropped when their time is over and no instance that began in it is left. What fits
no partition is in the default one: nothing is ever refused.

Each function runs in a transaction of its own and gives up soon when it would have to wait for a
lock: while it waits, everybody else would wait behind it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from sqlalchemy import BigInteger, Table, exists, func, select, text
from sqlalchemy.exc import DBAPIError

from bpmn_engine.ids import Key
from bpmn_engine.settings import PartitionWidth
from bpmn_engine.store.errors import PartitionRightsError
from bpmn_engine.store.keys import first_key, key_time
from bpmn_engine.store.rows import is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import element_visit, journal, process_instance

PARTITIONED: Final[tuple[Table, ...]] = (element_visit, journal)

LOCK: Final = 0x50415254
"""Advisory lock: one process at a time makes and drops partitions."""

AHEAD: Final = {PartitionWidth.MONTH: 3, PartitionWidth.WEEK: 6, PartitionWidth.DAY: 14}
"""How many whole partitions are to be ready after the one that is used now."""

LARGE_DEFAULT_BYTES: Final = 8 << 20
"""From this size on the default partition is looked through before anybody is kept waiting."""

_LOCK_TIMEOUT: Final = "500ms"
"""Shorter than the second after which PostgreSQL looks for deadlocks and ends somebody else."""

_MARGIN: Final = dt.timedelta(hours=1)
"""A new partition begins no sooner: clocks differ, and rows may not be in the default one yet."""

_REST: Final = dt.timedelta(days=1)
"""A partition whose time is over is kept so long at least."""

_WARNED_BEFORE: Final = dt.timedelta(days=7)
_DAY: Final = dt.timedelta(days=1)
_ANALYZED_EVERY: Final = dt.timedelta(days=1)
_BOUND: Final = re.compile(r"FROM \((?:'(-?\d+)'|MINVALUE)\) TO \((?:'(-?\d+)'|MAXVALUE)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, and so of keys."""

    begin: dt.datetime  #: UTC
    end: dt.datetime  #: UTC, not of it

    def bounds(self) -> tuple[Key, Key]:
        """Return the first key of it, and the first one after it."""
        return first_key(self.begin), first_key(self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A partition as it is."""

    table: Table
    name: str
    low: Key | None  #: first key; None = it has no lower bound, or is the default one
    high: Key | None  #: first key after it; None = it is the default one
    is_default: bool


def alone(session: Session) -> bool:
    """Tell whether nobody else makes or drops partitions until this transaction ends."""
    return session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))) is True


def listed(session: Session, table: Table) -> tuple[Partition, ...]:
    """Return the partitions of a table, by their keys, the default one last; none on SQLite."""
    if not is_postgresql(session):
        return ()
    rows = session.execute(
        text(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i"
            " JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass(:name) AND c.relispartition"
        ),
        {"name": table.name},
    )
    found = [_partition(table, str(name), str(bound)) for name, bound in rows]
    return tuple(sorted(found, key=lambda one: (one.is_default, one.low or 0)))


def missing(session: Session, now: dt.datetime, width: PartitionWidth) -> list[tuple[Table, Span]]:
    """Return the partitions that are to be made: as many ahead as there should be.

    The time that runs now is never among them, nor any other that the default partition has rows
    of: they stay there.
    """
    return [
        (table, span)
        for table in PARTITIONED
        if (there := listed(session, table))
        for span in spans(_end(there), now, width)
        if not _is_in_default(session, table, span)
    ]


def spans(end: dt.datetime | None, now: dt.datetime, width: PartitionWidth) -> Iterator[Span]:
    """Yield what is to follow partitions that end at a moment (None: there are none)."""
    begin = now if end is None else max(end, now)
    if begin < now + _MARGIN:
        begin = next_bound(begin, width)
    last = now
    for _ in range(AHEAD[width] + 1):
        last = next_bound(last, width)
    while begin < last:
        following = next_bound(begin, width)
        if begin >= now + _MARGIN:
            yield Span(begin=begin, end=following)
        begin = following


def next_bound(moment: dt.datetime, width: PartitionWidth) -> dt.datetime:
    """Return when the partition after the one of a moment begins."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match width:
        case PartitionWidth.DAY:
            return midnight + _DAY
        case PartitionWidth.WEEK:
            return midnight + (7 - midnight.weekday()) * _DAY
        case PartitionWidth.MONTH:
            return (midnight.replace(day=1) + 32 * _DAY).replace(day=1)


def is_made(session: Session, table: Table, span: Span) -> bool:
    """Tell whether somebody has made the partition of a span meanwhile."""
    low, _ = span.bounds()
    return any(one.low == low for one in listed(session, table))


def make(session: Session, table: Table, span: Span) -> None:
    """Make the partition of a span that has not begun, and attach it.

    Raises:
        PartitionRightsError: the database user may not.
        TransientDatabaseError: somebody holds a lock for longer; try again later.
    """
    low, high = span.bounds()
    name = f"{table.name}_{span.begin:%Y%m%d}"
    default = f"{table.name}_default"
    with _rights(table):
        _wait_shortly(session)
        # In the order in which writers come by them, and none of them stronger than it must be.
        session.execute(text("LOCK TABLE process_instance IN SHARE ROW EXCLUSIVE MODE"))
        session.execute(text(f"LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE"))
        session.execute(
            text(
                f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING STORAGE"
                " INCLUDING COMPRESSION)"
            )
        )
        session.execute(
            text(
                f"ALTER TABLE {table.name} ATTACH PARTITION {name}"
                f" FOR VALUES FROM ({low}) TO ({high})"
            )
        )
        session.execute(
            text(f"ALTER TABLE {default} DROP CONSTRAINT IF EXISTS {_exclusion(default)}")
        )


def require_rights(session: Session) -> None:
    """Do nothing if the database user may do all this.

    Raises:
        PartitionRightsError: it may not.
    """
    owner = session.execute(
        text(
            "SELECT relname, pg_has_role(relowner, 'USAGE')"
            " AND has_schema_privilege(relnamespace, 'CREATE') FROM pg_class"
            " WHERE oid = ANY (ARRAY[to_regclass(:first), to_regclass(:second)])"
        ),
        dict(zip(("first", "second"), (table.name for table in PARTITIONED), strict=True)),
    )
    for name, is_allowed in owner:
        if not is_allowed:
            raise _no_right(str(name), "it does not own the table, or may not create tables")


def is_default_large(session: Session, table: Table) -> bool:
    """Tell whether looking through the default partition takes long."""
    size = session.scalar(
        select(func.pg_relation_size(func.to_regclass(f"{table.name}_default"), type_=BigInteger))
    )
    return (size or 0) > LARGE_DEFAULT_BYTES


def exclude(session: Session, table: Table, span: Span) -> None:
    """Have the default partition refuse rows of a span from now on; `validate` comes next.

    Attaching a partition looks through the default one, and nobody can write meanwhile, unless a
    constraint says that there is nothing to be found.

    Raises:
        PartitionRightsError: the database user may not.
        TransientDatabaseError: somebody holds a lock for longer; try again later.
    """
    low, high = span.bounds()
    default = f"{table.name}_default"
    with _rights(table):
        _wait_shortly(session)
        session.execute(
            text(f"ALTER TABLE {default} DROP CONSTRAINT IF EXISTS {_exclusion(default)}")
        )
        session.execute(
            text(
                f"ALTER TABLE {default} ADD CONSTRAINT {_exclusion(default)}"
                f" CHECK (instance_key < {low} OR instance_key >= {high}) NOT VALID"
            )
        )


def validate(session: Session, table: Table) -> None:
    """Look through the default partition for rows that `exclude` refuses; everybody goes on."""
    default = f"{table.name}_default"
    with _rights(table):
        session.execute(text(f"ALTER TABLE {default} VALIDATE CONSTRAINT {_exclusion(default)}"))


def forget_exclusions(session: Session) -> None:
    """Have default partitions refuse nothing: whoever said `exclude` did not come to its end.

    Raises:
        TransientDatabaseError: somebody holds a lock for longer; try again later.
    """
    for table in PARTITIONED:
        default = f"{table.name}_default"
        left = session.scalar(
            text(
                "SELECT count(*) FROM pg_constraint"
                " WHERE conrelid = to_regclass(:name) AND conname = :constraint"
            ),
            {"name": default, "constraint": _exclusion(default)},
        )
        if left:
            _wait_shortly(session)
            session.execute(text(f"ALTER TABLE {default} DROP CONSTRAINT {_exclusion(default)}"))


def over(session: Session, now: dt.datetime) -> list[Partition]:
    """Return the partitions whose time is over and of whose instances none is left."""
    limit = first_key(now - _REST)
    return [
        partition
        for table in PARTITIONED
        for partition in listed(session, table)
        if partition.high is not None and partition.high <= limit and _is_empty(session, partition)
    ]


def drop(session: Session, partition: Partition) -> bool:
    """Drop a partition if it still has no rows; tell whether it did.

    `DETACH … CONCURRENTLY` is refused by PostgreSQL where there is a default partition.

    Raises:
        PartitionRightsError: the database user may not.
        TransientDatabaseError: somebody holds a lock for longer; try again later.
    """
    with _rights(partition.table):
        _wait_shortly(session)
        session.execute(text(f"LOCK TABLE ONLY {partition.table.name} IN ACCESS EXCLUSIVE MODE"))
        # An instance that comes back from the archive now waits for the lock with its history,
        # which then goes into the default partition.
        if not _is_empty(session, partition):
            return False
        session.execute(text(f"DROP TABLE {partition.name}"))
    return True


def unanalyzed(session: Session, now: dt.datetime) -> list[Table]:
    """Return the tables whose statistics as a whole are old: autovacuum only makes the parts'."""
    return [
        table
        for table in PARTITIONED
        if listed(session, table) and _analyzed_at(session, table) < now - _ANALYZED_EVERY
    ]


def analyze(session: Session, table: Table) -> None:
    """Make the statistics of a whole table, by which searches over all of it are planned.

    Raises:
        PartitionRightsError: the database user may not.
        TransientDatabaseError: somebody holds a lock for longer; try again later.
    """
    with _rights(table):
        _wait_shortly(session)
        session.execute(text(f"ANALYZE {table.name}"))


def end(session: Session) -> dt.datetime | None:
    """Return until when there are partitions for every table; None where there are none at all."""
    ends = [
        _end(there) or key_time(Key(0))
        for table in PARTITIONED
        if (there := listed(session, table))
    ]
    return min(ends) if ends else None


def is_ending(end_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Tell whether partitions should have been made long ago."""
    return end_at is not None and end_at < now + _WARNED_BEFORE


def _partition(table: Table, name: str, bound: str) -> Partition:
    found = _BOUND.search(bound)
    low, high = (None, None) if found is None else found.groups()
    return Partition(
        table=table,
        name=name,
        low=None if low is None else Key(int(low)),
        high=None if high is None else Key(int(high)),
        is_default=found is None,
    )


def _end(there: tuple[Partition, ...]) -> dt.datetime | None:
    return max((key_time(one.high) for one in there if one.high is not None), default=None)


def _is_empty(session: Session, partition: Partition) -> bool:
    """Tell whether no instance of a partition's keys is left: rows without one cannot be."""
    key = process_instance.c.key
    found = select(key).where(key < partition.high)
    if partition.low is not None:
        found = found.where(key >= partition.low)
    return session.scalar(select(exists(found))) is False


def _is_in_default(session: Session, table: Table, span: Span) -> bool:
    low, high = span.bounds()
    found = session.scalar(
        text(
            f"SELECT EXISTS (SELECT FROM {table.name}_default"  # noqa: S608 -- our names
            " WHERE instance_key >= :low AND instance_key < :high)"
        ),
        {"low": low, "high": high},
    )
    return found is True


def _analyzed_at(session: Session, table: Table) -> dt.datetime:
    found = session.scalar(
        text("SELECT last_analyze FROM pg_stat_user_tables WHERE relid = to_regclass(:name)"),
        {"name": table.name},
    )
    return found if isinstance(found, dt.datetime) else key_time(Key(0))


def _exclusion(default: str) -> str:
    return f"ck_{default}_excluded"


def _wait_shortly(session: Session) -> None:
    session.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))


@contextmanager
def _rights(table: Table) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            first, _, _ = str(error.orig).strip().partition("\n")
            raise _no_right(table.name, first) from error
        raise


def _no_right(name: str, but: str) -> PartitionRightsError:
    return PartitionRightsError(
        f"Expected a database user that may make and drop partitions of {name}, but: {but}. "
        "What fits no partition goes into the default one. Let the engine's database user own "
        "the tables, and create tables in their schema."
    )
