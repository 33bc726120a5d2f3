"""python -m tests.simulation --seeds 1000 --from 0: run seeds, print what they violate."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.simulation.faults import RATES
from tests.simulation.pool import WORLDS, run, world_of_process
from tests.simulation.simulation import MOST_STEPS, Outcome, World, simulate
from tests.simulation.storage_postgresql import PostgresStorage

_LINES = 80
_TOLD_EVERY = 500


def main() -> int:
    """Run what the command line says; the exit code is 1 if anything was violated."""
    given = _arguments()
    if not given.postgresql:
        return _run(given)
    with PostgresStorage() as storage:
        WORLDS.append(World(storage))
        return _run(given)


def _run(given: argparse.Namespace) -> int:
    seeds = range(given.first, given.first + given.seeds)
    began = time.monotonic()
    failures, count, happened, instances = 0, 0, Counter(), 0
    for outcome in _outcomes(seeds, given.steps, given.processes):
        count += 1
        instances += outcome.instance_count
        happened.update(outcome.faults)
        _tell(outcome, count, given)
        if outcome.violations:
            failures += 1
            print(report(outcome, given.steps), flush=True)
            if failures >= given.most_failures:
                break
    seconds = time.monotonic() - began
    print(
        f"{count} seeds from {given.first}, {instances} instances, {sum(happened.values())} "
        f"faults, {failures} seeds with violations, {seconds:.0f} s, {count / seconds:.1f} seeds/s"
    )
    print(", ".join(f"{name} {happened[name]}" for name in RATES))
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many (100)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first one (0)")
    parser.add_argument("--steps", type=int, default=MOST_STEPS, help="of each, with faults")
    parser.add_argument("--processes", type=int, default=1, help="at the same time (1)")
    parser.add_argument("--trace", action="store_true", help="print every trace whole")
    parser.add_argument("--digests", action="store_true", help="print a digest of every run")
    parser.add_argument("--most-failures", type=int, default=5, help="stop after so many (5)")
    parser.add_argument(
        "--postgresql", action="store_true", help="on a real one, statement by statement"
    )
    return parser.parse_args()


def _tell(outcome: Outcome, count: int, given: argparse.Namespace) -> None:
    if count % _TOLD_EVERY == 0:
        print(f"{count} seeds", file=sys.stderr, flush=True)
    if given.trace:
        print("\n".join(outcome.trace))
    if given.digests:
        print(outcome.seed, outcome.digest)


def report(outcome: Outcome, most_steps: int) -> str:
    """Return what is printed about a seed that failed: its shortest run that fails, and why."""
    shortest = _shortest(outcome, most_steps)
    lines = [
        f"== seed {outcome.seed} violates:",
        *(f"   {violation}" for violation in outcome.violations[:10]),
        f"   fails with --steps {shortest.steps} already; faults: {dict(shortest.faults)}",
        f"   python -m tests.simulation --seeds 1 --from {outcome.seed} --steps {shortest.steps}"
        " --trace",
        *shortest.trace[-_LINES:],
    ]
    return "\n".join(lines)


def _shortest(outcome: Outcome, most_steps: int) -> Outcome:
    """Find a short beginning of the run after which the end is violated already."""
    world = world_of_process()
    shortest, low, high = outcome, 0, min(most_steps, outcome.steps or most_steps)
    while high - low > 1:
        middle = (low + high) // 2
        tried = simulate(world, outcome.seed, most_steps=middle)
        if tried.violations:
            shortest, high = tried, middle
        else:
            low = middle
    return shortest


def _outcomes(seeds: range, most_steps: int, processes: int) -> Iterator[Outcome]:
    if processes == 1:
        world = world_of_process()
        for seed in seeds:
            yield simulate(world, seed, most_steps=most_steps)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(run, ((seed, most_steps) for seed in seeds), chunksize=10)


if __name__ == "__main__":
    sys.exit(main())
