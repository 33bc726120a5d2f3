"""The jobs and timers of an element are held, and made urgent, before they are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.seven_client import (
    deploy_files,
    deploy_order,
    ids,
    move_to,
    start_order,
)
from tests.acceptance.camunda.seven_diagrams import STARTERS
from tests.acceptance.site import Site, running_site


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A running web application, on each kind of database."""
    with running_site(tmp_path, database=database) as running:
        yield running


def definition_of(client: httpx.Client, element: str) -> dict:
    (found,) = client.get("job-definition", params={"activityIdIn": element}).json()
    return found


def hold(client: httpx.Client, element: str, **body: object) -> httpx.Response:
    path = f"job-definition/{definition_of(client, element)['id']}/suspended"
    return client.put(path, json={"suspended": True, **body})


def packing(client: httpx.Client) -> str:
    """Start an order and bring it to its external task; return the instance's id."""
    instance = start_order(client, amount=5)
    move_to(client, instance, "pack")
    return instance


def fetched(client: httpx.Client) -> list[str]:
    topics = [{"topicName": "pack", "lockDuration": 1}]
    body = {"workerId": "w", "maxTasks": 9, "topics": topics}
    found = client.post("external-task/fetchAndLock", json=body).json()
    return [each["processInstanceId"] for each in found]


def jobs(client: httpx.Client, instance: str) -> list[tuple[str, bool]]:
    found = client.get("job", params={"processInstanceId": instance}).json()
    return [(each["jobDefinitionId"].partition(":")[2], each["suspended"]) for each in found]


def test_new_jobs_of_a_held_element_are_held_and_others_are_not(operator: httpx.Client) -> None:
    deploy_order(operator)
    before = packing(operator)

    held = hold(operator, "pack")
    after = packing(operator)
    told = definition_of(operator, "pack")["suspended"]
    released = hold(operator, "pack", suspended=False)

    assert (held.status_code, released.status_code, told) == (204, 204, True)
    assert fetched(operator) == [before]
    assert jobs(operator, after) == [("pack", True)]
    assert jobs(operator, packing(operator)) == [("pack", False)]


def test_what_is_there_is_held_too_when_that_is_asked_for(operator: httpx.Client) -> None:
    deploy_order(operator)
    packed, checked = packing(operator), start_order(operator, amount=5)

    assert hold(operator, "pack", includeJobs=True).status_code == 204
    assert jobs(operator, packed) == [("pack", True)]
    assert jobs(operator, checked) == [("late", False)]
    assert fetched(operator) == []
    assert hold(operator, "pack", includeJobs=True, suspended=False).status_code == 204
    assert fetched(operator) == [packed]
    operations = operator.get("history/user-operation", params={"processInstanceId": packed})
    assert {"SuspendJob", "ActivateJob"} <= {each["operationType"] for each in operations.json()}
    assert {each["userId"] for each in operations.json()} == {"carol"}


def test_every_element_of_a_process_is_held_together(site: Site, operator: httpx.Client) -> None:
    definition = deploy_order(operator)
    instance = start_order(operator, amount=5)
    body = {"processDefinitionKey": "order", "suspended": True, "includeJobs": True}

    assert operator.put("job-definition/suspended", json=body).status_code == 204
    site.clock.advance(dt.timedelta(hours=2))
    fired = site.service.fire_due_timers(10)
    suspended = ids(operator.get("job-definition", params={"suspended": "true"}))
    active = ids(operator.get("job-definition", params={"active": "true"}))
    again = {**body, "processDefinitionId": definition, "suspended": False}
    both = operator.put("job-definition/suspended", json=again)
    del again["processDefinitionKey"]

    assert (fired, len(suspended), active) == (0, 2, [])
    assert both.status_code == 400
    assert operator.put("job-definition/suspended", json=again).status_code == 204
    assert jobs(operator, instance) == [("late", False)]
    assert site.service.fire_due_timers(10) == 1


def test_a_resumed_instance_leaves_held_what_is_held_by_its_element(
    operator: httpx.Client,
) -> None:
    deploy_order(operator)
    packed, checked = packing(operator), start_order(operator, amount=5)
    for each in (packed, checked):
        operator.put(f"process-instance/{each}/suspended", json={"suspended": True})

    hold(operator, "pack", includeJobs=True)
    for each in (packed, checked):
        operator.put(f"process-instance/{each}/suspended", json={"suspended": False})

    assert jobs(operator, packed) == [("pack", True)]
    assert jobs(operator, checked) == [("late", False)]


def test_a_timer_of_a_start_event_is_held(site: Site, operator: httpx.Client) -> None:
    deploy_files(operator, ("starters.bpmn", STARTERS))
    (timer,) = operator.get("job", params={"activityId": "each-day"}).json()
    path = f"job/{timer['id']}"

    held = operator.put(f"{path}/suspended", json={"suspended": True})
    site.clock.advance(dt.timedelta(days=2))
    started = site.service.start_due_timers(10)
    told = operator.get(path).json()["suspended"]
    assert hold(operator, "each-day", suspended=False, includeJobs=True).status_code == 204

    assert (held.status_code, started, told) == (204, 0, True)
    assert operator.get(path).json()["suspended"] is False
    assert site.service.start_due_timers(10) >= 1


def test_new_jobs_have_the_priority_of_their_element(operator: httpx.Client) -> None:
    deploy_order(operator)
    before = packing(operator)
    path = f"job-definition/{definition_of(operator, 'pack')['id']}/jobPriority"

    def priority(instance: str) -> int:
        (job,) = operator.get("job", params={"processInstanceId": instance}).json()
        return job["priority"]

    assert operator.put(path, json={"priority": 9}).status_code == 204
    assert (priority(before), priority(packing(operator))) == (0, 9)
    assert definition_of(operator, "pack")["overridingJobPriority"] == 9
    has_priority = {"withOverridingJobPriority": "true"}
    assert len(ids(operator.get("job-definition", params=has_priority))) == 1
    body = {"priority": 8, "includeJobs": True}
    assert operator.put(path, json=body).status_code == 204
    assert priority(before) == 8
    assert operator.put(path, json={"priority": None}).status_code == 204
    assert (priority(before), priority(packing(operator))) == (8, 0)


def test_what_cannot_be_held_is_refused(site: Site, operator: httpx.Client) -> None:
    deploy_order(operator)
    late = definition_of(operator, "late")["id"]
    date = "2040-01-01T00:00:00.000+0000"

    assert hold(operator, "pack", executionDate=date).status_code == 400
    assert operator.put("job-definition/suspended", json={"suspended": True}).status_code == 400
    missing = operator.put("job-definition/7:x/suspended", json={"suspended": True})
    assert missing.status_code == 404
    urgent = operator.put(f"job-definition/{late}/jobPriority", json={"priority": 1})
    assert urgent.status_code == 400
    nothing = {"priority": None, "includeJobs": True}
    pack = definition_of(operator, "pack")["id"]
    assert operator.put(f"job-definition/{pack}/jobPriority", json=nothing).status_code == 400
