"""What Camunda 7's API offers beside the everyday, called one after the other."""

from __future__ import annotations

import datetime as dt

import httpx

from bpmn_engine.service.views import Problem
from bpmn_engine.views.batches import BatchType
from tests.acceptance.camunda.contract_work import ok
from tests.acceptance.camunda.seven_client import deploy_files, move_to, start_order
from tests.acceptance.camunda.seven_diagrams import ORDER, STARTERS
from tests.acceptance.camunda.test_seven_forms import FORM, HTML, with_form
from tests.acceptance.site import Site

REFERENCE = b'camunda:formRef="ask" camunda:formRefBinding="latest"'
KEY = b'camunda:formKey="embedded:deployment:forms/ask.html"'
USER_TASK = b'<bpmn:userTask id="approve" '
FILE = {"data": ("x", b"1")}
LINKED = (
    *("authorization", "authorization/x", "filter", "filter/x", "group", "group/x"),
    *("group/x/members", "tenant", "tenant/x", "tenant/x/group-members"),
    *("tenant/x/user-members", "user", "user/x"),
)


def use_the_rest(site: Site, carol: httpx.Client, root: httpx.Client) -> None:
    """Call what neither the runtime nor the work has called, as an operator, an administrator."""
    for path in LINKED:
        ok(carol.options(path))
    for form, file, content in ((KEY, "ask.html", HTML), (REFERENCE, "ask.form", FORM)):
        diagram = with_form(form).replace(b'<bpmn:userTask id="approve"', USER_TASK + form)
        deployed = deploy_files(carol, ("order.bpmn", diagram), (file, content))
        (order,) = deployed["deployedProcessDefinitions"]
        instance = start_order(carol, amount=5)
        for place in (order, "key/order"):
            ok(carol.get(f"process-definition/{place}/deployed-start-form"))
        (task,) = ok(carol.get("task", params={"processInstanceId": instance}))
        ok(carol.get(f"task/{task['id']}/deployed-form"))
        ok(carol.delete(f"process-instance/{instance}"))
    hold_jobs(site, carol, order)
    work_on_a_form(carol)
    fail_packing(carol)
    begin_batches(site, carol)
    clean_up(root, order)
    delete_definitions(root)


def hold_jobs(site: Site, client: httpx.Client, order: str) -> None:
    instance = start_order(client, amount=5)
    (timer,) = ok(client.get("job", params={"processInstanceId": instance}))
    for suspended in (True, False):
        body = {"suspended": suspended}
        ok(client.put(f"job/{timer['id']}/suspended", json=body))
        ok(client.put("job/suspended", json={"processInstanceId": instance, **body}))
    report_incident(client, instance)
    of_timer = f"job-definition/{timer['jobDefinitionId']}"
    for suspended in (True, False):
        body = {"suspended": suspended, "includeJobs": True}
        ok(client.put(f"{of_timer}/suspended", json=body))
        by_key = {"processDefinitionKey": "order", **body}
        ok(client.put("job-definition/suspended", json=by_key))
    (packing,) = ok(
        client.get("job-definition", params={"processDefinitionId": order, "activityIdIn": "pack"})
    )
    ok(client.put(f"job-definition/{packing['id']}/jobPriority", json={"priority": 7}))
    ok(client.get(f"job-definition/{packing['id']}"))
    ok(client.post(f"job/{timer['id']}/duedate/recalculate"))
    site.clock.advance(dt.timedelta(hours=2))
    assert site.service.fire_due_timers(10) == 1
    (log, *_) = ok(client.get("history/job-log", params={"processInstanceId": instance}))
    ok(client.get(f"history/job-log/{log['id']}"))
    none = client.get(f"history/job-log/{log['id']}/stacktrace")
    assert none.status_code == 404, none.text
    (operation, *_) = ok(client.get("history/user-operation"))
    path = f"history/user-operation/{operation['operationId']}"
    ok(client.put(f"{path}/set-annotation", json={"annotation": "Agreed."}))
    ok(client.put(f"{path}/clear-annotation"))
    for name in ("job-log", "external-task-log"):
        ok(client.post(f"history/{name}", json={}))
        ok(client.post(f"history/{name}/count", json={}))


def report_incident(client: httpx.Client, instance: str) -> None:
    at_task = {"processInstanceId": instance, "activityId": "approve"}
    (execution,) = ok(client.get("execution", params=at_task))
    body = {"incidentType": "late", "message": "nobody answers", "configuration": "A-1"}
    raised = ok(client.post(f"execution/{execution['id']}/create-incident", json=body))
    ok(client.delete(f"incident/{raised['id']}"))


def work_on_a_form(client: httpx.Client) -> None:
    (task, *_) = ok(client.get("task"))
    path = f"task/{task['id']}"
    for name in ("variables", "localVariables"):
        ok(client.post(f"{path}/{name}/file/data", data={"valueType": "Bytes"}, files=FILE))
        ok(client.get(f"{path}/{name}/file/data"))
    of_file = {"variableName": "file"}
    (kept, *_) = ok(client.get("history/variable-instance", params=of_file))
    ok(client.get(f"history/variable-instance/{kept['id']}/data"))
    details = ok(client.get("history/detail", params={"variableUpdates": "true"}))
    (changed, *_) = [each for each in details if each["variableName"] == "file"]
    ok(client.get(f"history/detail/{changed['id']}/data"))
    for name in ("variables", "localVariables"):
        ok(client.delete(f"{path}/{name}/file"))
    comment = ok(client.post(f"{path}/comment/create", json={"message": "Why?"}))
    comments = f"process-instance/{task['processInstanceId']}/comment"
    ok(client.get(comments))
    ok(client.put(comments, json={"id": comment["id"], "message": "Because."}))
    ok(client.delete(f"{comments}/{comment['id']}"))
    ok(client.delete(comments))
    ok(client.post(f"{path}/submit-form", json={"variables": {}}))
    ok(client.post("task/create", json={"name": "Call Alice", "assignee": "carol"}))
    (own,) = ok(client.get("task", params={"assignee": "carol"}))
    ok(client.delete(f"task/{own['id']}"))


def fail_packing(client: httpx.Client) -> None:
    first, second = start_order(client), start_order(client)
    for each in (first, second):
        move_to(client, each, "pack")
    fetch = {"workerId": "w", "topics": [{"topicName": "pack", "lockDuration": 9000}]}
    tasks = {
        each["processInstanceId"]: f"external-task/{each['id']}"
        for each in ok(client.post("external-task/fetchAndLock", json={**fetch, "maxTasks": 2}))
    }
    failure = {"workerId": "w", "errorMessage": "no", "errorDetails": "line 1"}
    ok(client.post(f"{tasks[first]}/failure", json={**failure, "retries": 0}))
    of_failures = {"failureLog": "true"}
    (log,) = ok(client.get("history/external-task-log", params=of_failures))
    ok(client.get(f"history/external-task-log/{log['id']}/error-details"))
    body = {"retries": 1, "externalTaskIds": [tasks[first].rpartition("/")[2]]}
    ok(client.post("external-task/retries-async", json=body))
    by_history = {"historicProcessInstanceQuery": {"processInstanceIds": [first]}}
    (again,) = ok(client.post("external-task/fetchAndLock", json={**fetch, "maxTasks": 2}))
    ok(client.post(f"external-task/{again['id']}/failure", json={**failure, "retries": 0}))
    ok(
        client.post(
            "process-instance/job-retries-historic-query-based", json={**by_history, "retries": 1}
        )
    )
    ok(client.post(f"{tasks[second]}/bpmnError", json={"workerId": "w", "errorCode": "LOST"}))
    ok(client.post("process-instance/delete-historic-query-based", json=by_history))


def begin_batches(site: Site, client: httpx.Client) -> None:
    instances = [start_order(client) for _ in range(2)]
    keys = [begun(site, each) for each in instances]
    for suspended in (True, False):
        ok(client.put(f"batch/{keys[0]}/suspended", json={"suspended": suspended}))
    ok(client.delete(f"batch/{keys[0]}"))
    site.service.advance_batches(10)
    ok(client.get("history/batch"))
    ok(client.get("history/batch/count"))
    ok(client.get("history/batch/cleanable-batch-report"))
    ok(client.get("history/batch/cleanable-batch-report/count"))
    ok(client.get(f"history/batch/{keys[1]}"))
    ok(client.delete(f"history/batch/{keys[1]}"))
    body = {"historicProcessInstanceIds": instances[1:]}
    ok(client.post("history/process-instance/delete", json=body))


def begun(site: Site, instance: str) -> str:
    """Begin a batch that nobody works on yet."""
    key = site.service.start_batch_of_keys(BatchType.CANCEL, [int(instance)])
    assert not isinstance(key, Problem)
    return str(key)


def clean_up(client: httpx.Client, order: str) -> None:
    for place in (order, "key/order"):
        path = f"process-definition/{place}/history-time-to-live"
        ok(client.put(path, json={"historyTimeToLive": 5}))
    (instance, *_) = ok(client.get("history/process-instance", params={"finished": "true"}))
    body = {"historicProcessInstanceIds": [instance["id"]], "clearedRemovalTime": True}
    ok(client.post("history/process-instance/set-removal-time", json=body))
    report = "history/process-definition/cleanable-process-instance-report"
    ok(client.get(report))
    ok(client.get(f"{report}/count"))
    ok(client.get("history/cleanup/job"))
    ok(client.post("history/cleanup"))


def delete_definitions(client: httpx.Client) -> None:
    deploy_files(client, ("starters.bpmn", STARTERS))
    again = deploy_files(client, ("order.bpmn", ORDER))
    (second,) = again["deployedProcessDefinitions"]
    ok(client.delete(f"process-definition/{second}"))
    ok(client.delete("process-definition/key/order", params={"cascade": "true"}))
    (starters,) = ok(client.get("process-definition"))
    ok(client.delete(f"deployment/{starters['deploymentId']}"))
