"""Decision requirements: order, memory, cycles, knowledge, services, imports (6.3 and 10.4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bpmn_engine.dmn.problems import ProblemKind
from tests.decisions import (
    context,
    decision,
    evaluate,
    feel,
    file_xml,
    given,
    input_data,
    knowledge_model,
    model,
    read,
    table,
)


def test_a_decision_sees_what_it_requires_and_nothing_else() -> None:
    found = model(
        *given("x", "y"),
        decision("first", feel("x + 1"), requires=["x"]),
        decision("second", feel("first * 2"), decisions=["first"]),
        decision("third", feel("x"), decisions=["first"]),
    )

    assert evaluate(found, "second", x=Decimal(1)).value == 4
    assert evaluate(found, "third", x=Decimal(1)).value is None


def test_what_is_read_but_not_required_is_told_and_null() -> None:
    found = model(
        *given("x", "y"),
        decision("it", context(("y", feel("1")), ("z", feel("x + y")))),
    )

    assert [(one.rule, one.element_id) for one in found.violations] == [("not-required", "it")]
    assert "Draw it from x to it." in found.violations[0].message
    assert evaluate(found, "it", x=Decimal(1)).value == {"y": 1, "z": None}


def test_a_decision_is_worked_out_once_for_all_that_require_it() -> None:
    found = model(
        *given("x"),
        decision("rate", table("F", ["x"], ["- | 1"]), requires=["x"]),
        decision("left", feel("rate"), decisions=["rate"]),
        decision("right", feel("rate"), decisions=["rate"]),
        decision("both", feel("left + right"), decisions=["left", "right"]),
    )

    result = evaluate(found, "both", x=Decimal(1))

    assert result.value == 2
    assert [hit.decision for hit in result.hits] == ["rate"]
    assert result.decisions == {"rate": 1, "left": 1, "right": 1, "both": 2}


def test_a_decision_is_found_by_its_id_or_its_name() -> None:
    found = model(decision("loan rate", feel("1")))

    assert evaluate(found, "loan_rate").value == 1
    assert evaluate(found, "loan rate").value == 1


def test_what_is_not_there_is_told() -> None:
    result = evaluate(model(decision("it", feel("1"))), "other")

    assert result.value is None
    assert [one.kind for one in result.problems] == [ProblemKind.UNKNOWN]


def test_a_cycle_is_found_before_and_told_at_evaluation() -> None:
    found = model(
        decision("a", feel("b"), decisions=["b"]),
        decision("b", feel("c"), decisions=["c"]),
        decision("c", feel("b"), decisions=["b"]),
    )

    assert [(one.rule, one.element_id) for one in found.violations] == [
        ("cycle", "b"),
        ("cycle", "c"),
    ]
    result = evaluate(found, "a")
    assert result.value is None
    assert ProblemKind.CYCLE in [one.kind for one in result.problems]


def test_an_input_that_is_not_given_is_null_and_told() -> None:
    found = model(*given("x"), decision("it", feel("x = null"), requires=["x"]))

    result = evaluate(found, "it")

    assert result.value is True
    assert result.problems[0].message == "Expected the input x, but it is not given."


def test_values_that_no_element_declares_are_seen_by_decisions() -> None:
    found = model(decision("it", feel("amount * 2")))

    assert evaluate(found, "it", amount=Decimal(21)).value == 42


def test_a_value_from_outside_does_not_replace_a_decision_with_logic() -> None:
    found = model(decision("rate", feel("1")), decision("it", feel("rate"), decisions=["rate"]))

    assert evaluate(found, "it", rate=Decimal(99)).value == 1


def test_a_decision_without_logic_takes_its_value_from_outside() -> None:
    found = model(decision("opinion"), decision("it", feel("opinion"), decisions=["opinion"]))

    assert evaluate(found, "it", opinion="good").value == "good"
    assert evaluate(found, "it").problems[0].kind is ProblemKind.NO_LOGIC


def test_knowledge_may_be_recursive_and_require_knowledge() -> None:
    found = model(
        knowledge_model("one", [], feel("1")),
        knowledge_model(
            "fac",
            ["n: number"],
            feel("if n < 2 then one() else n * fac(n - 1)"),
            knowledge=["one"],
        ),
        decision("it", feel("fac(5)"), knowledge=["fac"]),
    )

    assert evaluate(found, "it").value == 120


def test_a_recursion_without_end_is_stopped_and_told() -> None:
    found = model(
        knowledge_model("f", ["n"], feel("f(n + 1)")),
        decision("it", feel("f(1)"), knowledge=["f"]),
    )

    result = evaluate(found, "it")

    assert result.value is None
    assert [one.kind for one in result.problems] == [ProblemKind.BUDGET]


def test_a_knowledge_model_can_be_asked_itself() -> None:
    found = model(knowledge_model("double", ["n: number"], feel("n * 2")))

    assert evaluate(found, "double", n=Decimal(21)).value == 42


SERVICE = (
    *given("x", "y"),
    decision("inner", feel("x * 10"), requires=["x"]),
    decision("opinion", feel("1"), requires=["y"]),
    decision("sum", feel("inner + opinion"), decisions=["inner", "opinion"]),
    decision("echo", feel("inner"), decisions=["inner"]),
)


def service(*outputs: str, kind: str = "") -> str:
    inside = "".join(f'<outputDecision href="#{one}"/>' for one in outputs)
    return (
        f'<decisionService id="ds" name="ds"><variable name="ds"{kind}/>{inside}'
        '<encapsulatedDecision href="#inner"/><inputDecision href="#opinion"/>'
        '<inputData href="#x"/></decisionService>'
    )


def test_a_service_works_out_its_own_decisions_and_takes_the_others_from_outside() -> None:
    found = model(*SERVICE, service("sum"))

    assert evaluate(found, "ds", x=Decimal(4), opinion=Decimal(2)).value == 42


def test_a_service_with_several_outputs_gives_a_context() -> None:
    found = model(*SERVICE, service("sum", "echo"))

    result = evaluate(found, "ds", x=Decimal(4), opinion=Decimal(2))

    assert result.value == {"sum": 42, "echo": 40}


def test_a_service_is_a_function_to_decisions_input_data_before_input_decisions() -> None:
    found = model(
        *SERVICE,
        service("sum"),
        decision("it", feel("ds(4, 2) + ds(opinion: 3, x: 1)"), knowledge=["ds"]),
    )

    assert evaluate(found, "it").value == 55


OTHER = file_xml(
    input_data("person", "string"),
    decision("greeting", feel('"Hello " + person'), requires=["person"]),
    knowledge_model("loud", ["text"], feel("upper case(text)")),
    '<itemDefinition name="tName"><typeRef>string</typeRef></itemDefinition>',
    namespace="urn:other",
)
IMPORT = '<import name="their file" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'


def test_an_import_is_known_by_its_name() -> None:
    found = model(
        IMPORT,
        decision(
            "it",
            feel("their file.loud(their file.greeting)"),
            decisions=["urn:other#greeting"],
            knowledge=["urn:other#loud"],
            kind="their file.tName",
        ),
        imported=[OTHER],
    )

    assert found.violations == ()
    assert evaluate(found, "it", person="Alice").value == "HELLO ALICE"


@pytest.mark.parametrize(
    "inputs",
    [
        {"person": "Bob"},
        {"urn:other#person": "Bob"},
        {"their file": {"person": "Bob"}},
    ],
)
def test_an_input_of_an_import_is_given_in_three_ways(inputs: dict[str, object]) -> None:
    found = model(
        IMPORT,
        decision("it", feel("their file.greeting"), decisions=["urn:other#greeting"]),
        imported=[OTHER],
    )

    assert evaluate(found, "it", **inputs).value == "Hello Bob"


def test_a_decision_of_an_import_can_be_asked_too() -> None:
    found = model(IMPORT, decision("it", feel("1")), imported=[OTHER])

    assert evaluate(found, "greeting", person="Alice").value == "Hello Alice"


def test_an_import_that_is_not_there_is_told() -> None:
    found = model(IMPORT, decision("it", feel("1")))

    assert [one.rule for one in found.violations] == ["import"]
    assert evaluate(found, "it").value == 1


def test_files_that_import_each_other_are_told() -> None:
    back = IMPORT.replace("urn:other", "urn:test")

    found = model(IMPORT, imported=[file_xml(back, namespace="urn:other")])

    assert [one.rule for one in found.violations] == ["import"]


def test_a_version_tag_of_either_vendor_is_read() -> None:
    camunda = (
        '<decision id="a" name="a" camunda:versionTag="v1" '
        'xmlns:camunda="http://camunda.org/schema/1.0/dmn"/>'
    )
    zeebe = (
        '<decision id="b" name="b"><extensionElements><zeebe:versionTag value="v2" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"/></extensionElements></decision>'
    )

    found = read(file_xml(camunda, zeebe))

    assert [one.version_tag for one in found.decisions] == ["v1", "v2"]
