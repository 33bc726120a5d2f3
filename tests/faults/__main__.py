"""python -m tests.faults --rounds 200: kill, stop, fill and cut real servers under load."""

from __future__ import annotations

import argparse
import signal
import sys

from tests.faults.rounds import BROKERS, Findings, run_rounds
from tests.faults.servers import NotInstalledError


def main() -> int:
    """Run what the command line says; the exit code is 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how many (20)")
    parser.add_argument("--broker", choices=sorted(BROKERS), default="redis")
    parser.add_argument("--seed", type=int, default=0, help="draws the faults (0)")
    parser.add_argument("--only", help="a word of the only faults wanted")
    given = parser.parse_args()
    # Whoever ends this ends all that it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    try:
        findings = run_rounds(
            given.rounds,
            broker=given.broker,
            seed=given.seed,
            only=given.only,
            tell=lambda text: print(text, flush=True),
        )
    except NotInstalledError as error:
        print(f"Not run: {error}.")
        return 2
    print(report(findings))
    return 1 if findings.violations else 0


def report(findings: Findings) -> str:
    """Return what is printed at the end."""
    return "\n".join(
        [
            *(f"VIOLATED: {violation}" for violation in findings.violations),
            *(f"{count:5d}  {kind}" for kind, count in sorted(findings.faults.items())),
            f"{sum(findings.faults.values())} rounds, {findings.started_count} instances, "
            f"{findings.effect_count} effects, {findings.answered_count} requests answered, "
            f"{len(findings.violations)} violations, {findings.seconds:.0f} s",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
