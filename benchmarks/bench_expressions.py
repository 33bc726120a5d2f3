"""What one evaluation of fifty typical expressions costs, in microseconds of processor time.

Run with `python -m benchmarks.bench_expressions`. Each expression is measured compiled, as a
diagram and as a decision evaluates it, and beside the same written in Python by hand. With
`--feelin FOLDER`, a folder in which npm has installed feelin, the same run measures that under
Node too; feelin has no compiled form and reads the text each time, so it is compared with what
reading and evaluating cost here together, and with what evaluating alone costs:

    cp benchmarks/package*.json benchmarks/.npmrc FOLDER && npm ci --prefix FOLDER
    python -m benchmarks.bench_expressions --feelin FOLDER
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import shutil
import statistics
import subprocess
import time
import timeit
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.hand_written import HAND_WRITTEN
from bpmn_engine.expressions.feel.expression import compile_feel
from bpmn_engine.expressions.feel.program import compile_program
from bpmn_engine.expressions.language import SyntaxFailure, compile_expression

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VARIABLES: dict[str, Any] = {
    "amount": 120,
    "status": "open",
    "approved": True,
    "due": "2024-01-31",
    "customer": {"name": "Alice", "country": "DE", "tags": ["new", "eu"]},
    "lines": [{"price": 2.5, "count": 4}, {"price": 10, "count": 1}, {"price": 3, "count": 3}],
    "scores": [3, 1, 4, 1, 5, 9, 2, 6],
}
SIMPLE = 'amount > 100 and status = "open"'
EXPRESSIONS = tuple(HAND_WRITTEN)
NODE = """
import { evaluate } from 'feelin';
import { readFileSync } from 'fs';
const { expressions, variables, rounds } = JSON.parse(readFileSync(0, 'utf8'));
const version = JSON.parse(readFileSync('node_modules/feelin/package.json', 'utf8')).version;
const figures = expressions.map((text) => {
  const runs = [];
  for (let repeat = 0; repeat < 8; repeat++) {
    const start = process.cpuUsage().user;
    for (let i = 0; i < rounds; i++) evaluate(text, variables);
    runs.push((process.cpuUsage().user - start) / rounds);
  }
  const warm = runs.slice(1).sort((a, b) => a - b);  // the first one only warms up
  return { cost: warm[3], isNull: evaluate(text, variables).value === null };
});
console.log(JSON.stringify({ version, node: process.version, figures }));
"""
ROUNDS = 2_000
REPEATS = 7
COMPILING_ROUNDS = 50
NODE_ROUNDS = 200
MOST = 2.0
MOST_RATIO = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one expression costs, in microseconds."""

    compiling: float
    diagram: float
    decision: float
    python: float
    feelin: float | None  #: None where it was not measured, or gives null


def measured(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the microseconds of processor time of one run, the median of several."""
    runs = timeit.repeat(work, timer=time.process_time, number=rounds, repeat=REPEATS)
    return statistics.median(runs) / rounds * 1_000_000


def under_node(folder: Path) -> tuple[list[float | None], str]:
    """Return the microseconds of each expression with feelin, and which versions those are of."""
    request = {"expressions": EXPRESSIONS, "variables": VARIABLES, "rounds": NODE_ROUNDS}
    script = folder / "bench_feelin.mjs"
    script.write_text(NODE, encoding="utf-8")
    run = subprocess.run(
        ["node", script.name],
        cwd=folder,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(run.stdout)
    costs = [None if one["isNull"] else float(one["cost"]) for one in answer["figures"]]
    return costs, f"feelin {answer['version']} under Node {answer['node']}"


def figures_of(text: str, feelin: float | None) -> Figures:
    """Measure one expression."""
    expression, program = compile_expression(f"={text}"), compile_program(text)
    if isinstance(expression, SyntaxFailure) or isinstance(program, SyntaxFailure):
        raise SystemExit(text)
    by_hand = HAND_WRITTEN[text]
    check_same(text, expression.evaluate(VARIABLES, NOW), by_hand(VARIABLES))
    return Figures(
        compiling=measured(lambda: compile_feel(text, text), COMPILING_ROUNDS),
        diagram=measured(lambda: expression.evaluate(VARIABLES, NOW)),
        decision=measured(lambda: program.evaluate(VARIABLES, NOW)),
        python=measured(lambda: by_hand(VARIABLES)),
        feelin=feelin,
    )


def check_same(text: str, value: object, by_hand: object) -> None:
    """Refuse to compare what does not give the same; a date is its text in a diagram."""
    if isinstance(by_hand, dt.datetime):
        by_hand = by_hand.isoformat().replace("+00:00", "Z")
    elif isinstance(by_hand, dt.date):
        by_hand = by_hand.isoformat()
    if isinstance(by_hand, float) and isinstance(value, float):
        is_same = math.isclose(value, by_hand)
    else:
        is_same = value == by_hand
    if not is_same:
        raise SystemExit(f"{text}: {value!r} here, {by_hand!r} by hand")


def feelin_costs(folder: Path | None) -> tuple[list[float | None], str]:
    """Return what feelin costs, or nothing with the reason why."""
    nothing: list[float | None] = [None] * len(EXPRESSIONS)
    if folder is None:
        return nothing, "feelin was not measured: no --feelin"
    if shutil.which("node") is None:
        return nothing, "feelin was not measured: there is no Node"
    if not (folder / "node_modules" / "feelin").is_dir():
        return nothing, f"feelin was not measured: it is not installed in {folder}"
    return under_node(folder)


def main() -> None:
    """Print the table; fail when the simplest condition is not as fast as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feelin", type=Path, help="a folder with node_modules/feelin")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    costs, words = feelin_costs(options.feelin)
    print(" compile  diagram decision   python  ratio   feelin")
    rows: dict[str, Figures] = {}
    for text, cost in zip(EXPRESSIONS, costs, strict=True):
        row = rows[text] = figures_of(text, cost)
        other = "       -" if cost is None else f"{cost:8.1f}"
        print(
            f"{row.compiling:8.1f} {row.diagram:8.2f} {row.decision:8.2f} {row.python:8.3f}"
            f" {row.diagram / row.python:6.1f} {other}  {text}"
        )
    print(f"\n{words}")
    _print_medians(list(rows.values()))
    if options.json:
        figures = {text: asdict(row) for text, row in rows.items()}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    simple = rows[SIMPLE]
    ratio = simple.diagram / simple.python
    print(f"{SIMPLE}: {simple.diagram:.2f} us, {ratio:.1f} times of Python")
    if simple.diagram > MOST or ratio > MOST_RATIO:
        raise SystemExit(f"Expected at most {MOST} us and {MOST_RATIO} times.")


def _print_medians(rows: Sequence[Figures]) -> None:
    print(f"median {statistics.median(row.diagram for row in rows):.2f} us in a diagram")
    print(f"median {statistics.median(row.diagram / row.python for row in rows):.1f} x of Python")
    both = [(row.feelin, row) for row in rows if row.feelin is not None]
    if both:
        evaluating = statistics.median(cost / row.diagram for cost, row in both)
        reading = statistics.median(cost / (row.compiling + row.diagram) for cost, row in both)
        faster = sum(cost > row.compiling + row.diagram for cost, row in both)
        print(f"feelin takes {evaluating:.1f} x of evaluating (median of {len(both)})")
        print(f"feelin takes {reading:.2f} x of reading and evaluating; more of {faster}")


if __name__ == "__main__":
    main()
