"""Incidents that somebody reports: seen as all others, and nothing stops by them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.seven_client import deploy_order, ids, move_to, start_order
from tests.acceptance.site import Site, running_site


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A running web application, on each kind of database."""
    with running_site(tmp_path, database=database) as running:
        yield running


@pytest.fixture
def packed(operator: httpx.Client) -> str:
    """An order at its external task."""
    deploy_order(operator)
    instance = start_order(operator, amount=5)
    move_to(operator, instance, "pack")
    return instance


def report(client: httpx.Client, execution: str, **body: object) -> httpx.Response:
    given = {"incidentType": "lost", "message": "no box", "configuration": "A-1", **body}
    return client.post(f"execution/{execution}/create-incident", json=given)


def fetched(client: httpx.Client) -> dict:
    topics = [{"topicName": "pack", "lockDuration": 9000}]
    body = {"workerId": "w", "maxTasks": 1, "topics": topics}
    (task,) = client.post("external-task/fetchAndLock", json=body).json()
    return task


def test_a_reported_incident_is_listed_and_resolved(
    site: Site, operator: httpx.Client, packed: str
) -> None:
    (task,) = operator.get("external-task").json()

    made = report(operator, task["executionId"]).json()
    found = operator.get("incident", params={"incidentType": "lost"}).json()
    page = site.browser("carol").get("/incidents?process_id=order").text
    resolved = operator.delete(f"incident/{made['id']}")
    (told,) = operator.get("history/incident", params={"incidentType": "lost"}).json()

    assert found == [made]
    assert {name: made[name] for name in ("incidentType", "activityId", "configuration")} == {
        "incidentType": "lost",
        "activityId": "pack",
        "configuration": "A-1",
    }
    assert (made["incidentMessage"], made["processInstanceId"]) == ("no box", packed)
    assert "no box" in page
    assert (resolved.status_code, told["resolved"]) == (204, True)
    assert (told["id"], told["incidentType"]) == (made["id"], "lost")
    assert operator.get("incident/count").json() == {"count": 0}
    operations = operator.get("history/user-operation", params={"userId": "carol"}).json()
    assert {"CreateIncident", "Resolve"} <= {each["operationType"] for each in operations}


def test_the_element_goes_on_and_closes_what_was_reported(
    operator: httpx.Client, packed: str
) -> None:
    assert report(operator, packed).status_code == 200
    task = fetched(operator)

    done = operator.post(f"external-task/{task['id']}/complete", json={"workerId": "w"})

    assert done.status_code == 204
    assert operator.get("incident").json() == []
    assert operator.get("process-instance/count").json() == {"count": 0}


def test_a_failure_leaves_what_was_reported(operator: httpx.Client, packed: str) -> None:
    made = report(operator, packed).json()
    task = fetched(operator)
    failure = {"workerId": "w", "errorMessage": "no", "retries": 0}
    operator.post(f"external-task/{task['id']}/failure", json=failure)

    open_before = operator.get("incident").json()
    operator.delete(f"incident/{made['id']}")

    assert {each["incidentType"] for each in open_before} == {"lost", "failedExternalTask"}
    (left,) = operator.get("incident").json()
    assert left["incidentType"] == "failedExternalTask"
    operator.delete(f"incident/{left['id']}")
    assert fetched(operator)["id"] == task["id"]


def test_what_cannot_be_reported_is_refused(operator: httpx.Client, packed: str) -> None:
    checked = start_order(operator, amount=5)
    tree = operator.get(f"process-instance/{checked}/activity-instances").json()
    scope = f"{checked}:{tree['childActivityInstances'][0]['id'].rpartition(':')[2]}"

    refused = [
        report(operator, packed, incidentType=None),
        report(operator, "7"),
        report(operator, f"{packed}:999"),
        report(operator, checked),
        report(operator, scope),
    ]

    assert [each.status_code for each in refused] == [400] * 5
    assert ids(operator.get("incident")) == []
