"""What a Cockpit or a report written for Camunda 7 asks of `/engine-rest`: history."""

from __future__ import annotations

import datetime as dt
import json

import httpx
import pytest

from tests.acceptance.camunda.test_engine_rest import signed_in
from tests.acceptance.camunda.test_seven_tasks import INVOICE
from tests.acceptance.site import Site
from tests.acceptance.test_decisions import RATE

CLAIM = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:process id="claim" name="Claim" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:serviceTask id="check" name="Check" camunda:type="external" camunda:topic="check">
      <bpmn:extensionElements><camunda:inputOutput>
        <camunda:inputParameter name="limit">${100}</camunda:inputParameter>
      </camunda:inputOutput></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:intermediateCatchEvent id="later"><bpmn:timerEventDefinition>
      <bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="check"/>
    <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="later"/>
    <bpmn:sequenceFlow id="f3" sourceRef="later" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""


RATED = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:process id="rated" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:businessRuleTask id="ask" camunda:decisionRef="rate" camunda:resultVariable="rate"
        camunda:mapDecisionResult="singleEntry"/>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
    <bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """Carol is an operator; both processes are deployed."""
    client = signed_in(site)
    client.base_url = f"{site.url}/engine-rest/"
    for name, content in (("invoice", INVOICE), ("claim", CLAIM)):
        file = f"{name}.bpmn"
        deployed = client.post("deployment/create", files={file: (file, content, "text/xml")})
        assert deployed.status_code == 200, deployed.text
    return client


def begun(client: httpx.Client, process: str = "claim", **variables: object) -> str:
    typed = {name: {"value": value} for name, value in variables.items()}
    body = {"businessKey": f"{process}-1", "variables": typed}
    return client.post(f"process-definition/key/{process}/start", json=body).json()["id"]


def checked(client: httpx.Client, **variables: object) -> None:
    """Complete the open external task."""
    body = {
        "workerId": "w",
        "maxTasks": 1,
        "topics": [{"topicName": "check", "lockDuration": 10_000}],
    }
    (task,) = client.post("external-task/fetchAndLock", json=body).json()
    typed = {name: {"value": value} for name, value in variables.items()}
    done = client.post(
        f"external-task/{task['id']}/complete", json={"workerId": "w", "variables": typed}
    )
    assert done.status_code == 204, done.text


def asked(client: httpx.Client, path: str, **query: object) -> list[dict[str, object]]:
    """Return what a query finds; its count has to agree."""
    answer = client.get(f"history/{path}", params=query)
    assert answer.status_code == 200, answer.text
    counting = {name: value for name, value in query.items() if not name.startswith("sort")}
    counted = client.get(f"history/{path}/count", params=counting)
    assert counted.json() == {"count": len(answer.json())}, counted.text
    return answer.json()


def test_instances_are_found_while_they_run_and_when_they_have_ended(
    site: Site, carol: httpx.Client
) -> None:
    invoice = begun(carol, "invoice", amount=5)
    claim = begun(carol)
    checked(carol)
    site.clock.advance(dt.timedelta(hours=2))
    site.service.fire_due_timers(10)
    (task,) = carol.get("task", params={"processInstanceId": invoice}).json()

    (ended,) = asked(carol, "process-instance", finished="true")
    (running,) = asked(carol, "process-instance", unfinished="true")

    assert (ended["id"], ended["state"], ended["endTime"][-5:]) == (claim, "COMPLETED", "+0000")
    assert ended["durationInMillis"] >= 2 * 3_600_000
    assert (running["id"], running["state"], running["startActivityId"]) == (
        invoice,
        "ACTIVE",
        "s",
    )
    assert carol.get(f"history/process-instance/{claim}").json() == ended
    for query, expected in (
        ({"processDefinitionKey": "claim"}, [claim]),
        ({"processDefinitionKeyNotIn": "claim"}, [invoice]),
        ({"processInstanceBusinessKeyLike": "inv%"}, [invoice]),
        ({"variables": "amount_eq_5"}, [invoice]),
        ({"activeActivityIdIn": "approve"}, [invoice]),
        ({"executedActivityIdIn": "check"}, [claim]),
        ({"startedBy": "carol", "rootProcessInstances": "true"}, [invoice, claim]),
        ({"startedBy": "bob"}, []),
        ({"withIncidents": "true"}, []),
        ({"finishedBefore": "2000-01-01T00:00:00.000+0000"}, []),
        ({"completed": "true"}, [claim]),
        ({"superProcessInstanceId": claim}, []),
    ):
        found = asked(carol, "process-instance", sortBy="instanceId", sortOrder="asc", **query)
        assert [each["id"] for each in found] == expected, query
    assert carol.get("history/process-instance/1").status_code == 404
    assert task["taskDefinitionKey"] == "approve"


def test_activities_tell_where_tokens_were(site: Site, carol: httpx.Client) -> None:
    instance = begun(carol)
    checked(carol)

    found = asked(
        carol,
        "activity-instance",
        processInstanceId=instance,
        sortBy="occurrence",
        sortOrder="asc",
    )

    assert [(each["activityId"], each["endTime"] is None) for each in found] == [
        ("s", False),
        ("check", False),
        ("later", True),
    ]
    (check,) = asked(carol, "activity-instance", activityName="Check")
    assert check["activityType"] == "serviceTask"
    assert asked(carol, "activity-instance", activityType="startEvent")[0]["activityId"] == "s"
    assert asked(carol, "activity-instance", canceled="true") == []
    assert carol.get(f"history/activity-instance/{check['id']}").json() == check
    assert carol.get("history/activity-instance/none:1:2").status_code == 404
    (definition,) = {each["processDefinitionId"] for each in found}
    path = f"history/process-definition/{definition}/statistics"
    assert [each["id"] for each in carol.get(path).json()] == ["later"]
    every = carol.get(path, params={"finished": "true"}).json()
    assert {each["id"]: (each["instances"], each["finished"]) for each in every} == {
        "check": (0, 1),
        "later": (1, 0),
        "s": (0, 1),
    }


def test_tasks_tell_who_did_them(carol: httpx.Client) -> None:
    instance = begun(carol, "invoice")
    (task,) = carol.get("task").json()
    carol.post(f"task/{task['id']}/claim", json={"userId": "bob"})
    carol.post(f"task/{task['id']}/complete", json={})

    (done,) = asked(carol, "task", finished="true", processInstanceId=instance)

    assert (done["id"], done["assignee"], done["deleteReason"]) == (task["id"], "bob", "completed")
    assert done["taskState"] == "Completed"
    assert asked(carol, "task", taskAssignee="bob", processFinished="true") == [done]
    assert asked(carol, "task", unfinished="true") == []
    links = asked(carol, "identity-link-log", taskId=task["id"])
    assert [(each["type"], each["userId"], each["operationType"]) for each in links] == [
        ("assignee", "bob", "add")
    ]
    report = {"reportType": "count", "groupBy": "taskName"}
    (counted,) = carol.get("history/task/report", params=report).json()
    assert (counted["taskName"], counted["count"]) == ("Approve invoice", 1)


def test_variables_are_kept_with_every_value_they_had(carol: httpx.Client) -> None:
    instance = begun(carol, amount=5)
    checked(carol, amount=6, note="paid")

    variables = asked(carol, "variable-instance", processInstanceId=instance)
    deleted = asked(carol, "variable-instance", processInstanceId=instance, includeDeleted="true")
    details = asked(
        carol,
        "detail",
        processInstanceId=instance,
        variableNameLike="amount",
        sortBy="occurrence",
        sortOrder="asc",
    )

    assert {each["name"]: each["value"] for each in variables} == {"amount": 6, "note": "paid"}
    assert {(each["name"], each["state"]) for each in deleted} == {
        ("amount", "CREATED"),
        ("note", "CREATED"),
        ("limit", "DELETED"),
    }
    assert [(each["value"], each["revision"], each["initial"]) for each in details] == [
        (5, 0, True),
        (6, 1, False),
    ]
    (amount,) = asked(carol, "variable-instance", variableName="amount", variableValue="6")
    assert carol.get(f"history/variable-instance/{amount['id']}").json() == amount
    assert carol.get(f"history/detail/{details[0]['id']}").json() == details[0]
    assert asked(carol, "variable-instance", variableName="AMOUNT") == []
    assert len(asked(carol, "variable-instance", variableTypeIn="string")) == 1


def test_logs_tell_what_happened_to_jobs_and_timers(site: Site, carol: httpx.Client) -> None:
    instance = begun(carol)
    body = {
        "workerId": "w",
        "maxTasks": 1,
        "topics": [{"topicName": "check", "lockDuration": 10_000}],
    }
    (task,) = carol.post("external-task/fetchAndLock", json=body).json()
    carol.post(
        f"external-task/{task['id']}/failure",
        json={
            "workerId": "w",
            "errorMessage": "no line",
            "errorDetails": "Traceback: line",
            "retries": 1,
            "retryTimeout": 0,
        },
    )
    checked(carol)
    site.clock.advance(dt.timedelta(hours=2))
    site.service.fire_due_timers(10)

    logs = asked(
        carol, "external-task-log", processInstanceId=instance, sortBy="timestamp", sortOrder="asc"
    )
    timers = asked(carol, "job-log", processInstanceId=instance)

    assert [
        next(name for name in ("creationLog", "failureLog", "successLog") if each[name])
        for each in logs
    ] == ["creationLog", "failureLog", "successLog"]
    assert (logs[1]["errorMessage"], logs[1]["retries"], logs[1]["topicName"]) == (
        "no line",
        1,
        "check",
    )
    details = carol.get(f"history/external-task-log/{logs[1]['id']}/error-details")
    assert details.text == "Traceback: line"
    assert [each["activityId"] for each in timers] == ["later", "later"]
    assert len(asked(carol, "job-log", successLog="true")) == 1
    assert carol.get(f"history/external-task-log/{logs[0]['id']}").json() == logs[0]


def test_incidents_and_operations_tell_what_people_had_to_do(
    site: Site, carol: httpx.Client
) -> None:
    instance = begun(carol)
    (task,) = carol.get("external-task").json()
    carol.put(f"external-task/{task['id']}/retries", json={"retries": 0})

    (open_one,) = asked(carol, "incident", open="true")
    carol.put(f"external-task/{task['id']}/retries", json={"retries": 2})
    (resolved,) = asked(carol, "incident", resolved="true")

    assert (open_one["incidentType"], open_one["activityId"]) == ("failedExternalTask", "check")
    assert (resolved["id"], resolved["open"]) == (open_one["id"], False)
    assert asked(carol, "incident", incidentType="failedExternalTask") == [resolved]
    assert asked(carol, "process-instance", incidentStatus="resolved")[0]["id"] == instance
    operations = asked(carol, "user-operation", userId="carol", processInstanceId=instance)
    assert {each["operationType"] for each in operations} >= {"Create", "Resolve"}
    (created,) = asked(carol, "user-operation", operationType="Create")
    assert (created["entityType"], created["category"]) == ("ProcessInstance", "Operator")
    assert asked(carol, "user-operation", operationId=created["id"]) == [created]
    assert asked(carol, "user-operation", userId="bob") == []


def test_an_ended_instance_is_deleted_with_its_history(site: Site, carol: httpx.Client) -> None:
    instance = begun(carol, "invoice")
    path = f"history/process-instance/{instance}"
    running = carol.delete(path)
    site.service.cancel_instance(int(instance), reason="wrong", actor="carol")
    cancelled = carol.get(path).json()

    deleted = carol.delete(path)

    assert (running.status_code, "still running" in running.json()["message"]) == (400, True)
    assert (cancelled["state"], cancelled["deleteReason"]) == ("EXTERNALLY_TERMINATED", "wrong")
    assert deleted.status_code == 204
    assert carol.get(path).status_code == 404
    assert carol.delete(path).status_code == 404
    assert asked(carol, "task", processInstanceId=instance) == []


def test_decisions_of_a_process_are_told(carol: httpx.Client) -> None:
    drawn = RATED.encode()
    files = {
        "rate.dmn": ("rate.dmn", RATE.encode(), "text/xml"),
        "rated.bpmn": ("rated.bpmn", drawn, "text/xml"),
    }
    assert carol.post("deployment/create", files=files).status_code == 200
    instance = begun(carol, "rated", amount=1200)

    (told,) = asked(carol, "decision-instance", processInstanceId=instance)

    assert (told["decisionDefinitionKey"], told["activityId"]) == ("rate", "ask")
    assert asked(carol, "decision-instance", decisionDefinitionKey="rate") == [told]
    assert asked(carol, "decision-instance", decisionDefinitionKey="other") == []
    assert carol.get(f"history/decision-instance/{told['id']}").json() == told
    assert carol.get("metrics/decision-instances/sum").json() == {"result": 1}


def test_evaluations_are_counted_by_decision_of_a_file(carol: httpx.Client) -> None:
    other = '<decision id="other" name="Other"><literalExpression><text>1</text>'
    two = RATE.replace("</definitions>", f"{other}</literalExpression></decision></definitions>")
    assert two != RATE
    files = {
        "rate.dmn": ("rate.dmn", two.encode(), "text/xml"),
        "rated.bpmn": ("rated.bpmn", RATED.encode(), "text/xml"),
    }
    assert carol.post("deployment/create", files=files).status_code == 200
    begun(carol, "rated", amount=1200)
    (graph,) = carol.get("decision-requirements-definition").json()
    place = "history/decision-requirements-definition"

    counted = carol.get(f"{place}/{graph['id']}/statistics").json()
    none = carol.get(f"{place}/{graph['id']}/statistics", params={"decisionInstanceId": "7:1"})

    assert counted == [
        {"decisionDefinitionKey": "other", "evaluations": 0},
        {"decisionDefinitionKey": "rate", "evaluations": 1},
    ]
    assert [each["evaluations"] for each in none.json()] == [0, 0]
    assert carol.get(f"{place}/7/statistics").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("process-instance", {"processDefinitionKeyIn": ["claim"]}),
        ("activity-instance", {"activityId": "check"}),
        ("task", {"taskDefinitionKeyIn": ["none"]}),
        ("variable-instance", {"variableNameIn": ["amount"]}),
        ("detail", {"variableUpdates": True}),
        ("external-task-log", {"topicName": "check", "creationLog": True}),
        ("job-log", {"creationLog": True}),
    ],
)
def test_a_body_asks_as_an_address_does(carol: httpx.Client, path, body) -> None:
    begun(carol, amount=5)
    address = {
        name: ",".join(value) if isinstance(value, list) else json.dumps(value).strip('"')
        for name, value in body.items()
    }

    posted = carol.post(f"history/{path}", json=body, params={"maxResults": 5})

    assert posted.status_code == 200, posted.text
    assert posted.json() == carol.get(f"history/{path}", params=address).json()
    if path != "detail":
        counted = carol.post(f"history/{path}/count", json=body).json()
        assert counted == {"count": len(posted.json())}


def test_reports_are_by_month_and_quarter(site: Site, carol: httpx.Client) -> None:
    begun(carol, "invoice")
    (task,) = carol.get("task").json()
    carol.post(f"task/{task['id']}/complete", json={})

    durations = carol.get(
        "history/process-instance/report",
        params={
            "reportType": "duration",
            "periodUnit": "quarter",
            "processDefinitionKeyIn": "invoice",
        },
    ).json()
    others = carol.get(
        "history/process-instance/report",
        params={"reportType": "duration", "periodUnit": "month", "processDefinitionKeyIn": "x"},
    ).json()
    tasks = carol.get(
        "history/task/report", params={"reportType": "duration", "periodUnit": "MONTH"}
    ).json()
    wrong = carol.get("history/task/report", params={"reportType": "colour"})

    assert [each["periodUnit"] for each in durations] == ["QUARTER"]
    assert others == []
    assert [each["period"] for each in tasks] == [site.clock.now().month]
    assert wrong.status_code == 400
    assert carol.get("history/cleanup/configuration").json()["enabled"] is False
    began = carol.get("metrics/process-instances/sum").json()
    assert began == {"result": 1}
    assert carol.get("metrics/flow-node-instances/sum").json() == {"result": 3}
    assert carol.get("metrics/job-failed/sum").status_code == 501


@pytest.mark.parametrize(
    "path",
    [
        "process-instance",
        "activity-instance",
        "task",
        "variable-instance",
        "detail",
        "incident",
        "job-log",
        "external-task-log",
        "decision-instance",
        "identity-link-log",
        "user-operation",
    ],
)
def test_a_filter_that_is_not_known_is_refused_everywhere(carol: httpx.Client, path) -> None:
    answer = carol.get(f"history/{path}", params={"colour": "red"})

    assert answer.status_code == 400
    assert "Unrecognized parameter 'colour'" in answer.json()["message"]


def test_staff_see_their_own_history_only(site: Site, carol: httpx.Client) -> None:
    begun(carol, "invoice")
    bob, alice = signed_in(site, "bob"), signed_in(site, "alice")
    for client in (bob, alice):
        client.base_url = f"{site.url}/engine-rest/"

    assert len(asked(bob, "process-instance")) == 1
    assert asked(alice, "process-instance") == []
    assert asked(alice, "task") == []
    assert alice.get("history/user-operation").status_code == 403
    assert alice.get("history/variable-instance").status_code == 403


def test_instances_are_counted_by_interval(site: Site, carol: httpx.Client) -> None:
    begun(carol)
    site.clock.advance(dt.timedelta(hours=1))
    begun(carol)
    begun(carol)
    wanted = {"name": "process-instances"}

    found = carol.get("metrics", params=wanted).json()
    wide = carol.get("metrics", params={**wanted, "interval": 86_400 * 30}).json()
    last = carol.get("metrics", params={**wanted, "maxResults": 1}).json()
    past = carol.get("metrics", params={**wanted, "endDate": "2000-01-01T00:00:00.000+0000"})

    assert [each["value"] for each in found] == [2, 1]
    assert sum(each["value"] for each in wide) == 3
    assert last == found[:1]
    assert past.json() == []
    assert carol.get("metrics").status_code == 501
    assert carol.get("metrics", params={**wanted, "interval": 0}).status_code == 400
    assert carol.get("metrics", params={**wanted, "unknown": 1}).status_code == 400


def test_a_note_is_written_on_what_somebody_did(site: Site, carol: httpx.Client) -> None:
    instance = begun(carol)
    (created,) = asked(carol, "user-operation", operationType="Create", processInstanceId=instance)
    path = f"history/user-operation/{created['operationId']}"

    def annotation() -> str | None:
        (found,) = asked(carol, "user-operation", operationId=created["operationId"])
        return found["annotation"]

    for text in ("Agreed.", "Agreed with Alice."):
        done = carol.put(f"{path}/set-annotation", json={"annotation": text})
        assert (done.status_code, annotation()) == (204, text)
    assert carol.put(f"{path}/clear-annotation").status_code == 204
    assert annotation() is None
    notes = asked(carol, "user-operation", operationType="SetAnnotation")
    assert [each["newValue"] for each in notes].count("Agreed.") == 1
    unknown = "history/user-operation/7:7/set-annotation"
    assert carol.put(unknown, json={"annotation": "x"}).status_code == 400
