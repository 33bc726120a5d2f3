"""Boxed expressions (DMN 1.5, 10.2.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bpmn_engine.dmn.feel import Value
from bpmn_engine.dmn.problems import ProblemKind
from tests.decisions import (
    context,
    decision,
    evaluate,
    feel,
    function,
    given,
    knowledge_model,
    model,
    table,
    value,
)


def test_later_entries_of_a_context_see_earlier_ones() -> None:
    logic = context(("a", feel("1")), ("b c", feel("a + 1")), ("d", feel("b c * 10")))

    assert value(logic) == {"a": 1, "b c": 2, "d": 20}


def test_the_result_cell_is_the_value_of_a_context() -> None:
    assert value(context(("a", feel("1")), feel("a + 41"))) == 42


def test_a_context_may_hold_any_logic() -> None:
    logic = context(("rate", table("F", ["x"], ["> 5 | 0.1", "- | 0"])), feel("x * rate"))

    assert value(logic, x=Decimal(10)) == Decimal("1.0")


def test_a_boxed_list_and_a_relation() -> None:
    relation = (
        '<relation><column name="a"/><column name="b"/>'
        f"<row>{feel('1')}{feel('2')}</row><row>{feel('3')}{feel('4')}</row></relation>"
    )

    assert value(f"<list>{feel('1')}{feel('x')}</list>", x="y") == [1, "y"]
    assert value(relation) == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_a_boxed_function_has_the_scope_it_stands_in() -> None:
    logic = context(
        ("factor", feel("10")),
        ("times", function(["n: number"], feel("n * factor"))),
        feel("times(4) + times(n: 0.2)"),
    )

    assert value(logic) == 42


def test_an_argument_of_another_type_is_told_and_the_function_not_called() -> None:
    logic = context(("same", function(["n: number"], feel("n = null"))), feel('same("a")'))

    result = evaluate(model(decision("it", logic)), "it")

    assert result.value is None
    assert result.problems[0].kind is ProblemKind.TYPE


@pytest.mark.parametrize("kind", ["Java", "PMML"])
def test_functions_from_outside_are_refused_by_name(kind: str) -> None:
    logic = context(("f", function(["n"], feel("n"), kind=kind)), feel("f(1)"))

    found = model(decision("it", logic))

    assert [one.rule for one in found.violations] == ["unsupported-function"]
    result = evaluate(found, "it")
    assert result.value is None
    assert result.problems[0].kind is ProblemKind.UNSUPPORTED


def invocation(name: str, **arguments: str) -> str:
    bindings = "".join(
        f'<binding><parameter name="{one}"/>{feel(text)}</binding>'
        for one, text in arguments.items()
    )
    return f"<invocation>{feel(name)}{bindings}</invocation>"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"b": "2", "a": "9"}, 7),
        ({"a": "9"}, None),
        ({"a": "9", "c": "2"}, None),
        ({"a": "9", "b": '"x"'}, None),
    ],
)
def test_an_invocation_binds_by_name(arguments: dict[str, str], expected: Value) -> None:
    found = model(
        knowledge_model("minus", ["a: number", "b: number"], feel("a - b")),
        decision("it", invocation("minus", **arguments), knowledge=["minus"]),
    )

    result = evaluate(found, "it")

    assert result.value == expected
    assert bool(result.problems) is (expected is None)


@pytest.mark.parametrize(
    ("x", "expected"), [(True, "yes"), (False, "no"), (None, "no"), ("a", None)]
)
def test_a_conditional_takes_a_branch(x: Value, expected: Value) -> None:
    logic = (
        f"<conditional><if>{feel('x')}</if><then>{feel(chr(34) + 'yes' + chr(34))}</then>"
        f"<else>{feel(chr(34) + 'no' + chr(34))}</else></conditional>"
    )

    assert value(logic, x=x) == expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("item > 2", [3, 4]),
        ("item > 9", []),
        ("null", []),
        ("2", 2),
        ("-1", 4),
        ("9", None),
        ('if item > 2 then "a" else true', None),
    ],
)
def test_a_filter_keeps_the_items_that_match(match: str, expected: Value) -> None:
    logic = f"<filter><in>{feel('xs')}</in><match>{feel(match)}</match></filter>"

    assert value(logic, xs=[Decimal(n) for n in (1, 2, 3, 4)]) == expected


def test_a_filter_sees_the_entries_of_contexts() -> None:
    logic = f"<filter><in>{feel('xs')}</in><match>{feel('a > 1')}</match></filter>"

    assert value(logic, xs=[{"a": Decimal(1)}, {"a": Decimal(2)}]) == [{"a": 2}]


@pytest.mark.parametrize(
    ("kind", "inside", "text", "xs", "expected"),
    [
        ("for", "return", "x * 2", [1, 2], [2, 4]),
        ("for", "return", "x + count(partial)", [1, 2, 4], [1, 3, 6]),
        ("for", "return", "x", [], []),
        ("every", "satisfies", "x > 0", [1, 2], True),
        ("every", "satisfies", "x > 1", [1, 2], False),
        ("every", "satisfies", "x > 1", [], True),
        ("every", "satisfies", "null", [1], None),
        ("every", "satisfies", "x", [1], None),
        ("some", "satisfies", "x > 1", [1, 2], True),
        ("some", "satisfies", "x > 2", [1, 2], False),
        ("some", "satisfies", "x > 1", [], False),
        ("some", "satisfies", "if x > 1 then true else null", [1, 2], True),
    ],
)
def test_an_iterator_goes_through_a_list(
    kind: str, inside: str, text: str, xs: list[int], expected: Value
) -> None:
    logic = (
        f'<{kind} iteratorVariable="x"><in>{feel("xs")}</in>'
        f"<{inside}>{feel(text)}</{inside}></{kind}>"
    )

    assert value(logic, xs=[Decimal(x) for x in xs]) == expected


@pytest.mark.parametrize("text", ["[1..3]", "1..3"])
def test_a_loop_goes_through_a_range(text: str) -> None:
    logic = (
        f'<for iteratorVariable="x"><in>{feel("[1..3]")}</in>'
        f"<return>{feel('x * x')}</return></for>"
    )

    assert value(logic) == [1, 4, 9]


def test_a_loop_over_what_is_no_list_is_null_and_told() -> None:
    logic = f'<for iteratorVariable="x"><in>{feel("null")}</in><return>{feel("x")}</return></for>'

    result = evaluate(model(decision("it", logic)), "it")

    assert result.value is None
    assert result.problems[0].message == "Expected a list in `in`, but it is null."


def test_a_text_that_is_no_feel_is_null_and_told_with_its_position() -> None:
    found = model(decision("it", context(("a", feel("1 +")), ("b", feel("2")))))

    assert [(one.rule, one.line) for one in found.violations] == [("syntax", 1)]
    result = evaluate(found, "it")
    assert result.value == {"a": None, "b": 2}
    assert result.problems[0].kind is ProblemKind.SYNTAX


def test_a_warning_of_feel_says_where_in_which_text() -> None:
    found = model(decision("it", feel('x + "a"'), requires=["x"]), *given("x"))

    result = evaluate(found, "it", x=Decimal(1))

    problem = result.problems[0]
    assert (problem.kind, problem.source, problem.line) == (ProblemKind.WARNING, 'x + "a"', 1)
    assert problem.spot.decision == "it"
