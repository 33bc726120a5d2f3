"""Tasks, external tasks, history and people over Camunda 7's API, called one after the other."""

from __future__ import annotations

import httpx

from tests.acceptance.camunda.test_seven_external_tasks import SHIPPING
from tests.acceptance.camunda.test_seven_history import RATED
from tests.acceptance.camunda.test_seven_tasks import INVOICE
from tests.acceptance.site import PASSWORD, Site
from tests.acceptance.test_decisions import RATE


def ok(answer: httpx.Response) -> object:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
    is_json = answer.headers.get("content-type") == "application/json"
    return answer.json() if is_json else answer.content


def use_the_work(_site: Site, carol: httpx.Client, admin: httpx.Client) -> None:
    """Call what there is about tasks, external tasks, history and people."""
    files = {
        name: (name, content, "text/xml")
        for name, content in (
            ("invoice.bpmn", INVOICE),
            ("shipping.bpmn", SHIPPING),
            ("rate.dmn", RATE.encode()),
            ("rated.bpmn", RATED.encode()),
        )
    }
    ok(carol.post("deployment/create", files=files))
    for process in ("invoice", "invoice", "shipping", "shipping", "rated"):
        body = {"businessKey": "A", "variables": {"amount": {"value": 1200}}}
        ok(carol.post(f"process-definition/key/{process}/start", json=body))

    work_on_tasks(carol)
    work_on_external_tasks(carol)
    keep_filters(carol)
    read_history(carol)
    look_after_people(admin)


def work_on_tasks(client: httpx.Client) -> None:
    first, second = ok(client.get("task"))
    ok(client.post("task", json={"candidateGroup": "clerks"}))
    ok(client.get("task/count"))
    ok(client.post("task/count", json={}))
    ok(client.get("task/report/candidate-group-count"))
    path = f"task/{first['id']}"
    ok(client.get(path, params={"withCommentAttachmentInfo": "true"}))
    for action, body in (
        ("claim", {"userId": "bob"}),
        ("unclaim", None),
        ("assignee", {"userId": "bob"}),
        ("delegate", {"userId": "alice"}),
        ("resolve", {}),
        ("identity-links", {"groupId": "auditors", "type": "candidate"}),
        ("identity-links/delete", {"groupId": "auditors", "type": "candidate"}),
        ("bpmnEscalation", {"escalationCode": "LATE"}),
        ("variables", {"modifications": {"note": {"value": "x"}}}),
        ("localVariables", {"modifications": {"own": {"value": "x"}}}),
    ):
        ok(client.post(f"{path}/{action}", json=body))
    for name in ("form", "form-variables", "rendered-form", "identity-links"):
        ok(client.get(f"{path}/{name}"))
    for name in ("variables", "localVariables"):
        ok(client.put(f"{path}/{name}/note", json={"value": "y"}))
        ok(client.get(f"{path}/{name}"))
        ok(client.get(f"{path}/{name}/note"))
    comment = ok(client.post(f"{path}/comment/create", json={"message": "Why?"}))
    ok(client.put(f"{path}/comment", json={"id": comment["id"], "message": "Because."}))
    ok(client.get(f"{path}/comment"))
    ok(client.get(f"{path}/comment/{comment['id']}"))
    ok(client.delete(f"{path}/comment/{comment['id']}"))
    ok(client.delete(f"{path}/comment"))
    attached = ok(
        client.post(f"{path}/attachment/create", files={"content": ("a.txt", b"x", "text/plain")})
    )
    ok(client.get(f"{path}/attachment"))
    ok(client.get(f"{path}/attachment/{attached['id']}"))
    ok(client.get(f"{path}/attachment/{attached['id']}/data"))
    ok(client.delete(f"{path}/attachment/{attached['id']}"))
    ok(client.put(path, json={"name": "Again", "description": first["description"]}))
    ok(client.post(f"{path}/complete", json={"withVariablesInReturn": True}))
    ok(client.post(f"task/{second['id']}/bpmnError", json={"errorCode": "REFUSED"}))
    assert client.get(path).status_code == 404
    assert client.get("task", params={"colour": "red"}).status_code == 400


def work_on_external_tasks(client: httpx.Client) -> None:
    fetch = {
        "workerId": "w",
        "maxTasks": 1,
        "topics": [{"topicName": "pack", "lockDuration": 9000}],
    }
    (task,) = ok(client.post("external-task/fetchAndLock", json=fetch))
    path = f"external-task/{task['id']}"
    for name in ("", "/count", "/topic-names"):
        ok(client.get(f"external-task{name}"))
    ok(client.post("external-task", json={"locked": True}))
    ok(client.post("external-task/count", json={}))
    ok(client.post(f"{path}/extendLock", json={"workerId": "w", "newDuration": 9000}))
    ok(
        client.post(
            f"{path}/failure",
            json={"workerId": "w", "errorMessage": "no", "errorDetails": "t", "retries": 1},
        )
    )
    ok(client.get(path))
    ok(client.get(f"{path}/errorDetails"))
    ok(client.put(f"{path}/retries", json={"retries": 0}))
    ok(client.put("external-task/retries", json={"retries": 2, "externalTaskIds": [task["id"]]}))
    ok(client.put(f"{path}/priority", json={"priority": 7}))
    ok(client.post(f"{path}/lock", json={"workerId": "w", "lockDuration": 9000}))
    ok(client.post(f"{path}/unlock"))
    ok(client.post(f"{path}/lock", json={"workerId": "w", "lockDuration": 9000}))
    ok(client.post(f"{path}/complete", json={"workerId": "w"}))
    assert client.post(f"{path}/complete", json={"workerId": "w"}).status_code == 404


def keep_filters(client: httpx.Client) -> None:
    body = {"resourceType": "Task", "name": "All", "query": {}, "properties": {}}
    made = ok(client.post("filter/create", json=body))
    path = f"filter/{made['id']}"
    ok(client.get("filter", params={"itemCount": "true"}))
    ok(client.get("filter/count"))
    for name in ("", "/list", "/count", "/singleResult"):
        ok(client.get(f"{path}{name}"))
    for name in ("/list", "/count", "/singleResult"):
        ok(client.post(f"{path}{name}", json={}))
    ok(client.put(path, json={**body, "owner": "carol"}))
    ok(client.delete(path))


def read_history(client: httpx.Client) -> None:
    for name in (
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
    ):
        ok(client.get(f"history/{name}/count"))
        found = ok(client.get(f"history/{name}", params={"maxResults": 50}))
        if found and name not in {"incident", "identity-link-log", "user-operation", "task"}:
            ok(client.get(f"history/{name}/{found[0]['id']}"))
    for name in ("process-instance", "activity-instance", "task", "variable-instance"):
        ok(client.post(f"history/{name}", json={}))
        ok(client.post(f"history/{name}/count", json={}))
    ok(client.post("history/detail", json={}))
    (ended, *_) = ok(client.get("history/process-instance", params={"finished": "true"}))
    definition = ended["processDefinitionId"]
    ok(
        client.get(
            f"history/process-definition/{definition}/statistics", params={"finished": "true"}
        )
    )
    report = {"reportType": "duration", "periodUnit": "month"}
    ok(client.get("history/process-instance/report", params=report))
    ok(client.get("history/task/report", params=report))
    ok(client.get("history/task/report", params={"reportType": "count", "groupBy": "taskName"}))
    ok(client.get("history/cleanup/configuration"))
    ok(client.get("history/cleanup/jobs"))
    ok(client.get("metrics/process-instances/sum"))
    ok(client.get("metrics", params={"name": "process-instances"}))
    ok(client.delete(f"history/process-instance/{ended['id']}"))


def look_after_people(admin: httpx.Client) -> None:
    profile = {"id": "erin", "firstName": "Erin", "lastName": "Egan", "email": "e@example.org"}
    body = {"profile": profile, "credentials": {"password": PASSWORD}}
    ok(admin.post("user/create", json=body))
    for name in ("user", "user/count", "user/erin/profile", "group", "group/count"):
        ok(admin.get(name))
    ok(admin.put("user/erin/profile", json=profile))
    ok(admin.put("user/erin/credentials", json={"password": f"{PASSWORD}!"}))
    ok(admin.post("group/create", json={"id": "auditors", "name": "Auditors"}))
    ok(admin.put("group/auditors/members/erin"))
    ok(admin.get("group/auditors"))
    ok(admin.post("group", json={}))
    ok(admin.post("group/count", json={}))
    ok(admin.put("group/auditors", json={"name": "Audit"}))
    ok(admin.get("identity/groups", params={"userId": "erin"}))
    ok(admin.delete("group/auditors/members/erin"))
    ok(admin.delete("group/auditors"))
    ok(admin.post("identity/verify", json={"username": "admin", "password": PASSWORD}))
    ok(admin.get("identity/password-policy"))
    ok(admin.post("identity/password-policy", json={"password": PASSWORD}))
    for name in ("authorization", "authorization/count", "tenant", "tenant/count"):
        ok(admin.get(name))
    ok(admin.get("authorization/erin:7"))
    ok(
        admin.get(
            "authorization/check",
            params={"permissionName": "READ", "resourceName": "Task", "resourceType": 7},
        )
    )
