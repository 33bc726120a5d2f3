"""Jobs, tasks, variables and scopes beyond what the clients' own tests do."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.contract import conforms_to_client, conforms_to_document
from tests.acceptance.camunda.eight.world import activate, deploy, search, signed_in, start

AD_HOC = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="free" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:adHocSubProcess id="box">
      <bpmn:serviceTask id="one"><bpmn:extensionElements>
        <zeebe:taskDefinition type="one"/></bpmn:extensionElements></bpmn:serviceTask>
    </bpmn:adHocSubProcess>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="box"/>
    <bpmn:sequenceFlow id="f2" sourceRef="box" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""


def variables(client: httpx.Client, instance: str) -> dict[str, str]:
    items = search(client, "variables", filter={"processInstanceKey": instance})
    return {each["name"]: each["value"] for each in items}


def test_waiting_for_the_end_returns_the_variables_asked_for(carol: httpx.Client) -> None:
    deploy(carol)

    answer = carol.post(
        "/v2/process-instances",
        json={
            "processDefinitionId": "plain",
            "variables": {"x": 1},
            "awaitCompletion": True,
            "fetchVariables": ["y"],
        },
    )

    assert answer.json()["variables"] == {"y": 2}


def test_waiting_too_long_is_a_time_out_and_the_instance_runs_on(carol: httpx.Client) -> None:
    deploy(carol)

    answer = carol.post(
        "/v2/process-instances",
        json={"processDefinitionId": "order", "awaitCompletion": True, "requestTimeout": 100},
    )

    assert answer.status_code == 504
    assert [each["state"] for each in search(carol, "process-instances")] == ["ACTIVE"]


def test_a_version_is_named_by_its_tag(carol: httpx.Client) -> None:
    deploy(carol)

    answers = [
        carol.post(
            "/v2/process-instances",
            json={"processDefinitionId": "order", "processDefinitionVersionTag": tag},
        ).status_code
        for tag in ("v1", "v9")
    ]

    assert answers == [200, 404]


def test_a_variable_is_set_where_it_is_nearest_unless_it_is_to_be_local(carol) -> None:
    deploy(carol)
    instance = start(carol, variables={"order": "A-1"})
    by_element = {"processInstanceKey": instance, "elementId": "send"}
    (visit,) = search(carol, "element-instances", filter=by_element)
    path = f"/v2/element-instances/{visit['elementInstanceKey']}/variables"

    answer = carol.put(path, json={"variables": {"order": "A-2", "new": 1}})

    assert answer.status_code == 204, answer.text
    assert variables(carol, instance) == {"order": '"A-2"', "new": "1"}


def test_a_failure_brings_variables_along_and_a_correction_is_no_more_attempt(carol) -> None:
    deploy(carol)
    instance = start(carol, variables={"order": "A-1"})
    (job,) = activate(carol)

    failed = carol.post(
        f"/v2/jobs/{job['jobKey']}/failure",
        json={"retries": 0, "errorMessage": "no line", "variables": {"seen": 1}},
    )
    updated = carol.patch(f"/v2/jobs/{job['jobKey']}", json={"changeset": {"retries": 5}})
    (incident,) = search(carol, "incidents", filter={"processInstanceKey": instance})
    carol.post(f"/v2/incidents/{incident['incidentKey']}/resolution")

    assert (failed.status_code, updated.status_code) == (204, 204)
    assert variables(carol, instance)["seen"] == "1"
    assert [each["retries"] for each in activate(carol)] == [5]


@pytest.mark.parametrize(
    ("changes", "named"),
    [({}, "empty"), ({"color": 1}, "color"), ({"retries": 0}, "retries"), ({"timeout": "x"}, "x")],
)
def test_a_change_of_a_job_that_means_nothing_is_refused(carol, changes, named) -> None:
    answer = carol.patch("/v2/jobs/1", json={"changeset": changes})

    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_a_task_is_assigned_changed_and_given_back(carol: httpx.Client, site) -> None:
    deploy(carol)
    start(carol)
    (task,) = search(carol, "user-tasks")
    path = f"/v2/user-tasks/{task['userTaskKey']}"

    carol.post(f"{path}/assignment", json={"assignee": "bob"})
    held = carol.post(f"{path}/assignment", json={"assignee": "alice", "allowOverride": False})
    changes = {"priority": 90, "dueDate": "2026-02-01T09:00:00Z", "candidateGroups": ["it"]}
    changed = carol.patch(path, json={"changeset": changes})
    now = carol.get(path).json()
    carol.delete(f"{path}/assignee")

    assert (held.status_code, changed.status_code) == (409, 204)
    assert (now["assignee"], now["priority"]) == ("bob", 90)
    assert (now["dueDate"], now["candidateGroups"]) == ("2026-02-01T09:00:00.000Z", ["it"])
    assert carol.get(path).json()["assignee"] is None
    assert search(signed_in(site, "dave"), "user-tasks") == []
    done = search(carol, f"user-tasks/{task['userTaskKey']}/audit-logs")
    assert [each["operationType"] for each in done] == ["UNASSIGN", "UPDATE", "ASSIGN"]


def test_an_element_of_an_ad_hoc_sub_process_begins(carol: httpx.Client) -> None:
    deploy(carol, ("free.bpmn", AD_HOC))
    instance = start(carol, "free")
    by_type = {"processInstanceKey": instance, "type": "AD_HOC_SUB_PROCESS"}
    (box,) = search(carol, "element-instances", filter=by_type)
    path = "/element-instances/ad-hoc-activities/{key}/activation"

    answer = carol.post(
        "/v2" + path.format(key=box["elementInstanceKey"]),
        json={"elements": [{"elementId": "one", "variables": {"a": 1}}]},
    )

    assert answer.status_code == 204, answer.text
    conforms_to_document("POST", path, answer)
    conforms_to_client("POST", path, answer)
    assert [job["variables"] for job in activate(carol, "one")] == [{"a": 1}]


def test_what_runs_in_an_ad_hoc_sub_process_ends_before_another_begins(carol) -> None:
    deploy(carol, ("free.bpmn", AD_HOC))
    instance = start(carol, "free")
    by_type = {"processInstanceKey": instance, "type": "AD_HOC_SUB_PROCESS"}
    (box,) = search(carol, "element-instances", filter=by_type)
    address = f"/v2/element-instances/ad-hoc-activities/{box['elementInstanceKey']}/activation"
    one = [{"elementId": "one"}]

    carol.post(address, json={"elements": one})
    again = carol.post(address, json={"elements": [*one, *one], "cancelRemainingInstances": True})

    visits = search(
        carol, "element-instances", filter={"processInstanceKey": instance, "elementId": "one"}
    )
    assert again.status_code == 204, again.text
    assert sorted(each["state"] for each in visits) == ["ACTIVE", "ACTIVE", "TERMINATED"]
    (first, second) = activate(carol, "one")
    for job in (first, second):
        carol.post(f"/v2/jobs/{job['jobKey']}/completion", json={})
    by_key = {"processInstanceKey": instance}
    (ended,) = search(carol, "process-instances", filter=by_key)
    assert ended["state"] == "COMPLETED"


def test_an_expression_reads_the_scope_it_is_asked_in(carol: httpx.Client, site) -> None:
    deploy(carol)
    instance = start(carol, variables={"order": "A-1"})
    body = {"expression": '=order + "!"', "scopeKey": instance}

    answer = carol.post("/v2/expression/evaluation", json=body)
    staff = signed_in(site, "alice").post("/v2/expression/evaluation", json=body)
    broken = carol.post("/v2/expression/evaluation", json={"expression": "=1 +"})

    assert answer.json()["result"] == "A-1!"
    assert (staff.status_code, broken.status_code) == (403, 400)


def test_a_message_that_nobody_waits_for_is_not_found_when_correlated(carol) -> None:
    deploy(carol)
    instance = start(carol, variables={"order": "A-1"})

    hit = carol.post("/v2/messages/correlation", json={"name": "paid", "correlationKey": "A-1"})
    miss = carol.post("/v2/messages/correlation", json={"name": "paid", "correlationKey": "A-9"})

    assert hit.json()["processInstanceKey"] == instance
    assert miss.status_code == 404


def test_the_same_message_id_is_taken_once_within_its_time_to_live(carol: httpx.Client) -> None:
    deploy(carol)
    body = {"name": "paid", "correlationKey": "A-1", "timeToLive": 60_000, "messageId": "m-1"}

    carol.post("/v2/messages/publication", json=body)
    carol.post("/v2/messages/publication", json=body)
    start(carol, variables={"order": "A-1"})
    start(carol, variables={"order": "A-1"})

    assert len(search(carol, "message-subscriptions")) == 1


def test_the_clock_is_pinned_where_it_is_one_for_tests(carol: httpx.Client, site) -> None:
    answer = carol.put("/v2/clock", json={"timestamp": 1_800_000_000_000})

    assert answer.status_code == 204
    assert site.clock.now().timestamp() == 1_800_000_000


def test_another_tenant_is_refused(carol: httpx.Client) -> None:
    deploy(carol)
    body = {"processDefinitionId": "order", "tenantId": "other"}

    answer = carol.post("/v2/process-instances", json=body)

    assert answer.status_code == 400
    assert "other" in answer.json()["detail"]


CALLER = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="caller" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:callActivity id="call"><bpmn:extensionElements>
      <zeebe:calledElement processId="order" propagateAllChildVariables="false"/>
    </bpmn:extensionElements></bpmn:callActivity>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="call"/>
    <bpmn:sequenceFlow id="f2" sourceRef="call" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""


def test_what_is_called_tells_who_called_it(carol: httpx.Client) -> None:
    deploy(carol)
    deploy(carol, ("caller.bpmn", CALLER))
    root = start(carol, "caller", variables={"order": "A-1"})

    (called,) = search(carol, "process-instances", filter={"parentProcessInstanceKey": root})
    (job,) = activate(carol)
    chain = carol.get(f"/v2/process-instances/{called['processInstanceKey']}/call-hierarchy")

    assert called["rootProcessInstanceKey"] == root
    assert job["processInstanceKey"] == called["processInstanceKey"]
    assert job["rootProcessInstanceKey"] == root
    assert [each["processInstanceKey"] for each in chain.json()] == [
        root,
        called["processInstanceKey"],
    ]
