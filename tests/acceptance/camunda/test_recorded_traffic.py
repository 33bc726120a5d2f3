"""What Camunda's clients and its Modeler were recorded sending, sent again as it was.

Path, headers and body are those of the recording; only what another engine had made is exchanged:
ids, keys, the diagram, and the password of its user.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.acceptance.camunda.eight.world import activate
from tests.acceptance.camunda.eight.world import deploy as deploy_eight
from tests.acceptance.camunda.eight.world import start as start_eight
from tests.acceptance.site import PASSWORD, running_site
from tests.conformance.scores import FOLDER

RECORDED = FOLDER.parent / "contracts" / "recorded-client-traffic.json"
DIAGRAM = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:message id="paid" name="m"/><bpmn:error id="lost" errorCode="E1"/>
  <bpmn:process id="{process_id}" isExecutable="true" camunda:versionTag="v1">
    <bpmn:startEvent id="s"/><bpmn:parallelGateway id="fork"/>
    <bpmn:serviceTask id="a" {task}</bpmn:serviceTask>
    <bpmn:boundaryEvent id="no" attachedToRef="a"><bpmn:errorEventDefinition errorRef="lost"/>
    </bpmn:boundaryEvent>
    {wait}
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="fork"/>
    <bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="a"/>
  </bpmn:process>
</bpmn:definitions>"""
SEVEN = {
    "task": 'camunda:type="external" camunda:topic="t">',
    "wait": '<bpmn:receiveTask id="wait" messageRef="paid"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="wait"/>',
}
EIGHT = {
    "task": '><bpmn:extensionElements><zeebe:taskDefinition type="t"/></bpmn:extensionElements>',
    "wait": "",
}
CAROL = f"Basic {b64encode(f'carol:{PASSWORD}'.encode()).decode()}"


def diagram(process_id: str, parts: dict[str, str]) -> str:
    return DIAGRAM.format(process_id=process_id, **parts)


@dataclass(kw_only=True)
class Replay:
    """Sends recorded requests, and remembers what this engine answered with."""

    client: httpx.Client
    definition_key: str
    instance: str = ""
    refused: list[str] = field(default_factory=list)

    def send(self, recorded: dict[str, object]) -> None:
        """Send one; what is refused is noted."""
        path, body = str(recorded["path"]), str(recorded["body"])
        worker = json.loads(body).get("workerId", "w1") if body.startswith("{") else "w1"
        path = re.sub(r"task\d+", lambda _: self.locked_task(worker), path)
        path = re.sub(r"(?<=jobs/)\d+", lambda _: self.locked_job(), path)
        body = body.replace('"pi"', f'"{self.waiting_instance()}"' if '"pi"' in body else "")
        body = body.replace('"processDefinitionKey":"2"', self.definition_key)
        body = body.replace('"processInstanceKey":"3"', f'"processInstanceKey":"{self.instance}"')
        body = body.replace("<x/>", diagram("p", EIGHT))
        headers = dict(recorded["headers"])
        if headers.get("authorization"):
            headers["authorization"] = CAROL
        answer = self.client.request(
            str(recorded["method"]), path, content=body.encode(), headers=headers
        )
        if answer.status_code not in {200, 204}:
            self.refused.append(f"{recorded['method']} {path}: {answer.text}")
        elif path == "/v2/process-instances":
            self.instance = answer.json()["processInstanceKey"]

    def locked_task(self, worker: str) -> str:
        """Return the id of a task that a worker has locked."""
        self.client.post("/engine-rest/process-definition/key/d/start", json={})
        topics = [{"topicName": "t", "lockDuration": 9000, "processDefinitionKey": "d"}]
        body = {"workerId": worker, "maxTasks": 1, "topics": topics}
        (task,) = self.client.post("/engine-rest/external-task/fetchAndLock", json=body).json()
        return str(task["id"])

    def locked_job(self) -> str:
        """Return the key of a job that is locked."""
        start_eight(self.client, "p")
        return str(activate(self.client, "t")[0]["jobKey"])

    def waiting_instance(self) -> str:
        """Return an instance that waits for the message."""
        started = self.client.post("/engine-rest/process-definition/key/proc/start", json={})
        return str(started.json()["id"])


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Replay]:
    """An engine that has what the recorded requests are about, and asks for no log-in."""
    with running_site(tmp_path, camunda_user="carol") as site:
        client = site.anonymous()
        for process_id in ("d", "proc"):
            file = (f"{process_id}.bpmn", diagram(process_id, SEVEN).encode(), "text/xml")
            sent = client.post("/engine-rest/deployment/create", files={file[0]: file})
            assert sent.status_code == 200, sent.text
        (made,) = deploy_eight(client, ("a.bpmn", diagram("p", EIGHT).encode()))["deployments"]
        key = made["processDefinition"]["processDefinitionKey"]
        yield Replay(client=client, definition_key=f'"processDefinitionKey":"{key}"')


def recorded_traffic() -> list[dict[str, object]]:
    if not RECORDED.exists():
        pytest.skip(f"Expected the recorded requests of Camunda's clients at {RECORDED}.")
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def test_every_recorded_request_is_answered_in_its_order(replay: Replay) -> None:
    recorded = recorded_traffic()

    for each in recorded:
        replay.send(each)

    assert len(recorded) > 30
    assert replay.refused == []


def test_a_recorded_request_for_another_engines_ids_is_noted(replay: Replay) -> None:
    (start,) = (
        each for each in recorded_traffic() if str(each["path"]).endswith("/key/proc/start")
    )

    replay.send({**start, "path": "/engine-rest/process-definition/key/none/start"})

    assert len(replay.refused) == 1
