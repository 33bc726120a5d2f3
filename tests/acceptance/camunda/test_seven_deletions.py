"""Deleting deployments and definitions through Camunda 7's API, as its document says."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.camunda.contract import Contract
from tests.acceptance.camunda.seven_client import deploy_files, ids, rest_client, start_order
from tests.acceptance.camunda.seven_diagrams import ORDER
from tests.acceptance.site import Site
from tests.camunda_documents import engine_rest_document


@pytest.fixture
def contract() -> Iterator[Contract]:
    """Camunda's document; nothing that a test was answered is at fault with it."""
    seen = Contract(document=engine_rest_document())
    yield seen
    assert seen.faults == []


@pytest.fixture
def admin(site: Site, contract: Contract) -> httpx.Client:
    """An administrator, whose answers are held against the document."""
    return contract.watch(rest_client(site, "admin"))


def deployed(client: httpx.Client, content: bytes = ORDER) -> tuple[str, str]:
    """Deploy the order; return the ids of the deployment and the definition."""
    found = deploy_files(client, ("order.bpmn", content))
    (definition,) = found["deployedProcessDefinitions"]
    return found["id"], definition


def test_a_deployment_is_deleted(admin: httpx.Client) -> None:
    deployment, definition = deployed(admin)

    deleted = admin.delete(f"deployment/{deployment}")

    assert deleted.status_code == 204
    assert deployment not in ids(admin.get("deployment"))
    assert ids(admin.get("process-definition", params={"key": "order"})) == []
    assert admin.get(f"deployment/{deployment}").status_code == 404
    assert admin.get(f"process-definition/{definition}").status_code == 404
    assert admin.delete(f"deployment/{deployment}").status_code == 404
    assert admin.delete("deployment/none").status_code == 404


def test_a_definition_with_instances_is_deleted_with_cascade_only(admin: httpx.Client) -> None:
    _, definition = deployed(admin)
    instance = start_order(admin)

    refused = admin.delete(f"process-definition/{definition}", params={"cascade": "false"})
    deleted = admin.delete(f"process-definition/{definition}", params={"cascade": "true"})

    assert refused.status_code == 500
    assert refused.json()["type"] == "ProcessEngineException"
    assert "there is 1 process instance" in refused.json()["message"]
    assert deleted.status_code == 204
    assert admin.get(f"history/process-instance/{instance}").status_code == 404


def test_history_stays_without_cascade(admin: httpx.Client) -> None:
    _, definition = deployed(admin)
    instance = start_order(admin)
    assert admin.delete(f"process-instance/{instance}").status_code == 204

    deleted = admin.delete(f"process-definition/{definition}")

    assert deleted.status_code == 204
    found = admin.get(f"history/process-instance/{instance}").json()
    assert found["processDefinitionId"] == definition
    assert admin.get("history/activity-instance", params={"processInstanceId": instance}).json()


def test_every_version_is_deleted_by_the_key(admin: httpx.Client) -> None:
    deployed(admin)
    deployed(admin, ORDER.replace(b"</", b"\n</", 1))

    with_tenant = admin.delete("process-definition/key/order/tenant-id/t")
    deleted = admin.delete("process-definition/key/order")

    assert with_tenant.status_code == 404
    assert deleted.status_code == 204
    assert ids(admin.get("process-definition", params={"key": "order"})) == []
    assert len(ids(admin.get("deployment"))) == 3
    assert admin.delete("process-definition/key/order").status_code == 404


def test_listeners_cannot_be_left_out(admin: httpx.Client) -> None:
    _, definition = deployed(admin)

    refused = admin.delete(
        f"process-definition/{definition}", params={"skipCustomListeners": "true"}
    )

    assert refused.status_code == 400
    assert ids(admin.get("process-definition", params={"key": "order"})) == [definition]


def test_operators_delete_nothing(site: Site, admin: httpx.Client) -> None:
    deployment, definition = deployed(admin)
    carol = rest_client(site)

    answers = [
        carol.delete(f"deployment/{deployment}"),
        carol.delete(f"process-definition/{definition}"),
        carol.delete("process-definition/key/order"),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403]
