"""Decisions as Camunda's modeler writes them: drawn inputs, tables without variables."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bpmn_engine.dmn.checks.findings import check_model
from tests.decisions import evaluate, feel, model, table

DRAWN = '<inputData id="Input_1" name="How many?"/>'


def decision(name: str, logic: str, *needs: str) -> str:
    """Return a decision without a variable."""
    required = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>'
        for one in needs
    )
    drawn = '<informationRequirement><requiredInput href="#Input_1"/></informationRequirement>'
    return f'<decision id="{name}" name="The {name}">{drawn}{required}{logic}</decision>'


def test_values_are_found_by_the_names_that_tables_read() -> None:
    found = model(DRAWN, decision("dish", table("F", ["count"], ["> 8 | 1", "- | 2"])))

    result = evaluate(found, "dish", count=Decimal(10))

    assert (result.value, result.problems) == (1, ())
    assert check_model(found) == ()


@pytest.mark.parametrize("name", ["dish", "served", "The dish"])
def test_a_decision_without_a_variable_is_known_by_its_id_its_output_and_its_name(
    name: str,
) -> None:
    found = model(
        DRAWN,
        decision("dish", table("F", [], [" | 42"], outputs=["served"])),
        decision("drink", feel(name), "dish"),
    )

    assert evaluate(found, "drink", served="a variable of the process").value == 42


def test_several_outputs_are_known_each_by_its_name() -> None:
    outputs = ["main", "side dish"]
    found = model(
        DRAWN,
        decision("dish", table("U", [], [" | 1; 2"], outputs=outputs)),
        decision("all", table("C", ["-1"], ["- | 1; 2", "- | 3; 4"], outputs=outputs)),
        decision("one", feel("main * 10 + side dish"), "dish"),
        decision("many", feel("[main, side dish]"), "all"),
    )

    assert evaluate(found, "one").value == 12
    assert evaluate(found, "many").value == [[1, 3], [2, 4]]


@pytest.mark.parametrize("cell", ["cellInput > 3", "? > 3", "guests > 3"])
def test_a_cell_may_name_its_input(cell: str) -> None:
    logic = table("U", ["count"], [f"{cell} | true"])
    if "guests" in cell:
        logic = logic.replace(
            "<input>",
            '<input camunda:inputVariable="guests" '
            'xmlns:camunda="http://camunda.org/schema/1.0/dmn">',
        )

    assert evaluate(model(decision("it", logic), DRAWN), "it", count=Decimal(4)).value is True


@pytest.mark.parametrize("kind", ["integer", "long", "double"])
def test_number_types_of_camunda_7_are_numbers(kind: str) -> None:
    logic = table("U", [f"count: {kind}"], ["4 | true"])

    found = model(decision("it", logic), DRAWN)

    assert found.violations == ()
    assert evaluate(found, "it", count=Decimal(4)).value is True


def test_a_value_is_seen_though_its_drawn_input_is_not_joined() -> None:
    drawn = '<inputData id="Input_2" name="count"/>'

    found = model(DRAWN, drawn, decision("it", feel("count + 1")))

    assert check_model(found) == ()
    assert evaluate(found, "it", count=Decimal(4)).value == 5
