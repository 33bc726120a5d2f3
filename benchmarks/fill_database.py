"""Fills a PostgreSQL database with instances, user tasks and history, by COPY.

    python -m benchmarks.fill_database URL [--instances N] [--tasks N] [--history N]

The engine runs one instance of each kind; what it wrote is the pattern of all others. So every
snapshot can be read, every page opens, and every task can be completed. The full size is
`--instances 1000000 --tasks 1000000 --history 20000000`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import psycopg
import sqlalchemy as sa

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Caller, Resource, TaskFilter, TaskScope
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests.diagrams import catch, end, exclusive, message, process, service, start, user

PROCESS_COUNT = 10
SPAN = dt.timedelta(days=365)
GROUPS = tuple(f"team{number}" for number in range(20))
"""Groups that tasks are offered to; the first gets half of them."""

FEW = "legal"
"""A group that hardly any task is offered to."""

PEOPLE = tuple(f"person{number}" for number in range(1000))

_ORIGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_BATCH = 2000
_NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
_MOMENTS = tuple(
    dt.datetime(2026, 1, 1, 9, minute, minute, 111111 * minute, tzinfo=dt.UTC)
    for minute in (1, 2, 3)
)
"""When the patterns' steps happen: times that are found again in what was written."""
_DUE = dt.datetime(2026, 2, 1, 10, 4, 4, 444444, tzinfo=dt.UTC)

_CAROL = Caller(user_id="carol", sees_all=True)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is made."""

    instances: int = 2000  #: that wait
    tasks: int = 2000  #: of these, how many wait at a user task
    history: int = 20_000  #: rows of visits and of the journal, of ended instances


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """The rows of one instance, table by table, as COPY writes them, with places for values."""

    tables: tuple[tuple[str, str], ...]
    history: int  #: rows of visits and of the journal


class Keys:
    """Keys as the engine makes them, for times that have passed."""

    def __init__(self) -> None:
        self._last = 0

    def at(self, moment: dt.datetime) -> int:
        """Return a key of this time, greater than the last one."""
        key = ((moment - _ORIGIN) // dt.timedelta(milliseconds=1)) << 22
        self._last = max(self._last + 1, key)
        return self._last


def fill(url: str, sizes: Sizes, *, tell: Callable[[str], None] = lambda _: None) -> None:
    """Fill a migrated database that holds no instances."""
    database = Database(url)
    clock = VirtualClock()
    engine = EngineService(database, clock, EngineSettings())
    waiting, at_task, ended = [], [], []
    with psycopg.connect(_plain(url)) as connection:
        for number in range(PROCESS_COUNT):
            clock.set(_MOMENTS[0] - dt.timedelta(minutes=1))
            process_id = f"case{number}"
            engine.deploy([Resource(name=f"{process_id}.bpmn", content=_diagram(process_id))])
            runs = _Runs(connection, engine, clock, process_id)
            waiting += [runs.pattern(0), runs.job(), runs.incident()]
            at_task.append(runs.pattern(1, _TASKS[number % len(_TASKS)]))
            ended.append(runs.pattern(2))
        _trust_rows(connection)
        keys = Keys()
        count = max(1, sizes.history // ended[0].history) if sizes.history else 0
        # Half of what has ended began before anything that waits, half of it meanwhile.
        first = (_NOW - SPAN, _NOW - SPAN / 2)
        _write(connection, tell, "ended", ended, _instants(count // 2, *first), keys)
        recent = (_NOW - SPAN / 2, _NOW - dt.timedelta(minutes=5))
        open_count = sizes.instances + count - count // 2
        _write_mixed(
            connection, tell, _Mix(sizes, waiting, at_task, ended, open_count), recent, keys
        )
    began = time.monotonic()
    clock.set(_NOW)
    engine.recount_figures()
    tell(f"figures: {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    tell(f"vacuum and analyze: {time.monotonic() - began:.0f} s")
    database.dispose()


def _trust_rows(connection: psycopg.Connection) -> None:
    """Have foreign keys not checked row by row, where this user may say so."""
    try:
        connection.execute("SET session_replication_role = replica")
        connection.commit()
    except psycopg.errors.InsufficientPrivilege:
        connection.rollback()


def _diagram(process_id: str) -> bytes:
    return process(
        "s -> prepare -> paid -> x",
        "x -> refuse if amount > 1000",
        "x -> approve default",
        "approve, refuse -> e",
        process_id=process_id,
        s=start(),
        prepare=service("prepare"),
        paid=catch(message("paid", key="order")),
        x=exclusive(),
        approve=user(groups="=teams", assignee="=owner", due="=due"),
        refuse=service("refuse"),
        e=end(),
    )


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """To whom the task of a pattern is offered, and who has it."""

    teams: tuple[str, ...] = ("ggroup",)
    owner: str | None = None


_TASKS = (
    *(_Offer() for _ in range(6)),
    *(_Offer(owner="ooowner") for _ in range(3)),
    _Offer(teams=()),
)
"""Of ten tasks six wait for a group, three for a person, and one for anybody."""


@dataclass(frozen=True)
class _Runs:
    """Runs instances of one process, as patterns."""

    connection: psycopg.Connection
    engine: EngineService
    clock: VirtualClock
    process_id: str

    def job(self) -> Pattern:
        """Run one until it waits for a worker."""
        return _rows_of(self.connection, self._start(_TASKS[0]), None)

    def incident(self) -> Pattern:
        """Run one until its worker has failed for the last time."""
        key = self._start(_TASKS[0])
        lock = dt.timedelta(minutes=1)
        (job,) = self.engine.activate_jobs(["prepare"], worker="w", limit=1, lock=lock)
        self.engine.fail_job(job.key, "no answer", retries_left=0, lock_token=job.lock_token)
        return _rows_of(self.connection, key, None)

    def pattern(self, until: int, offer: _Offer = _TASKS[0]) -> Pattern:
        """Run one until it waits for a message (0), at its user task (1), or has ended (2)."""
        engine = self.engine
        started_key = self._start(offer)
        lock = dt.timedelta(minutes=1)
        (job,) = engine.activate_jobs(["prepare"], worker="w", limit=1, lock=lock)
        engine.complete_job(job.key, {"isPrepared": True}, lock_token=job.lock_token)
        task_key = None
        if until:
            self.clock.set(_MOMENTS[1])
            engine.correlate_message("paid", correlation_key="ORDERKEY")
            wanted = TaskFilter(scope=TaskScope.ALL, instance_key=started_key)
            (task_key,) = [task.key for task in engine.user_tasks(wanted, caller=_CAROL).items]
        if until > 1:
            self.clock.set(_MOMENTS[2])
            engine.complete_task(task_key, {"approved": True}, caller=_CAROL)
        return _rows_of(self.connection, started_key, task_key)

    def _start(self, offer: _Offer) -> int:
        self.clock.set(_MOMENTS[0])
        variables = {
            "order": "ORDERKEY",
            "amount": 12,
            "teams": list(offer.teams),
            "owner": offer.owner,
            "due": _DUE.isoformat(),
        }
        return self.engine.start_instance(
            self.process_id, variables=variables, business_key="ORDERKEY", actor="ssstarter"
        ).key


_OF_INSTANCE = (
    ("process_instance", "key"),
    ("open_visit", "instance_key"),
    ("element_visit", "instance_key"),
    ("journal", "instance_key"),
    ("subscription", "instance_key"),
    ("user_task", "instance_key"),
    ("job", "instance_key"),
    ("incident", "instance_key"),
)


def _rows_of(connection: psycopg.Connection, key: int, task_key: int | None) -> Pattern:
    """Return what was written of an instance as a pattern, and delete it."""
    connection.rollback()  # see what the engine has written
    wanted = [(name, f"{column} = {key}") for name, column in _OF_INSTANCE]
    if task_key is not None:
        wanted.append(("user_task_candidate", f"task_key = {task_key}"))
    places = _places(connection, key, task_key)
    tables, history = [], 0
    for name, condition in wanted:
        text = b"".join(_copied(connection, f"{name} WHERE {condition}")).decode()
        if name in {"element_visit", "journal"}:
            history += text.count("\n")
        text = text.replace("%", "%%")
        for found, place in places.items():
            text = text.replace(found, f"%({place})s")
        if text:
            tables.append((name, text))
    connection.execute(f"DELETE FROM process_instance WHERE key = {key}")  # noqa: S608 -- a number
    connection.commit()
    return Pattern(tables=tuple(tables), history=history)


def _places(connection: psycopg.Connection, key: int, task_key: int | None) -> dict[str, str]:
    """Return the texts of an instance that differ from one to the next, with names."""
    own = connection.execute(
        "SELECT key FROM job WHERE instance_key = %(key)s"
        " UNION ALL SELECT key FROM incident WHERE instance_key = %(key)s",
        {"key": key},
    )
    moments = enumerate((*_MOMENTS, _DUE))
    return {
        str(key): "key",
        **({} if task_key is None else {str(task_key): "task"}),
        **{str(other): f"own{number}" for number, (other,) in enumerate(own)},
        **{_stamp(moment): f"at{number}" for number, moment in moments},
        "ORDERKEY": "order",
        "orderkey": "order",
        "ggroup": "group",
        "ooowner": "owner",
        "ssstarter": "starter",
    }


def _copied(connection: psycopg.Connection, rows_of: str) -> Iterator[bytes]:
    with connection.cursor().copy(f"COPY (SELECT * FROM {rows_of}) TO STDOUT") as rows:  # noqa: S608 -- our names
        yield from map(bytes, rows)


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") + "+00"


def _instants(count: int, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    apart = (last - first) / max(count, 1)
    return (first + apart * number for number in range(count))


class _Mix:
    """Which pattern each of the newer instances has, at random but always the same."""

    def __init__(
        self,
        sizes: Sizes,
        waiting: Sequence[Pattern],
        at_task: Sequence[Pattern],
        ended: Sequence[Pattern],
        count: int,
    ) -> None:
        chance = random.Random(7)  # noqa: S311 -- the same database each time
        tasks = min(sizes.tasks, sizes.instances)
        kinds = [0] * (sizes.instances - tasks) + [1] * tasks
        kinds += [2] * (count - sizes.instances)
        chance.shuffle(kinds)
        self.count = count
        self.patterns = [chance.choice((waiting, at_task, ended)[kind]) for kind in kinds]


def _write_mixed(
    connection: psycopg.Connection,
    tell: Callable[[str], None],
    mix: _Mix,
    span: tuple[dt.datetime, dt.datetime],
    keys: Keys,
) -> None:
    _write(connection, tell, "newer", mix.patterns, _instants(mix.count, *span), keys)


def _write(
    connection: psycopg.Connection,
    tell: Callable[[str], None],
    what: str,
    patterns: Sequence[Pattern],
    instants: Iterator[dt.datetime],
    keys: Keys,
) -> None:
    """Write one instance for each instant, each by the next pattern."""
    chance = random.Random(11)  # noqa: S311 -- the same database each time
    began, done = time.monotonic(), 0
    while part := list(islice(instants, _BATCH)):
        texts: dict[str, list[str]] = {}
        for at in part:
            values = _values(keys, at, chance)
            for name, text in patterns[done % len(patterns)].tables:
                texts.setdefault(name, []).append(text % values)
            done += 1
        for name, rows in texts.items():
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                copy.write("".join(rows))
        connection.commit()
        if done % (_BATCH * 100) == 0:
            tell(f"{what}: {done:,} instances, {time.monotonic() - began:.0f} s")
    tell(f"{what}: {done:,} instances in {time.monotonic() - began:.0f} s")


def _values(keys: Keys, at: dt.datetime, chance: random.Random) -> dict[str, object]:
    number = chance.random()
    group = GROUPS[0] if number < 0.5 else chance.choice(GROUPS)  # noqa: PLR2004
    if number > 0.99999:  # noqa: PLR2004
        group = FEW
    took = dt.timedelta(seconds=chance.lognormvariate(4, 2))
    key = keys.at(at)
    return {
        "key": key,
        "task": keys.at(at),
        "own0": keys.at(at),
        "own1": keys.at(at),
        "order": f"order-{key}",
        "group": group,
        "owner": chance.choice(PEOPLE),
        "starter": chance.choice(PEOPLE),
        "at0": at.isoformat(" "),
        "at1": (at + took / 3).isoformat(" "),
        "at2": (at + took).isoformat(" "),
        "at3": (at + dt.timedelta(days=chance.random() * 400)).isoformat(" "),
    }


def _plain(url: str) -> str:
    parsed = sa.make_url(url).set(drivername="postgresql")
    return parsed.render_as_string(hide_password=False)


def main() -> None:
    """Read the command line and fill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    for name in ("instances", "tasks", "history"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Sizes, name, None))
    given = parser.parse_args()
    database = Database(given.url)
    database.migrate()
    database.dispose()
    sizes = Sizes(instances=given.instances, tasks=given.tasks, history=given.history)
    fill(given.url, sizes, tell=lambda text: print(text, flush=True))


if __name__ == "__main__":
    sys.exit(main())
