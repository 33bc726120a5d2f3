"""What one look-up in a large decision table costs, in microseconds, beside asking rule by rule.

Run with `python -m benchmarks.bench_dmn`; `--rules 1000` is quicker than the 10,000 of the table.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import statistics
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

from bpmn_engine.dmn.decisions import DecisionModel, compile_decisions
from bpmn_engine.dmn.feel import Value
from bpmn_engine.dmn.reading.reader import Refusal, read_definitions

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LOOKUPS = 2_000
COUNTRIES = ("AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "IT", "NL")

Rule = Callable[[int], tuple[str, str, str]]
"""The input entries of a rule, by its number: of a number, a string and a date."""


def one_article_a_rule(number: int) -> tuple[str, str, str]:
    """Return the entries of a price list: one number a rule."""
    return str(number), "-", "-"


def bands_by_country(number: int) -> tuple[str, str, str]:
    """Return the entries of a tariff: a band of amounts for each country."""
    band = number // len(COUNTRIES)
    return f"[{band * 10}..{band * 10 + 10})", f'"{COUNTRIES[number % len(COUNTRIES)]}"', "-"


def overlapping(number: int) -> tuple[str, str, str]:
    """Return the entries of rules of which many hold: limits, several countries, a date."""
    day = dt.date(2020, 1, 1) + dt.timedelta(days=number % 2_000)
    some = ", ".join(f'"{COUNTRIES[(number + i) % len(COUNTRIES)]}"' for i in range(3))
    return f"< {number}", some, f'>= date("{day.isoformat()}")'


def with_feel(number: int) -> tuple[str, str, str]:
    """Return the entries of a tariff whose third column only FEEL can tell."""
    low, country, _ = bands_by_country(number)
    return low, country, f'? + duration("P{number % 30}D") > date("2020-01-01")'


TABLES: Mapping[str, tuple[Rule, str]] = {
    "one article a rule": (one_article_a_rule, "UNIQUE"),
    "bands of amounts by country": (bands_by_country, "UNIQUE"),
    "the same, a third column in FEEL": (with_feel, "UNIQUE"),
    "overlapping rules, the first counts": (overlapping, "FIRST"),
}


def table_xml(rule: Rule, policy: str, rules: int) -> str:
    """Return a file with one table of so many rules."""
    rows = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>" for cell in rule(n))
        + f'<outputEntry><text>"r{n}"</text></outputEntry></rule>'
        for n in range(rules)
    )
    columns = "".join(
        f'<input><inputExpression typeRef="{kind}"><text>{name}</text></inputExpression></input>'
        for name, kind in (("amount", "number"), ("country", "string"), ("day", "date"))
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" '
        f'namespace="urn:bench"><decision id="tariff" name="tariff"><variable name="tariff"/>'
        f'<decisionTable hitPolicy="{policy}">{columns}<output/>{rows}</decisionTable>'
        "</decision></definitions>"
    )


def inputs_at_random(rules: int, seed: int) -> list[Mapping[str, Value]]:
    """Return inputs, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - inputs of a benchmark
    return [
        {
            "amount": Decimal(chance.randrange(rules)),
            "country": chance.choice(COUNTRIES),
            "day": dt.date(2020, 1, 1) + dt.timedelta(days=chance.randrange(2_500)),
        }
        for _ in range(LOOKUPS)
    ]


def timed(model: DecisionModel, inputs: list[Mapping[str, Value]]) -> list[float]:
    """Return the microseconds of each look-up."""
    found = []
    for values in inputs:
        begun = time.perf_counter_ns()
        model.evaluate("tariff", values, NOW)
        found.append((time.perf_counter_ns() - begun) / 1_000)
    return sorted(found)


def main() -> None:
    """Measure every table and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=10_000)
    rules: int = parser.parse_args().rules
    print(f"{rules} rules, 3 inputs, {LOOKUPS} look-ups")
    print("compile s  index ms  median us    99 % us  table")
    for name, (rule, policy) in TABLES.items():
        definitions = read_definitions(table_xml(rule, policy, rules).encode())
        if isinstance(definitions, Refusal):
            raise SystemExit(str(definitions.violations))
        begun = time.perf_counter()
        model = compile_decisions(definitions)
        compiled = time.perf_counter() - begun
        inputs = inputs_at_random(rules, seed=7)
        begun = time.perf_counter()
        model.evaluate("tariff", inputs[0], NOW)
        indexed = (time.perf_counter() - begun) * 1_000
        lookups = timed(model, inputs)
        median, worst = statistics.median(lookups), lookups[int(len(lookups) * 0.99)]
        print(f"{compiled:9.2f} {indexed:9.0f} {median:10.1f} {worst:10.1f}  {name}")


if __name__ == "__main__":
    main()
