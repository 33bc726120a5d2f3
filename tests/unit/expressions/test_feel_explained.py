"""Why an expression has its value, in diagrams and in decisions."""

import datetime as dt

from bpmn_engine.expressions.expression import SyntaxFailure
from bpmn_engine.expressions.feel.explain import (
    explain_feel,
    explain_program,
    explanation_lines,
)
from bpmn_engine.expressions.feel.program import Names

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)


def test_every_part_that_was_evaluated_is_shown_with_its_value():
    explanation = explain_feel(
        "a > 1 and list[item > a] = [3]", "a > 1 …", {"a": 2, "list": [1, 3]}, NOW
    )

    assert explanation.value is True
    assert explanation.failure is None


def test_part_that_was_not_needed_is_not_shown():
    text = "a or b"

    explanation = explain_feel(text, text, {"a": True, "b": True}, NOW)

    assert explanation_lines(explanation.root) == ("a or b = true", "  a = true")


def test_failure_shows_what_was_known_until_then():
    text = "a + b"

    explanation = explain_feel(text, text, {"a": 1}, NOW)

    assert explanation.value is None
    assert "`b` is not defined" in explanation.failure.message
    assert explanation_lines(explanation.root) == (
        "a + b = failed",
        "  a = 1",
        "  b = null",
    )


def test_decision_shows_null_and_the_warning():
    explanation = explain_program("a + b", {"a": 1}, NOW, Names(variables=frozenset("a")))

    assert explanation.value is None
    assert explanation.failure is None
    assert [warning.column for warning in explanation.warnings] == [5]
    assert explanation_lines(explanation.root)[0] == "a + b = null"


def test_text_that_is_no_expression_is_not_explained():
    assert isinstance(explain_feel("1 +", "1 +", {}, NOW), SyntaxFailure)
    assert isinstance(explain_program("1 +", {}, NOW), SyntaxFailure)


def test_literal_is_shown_as_it_is():
    assert explanation_lines(explain_program('"a"', {}, NOW).root) == ('"a" = "a"',)


def test_long_values_and_long_loops_are_cut_off():
    explanation = explain_program("for i in 1..2000 return i + 1", {}, NOW)

    lines = explanation_lines(explanation.root)
    assert len(lines) <= 1_001
    assert lines[0].endswith("…")


def test_traced_program_runs_without_a_trace():
    explanation = explain_program("for i in 1..2000 return i", {}, NOW)

    assert len(explanation.value) == 2000
