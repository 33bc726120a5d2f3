"""What partitions cost those who write: instances a second with plain tables beside, in one run.

    python -m benchmarks.bench_partitions [--instances N] [--rounds N] [--past N]

Each round starts and ends instances in three databases in turn, in another order each time: plain
tables, partitions as they are at the beginning, and as many more as years of history make.
"""

from __future__ import annotations

import argparse
import statistics
from contextlib import ExitStack
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.bench_throughput import Site, in_process
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.store import migration
from bpmn_engine.store.partitions import PARTITIONED, listed
from tests import databases

PLAIN: Final = "plain tables"
_BEFORE_PARTITIONS: Final = "0017"


def make_plain(engine: sa.Engine) -> None:
    """Make the tables what they were before there were partitions."""
    with engine.begin() as connection:
        migration.downgrade(connection, _BEFORE_PARTITIONS)


def add_past(engine: sa.Engine, count: int) -> None:
    """Add partitions for keys before all that are made now."""
    with engine.begin() as connection:
        for table in PARTITIONED:
            first = listed(Session(connection), table)[0]
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


def main() -> None:
    """Measure in turn and print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
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
        for turn in range(given.rounds):
            for place in range(len(names)):
                name = names[(turn + place) % len(names)]
                figures[name].append(in_process(sites[name], given.instances, 1000))
    plain = figures[PLAIN]
    for name, found in figures.items():
        ratios = [one / other for one, other in zip(found, plain, strict=True)]
        print(
            f"{name:25} {statistics.median(found):8,.0f} /s"
            f"   {statistics.median(ratios):5.2f} of {PLAIN}"
        )


if __name__ == "__main__":
    main()
