"""The page docs/expressions.md says what is true."""

import datetime as dt
import json
import os
import re
from pathlib import Path

import pytest

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.feel.builtins.table import BUILTINS
from bpmn_engine.expressions.feel.program import compile_program
from bpmn_engine.expressions.feel.values import lower
from bpmn_engine.expressions.language import EvaluationFailure, compile_expression

PAGE = Path(__file__).parents[3] / "docs" / "expressions.md"
TEXT = PAGE.read_text(encoding="utf-8")
NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
OPENING = "<!-- builtins: written by the test of this page; run it with UPDATE_DOCS=1 -->\n"
CLOSING = "<!-- end of builtins -->\n"


def block(name):
    return re.search(rf"```{name}\n(.*?)```", TEXT, re.DOTALL)[1]


def examples(name):
    return [tuple(line.rsplit(" -> ", 1)) for line in block(name).splitlines()]


VARIABLES = json.loads(block("json"))


@pytest.mark.parametrize(("text", "value"), examples("feel"))
def test_feel_example_is_true(text, value):
    assert compile_expression(f"={text}").evaluate(VARIABLES, NOW) == json.loads(value)


@pytest.mark.parametrize(("text", "value"), examples("decisions"))
def test_decision_example_is_true(text, value):
    outcome = compile_program(text).evaluate(VARIABLES, NOW)

    assert lower(outcome.value, Budget()) == json.loads(value)


@pytest.mark.parametrize(("text", "words"), examples("warnings"))
def test_warning_example_is_true(text, words):
    outcome = compile_program(text).evaluate(VARIABLES, NOW)

    assert outcome.value is None
    assert words in outcome.warnings[0].message


@pytest.mark.parametrize(("text", "value"), examples("juel"))
def test_juel_example_is_true(text, value):
    assert compile_expression(text).evaluate(VARIABLES, NOW) == json.loads(value)


@pytest.mark.parametrize(("text", "value"), examples("beans"))
def test_bean_example_is_true(text, value):
    module = {}
    exec(block("python"), module)  # noqa: S102 — the page is ours
    expression = compile_expression(text, functions=module["functions"].table)

    assert expression.evaluate(VARIABLES, NOW) == json.loads(value)


@pytest.mark.parametrize(("text", "words"), examples("failures"))
def test_failure_example_is_true(text, words):
    failure = compile_expression(f"={text}").evaluate(VARIABLES, NOW)

    assert isinstance(failure, EvaluationFailure)
    assert words in failure.message


def test_page_lists_every_builtin():
    lines = ["| function | gives |", "|---|---|"]
    for name, builtin in BUILTINS.items():
        shown = [
            ", ".join(f"{p}?" if i >= way.required else p for i, p in enumerate(way.parameters))
            + ("…" if way.is_variadic else "")
            for way in builtin.signatures
        ]
        call = f"{name}({' or '.join(shown)})"
        lines.append(f"| `{call}` | {builtin.doc.replace('|', chr(92) + '|')} |")
    table = "\n".join(lines) + "\n"

    start = TEXT.index(OPENING) + len(OPENING)
    end = TEXT.index(CLOSING)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(TEXT[:start] + table + TEXT[end:], encoding="utf-8")
    else:
        assert TEXT[start:end] == table
