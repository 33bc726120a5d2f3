"""One of everything: what the tests of the Orchestration Cluster API ask about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx

from tests.acceptance.site import PASSWORD, Site

TENANT = "<default>"

PROCESS = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:message id="m" name="paid"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="=order"/></bpmn:extensionElements></bpmn:message>
  <bpmn:error id="lost" errorCode="LOST"/>
  <bpmn:process id="order" name="An order" isExecutable="true">
    <bpmn:extensionElements><zeebe:versionTag value="v1"/></bpmn:extensionElements>
    <bpmn:startEvent id="start"/>
    <bpmn:parallelGateway id="fork"/>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition messageRef="m"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:serviceTask id="send" name="Send it"><bpmn:extensionElements>
      <zeebe:taskDefinition type="send" retries="2"/>
      <zeebe:taskHeaders><zeebe:header key="by" value="rail"/></zeebe:taskHeaders>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:boundaryEvent id="no" attachedToRef="send"><bpmn:errorEventDefinition errorRef="lost"/>
    </bpmn:boundaryEvent>
    <bpmn:userTask id="approve" name="Approve"><bpmn:extensionElements><zeebe:userTask/>
      <zeebe:formDefinition formId="approval"/>
      <zeebe:assignmentDefinition candidateGroups="sales" candidateUsers="bob"/>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:endEvent id="sent"/><bpmn:endEvent id="missing"/><bpmn:endEvent id="approved"/>
    <bpmn:endEvent id="heard"/>
    <bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="fork"/>
    <bpmn:sequenceFlow id="f1" sourceRef="fork" targetRef="wait"/>
    <bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="send"/>
    <bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="approve"/>
    <bpmn:sequenceFlow id="f4" sourceRef="wait" targetRef="heard"/>
    <bpmn:sequenceFlow id="f5" sourceRef="send" targetRef="sent"/>
    <bpmn:sequenceFlow id="f6" sourceRef="no" targetRef="missing"/>
    <bpmn:sequenceFlow id="f7" sourceRef="approve" targetRef="approved"/>
  </bpmn:process>
</bpmn:definitions>"""

PLAIN = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="plain" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:scriptTask id="add"><bpmn:extensionElements>
      <zeebe:script expression="=x + 1" resultVariable="y"/></bpmn:extensionElements>
    </bpmn:scriptTask>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="g1" sourceRef="s" targetRef="add"/>
    <bpmn:sequenceFlow id="g2" sourceRef="add" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""

FORM = json.dumps(
    {
        "id": "approval",
        "type": "default",
        "schemaVersion": 18,
        "components": [{"type": "checkbox", "key": "ok", "id": "f1", "label": "OK"}],
    }
).encode()

DECISION = b"""<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="Discounts"
    namespace="test">
  <decision id="discount" name="Discount">
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i" label="Amount"><inputExpression id="ie" typeRef="number">
        <text>amount</text></inputExpression></input>
      <output id="o" name="percent" typeRef="number"/>
      <rule id="r1"><inputEntry id="e1"><text>&lt; 100</text></inputEntry>
        <outputEntry id="o1"><text>0</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="e2"><text>&gt;= 100</text></inputEntry>
        <outputEntry id="o2"><text>5</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""

RATED = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="rated" isExecutable="true">
    <bpmn:startEvent id="begin"/>
    <bpmn:businessRuleTask id="rate"><bpmn:extensionElements>
      <zeebe:calledDecision decisionId="discount" resultVariable="percent"/>
    </bpmn:extensionElements></bpmn:businessRuleTask>
    <bpmn:endEvent id="rated-end"/>
    <bpmn:sequenceFlow id="h1" sourceRef="begin" targetRef="rate"/>
    <bpmn:sequenceFlow id="h2" sourceRef="rate" targetRef="rated-end"/>
  </bpmn:process>
</bpmn:definitions>"""

FILES = (
    ("order.bpmn", PROCESS),
    ("plain.bpmn", PLAIN),
    ("approval.form", FORM),
    ("discounts.dmn", DECISION),
)


def signed_in(site: Site, user_id: str = "carol") -> httpx.Client:
    """Return a client that sends name and password with each request."""
    client = site.anonymous()
    client.auth = httpx.BasicAuth(user_id, PASSWORD)
    return client


def deploy(client: httpx.Client, *files: tuple[str, bytes]) -> dict[str, object]:
    """Deploy files as the Modeler does."""
    parts = [
        ("resources", (name, content, "application/octet-stream"))
        for name, content in files or FILES
    ]
    answer = client.post("/v2/deployments", data={"tenantId": TENANT}, files=parts)
    assert answer.status_code == 200, answer.text
    return answer.json()


def start(client: httpx.Client, process_id: str = "order", **body: object) -> str:
    """Start an instance; return its key."""
    answer = client.post("/v2/process-instances", json={"processDefinitionId": process_id, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["processInstanceKey"]


def search(client: httpx.Client, what: str, **body: object) -> list[dict[str, object]]:
    """Return the items of a search."""
    answer = client.post(f"/v2/{what}/search", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def activate(client: httpx.Client, kind: str = "send") -> list[dict[str, object]]:
    """Lock jobs."""
    body = {"type": kind, "worker": "w", "timeout": 60_000, "maxJobsToActivate": 10}
    answer = client.post("/v2/jobs/activation", json={**body, "requestTimeout": 0})
    assert answer.status_code == 200, answer.text
    return answer.json()["jobs"]


@dataclass(kw_only=True)
class World:
    """The keys of one of everything."""

    keys: dict[str, str] = field(default_factory=dict)


def world(client: httpx.Client) -> World:
    """Deploy, start, fail, store: so that there is one of everything."""
    keys: dict[str, str] = {}
    deployed = deploy(client)["deployments"]
    for one in deployed:
        for kind, value in one.items():
            if value is not None:
                for name in ("processDefinitionKey", "decisionDefinitionKey", "formKey"):
                    if name in value:
                        keys.setdefault(name, value[name])
                if "decisionRequirementsKey" in value:
                    keys["decisionRequirementsKey"] = value["decisionRequirementsKey"]
                assert kind
    instance = start(client, variables={"order": "A-1", "big": "x" * 9000}, businessId="B-1")
    (job,) = activate(client)
    keys |= {"processInstanceKey": instance, "jobKey": job["jobKey"]}
    failed = client.post(
        f"/v2/jobs/{job['jobKey']}/failure", json={"retries": 0, "errorMessage": "no line"}
    )
    assert failed.status_code == 204, failed.text
    by_instance = {"filter": {"processInstanceKey": instance}}
    keys["incidentKey"] = search(client, "incidents", **by_instance)[0]["incidentKey"]
    keys["userTaskKey"] = search(client, "user-tasks", **by_instance)[0]["userTaskKey"]
    keys["variableKey"] = search(client, "variables", **by_instance)[0]["variableKey"]
    waiting = {"filter": {"processInstanceKey": instance, "elementId": "send"}}
    keys["elementInstanceKey"] = search(client, "element-instances", **waiting)[0][
        "elementInstanceKey"
    ]
    keys["auditLogKey"] = search(client, "audit-logs", **by_instance)[0]["auditLogKey"]
    keys["resourceKey"] = search(client, "resources", filter={"resourceName": "approval.form"})[0][
        "resourceKey"
    ]
    ended = start(client, "plain", variables={"x": 1}, awaitCompletion=True)
    keys["endedInstanceKey"] = ended
    keys |= _decided(client)
    cancelled = client.post(
        "/v2/process-instances/cancellation", json={"filter": {"processInstanceKey": "1"}}
    )
    keys["batchOperationKey"] = cancelled.json()["batchOperationKey"]
    document = client.post("/v2/documents", files={"file": ("a.txt", b"hello", "text/plain")})
    assert document.status_code == 201, document.text
    keys["documentId"] = document.json()["documentId"]
    return World(keys=keys)


def _decided(client: httpx.Client) -> dict[str, str]:
    deploy(client, ("rated.bpmn", RATED))
    start(client, "rated", variables={"amount": 120}, awaitCompletion=True)
    name = "decisionEvaluationInstanceKey"
    return {name: search(client, "decision-instances")[0][name]}
