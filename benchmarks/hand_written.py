"""The expressions of `bench_expressions`, written in Python by hand, as one would without FEEL.

Numbers are what JSON gives, so sums of money are floats here, where FEEL computes in decimals of
34 digits. Nothing checks for missing variables or wrong types, nothing counts steps.
"""

# ruff: noqa: ARG005, PLR2004 -- one signature for all; the numbers are those of the expressions.

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

_NAME = re.compile("^[A-Z][a-z]+$")
_VOWEL = re.compile("[aeiou]")
_MAY_FOLLOW = dt.date(2024, 2, 1)


def _month_later(day: dt.date) -> dt.date:
    year, month = divmod(day.year * 12 + day.month, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)


def _factorial(number: int) -> int:
    return 1 if number < 2 else number * _factorial(number - 1)


def _with_gross() -> dict[str, float]:
    entry: dict[str, float] = {"net": 100}
    entry["gross"] = entry["net"] * 1.19
    return entry


HAND_WRITTEN: Mapping[str, Callable[[dict[str, Any]], object]] = {
    'amount > 100 and status = "open"': lambda v: v["amount"] > 100 and v["status"] == "open",
    "amount > 100": lambda v: v["amount"] > 100,
    "approved": lambda v: v["approved"],
    "approved and amount <= 500": lambda v: v["approved"] and v["amount"] <= 500,
    'status = "open" or status = "held"': lambda v: v["status"] == "open" or v["status"] == "held",
    "not(approved)": lambda v: not v["approved"],
    "amount between 100 and 200": lambda v: 100 <= v["amount"] <= 200,
    "amount in [100..200)": lambda v: 100 <= v["amount"] < 200,
    "amount in (< 50, > 100)": lambda v: v["amount"] < 50 or v["amount"] > 100,
    'status in ["open", "held"]': lambda v: v["status"] in ["open", "held"],
    'customer.country = "DE"': lambda v: v["customer"]["country"] == "DE",
    "customer.name": lambda v: v["customer"]["name"],
    '"Dear " + customer.name': lambda v: "Dear " + v["customer"]["name"],
    "amount * 1.19": lambda v: v["amount"] * 1.19,
    "(amount + 5) * 2 - amount / 3": lambda v: (v["amount"] + 5) * 2 - v["amount"] / 3,
    "2 ** 10": lambda v: 2 ** len("0123456789"),
    "-amount": lambda v: -v["amount"],
    "0.1 + 0.2 = 0.3": lambda v: abs(0.1 + 0.2 - 0.3) < 1e-9,
    'if amount > 100 then "many" else "few"': lambda v: "many" if v["amount"] > 100 else "few",
    "[1, 2, 3]": lambda v: [1, 2, 3],
    "{net: 100, gross: net * 1.19}": lambda v: _with_gross(),
    "{net: 100, gross: net * 1.19}.gross": lambda v: _with_gross()["gross"],
    "lines.price": lambda v: [line["price"] for line in v["lines"]],
    "lines[1].price": lambda v: v["lines"][0]["price"],
    "lines[-1].count": lambda v: v["lines"][-1]["count"],
    "lines[price > 2.75]": lambda v: [line for line in v["lines"] if line["price"] > 2.75],
    "scores[item > 3]": lambda v: [item for item in v["scores"] if item > 3],
    "sum(scores)": lambda v: sum(v["scores"]),
    "max(scores)": lambda v: max(v["scores"]),
    "mean(scores)": lambda v: sum(v["scores"]) / len(v["scores"]),
    "sort(scores, function(x, y) x < y)": lambda v: sorted(v["scores"]),
    "count(lines)": lambda v: len(v["lines"]),
    "sum(for line in lines return line.price * line.count)": lambda v: sum(
        line["price"] * line["count"] for line in v["lines"]
    ),
    "for i in 1..10 return i * i": lambda v: [i * i for i in range(1, 11)],
    "some line in lines satisfies line.count > 3": lambda v: any(
        line["count"] > 3 for line in v["lines"]
    ),
    "every line in lines satisfies line.count > 0": lambda v: all(
        line["count"] > 0 for line in v["lines"]
    ),
    'list contains(customer.tags, "eu")': lambda v: "eu" in v["customer"]["tags"],
    'string join(customer.tags, ", ")': lambda v: ", ".join(v["customer"]["tags"]),
    "upper case(customer.name)": lambda v: v["customer"]["name"].upper(),
    "string length(customer.name)": lambda v: len(v["customer"]["name"]),
    "substring(customer.name, 2, 3)": lambda v: v["customer"]["name"][1:4],
    'contains(customer.name, "lic")': lambda v: "lic" in v["customer"]["name"],
    'matches(customer.name, "^[A-Z][a-z]+$")': lambda v: bool(_NAME.search(v["customer"]["name"])),
    'replace(customer.name, "[aeiou]", "*")': lambda v: _VOWEL.sub("*", v["customer"]["name"]),
    "date(due)": lambda v: dt.date.fromisoformat(v["due"]),
    "date(due).year": lambda v: dt.date.fromisoformat(v["due"]).year,
    'date(due) + duration("P1M")': lambda v: _month_later(dt.date.fromisoformat(v["due"])),
    'date(due) < date("2024-02-01")': lambda v: dt.date.fromisoformat(v["due"]) < _MAY_FOLLOW,
    'date and time("2024-01-31T10:00:00Z") + duration("PT5H")': lambda v: (
        dt.datetime.fromisoformat("2024-01-31T10:00:00+00:00") + dt.timedelta(hours=5)
    ),
    "{fac: function(n) if n < 2 then 1 else n * fac(n - 1)}.fac(10)": lambda v: _factorial(10),
}
"""The expression to what computes the same of the same variables."""
