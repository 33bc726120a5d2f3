"""Conditions that can all be false, flows that are never taken, elements out of reach."""

import pytest

from bpmn_engine.analysis.propositions import cover_every_case
from tests.diagrams import end, exclusive, parallel, process, start, subprocess, task
from tests.unit.analysis.findings import findings, words


@pytest.mark.parametrize(
    "conditions",
    [
        ["= approved", "= not(approved)"],
        ["= approved = true", "= approved = false"],
        ["= amount < 10", "= amount >= 10"],
        ["= amount < 10", "= amount = 10", "= amount > 10"],
        ["= a and b", "= not(a) or not(b)"],
        ['= state = "new"', '= state != "new"'],
        ["${ok}", "${!ok}"],
        ["${empty f.x || !f.x}", "${!empty f.x && f.x}"],
        ["${n lt 3}", "${n ge 3}"],
        ["= (a or b) and c", "= not((a or b) and c)"],
        ["= true"],
    ],
)
def test_conditions_that_leave_nothing_over(conditions):
    assert cover_every_case(conditions)


@pytest.mark.parametrize(
    "conditions",
    [
        ["= approved"],
        ["= amount < 10", "= amount > 10"],
        ['= state = "new"', '= state = "old"'],
        ["= a and b", "= not(a) and not(b)"],
        ["${!empty f.x && f.x}", "${!empty f.x && !f.x}"],
        ["= a < 10", "= b >= 10"],
        ["= x between 1 and 3", "= not(x between 1 and 4)"],
        ["= if a then b else c", "= d"],
        [""],
        ["= " + " and ".join(f"v{i}" for i in range(30))],
        ["= " + "(" * 60 + "a" + ")" * 60],
    ],
)
def test_conditions_that_may_all_be_false(conditions):
    assert not cover_every_case(conditions)


def choice(first, second):
    return process(
        "s -> x", f"x -> a{first}", f"x -> b{second}", "a, b -> e",
        s=start(), x=exclusive(), a=task(), b=task(), e=end(),
    )  # fmt: skip


def test_a_choice_without_a_default_may_leave_a_token_nowhere_to_go():
    assert words(choice(" if n > 1", " if n < 1")) == {("no-default-flow", "x")}
    assert words(choice(" if n > 1", " default")) == set()
    assert words(choice(" if n > 1", " if n <= 1")) == set()


def test_a_flow_after_one_without_condition_is_never_taken():
    assert words(choice("", " if n > 1")) == {("never-taken", "x")}
    assert words(choice(" if n > 1", "")) == set()


def test_a_condition_that_says_false_is_never_true():
    (found,) = [f for f in findings(choice(" if false", " default")) if f.rule == "never-taken"]

    assert "x_a" in found.message
    assert found.element_id == "x"


def test_elements_of_a_circle_that_nothing_leads_to_are_named_once():
    diagram = process(
        "s -> a -> e", "b -> c", "c -> b", s=start(), a=task(), e=end(), b=task(), c=task()
    )

    assert words(diagram) == {("unreachable", "b")}


def test_the_inside_of_a_sub_process_is_reached_through_it():
    inner = subprocess("i -> t -> o", i=start(), t=task(), o=end())
    diagram = process(
        "s -> f", "f -> sub, a", "sub, a -> j", "j -> e",
        s=start(), f=parallel(), sub=inner, a=task(), j=parallel(), e=end(),
    )  # fmt: skip

    assert words(diagram) == set()
