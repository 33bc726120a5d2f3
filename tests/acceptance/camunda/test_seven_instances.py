"""What is done to process instances over Camunda 7's API."""

import datetime as dt

import httpx
import pytest

from tests.acceptance.camunda.seven_client import (
    deploy_files,
    deploy_order,
    ids,
    move_to,
    rest_client,
    start_order,
)
from tests.acceptance.camunda.seven_diagrams import ORDER
from tests.acceptance.site import Site


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """An operator."""
    return rest_client(site)


def variables(client: httpx.Client, instance: str) -> dict:
    return client.get(f"process-instance/{instance}/variables").json()


def test_variables_of_all_types_come_back(carol: httpx.Client) -> None:
    deploy_order(carol)
    sent = {
        "flag": {"type": "Boolean", "value": True},
        "short": {"type": "Short", "value": 3},
        "whole": {"type": "Integer", "value": 12},
        "long": {"type": "Long", "value": 2**40},
        "half": {"type": "Double", "value": 0.5},
        "text": {"type": "String", "value": "ä"},
        "day": {"type": "Date", "value": "2013-01-23T13:42:42.000+0200"},
        "bytes": {"type": "Bytes", "value": "AAEC"},
        "nothing": {"type": "Null", "value": None},
        "json": {"type": "Json", "value": '{"a": [1, 2]}'},
        "xml": {"type": "Xml", "value": "<a/>"},
        "order": {
            "type": "Object",
            "value": '{"total": 5}',
            "valueInfo": {
                "objectTypeName": "com.example.Order",
                "serializationDataFormat": "application/json",
            },
        },
    }

    body = {"variables": sent, "withVariablesInReturn": True}
    started = carol.post("process-definition/key/order/start", json=body).json()
    read = variables(carol, started["id"])

    assert {name: (one["type"], one["value"]) for name, one in read.items()} == {
        "flag": ("Boolean", True),
        "short": ("Integer", 3),
        "whole": ("Integer", 12),
        "long": ("Long", 2**40),
        "half": ("Double", 0.5),
        "text": ("String", "ä"),
        "day": ("Date", "2013-01-23T13:42:42.000+0200"),
        "bytes": ("Bytes", "AAEC"),
        "nothing": ("Null", None),
        "json": ("Json", '{"a": [1, 2]}'),
        "xml": ("String", "<a/>"),
        "order": ("Json", '{"total": 5}'),
    }
    assert started["variables"] == read


def test_a_file_is_sent_and_read_back(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol)
    place = f"process-instance/{instance}/variables/letter"

    sent = carol.post(
        f"{place}/data",
        data={"valueType": "File"},
        files={"data": ("letter.txt", "Grüße".encode(), "text/plain; charset=utf-8")},
    )

    assert sent.status_code == 204, sent.text
    info = {"filename": "letter.txt", "mimeType": "text/plain", "encoding": "utf-8"}
    assert carol.get(place).json() == {"type": "File", "value": None, "valueInfo": info}
    data = carol.get(f"execution/{instance}/localVariables/letter/data")
    assert data.content == "Grüße".encode()
    assert data.headers["Content-Type"] == "text/plain;charset=utf-8"
    assert "letter.txt" in data.headers["Content-Disposition"]


def test_what_is_no_file_has_no_data(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)

    answer = carol.get(f"process-instance/{instance}/variables/amount/data")

    assert answer.status_code == 400
    assert "amount" in answer.json()["message"]


def test_variables_are_set_and_removed(site: Site, carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5, old=1)

    body = {"modifications": {"new": {"value": "x"}}, "deletions": ["old", "unknown"]}
    answer = carol.post(f"process-instance/{instance}/variables", json=body)

    assert answer.status_code == 204, answer.text
    assert set(variables(carol, instance)) == {"amount", "new"}
    gone = carol.get(f"process-instance/{instance}/variables/old")
    assert (gone.status_code, gone.json()["type"]) == (404, "InvalidRequestException")
    journal = site.service.instance_journal(int(instance))
    assert journal.items[0].summary == "Set variables: new, old (removed), unknown (removed)."


def test_the_tree_of_activity_instances(carol: httpx.Client) -> None:
    definition = deploy_order(carol)
    instance = start_order(carol, amount=5)

    tree = carol.get(f"process-instance/{instance}/activity-instances").json()
    (check,) = tree["childActivityInstances"]
    (approve,) = check["childActivityInstances"]

    assert (tree["id"], tree["activityId"]) == (instance, definition)
    assert (check["activityId"], check["activityType"]) == ("check", "subProcess")
    assert check["parentActivityInstanceId"] == instance
    assert (approve["activityId"], approve["name"]) == ("approve", "Approve")
    assert approve["parentActivityInstanceId"] == check["id"]
    local = carol.get(f"execution/{approve['executionIds'][0]}/localVariables")
    assert local.json()["local"]["value"] == 5


def test_a_modification_cancels_one_activity_instance_and_starts_in_a_scope(
    carol: httpx.Client,
) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)
    tree = carol.get(f"process-instance/{instance}/activity-instances").json()
    (check,) = tree["childActivityInstances"]
    (approve,) = check["childActivityInstances"]
    instructions = [
        {
            "type": "startBeforeActivity",
            "activityId": "approve",
            "ancestorActivityInstanceId": check["id"],
            "variables": {"again": {"value": True, "type": "Boolean"}},
        },
        {"type": "cancel", "activityInstanceId": approve["id"]},
    ]

    answer = carol.post(
        f"process-instance/{instance}/modification", json={"instructions": instructions}
    )

    assert answer.status_code == 204, answer.text
    tree = carol.get(f"process-instance/{instance}/activity-instances").json()
    (after,) = tree["childActivityInstances"]
    (again,) = after["childActivityInstances"]
    assert after["id"] == check["id"]
    assert again["id"] != approve["id"]


def test_a_modification_that_does_not_fit_changes_nothing(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)
    before = carol.get(f"process-instance/{instance}/activity-instances").json()
    unusable = [
        [{"type": "cancel", "activityId": "check"}, {"type": "cancel", "activityId": "nowhere"}],
        [{"type": "startTransition", "transitionId": "f3"}],
        [{"type": "jump", "activityId": "wait"}],
        [],
    ]

    answers = [
        carol.post(f"process-instance/{instance}/modification", json={"instructions": each})
        for each in unusable
    ]

    assert [each.status_code for each in answers] == [404, 400, 400, 400]
    assert carol.get(f"process-instance/{instance}/activity-instances").json() == before


def test_an_instance_starts_elsewhere(carol: httpx.Client) -> None:
    deploy_order(carol)
    body = {
        "businessKey": "A",
        "variables": {"amount": {"value": 5}},
        "startInstructions": [{"type": "startAfterActivity", "activityId": "check"}],
    }

    started = carol.post("process-definition/key/order/start", json=body)

    assert started.status_code == 200, started.text
    tree = carol.get(f"process-instance/{started.json()['id']}/activity-instances").json()
    assert [each["activityId"] for each in tree["childActivityInstances"]] == ["wait"]


def test_staff_start_at_the_beginning_only_and_see_their_own(site: Site) -> None:
    carol, alice, bob = (rest_client(site, name) for name in ("carol", "alice", "bob"))
    deploy_order(carol)
    own = start_order(alice, amount=1)
    move_to(carol, own, "pack")
    body = {"startInstructions": [{"type": "startBeforeActivity", "activityId": "pack"}]}

    elsewhere = alice.post("process-definition/key/order/start", json=body)

    assert elsewhere.status_code == 403
    assert ids(alice.get("process-instance")) == [own]
    assert ids(bob.get("process-instance")) == []
    assert bob.get(f"process-instance/{own}").status_code == 404
    assert alice.get(f"process-instance/{own}/variables").status_code == 403
    assert alice.get("process-instance?variables=amount_eq_1").status_code == 400


def test_an_instance_is_deleted_once(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol)

    deleted = carol.delete(f"process-instance/{instance}")
    again = carol.delete(f"process-instance/{instance}")
    lenient = carol.delete(f"process-instance/{instance}?failIfNotExists=false")

    assert (deleted.status_code, again.status_code, lenient.status_code) == (204, 404, 204)
    assert again.json() == {
        "type": "InvalidRequestException",
        "message": f"Process instance with id {instance} does not exist",
        "code": 0,
    }


def test_a_suspended_definition_starts_nothing(carol: httpx.Client) -> None:
    definition = deploy_order(carol)
    running = start_order(carol, amount=5)
    held = {"suspended": True, "includeProcessInstances": True}

    suspended = carol.put(f"process-definition/{definition}/suspended", json=held)
    refused = carol.post("process-definition/key/order/start", json={})

    assert suspended.status_code == 204
    assert carol.get(f"process-definition/{definition}").json()["suspended"] is True
    assert refused.status_code == 400
    assert "suspended" in refused.json()["message"]
    assert carol.get(f"process-instance/{running}").json()["suspended"] is True
    active = {"suspended": False, "includeProcessInstances": True}
    carol.put("process-definition/suspended", json={"processDefinitionKey": "order", **active})
    assert carol.get(f"process-instance/{running}").json()["suspended"] is False
    start_order(carol, amount=5)


def test_a_finished_instance_is_done_again(carol: httpx.Client) -> None:
    definition = deploy_order(carol)
    instance = start_order(carol, "A", amount=5)
    carol.delete(f"process-instance/{instance}")
    places = [{"type": "startBeforeActivity", "activityId": "wait"}]
    body = {"processInstanceIds": [instance], "instructions": places}

    answer = carol.post(f"process-definition/{definition}/restart", json=body)

    assert answer.status_code == 204, answer.text
    (again,) = carol.get("process-instance", params={"businessKey": "A"}).json()
    assert again["id"] != instance
    assert variables(carol, again["id"])["amount"]["value"] == 5


NOTE = {"note": {"type": "String", "value": "x", "valueInfo": {}}}


def test_many_instances_are_changed_and_those_that_cannot_be_are_told(
    carol: httpx.Client,
) -> None:
    deploy_order(carol)
    keys = [start_order(carol) for _ in range(3)]
    body = {"processInstanceIds": keys, "variables": {"note": {"value": "x"}}}

    batch = carol.post("process-instance/variables-async", json=body).json()
    notes = [variables(carol, each) for each in keys]
    unknown = carol.post("process-instance/delete", json={"processInstanceIds": [*keys, "1"]})
    deleted = carol.post("process-instance/delete", json={"processInstanceIds": keys[:2]})

    assert (batch["type"], batch["totalJobs"]) == ("set-variables", 3)
    assert notes == [NOTE] * 3
    assert unknown.status_code == 400
    assert deleted.json()["totalJobs"] == 2
    assert carol.get("process-instance/count").json() == {"count": 1}
    assert carol.get(f"batch/{batch['id']}").status_code == 404  # it is done


def test_a_migration_in_the_background_is_a_batch_until_it_is_done(
    site: Site, carol: httpx.Client
) -> None:
    source = deploy_order(carol)
    instance = start_order(carol, amount=5)
    target = deploy_order(carol)
    ends = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
    plan = carol.post("migration/generate", json=ends).json()
    body = {"migrationPlan": plan, "processInstanceIds": [instance]}

    batch = carol.post("migration/executeAsync", json=body).json()
    assert ids(carol.get("batch")) == [batch["id"]]
    site.service.advance_migrations(10)

    assert ids(carol.get("batch")) == []
    assert carol.get(f"process-instance/{instance}").json()["definitionId"] == target


def test_a_plan_that_does_not_fit_says_which_instruction(carol: httpx.Client) -> None:
    source = deploy_order(carol)
    target = deploy_order(carol)
    plan = {
        "sourceProcessDefinitionId": source,
        "targetProcessDefinitionId": target,
        "instructions": [
            {"sourceActivityIds": ["approve"], "targetActivityIds": ["pack"]},
        ],
    }

    report = carol.post("migration/validate", json=plan).json()

    assert report["instructionReports"][0]["instruction"]["sourceActivityIds"] == ["approve"]
    assert report["instructionReports"][0]["failures"]


def test_a_timer_fires_when_an_operator_says_so(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)
    (timer,) = carol.get("job", params={"processInstanceId": instance}).json()

    fired = carol.post(f"job/{timer['id']}/execute")

    assert fired.status_code == 204, fired.text
    assert carol.get("job/count").json() == {"count": 0}
    assert carol.post(f"job/{timer['id']}/execute").status_code == 404


def test_a_timer_is_due_when_an_operator_says_so(site: Site, carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)
    (timer,) = carol.get("job", params={"processInstanceId": instance}).json()
    sooner = {"duedate": "2026-01-01T09:10:00.000+0000"}

    moved = carol.put(f"job/{timer['id']}/duedate", json=sooner)
    early = site.service.fire_due_timers(10)
    site.clock.advance(dt.timedelta(minutes=10))
    due = site.service.fire_due_timers(10)

    assert moved.status_code == 204, moved.text
    assert timer["dueDate"] == "2026-01-01T10:00:00.000+0000"
    assert (early, due) == (0, 1)
    assert carol.get("job/count").json() == {"count": 0}


def test_the_job_of_a_worker_is_not_executed_here(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)
    move_to(carol, instance, "pack")
    (job,) = carol.get("job", params={"processInstanceId": instance}).json()

    answer = carol.post(f"job/{job['id']}/execute")

    assert answer.status_code == 400
    assert "a worker does it" in answer.json()["message"]


def test_only_what_has_changed_is_deployed_where_that_is_asked_for(carol: httpx.Client) -> None:
    other = ORDER.replace(b'id="order" name="Order"', b'id="other" name="Other"')
    deploy_files(carol, ("order.bpmn", ORDER), ("other.bpmn", other))
    changed = other.replace(b'name="Other"', b'name="Another"')
    both = (("order.bpmn", ORDER), ("other.bpmn", changed))
    more = {"enable-duplicate-filtering": "true", "deploy-changed-only": "true"}

    part = deploy_files(carol, *both, **more)["deployedProcessDefinitions"]
    none = deploy_files(carol, *both, **more)["deployedProcessDefinitions"]
    every = deploy_files(carol, *both)["deployedProcessDefinitions"]

    assert [each["key"] for each in part.values()] == ["other"]
    assert none is None
    assert {each["key"]: each["version"] for each in every.values()} == {"order": 2, "other": 3}


def test_files_of_a_deployment_are_read_and_deployed_again(carol: httpx.Client) -> None:
    first = deploy_files(carol, ("order.bpmn", ORDER), **{"deployment-name": "shop"})
    (resource,) = carol.get(f"deployment/{first['id']}/resources").json()
    place = f"deployment/{first['id']}/resources/{resource['id']}/data"

    again = carol.post(f"deployment/{first['id']}/redeploy", json={"source": "test"}).json()
    unknown = {"resourceNames": ["none.bpmn"]}

    assert carol.get(place).content == ORDER
    assert (again["name"], again["source"]) == ("shop", "test")
    (definition,) = again["deployedProcessDefinitions"].values()
    assert definition["version"] == 2
    refused = carol.post(f"deployment/{first['id']}/redeploy", json=unknown)
    assert refused.status_code == 404
