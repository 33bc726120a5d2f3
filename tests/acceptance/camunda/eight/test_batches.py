"""What is done to many instances: written down, done by workers, held, cancelled."""

from __future__ import annotations

import httpx

from bpmn_engine.service.searches import BatchType, Condition
from tests.acceptance.camunda.eight.contract import conforms_to_client, conforms_to_document
from tests.acceptance.camunda.eight.world import PROCESS, activate, deploy, search, start


def started(client: httpx.Client, path: str, **body: object) -> str:
    answer = client.post(f"/v2/process-instances/{path}", json=body)
    assert answer.status_code == 200, answer.text
    conforms_to_document("POST", f"/process-instances/{path}", answer)
    return answer.json()["batchOperationKey"]


def states(client: httpx.Client, **condition: object) -> list[str]:
    return [each["state"] for each in search(client, "process-instances", filter=condition)]


def test_all_that_match_are_cancelled_and_others_are_not(carol: httpx.Client) -> None:
    deploy(carol)
    first, second = start(carol, businessId="a"), start(carol, businessId="b")

    key = started(carol, "cancellation", filter={"businessId": "a"})

    assert states(carol, processInstanceKey=first) == ["TERMINATED"]
    assert states(carol, processInstanceKey=second) == ["ACTIVE"]
    batch = carol.get(f"/v2/batch-operations/{key}").json()
    assert (batch["state"], batch["operationsCompletedCount"]) == ("COMPLETED", 1)
    (item,) = search(carol, "batch-operation-items", filter={"batchOperationKey": key})
    assert (item["processInstanceKey"], item["state"]) == (first, "COMPLETED")
    assert states(carol, batchOperationKey=key) == ["TERMINATED"]


def test_instances_are_chosen_by_their_variables(carol: httpx.Client) -> None:
    deploy(carol)
    first, second = start(carol, variables={"n": 1}), start(carol, variables={"n": 2})

    started(carol, "cancellation", filter={"variables": [{"name": "n", "value": "2"}]})

    assert states(carol, processInstanceKey=first) == ["ACTIVE"]
    assert states(carol, processInstanceKey=second) == ["TERMINATED"]


def test_an_empty_filter_is_refused_because_it_would_mean_everything(carol) -> None:
    deploy(carol)
    start(carol)

    answer = carol.post("/v2/process-instances/cancellation", json={"filter": {}})

    assert answer.status_code == 400
    assert states(carol) == ["ACTIVE"]


def test_what_cannot_be_changed_stays_as_it_is_and_says_why(carol: httpx.Client) -> None:
    deploy(carol)
    running = start(carol)
    ended = start(carol, "plain", variables={"x": 1}, awaitCompletion=True)

    key = started(carol, "deletion", filter={"processInstanceKey": {"$in": [running, ended]}})

    items = search(carol, "batch-operation-items", filter={"batchOperationKey": key})
    by_instance = {each["processInstanceKey"]: each for each in items}
    assert carol.get(f"/v2/batch-operations/{key}").json()["state"] == "PARTIALLY_COMPLETED"
    assert "Cancel it before" in by_instance[running]["errorMessage"]
    assert by_instance[ended]["state"] == "COMPLETED"
    assert carol.get(f"/v2/process-instances/{ended}").status_code == 404
    assert states(carol, processInstanceKey=running) == ["ACTIVE"]


def test_instances_are_held_resumed_moved_and_migrated_together(carol: httpx.Client) -> None:
    deploy(carol)
    keys = [start(carol, variables={"order": "A"}) for _ in range(2)]
    all_of_them = {"processInstanceKey": {"$in": keys}}
    newer = deploy(carol, ("order.bpmn", PROCESS.replace(b'value="v1"', b'value="v2"')))
    target = newer["deployments"][0]["processDefinition"]["processDefinitionKey"]

    started(carol, "suspension", filter=all_of_them)
    held = states(carol)
    started(carol, "resumption", filter=all_of_them)
    resumed = states(carol)
    started(
        carol,
        "modification",
        filter=all_of_them,
        moveInstructions=[{"sourceElementId": "send", "targetElementId": "approve"}],
    )
    started(
        carol,
        "migration",
        filter=all_of_them,
        migrationPlan={
            "targetProcessDefinitionKey": target,
            "mappingInstructions": [
                {"sourceElementId": one, "targetElementId": one} for one in ("wait", "approve")
            ],
        },
    )

    found = search(carol, "process-instances", filter=all_of_them)
    assert (held, resumed) == (["SUSPENDED"] * 2, ["ACTIVE"] * 2)
    assert [each["processDefinitionKey"] for each in found] == [target] * 2
    assert activate(carol) == []
    assert len(search(carol, "user-tasks", filter={"processInstanceKey": keys[0]})) == 2


def test_an_operation_is_held_goes_on_and_is_cancelled(carol: httpx.Client, site) -> None:
    deploy(carol)
    instance = start(carol)
    criteria = (Condition(field="key", value=int(instance)),)
    key = site.service.start_batch(BatchType.CANCEL, criteria, actor="carol")

    held = carol.post(f"/v2/batch-operations/{key}/suspension")
    tried = site.service.advance_batches(10)
    resumed = carol.post(f"/v2/batch-operations/{key}/resumption")
    again = carol.post(f"/v2/batch-operations/{key}/resumption")
    cancelled = carol.post(f"/v2/batch-operations/{key}/cancellation")

    for path, answer in (("suspension", held), ("resumption", resumed)):
        conforms_to_document("POST", f"/batch-operations/{{key}}/{path}", answer)
        conforms_to_client("POST", f"/batch-operations/{{key}}/{path}", answer)
    assert (held.status_code, resumed.status_code, cancelled.status_code) == (204, 204, 204)
    assert (tried, again.status_code) == (0, 409)
    assert site.service.advance_batches(10) == 0
    assert states(carol) == ["ACTIVE"]
    (item,) = search(carol, "batch-operation-items", filter={"batchOperationKey": str(key)})
    assert item["state"] == "CANCELED"


def test_an_instance_is_modified_by_the_keys_of_its_elements(carol: httpx.Client) -> None:
    deploy(carol)
    instance = start(carol, variables={"order": "A"})
    by_element = {"processInstanceKey": instance, "elementId": "send"}
    (visit,) = search(carol, "element-instances", filter=by_element)

    answer = carol.post(
        f"/v2/process-instances/{instance}/modification",
        json={
            "activateInstructions": [
                {
                    "elementId": "approve",
                    "variableInstructions": [{"variables": {"why": "again"}}],
                }
            ],
            "terminateInstructions": [{"elementInstanceKey": visit["elementInstanceKey"]}],
        },
    )

    assert answer.status_code == 204, answer.text
    assert activate(carol) == []
    assert len(search(carol, "user-tasks", filter={"processInstanceKey": instance})) == 2
    named = {"processInstanceKey": instance, "name": "why"}
    assert [each["value"] for each in search(carol, "variables", filter=named)] == ['"again"']
