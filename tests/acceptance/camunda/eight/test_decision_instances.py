"""Decisions that were made: what they were given, which rules held, and what they gave."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.world import DECISION, RATED, deploy, search, start

CHAIN = b"""<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="c" name="Chain"
    namespace="test">
  <decision id="discount" name="Discount">
    <variable id="v1" name="Discount"/>
    <informationRequirement id="q"><requiredDecision href="#net"/></informationRequirement>
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i" label="Net"><inputExpression id="ie"><text>net</text></inputExpression></input>
      <output id="o" name="percent"/>
      <rule id="r1"><inputEntry id="e1"><text>&lt; 100</text></inputEntry>
        <outputEntry id="o1"><text>0</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="e2"><text>&gt;= 100</text></inputEntry>
        <outputEntry id="o2"><text>net / 20</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="net" name="net">
    <variable id="v2" name="net"/>
    <literalExpression id="l"><text>amount - 20</text></literalExpression>
  </decision>
</definitions>"""


@pytest.fixture
def rated(carol: httpx.Client) -> str:
    """An instance whose decision was made for 120."""
    deploy(carol, ("discounts.dmn", DECISION), ("rated.bpmn", RATED))
    return start(
        carol, "rated", variables={"amount": 120}, businessId="Alice", awaitCompletion=True
    )


def test_a_decision_of_a_task_is_found_by_what_is_known_of_it(carol, rated) -> None:
    start(carol, "rated", variables={"amount": 1}, awaitCompletion=True)

    found = search(carol, "decision-instances", filter={"processInstanceKey": rated})

    (one,) = found
    assert (one["decisionDefinitionId"], one["result"], one["state"]) == (
        "discount",
        "5",
        "EVALUATED",
    )
    assert (one["businessId"], one["decisionDefinitionType"]) == ("Alice", "DECISION_TABLE")
    for name in (
        "decisionEvaluationInstanceKey",
        "decisionEvaluationKey",
        "businessId",
        "processInstanceKey",
        "elementInstanceKey",
    ):
        assert search(carol, "decision-instances", filter={name: one[name]}) == found, name
    for name in ("decisionDefinitionId", "decisionDefinitionKey", "decisionDefinitionVersion"):
        assert len(search(carol, "decision-instances", filter={name: one[name]})) == 2, name
    elements = search(carol, "element-instances", filter={"elementId": "rate"})
    assert one["elementInstanceKey"] in {each["elementInstanceKey"] for each in elements}
    for nobody in ({"decisionDefinitionId": "discounts"}, {"state": "FAILED"}):
        assert search(carol, "decision-instances", filter=nobody) == []


def test_one_decision_tells_its_inputs_and_the_rules_that_held(carol, rated) -> None:
    (one,) = search(carol, "decision-instances", filter={"processInstanceKey": rated})

    told = carol.get(f"/v2/decision-instances/{one['decisionEvaluationInstanceKey']}").json()

    assert told["evaluatedInputs"] == [
        {"inputId": "i", "inputName": "Amount", "inputValue": "120"}
    ]
    assert [(rule["ruleId"], rule["ruleIndex"]) for rule in told["matchedRules"]] == [("r2", 2)]
    assert told["matchedRules"][0]["evaluatedOutputs"] == [
        {
            "outputId": "o",
            "outputName": "percent",
            "outputValue": "5",
            "ruleId": "r2",
            "ruleIndex": 2,
        }
    ]


def test_what_a_decision_was_given_is_what_the_variables_were_then(carol) -> None:
    again = RATED.replace(
        b'<zeebe:calledDecision decisionId="discount" resultVariable="percent"/>',
        b'<zeebe:calledDecision decisionId="discount" resultVariable="amount"/>',
    )
    deploy(carol, ("discounts.dmn", DECISION), ("rated.bpmn", again))
    start(carol, "rated", variables={"amount": 300}, awaitCompletion=True)
    (one,) = search(carol, "decision-instances")

    told = carol.get(f"/v2/decision-instances/{one['decisionEvaluationInstanceKey']}").json()

    assert [each["inputValue"] for each in told["evaluatedInputs"]] == ["300"]


@pytest.mark.parametrize("key", ["1-1", "{}-2", "{}-0", "{}", "x"])
def test_a_decision_that_was_not_made_is_not_found(carol, rated, key) -> None:
    (one,) = search(carol, "decision-instances")

    answer = carol.get(f"/v2/decision-instances/{key.format(one['decisionEvaluationKey'])}")

    assert answer.status_code == 404


def test_an_evaluation_lists_each_decision_with_what_it_was_given(carol) -> None:
    deploy(carol, ("chain.dmn", CHAIN))

    told = carol.post(
        "/v2/decision-definitions/evaluation",
        json={"decisionDefinitionId": "discount", "variables": {"amount": 220}},
    ).json()

    first, second = told["evaluatedDecisions"]
    assert (first["decisionDefinitionId"], second["decisionDefinitionId"]) == ("discount", "net")
    assert first["decisionDefinitionKey"] != second["decisionDefinitionKey"]
    assert (first["decisionDefinitionType"], second["decisionDefinitionType"]) == (
        "DECISION_TABLE",
        "LITERAL_EXPRESSION",
    )
    assert first["evaluatedInputs"] == [{"inputId": "i", "inputName": "Net", "inputValue": "200"}]
    (rule,) = first["matchedRules"]
    assert [each["outputValue"] for each in rule["evaluatedOutputs"]] == ["10"]
    assert (second["evaluatedInputs"], second["matchedRules"]) == ([], [])


def test_a_decision_that_another_requires_has_a_key_beside_it(carol) -> None:
    deploy(carol, ("chain.dmn", CHAIN), ("rated.bpmn", RATED))
    start(carol, "rated", variables={"amount": 220}, awaitCompletion=True)
    (one,) = search(carol, "decision-instances")

    told = carol.get(f"/v2/decision-instances/{one['decisionEvaluationKey']}-2").json()

    assert (told["decisionDefinitionId"], told["result"]) == ("net", "200")
    assert told["rootDecisionDefinitionKey"] == one["decisionDefinitionKey"]


def test_a_decision_without_a_result_is_told_as_failed(carol) -> None:
    deploy(carol, ("discounts.dmn", DECISION), ("rated.bpmn", RATED))
    stuck = start(carol, "rated", variables={"amount": "much"})
    start(carol, "rated", variables={"amount": 1})

    (one,) = search(carol, "decision-instances", filter={"state": "FAILED"})

    assert (one["processInstanceKey"], one["decisionDefinitionId"]) == (stuck, "discount")
    assert one["evaluationFailure"].startswith("The decision discount (version 1)")
    assert one["result"] == "null"
    told = carol.get(f"/v2/decision-instances/{one['decisionEvaluationInstanceKey']}").json()
    assert told["state"] == "FAILED"
    assert told["matchedRules"] == []


def test_the_id_of_a_decision_is_not_a_pattern(carol) -> None:
    other = DECISION.replace(b'id="discount"', b'id="dis_ount"')
    deploy(carol, ("discounts.dmn", DECISION), ("others.dmn", other), ("rated.bpmn", RATED))
    start(carol, "rated", variables={"amount": 1}, awaitCompletion=True)
    start(carol, "rated", variables={"amount": "much"})

    found = search(carol, "decision-instances")

    assert [one["decisionDefinitionId"] for one in found] == ["discount", "discount"]


HELD = RATED.replace(
    b'<bpmn:endEvent id="rated-end"/>', b'<bpmn:manualTask id="rated-end"/>'
).replace(
    b"  </bpmn:process>",
    b"""    <bpmn:userTask id="hold"><bpmn:extensionElements><zeebe:userTask/>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:sequenceFlow id="h3" sourceRef="rated-end" targetRef="hold"/>
  </bpmn:process>""",
)


def test_a_decision_of_before_a_migration_is_read_by_the_process_of_then(carol) -> None:
    deploy(carol, ("discounts.dmn", DECISION), ("rated.bpmn", HELD))
    key = start(carol, "rated", variables={"amount": 120})
    renamed = HELD.replace(b'"rate"', b'"judge"').replace(b'"begin"', b'"go"')
    (target,) = (
        one["processDefinition"]["processDefinitionKey"]
        for one in deploy(carol, ("rated.bpmn", renamed))["deployments"]
    )
    plan = {
        "targetProcessDefinitionKey": target,
        "mappingInstructions": [{"sourceElementId": "hold", "targetElementId": "hold"}],
    }
    moved = carol.post(f"/v2/process-instances/{key}/migration", json=plan)
    assert moved.status_code == 204, moved.text
    (one,) = search(carol, "decision-instances", filter={"processInstanceKey": key})

    told = carol.get(f"/v2/decision-instances/{one['decisionEvaluationInstanceKey']}").json()

    assert told["processDefinitionKey"] == target
    assert [each["inputValue"] for each in told["evaluatedInputs"]] == ["120"]
    assert [rule["ruleId"] for rule in told["matchedRules"]] == ["r2"]
