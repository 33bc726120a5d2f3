"""Diagrams of both Camundas on one engine, and instances that go from one dialect to the other."""

from __future__ import annotations

import httpx

from tests.acceptance.camunda.eight.world import activate, deploy, search, start
from tests.acceptance.camunda.test_engine_rest import CHARGE


def test_an_instance_started_as_camunda_7_is_completed_as_camunda_8(carol: httpx.Client) -> None:
    carol.post(
        "/engine-rest/deployment/create",
        files={"charge.bpmn": ("charge.bpmn", CHARGE, "text/xml")},
    )
    started = carol.post(
        "/engine-rest/process-definition/key/charge/start",
        json={"variables": {"amount": {"value": 5, "type": "Integer"}}},
    ).json()["id"]

    (job,) = activate(carol, "pay")
    done = carol.post(f"/v2/jobs/{job['jobKey']}/completion", json={"variables": {"paid": True}})

    assert (job["processInstanceKey"], job["variables"]) == (started, {"amount": 5})
    assert done.status_code == 204
    by_key = {"processInstanceKey": started}
    assert [each["state"] for each in search(carol, "process-instances", filter=by_key)] == [
        "COMPLETED"
    ]


def test_an_instance_started_as_camunda_8_is_completed_as_camunda_7(carol: httpx.Client) -> None:
    deploy(carol)
    started = start(carol, variables={"order": "A-1"})

    (task,) = carol.post(
        "/engine-rest/external-task/fetchAndLock",
        json={
            "workerId": "w",
            "maxTasks": 1,
            "topics": [{"topicName": "send", "lockDuration": 9000}],
        },
    ).json()
    done = carol.post(
        f"/engine-rest/external-task/{task['id']}/complete",
        json={"workerId": "w", "variables": {"sent": {"value": True, "type": "Boolean"}}},
    )

    assert (task["processInstanceId"], done.status_code) == (started, 204)
    sent = {"processInstanceKey": started, "name": "sent"}
    assert [each["value"] for each in search(carol, "variables", filter=sent)] == ["true"]
