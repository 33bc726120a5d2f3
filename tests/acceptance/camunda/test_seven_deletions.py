"""Deleting deployments and definitions through Camunda 7's API, as its document says."""

from __future__ import annotations

import httpx

from tests.acceptance.camunda.seven_client import deploy_files, ids, rest_client, start_order
from tests.acceptance.camunda.seven_diagrams import ORDER
from tests.acceptance.site import Site


def deployed(client: httpx.Client, content: bytes = ORDER) -> tuple[str, str]:
    """Deploy the order; return the ids of the deployment and the definition."""
    found = deploy_files(client, ("order.bpmn", content))
    (definition,) = found["deployedProcessDefinitions"]
    return found["id"], definition


def test_a_deployment_is_deleted(root: httpx.Client) -> None:
    deployment, definition = deployed(root)

    deleted = root.delete(f"deployment/{deployment}")

    assert deleted.status_code == 204
    assert deployment not in ids(root.get("deployment"))
    assert ids(root.get("process-definition", params={"key": "order"})) == []
    assert root.get(f"deployment/{deployment}").status_code == 404
    assert root.get(f"process-definition/{definition}").status_code == 404
    assert root.delete(f"deployment/{deployment}").status_code == 404
    assert root.delete("deployment/none").status_code == 404


def test_a_definition_with_instances_is_deleted_with_cascade_only(root: httpx.Client) -> None:
    _, definition = deployed(root)
    instance = start_order(root)

    refused = root.delete(f"process-definition/{definition}", params={"cascade": "false"})
    deleted = root.delete(f"process-definition/{definition}", params={"cascade": "true"})

    assert refused.status_code == 500
    assert refused.json()["type"] == "ProcessEngineException"
    assert "there is 1 process instance" in refused.json()["message"]
    assert deleted.status_code == 204
    assert root.get(f"history/process-instance/{instance}").status_code == 404


def test_history_stays_without_cascade(root: httpx.Client) -> None:
    _, definition = deployed(root)
    instance = start_order(root)
    assert root.delete(f"process-instance/{instance}").status_code == 204

    deleted = root.delete(f"process-definition/{definition}")

    assert deleted.status_code == 204
    found = root.get(f"history/process-instance/{instance}").json()
    assert found["processDefinitionId"] == definition
    assert root.get("history/activity-instance", params={"processInstanceId": instance}).json()


def test_every_version_is_deleted_by_the_key(root: httpx.Client) -> None:
    deployed(root)
    deployed(root, ORDER.replace(b"</", b"\n</", 1))

    with_tenant = root.delete("process-definition/key/order/tenant-id/t")
    deleted = root.delete("process-definition/key/order")

    assert with_tenant.status_code == 404
    assert deleted.status_code == 204
    assert ids(root.get("process-definition", params={"key": "order"})) == []
    assert len(ids(root.get("deployment"))) == 3
    assert root.delete("process-definition/key/order").status_code == 404


def test_listeners_cannot_be_left_out(root: httpx.Client) -> None:
    _, definition = deployed(root)

    refused = root.delete(
        f"process-definition/{definition}", params={"skipCustomListeners": "true"}
    )

    assert refused.status_code == 400
    assert ids(root.get("process-definition", params={"key": "order"})) == [definition]


def test_operators_delete_nothing(site: Site, root: httpx.Client) -> None:
    deployment, definition = deployed(root)
    carol = rest_client(site)

    answers = [
        carol.delete(f"deployment/{deployment}"),
        carol.delete(f"process-definition/{definition}"),
        carol.delete("process-definition/key/order"),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403]
