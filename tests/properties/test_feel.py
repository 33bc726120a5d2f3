"""FEEL from a grammar and from bytes: no exception, no work beyond the budget, one meaning."""

import datetime as dt
import time
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import EvaluationFailure, FailingError, SyntaxFailure
from bpmn_engine.expressions.feel.builtins.table import BUILTINS
from bpmn_engine.expressions.feel.explain import explain_program
from bpmn_engine.expressions.feel.expression import compile_feel
from bpmn_engine.expressions.feel.program import (
    Names,
    compile_program,
    compile_unary_tests,
)
from bpmn_engine.expressions.feel.values import equals, lower, text_pieces

NOW = dt.datetime(2024, 1, 31, 7, 8, 9, tzinfo=dt.UTC)
SECONDS = 20  # far more than any evaluation may take on a busy machine
VALUES = {
    "a": Decimal(3),
    "b": "text",
    "a-b": [Decimal(1), None, "x"],
    "c d": {"p q": Decimal(7), "r": [{"s": True}]},
    "n": None,
}
KNOWN = Names(variables=frozenset(VALUES), members=frozenset({"p q", "r", "s"}))

literals = st.sampled_from(
    [
        "0",
        "1",
        "-2.5",
        "1e30",
        ".5",
        '"x"',
        '"a\\nb"',
        '"\\U01F40E"',
        "true",
        "false",
        "null",
        '@"2024-02-29"',
        '@"-0044-03-15T10:00:00@Europe/Rome"',
        '@"10:00:00+01:00"',
        '@"P1Y2M"',
        '@"-P1DT2H"',
        '@"soon"',
    ]
)
names = st.sampled_from(["a", "b", "a-b", "c d", "c d.p q", "c d.r", "n", "item", "zz", "?", "x"])


SIGNS = ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"]


def _grown(whole):
    inner = whole.map("({})".format)
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(SIGNS), inner).map(" ".join),
        inner.map("-{}".format),
        inner.map("not({})".format),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        pair.map(lambda two: f"{{x: {two[0]}, a b: {two[1]}}}"),
        pair.map(lambda two: f"{two[0]}[{two[1]}]"),
        inner.map("({}).x".format),
        st.tuples(st.sampled_from("[("), inner, inner, st.sampled_from("])")).map(
            lambda four: f"{four[0]}{four[1]}..{four[2]}{four[3]}"
        ),
        st.tuples(inner, inner, inner).map(
            lambda three: f"if {three[0]} then {three[1]} else {three[2]}"
        ),
        pair.map(lambda two: f"for x in {two[0]} return {two[1]}"),
        pair.map(lambda two: f"some x in {two[0]} satisfies {two[1]}"),
        pair.map(lambda two: f"every x in {two[0]}, y in x satisfies {two[1]}"),
        pair.map(lambda two: f"(function(x) {two[0]})({two[1]})"),
        pair.map(lambda two: f"{{f: function(x: number) {two[0]}}}.f({two[1]})"),
        inner.map("{} instance of list<number>".format),
        pair.map(lambda two: f"{two[0]} between {two[1]} and 5"),
        pair.map(lambda two: f"{two[0]} in (< {two[1]}, 4)"),
        st.tuples(st.sampled_from(sorted(BUILTINS)), st.lists(inner, max_size=4)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
    )


expressions = st.recursive(literals | names, _grown, max_leaves=12)


def outcome_of(text, compiled):
    if isinstance(compiled, SyntaxFailure):
        assert compiled.line >= 1
        assert compiled.column >= 1
        return None
    started = time.perf_counter()
    outcome = compiled.evaluate(VALUES, NOW)
    assert time.perf_counter() - started < SECONDS, text
    for warning in outcome.warnings:
        assert warning.message.startswith("Expected "), text
        assert warning.source == text
    return outcome


@settings(max_examples=400, deadline=None)
@given(text=expressions)
def test_sentence_of_the_grammar_is_read_and_gives_one_value(text):
    program = compile_program(text, KNOWN)

    first, second = outcome_of(text, program), outcome_of(text, program)

    assert first is not None, program.message
    assert (first.failure is None) == (second.failure is None)
    assert "".join(text_pieces(first.value)).startswith("function") or (
        "".join(text_pieces(first.value)) == "".join(text_pieces(second.value))
    )


@settings(max_examples=200, deadline=None)
@given(text=expressions)
def test_what_a_diagram_takes_means_the_same_in_a_decision(text):
    strict = compile_feel(text, text)
    lenient = compile_program(text)
    if isinstance(strict, SyntaxFailure) or isinstance(lenient, SyntaxFailure):
        return
    values = {name: value for name, value in VALUES.items() if name in {"b", "n"}}

    found = strict.evaluate(values, NOW)
    outcome = lenient.evaluate(values, NOW)

    if isinstance(found, EvaluationFailure) or "round" in text or "string(" in text:
        return
    try:
        lowered = lower(outcome.value, Budget())
    except FailingError:
        return
    assert found == lowered


@settings(max_examples=100, deadline=None)
@given(text=expressions)
def test_explaining_changes_nothing(text):
    plain = outcome_of(text, compile_program(text, KNOWN))

    explained = explain_program(text, VALUES, NOW, KNOWN)

    assert explained.warnings == plain.warnings
    assert (explained.failure is None) == (plain.failure is None)
    assert type(explained.value) is type(plain.value)


@settings(max_examples=300, deadline=None)
@given(text=st.lists(expressions, min_size=1, max_size=3).map(", ".join))
def test_entry_of_tests_gives_true_false_or_null(text):
    program = compile_unary_tests(text, KNOWN)
    assert not isinstance(program, SyntaxFailure), program.message

    outcome = program.evaluate({**VALUES, "?": Decimal(3)}, NOW)

    assert outcome.value in {True, False, None}


@settings(max_examples=300, deadline=None)
@given(
    raw=st.binary(max_size=40)
    | st.text(max_size=40).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_any_bytes_give_a_value_or_a_syntax_failure(raw):
    text = raw.decode("utf-8", "replace")

    outcome_of(text, compile_program(text, KNOWN))
    tests = compile_unary_tests(text, KNOWN)

    if not isinstance(tests, SyntaxFailure):
        tests.evaluate({"?": text}, NOW)


numbers = (
    st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.sampled_from([0.1, 0.3, 100.5])
)
plain = st.none() | st.booleans() | numbers | st.text("ab", max_size=2)
held = plain | st.dictionaries(st.sampled_from("pq"), plain) | st.lists(plain, max_size=1)
plain_literals = st.sampled_from(
    ["100", "0.1", "0.30", "-5", "1e16", "123456789.123456", '"a"', "true", "1" * 20]
)
readings = st.sampled_from(["a", "b", "a.p", "b.q", "a.p.q"])
conditions = st.recursive(
    st.tuples(readings, st.sampled_from(SIGNS[5:11]), plain_literals).map(" ".join)
    | readings
    | readings.map('{} in ["a", "b"]'.format)
    | readings.map('{} in ("a", "ab")'.format)
    | readings.map('{} in ["a", 1]'.format),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join)
        | inner.map("not({})".format)
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(text=conditions, values=st.dictionaries(st.sampled_from("ab"), held, max_size=2))
def test_short_way_decides_as_the_long_way(text, values):
    expression = compile_feel(text, text)

    short = expression.evaluate(values, NOW)
    long = expression.evaluate_traced(values, NOW, None)

    assert short == long or (
        isinstance(short, EvaluationFailure) and short.message == long.message
    )


@settings(max_examples=200, deadline=None)
@given(number=st.decimals(-(10**20), 10**20, places=12))
def test_text_of_a_number_says_that_number(number):
    text = "".join(text_pieces(number))

    value = compile_program(text).evaluate({}, NOW).value

    assert equals(value, number, Budget())
