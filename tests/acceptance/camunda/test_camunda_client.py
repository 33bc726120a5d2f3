"""The package camunda-client, unmodified.

Its part for people reads the ids of instances and tasks as UUIDs, which Camunda 7 makes only where
it is configured so; there the engine's ids, which are numbers, do not fit. The worker and messages
take them as they are.
"""

import asyncio
import datetime as dt

import httpx
import pytest
from camunda_client.clients import CamundaEngineClient, ExternalTaskClient
from camunda_client.clients.dto import AuthData
from camunda_client.clients.engine.schemas import SendCorrelationMessageSchema
from camunda_client.exceptions import CamundaClientError
from camunda_client.types_ import VariableValueSchema
from camunda_client.worker import ExternalTaskWorker

from tests.acceptance.camunda.seven_client import (
    deploy_files,
    deploy_order,
    move_to,
    rest_client,
    start_order,
)
from tests.acceptance.camunda.test_seven_external_tasks import SHIPPING
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


def test_it_throws_a_bpmn_error(site: Site) -> None:
    carol = rest_client(site)
    deploy_files(carol, ("shipping.bpmn", SHIPPING))
    body = {"variables": {"amount": {"value": 1}}}
    instance = carol.post("process-definition/key/shipping/start", json=body).json()["id"]

    async def work() -> None:
        client = client_of(site)
        (task,) = await client.fetch_and_lock(["pack"])
        why = {"why": VariableValueSchema(value="empty", type="String")}
        await client.bpmn_error(task.id, "LOST", "It is gone", why)

    asyncio.run(work())

    passed = carol.get("history/activity-instance", params={"processInstanceId": instance}).json()
    assert {"gone", "g"} <= {each["activityId"] for each in passed}
    assert site.service.instance(int(instance)).variables["why"] == "empty"


def test_it_waits_for_a_task_in_one_request(site: Site) -> None:
    carol = rest_client(site)
    deploy_order(carol)
    instance = start_order(carol, "A-1", amount=5)

    async def work() -> list[str]:
        waiting = asyncio.create_task(client_of(site).fetch_and_lock(["pack"]))
        await asyncio.to_thread(move_to, carol, instance, "pack")
        return [str(task.process_instance_id) for task in await waiting]

    assert asyncio.run(asyncio.wait_for(work(), 60)) == [instance]


def test_it_reads_and_writes_a_date_and_json(site: Site, packing) -> None:
    carol, instance = packing
    given = {
        "due": {"type": "Date", "value": "2030-01-05T09:00:00.000+0000"},
        "lines": {"type": "Json", "value": "[1, 2]"},
    }
    for name, value in given.items():
        carol.put(f"process-instance/{instance}/variables/{name}", json=value)

    async def work() -> dict[str, object]:
        client = client_of(site)
        (task,) = await client.fetch_and_lock(["pack"])
        sent = {
            "at": VariableValueSchema(value="2030-02-05T09:00:00.000+0000", type="Date"),
            "boxes": VariableValueSchema(value='{"small": 2}', type="Json"),
        }
        await client.complete(task.id, global_variables=sent)
        return task.parsed_variables

    seen = asyncio.run(work())

    assert (seen["due"], seen["lines"]) == ("2030-01-05T09:00:00.000+0000", [1, 2])
    kept = carol.get("history/variable-instance", params={"processInstanceId": instance}).json()
    types = {each["name"]: each["type"] for each in kept}
    assert (types["at"], types["boxes"]) == ("Date", "Json")


def engine_of(site: Site) -> CamundaEngineClient:
    return CamundaEngineClient(
        base_url=f"{site.url}/engine-rest",
        auth_data=AuthData(username="carol", password=PASSWORD),
        transport=httpx.AsyncHTTPTransport(),
    )


def test_it_ends_an_instance_whose_process_has_no_listeners(site: Site, packing) -> None:
    carol, instance = packing

    asyncio.run(engine_of(site).delete_process(instance))

    ended = carol.get(f"history/process-instance/{instance}").json()
    assert ended["state"] == "EXTERNALLY_TERMINATED"


def test_it_is_told_that_listeners_are_always_called(site: Site) -> None:
    carol = rest_client(site)
    listener = (
        b'<bpmn:extensionElements><camunda:executionListener event="end" '
        b"expression=\"${execution.setVariable('told', true)}\"/>"
    )
    deploy_files(carol, ("s.bpmn", SHIPPING.replace(b"<bpmn:extensionElements>", listener, 1)))
    body = {"variables": {"amount": {"value": 1}}}
    instance = carol.post("process-definition/key/shipping/start", json=body).json()["id"]

    with pytest.raises(CamundaClientError, match="listeners"):
        asyncio.run(engine_of(site).delete_process(instance))


def test_it_sends_a_message(site: Site) -> None:
    carol = rest_client(site)
    deploy_order(carol)
    instance = start_order(carol, "A-1", amount=5)
    move_to(carol, instance, "wait")

    answer = asyncio.run(
        engine_of(site).send_correlation_message(
            SendCorrelationMessageSchema(message_name="paid", business_key="A-1")
        )
    )

    (task,) = carol.get("external-task").json()
    assert answer is None
    assert (task["processInstanceId"], task["topicName"]) == (instance, "pack")
