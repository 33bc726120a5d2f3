"""How fast the kernel is now, beside an earlier revision, in turn on the same machine.

    python -m benchmarks.compare_kernel REVISION [--rounds N]

The revision is checked out beside, for the time of the run; both run the diagrams of today. A
ratio above 1 means that it was faster then. Take the median, and its span as what the machine did.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "benchmarks" / "bench_kernel.py"

Seconds = dict[str, float]
"""How long each case took, by its name."""


def main() -> None:
    """Measure both in turn and print a ratio for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", help="what to compare with: a commit, a tag or a branch")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    given = parser.parse_args()
    ratios = defaultdict[str, list[float]](list)
    with checked_out(given.revision) as earlier:
        for number in range(given.rounds):
            for name, ratio in compared(earlier, is_earlier_first=number % 2 == 0):
                ratios[name].append(ratio)
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
    print(f"{'now / then':24} {'median':>8} {'least':>8} {'most':>8}")
    for name, found in ratios.items():
        print(f"{name:24} {median(found):8.2f} {min(found):8.2f} {max(found):8.2f}")


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Check a revision out into a folder of its own, and remove it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "earlier"
        _git("worktree", "add", "--quiet", "--detach", str(place), revision)
        try:
            yield place
        finally:
            _git("worktree", "remove", "--force", str(place))


def compared(earlier: Path, *, is_earlier_first: bool) -> Iterator[tuple[str, float]]:
    """Measure both once; yield how many times longer each case takes now."""
    roots = (earlier, ROOT) if is_earlier_first else (ROOT, earlier)
    measured = {root: seconds(root) for root in roots}
    for name, now in measured[ROOT].items():
        yield name, now / measured[earlier][name]


def seconds(root: Path) -> Seconds:
    """Measure the kernel that lies in `root`, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        subprocess.run(
            [sys.executable, str(PROGRAM), "--quick", "--ours", "--json", str(file)],
            env=os.environ | {"PYTHONPATH": str(root)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return {figure["name"]: figure["seconds"] for figure in json.loads(file.read_text())}


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
