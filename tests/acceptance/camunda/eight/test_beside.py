"""Figures of elements, scopes of element instances, start events, deployments, hashes."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.test_waits import CALLER, EVENTS
from tests.acceptance.camunda.eight.world import activate, deploy, search, start

NESTED = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="nested" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:subProcess id="inner">
      <bpmn:startEvent id="si"/>
      <bpmn:serviceTask id="work"><bpmn:extensionElements>
        <zeebe:taskDefinition type="work"/></bpmn:extensionElements></bpmn:serviceTask>
      <bpmn:sequenceFlow id="g1" sourceRef="si" targetRef="work"/>
    </bpmn:subProcess>
    <bpmn:sequenceFlow id="g2" sourceRef="s" targetRef="inner"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def deployed(carol: httpx.Client) -> dict[str, str]:
    """Keys of process definitions by id."""
    deploy(carol)
    return {
        str(one["processDefinitionId"]): str(one["processDefinitionKey"])
        for one in search(carol, "process-definitions")
    }


def figures(client: httpx.Client, key: str, **filter_: object) -> dict[str, tuple[object, ...]]:
    """Return active, completed, canceled and incidents of each element."""
    address = f"/v2/process-definitions/{key}/statistics/element-instances"
    answer = client.post(address, json={"filter": filter_})
    assert answer.status_code == 200, answer.text
    names = ("active", "completed", "canceled", "incidents")
    return {one["elementId"]: tuple(one[n] for n in names) for one in answer.json()["items"]}


def test_figures_of_elements_sum_up_what_ended_too(carol, deployed) -> None:
    first = start(carol, variables={"order": "A-1"})
    second = start(carol, variables={"order": "A-2"}, businessId="Bob")
    carol.post(f"/v2/process-instances/{first}/cancellation", json={})

    found = figures(carol, deployed["order"])

    assert found["start"] == (0, 2, 0, 0)
    assert found["send"] == (1, 0, 1, 0)
    assert figures(carol, deployed["order"], state="ACTIVE")["send"] == (1, 0, 0, 0)
    assert figures(carol, deployed["order"], processInstanceKey=first)["send"] == (0, 0, 1, 0)
    assert figures(carol, deployed["order"], businessId="Bob")["start"] == (0, 1, 0, 0)
    by_variable = [{"name": "order", "value": '"A-2"'}]
    assert figures(carol, deployed["order"], variables=by_variable)["send"] == (1, 0, 0, 0)
    assert figures(carol, deployed["order"], businessId="Alice") == {}
    assert second != first


def test_instances_are_found_by_the_hash_of_a_message(carol, deployed) -> None:
    stuck = start(carol, variables={"order": "A-1"})
    (job,) = activate(carol)
    failure = {"retries": 0, "errorMessage": "no line"}
    carol.post(f"/v2/jobs/{job['jobKey']}/failure", json=failure)
    start(carol, variables={"order": "A-2"})

    by_hash = {"incidentErrorHashCode": 2051867379}

    found = search(carol, "process-instances", filter=by_hash)
    assert [one["processInstanceKey"] for one in found] == [stuck]
    assert figures(carol, deployed["order"], **by_hash)["send"] == (1, 0, 0, 1)
    assert search(carol, "process-instances", filter={"incidentErrorHashCode": 1}) == []


def test_element_instances_are_found_by_the_scope_they_are_in(carol) -> None:
    deploy(carol, ("nested.bpmn", NESTED))
    instance = start(carol, "nested")
    (scope,) = search(carol, "element-instances", filter={"elementId": "inner"})

    def inside(key: object) -> set[object]:
        by_scope = {"elementInstanceScopeKey": key}
        found = search(carol, "element-instances", filter=by_scope)
        return {one["elementId"] for one in found}

    assert inside(scope["elementInstanceKey"]) == {"si", "work"}
    assert inside(instance) == {"s", "inner"}
    assert inside("1") == set()
    assert inside({"$in": [scope["elementInstanceKey"], instance]}) == {"s", "inner", "si", "work"}


@pytest.mark.parametrize(
    "filter_",
    [
        {"elementInstanceScopeKey": {"$neq": "1"}},
        {"$or": [{"elementInstanceScopeKey": "1"}]},
    ],
)
def test_a_scope_is_named_and_not_excluded(carol, filter_) -> None:
    answer = carol.post("/v2/element-instances/search", json={"filter": filter_})

    assert answer.status_code == 400, answer.text


def test_start_events_that_wait_for_messages_are_listed_when_asked_for(carol) -> None:
    deploy(carol, ("events.bpmn", EVENTS))

    (one,) = search(
        carol, "message-subscriptions", filter={"messageSubscriptionType": "START_EVENT"}
    )

    assert (one["messageName"], one["elementId"]) == ("begun", "by-message")
    assert one["processInstanceKey"] is None
    assert one["elementInstanceKey"] is None
    by_key = {
        "messageSubscriptionType": {"$in": ["START_EVENT"]},
        "messageSubscriptionKey": one["messageSubscriptionKey"],
    }
    assert search(carol, "message-subscriptions", filter=by_key) == [one]
    other = {"messageSubscriptionType": "START_EVENT", "messageName": "paid"}
    assert search(carol, "message-subscriptions", filter=other) == []
    assert search(carol, "message-subscriptions") == []


def test_who_deployed_a_file_is_in_the_audit_log(carol, deployed) -> None:
    found = search(carol, "audit-logs", filter={"entityType": "RESOURCE", "actorId": "carol"})

    assert {one["entityDescription"] for one in found} == {
        "order.bpmn",
        "plain.bpmn",
        "approval.form",
        "discounts.dmn",
    }
    assert {one["operationType"] for one in found} == {"CREATE"}
    told = carol.get(f"/v2/audit-logs/{found[0]['auditLogKey']}").json()
    assert told == found[0]
    nobody = {"entityType": "RESOURCE", "actorId": "bob"}
    assert search(carol, "audit-logs", filter=nobody) == []


def test_variables_are_found_without_naming_an_instance(carol, deployed) -> None:
    start(carol, variables={"order": "A-1"})
    start(carol, variables={"order": "A-2", "amount": 3})

    found = search(carol, "variables", filter={"name": "order", "value": '"A-2"'})

    assert [one["name"] for one in found] == ["order"]
    assert len(search(carol, "variables")) == 3


@pytest.fixture
def stuck(carol: httpx.Client, deployed) -> tuple[str, str]:
    """Two instances: the job of the first has failed for good, the second's was completed."""
    first = start(carol, variables={"order": "A-1"})
    second = start(carol, variables={"order": "A-2"})
    for job in activate(carol):
        is_first = job["processInstanceKey"] == first
        what, body = (
            ("failure", {"retries": 0, "errorMessage": "no line"})
            if is_first
            else ("completion", {})
        )
        assert carol.post(f"/v2/jobs/{job['jobKey']}/{what}", json=body).status_code == 204
    return first, second


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"elementId": "send", "elementInstanceState": "ACTIVE"}, {0}),
        ({"elementId": "send", "elementInstanceState": "COMPLETED"}, {1}),
        ({"elementInstanceState": {"$in": ["TERMINATED"]}}, set()),
        ({"elementId": "send", "hasElementInstanceIncident": True}, {0}),
        ({"elementId": "send", "hasElementInstanceIncident": False}, {1}),
        ({"elementId": "approve", "hasElementInstanceIncident": True}, set()),
        ({"hasElementInstanceIncident": True}, {0}),
        ({"$or": [{"elementId": "send", "elementInstanceState": "COMPLETED"}]}, {1}),
    ],
)
def test_conditions_on_an_element_instance_are_about_the_same_one(
    carol, stuck, filter_, expected
) -> None:
    found = search(carol, "process-instances", filter=filter_)

    assert {stuck.index(one["processInstanceKey"]) for one in found} == expected


def test_called_instances_are_found_by_the_element_instance_that_called(carol) -> None:
    deploy(carol)
    deploy(carol, ("caller.bpmn", CALLER))
    key = start(carol, "caller", variables={"order": "A-1"})
    start(carol, "caller", variables={"order": "A-2"})
    (call,) = search(
        carol, "element-instances", filter={"elementId": "call", "processInstanceKey": key}
    )

    by_caller = {"parentElementInstanceKey": call["elementInstanceKey"]}

    (called,) = search(carol, "process-instances", filter=by_caller)
    assert called["parentProcessInstanceKey"] == key
    assert called["parentElementInstanceKey"] == call["elementInstanceKey"]
    assert search(carol, "process-instances", filter={"parentElementInstanceKey": key}) == []


def test_other_files_are_kept_beside_a_diagram(carol) -> None:
    made = deploy(carol, ("nested.bpmn", NESTED), ("notes.rpa", b"# a robot"))

    (file,) = [one["resource"] for one in made["deployments"] if one["resource"] is not None]

    assert (file["resourceName"], file["version"]) == ("notes.rpa", 1)
    told = carol.get(f"/v2/resources/{file['resourceKey']}/content")
    assert (told.content, told.headers["Content-Type"]) == (
        b"# a robot",
        "application/octet-stream",
    )
    assert deploy(carol, ("nested.bpmn", NESTED), ("notes.rpa", b"# a robot")) == made


def test_a_file_that_nothing_is_made_of_is_refused_alone(carol) -> None:
    answer = carol.post(
        "/v2/deployments", files=[("resources", ("notes.rpa", b"# a robot", "text/plain"))]
    )

    assert answer.status_code == 400
    assert "notes.rpa" in answer.json()["detail"]
    assert search(carol, "resources") == []
