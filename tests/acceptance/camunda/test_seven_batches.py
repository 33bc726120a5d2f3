"""Batches through Camunda 7's API: over history, held, ended, and what is kept of them."""

from __future__ import annotations

import httpx
import pytest

from bpmn_engine.service.views import Problem
from bpmn_engine.views.batches import BatchType
from tests.acceptance.camunda.seven_client import deploy_order, ids, move_to, start_order
from tests.acceptance.site import Site

ALL = {"historicProcessInstanceQuery": {"processDefinitionKey": "order"}}


@pytest.fixture
def orders(operator: httpx.Client) -> list[str]:
    """Two orders that have ended, and one that runs."""
    deploy_order(operator)
    found = [start_order(operator) for _ in range(3)]
    for each in found[:2]:
        assert operator.delete(f"process-instance/{each}").status_code == 204
    return found


def begun(site: Site, *keys: str) -> str:
    """Begin a batch that nobody works on yet."""
    key = site.service.start_batch_of_keys(BatchType.CANCEL, [int(each) for each in keys])
    assert not isinstance(key, Problem)
    return str(key)


def there(client: httpx.Client) -> list[str]:
    return ids(client.get("history/process-instance", params={"processDefinitionKey": "order"}))


def test_ended_instances_are_deleted(operator: httpx.Client, orders: list[str]) -> None:
    query = {"processDefinitionKey": "order", "finished": True}

    one = operator.post(
        "history/process-instance/delete", json={"historicProcessInstanceIds": orders[:1]}
    )
    other = operator.post(
        "history/process-instance/delete", json={"historicProcessInstanceQuery": query}
    )

    assert (one.json()["type"], one.json()["totalJobs"]) == ("historic-instance-deletion", 1)
    assert other.json()["totalJobs"] == 1
    assert there(operator) == orders[2:]


def test_what_runs_or_is_held_is_not_deleted(
    site: Site, operator: httpx.Client, orders: list[str]
) -> None:
    site.service.place_hold(instance_key=int(orders[0]), reason="court", actor="carol")

    batch = operator.post("history/process-instance/delete", json=ALL).json()

    assert sorted(there(operator)) == sorted([orders[0], orders[2]])
    told = operator.get(f"history/batch/{batch['id']}").json()
    assert told["totalJobs"] == 3
    assert told["endTime"] is not None


def test_what_is_not_there_is_refused_or_left_out(
    operator: httpx.Client, orders: list[str]
) -> None:
    body = {"historicProcessInstanceIds": [orders[0], "7"]}

    refused = operator.post("history/process-instance/delete", json=body)
    done = operator.post(
        "history/process-instance/delete", json={**body, "failIfNotExists": False}
    )
    nothing = operator.post("history/process-instance/delete", json={})

    assert [each.status_code for each in (refused, done, nothing)] == [400, 200, 400]
    assert done.json()["totalJobs"] == 1


def test_open_instances_are_found_by_history_and_end(
    operator: httpx.Client, orders: list[str]
) -> None:
    refused = operator.post(
        "process-instance/delete-historic-query-based", json={**ALL, "skipIoMappings": True}
    )
    batch = operator.post("process-instance/delete-historic-query-based", json=ALL)

    assert refused.status_code == 400
    assert (batch.json()["type"], batch.json()["totalJobs"]) == ("instance-deletion", 1)
    assert operator.get("process-instance/count").json() == {"count": 0}


def test_failed_jobs_get_attempts_by_history(operator: httpx.Client, orders: list[str]) -> None:
    move_to(operator, orders[2], "pack")
    topics = [{"topicName": "pack", "lockDuration": 9000}]
    fetch = {"workerId": "w", "maxTasks": 1, "topics": topics}

    def fail() -> str:
        (task,) = operator.post("external-task/fetchAndLock", json=fetch).json()
        body = {"workerId": "w", "errorMessage": "no box", "retries": 0}
        assert operator.post(f"external-task/{task['id']}/failure", json=body).status_code == 204
        return task["id"]

    fail()
    retried = operator.post(
        "process-instance/job-retries-historic-query-based", json={**ALL, "retries": 1}
    )
    task = fail()
    again = operator.post(
        "external-task/retries-async", json={"externalTaskIds": [task], "retries": 2}
    )

    assert (retried.status_code, retried.json()["type"]) == (200, "set-job-retries")
    assert (again.status_code, again.json()["totalJobs"]) == (200, 1)
    assert operator.get("incident/count").json() == {"count": 0}


def test_a_batch_is_held_and_ended(site: Site, operator: httpx.Client, orders: list[str]) -> None:
    batch = begun(site, orders[2])

    held = operator.put(f"batch/{batch}/suspended", json={"suspended": True})
    advanced = site.service.advance_batches(10)
    (listed,) = operator.get("batch", params={"suspended": "true"}).json()
    resumed = operator.put(f"batch/{batch}/suspended", json={"suspended": False})
    ended = operator.delete(f"batch/{batch}")

    assert [each.status_code for each in (held, resumed, ended)] == [204, 204, 204]
    assert (advanced, listed["id"], listed["suspended"]) == (0, batch, True)
    assert operator.get("batch").json() == []
    assert operator.get(f"process-instance/{orders[2]}").status_code == 200
    assert operator.delete(f"batch/{batch}").status_code == 404


def test_batches_that_are_done_are_listed_and_deleted(
    site: Site, operator: httpx.Client, orders: list[str]
) -> None:
    done = operator.post("history/process-instance/delete", json=ALL).json()["id"]
    waiting = begun(site, orders[2])

    assert sorted(ids(operator.get("history/batch"))) == sorted([done, waiting])
    assert ids(operator.get("history/batch", params={"completed": "true"})) == [done]
    assert operator.get("history/batch/count", params={"completed": "false"}).json() == {
        "count": 1
    }
    (report,) = operator.get("history/batch/cleanable-batch-report").json()
    assert (report["batchType"], report["finishedBatchesCount"]) == (
        "historic-instance-deletion",
        1,
    )
    assert operator.get("history/batch/cleanable-batch-report/count").json() == {"count": 1}
    assert operator.delete(f"history/batch/{waiting}").status_code == 409
    assert operator.delete(f"history/batch/{done}").status_code == 204
    assert operator.get(f"history/batch/{done}").status_code == 404
    assert operator.delete(f"batch/{waiting}", params={"cascade": "true"}).status_code == 204
    assert operator.get("history/batch").json() == []
