"""Beans in JUEL: the names of registered Python functions."""

import datetime as dt
from decimal import Decimal

import pytest

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.functions import Functions

NOW = dt.datetime(2024, 5, 6, tzinfo=dt.UTC)
VARIABLES = {
    "amount": 12,
    "lines": [{"price": 2}, {"price": 3}],
    "customer": {"name": "Alice"},
    "execution": {"processInstanceId": "77", "processBusinessKey": "A-1"},
}


@pytest.fixture
def functions():
    functions = Functions()

    @functions.function("rates.discount")
    def discount(amount, customer="nobody"):
        return amount * 2 if customer == "nobody" else customer

    @functions.function("rates.of.lines")
    def of_lines(lines):
        lines.append({"price": 5})
        return {"total": sum(line["price"] for line in lines)}

    @functions.function("double")
    def double(value):
        return Decimal(value) * 2

    @functions.function("customer.size")
    def size(value):
        return [value]

    @functions.function("broken.call")
    def broken(value):
        raise ValueError(f"no rate for {value}")

    functions.add("native.longest", max)
    functions.add("returns.any", lambda kind: USELESS[kind]())
    return functions


def _deep():
    value = inner = []
    for _ in range(200):
        inner.append([])
        inner = inner[0]
    return value


USELESS = {
    "set": lambda: {1},
    "nan": lambda: float("nan"),
    "infinity": lambda: Decimal("Infinity"),
    "key": lambda: {1: 2},
    "object": object,
    "long": lambda: 10**400,
    "text": lambda: "x" * 1_000_001,
    "list": lambda: [0] * 300_000,
    "deep": _deep,
}


def evaluate(text, functions):
    expression = compile_expression(text, default=Language.LITERAL, functions=functions.table)
    assert not isinstance(expression, SyntaxFailure), expression
    return expression.evaluate(VARIABLES, NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${rates.discount(amount)}", 24),
        ("${rates.discount(amount, customer.name)}", "Alice"),
        ("${rates.discount(amount) > 20 and true}", True),
        ("due: ${rates.discount(amount)}", "due: 24"),
        ("${rates.of.lines(lines).total}", 10),
        ("${double(amount) + 1}", 25),
        ("${double(rates.discount(amount))}", 48),
        ("${customer.size(amount)[0]}", 12),
        ("${customer.name.length()}", 5),
        ("${native.longest('b', 'a')}", "b"),
        ("${rates.discount(1, execution).processBusinessKey}", "A-1"),
    ],
)
def test_a_registered_function_is_called_by_its_name(functions, text, value):
    assert evaluate(text, functions) == value


def test_a_function_changes_no_variable(functions):
    evaluate("${rates.of.lines(lines)}", functions)

    assert VARIABLES["lines"] == [{"price": 2}, {"price": 3}]


def test_what_a_function_raises_is_a_failure_with_its_place_and_values(functions):
    failure = evaluate("${amount > 1 and\n broken.call(amount)}", functions)

    assert failure == EvaluationFailure(
        message="Expected broken.call() to return a value, but it raised ValueError: "
        "no rate for 12",
        source="${amount > 1 and\n broken.call(amount)}",
        line=2,
        column=2,
        values={"amount": 12},
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("set", "but it returned a set."),
        ("nan", "but it returned nan."),
        ("infinity", "but it returned Infinity."),
        ("key", "but it returned a key that is a int."),
        ("object", "but it returned a object."),
        ("long", "but it returned a whole number of more than 1000 bits."),
        ("text", "Expected a string of at most 1000000 characters"),
        ("list", "Expected at most 250000 steps"),
        ("deep", "but it returned more than 100 levels."),
    ],
)
def test_what_is_no_json_or_too_large_is_a_failure(functions, kind, words):
    failure = evaluate(f"${{returns.any('{kind}')}}", functions)

    assert isinstance(failure, EvaluationFailure)
    assert words in failure.message


def test_an_evaluation_calls_functions_so_often_and_no_more(functions):
    calls = " + ".join(["double(1)"] * 251)

    failure = evaluate(f"${{{calls}}}", functions)

    assert isinstance(failure, EvaluationFailure)
    assert "Expected at most 250000 steps" in failure.message


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("${rates.surcharge(amount)}", 8, "but found surcharge(). No function rates.surcharge is"),
        ("${rates.discont(amount)}", 8, "Did you mean rates.discount()?"),
        ("${amount > 1 and rate(amount)}", 18, "but found rate(). No function rate is registered"),
        ("${rates.discount()}", 3, "Expected the arguments of rates.discount(amount, customer="),
        ("${rates.discount(1, 2, 3)}", 3, "but got 3 argument(s)."),
        ("${customer.name.discount(1)}", 16, "Register a Python function of this name"),
    ],
)
def test_a_call_that_fits_no_function_is_refused_with_its_place(functions, text, column, words):
    failure = compile_expression(text, functions=functions.table)

    assert isinstance(failure, SyntaxFailure)
    assert (failure.line, failure.column) == (1, column)
    assert words in failure.message


def test_a_function_registered_later_is_known_then():
    functions = Functions()
    before = compile_expression("${late.call(1)}", functions=functions.table)
    functions.add("late.call", lambda value: value)

    after = compile_expression("${late.call(1)}", functions=functions.table)

    assert isinstance(before, SyntaxFailure)
    assert after.evaluate({}, NOW) == 1


def test_what_was_deployed_elsewhere_fails_where_its_function_is_missing():
    expression = compile_expression("${1 + far.away(2)}", functions=Functions().table_of_deployed)

    failure = expression.evaluate({}, NOW)

    assert isinstance(failure, EvaluationFailure)
    assert failure.column == 7
    assert failure.message.startswith(
        "Expected the function far.away() to be registered in this process, but it is not."
    )


async def _later(value):
    return value


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("rates.discount", abs, "Expected one function 'rates.discount'"),
        ("a-b", abs, "but found 'a-b'"),
        ("a.", abs, "but found 'a.'"),
        ("if.call", abs, "but found 'if.call'"),
        ("execution.find", abs, "'execution' is its own"),
        ("task", abs, "'task' is its own"),
        ("now", abs, "'now' is its own"),
        ("rates.later", _later, "is a coroutine function"),
    ],
)
def test_a_name_that_cannot_be_called_is_not_registered(functions, name, function, words):
    with pytest.raises(ValueError, match=words):
        functions.add(name, function)


def test_registries_are_put_together_or_not_at_all(functions):
    other = Functions()
    other.add("texts.upper", str.upper)
    other.add("double", abs)

    with pytest.raises(ValueError, match="'double'"):
        functions.include(other)

    assert functions.table.find("texts.upper") is None
