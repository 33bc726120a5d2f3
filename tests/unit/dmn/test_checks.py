"""What is found in tables before they are evaluated, each with an example input."""

from __future__ import annotations

import pytest

from bpmn_engine.dmn.checks.findings import check_model
from bpmn_engine.dmn.checks.pieces import Piece
from bpmn_engine.dmn.checks.search import Question, Search
from tests.decisions import decision, input_data, item, model, table


def found(logic: str, *parts: str) -> list[tuple[str, str]]:
    """Return rule and message of every finding."""
    inputs = (input_data("x", "number"), input_data("y", "string"), *parts)
    checked = check_model(model(decision("it", logic, requires=["x", "y"]), *inputs))
    return [(one.rule, one.message.removeprefix("it: ")) for one in checked]


NO_DEFAULT = "and there is no default output."


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        (["< 10 | 1", "> 10 | 2"], "x = 10"),
        (["[0..5] | 1", "[6..9] | 2", "< 0 | 3", "> 9 | 4"], "x = 5.5"),
        (["< 10 | 1"], "x = 10"),
        (["not(3, 4) | 1", "3 | 2"], "x = 4"),
    ],
)
def test_a_gap_is_shown_with_an_input_for_which_no_rule_holds(rows: list[str], gap: str) -> None:
    assert found(table("U", ["x"], rows)) == [("gap", f"No rule holds for {gap}, {NO_DEFAULT}")]


@pytest.mark.parametrize(
    "logic",
    [
        table("U", ["x"], ["< 10 | 1", ">= 10 | 2"]),
        table("U", ["x"], ["< 10 | 1"], defaults=["0"]),
        table("C", ["x"], ["< 10 | 1"]),
        table("F", ["x"], ["< 10 | 1", "- | 2"]),
        table("U", ["y"], ['"a" | 1', '"b" | 2'], allowed=['"a", "b"']),
        table("U", ["y"], ['"a" | 1', 'not("a") | 2']),
        table("U", ["x > 1"], ["true | 1", "false | 2"]),
        table("U", ["x"], ["< 10 | 1", "? > 2 * 5 - 1 | 2"]),
        table("U", ["x", "y"], ["< 1; - | 1", '>= 1; "a" | 2', '>= 1; not("a") | 3']),
    ],
)
def test_nothing_is_found_in_a_complete_table(logic: str) -> None:
    assert found(logic) == []


def test_a_gap_of_two_columns_tells_where_the_second_does_not_matter() -> None:
    logic = table("U", ["x", "y"], ['< 1; "a" | 1', '< 1; not("a") | 2'])

    assert found(logic) == [("gap", f"No rule holds for x = 1, any y, {NO_DEFAULT}")]


def test_any_other_text_is_told_in_words() -> None:
    logic = table("U", ["y"], ['"a" | 1', '"b" | 2'])

    assert found(logic) == [("gap", f"No rule holds for y = another text, {NO_DEFAULT}")]


def test_the_allowed_values_of_the_type_are_all_that_has_to_be_covered() -> None:
    types = item("tSize", "string", allowed='"S", "M"')
    logic = table("U", ["size"], ['"S" | 1', '"M" | 2'])
    parts = (types, input_data("size", "tSize"))

    checked = check_model(model(decision("it", logic, requires=["size"]), *parts))

    assert checked == ()


def test_an_overlap_is_shown_with_an_input_for_which_both_rules_hold() -> None:
    logic = table("U", ["x"], ["< 10 | 1", "> 5 | 2"])

    assert found(logic) == [("overlapping-rules", "Rules 1 and 2 both hold for x = 8.")]


def test_rules_of_an_any_table_may_overlap_with_the_same_output_only() -> None:
    assert found(table("A", ["x"], ["< 10 | 1", ">= 5 | 1"])) == []
    assert found(table("A", ["x"], ["< 10 | 1", ">= 5 | 2"])) == [
        ("overlapping-rules", "Rules 1 and 2 give other outputs for x = 5.")
    ]


@pytest.mark.parametrize("policy", ["F", "C", "R", "O"])
def test_overlaps_are_what_other_hit_policies_are_for(policy: str) -> None:
    assert found(table(policy, ["x"], ["< 10 | 1", "- | 2"])) == []


def test_a_rule_that_others_always_win_over_is_unreachable() -> None:
    logic = table("F", ["x"], ["< 10 | 1", "> 20 | 2", "[7..8] | 3", "- | 4"])

    assert found(logic) == [
        (
            "unreachable-rule",
            "Rule 3 never counts: whenever it holds, one that comes before it holds too.",
        )
    ]


def test_two_rules_together_may_hide_a_third() -> None:
    logic = table("F", ["x"], ["< 10 | 1", ">= 10 | 2", "7 | 3"])

    assert [rule for rule, _ in found(logic)] == ["unreachable-rule"]


def test_priority_decides_which_rule_hides_which() -> None:
    logic = table("P", ["x"], ['7 | "low"', '- | "high"'], values=['"high", "low"'])

    assert [message[:19] for _, message in found(logic)] == ["Rule 1 never counts"]


@pytest.mark.parametrize(
    "rows", [["(5..5) | 1", "- | 2"], ["[9..1] | 1", "- | 2"]], ids=["empty", "backwards"]
)
def test_a_rule_whose_cell_holds_nothing_is_unreachable(rows: list[str]) -> None:
    assert found(table("F", ["x"], rows)) == [
        ("unreachable-rule", "Rule 1 never holds: no allowed input meets all its cells.")
    ]


def test_a_rule_for_a_value_that_is_not_allowed_is_unreachable() -> None:
    logic = table("U", ["y"], ['"a" | 1', '"c" | 2', '"b" | 3'], allowed=['"a", "b"'])

    assert [message[:6] for _, message in found(logic)] == ["Rule 2"]


def test_cells_of_another_type_than_their_column_are_told() -> None:
    logic = table("F", ["x: number"], ['"a" | 1', '- | "b"'], outputs=["out: number"])

    assert found(logic)[:2] == [
        ("cell-type", 'Rule 1: Expected tests of a number, but `"a"` is of a string.'),
        (
            "cell-type",
            'Rule 2: Expected an output of the type number, but it is the string "b".',
        ),
    ]


def test_a_search_of_too_many_combinations_is_cut_short() -> None:
    pieces = [
        (
            Piece(example=True, surely=~(1 << n), perhaps=~(1 << n)),
            Piece(example=False, surely=-1, perhaps=-1),
        )
        for n in range(30)
    ]
    search = Search(pieces)
    everything = Question(
        rules=(1 << 31) - 1,
        bits=lambda piece: piece.surely,
        is_hopeless=lambda _left: False,
        is_certain=lambda left: not left,
    )

    assert sum(not left for left, _ in search.find(everything)) == 0
    assert search.is_cut_short


def test_a_table_with_too_many_combinations_says_that_it_is_checked_in_part() -> None:
    columns = [f"x{n}" for n in range(20)]
    rows = ["; ".join("7" if n == row else "-" for n in range(20)) + " | 1" for row in range(20)]

    checked = check_model(model(decision("it", table("U", columns, [*rows, "; " * 19 + " | 1"]))))

    assert [one.rule for one in checked][-1] == "unchecked-table"


def test_a_table_that_is_too_large_to_be_checked_says_so() -> None:
    rows = [f"{number} | 1" for number in range(10_001)]

    assert [rule for rule, _ in found(table("U", ["x"], rows))] == ["unchecked-table"]


@pytest.mark.parametrize(
    ("kind", "rows", "example"),
    [
        ("date", ['< @"2026-01-01" | 1', '> @"2026-01-03" | 2'], 'date("2026-01-01")'),
        ("date", ['<= @"2026-01-01" | 1', '>= @"2026-01-03" | 2'], 'date("2026-01-02")'),
        ("date", ['<= @"2026-01-01" | 1'], 'date("2026-01-02")'),
        ("string", ['< "b" | 1', '> "b" | 2'], '"b"'),
        ("string", ['["a".."b") | 1', '>= "b" | 2'], '""'),
        ("boolean", ["true | 1"], "false"),
    ],
)
def test_gaps_are_found_in_every_kind(kind: str, rows: list[str], example: str) -> None:
    checked = check_model(
        model(decision("it", table("U", ["z"], rows), requires=["z"]), input_data("z", kind))
    )

    assert [one.message for one in checked] == [
        f"it: No rule holds for z = {example}, and there is no default output."
    ]
