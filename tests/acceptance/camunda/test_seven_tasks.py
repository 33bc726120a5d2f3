"""What a worklist written for Camunda 7 asks of `/engine-rest`: user tasks."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.test_engine_rest import signed_in
from tests.acceptance.site import Site

INVOICE = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:error id="refused" errorCode="REFUSED"/>
  <bpmn:escalation id="late" escalationCode="LATE"/>
  <bpmn:process id="invoice" name="Invoice" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:userTask id="approve" name="Approve invoice" camunda:candidateGroups="clerks"
        camunda:candidateUsers="bob" camunda:priority="70" camunda:dueDate="2030-01-05T09:00:00Z">
      <bpmn:documentation>Is it ours?</bpmn:documentation>
      <bpmn:extensionElements><camunda:formData>
        <camunda:formField id="approved" label="Approved?" type="boolean" defaultValue="true"/>
      </camunda:formData></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="no" attachedToRef="approve">
      <bpmn:errorEventDefinition errorRef="refused"/></bpmn:boundaryEvent>
    <bpmn:boundaryEvent id="slow" attachedToRef="approve" cancelActivity="false">
      <bpmn:escalationEventDefinition escalationRef="late"/></bpmn:boundaryEvent>
    <bpmn:endEvent id="e"/><bpmn:endEvent id="n"/><bpmn:endEvent id="l"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="approve"/>
    <bpmn:sequenceFlow id="f2" sourceRef="approve" targetRef="e"/>
    <bpmn:sequenceFlow id="f3" sourceRef="no" targetRef="n"/>
    <bpmn:sequenceFlow id="f4" sourceRef="slow" targetRef="l"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """Carol is an operator; the process is deployed."""
    client = signed_in(site)
    client.base_url = f"{site.url}/engine-rest/"
    deployed = client.post(
        "deployment/create", files={"invoice.bpmn": ("invoice.bpmn", INVOICE, "text/xml")}
    )
    assert deployed.status_code == 200, deployed.text
    return client


@pytest.fixture
def bob(site: Site) -> httpx.Client:
    """Bob is a clerk."""
    client = signed_in(site, "bob")
    client.base_url = f"{site.url}/engine-rest/"
    return client


def begun(client: httpx.Client, business_key: str = "A-1", **variables: object) -> str:
    """Start an instance; return its id."""
    typed = {name: {"value": value} for name, value in variables.items()}
    body = {"businessKey": business_key, "variables": typed}
    return client.post("process-definition/key/invoice/start", json=body).json()["id"]


def only_task(client: httpx.Client, **query: object) -> dict[str, object]:
    (task,) = found(client, **query)
    return task


def found(client: httpx.Client, **query: object) -> list[dict[str, object]]:
    answer = client.get("task", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_task_is_written_as_camunda_writes_it(carol: httpx.Client) -> None:
    instance = begun(carol)

    task = only_task(carol)

    assert carol.get(f"task/{task['id']}").json() == task
    assert task["processInstanceId"] == instance
    assert task["created"].endswith("+0000")
    assert {name: task[name] for name in ("name", "taskDefinitionKey", "priority", "due")} == {
        "name": "Approve invoice",
        "taskDefinitionKey": "approve",
        "priority": 70,
        "due": "2030-01-05T09:00:00.000+0000",
    }
    assert (task["description"], task["assignee"]) == ("Is it ours?", None)
    assert (task["suspended"], task["taskState"]) == (False, "Created")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["A-1", "B-2"]),
        ({"processInstanceBusinessKey": "A-1"}, ["A-1"]),
        ({"processInstanceBusinessKeyIn": "A-1,B-2,C-3"}, ["A-1", "B-2"]),
        ({"processInstanceBusinessKeyLike": "B%"}, ["B-2"]),
        ({"processDefinitionKey": "invoice"}, ["A-1", "B-2"]),
        ({"processDefinitionKey": "other"}, []),
        ({"processDefinitionName": "Invoice"}, ["A-1", "B-2"]),
        ({"taskDefinitionKeyIn": "approve"}, ["A-1", "B-2"]),
        ({"taskDefinitionKeyNotIn": "approve"}, []),
        ({"name": "Approve invoice", "nameNotEqual": "x"}, ["A-1", "B-2"]),
        ({"nameLike": "Approve%", "nameNotLike": "%order%"}, ["A-1", "B-2"]),
        ({"assigned": "true"}, ["B-2"]),
        ({"unassigned": "true"}, ["A-1"]),
        ({"assignee": "bob"}, ["B-2"]),
        ({"assigneeIn": "alice,bob"}, ["B-2"]),
        ({"assigneeNotIn": "bob"}, []),
        ({"candidateGroup": "clerks"}, ["A-1"]),
        ({"candidateGroup": "clerks", "includeAssignedTasks": "true"}, ["A-1", "B-2"]),
        ({"candidateGroups": "x,clerks"}, ["A-1"]),
        ({"candidateGroupLike": "cl%"}, ["A-1"]),
        ({"candidateUser": "bob"}, ["A-1"]),
        ({"involvedUser": "bob"}, ["A-1", "B-2"]),
        ({"withCandidateGroups": "true"}, ["A-1", "B-2"]),
        ({"withoutCandidateUsers": "true"}, []),
        ({"priority": "70", "minPriority": "70", "maxPriority": "70"}, ["A-1", "B-2"]),
        ({"minPriority": "71"}, []),
        ({"dueAfter": "2030-01-05T08:59:59.000+0000"}, ["A-1", "B-2"]),
        ({"dueBefore": "2030-01-05T10:00:00.000+0100"}, []),
        ({"followUpBeforeOrNotExistent": "2020-01-01T00:00:00.000+0000"}, ["A-1", "B-2"]),
        ({"active": "true"}, ["A-1", "B-2"]),
        ({"suspended": "true"}, []),
        ({"processVariables": "amount_gt_10"}, ["B-2"]),
        ({"processVariables": "amount_lteq_10"}, ["A-1"]),
        ({"processVariables": "amount_eq_20,amount_neq_5"}, ["B-2"]),
        ({"processVariables": "who_like_Al%"}, ["A-1"]),
        ({"processVariables": "WHO_eq_alice"}, []),
        (
            {
                "processVariables": "WHO_eq_alice",
                "variableNamesIgnoreCase": "true",
                "variableValuesIgnoreCase": "true",
            },
            ["A-1"],
        ),
        ({"taskVariables": "note_eq_late"}, ["B-2"]),
        ({"tenantIdIn": "x"}, []),
        ({"withoutTenantId": "true"}, ["A-1", "B-2"]),
        ({"caseInstanceId": "1"}, []),
        ({"assigneeExpression": "${currentUser()}"}, []),
        ({"createdBeforeExpression": "${now().plusDays(1)}"}, ["A-1", "B-2"]),
        ({"taskId": "nobody"}, []),
    ],
)
def test_a_query_finds_what_it_asks_for(carol: httpx.Client, query, expected) -> None:
    first = begun(carol, amount=10, who="Alice")
    second = begun(carol, "B-2", amount=20, who="Bob")
    key_of = {first: "A-1", second: "B-2"}
    task = only_task(carol, processInstanceId=second)["id"]
    assert carol.post(f"task/{task}/assignee", json={"userId": "bob"}).status_code == 204
    noted = carol.put(f"task/{task}/localVariables/note", json={"value": "late"})
    assert noted.status_code == 204, noted.text

    by_address = [key_of[task["processInstanceId"]] for task in found(carol, **query)]
    counted = carol.get("task/count", params=query).json()

    assert by_address == expected
    assert counted == {"count": len(expected)}


def test_a_body_asks_with_alternatives_sorting_and_paging(carol: httpx.Client) -> None:
    for number in range(4):
        begun(carol, f"K-{number}")
    body = {
        "orQueries": [
            {"processInstanceBusinessKey": "K-1", "processInstanceBusinessKeyLike": "%-3"},
            {"name": "Approve invoice"},
        ],
        "sorting": [
            {"sortBy": "created", "sortOrder": "desc"},
            {"sortBy": "id", "sortOrder": "desc"},
        ],
    }

    all_found = carol.post("task", json=body).json()
    second = carol.post("task", json=body, params={"firstResult": 1, "maxResults": 1}).json()

    assert len(all_found) == 2
    assert second == all_found[1:]
    assert [each["id"] for each in all_found] == sorted(
        (each["id"] for each in all_found), reverse=True
    )
    assert carol.post("task/count", json={"orQueries": body["orQueries"]}).json() == {"count": 2}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"colour": "red"}, "Unrecognized parameter 'colour'"),
        ({"sortBy": "name"}, "Only a single sorting parameter specified"),
        ({"sortBy": "colour", "sortOrder": "asc"}, "Cannot set query parameter 'sortBy'"),
        ({"sortBy": "name", "sortOrder": "up"}, "Cannot set query parameter 'sortOrder'"),
        ({"maxResults": "-1"}, "Cannot set query parameter 'maxResults' to value '-1'"),
        ({"maxResults": "many"}, "Cannot set query parameter 'maxResults' to value 'many'"),
        ({"assigned": "perhaps"}, "Cannot set query parameter 'assigned' to value 'perhaps'"),
        ({"dueAfter": "soon"}, "Cannot set query parameter 'dueAfter' to value 'soon'"),
        ({"processVariables": "amount"}, "KEY_OPERATOR_VALUE"),
        ({"processVariables": "amount_about_5"}, "Invalid variable comparator"),
        ({"delegationState": "LOST"}, "Valid values for property 'delegationState'"),
        ({"descriptionLike": "%x%"}, "descriptions stand in the diagram"),
        ({"assigneeExpression": "${rm()}"}, "Expected ${currentUser()}"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(carol: httpx.Client, query, words) -> None:
    answer = carol.get("task", params=query)

    assert answer.status_code == 400
    assert answer.json()["type"] == "InvalidRequestException"
    assert words in answer.json()["message"]


def test_a_task_is_claimed_given_back_and_completed(
    carol: httpx.Client, bob: httpx.Client
) -> None:
    begun(carol, amount=5)
    path = f"task/{only_task(bob)['id']}"

    claimed = bob.post(f"{path}/claim", json={"userId": "bob"})
    again = carol.post(f"{path}/claim", json={"userId": "carol"})
    returned = bob.post(f"{path}/unclaim")
    taken = bob.post(f"{path}/claim", json={"userId": "bob"})
    done = bob.post(
        f"{path}/complete",
        json={"variables": {"ok": {"value": True}}, "withVariablesInReturn": True},
    )

    assert [each.status_code for each in (claimed, returned, taken)] == [204] * 3
    assert (again.status_code, again.json()["type"]) == (500, "TaskAlreadyClaimedException")
    assert done.status_code == 200
    assert {name: each["value"] for name, each in done.json().items()} == {"amount": 5, "ok": True}
    assert found(carol) == []
    assert bob.get(path).status_code == 404
    assert bob.post(f"{path}/complete").json()["type"] == "RestException"


def test_a_delegated_task_has_to_be_resolved_before_it_is_completed(
    carol: httpx.Client, bob: httpx.Client
) -> None:
    begun(carol)
    path = f"task/{only_task(bob)['id']}"
    bob.post(f"{path}/claim", json={"userId": "bob"})

    delegated = bob.post(f"{path}/delegate", json={"userId": "alice"})
    handed = carol.get(path).json()
    too_early = carol.post(f"{path}/complete", json={})
    resolved = carol.post(f"{path}/resolve", json={"variables": {"seen": {"value": 1}}})
    back = carol.get(path).json()

    assert (delegated.status_code, resolved.status_code) == (204, 204)
    states = ("assignee", "owner", "delegationState")
    assert [handed[name] for name in states] == ["alice", "bob", "PENDING"]
    assert (too_early.status_code, "delegated" in too_early.json()["message"]) == (500, True)
    assert [back[name] for name in states] == ["bob", "bob", "RESOLVED"]
    assert len(found(carol, delegationState="RESOLVED")) == 1
    assert bob.post(f"{path}/complete", json={}).status_code == 204


def test_an_error_ends_a_task_and_an_escalation_does_not(site: Site, carol: httpx.Client) -> None:
    instance = begun(carol)
    path = f"task/{only_task(carol)['id']}"

    unknown = carol.post(f"{path}/bpmnEscalation", json={"escalationCode": "OTHER"})
    late = carol.post(f"{path}/bpmnEscalation", json={"escalationCode": "LATE"})
    still_there = carol.get(path).status_code
    refused = carol.post(f"{path}/bpmnError", json={"errorCode": "REFUSED"})

    assert (unknown.status_code, late.status_code, refused.status_code) == (400, 204, 204)
    assert still_there == 200
    passed = {each.element_id for each in site.service.instance_history(int(instance)).items}
    assert {"slow", "l", "no", "n"} <= passed
    assert carol.post(f"{path}/bpmnError", json={}).json()["message"] == "errorCode is empty"


def test_variables_are_set_where_they_are_and_local_ones_end_with_the_task(
    site: Site, carol: httpx.Client
) -> None:
    instance = begun(carol, amount=5)
    path = f"task/{only_task(carol)['id']}"

    carol.put(f"{path}/variables/amount", json={"value": 6, "type": "Integer"})
    carol.post(f"{path}/localVariables", json={"modifications": {"note": {"value": "x"}}})
    seen = carol.get(f"{path}/variables").json()
    own = carol.get(f"{path}/localVariables").json()
    one = carol.get(f"{path}/variables/amount").json()
    carol.post(f"{path}/complete", json={})

    assert {name: each["value"] for name, each in seen.items()} == {"amount": 6, "note": "x"}
    assert set(own) == {"note"}
    assert (one["value"], one["type"]) == (6, "Integer")
    assert carol.get(f"{path}/variables/none").status_code == 404
    assert dict(site.service.instance(int(instance)).variables) == {"amount": 6}


def test_forms_say_what_the_diagram_asks_for(carol: httpx.Client) -> None:
    begun(carol, amount=5)
    path = f"task/{only_task(carol)['id']}"

    form = carol.get(f"{path}/form").json()
    begins = carol.get(f"{path}/form-variables").json()
    rendered = carol.get(f"{path}/rendered-form")

    assert form["key"].endswith(f"/{path}/rendered-form")
    assert begins["approved"] == {"type": "Boolean", "value": True, "valueInfo": {}}
    assert set(carol.get(f"{path}/form-variables?variableNames=amount").json()) == {"amount"}
    assert 'cam-variable-name="approved"' in rendered.text
    assert carol.get(f"{path}/deployed-form").status_code == 404
    assert carol.post(f"{path}/submit-form", json={"variables": {}}).status_code == 204


def test_comments_belong_to_whoever_wrote_them(carol: httpx.Client, bob: httpx.Client) -> None:
    begun(carol)
    path = f"task/{only_task(bob)['id']}"

    made = bob.post(f"{path}/comment/create", json={"message": "Twice as much as usual?"}).json()
    listed = carol.get(f"{path}/comment").json()
    carol.post(f"{path}/comment/create", json={"message": "Yes"})
    not_his = bob.delete(f"{path}/comment")
    changed = bob.put(f"{path}/comment", json={"id": made["id"], "message": "Never mind"})

    assert listed == [made]
    assert (made["userId"], made["time"][-5:]) == ("bob", "+0000")
    assert not_his.status_code == 403
    assert changed.status_code == 204
    assert carol.get(f"{path}/comment/{made['id']}").json()["message"] == "Never mind"
    assert only_task(carol, withCommentAttachmentInfo="true")["comment"] is True
    instance = f"process-instance/{only_task(carol)['processInstanceId']}/comment"
    both = carol.get(instance).json()
    assert {each["userId"] for each in both} == {"bob", "carol"}
    said = {"id": made["id"], "message": "Settled"}
    assert carol.put(instance, json=said).status_code == 204
    assert carol.delete(f"{instance}/{made['id']}").status_code == 204
    assert carol.delete(f"{path}/comment").status_code == 204
    assert carol.get(f"{path}/comment").json() == []
    assert carol.delete(instance).status_code == 204
    assert bob.get(instance).status_code == 403


def test_files_and_addresses_are_attached(carol: httpx.Client) -> None:
    begun(carol)
    path = f"task/{only_task(carol)['id']}"

    made = carol.post(
        f"{path}/attachment/create",
        data={"attachment-name": "Scan", "attachment-type": "image/png"},
        files={"content": ("scan.png", b"\x89PNG", "image/png")},
    ).json()
    linked = carol.post(
        f"{path}/attachment/create", data={"url": "https://example.org/1", "attachment-name": "L"}
    ).json()
    data = carol.get(f"{path}/attachment/{made['id']}/data")

    assert [each["name"] for each in carol.get(f"{path}/attachment").json()] == ["Scan", "L"]
    assert (data.content, data.headers["Content-Type"]) == (
        b"\x89PNG",
        "application/octet-stream",
    )
    assert linked["url"] == "https://example.org/1"
    assert carol.delete(f"{path}/attachment/{made['id']}").status_code == 204
    assert carol.get(f"{path}/attachment/{made['id']}").status_code == 404


def test_identity_links_offer_a_task_and_say_whose_it_is(site: Site, carol: httpx.Client) -> None:
    begun(carol)
    path = f"task/{only_task(carol)['id']}"
    alice = signed_in(site, "alice")
    alice.base_url = f"{site.url}/engine-rest/"
    before = found(alice)

    for link in (
        {"userId": "alice", "type": "candidate"},
        {"groupId": "auditors", "type": "candidate"},
        {"userId": "bob", "type": "owner"},
    ):
        assert carol.post(f"{path}/identity-links", json=link).status_code == 204
    listed = carol.get(f"{path}/identity-links").json()
    offered = found(alice)
    gone = carol.post(
        f"{path}/identity-links/delete", json={"userId": "alice", "type": "candidate"}
    )

    assert before == []
    assert len(offered) == 1
    assert {(each["type"], each["userId"], each["groupId"]) for each in listed} == {
        ("owner", "bob", None),
        ("candidate", "bob", None),
        ("candidate", "alice", None),
        ("candidate", None, "clerks"),
        ("candidate", None, "auditors"),
    }
    assert gone.status_code == 204
    assert found(alice) == []
    report = {
        each["groupName"]: each["taskCount"]
        for each in carol.get("task/report/candidate-group-count").json()
    }
    assert report == {"clerks": 1, "auditors": 1}


def test_a_task_is_changed_as_a_whole(carol: httpx.Client) -> None:
    begun(carol)
    task = only_task(carol)

    changed = carol.put(
        f"task/{task['id']}",
        json={
            "name": "Look again",
            "description": task["description"],
            "assignee": "bob",
            "priority": 10,
            "followUp": "2030-02-01T00:00:00.000+0000",
        },
    )
    now = carol.get(f"task/{task['id']}").json()

    assert changed.status_code == 204, changed.text
    assert [now[name] for name in ("name", "assignee", "priority", "due", "followUp")] == [
        "Look again",
        "bob",
        10,
        None,
        "2030-02-01T00:00:00.000+0000",
    ]
    assert now["taskState"] == "Updated"


def test_nobody_sees_or_does_what_is_not_theirs(site: Site, carol: httpx.Client) -> None:
    begun(carol)
    path = f"task/{only_task(carol)['id']}"
    alice = signed_in(site, "alice")
    alice.base_url = f"{site.url}/engine-rest/"

    assert found(alice) == []
    assert alice.get(path).status_code == 404
    assert alice.post(f"{path}/complete", json={}).status_code == 500
    assert alice.get(f"{path}/comment").status_code == 404
    assert alice.get("task/report/candidate-group-count").status_code == 403
    assert site.anonymous().get("/engine-rest/task").status_code == 401


def test_a_task_of_a_running_process_is_not_deleted(carol: httpx.Client) -> None:
    begun(carol)

    answer = carol.delete(f"task/{only_task(carol)['id']}")

    assert answer.status_code == 500
    assert "part of a running process" in answer.json()["message"]
