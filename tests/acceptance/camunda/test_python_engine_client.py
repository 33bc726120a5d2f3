"""The engine client of the package camunda-external-task-client-python3, unmodified."""

import base64

import pytest

from tests.acceptance.camunda.seven_client import deploy_order, move_to, rest_client
from tests.acceptance.site import PASSWORD, Site

engine_client = pytest.importorskip(
    "camunda.client.engine_client",
    reason="the package camunda-external-task-client-python3 is not installed",
)
definitions = pytest.importorskip("camunda.process_definition.process_definition_client")

FILE = {"type": "File", "value": "aGVsbG8=", "valueInfo": {"filename": "a.txt"}}
WORK = {
    "workerId": "w",
    "maxTasks": 1,
    "topics": [{"topicName": "pack", "lockDuration": 9000}],
}


def test_start_find_correlate_read_and_retry(site: Site) -> None:
    carol = rest_client(site)
    deploy_order(carol)
    login = {"auth_basic": {"username": "carol", "password": PASSWORD}}
    client = engine_client.EngineClient(f"{site.url}/engine-rest", config=login)

    instance = client.start_process("order", {"amount": 5, "kind": "b"}, business_key="A")["id"]
    found = client.get_process_instance("order", ["kind_eq_b"], [])
    carol.put(f"process-instance/{instance}/variables/letter", json=FILE)
    letter = client.get_process_instance_variable(instance, "letter", with_meta=True)
    move_to(carol, instance, "wait")
    (receipt,) = client.correlate_message(
        "paid", process_instance_id=instance, process_variables={"sum": 12}
    )
    (task,) = carol.post("external-task/fetchAndLock", json=WORK).json()
    failure = {"workerId": "w", "errorMessage": "no box", "retries": 0}
    carol.post(f"external-task/{task['id']}/failure", json=failure)
    (job,) = client.get_jobs(0, 10, with_failure=True, process_instance_id=instance)
    is_set = client.set_job_retry(job["id"], 2)

    assert [each["id"] for each in found] == [instance]
    assert base64.b64decode(letter["value"]) == b"hello"
    assert letter["valueInfo"] == {"filename": "a.txt"}
    assert receipt["execution"]["processInstanceId"] == instance
    assert (job["exceptionMessage"], job["retries"], is_set) == ("no box", 0, True)
    (again,) = carol.post("external-task/fetchAndLock", json=WORK).json()
    assert again["retries"] == 2


def test_find_a_definition_and_start_it_by_its_version_tag(site: Site) -> None:
    carol = rest_client(site)
    definition = deploy_order(carol)
    login = {"auth_basic": {"username": "carol", "password": PASSWORD}}
    client = definitions.ProcessDefinitionClient(f"{site.url}/engine-rest", config=login)

    (found,) = client.get_process_definitions("order", "v1", [])
    started = client.start_process_by_version("order", "v1", {"amount": 5}, business_key="A")

    assert found["id"] == definition
    assert (started["definitionId"], started["businessKey"]) == (definition, "A")
    with pytest.raises(Exception, match="no process definitions found"):
        client.start_process_by_version("order", "v2", {})
