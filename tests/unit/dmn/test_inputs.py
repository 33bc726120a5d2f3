"""What a decision has to be given, as the playground and the API say it."""

from __future__ import annotations

from bpmn_engine.dmn.inputs import DecisionInput, inputs_of
from tests.decisions import component, decision, feel, given, input_data, item, model, table
from tests.unit.dmn.test_camunda import DRAWN
from tests.unit.dmn.test_camunda import decision as drawn_decision


def test_input_data_of_required_decisions_too_are_read_each_once() -> None:
    found = model(
        *given("b", "other"),
        input_data("a", "number"),
        decision("first", feel("a + 1"), requires=["a"]),
        decision("second", feel("first + a + b"), requires=["a", "b"], decisions=["first"]),
    )

    inputs = inputs_of(found, "second")

    assert {(one.name, one.type) for one in inputs} == {("a", "number"), ("b", "Any")}
    assert len(inputs) == 2


def test_an_example_has_the_shape_of_the_type() -> None:
    inside = component("name", "string") + component("born", "date")
    found = model(
        item("tPerson", inside=inside),
        item("tPeople", "tPerson", is_list=True),
        item("tColour", "string", allowed='"red", "green"'),
        input_data("people", "tPeople"),
        input_data("colour", "tColour"),
        decision("it", feel("1"), requires=["people", "colour"]),
    )

    examples = {one.name: one.example for one in inputs_of(found, "it")}

    assert examples == {"people": [{"name": "", "born": "2026-01-31"}], "colour": ""}


def test_a_type_that_contains_itself_has_an_example_that_ends() -> None:
    found = model(
        item("tTree", inside=component("size", "number") + component("left", "tTree")),
        input_data("tree", "tTree"),
        decision("it", feel("tree.size"), requires=["tree"]),
    )

    (tree,) = inputs_of(found, "it")

    assert tree.type == "context<size: number, left: tTree>"
    assert str(tree.example).count("size") < 10


def test_names_that_only_columns_mention_are_inputs_as_camunda_draws_them() -> None:
    found = model(
        DRAWN,
        drawn_decision("dish", table("F", ["count:number", "guest.name"], ["> 8; - | 1"])),
        drawn_decision("drink", table("F", ["dish", "season:string"], ["-; - | 1"]), "dish"),
    )

    assert inputs_of(found, "drink") == (
        DecisionInput(name="count", type="number", example=0),
        DecisionInput(name="guest", type="Any", example=None),
        DecisionInput(name="season", type="string", example=""),
    )


def test_what_is_no_decision_reads_nothing() -> None:
    assert inputs_of(model(*given("a")), "nobody") == ()
