"""What Camunda Modeler and job workers send to Camunda 8."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.site import PASSWORD, Site

SHIP = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:message id="m" name="paid"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="=order"/></bpmn:extensionElements></bpmn:message>
  <bpmn:error id="lost" errorCode="LOST"/>
  <bpmn:process id="ship" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition messageRef="m"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:serviceTask id="send"><bpmn:extensionElements>
      <zeebe:taskDefinition type="send" retries="2"/>
      <zeebe:taskHeaders><zeebe:header key="by" value="rail"/></zeebe:taskHeaders>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:boundaryEvent id="no" attachedToRef="send"><bpmn:errorEventDefinition errorRef="lost"/>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="e"/><bpmn:endEvent id="n"/>
    <bpmn:sequenceFlow id="f0" sourceRef="s" targetRef="wait"/>
    <bpmn:sequenceFlow id="f1" sourceRef="wait" targetRef="send"/>
    <bpmn:sequenceFlow id="f2" sourceRef="send" targetRef="e"/>
    <bpmn:sequenceFlow id="f3" sourceRef="no" targetRef="n"/>
  </bpmn:process>
</bpmn:definitions>"""
TENANT = "<default>"


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    client = site.anonymous()
    client.auth = httpx.BasicAuth("carol", PASSWORD)
    return client


def deploy(client: httpx.Client, content: bytes = SHIP) -> httpx.Response:
    return client.post(
        "/v2/deployments",
        data={"tenantId": TENANT},
        files=[("resources", ("ship.bpmn", content, "application/octet-stream"))],
    )


def at_send(client: httpx.Client) -> str:
    """Deploy, start, publish the message that is waited for; return the instance's key."""
    deploy(client)
    body = {"processDefinitionId": "ship", "variables": {"order": "A-1"}, "tenantId": TENANT}
    started = client.post("/v2/process-instances", json=body)
    assert started.status_code == 200, started.text
    message = {"name": "paid", "correlationKey": "A-1", "timeToLive": 1000, "variables": {}}
    published = client.post("/v2/messages/publication", json=message)
    assert published.status_code == 200, published.text
    return started.json()["processInstanceKey"]


def activate(client: httpx.Client) -> list[dict[str, object]]:
    body = {"type": "send", "worker": "w", "timeout": 5000, "maxJobsToActivate": 2}
    answer = client.post("/v2/jobs/activation", json={**body, "requestTimeout": 0})
    assert answer.status_code == 200, answer.text
    return answer.json()["jobs"]


def test_the_modeler_sees_the_topology_of_one_broker(carol: httpx.Client) -> None:
    topology = carol.get("/v2/topology", headers={"Content-Type": "application/json"}).json()

    assert topology["gatewayVersion"] == "8.8.0"
    assert topology["brokers"][0]["partitions"][0]["role"] == "leader"


def test_without_a_log_in_there_is_a_problem_document(site: Site) -> None:
    answer = site.anonymous().get("/v2/topology", headers={"Authorization": ""})

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "instance"}


def test_the_modeler_deploys_and_starts_by_the_name_of_its_file(carol: httpx.Client) -> None:
    deployed = deploy(carol).json()
    (item,) = deployed["deployments"]

    assert deployed["deploymentKey"].isdigit()
    assert deployed["tenantId"] == TENANT
    assert set(item) == {
        *("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource")
    }
    assert item["processDefinition"]["resourceName"] == "ship.bpmn"
    assert item["processDefinition"]["processDefinitionVersion"] == 1
    started = carol.post(
        "/v2/process-instances",
        json={
            "processDefinitionKey": item["processDefinition"]["processDefinitionKey"],
            "variables": {"order": "A-1"},
        },
    ).json()
    assert started["processDefinitionId"] == "ship"
    assert started["processInstanceKey"].isdigit()


def test_the_modeler_is_told_what_is_wrong_with_a_diagram(carol: httpx.Client) -> None:
    answer = deploy(carol, SHIP.replace(b'targetRef="send"', b'targetRef="nowhere"'))

    assert answer.status_code == 400
    assert "nowhere" in answer.json()["detail"]


def test_a_worker_activates_and_completes_a_job(site: Site, carol: httpx.Client) -> None:
    instance = at_send(carol)

    (job,) = activate(carol)
    done = carol.post(f"/v2/jobs/{job['jobKey']}/completion", json={"variables": {"code": "T"}})

    assert job["processInstanceKey"] == instance
    assert job["customHeaders"] == {"by": "rail"}
    assert job["variables"] == {"order": "A-1"}
    assert (job["retries"], job["kind"], job["tenantId"]) == (2, "BPMN_ELEMENT", TENANT)
    assert done.status_code == 204
    seen = site.service.instance(int(instance))
    assert (seen.summary.status.value, seen.variables["code"]) == ("completed", "T")


def test_a_failed_job_is_offered_again_until_no_retry_is_left(
    site: Site, carol: httpx.Client
) -> None:
    at_send(carol)

    (job,) = activate(carol)
    path = f"/v2/jobs/{job['jobKey']}/failure"
    carol.post(path, json={"retries": 1, "errorMessage": "busy", "retryBackOff": 0})
    (again,) = activate(carol)
    carol.post(path, json={"retries": 0, "errorMessage": "broken", "retryBackOff": 0})

    assert again["retries"] == 1
    assert activate(carol) == []
    assert [each.message for each in site.service.incidents().items] == ["broken"]


def test_an_error_goes_to_the_boundary_event(site: Site, carol: httpx.Client) -> None:
    instance = at_send(carol)
    (job,) = activate(carol)

    body = {"errorCode": "LOST", "errorMessage": "on the way"}
    answer = carol.post(f"/v2/jobs/{job['jobKey']}/error", json=body)

    assert answer.status_code == 204
    passed = {each.element_id for each in site.service.instance_history(int(instance)).items}
    assert {"no", "n"} <= passed


def test_a_message_that_nobody_waits_for_is_no_error(carol: httpx.Client) -> None:
    deploy(carol)

    gone = carol.post("/v2/messages/publication", json={"name": "paid", "correlationKey": "B-2"})
    kept = carol.post(
        "/v2/messages/publication",
        json={"name": "paid", "correlationKey": "B-2", "timeToLive": 60_000},
    )

    assert (gone.status_code, gone.json()["messageKey"]) == (200, "0")
    assert kept.json()["messageKey"] not in {"", "0"}


def test_an_instance_is_cancelled(site: Site, carol: httpx.Client) -> None:
    instance = at_send(carol)

    answer = carol.post(f"/v2/process-instances/{instance}/cancellation")

    assert answer.status_code == 204
    assert site.service.instance(int(instance)).summary.status.value == "terminated"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("jobs/activation", {"type": "x"}, 400, "timeout"),
        ("jobs/1/completion", {"variables": [1]}, 400, "Expected an object."),
        ("jobs/1/completion", {}, 404, "1"),
        ("process-instances", {"processDefinitionKey": "x"}, 400, "decimal digits"),
        ("process-instances", {"processDefinitionId": "none"}, 404, "none"),
        (
            "process-instances",
            {"processDefinitionId": "ship", "runtimeInstructions": [{}]},
            400,
            "afterElementId",
        ),
        ("process-instances", {"processDefinitionId": "ship", "tags": ["1"]}, 400, "a tag"),
        ("process-instances/search", {"filter": {"color": "red"}}, 400, "color"),
        ("process-instances/search", {"sort": [{"field": "color"}]}, 400, "color"),
        ("process-instances/search", {"page": {"after": "x"}}, 400, "cursor"),
        ("backups/runtime", {}, 501, "POST /backups/runtime is not: there is no cluster"),
    ],
)
def test_bad_input_gets_a_problem_document(carol, path, body, status, words) -> None:
    answer = carol.post(f"/v2/{path}", json=body)

    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
