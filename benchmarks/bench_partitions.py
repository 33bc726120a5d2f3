"""What partitions cost those who write: instances a second with plain tables beside, in one run.

    python -m benchmarks.bench_partitions [--rounds N] [--past N]

Each round starts and ends some hundred instances in three databases in turn, in another order each
time: plain tables, partitions as they are at the beginning, and as many more as years of history
make. Rounds are short, so that what else the machine does meets all three alike.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from contextlib import ExitStack
from typing import Final

import sqlalchemy as sa

from benchmarks.bench_throughput import BATCH, Site
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.service.views import JobCompletion
from bpmn_engine.store import migration
from bpmn_engine.store.partitions import PARTITIONED, listed
from bpmn_engine.store.session import Session
from tests import databases

PLAIN: Final = "plain tables"
WARM: Final = 6
"""Rounds that are not counted: statements are planned for any values after five."""

_BEFORE_PARTITIONS: Final = "0017"
_MINUTE: Final = dt.timedelta(minutes=1)


def make_plain(engine: sa.Engine) -> None:
    """Make the tables what they were before there were partitions."""
    with engine.begin() as connection:
        migration.downgrade(connection, _BEFORE_PARTITIONS)


def add_past(engine: sa.Engine, count: int) -> None:
    """Add partitions for keys before all that are made now."""
    with Session(engine) as session:
        firsts = {table: listed(session, table)[0] for table in PARTITIONED}
    with engine.begin() as connection:
        for table, first in firsts.items():
            connection.exec_driver_sql(f"ALTER TABLE {table.name} DETACH PARTITION {first.name}")
            for number in range(count):
                connection.exec_driver_sql(
                    f"CREATE TABLE {table.name}_{number} PARTITION OF {table.name}"
                    f" FOR VALUES FROM ({number}) TO ({number + 1})"
                )
            connection.exec_driver_sql(
                f"ALTER TABLE {table.name} ATTACH PARTITION {first.name}"
                f" FOR VALUES FROM ({count}) TO ({first.high})"
            )


def run_some(site: Site) -> float:
    """Start instances in one transaction and end them in a few; return how many a second."""
    began = time.perf_counter()
    site.start(BATCH)
    jobs = site.service.activate_jobs(("work",), worker="w", limit=BATCH, lock=_MINUTE)
    results = [JobCompletion(key=job.key, lock_token=job.lock_token) for job in jobs]
    site.service.complete_jobs(results)
    return len(jobs) / (time.perf_counter() - began)


def main() -> None:
    """Measure in turn and print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--past", type=int, default=36)
    given = parser.parse_args()
    collect_seldom()
    names = (PLAIN, "partitions", f"{given.past} more partitions")
    figures: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        server = stack.enter_context(databases.postgres_server(is_durable=True))
        databases.make_template(server)
        sites: dict[str, Site] = {}
        for name in names:
            url = stack.enter_context(databases.postgres_database(server))
            sites[name] = Site(url)
            stack.callback(sites[name].database.dispose)
            engine = sa.create_engine(url, poolclass=sa.NullPool)
            if name == PLAIN:
                make_plain(engine)
            elif name == names[2]:
                add_past(engine, given.past)
            for _ in range(WARM):
                run_some(sites[name])
        for turn in range(given.rounds):
            for place in range(len(names)):
                name = names[(turn + place) % len(names)]
                figures[name].append(run_some(sites[name]))
    plain = figures[PLAIN]
    for name, found in figures.items():
        ratios = [one / other for one, other in zip(found, plain, strict=True)]
        print(
            f"{name:25} {statistics.median(found):8,.0f} /s"
            f"   {statistics.median(ratios):5.2f} of {PLAIN}"
        )


if __name__ == "__main__":
    main()
