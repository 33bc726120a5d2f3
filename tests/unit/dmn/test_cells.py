"""Which input entries are simple, and what they hold; the rest is left to FEEL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from bpmn_engine.dmn.cells import (
    NOT_SIMPLE,
    Interval,
    Point,
    constant_of,
    point_of,
    read_cell,
    split_tests,
)
from bpmn_engine.dmn.checks.pieces import example_text, is_in
from bpmn_engine.dmn.feel import Value


@pytest.mark.parametrize(
    ("source", "inside", "outside"),
    [
        ("5", ["5", "5.0"], ["4", "6"]),
        ("-5", ["-5"], ["5"]),
        ("<5", ["4.99"], ["5", "6"]),
        ("<= 5", ["5"], ["5.01"]),
        (">5, 1", ["6", "1"], ["5", "2"]),
        (">= 5", ["5"], ["4"]),
        ("= 5", ["5"], ["4"]),
        ("[1..5]", ["1", "5"], ["0", "6"]),
        ("(1..5)", ["2"], ["1", "5"]),
        ("]1..5[", ["2"], ["1", "5"]),
        ("not(5)", ["4", "6"], ["5"]),
        ("not([1..5), 7)", ["5", "6", "8"], ["1", "4", "7"]),
        ("not(< 5, > 5)", ["5"], ["4", "6"]),
        ('"a", "b"', ['"a"', '"b"'], ['"c"']),
        ('not("a")', ['"b"', '""'], ['"a"']),
        ('["a".."c")', ['"a"', '"bz"'], ['"c"']),
        ("true", ["true"], ["false"]),
        ("not(true)", ["false"], ["true"]),
        ('date("2026-01-02")', ['@"2026-01-02"'], ['@"2026-01-03"']),
        ('< @"2026-01-02"', ['@"2026-01-01"'], ['@"2026-01-02"']),
    ],
)
def test_a_simple_cell_holds_what_it_says(
    source: str, inside: list[str], outside: list[str]
) -> None:
    cell = read_cell(source)

    assert isinstance(cell, tuple)
    assert [text for text in (*inside, *outside) if is_in(_point(text), cell)] == inside


@pytest.mark.parametrize(
    "source",
    [
        "x",
        "< x",
        "null",
        "? > 3",
        '1, "a"',
        '"a\\"b"',
        "not(x)",
        "not([5..1])",
        '[1.."a"]',
        "[true..false]",
        "< true",
        'date("2026-02-30")',
        'date("12026-01-01")',
        "1e3",
        "1" * 40,
        "1,",
        "[1..2",
    ],
)
def test_other_cells_are_left_to_feel(source: str) -> None:
    assert read_cell(source) is NOT_SIMPLE


@pytest.mark.parametrize("source", ["", " ", "-", " - "])
def test_an_empty_cell_holds_everything(source: str) -> None:
    assert read_cell(source) is None


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("1", ["1"]),
        ("1, 2", ["1", "2"]),
        ('"a, b", "c"', ['"a, b"', '"c"']),
        ('"a\\", b", c', ['"a\\", b"', "c"]),
        ("f(1, 2), [3, 4], {a: 1, b: 2}", ["f(1, 2)", "[3, 4]", "{a: 1, b: 2}"]),
    ],
)
def test_tests_are_divided_by_the_outer_commas(source: str, parts: list[str]) -> None:
    assert list(split_tests(source)) == parts


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "boolean"),
        (Decimal(1), "number"),
        ("a", "string"),
        (dt.date(2026, 1, 1), "date"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None),
        (None, None),
        ([Decimal(1)], None),
    ],
)
def test_values_of_four_kinds_are_constants(value: Value, kind: str | None) -> None:
    found = point_of(value)

    assert (None if found is None else found[0]) == kind


def test_an_interval_without_ends_is_not_empty() -> None:
    whole = Interval("number", None, False, None, False)

    assert not whole.is_empty()
    assert whole.holds(Decimal(7))


@pytest.mark.parametrize("text", ["1.5", '"a"', "true", "false", 'date("2026-01-02")'])
def test_an_example_is_written_as_feel_writes_it(text: str) -> None:
    assert example_text(_point(text)) == text


def _point(text: str) -> Point:
    found = constant_of(text)
    assert found is not None
    return found[1]
