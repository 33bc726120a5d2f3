"""What workers and operators written for Camunda 7 ask of external tasks."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from tests.acceptance.camunda.test_engine_rest import signed_in
from tests.acceptance.site import Site

SHIPPING = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:error id="lost" errorCode="LOST"/>
  <bpmn:process id="shipping" name="Shipping" isExecutable="true" camunda:versionTag="v1">
    <bpmn:startEvent id="s"/>
    <bpmn:serviceTask id="pack" camunda:type="external" camunda:topic="pack"
        camunda:taskPriority="5">
      <bpmn:extensionElements>
        <camunda:inputOutput>
          <camunda:inputParameter name="weight">${amount * 2}</camunda:inputParameter>
          <camunda:outputParameter name="parcel">${label}</camunda:outputParameter>
        </camunda:inputOutput>
        <camunda:properties><camunda:property name="dock" value="7"/></camunda:properties>
      </bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:boundaryEvent id="gone" attachedToRef="pack">
      <bpmn:errorEventDefinition errorRef="lost"/></bpmn:boundaryEvent>
    <bpmn:endEvent id="e"/><bpmn:endEvent id="g"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="pack"/>
    <bpmn:sequenceFlow id="f2" sourceRef="pack" targetRef="e"/>
    <bpmn:sequenceFlow id="f3" sourceRef="gone" targetRef="g"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """Carol is an operator; the process is deployed."""
    client = signed_in(site)
    client.base_url = f"{site.url}/engine-rest/"
    deployed = client.post(
        "deployment/create", files={"shipping.bpmn": ("shipping.bpmn", SHIPPING, "text/xml")}
    )
    assert deployed.status_code == 200, deployed.text
    return client


def begun(client: httpx.Client, business_key: str = "A-1", amount: int = 3) -> str:
    body = {"businessKey": business_key, "variables": {"amount": {"value": amount}}}
    return client.post("process-definition/key/shipping/start", json=body).json()["id"]


def fetched(
    client: httpx.Client, *, worker: str = "w", **topic: object
) -> list[dict[str, object]]:
    body = {
        "workerId": worker,
        "maxTasks": 10,
        "usePriority": True,
        "sorting": None,
        "topics": [{"topicName": "pack", "lockDuration": 10_000, **topic}],
    }
    answer = client.post("external-task/fetchAndLock", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_locked_task_says_all_that_camunda_says(carol: httpx.Client) -> None:
    instance = begun(carol)

    (task,) = fetched(carol, includeExtensionProperties=True, variables=None, processVariables={})

    assert task["id"].isdigit()
    assert task["createTime"].endswith("+0000")
    expected = {
        "activityId": "pack",
        "processInstanceId": instance,
        "processDefinitionKey": "shipping",
        "processDefinitionVersionTag": "v1",
        "businessKey": "A-1",
        "priority": 5,
        "retries": None,
        "errorMessage": None,
        "errorDetails": None,
        "workerId": "w",
        "tenantId": None,
        "suspended": False,
    }
    assert {name: task[name] for name in expected} == expected
    assert {name: each["value"] for name, each in task["variables"].items()} == {
        "amount": 3,
        "weight": 6,
    }
    assert task["extensionProperties"]["dock"] == "7"


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ({}, {"A-1", "B-2"}),
        ({"businessKey": "B-2"}, {"B-2"}),
        ({"businessKey": "none"}, set()),
        ({"processDefinitionKey": "shipping"}, {"A-1", "B-2"}),
        ({"processDefinitionKeyIn": ["other", "shipping"]}, {"A-1", "B-2"}),
        ({"processDefinitionKeyIn": ["other"]}, set()),
        ({"processDefinitionId": "shipping:1:1"}, set()),
        ({"processDefinitionVersionTag": "v1"}, {"A-1", "B-2"}),
        ({"processDefinitionVersionTag": "v2"}, set()),
        ({"processVariables": {"amount": 4}}, {"B-2"}),
        ({"processVariables": {"amount": 4}, "businessKey": "A-1"}, set()),
        ({"withoutTenantId": True}, {"A-1", "B-2"}),
        ({"tenantIdIn": ["one"]}, set()),
    ],
)
def test_a_topic_asks_for_some_tasks_only(carol: httpx.Client, topic, expected) -> None:
    begun(carol, "A-1", 3)
    begun(carol, "B-2", 4)

    assert {task["businessKey"] for task in fetched(carol, **topic)} == expected


def test_a_worker_gets_the_variables_that_it_asks_for(carol: httpx.Client) -> None:
    for _ in range(3):
        begun(carol)

    (local, *_) = fetched(carol, localVariables=True)
    carol.post(f"external-task/{local['id']}/unlock")
    (named, *_) = fetched(carol, worker="v", variables=["amount", "none"], businessKey="A-1")

    assert set(local["variables"]) == {"weight"}
    assert set(named["variables"]) == {"amount"}
    assert named["extensionProperties"] == {}


def test_tasks_come_in_the_order_that_is_asked_for(carol: httpx.Client) -> None:
    for number in range(3):
        begun(carol, f"K-{number}")
    body = {
        "workerId": "w",
        "maxTasks": 2,
        "usePriority": False,
        "sorting": [{"sortBy": "createTime", "sortOrder": "asc"}],
        "topics": [{"topicName": "pack", "lockDuration": 10_000}],
    }
    first = carol.get("external-task", params={"sortBy": "id", "sortOrder": "asc"}).json()[0]
    carol.put(f"external-task/{first['id']}/priority", json={"priority": -1})

    found = carol.post("external-task/fetchAndLock", json=body).json()
    (rest,) = fetched(carol)

    assert len(found) == 2
    assert {task["businessKey"] for task in (*found, rest)} == {"K-0", "K-1", "K-2"}


def test_local_variables_reach_the_output_mappings_and_nothing_else(
    site: Site, carol: httpx.Client
) -> None:
    instance = begun(carol)
    (task,) = fetched(carol)

    done = carol.post(
        f"external-task/{task['id']}/complete",
        json={
            "workerId": "w",
            "variables": {"done": {"value": True}},
            "localVariables": {"label": {"value": "P-1", "type": "String"}},
        },
    )

    assert done.status_code == 204, done.text
    variables = dict(site.service.instance(int(instance)).variables)
    assert variables["parcel"] == "P-1"
    assert "label" not in variables


def test_a_failure_keeps_its_details_and_its_variables(site: Site, carol: httpx.Client) -> None:
    instance = begun(carol)
    (task,) = fetched(carol)
    path = f"external-task/{task['id']}"

    failed = carol.post(
        f"{path}/failure",
        json={
            "workerId": "w",
            "errorMessage": "no boxes",
            "errorDetails": "Traceback: boxes",
            "retries": 2,
            "retryTimeout": 60_000,
            "variables": {"tried": {"value": 1}},
        },
    )
    at_once = fetched(carol)
    site.clock.advance(dt.timedelta(minutes=2))
    (again,) = fetched(carol)
    details = carol.get(f"{path}/errorDetails")

    assert failed.status_code == 204, failed.text
    assert at_once == []
    assert (again["retries"], again["errorMessage"]) == (2, "no boxes")
    assert again["errorDetails"] == "Traceback: boxes"
    assert details.text == "Traceback: boxes"
    assert details.headers["Content-Type"].startswith("text/plain")
    assert dict(site.service.instance(int(instance)).variables)["tried"] == 1


def test_retries_are_given_to_one_task_and_to_many(site: Site, carol: httpx.Client) -> None:
    first, second = begun(carol), begun(carol, "B-2")
    ids = [task["id"] for task in carol.get("external-task").json()]
    zero = carol.put(f"external-task/{ids[0]}/retries", json={"retries": 0})
    without = carol.get("external-task", params={"noRetriesLeft": "true"}).json()
    incidents = len(site.service.incidents().items)

    one = carol.put(f"external-task/{ids[0]}/retries", json={"retries": 3})
    many = carol.put(
        "external-task/retries",
        json={"retries": 5, "processInstanceIds": [first, second]},
    )
    queried = carol.put(
        "external-task/retries",
        json={"retries": 4, "externalTaskQuery": {"topicName": "pack"}},
    )

    assert (zero.status_code, one.status_code, many.status_code) == (204, 204, 204)
    assert [task["id"] for task in without] == [ids[0]]
    assert incidents == 1
    assert [each for each in site.service.incidents().items if each.resolved_at is None] == []
    assert queried.status_code == 204
    counted = carol.get("external-task/count", params={"withRetriesLeft": "true"}).json()
    assert counted == {"count": 2}
    refused = carol.put("external-task/retries", json={"retries": 1})
    assert (refused.status_code, refused.json()["type"]) == (400, "InvalidRequestException")


def test_one_task_is_locked_and_given_back(carol: httpx.Client) -> None:
    begun(carol)
    (task,) = carol.get("external-task").json()
    path = f"external-task/{task['id']}"
    body = {"workerId": "w", "lockDuration": 10_000}

    locked = carol.post(f"{path}/lock", json=body)
    other = carol.post(f"{path}/lock", json={**body, "workerId": "v"})
    seen = carol.get(path).json()
    freed = carol.post(f"{path}/unlock")
    freed_again = carol.post(f"{path}/unlock")

    assert (locked.status_code, freed.status_code, freed_again.status_code) == (204, 204, 204)
    assert (other.status_code, other.json()["type"]) == (400, "RestException")
    assert seen["workerId"] == "w"
    assert [each["id"] for each in fetched(carol, worker="v")] == [task["id"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"topicName": "pack"}, 2),
        ({"topicName": "other"}, 0),
        ({"locked": "true"}, 1),
        ({"notLocked": "true"}, 1),
        ({"workerId": "w"}, 1),
        ({"withRetriesLeft": "true"}, 2),
        ({"activityId": "pack", "activityIdIn": "pack,x"}, 2),
        ({"processDefinitionKey": "shipping", "processDefinitionNameLike": "Ship%"}, 2),
        ({"active": "true"}, 2),
        ({"suspended": "true"}, 0),
        ({"priorityHigherThanOrEquals": "6"}, 0),
        ({"priorityLowerThanOrEquals": "5"}, 2),
        ({"processVariables": "amount_gt_3"}, 1),
        ({"lockExpirationAfter": "2000-01-01T00:00:00.000+0000"}, 1),
        ({"lockExpirationBefore": "2000-01-01T00:00:00.000+0000"}, 0),
        ({"maxResults": "1", "sortBy": "taskPriority", "sortOrder": "desc"}, 1),
    ],
)
def test_operators_find_external_tasks(carol: httpx.Client, query, expected) -> None:
    begun(carol)
    begun(carol, "B-2", 4)
    assert len(fetched(carol, businessKey="A-1")) == 1

    found = carol.get("external-task", params=query)
    posted = carol.post(
        "external-task",
        json={
            name: value
            for name, value in query.items()
            if name not in {"maxResults", "sortBy", "sortOrder", "processVariables"}
        },
    )

    assert found.status_code == 200, found.text
    assert len(found.json()) == expected
    assert posted.status_code == 200, posted.text
    assert carol.get("external-task/topic-names", params={"withLockedTasks": "true"}).json() == [
        "pack"
    ]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("fetchAndLock", {"topics": [{"topicName": "pack", "lockDuration": 0}]}, "lockDuration"),
        ("fetchAndLock", {"topics": [{"lockDuration": 1}]}, "topicName"),
        (
            "fetchAndLock",
            {"topics": [{"topicName": "p", "lockDuration": 1, "colour": 1}]},
            "Unrecognized parameter 'colour'",
        ),
        ("count", {"processVariables": 5}, "list of conditions"),
    ],
)
def test_a_request_that_cannot_be_understood_is_refused(
    carol: httpx.Client, path, body, words
) -> None:
    worker = {"workerId": "w", "maxTasks": 1} if path == "fetchAndLock" else {}

    answer = carol.post(f"external-task/{path}", json={**worker, **body})

    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] == "InvalidRequestException"
    assert words in answer.json()["message"]


def test_staff_are_no_workers(site: Site, carol: httpx.Client) -> None:
    alice = signed_in(site, "alice")

    assert alice.get("/engine-rest/external-task").status_code == 403
    assert alice.post("/engine-rest/external-task/fetchAndLock", json={}).status_code == 403
