"""Jobs that have ended, figures of jobs, and jobs changed by a filter."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.world import activate, deploy, search, start

EVER = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}


@pytest.fixture
def instance(carol: httpx.Client) -> str:
    """An instance whose job is open."""
    deploy(carol)
    return start(carol, variables={"order": "A-1"})


def done(client: httpx.Client, what: str, body: object) -> str:
    """Answer the job that is due; return its key."""
    (job,) = activate(client)
    answer = client.post(f"/v2/jobs/{job['jobKey']}/{what}", json=body)
    assert answer.status_code == 204, answer.text
    return job["jobKey"]


def figures(client: httpx.Client, what: str, **filter_: object) -> list[dict[str, object]]:
    """Return the items of a statistic over all time."""
    body = {"filter": {**EVER, **filter_}}
    answer = client.post(f"/v2/jobs/statistics/{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_job_that_was_completed_is_found_beside_its_instance(carol, instance) -> None:
    done(carol, "failure", {"retries": 1, "errorMessage": "no line"})
    done(carol, "completion", {})

    (one,) = search(carol, "jobs", filter={"processInstanceKey": instance, "type": "send"})

    assert (one["state"], one["worker"], one["kind"]) == ("COMPLETED", "carol", "BPMN_ELEMENT")
    assert (one["elementId"], one["errorMessage"], one["retries"]) == ("send", "no line", 1)
    assert one["endTime"] is not None
    assert one["creationTime"] <= one["endTime"] == one["lastUpdateTime"]
    (element,) = search(carol, "element-instances", filter={"elementId": "send"})
    assert one["elementInstanceKey"] == element["elementInstanceKey"]
    for by in ("jobKey", "elementInstanceKey"):
        assert search(carol, "jobs", filter={by: one[by]}) == [one], by


def test_a_job_that_ended_with_an_error_says_so(carol, instance) -> None:
    done(carol, "error", {"errorCode": "LOST", "errorMessage": "gone"})

    found = search(
        carol, "jobs", filter={"processInstanceKey": instance, "errorCode": {"$eq": "LOST"}}
    )

    assert [(one["state"], one["errorMessage"]) for one in found] == [("ERROR_THROWN", "gone")]


def test_a_job_nobody_waits_for_any_more_is_cancelled(carol, instance) -> None:
    carol.post(f"/v2/process-instances/{instance}/cancellation", json={})

    found = search(carol, "jobs", filter={"processInstanceKey": instance})

    assert [one["state"] for one in found] == ["CANCELED"]
    assert search(carol, "jobs") == []


def test_an_open_job_is_listed_once(carol, instance) -> None:
    (everywhere,) = search(carol, "jobs")

    (one,) = search(carol, "jobs", filter={"processInstanceKey": instance})

    assert (one["jobKey"], one["state"]) == (everywhere["jobKey"], "CREATED")
    by_kind = {"processInstanceKey": instance, "kind": {"$in": ["BPMN_ELEMENT"]}}
    assert search(carol, "jobs", filter=by_kind) == [one]
    assert search(carol, "jobs", filter={**by_kind, "kind": "TASK_LISTENER"}) == []


@pytest.mark.parametrize(
    "body",
    [
        {"filter": {"state": "COMPLETED"}},
        {"filter": {"kind": "BPMN_ELEMENT"}},
        {"filter": {"$or": [{"state": {"$in": ["CREATED", "CANCELED"]}}]}},
        {"sort": [{"field": "endTime"}]},
    ],
)
def test_ended_jobs_of_everybody_are_refused_not_left_out(carol, instance, body) -> None:
    answer = carol.post("/v2/jobs/search", json=body)

    assert answer.status_code == 400
    assert "Expected processInstanceKey" in answer.json()["detail"]


def test_figures_count_what_happened_to_jobs(carol, instance) -> None:
    start(carol, variables={"order": "A-2"})
    first, second = (job["jobKey"] for job in activate(carol))
    failure = {"retries": 1, "errorMessage": "no line"}
    assert carol.post(f"/v2/jobs/{first}/failure", json=failure).status_code == 204
    assert carol.post(f"/v2/jobs/{second}/completion", json={}).status_code == 204

    total = carol.get("/v2/jobs/statistics/global", params=EVER).json()

    assert [total[each]["count"] for each in ("created", "completed", "failed")] == [2, 1, 1]
    (by_type,) = figures(carol, "by-types")
    assert (by_type["jobType"], by_type["workers"], by_type["created"]["count"]) == ("send", 1, 2)
    (by_worker,) = figures(carol, "by-workers", jobType="send")
    assert (by_worker["worker"], by_worker["completed"]["count"]) == ("carol", 1)
    (error,) = figures(carol, "errors", jobType="send")
    assert error == {"errorCode": "", "errorMessage": "no line", "workers": 1}
    assert [one["created"]["count"] for one in figures(carol, "time-series", jobType="send")] == [
        2
    ]


def test_figures_are_of_the_time_and_the_type_that_are_asked_for(carol, instance) -> None:
    before = {"from": "2000-01-01T00:00:00Z", "to": "2001-01-01T00:00:00Z"}

    total = carol.get("/v2/jobs/statistics/global", params=before).json()

    assert total["created"] == {"count": 0, "lastUpdatedAt": None}
    assert figures(carol, "by-types", jobType={"$like": "x*"}) == []
    assert figures(carol, "time-series", jobType="other") == []


@pytest.mark.parametrize(
    ("what", "filter_"),
    [
        ("by-types", {"from": EVER["from"]}),
        ("by-workers", EVER),
        ("time-series", {**EVER, "jobType": "send", "resolution": "often"}),
        ("time-series", {**EVER, "jobType": "send", "resolution": "PT1S"}),
    ],
)
def test_figures_of_no_time_no_type_or_too_many_parts_are_refused(
    carol, instance, what, filter_
) -> None:
    answer = carol.post(f"/v2/jobs/statistics/{what}", json={"filter": filter_})

    assert answer.status_code == 400, answer.text


def test_jobs_are_changed_by_a_filter(carol, instance) -> None:
    start(carol, variables={"order": "A-2"})
    body = {
        "filter": {"processInstanceKey": instance, "type": "send"},
        "changeset": {"priority": 9, "retries": 4},
    }

    made = carol.post("/v2/jobs/batch-update", json=body)

    assert made.json()["batchOperationType"] == "UPDATE_JOB"
    changed = {one["processInstanceKey"]: one for one in search(carol, "jobs")}
    assert (changed[instance]["priority"], changed[instance]["retries"]) == (9, 4)
    assert [one["priority"] for key, one in changed.items() if key != instance] == [0]
    key = made.json()["batchOperationKey"]
    (batch,) = search(carol, "batch-operations", filter={"batchOperationKey": key})
    assert (batch["state"], batch["operationsCompletedCount"]) == ("COMPLETED", 1)


@pytest.mark.parametrize(
    "body",
    [
        {"filter": {}, "changeset": {"priority": 9}},
        {"filter": {"type": "send"}, "changeset": {}},
        {"filter": {"type": "send"}, "changeset": {"worker": "bob"}},
        {"filter": {"kind": "BPMN_ELEMENT"}, "changeset": {"priority": 9}},
    ],
)
def test_a_change_of_no_jobs_or_of_nothing_is_refused(carol, instance, body) -> None:
    answer = carol.post("/v2/jobs/batch-update", json=body)

    assert answer.status_code == 400, answer.text
    assert [one["priority"] for one in search(carol, "jobs")] == [0]


LISTENED = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="listened" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:serviceTask id="send"><bpmn:extensionElements>
      <zeebe:taskDefinition type="send"/>
      <zeebe:executionListeners><zeebe:executionListener eventType="start" type="told"/>
      </zeebe:executionListeners></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:userTask id="approve"><bpmn:extensionElements><zeebe:userTask/>
      <zeebe:taskListeners><zeebe:taskListener eventType="completing" type="asked"/>
      </zeebe:taskListeners></bpmn:extensionElements></bpmn:userTask>
    <bpmn:sequenceFlow id="g1" sourceRef="s" targetRef="send"/>
    <bpmn:sequenceFlow id="g2" sourceRef="send" targetRef="approve"/>
  </bpmn:process>
</bpmn:definitions>"""


def test_ended_jobs_of_listeners_are_told_apart(carol: httpx.Client) -> None:
    deploy(carol, ("listened.bpmn", LISTENED))
    key = start(carol, "listened")
    for kind in ("told", "send"):
        (job,) = activate(carol, kind)
        assert carol.post(f"/v2/jobs/{job['jobKey']}/completion", json={}).status_code == 204
    (task,) = search(carol, "user-tasks")
    carol.post(f"/v2/user-tasks/{task['userTaskKey']}/assignment", json={"assignee": "carol"})
    carol.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", json={})
    (job,) = activate(carol, "asked")
    denied = {"result": {"type": "userTask", "denied": True}}
    assert carol.post(f"/v2/jobs/{job['jobKey']}/completion", json=denied).status_code == 204

    found = search(carol, "jobs", filter={"processInstanceKey": key})

    told = {one["type"]: (one["kind"], one["listenerEventType"], one["isDenied"]) for one in found}
    assert told == {
        "told": ("EXECUTION_LISTENER", "START", None),
        "send": ("BPMN_ELEMENT", "UNSPECIFIED", None),
        "asked": ("TASK_LISTENER", "COMPLETING", True),
    }
    by_denied = {"processInstanceKey": key, "isDenied": True}
    assert [one["type"] for one in search(carol, "jobs", filter=by_denied)] == ["asked"]
