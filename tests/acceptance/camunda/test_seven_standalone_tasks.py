"""Tasks of no process, as Camunda 7's Tasklist makes them."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.test_engine_rest import signed_in
from tests.acceptance.camunda.test_seven_tasks import INVOICE
from tests.acceptance.site import Site


@pytest.fixture
def bob(site: Site) -> httpx.Client:
    """Bob is a clerk."""
    client = signed_in(site, "bob")
    client.base_url = f"{site.url}/engine-rest/"
    return client


@pytest.fixture
def alice(site: Site) -> httpx.Client:
    """Alice is another one of the staff."""
    client = signed_in(site, "alice")
    client.base_url = f"{site.url}/engine-rest/"
    return client


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """Carol is an operator."""
    client = signed_in(site)
    client.base_url = f"{site.url}/engine-rest/"
    return client


def made(client: httpx.Client, **body: object) -> httpx.Response:
    """Make a task."""
    return client.post("task/create", json=body)


def test_a_task_of_no_process_is_found_and_completed_as_any_other(bob: httpx.Client) -> None:
    answer = made(
        bob,
        name="Call Alice",
        assignee="bob",
        owner="carol",
        due="2030-01-31T09:00:00.000+0000",
        description="About the invoice.",
    )
    (task,) = bob.get("task", params={"assignee": "bob"}).json()
    (comment,) = bob.get(f"task/{task['id']}/comment").json()
    completed = bob.post(f"task/{task['id']}/complete", json={})

    assert answer.status_code == 204, answer.text
    assert (task["name"], task["owner"], task["priority"]) == ("Call Alice", "carol", 50)
    assert task["due"] == "2030-01-31T09:00:00.000+0000"
    assert task["taskState"] == "Created"
    for name in ("processInstanceId", "processDefinitionId", "executionId", "taskDefinitionKey"):
        assert task[name] is None
    assert comment["message"] == "About the invoice."
    assert completed.status_code == 204
    assert bob.get("task", params={"assignee": "bob"}).json() == []


def test_the_process_behind_such_tasks_is_in_no_list(
    bob: httpx.Client, carol: httpx.Client
) -> None:
    made(bob, name="One")
    made(bob, name="Two")

    keys = {each["key"] for each in carol.get("process-definition").json()}
    files = {each["name"] for each in carol.get("deployment").json()}
    assert not [key for key in keys if key.startswith("bpmn-engine.")]
    assert "Tasks of no process" not in files
    assert len(bob.get("task").json()) == 2


def test_a_task_of_no_process_has_variables_of_its_own(bob: httpx.Client) -> None:
    made(bob, name="Call Alice", assignee="bob")
    (task,) = bob.get("task").json()

    bob.put(f"task/{task['id']}/variables/phone", json={"value": "12", "type": "String"})

    assert bob.get(f"task/{task['id']}/variables").json()["phone"]["value"] == "12"


def test_a_task_of_no_process_is_deleted_and_one_of_a_process_is_not(
    bob: httpx.Client, carol: httpx.Client
) -> None:
    carol.post("deployment/create", files={"invoice.bpmn": ("invoice.bpmn", INVOICE, "text/xml")})
    carol.post("process-definition/key/invoice/start", json={})
    made(bob, name="Call Alice", assignee="bob")
    tasks = {task["name"]: task["id"] for task in carol.get("task").json()}

    assert bob.delete(f"task/{tasks['Call Alice']}").status_code == 204
    refused = carol.delete(f"task/{tasks['Approve invoice']}")

    assert refused.status_code == 500
    assert "part of a running process" in refused.json()["message"]
    assert [task["name"] for task in carol.get("task").json()] == ["Approve invoice"]


@pytest.mark.parametrize("name", ["id", "parentTaskId", "tenantId"])
def test_what_a_task_cannot_have_is_refused_by_name(bob: httpx.Client, name: str) -> None:
    answer = made(bob, name="Call Alice", **{name: "7"})

    assert answer.status_code == 501
    assert name in answer.json()["message"]


def test_a_task_that_nobody_has_is_offered_to_who_made_it(
    bob: httpx.Client, alice: httpx.Client
) -> None:
    made(bob, name="Call Carol")

    assert [task["name"] for task in bob.get("task").json()] == ["Call Carol"]
    assert alice.get("task").json() == []


def test_a_task_with_a_priority_that_none_can_have_is_refused(bob: httpx.Client) -> None:
    answer = made(bob, name="Call Alice", priority=101)

    assert answer.status_code == 400
    assert bob.get("task").json() == []
