"""Expressions evaluated for whoever asks: languages, warnings, failures, what is too large."""

import datetime as dt
import time

import pytest

from bpmn_engine.expressions.expression import Language, SyntaxFailure
from bpmn_engine.expressions.feel.explain import explanation_lines
from bpmn_engine.expressions.trial import Trial, TrialRequest, try_expression

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
ORDER = {"amount": 120, "status": "open", "customer": {"name": "Alice"}}


def tried(text, variables=ORDER, **how):
    trial = try_expression(TrialRequest(text=text, variables=variables, **how), NOW)
    assert isinstance(trial, Trial), trial
    return trial


@pytest.mark.parametrize(
    ("text", "language", "value", "kind"),
    [
        ("amount > 100", Language.FEEL, True, "boolean"),
        ("= amount * 2", Language.FEEL, 240, "number"),
        ("${amount * 2}", Language.JUEL, 240, "number"),
        ("Dear ${customer.name}", Language.JUEL, "Dear Alice", "string"),
        ('@"2024-01-31"', Language.FEEL, "2024-01-31", "date"),
        ("[1..3)", Language.FEEL, None, "range"),
        ("function(x) x", Language.FEEL, None, "function"),
        ("null", Language.FEEL, None, "null"),
        ("[1, 2]", Language.FEEL, [1, 2], "list"),
        ("customer", Language.FEEL, {"name": "Alice"}, "context"),
    ],
)
def test_value_has_its_language_and_its_type(text, language, value, kind):
    trial = tried(text)

    assert (trial.language, trial.value, trial.type) == (language, value, kind)
    assert trial.failure is None


def test_language_that_is_chosen_wins_over_the_looks():
    assert tried("amount == 120", language=Language.JUEL).value is True
    assert tried('"${amount}"', language=Language.FEEL).value == "${amount}"


def test_part_without_a_value_is_a_warning_and_in_a_strict_text_a_failure():
    lenient, strict = tried("1 + x"), tried("1 + x", is_strict=True)

    assert (lenient.value, lenient.failure) == (None, None)
    assert [(one.line, one.column) for one in lenient.warnings] == [(1, 5)]
    assert (strict.failure.line, strict.failure.column) == (1, 5)
    assert (strict.text, strict.type) == ("", "")


@pytest.mark.parametrize(
    ("text", "how", "column"),
    [
        ("1 +", {}, 4),
        ("${1 +}", {}, 6),
        ("x" * 20_001, {}, 20_001),
        ("x" * 20_001, {"is_strict": True}, 20_001),
        ("1 +", {"is_unary_test": True}, 4),
    ],
)
def test_text_that_is_no_expression_says_where(text, how, column):
    failure = try_expression(TrialRequest(text=text, **how), NOW)

    assert isinstance(failure, SyntaxFailure)
    assert (failure.line, failure.column) == (1, column)


@pytest.mark.parametrize(
    ("text", "tested", "value"),
    [
        ("< 5, [100..amount]", 110, True),
        ("< 5, [100..amount]", 130, False),
        ('"open"', "open", True),
        ("${amount}", 1, None),
    ],
)
def test_unary_test_is_asked_about_its_input(text, tested, value):
    request = TrialRequest(text=text, variables=ORDER, is_unary_test=True, tested=tested)

    trial = try_expression(request, NOW)

    if value is None:
        assert isinstance(trial, SyntaxFailure)
    else:
        assert trial.value is value


def test_juel_is_explained_piece_by_piece():
    trial = tried("Dear ${amount > 100 ? customer.name : missing}!")

    assert explanation_lines(trial.explanation) == (
        'Dear ${amount > 100 ? customer.name : missing}! = "Dear Alice!"',
        '  amount > 100 ? customer.name : missing = "Alice"',
        "    amount > 100 = true",
        "      amount = 120",
        '    customer.name = "Alice"',
        '      customer = {name: "Alice"}',
    )


def test_juel_that_fails_is_explained_up_to_there():
    trial = tried("${amount > 100 && missing}")

    assert trial.failure.message.startswith("`missing` is not defined")
    assert explanation_lines(trial.explanation) == (
        "amount > 100 && missing = failed",
        "  amount > 100 = true",
        "    amount = 120",
        "  missing = failed",
    )


def test_template_of_literal_text_only_is_its_own_explanation():
    assert explanation_lines(tried(r"\${amount}").explanation) == (r'\${amount} = "${amount}"',)


@pytest.mark.parametrize("text", ["0 ** -2.5", "0 ** -1", "zero ** (0 - 1)"])
@pytest.mark.parametrize(
    "how", [{"variables": {"zero": 0}}, {"variables": {"zero": 0}, "is_strict": True}]
)
def test_power_that_is_infinite_has_no_value(text, how):
    trial = tried(text, **how)

    assert trial.value is None
    assert trial.warnings or trial.failure


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..400 return a",
        "[a, a, a]",
        "{x: a}",
        "10 ** 6000",
        "for i in 1..60000 return i * 10 ** 30",
    ],
)
def test_value_that_holds_one_long_text_many_times_over_is_not_spelt_out(text):
    started = time.perf_counter()

    trial = tried(text, {"a": ["x" * 400_000] * 100})

    assert trial.failure is None or trial.failure.message.startswith("Expected a")
    assert trial.value is None
    assert len(trial.text) < 300
    assert time.perf_counter() - started < 10  # far less; once it was minutes


@pytest.mark.parametrize("how", [{}, {"is_strict": True}, {"language": Language.JUEL}])
def test_deep_values_and_texts_end_as_values(how):
    deep = []
    for _ in range(90):
        deep = [deep]

    trial = try_expression(TrialRequest(text="a", variables={"a": deep}, **how), NOW)
    nested = try_expression(TrialRequest(text="(" * 90 + "1" + ")" * 90, **how), NOW)

    assert (trial.value, nested.value) == (deep, 1)
