"""FEEL in diagrams: what does not exist is a failure, unless it is asked for."""

import datetime as dt

import pytest

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Strictness,
    SyntaxFailure,
    compile_expression,
)

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VARIABLES = {
    "amount": 12,
    "nothing": None,
    "order": {"id": 7, "note": None},
    "items": [1, 2],
    "people": [{"name": "Alice", "age": 30}, {"name": "Bob"}],
}

FAILING = [
    (
        "unknown",
        1,
        "Expected a value, but `unknown` is not defined; in scope: amount, nothing, order, items, "
        "people.",
    ),
    ('unknown = "open"', 1, "Expected a value, but `unknown` is not defined; in scope: amount"),
    ("amount > 20 or unknown", 16, "Expected a value, but `unknown` is not defined"),
    ("if unknown then 1 else 2", 4, "Expected a value, but `unknown` is not defined"),
    ("[1, unknown]", 5, "Expected a value, but `unknown` is not defined"),
    ("{a: unknown}", 5, "Expected a value, but `unknown` is not defined"),
    ("unknown.deeper", 1, "Expected a value, but `unknown` is not defined"),
    ("unknown[1]", 1, "Expected a value, but `unknown` is not defined"),
    ("is blank(unknown)", 10, "but `unknown` is not defined"),
    ("order.nmae", 1, "Expected order to have `nmae`, but it has id, note."),
    ("{}.a", 1, "Expected {} to have `a`, but it has nothing."),
    ("nothing.deeper", 1, "Expected a context left of .deeper, but nothing is null."),
    ("order.note.text", 1, "Expected a context left of .text, but order.note is null."),
    ("nothing[1]", 1, "Expected a list left of [, but nothing is null."),
    ("items[3]", 7, "Expected an index up to 2, but it is 3."),
    ("items[-3]", 7, "Expected an index up to 2, but it is -3."),
    ("[][1]", 4, "Expected an index up to 0, but it is 1."),
    ("5[2]", 3, "Expected an index up to 1, but it is 2."),
    ('people[nmae = "Alice"]', 8, "Expected a value, but `nmae` is not defined"),
    ('people[item.nmae = "Alice"]', 8, "Expected item to have `nmae`, but it has name, age."),
    ("every p in people satisfies p.age = 30", 29, "Expected p to have `age`, but it has name."),
    ('people[name = "Alice"][2].age = 1', 24, "Expected an index up to 1, but it is 2."),
]


@pytest.mark.parametrize(("text", "column", "message"), FAILING, ids=[row[0] for row in FAILING])
def test_what_does_not_exist_is_a_failure_with_its_place(text, column, message):
    expression = compile_expression(text)

    result = expression.evaluate(VARIABLES, NOW)

    assert isinstance(result, EvaluationFailure)
    assert message in result.message
    assert (result.line, result.column) == (1, column)
    assert result.source == text


def test_failure_says_what_the_variables_held():
    result = compile_expression("= amount > 20 or unknown").evaluate(VARIABLES, NOW)

    assert result.values == {"amount": 12}
    assert result.column == 18


ASKED = [
    ("nothing", None),
    ("order.note", None),
    ("unknown = null", True),
    ("null = unknown", True),
    ("unknown != null", False),
    ("order.nmae = null", True),
    ("unknown.deeper = null", True),
    ("nothing.deeper != null", False),
    ("items[3] = null", True),
    ("is defined(unknown)", False),
    ("is defined(order.nmae)", False),
    ("is defined(unknown.deeper)", False),
    ("is defined(nothing)", True),
    ("get or else(unknown, 1)", 1),
    ("get or else(order.nmae.deeper, 1)", 1),
    ("get or else(value: items[3], default: 1)", 1),
    ("is(unknown, null)", True),
    ("unknown instance of number", False),
    ("if is defined(unknown) then unknown else 0", 0),
    ("amount > 5 or unknown", True),
    ("people.age", [30, None]),
    ("people[age != null].name", ["Alice"]),
    ("people[get or else(age, 0) < 20].name", ["Bob"]),
    ("people[age = 30].name", ["Alice"]),
]


@pytest.mark.parametrize(("text", "value"), ASKED, ids=[row[0] for row in ASKED])
def test_what_may_be_absent_is_asked_for_without_a_failure(text, value):
    expression = compile_expression(text)

    result = expression.evaluate(VARIABLES, NOW)

    assert result == value


@pytest.mark.parametrize(
    "text",
    [
        "order.nmae",
        "order.nmae.deeper",
        "unknown",
        "unknown.deeper",
        "nothing.deeper",
        "items[3]",
        "items[-3]",
        "[][1]",
        "unknown[1]",
        "5[2]",
    ],
)
def test_condition_that_is_asked_again_takes_what_does_not_exist_as_null(text):
    expression = compile_expression(text, strictness=Strictness.PATIENT)

    result = expression.evaluate(VARIABLES, NOW)

    assert result is None


def test_condition_that_is_asked_again_still_refuses_to_calculate_with_nothing():
    expression = compile_expression("unknown + 1", strictness=Strictness.PATIENT)

    result = expression.evaluate(VARIABLES, NOW)

    assert isinstance(result, EvaluationFailure)


@pytest.mark.parametrize(
    "text", ["unknown", "unknown + 1", 'amount + "a"', "order.nmae", "1 / 0", "items[3]"]
)
def test_lenient_expression_is_null_whatever_goes_wrong(text):
    expression = compile_expression(text, strictness=Strictness.LENIENT)

    result = expression.evaluate(VARIABLES, NOW)

    assert result is None


@pytest.mark.parametrize("text", ["1 +", "foo(1)", "uuid()", '@"soon"'])
def test_lenient_expression_is_refused_where_a_strict_one_is(text):
    strict = compile_expression(text)

    lenient = compile_expression(text, strictness=Strictness.LENIENT)

    assert isinstance(lenient, SyntaxFailure)
    assert lenient == strict
