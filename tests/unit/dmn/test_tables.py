"""Decision tables: hit policies, defaults, allowed values, types (DMN 1.5, chapter 8)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from bpmn_engine.dmn.feel import Value
from bpmn_engine.dmn.problems import ProblemKind
from tests.decisions import decision, evaluate, given, input_data, model, table, value

SIZES = ["< 10 | 1", "< 20 | 2", "> 5 | 3"]
"""For 3 the rules 1 and 2 hold, for 7 all, for 15 the rules 2 and 3, for 30 the rule 3."""


@pytest.mark.parametrize(
    ("policy", "x", "expected"),
    [
        ("U", 30, 3),
        ("F", 7, 1),
        ("F", 15, 2),
        ("C", 7, [1, 2, 3]),
        ("R", 15, [2, 3]),
        ("C+", 7, 6),
        ("C<", 15, 2),
        ("C>", 15, 3),
        ("C#", 7, 3),
    ],
)
def test_a_hit_policy_says_what_becomes_of_the_rules_that_hold(
    policy: str, x: int, expected: Value
) -> None:
    assert value(table(policy, ["x"], SIZES), x=Decimal(x)) == expected


def test_two_rules_of_a_unique_table_are_told_by_their_numbers() -> None:
    found = model(decision("it", table("U", ["x"], SIZES), requires=["x"]), *given("x"))

    result = evaluate(found, "it", x=Decimal(15))

    assert result.value is None
    assert [one.kind for one in result.problems] == [ProblemKind.HIT_POLICY]
    assert result.problems[0].message == "Expected at most one rule to hold, but these do: 2, 3."
    assert [hit.rules for hit in result.hits] == [(2, 3)]


def test_a_table_tells_what_it_was_given_and_what_each_rule_gave() -> None:
    found = model(decision("it", table("C+", ["x"], SIZES), requires=["x"]), *given("x"))

    (hit,) = evaluate(found, "it", x=Decimal(15)).hits

    assert hit.inputs == (Decimal(15),)
    assert hit.outputs == ((Decimal(2),), (Decimal(3),))


def test_a_table_without_a_rule_that_holds_tells_its_inputs() -> None:
    found = model(decision("it", table("U", ["x"], ['> 5 | "a"']), requires=["x"]), *given("x"))

    (hit,) = evaluate(found, "it", x=Decimal(1)).hits

    assert (hit.rules, hit.inputs, hit.outputs) == ((), (Decimal(1),), ())


@pytest.mark.parametrize(
    ("rows", "expected"), [(['- | "a"', '- | "a"'], "a"), (['- | "a"', '- | "b"'], None)]
)
def test_rules_of_an_any_table_must_agree(rows: list[str], expected: Value) -> None:
    assert value(table("A", ["x"], rows), x=Decimal(1)) == expected


@pytest.mark.parametrize(("policy", "expected"), [("P", "high"), ("O", ["high", "low", "low"])])
def test_output_values_give_the_priority(policy: str, expected: Value) -> None:
    logic = table(
        policy,
        ["x"],
        ['- | "low"', '- | "high"', '- | "low"'],
        values=['"high", "medium", "low"'],
    )

    assert value(logic, x=Decimal(1)) == expected


def test_priority_of_several_outputs_goes_by_the_first_column_first() -> None:
    logic = table(
        "P",
        ["x"],
        ['- | "b"; "y"', '- | "a"; "z"', '- | "a"; "y"'],
        outputs=("one", "two"),
        values=['"a", "b"', '"y", "z"'],
    )

    assert value(logic, x=Decimal(1)) == {"one": "a", "two": "y"}


def test_several_outputs_make_a_context() -> None:
    logic = table("U", ["x"], ['> 1 | "a"; x * 2'], outputs=("name", "double"))

    assert value(logic, x=Decimal(4)) == {"name": "a", "double": 8}


@pytest.mark.parametrize(
    ("policy", "expected"), [("U", None), ("F", None), ("C", ()), ("C#", 0), ("C+", None)]
)
def test_a_table_without_a_hit_gives_null_an_empty_list_or_zero(
    policy: str, expected: Value
) -> None:
    assert value(table(policy, ["x"], ["> 5 | 1"]), x=Decimal(1)) == expected


def test_no_hit_is_a_problem_where_it_gives_null() -> None:
    found = model(decision("it", table("U", ["x"], ["> 5 | 1"]), requires=["x"]), *given("x"))

    result = evaluate(found, "it", x=Decimal(1))

    assert [one.kind for one in result.problems] == [ProblemKind.NO_RULE]


def test_the_default_output_is_given_when_no_rule_holds() -> None:
    logic = table("U", ["x"], ["> 5 | 1"], defaults=["x * 100"])

    assert value(logic, x=Decimal(1)) == 100
    assert value(logic, x=Decimal(6)) == 1


def test_an_input_that_is_not_allowed_makes_the_table_null() -> None:
    logic = table("U", ["x"], ["- | 1"], allowed=['"a", "b"'])
    found = model(decision("it", logic, requires=["x"]), *given("x"))

    assert evaluate(found, "it", x="a").value == 1
    result = evaluate(found, "it", x="c")

    assert result.value is None
    assert result.problems[0].kind is ProblemKind.NOT_ALLOWED
    assert result.problems[0].message == (
        'Expected x to be one of "a", "b", but it is the string "c".'
    )


def test_an_output_that_is_not_allowed_is_null() -> None:
    assert value(table("U", ["x"], ["- | x"], values=["1, 2"]), x=Decimal(2)) == 2
    assert value(table("U", ["x"], ["- | x"], values=["1, 2"]), x=Decimal(3)) is None


def test_an_input_of_another_type_is_null_and_told_with_its_cell() -> None:
    found = model(
        decision("it", table("U", ["x: number"], ["null | 1"]), requires=["x"]), *given("x")
    )

    result = evaluate(found, "it", x="7")

    assert result.value == 1
    assert str(result.problems[0]).startswith("it, line 1: Expected x of the type number, but it")


@pytest.mark.parametrize(
    ("cell", "x", "holds"),
    [
        ("-", None, True),
        ("", Decimal(1), True),
        ("null", None, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a", "b")', "c", True),
        ('not("a")', None, True),
        ("not(< 3)", None, False),
        ("< 3", None, False),
        ("[1..3]", None, False),
        ("[1..5)", Decimal(5), False),
        ("]1..5]", Decimal(1), False),
        ("(1..5]", Decimal(5), True),
        ("< 3, > 7", Decimal(5), False),
        ("-3", Decimal(-3), True),
        ("true", True, True),
        ('>= date("2026-03-01")', dt.date(2026, 3, 1), True),
        ('@"2026-03-01"', dt.date(2026, 3, 2), False),
        ("? > 3 and ? < 9", Decimal(5), True),
        ("even(?)", Decimal(4), True),
        ("limit", Decimal(12), True),
        ("< limit", Decimal(12), False),
        ("limits", Decimal(4), True),
        ("count(?) = 2", [Decimal(1), Decimal(2)], True),
        ("1, 2", [Decimal(1)], False),
    ],
)
def test_an_input_entry_tests_the_input(cell: str, x: Value, holds: bool) -> None:
    parts = (
        decision("it", table("U", ["x"], [f"{cell} | true"]), requires=["x", "limit", "limits"]),
        *given("x", "limit", "limits"),
    )

    result = evaluate(model(*parts), "it", x=x, limit=Decimal(12), limits=[Decimal(4), Decimal(5)])

    assert result.value is (True if holds else None)


def test_a_cell_that_is_no_feel_names_its_rule_and_only_that_rule_never_holds() -> None:
    found = model(
        decision("it", table("C", ["x"], ["> ) | 1", "> 1 | 2"]), requires=["x"]),
        input_data("x", "number"),
    )

    assert [one.rule for one in found.violations] == ["syntax"]
    assert found.violations[0].message.startswith("it (rule 1, input x): ")
    assert evaluate(found, "it", x=Decimal(5)).value == [2]


def test_a_table_without_inputs_has_one_rule_that_holds() -> None:
    assert value(table("U", [], [" | 42"])) == 42


def test_a_cell_in_another_language_is_refused_by_name() -> None:
    cell = '<inputEntry expressionLanguage="juel"><text>${x}</text></inputEntry>'
    logic = table("U", ["x"], ["- | 1"]).replace("<inputEntry><text>-</text></inputEntry>", cell)

    found = model(decision("it", logic, requires=["x"]), *given("x"))

    assert [one.rule for one in found.violations] == ["unsupported-language"]


def test_null_is_no_problem_of_the_cells_that_it_does_not_meet() -> None:
    found = model(
        decision("it", table("F", ["x"], ["< 3 | 1", ">= 3 | 2", "- | 3"]), requires=["x"]),
        input_data("x", "number"),
    )

    result = evaluate(found, "it", x=None)

    assert (result.value, result.problems) == (3, ())
