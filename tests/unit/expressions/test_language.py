"""Which language a text is, and what all languages promise."""

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
    compile_expression,
)

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "default", "language"),
    [
        ("=a", Language.LITERAL, Language.FEEL),
        ("  = a", Language.LITERAL, Language.FEEL),
        ('="${a}"', Language.LITERAL, Language.FEEL),
        ("${a}", Language.LITERAL, Language.JUEL),
        ("x #{a}", Language.FEEL, Language.JUEL),
        ("a", Language.FEEL, Language.FEEL),
        ("a", Language.LITERAL, Language.LITERAL),
        ("a", Language.JUEL, Language.JUEL),
        ("", Language.LITERAL, Language.LITERAL),
    ],
)
def test_language_is_found_in_the_text(text, default, language):
    expression = compile_expression(text, default=default)

    assert expression.language is language
    assert expression.source == text


def test_literal_yields_its_own_text():
    expression = compile_expression(" some text ", default=Language.LITERAL)

    assert expression.evaluate({}, NOW) == " some text "
    assert expression.names == frozenset()


def test_compiling_the_same_text_again_gives_the_same_expression():
    assert compile_expression("a + 1") is compile_expression("a + 1")


def test_positions_count_the_equals_sign():
    failure = compile_expression("= \n  1 +").message

    assert failure == "Expected a value, but the text ends."
    assert compile_expression("= \n  1 +").line == 2


class ScopeChain(Mapping):
    """A scope that looks its names up one by one and refuses to be walked through."""

    def __init__(self, **names):
        self.names = names
        self.read = []

    def __getitem__(self, name):
        self.read.append(name)
        return self.names[name]

    def __iter__(self):
        raise AssertionError("Expected look-ups only.")

    def __len__(self):
        return len(self.names)


@pytest.mark.parametrize("text", ["=a + 1", "${a + 1}", "=if missing = null then a + 1 else 0"])
def test_variables_are_looked_up_and_never_copied(text):
    scope = ScopeChain(a=1, b=2)

    result = compile_expression(text).evaluate(scope, NOW)

    assert result == 2
    assert "b" not in scope.read


def test_one_expression_evaluates_in_many_threads_at_once():
    expression = compile_expression("sum(for x in 1..n return x * n)")

    with ThreadPoolExecutor(max_workers=4) as threads:
        results = list(threads.map(lambda n: expression.evaluate({"n": n}, NOW), range(1, 60)))

    assert results == [n * n * (n + 1) // 2 for n in range(1, 60)]


@pytest.mark.parametrize("text", ["=a > 1", "${a > 1}"])
def test_failure_is_a_value_and_never_raised(text):
    result = compile_expression(text).evaluate({}, NOW)

    assert isinstance(result, EvaluationFailure)


def test_syntax_failure_is_a_value_and_never_raised():
    assert isinstance(compile_expression("=a >"), SyntaxFailure)
