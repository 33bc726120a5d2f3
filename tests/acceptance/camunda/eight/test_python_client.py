"""Camunda's Python client, unmodified: deploy, start, work, correlate, search, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from tests.acceptance.camunda.eight.conftest import basic, by_oauth
from tests.acceptance.camunda.eight.world import deploy, search
from tests.acceptance.camunda.eight.world import start as create
from web.accounts import NewToken, create_token

sdk = pytest.importorskip("camunda_orchestration_sdk")
models = pytest.importorskip("camunda_orchestration_sdk.models")
AT_ONCE = pytest.importorskip("camunda_orchestration_sdk.runtime.eventual").ConsistencyOptions(
    wait_up_to_ms=0
)


@pytest.fixture(params=["basic", "oauth"])
def client(site, request) -> Iterator[object]:
    made = create_token(site.service, "carol", name="robot", expires_at=None)
    assert isinstance(made, NewToken)
    settings = basic(site) if request.param == "basic" else by_oauth(site, made.secret)
    known = {
        name: value
        for name, value in settings.items()
        if name.startswith("CAMUNDA_") and name != "CAMUNDA_SDK_VALIDATION"
    }
    known["CAMUNDA_REST_ADDRESS"] = f"{site.url}/v2"
    with sdk.CamundaClient(configuration=known) as opened:
        yield opened


def start(client, order: str) -> str:
    created = client.create_process_instance(
        data=models.ProcessCreationById.from_dict(
            {"processDefinitionId": "order", "variables": {"order": order}}
        )
    )
    return created.process_instance_key


def activated(client, *, request_timeout: int = 500):
    result = client.activate_jobs(
        data=models.JobActivationRequest(
            type_="send",
            timeout=60_000,
            max_jobs_to_activate=1,
            worker="py",
            request_timeout=request_timeout,
        )
    )
    (job,) = result.jobs
    return job


def instances(client, key: str) -> list[str]:
    found = client.search_process_instances(
        data=models.ProcessInstanceSearchQuery.from_dict({"filter": {"processInstanceKey": key}}),
        consistency=AT_ONCE,
    )
    return [str(item.state) for item in found.items]


def test_it_deploys_works_and_finds_what_it_did_at_once(client, files) -> None:
    deployed = client.deploy_resources_from_files(files)
    key = start(client, "A-1")

    failing = activated(client)
    client.fail_job(
        job_key=failing.job_key,
        data=models.JobFailRequest(retries=1, error_message="no line", retry_back_off=0),
    )
    again = activated(client)
    client.update_job(
        job_key=again.job_key,
        data=models.JobUpdateRequest(changeset=models.JobChangeset(timeout=90_000)),
    )
    client.complete_job(
        job_key=again.job_key,
        data=models.JobCompletionRequest.from_dict({"variables": {"sent": True}}),
    )
    client.publish_message(
        data=models.MessagePublicationRequest(
            name="paid", correlation_key="A-1", time_to_live=1000
        )
    )
    tasks = client.search_user_tasks(
        data=models.UserTaskSearchQuery.from_dict({"filter": {"processInstanceKey": key}})
    )
    client.complete_user_task(
        user_task_key=tasks.items[0].user_task_key,
        data=models.UserTaskCompletionRequest.from_dict({"variables": {"ok": True}}),
    )

    assert [each.process_definition_id for each in deployed.processes] == ["order", "plain"]
    assert (failing.retries, again.retries) == (2, 1)
    assert again.variables.to_dict() == {"order": "A-1"}
    assert instances(client, key) == ["COMPLETED"]


def test_it_throws_a_bpmn_error_and_cancels(client, files) -> None:
    client.deploy_resources_from_files(files)
    key = start(client, "A-2")

    client.throw_job_error(
        job_key=activated(client).job_key,
        data=models.JobErrorRequest(error_code="LOST", error_message="gone"),
    )
    client.cancel_process_instance(process_instance_key=key, data=None)

    elements = client.search_element_instances(
        data=models.ElementInstanceSearchQuery.from_dict(
            {"filter": {"processInstanceKey": key, "elementId": "missing"}}
        )
    )
    assert [str(each.state) for each in elements.items] == ["COMPLETED"]
    assert instances(client, key) == ["TERMINATED"]


def test_it_waits_for_a_job_that_has_a_document_a_date_and_json(client, files) -> None:
    types = pytest.importorskip("camunda_orchestration_sdk.types")
    client.deploy_resources_from_files(files)
    hello = types.File(payload=BytesIO(b"Hello"), file_name="letter.txt", mime_type="text/plain")
    letter = client.create_document(data=models.CreateDocumentData(file=hello))
    given = {
        "order": "A-3",
        "due": "2030-01-05T09:00:00.000Z",
        "lines": {"small": [1, 2]},
        "letter": letter.to_dict(),
    }

    with ThreadPoolExecutor() as beside:
        held = beside.submit(activated, client, request_timeout=30_000)
        client.get_topology()
        was_held = not held.done()
        key = client.create_process_instance(
            data=models.ProcessCreationById.from_dict(
                {"processDefinitionId": "order", "variables": given}
            )
        ).process_instance_key
        job = held.result(timeout=60)
    seen = job.variables.to_dict()
    file = client.get_document(
        document_id=seen["letter"]["documentId"], content_hash=seen["letter"]["contentHash"]
    )

    assert was_held
    assert (job.process_instance_key, seen["due"], seen["lines"]) == (
        key,
        given["due"],
        given["lines"],
    )
    assert file.payload.read() == b"Hello"
    sent = {"variables": {"at": given["due"], "answer": letter.to_dict()}}
    client.complete_job(job_key=job.job_key, data=models.JobCompletionRequest.from_dict(sent))
    found = client.search_variables(
        data=models.VariableSearchQuery.from_dict(
            {"filter": {"processInstanceKey": key, "name": "at"}}
        ),
        consistency=AT_ONCE,
    )
    assert [each.value for each in found.items] == [f'"{given["due"]}"']


def test_it_correlates_a_message(client, files) -> None:
    client.deploy_resources_from_files(files)
    key = start(client, "A-4")

    paid = client.correlate_message(
        data=models.MessageCorrelationRequest(name="paid", correlation_key="A-4")
    )

    assert paid.process_instance_key == key


def test_what_does_not_exist_is_its_not_found_error(client) -> None:
    errors = pytest.importorskip("camunda_orchestration_sdk.errors")

    with pytest.raises(errors.NotFoundError):
        client.get_process_instance(process_instance_key="1")


def test_its_worker_polls_and_does_jobs(site, files, carol) -> None:
    runtime = pytest.importorskip("camunda_orchestration_sdk.runtime.job_worker")
    deploy(carol)
    keys = [create(carol, variables={"order": f"A-{number}"}) for number in range(3)]
    seen: list[str] = []

    async def work() -> None:
        known = {
            name: value
            for name, value in basic(site).items()
            if name.startswith("CAMUNDA_") and name != "CAMUNDA_SDK_VALIDATION"
        }
        known["CAMUNDA_REST_ADDRESS"] = f"{site.url}/v2"
        async with sdk.CamundaAsyncClient(configuration=known) as client:
            done = asyncio.Event()

            async def handle(job) -> dict[str, object]:
                seen.append(job.process_instance_key)
                if len(seen) == len(keys):
                    done.set()
                return {"sent": True}

            config = runtime.WorkerConfig(
                job_type="send",
                job_timeout_milliseconds=20_000,
                request_timeout_milliseconds=500,
                max_concurrent_jobs=1,
            )
            client.create_job_worker(config, handle, execution_strategy="async")
            running = asyncio.create_task(client.run_workers())
            await asyncio.wait_for(done.wait(), 60)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())

    assert sorted(seen) == sorted(keys)
    assert len(search(carol, "jobs")) <= 1  # the answer to the last one may be on its way
