"""Item definitions: components, collections, allowed values, coercion (DMN 1.5, 7.3.2)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from bpmn_engine.dmn.feel import Value
from bpmn_engine.dmn.json_values import evaluate_json
from bpmn_engine.dmn.problems import ProblemKind
from tests.decisions import (
    NOW,
    component,
    context,
    decision,
    evaluate,
    feel,
    file_xml,
    function,
    input_data,
    item,
    knowledge_model,
    model,
)

TYPES = (
    item("tSize", "string", allowed='"S", "M", "L"'),
    item("tSizes", "tSize", is_list=True),
    item("tNumbers", "number", is_list=True),
    item("tSmall", "tNumbers", allowed="< 10"),
    item("tPerson", inside=component("name", "string") + component("born", "date")),
    item("tPeople", "tPerson", is_list=True),
    item(
        "tNode", inside=component("label", "string") + component("children", "tNode", is_list=True)
    ),
    item("tShort", "tNumbers").replace(
        "</itemDefinition>",
        "<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>",
    ),
)
ALICE = {"name": "Alice", "born": dt.date(2000, 1, 1)}


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("number", Decimal(1), Decimal(1)),
        ("number", "1", None),
        ("number", [Decimal(1)], Decimal(1)),
        ("number", [Decimal(1), Decimal(2)], None),
        ("feel:number", Decimal(1), Decimal(1)),
        ("Any", "x", "x"),
        ("date and time", dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
        ("tSize", "M", "M"),
        ("tSize", "XL", None),
        ("tSizes", ["S", "L"], ["S", "L"]),
        ("tSizes", ["S", "XL"], None),
        ("tNumbers", Decimal(1), [Decimal(1)]),
        ("tSmall", [Decimal(1), Decimal(9)], [Decimal(1), Decimal(9)]),
        ("tSmall", [Decimal(1), Decimal(11)], None),
        ("tPerson", ALICE, ALICE),
        ("tPerson", ALICE | {"more": True}, ALICE | {"more": True}),
        ("tPerson", {"name": "Alice"}, None),
        ("tPeople", [ALICE], [ALICE]),
        ("tNode", {"label": "a", "children": [{"label": "b", "children": []}]}, ...),
        ("tNode", {"label": "a", "children": [{"label": 1, "children": []}]}, None),
        ("tShort", [Decimal(1)], [Decimal(1)]),
        ("tShort", [Decimal(1)] * 3, None),
        ("tSize", None, None),
    ],
)
def test_an_input_is_of_its_type_or_null(kind: str, given: Value, expected: object) -> None:
    found = model(*TYPES, input_data("x", kind), decision("it", feel("x"), requires=["x"]))
    assert found.violations == ()

    result = evaluate(found, "it", x=given)

    assert result.value == (given if expected is ... else expected)
    is_wrong = expected is None and given is not None
    assert [one.kind for one in result.problems] == ([ProblemKind.TYPE] if is_wrong else [])


def test_a_result_of_another_type_is_null() -> None:
    found = model(decision("it", feel("1 + 1"), kind="string"))

    result = evaluate(found, "it")

    assert result.value is None
    assert result.problems[0].message == (
        "Expected the result of the type string, but it is the number 2."
    )


def test_feel_knows_the_item_definitions() -> None:
    found = model(
        *TYPES, decision("it", feel('"M" instance of tSize and not(7 instance of tSize)'))
    )

    assert evaluate(found, "it").value is True


def test_members_with_blanks_are_read_without_brackets() -> None:
    found = model(
        item("tCar", inside=component("top speed", "number")),
        input_data("cars", "tCars"),
        item("tCars", "tCar", is_list=True),
        decision("it", feel("cars[top speed > 100].top speed"), requires=["cars"]),
    )

    result = evaluate(found, "it", cars=[{"top speed": Decimal(90)}, {"top speed": Decimal(120)}])

    assert result.value == [120]


def test_an_unknown_type_is_told() -> None:
    found = model(decision("it", feel("1"), kind="tNobody"))

    assert [one.rule for one in found.violations] == ["unknown-type"]


def test_the_type_of_a_service_or_knowledge_model_may_be_that_of_a_function() -> None:
    found = model(
        '<itemDefinition name="tF"><functionItem outputTypeRef="string"><parameters name="n" '
        'typeRef="number"/></functionItem></itemDefinition>',
        knowledge_model("f", ["n: number"], feel("n")).replace(
            '<variable name="f"/>', '<variable name="f" typeRef="tF"/>'
        ),
        decision("it", feel("f(1)"), knowledge=["f"]),
    )

    assert evaluate(found, "it").value is None


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("date", "2026-01-02", "2026-01-02"),
        (
            "tPeople",
            [{"name": "Bob", "born": "1999-12-31"}],
            [{"name": "Bob", "born": "1999-12-31"}],
        ),
        (
            "tPeople",
            {"name": "Bob", "born": "1999-12-31"},
            [{"name": "Bob", "born": "1999-12-31"}],
        ),
        ("number", 1.5, 1.5),
        ("date", "soon", None),
        ("date", 7, None),
    ],
)
def test_json_has_dates_as_texts(kind: str, given: object, expected: object) -> None:
    found = model(*TYPES, input_data("x", kind), decision("it", feel("x"), requires=["x"]))

    result = evaluate_json(found, "it", {"x": given}, NOW)

    assert result.value == expected
    assert bool(result.problems) is (expected is None)


def test_a_date_from_json_is_a_date_to_feel() -> None:
    found = model(input_data("x", "date"), decision("it", feel("x.year + 1"), requires=["x"]))

    assert evaluate_json(found, "it", {"x": "2026-01-02"}, NOW).value == 2027


def test_a_function_is_no_json() -> None:
    found = model(decision("it", feel("function(a) a")))

    result = evaluate_json(found, "it", {}, NOW)

    assert result.value is None
    assert [one.kind for one in result.problems] == [ProblemKind.TYPE, ProblemKind.TYPE]


def test_a_boxed_function_may_be_declared_as_a_function_or_as_its_result() -> None:
    functions = (
        '<itemDefinition name="tF"><functionItem outputTypeRef="number"><parameters name="n" '
        'typeRef="number"/></functionItem></itemDefinition>'
    )
    for kind, expected in (("tF", 2), ("number", 2), ("string", None)):
        made = function(["n: number"], feel("n * 2")).replace(
            'kind="FEEL"', f'kind="FEEL" typeRef="{kind}"'
        )
        found = model(functions, decision("it", context(("f", made), feel("f(1)"))))

        assert evaluate(found, "it").value == expected


def test_a_type_of_an_import_may_have_a_prefix_of_xml() -> None:
    other = file_xml(item("tName", "string"), namespace="urn:other")
    imported = (
        '<import name="other" namespace="urn:other" '
        'importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
    )

    found = model(imported, decision("it", feel("1"), kind="o:tName"), imported=[other])

    assert found.violations == ()
    assert evaluate(found, "it").value is None
