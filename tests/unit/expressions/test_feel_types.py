"""The types of FEEL: what conforms to what, and what is made to fit."""

import datetime as dt
from decimal import Decimal

import pytest

from bpmn_engine.expressions.feel.far import FarDate
from bpmn_engine.expressions.feel.type_text import read_type
from bpmn_engine.expressions.feel.types import Unfit, coerce, is_instance
from bpmn_engine.expressions.feel.values import Function

CONFORMING = [
    ("number", "number"),
    ("number", "Any"),
    ("null", "string"),
    ("Any", "Any"),
    ("list<number>", "list<number>"),
    ("list<number>", "list<Any>"),
    ("list<number>", "list"),
    ("list<number>", "Any"),
    ("range<date>", "range<date>"),
    ("range<date>", "range"),
    ("range<date>", "Any"),
    ("context<a: number, b: string>", "context<a: number>"),
    ("context<a: number>", "context"),
    ("context<>", "Any"),
    ("function<Any> -> number", "function<string> -> Any"),
    ("function<> -> number", "function"),
    ("function<> -> number", "Any"),
]
APART = [
    ("number", "string"),
    ("Any", "number"),
    ("list<Any>", "list<number>"),
    ("list<number>", "range<number>"),
    ("range<date>", "range<time>"),
    ("range<date>", "date"),
    ("context<a: number>", "context<a: number, b: string>"),
    ("context<a: number>", "context<a: string>"),
    ("context<a: number>", "number"),
    ("function<string> -> number", "function<Any> -> number"),
    ("function<> -> Any", "function<> -> number"),
    ("function<number> -> number", "function<number, number> -> number"),
    ("function<> -> number", "number"),
]


@pytest.mark.parametrize(("one", "other"), CONFORMING)
def test_type_conforms_to_a_wider_one(one, other):
    assert read_type(one, {}).conforms_to(read_type(other, {}))


@pytest.mark.parametrize(("one", "other"), APART)
def test_type_does_not_conform_to_another_one(one, other):
    assert not read_type(one, {}).conforms_to(read_type(other, {}))


@pytest.mark.parametrize("text", sorted({text for pair in CONFORMING for text in pair}))
def test_type_is_written_as_it_is_read(text):
    name = read_type(text, {}).name

    assert read_type(name, {}) == read_type(text, {})
    assert name == text


@pytest.mark.parametrize("text", sorted({text for pair in CONFORMING for text in pair}))
def test_null_fits_every_type_and_is_an_instance_of_null_alone(text):
    assert read_type(text, {}).fits(None)
    assert is_instance(None, read_type(text, {})) is (text == "null")


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("function<number> -> Any", Function(parameters=("x",), invoke=len), True),
        ("function<number> -> number", Function(parameters=("x",), invoke=len), False),
        (
            "function<number> -> number",
            Function(parameters=("x",), invoke=len, result=read_type("number", {})),
            True,
        ),
        ("function<number> -> Any", Decimal(1), False),
        ("range<number>", Decimal(1), False),
        ("context<a: number>", [Decimal(1)], False),
        ("list<number>", "abc", False),
        ("list<list<number>>", [[Decimal(1)], []], True),
        ("date", FarDate(-1, 1, 1), True),
    ],
)
def test_value_fits(text, value, fits):
    assert read_type(text, {}).fits(value) is fits


def test_shared_parts_are_looked_at_once():
    value = [Decimal(1)]
    for _ in range(28):
        value = [value, value]
    wanted = read_type("list<" * 29 + "number" + ">" * 29, {})

    assert wanted.fits(value)


@pytest.mark.parametrize(
    ("text", "value", "made"),
    [
        ("number", [Decimal(1)], Decimal(1)),
        ("list<number>", Decimal(1), [Decimal(1)]),
        ("list", Decimal(1), [Decimal(1)]),
        ("number", None, None),
        (
            "date and time",
            dt.date(2024, 1, 2),
            dt.datetime(2024, 1, 2, tzinfo=dt.UTC),
        ),
        ("Any", [Decimal(1)], [Decimal(1)]),
    ],
)
def test_value_is_made_to_fit(text, value, made):
    assert coerce(value, read_type(text, {})) == made


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("number", "1"),
        ("number", [Decimal(1), Decimal(2)]),
        ("number", ["1"]),
        ("list<number>", "1"),
        ("date and time", "2024-01-01"),
    ],
)
def test_value_that_cannot_be_made_to_fit_is_said_so(text, value):
    wanted = read_type(text, {})

    assert coerce(value, wanted) == Unfit(value, wanted)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "list<number",
        "list<number>>",
        "number<string>",
        "function<number>",
        "function<number> number",
        "context<a number>",
        "context<a: >",
        "",
        "list<" * 40 + "number" + ">" * 40,
    ],
)
def test_text_that_is_no_type_is_said_so(text):
    assert str(read_type(text, {})).startswith("Expected ")
