"""What one evaluation of fifty typical expressions costs, in microseconds.

Run with `python -m benchmarks.bench_expressions`. With `--feelin FOLDER`, a folder in which npm
has installed `feelin`, the same expressions run under Node too; feelin reads the text each time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import subprocess
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from bpmn_engine.expressions.feel.expression import compile_feel
from bpmn_engine.expressions.feel.program import compile_program
from bpmn_engine.expressions.language import SyntaxFailure, compile_expression
from bpmn_engine.values import JsonValue

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VARIABLES: dict[str, JsonValue] = {
    "amount": 120,
    "status": "open",
    "approved": True,
    "due": "2024-01-31",
    "customer": {"name": "Alice", "country": "DE", "tags": ["new", "eu"]},
    "lines": [{"price": 2.5, "count": 4}, {"price": 10, "count": 1}, {"price": 3, "count": 3}],
    "scores": [3, 1, 4, 1, 5, 9, 2, 6],
}
SIMPLE = 'amount > 100 and status = "open"'
EXPRESSIONS = (
    SIMPLE,
    "amount > 100",
    "approved",
    "approved and amount <= 500",
    'status = "open" or status = "held"',
    "not(approved)",
    "amount between 100 and 200",
    "amount in [100..200)",
    "amount in (< 50, > 100)",
    'status in ["open", "held"]',
    'customer.country = "DE"',
    "customer.name",
    '"Dear " + customer.name',
    "amount * 1.19",
    "(amount + 5) * 2 - amount / 3",
    "2 ** 10",
    "-amount",
    "0.1 + 0.2 = 0.3",
    'if amount > 100 then "many" else "few"',
    "[1, 2, 3]",
    "{net: 100, gross: net * 1.19}",
    "{net: 100, gross: net * 1.19}.gross",
    "lines.price",
    "lines[1].price",
    "lines[-1].count",
    "lines[price > 2.75]",
    "scores[item > 3]",
    "sum(scores)",
    "max(scores)",
    "mean(scores)",
    "sort(scores, function(x, y) x < y)",
    "count(lines)",
    "sum(for line in lines return line.price * line.count)",
    "for i in 1..10 return i * i",
    "some line in lines satisfies line.count > 3",
    "every line in lines satisfies line.count > 0",
    'list contains(customer.tags, "eu")',
    'string join(customer.tags, ", ")',
    "upper case(customer.name)",
    "string length(customer.name)",
    "substring(customer.name, 2, 3)",
    'contains(customer.name, "lic")',
    'matches(customer.name, "^[A-Z][a-z]+$")',
    'replace(customer.name, "[aeiou]", "*")',
    "date(due)",
    "date(due).year",
    'date(due) + duration("P1M")',
    'date(due) < date("2024-02-01")',
    'date and time("2024-01-31T10:00:00Z") + duration("PT5H")',
    "{fac: function(n) if n < 2 then 1 else n * fac(n - 1)}.fac(10)",
)
NODE = """
import { evaluate } from 'feelin';
import { readFileSync } from 'fs';
const { expressions, variables, rounds } = JSON.parse(readFileSync(0, 'utf8'));
const figures = [];
for (const text of expressions) {
  try {
    for (let i = 0; i < rounds; i++) evaluate(text, variables);
    const start = process.cpuUsage().user;
    for (let i = 0; i < rounds; i++) evaluate(text, variables);
    figures.push((process.cpuUsage().user - start) / rounds);
  } catch (error) { figures.push(null); }
}
console.log(JSON.stringify(figures));
"""
LEAST = 100
ROUNDS = 2_000
REPEATS = 7
NODE_ROUNDS = 500


def measured(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the microseconds of processor time of one run, the median of several."""
    runs = timeit.repeat(work, timer=time.process_time, number=rounds, repeat=REPEATS)
    return statistics.median(runs) / rounds * 1_000_000


def under_node(folder: Path) -> list[float | None]:
    """Return the microseconds of each expression with feelin; None where it fails."""
    request = {"expressions": EXPRESSIONS, "variables": VARIABLES, "rounds": NODE_ROUNDS}
    script = folder / "bench_feelin.mjs"
    script.write_text(NODE, encoding="utf-8")
    run = subprocess.run(
        ["node", str(script)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    figures: list[float | None] = json.loads(run.stdout)
    return figures


def figures_of(text: str) -> tuple[float, float, float]:
    """Return what compiling, evaluating in a diagram and evaluating in a decision cost."""
    expression, program = compile_expression(f"={text}"), compile_program(text)
    if isinstance(expression, SyntaxFailure) or isinstance(program, SyntaxFailure):
        raise SystemExit(text)
    return (
        measured(lambda: compile_feel(text, text), 50),
        measured(lambda: expression.evaluate(VARIABLES, NOW)),
        measured(lambda: program.evaluate(VARIABLES, NOW)),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feelin", type=Path, help="a folder with node_modules/feelin")
    feelin = parser.parse_args().feelin
    nodes = under_node(feelin) if feelin else [None] * len(EXPRESSIONS)
    print(" compile  diagram decision   feelin   times")
    rows = []
    for text, node in zip(EXPRESSIONS, nodes, strict=True):
        compiling, diagram, decision = figures_of(text)
        other = f"{node:8.2f} {node / diagram:7.1f}" if node else " " * 16
        rows.append((diagram, node))
        print(f"{compiling:8.1f} {diagram:8.2f} {decision:8.2f} {other}  {text}")
    print(f"\nmedian {statistics.median(row[0] for row in rows):.2f} us in a diagram")
    ratios = [node / diagram for diagram, node in rows if node]
    if ratios:
        print(f"median ratio to feelin {statistics.median(ratios):.1f}")
    print(f"{measured(lambda: in_python(VARIABLES)):.3f} us for the first one in Python")


def in_python(variables: dict[str, JsonValue]) -> bool:
    """Decide the first expression."""
    amount = variables["amount"]
    return isinstance(amount, int) and amount > LEAST and variables["status"] == "open"


if __name__ == "__main__":
    main()
