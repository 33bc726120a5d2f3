"""The worker of the package camunda-client, unmodified.

Its other part reads the ids of instances and tasks as UUIDs, which Camunda 7 makes only where it
is configured so; there the engine's ids, which are numbers, do not fit.
"""

import asyncio
import datetime as dt

import httpx
import pytest
from camunda_client.clients import ExternalTaskClient
from camunda_client.clients.dto import AuthData
from camunda_client.types_ import VariableValueSchema
from camunda_client.worker import ExternalTaskWorker

from tests.acceptance.camunda.seven_client import deploy_order, move_to, rest_client, start_order
from tests.acceptance.site import PASSWORD, Site

SECOND = dt.timedelta(seconds=1)


def client_of(site: Site) -> ExternalTaskClient:
    return ExternalTaskClient(
        worker_id="w",
        base_url=f"{site.url}/engine-rest",
        auth_data=AuthData(username="carol", password=PASSWORD),
        transport=httpx.AsyncHTTPTransport(),
    )


@pytest.fixture
def packing(site: Site) -> tuple[httpx.Client, str]:
    """An order that is to be packed."""
    carol = rest_client(site)
    deploy_order(carol)
    instance = start_order(carol, "A-1", amount=5)
    move_to(carol, instance, "pack")
    return carol, instance


def test_its_worker_takes_tasks_and_completes_them(site: Site, packing) -> None:
    carol, instance = packing

    async def work() -> dict[str, object]:
        worker = ExternalTaskWorker(client_of(site), pull_interval=SECOND / 10)
        async with worker, worker.subscribe("pack") as contexts:
            async for context in contexts:
                async with context as task:
                    await context.complete(
                        global_variables={"boxes": VariableValueSchema(value=2, type="Integer")}
                    )
                    worker._closing.set()
                    return dict(task.variables)
        raise AssertionError("Expected a task, but none came.")

    seen = asyncio.run(asyncio.wait_for(work(), 60))

    assert seen["amount"].value == 5
    ended = carol.get(f"history/process-instance/{instance}").json()
    assert ended["state"] == "COMPLETED"


def test_it_extends_a_lock_fails_with_retries_and_gives_a_task_back(site: Site, packing) -> None:
    carol, _ = packing

    async def work() -> tuple[str, list[object]]:
        client = client_of(site)
        (task,) = await client.fetch_and_lock(["pack"])
        await client.extend_lock(task.id, new_duration=90_000)
        extended = carol.get(f"external-task/{task.id}").json()
        await client.failure(task.id, error_message="no box", retries=2, error_details="none left")
        failed = carol.get(f"external-task/{task.id}").json()
        await client.unlock(task.id)
        free = carol.get(f"external-task/{task.id}").json()
        return task.lock_expiration_time, [extended, failed, free]

    _, (extended, failed, free) = asyncio.run(work())

    assert extended["workerId"] == "w"
    assert (failed["retries"], failed["errorMessage"]) == (2, "no box")
    assert free["workerId"] is None
