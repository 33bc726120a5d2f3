"""What one evaluation of a typical expression costs, in microseconds.

Run with `python -m benchmarks.bench_expressions` or `python benchmarks/bench_expressions.py`.
"""

from __future__ import annotations

import datetime as dt
import timeit

from bpmn_engine.expressions.language import SyntaxFailure, compile_expression
from bpmn_engine.values import JsonValue

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VARIABLES: dict[str, JsonValue] = {
    "amount": 120,
    "approved": True,
    "customer": {"name": "Alice", "country": "DE"},
    "lines": [{"price": 2.5, "count": 4}, {"price": 10, "count": 1}, {"price": 3, "count": 3}],
}
EXPRESSIONS = (
    "=amount > 100",
    "=approved and amount <= 500",
    '="Dear " + customer.name',
    "=sum(for line in lines return line.price * line.count)",
    "${approved && amount > 100}",
)
ROUNDS = 20_000
REPEATS = 5


def measure(text: str) -> float:
    """Return the microseconds of one evaluation, the best of several runs."""
    expression = compile_expression(text)
    if isinstance(expression, SyntaxFailure):
        raise SystemExit(expression.message)
    runs = timeit.repeat(
        lambda: expression.evaluate(VARIABLES, NOW), number=ROUNDS, repeat=REPEATS
    )
    return min(runs) / ROUNDS * 1_000_000


if __name__ == "__main__":
    for text in EXPRESSIONS:
        print(f"{measure(text):8.2f} us  {text}")
