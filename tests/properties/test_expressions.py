"""What holds for every text: no exception, no endless work, the same answer twice."""

import datetime as dt
import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.expressions.patterns.pattern import compile_pattern
from bpmn_engine.expressions.timers import (
    TimerKind,
    TimerSchedule,
    first_firing,
    next_firing,
    parse_retry_cycle,
)

NOW = dt.datetime(2024, 1, 31, 7, 8, 9, tzinfo=dt.UTC)
SECONDS = 3  # far more than any evaluation may take

names = st.sampled_from(["a", "b", "c", "unknown"])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(-1e15, 1e15)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
variables = st.dictionaries(st.sampled_from(["a", "b", "c"]), json_values, max_size=3)
pieces = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "item",
        "1",
        "2.5",
        "-3",
        '"x"',
        "'y'",
        "null",
        "true",
        "false",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "+",
        "-",
        "*",
        "/",
        "**",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "and",
        "or",
        "not",
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "between",
        "function",
        "instance",
        "of",
        "@",
        "?",
        "",
        "count(",
        "sum(",
        "string(",
        "date(",
        "matches(",
        "sort(",
        "${",
        "#{",
        "}",
        "&&",
        "||",
        "!",
        "==",
        "empty",
        "eq",
        "div",
        "mod",
        "execution",
        "getVariable",
        "size()",
        ".length()",
        '@"P1D"',
        '@"2024-01-31"',
        "number",
        "//",
        "/*",
        "*/",
        "\\",
        "`",
        "%",
        ";",
        "é",
    ]
)
texts = st.lists(pieces, max_size=25).map(" ".join) | st.text(max_size=40)


def evaluated(text, default, values):
    started = time.perf_counter()
    expression = compile_expression(text, default=default)
    if isinstance(expression, SyntaxFailure):
        assert expression.line >= 1
        assert expression.column >= 1
        result = expression
    else:
        result = expression.evaluate(values, NOW)
    assert time.perf_counter() - started < SECONDS
    return result


@settings(max_examples=300, deadline=None)
@given(text=texts, default=st.sampled_from(Language), values=variables)
def test_any_text_gives_a_value_or_a_failure_and_twice_the_same(text, default, values):
    first = evaluated(text, default, values)
    second = evaluated(text, default, values)

    assert first == second
    if isinstance(first, EvaluationFailure):
        assert first.source == text
        assert set(first.values) <= set(values)


@settings(max_examples=150, deadline=None)
@given(value=json_values)
def test_a_variable_comes_back_as_it_is(value):
    assert evaluated("=a", Language.FEEL, {"a": value}) == value
    assert evaluated("${a}", Language.FEEL, {"a": value}) == value


@settings(max_examples=150, deadline=None)
@given(
    left=st.integers(-(10**12), 10**12),
    right=st.integers(-(10**12), 10**12),
    sign=st.sampled_from("+-*"),
)
def test_whole_numbers_are_exact(left, right, sign):
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]

    assert evaluated(f"=a {sign} b", Language.FEEL, {"a": left, "b": right}) == expected
    assert evaluated(f"${{a {sign} b}}", Language.FEEL, {"a": left, "b": right}) == expected


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_string_says_what_was_quoted(text):
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    assert evaluated(f'="{quoted}"', Language.FEEL, {}) == text


@settings(max_examples=300, deadline=None)
@given(pattern=st.text("ab|*+?()", max_size=8), text=st.text("ab", max_size=8))
def test_pattern_agrees_with_a_backtracking_matcher(pattern, text):
    try:
        expected = re.compile(pattern).fullmatch(text)
        ours = compile_pattern(pattern)
    except Exception:  # noqa: BLE001 - either refuses what the other may know
        return

    assert (ours.full_match(text, Budget()) is None) == (expected is None)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(TimerKind),
    text=st.text(max_size=30)
    | st.lists(
        st.sampled_from(
            [
                "R",
                "R3",
                "/",
                "P",
                "T",
                "1",
                "2",
                "0",
                "5",
                "M",
                "H",
                "D",
                "S",
                "Y",
                "W",
                "2024-02-01",
                "Z",
                "*",
                "?",
                "L",
                "#",
                "-",
                ",",
                "@daily",
                "MON",
            ]
        ),
        max_size=12,
    ).map("".join)
    | st.lists(
        st.sampled_from(
            [
                "*",
                "?",
                "0",
                "1",
                "5",
                "*/7",
                "1-5",
                "L",
                "6L",
                "2#1",
                "15W",
                "MON",
                "0/9",
                "30",
                "31",
                "2",
            ]
        ),
        min_size=5,
        max_size=7,
    ).map(" ".join),
)
def test_any_timer_text_gives_a_schedule_or_a_failure(kind, text):
    started = time.perf_counter()

    schedule = first_firing(kind, text, NOW)

    if isinstance(schedule, TimerSchedule):
        following = next_firing(schedule)
        assert following is None or following.due_at > schedule.due_at
    assert parse_retry_cycle(text) is not None
    assert time.perf_counter() - started < SECONDS


@settings(max_examples=100, deadline=None)
@given(
    months=st.integers(0, 30),
    minutes=st.integers(0, 10**5),
    count=st.integers(1, 6),
    start=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_cycle_fires_as_often_as_it_says(months, minutes, count, start):
    if not months and not minutes:
        minutes = 1
    text = f"R{count}/P{months}MT{minutes}M"

    firings = [first_firing(TimerKind.CYCLE, text, start.replace(tzinfo=dt.UTC))]
    while firings[-1] is not None:
        firings.append(next_firing(firings[-1]))

    moments = [firing.due_at for firing in firings[:-1]]
    assert len(moments) == count
    assert moments == sorted(set(moments))
    assert firings[-2].repetitions == 0
