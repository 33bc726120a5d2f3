"""Expressions of every kind, from grammars and from bytes: `make fuzz` runs these for minutes.

What may come out is a value, a failure with its place, or a syntax failure with its place; no
exception, and nothing that takes longer than its budget lets it.
"""

import datetime as dt
import json
import time

from hypothesis import given
from hypothesis import strategies as st

from bpmn_engine.expressions.expression import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
)
from bpmn_engine.expressions.feel.builtins.table import BUILTINS
from bpmn_engine.expressions.juel.expression import compile_juel
from bpmn_engine.expressions.juel.functions import FUNCTIONS
from bpmn_engine.expressions.juel.methods import METHOD_NAMES
from bpmn_engine.expressions.trial import TrialRequest, try_expression
from tests.properties.effort import careful
from tests.properties.test_feel import expressions

NOW = dt.datetime(2024, 1, 31, 7, 8, 9, tzinfo=dt.UTC)
SECONDS = 2  # of the processor, of one evaluation with its explanation

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["2024-01-31", "10:00:00", "P1D", "P1Y", "a" * 2000, "(a+)+b", "1e999"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["x", "r", "p q", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)
variables = st.dictionaries(st.sampled_from(["a", "b", "n", "c d", "x", "zz"]), values, max_size=4)

juel_words = st.sampled_from(
    ["0", "1", "2.5", "1e300", "'x'", '"ab"', "true", "null", "a", "b", "n", "x", "zz", "item"]
)


def _juel_grown(whole):
    inner = whole.map("({})".format)
    two = st.tuples(inner, inner)
    methods = st.sampled_from(sorted(METHOD_NAMES))
    signs = "+ - * / div % mod == != < <= > >= eq ne lt and or && ||".split()  # noqa: SIM905
    return st.one_of(
        st.tuples(inner, st.sampled_from(signs), inner).map(" ".join),
        inner.map("!{}".format),
        inner.map("-{}".format),
        inner.map("empty {}".format),
        st.tuples(inner, inner, inner).map(lambda three: "{} ? {} : {}".format(*three)),
        two.map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        inner.map("{}.name".format),
        st.tuples(inner, methods, st.lists(inner, max_size=3)).map(
            lambda call: f"{call[0]}.{call[1]}({', '.join(call[2])})"
        ),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=2)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        inner.map("execution.getVariable({})".format),
    )


juel = st.recursive(juel_words, _juel_grown, max_leaves=10)
templates = juel.map("${{{}}}".format) | st.lists(
    juel.map("#{{{}}}".format) | st.text(max_size=4), max_size=3
).map("".join)

repeated = st.tuples(
    st.sampled_from(["1..9", "1..300", "1..999999", "a", "[a, b, n]"]),
    st.sampled_from(sorted(BUILTINS)),
    st.lists(st.sampled_from(["x", "a", "partial", "[x, partial]", "10", '"$0$0"']), max_size=3),
).map(lambda one: f"for x in {one[0]} return {one[1]}({', '.join(one[2])})")
doubled = st.tuples(st.sampled_from(["a", '"xy"', "[1, a]"]), st.integers(1, 60)).map(
    lambda one: f"{{f: function(v, k) if k = 0 then v else f(v + v, k - 1)}}.f({one[0]}, {one[1]})"
)
raw_texts = (
    st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "replace"))
    | st.text(max_size=60)
    | st.text("(){}[]<>=!&|?:.,+-*/%'\"\\$# \n0123456789abex@", max_size=80)
    | st.tuples(st.sampled_from("([{-!"), st.integers(1, 400)).map(lambda one: one[0] * one[1])
)


def tried(request):
    """Evaluate, within its time, to something that JSON can hold; return it."""
    started = time.process_time()
    trial = try_expression(request, NOW)
    assert time.process_time() - started < SECONDS, request
    failure = trial if isinstance(trial, SyntaxFailure) else trial.failure
    if failure is not None:
        assert failure.message
        assert failure.line >= 1
        assert failure.column >= 1
    if not isinstance(trial, SyntaxFailure):
        json.dumps(trial.value)
        assert len(trial.text) < 300, request
        for warning in trial.warnings:
            assert (warning.line >= 1, warning.column >= 1) == (True, True)
    return trial


@careful(200)
@given(text=expressions | repeated | doubled, known=variables)
def test_feel_gives_a_value_or_says_why_not(text, known):
    for is_strict in (False, True):
        tried(TrialRequest(text=text, variables=known, is_strict=is_strict))


@careful(150)
@given(text=st.lists(expressions, min_size=1, max_size=3), known=variables, tested=values)
def test_unary_tests_give_true_false_or_null(text, known, tested):
    for joined in (", ".join(text), f"not({', '.join(text)})"):
        trial = tried(
            TrialRequest(text=joined, variables=known, is_unary_test=True, tested=tested)
        )

        assert isinstance(trial, SyntaxFailure) or trial.value in {True, False, None}, joined


@careful(300)
@given(text=templates, known=variables)
def test_juel_gives_a_value_or_says_why_not(text, known):
    trial = tried(TrialRequest(text=text, language=Language.JUEL, variables=known))

    # What is explained is what a diagram would get.
    expression = compile_juel(text)
    if isinstance(trial, SyntaxFailure):
        assert isinstance(expression, SyntaxFailure)
        return
    plain = expression.evaluate(known, NOW)
    if trial.failure is None:
        assert plain == trial.value
    else:
        assert isinstance(plain, EvaluationFailure) or "characters" in trial.failure.message


@careful(200)
@given(text=raw_texts, known=variables, tested=values)
def test_any_bytes_are_refused_or_evaluated(text, known, tested):
    for request in (
        TrialRequest(text=text, variables=known),
        TrialRequest(text=text, variables=known, is_strict=True, language=Language.FEEL),
        TrialRequest(text=text, variables=known, language=Language.JUEL),
        TrialRequest(text=f"${{{text}}}", variables=known),
        TrialRequest(text=text, variables=known, is_unary_test=True, tested=tested),
    ):
        tried(request)
