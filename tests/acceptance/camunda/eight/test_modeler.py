"""What Camunda Modeler sends to Camunda 8, call by call, with the headers as it sends them.

Source: camunda-modeler 5.50 (`zeebe-api.js`, `TaskTestingApi.js`) over @camunda8/sdk 8.8.13: the
content type is on every request, and without authentication the header is there and empty.
"""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.contract import conforms_to_client, conforms_to_document
from tests.acceptance.camunda.eight.world import PROCESS
from tests.acceptance.site import Site, running_site

HEADERS = {
    "user-agent": "camunda8-sdk-nodejs/8.8.13",
    "content-type": "application/json",
    "authorization": "",
    "accept": "*/*",
}
BOUNDARY = "--------------------------2e21959fecd79c6fd12aa032"


@pytest.fixture
def modeler(tmp_path) -> httpx.Client:
    """A Modeler with the authentication "none", of an engine that lets it work as an operator."""
    with running_site(tmp_path, camunda_user="carol") as running:
        client = running.anonymous()
        client.headers.update(HEADERS)
        yield client


def deployed(client: httpx.Client, content: bytes = PROCESS) -> httpx.Response:
    """Send the parts as form-data of Node writes them."""
    lines = [
        f"--{BOUNDARY}\r\n".encode(),
        b'Content-Disposition: form-data; name="resources"; filename="order.bpmn"\r\n',
        b"Content-Type: application/octet-stream\r\n\r\n",
        content,
        f"\r\n--{BOUNDARY}\r\n".encode(),
        b'Content-Disposition: form-data; name="tenantId"\r\n\r\n<default>',
        f"\r\n--{BOUNDARY}--\r\n".encode(),
    ]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.post(
        "/v2/deployments",
        content=b"".join(lines),
        headers={"content-type": kind, "accept": "application/json"},
    )


def ask(client: httpx.Client, path: str, body: object) -> dict[str, object]:
    answer = client.post(f"/v2/{path}", json=body)
    assert answer.status_code == 200, answer.text
    conforms_to_document("POST", f"/{path.partition('?')[0]}", answer)
    return answer.json()


def test_it_finds_the_cluster_deploys_and_starts(modeler: httpx.Client) -> None:
    topology = modeler.get("/v2/topology")
    answer = deployed(modeler)
    again = deployed(modeler)
    started = ask(
        modeler,
        "process-instances",
        {"processDefinitionId": "order", "variables": {}, "tenantId": "<default>"},
    )

    (deployment,) = answer.json()["deployments"]
    assert topology.json()["gatewayVersion"] == "8.8.0"
    assert conforms_to_document("POST", "/deployments", answer)
    assert conforms_to_client("POST", "/deployments", answer)
    assert deployment["processDefinition"]["resourceName"] == "order.bpmn"
    assert again.json()["deploymentKey"] == answer.json()["deploymentKey"]
    assert started["processInstanceKey"].isdigit()


def test_it_is_told_what_is_wrong_with_a_diagram(modeler: httpx.Client) -> None:
    answer = deployed(modeler, PROCESS.replace(b'targetRef="fork"', b'targetRef="nowhere"'))

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "nowhere" in answer.json()["detail"]


def test_its_task_testing_tab_runs_one_element_and_asks_what_became_of_it(
    modeler: httpx.Client,
) -> None:
    key = deployed(modeler).json()["deployments"][0]["processDefinition"]["processDefinitionKey"]
    started = ask(
        modeler,
        "process-instances",
        {
            "processDefinitionKey": key,
            "variables": {"order": "A-1"},
            "startInstructions": [{"elementId": "send"}],
            "runtimeInstructions": [
                {"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": "send"}
            ],
            "tenantId": "<default>",
        },
    )["processInstanceKey"]
    by_key = {"filter": {"processInstanceKey": started}}

    before = ask(modeler, "process-instances/search", by_key)["items"]
    called = ask(
        modeler, "process-instances/search", {"filter": {"parentProcessInstanceKey": started}}
    )["items"]
    elements = ask(modeler, "element-instances/search", by_key)["items"]
    variables = ask(modeler, "variables/search?truncateValues=false", by_key)["items"]
    incidents = ask(modeler, f"process-instances/{started}/incidents/search", {})["items"]
    (job,) = ask(modeler, "jobs/search", by_key)["items"]
    messages = ask(modeler, "message-subscriptions/search", by_key)["items"]
    tasks = ask(modeler, "user-tasks/search", by_key)["items"]

    assert [each["state"] for each in before] == ["ACTIVE"]
    assert [(each["elementId"], each["state"]) for each in elements] == [
        ("order", "ACTIVE"),
        ("send", "ACTIVE"),
    ]
    assert [(each["name"], each["value"]) for each in variables] == [("order", '"A-1"')]
    assert (job["type"], job["state"], job["elementId"]) == ("send", "CREATED", "send")
    assert (called, incidents, messages, tasks) == ([], [], [], [])


def test_the_instance_of_its_task_testing_tab_ends_after_the_element(
    modeler: httpx.Client,
) -> None:
    key = deployed(modeler).json()["deployments"][0]["processDefinition"]["processDefinitionKey"]
    started = ask(
        modeler,
        "process-instances",
        {
            "processDefinitionKey": key,
            "startInstructions": [{"elementId": "send"}],
            "runtimeInstructions": [
                {"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": "send"}
            ],
        },
    )["processInstanceKey"]
    body = {"type": "send", "timeout": 9000, "maxJobsToActivate": 1, "requestTimeout": 0}
    (job,) = ask(modeler, "jobs/activation", body)["jobs"]

    done = modeler.post(f"/v2/jobs/{job['jobKey']}/completion", json={"variables": {"sent": 1}})

    by_key = {"filter": {"processInstanceKey": started}}
    (instance,) = ask(modeler, "process-instances/search", by_key)["items"]
    elements = ask(modeler, "element-instances/search", by_key)["items"]
    assert done.status_code == 204
    assert instance["state"] == "TERMINATED"
    assert {each["elementId"]: each["state"] for each in elements} == {
        "order": "TERMINATED",
        "send": "COMPLETED",
    }


def test_without_a_configured_user_nobody_may_call_without_credentials(site: Site) -> None:
    client = site.anonymous()
    client.headers.update(HEADERS)

    assert client.get("/v2/topology").status_code == 401


def test_a_page_of_another_origin_may_not_call_for_the_configured_user(
    modeler: httpx.Client,
) -> None:
    answer = modeler.get("/v2/topology", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 401
