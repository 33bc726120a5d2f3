"""What is waited for, which messages arrived, how variables are called, how much was used."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.world import PROCESS, deploy, search, signed_in, start

EVER = {"startTime": "2000-01-01T00:00:00Z", "endTime": "2100-01-01T00:00:00Z"}

EVENTS = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:message id="m" name="begun"/>
  <bpmn:signal id="s" name="bell"/>
  <bpmn:process id="events" isExecutable="true">
    <bpmn:startEvent id="by-message"><bpmn:messageEventDefinition messageRef="m"/>
    </bpmn:startEvent>
    <bpmn:startEvent id="by-condition"><bpmn:conditionalEventDefinition>
      <bpmn:condition xsi:type="bpmn:tFormalExpression">=heat &gt; 30</bpmn:condition>
    </bpmn:conditionalEventDefinition></bpmn:startEvent>
    <bpmn:exclusiveGateway id="merge"/>
    <bpmn:parallelGateway id="fork"/>
    <bpmn:intermediateCatchEvent id="later"><bpmn:timerEventDefinition>
      <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration>
    </bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="ringing"><bpmn:signalEventDefinition signalRef="s"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="cold"><bpmn:conditionalEventDefinition>
      <bpmn:condition xsi:type="bpmn:tFormalExpression">=heat &lt; 0</bpmn:condition>
    </bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="by-message" targetRef="merge"/>
    <bpmn:sequenceFlow id="f2" sourceRef="by-condition" targetRef="merge"/>
    <bpmn:sequenceFlow id="f0" sourceRef="merge" targetRef="fork"/>
    <bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="later"/>
    <bpmn:sequenceFlow id="f4" sourceRef="fork" targetRef="ringing"/>
    <bpmn:sequenceFlow id="f5" sourceRef="fork" targetRef="cold"/>
  </bpmn:process>
</bpmn:definitions>"""

CALLER = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="caller" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:callActivity id="call"><bpmn:extensionElements>
      <zeebe:calledElement processId="order"/></bpmn:extensionElements></bpmn:callActivity>
    <bpmn:sequenceFlow id="g1" sourceRef="s" targetRef="call"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def instance(carol: httpx.Client) -> str:
    """An instance that waits for a message, a worker and a person."""
    deploy(carol)
    return start(carol, variables={"order": "A-1"}, businessId="Alice")


def waits(client: httpx.Client, **filter_: object) -> dict[str, dict[str, object]]:
    """Return what is waited for, by element."""
    found = search(client, "element-instances/wait-states", filter=filter_)
    return {one["elementId"]: one for one in found}


def test_each_wait_says_what_it_is_for(carol, instance) -> None:
    found = waits(carol, processInstanceKey=instance)

    assert {name: one["elementType"] for name, one in found.items()} == {
        "wait": "INTERMEDIATE_CATCH_EVENT",
        "send": "SERVICE_TASK",
        "approve": "USER_TASK",
    }
    assert found["wait"]["details"] == {
        "waitStateType": "MESSAGE",
        "messageName": "paid",
        "correlationKey": "A-1",
    }
    (job,) = search(carol, "jobs")
    assert found["send"]["details"] == {
        "waitStateType": "JOB",
        "jobKey": job["jobKey"],
        "jobType": "send",
        "jobKind": "BPMN_ELEMENT",
        "listenerEventType": None,
        "retries": 2,
    }
    (task,) = search(carol, "user-tasks")
    assert found["approve"]["details"]["taskKey"] == task["userTaskKey"]
    assert found["approve"]["elementInstanceKey"] == task["elementInstanceKey"]


def test_timers_signals_and_conditions_are_waits_too(carol) -> None:
    deploy(carol, ("events.bpmn", EVENTS))
    carol.post("/v2/messages/publication", json={"name": "begun", "correlationKey": ""})

    found = waits(carol)

    assert found["ringing"]["details"] == {"waitStateType": "SIGNAL", "signalName": "bell"}
    assert found["later"]["details"]["dueDate"] > 1_000_000_000_000
    assert found["cold"]["details"]["expression"].strip("= ") == "heat < 0"
    assert found["cold"]["details"]["events"] == ["create", "update"]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"waitStateType": "JOB"}, {"send"}),
        ({"elementType": {"$in": ["USER_TASK", "SERVICE_TASK"]}}, {"send", "approve"}),
        ({"elementId": {"$like": "*a*"}}, {"wait", "approve"}),
        ({"rootProcessInstanceKey": "1"}, set()),
    ],
)
def test_waits_are_found_by_what_they_are(carol, instance, filter_, expected) -> None:
    assert set(waits(carol, **filter_)) == expected


def test_a_message_that_arrived_is_found_by_its_instance_and_its_name(carol, instance) -> None:
    (subscription,) = search(carol, "message-subscriptions")
    sent = {"name": "paid", "correlationKey": "A-1"}
    assert carol.post("/v2/messages/correlation", json=sent).status_code == 200

    (one,) = search(carol, "correlated-message-subscriptions")

    assert (one["messageName"], one["correlationKey"], one["businessId"]) == (
        "paid",
        "A-1",
        "Alice",
    )
    assert one["subscriptionKey"] == subscription["messageSubscriptionKey"]
    assert one["elementInstanceKey"] == subscription["elementInstanceKey"]
    by_name = {"processInstanceKey": instance, "messageName": "paid"}
    assert search(carol, "correlated-message-subscriptions", filter=by_name) == [one]
    other = {"processInstanceKey": instance, "messageName": "lost"}
    assert search(carol, "correlated-message-subscriptions", filter=other) == []


def test_a_message_that_began_an_instance_is_correlated(carol) -> None:
    deploy(carol, ("events.bpmn", EVENTS))
    carol.post("/v2/messages/publication", json={"name": "begun", "correlationKey": ""})

    (one,) = search(carol, "correlated-message-subscriptions")

    assert (one["messageName"], one["elementId"]) == ("begun", "by-message")


def test_the_name_of_a_message_alone_is_refused(carol, instance) -> None:
    answer = carol.post(
        "/v2/correlated-message-subscriptions/search", json={"filter": {"messageName": "paid"}}
    )

    assert answer.status_code == 400
    assert "processInstanceKey" in answer.json()["detail"]


def test_the_names_of_variables_are_those_that_instances_have(carol, instance) -> None:
    start(carol, variables={"order": "A-2", "amount": 3})
    start(carol, "plain", variables={"x": 1})
    (one,) = search(carol, "process-definitions", filter={"processDefinitionId": "order"})
    address = f"process-definitions/{one['processDefinitionKey']}/variable-names"

    assert [each["name"] for each in search(carol, address)] == ["amount", "order"]
    by_name = {"name": {"$like": "o*"}}
    assert [each["name"] for each in search(carol, address, filter=by_name)] == ["order"]


def test_what_was_used_is_counted_within_the_time_asked_for(carol, site, instance) -> None:
    (task,) = search(carol, "user-tasks")
    assigned = f"/v2/user-tasks/{task['userTaskKey']}/assignment"
    assert carol.post(assigned, json={"assignee": "bob"}).status_code == 204
    admin = signed_in(site, "admin")

    used = admin.get("/v2/system/usage-metrics", params={**EVER, "withTenants": "true"}).json()

    figures = {"processInstances": 1, "decisionInstances": 0, "assignees": 1}
    assert used == {**figures, "activeTenants": 1, "tenants": {"<default>": figures}}
    before = {**EVER, "endTime": "2001-01-01T00:00:00Z"}
    nothing = admin.get("/v2/system/usage-metrics", params=before).json()
    assert (nothing["processInstances"], nothing["assignees"]) == (0, 0)
    assert carol.get("/v2/system/usage-metrics", params=EVER).status_code == 403


def test_the_conditions_of_one_process_are_asked_alone(carol) -> None:
    other = EVENTS.replace(b'id="events"', b'id="others"').replace(b"begun", b"other")
    deploy(carol, ("events.bpmn", EVENTS), ("others.bpmn", other))
    (one,) = search(carol, "process-definitions", filter={"processDefinitionId": "events"})
    key = one["processDefinitionKey"]

    def asked(**body: object) -> httpx.Response:
        return carol.post("/v2/conditionals/evaluation", json={"variables": {"heat": 40}, **body})

    started = asked(processDefinitionKey=key).json()["processInstances"]
    assert [each["processDefinitionKey"] for each in started] == [key]
    assert len(asked().json()["processInstances"]) == 2
    assert asked(processDefinitionKey="1").status_code == 404


def test_incidents_of_called_instances_are_those_of_the_caller(carol) -> None:
    broken = PROCESS.replace(b'correlationKey="=order"', b'correlationKey="=order.missing.x"')
    deploy(carol, ("order.bpmn", broken), ("caller.bpmn", CALLER))
    key = start(carol, "caller", variables={"order": None})
    elsewhere = start(carol, variables={"order": None})

    found = search(carol, f"process-instances/{key}/incidents")

    assert len(found) == 1
    assert found[0]["rootProcessInstanceKey"] == key != found[0]["processInstanceKey"]
    own = search(carol, f"process-instances/{elsewhere}/incidents")
    assert [one["processInstanceKey"] for one in own] == [elsewhere]
