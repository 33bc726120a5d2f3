"""Messages over Camunda 7's API: one receiver, and no other."""

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
from tests.acceptance.camunda.seven_diagrams import STARTERS
from tests.acceptance.site import Site


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """An operator, with two orders that wait for money."""
    client = rest_client(site)
    deploy_order(client)
    deploy_files(client, ("starters.bpmn", STARTERS))
    return client


def waiting(client: httpx.Client, business_key: str, **values: object) -> str:
    instance = start_order(client, business_key, **values)
    move_to(client, instance, "wait")
    return instance


def send(client: httpx.Client, name: str = "paid", **more: object) -> httpx.Response:
    return client.post("message", json={"messageName": name, **more})


def at(client: httpx.Client, element: str) -> set[str]:
    return set(ids(client.get("process-instance", params={"activityIdIn": element})))


def test_several_correlation_keys_find_one_execution(carol: httpx.Client) -> None:
    first = waiting(carol, "A", number=1, city="Rome")
    second = waiting(carol, "B", number=1, city="Oslo")
    keys = {"number": {"value": 1, "type": "Integer"}, "city": {"value": "Oslo"}}

    answer = send(carol, correlationKeys=keys, resultEnabled=True)

    (receipt,) = answer.json()
    assert receipt["resultType"] == "Execution"
    assert receipt["execution"]["processInstanceId"] == second
    assert (at(carol, "wait"), at(carol, "pack")) == ({first}, {second})


def test_a_message_that_two_could_take_is_taken_by_none(carol: httpx.Client) -> None:
    both = {waiting(carol, "A", number=1), waiting(carol, "B", number=1)}

    answer = send(carol, correlationKeys={"number": {"value": 1}})

    assert answer.status_code == 400
    assert "2 executions match" in answer.json()["message"]
    assert at(carol, "wait") == both


def test_a_message_for_all_is_taken_by_all_that_match(carol: httpx.Client) -> None:
    first, second = waiting(carol, "A", number=1), waiting(carol, "B", number=1)
    third = waiting(carol, "C", number=2)

    answer = send(carol, correlationKeys={"number": {"value": 1}}, all=True, resultEnabled=True)

    assert len(answer.json()) == 2
    assert (at(carol, "wait"), at(carol, "pack")) == ({third}, {first, second})


@pytest.mark.parametrize("known_by", ["businessKey", "processInstanceId"])
def test_a_business_key_or_an_instance_finds_it(carol: httpx.Client, known_by: str) -> None:
    first, second = waiting(carol, "A"), waiting(carol, "B")
    value = {"businessKey": "B", "processInstanceId": second}[known_by]

    answer = send(
        carol,
        **{known_by: value},
        processVariables={"sum": {"value": 12, "type": "Integer"}},
        resultEnabled=True,
        variablesInResultEnabled=True,
    )

    assert answer.json()[0]["variables"]["sum"]["value"] == 12
    assert (at(carol, "wait"), at(carol, "pack")) == ({first}, {second})


def test_who_waits_for_nothing_gets_nothing(carol: httpx.Client) -> None:
    waiting(carol, "A")

    unknown = send(carol, "lost")
    elsewhere = send(carol, businessKey="Z")

    assert (unknown.status_code, elsewhere.status_code) == (400, 400)
    assert unknown.json()["message"].startswith("Cannot correlate message 'lost'")


def test_a_message_starts_what_begins_with_it(carol: httpx.Client) -> None:
    answer = send(carol, "asked", businessKey="Q", resultEnabled=True)

    (receipt,) = answer.json()
    assert receipt["resultType"] == "ProcessDefinition"
    assert receipt["processInstance"]["businessKey"] == "Q"
    assert (
        send(carol, "asked", processInstanceId=receipt["processInstance"]["id"]).status_code == 400
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"messageName": None}, "No message name supplied"),
        ({"tenantId": "acme"}, "one tenant"),
        ({"processVariablesLocal": {"a": {"value": 1}}}, "process_variables_local"),
        ({"variablesInResultEnabled": True}, "resultEnabled"),
        ({"processInstanceId": "x"}, "process instance"),
    ],
)
def test_what_a_message_cannot_ask_for_is_refused(
    carol: httpx.Client, more: dict[str, object], words: str
) -> None:
    waiting(carol, "A")

    answer = carol.post("message", json={"messageName": "paid", **more})

    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_a_signal_for_one_execution_reaches_no_other(carol: httpx.Client) -> None:
    first, second = start_order(carol, "A", amount=1), start_order(carol, "B", amount=1)
    (execution, *_) = carol.get(
        "execution",
        params={"processInstanceId": first, "signalEventSubscriptionName": "stop"},
    ).json()

    answer = carol.post("signal", json={"name": "stop", "executionId": execution["id"]})

    assert answer.status_code == 204, answer.text
    assert ids(carol.get("process-instance")) == [second]
    assert carol.post("signal", json={"name": "stop", "executionId": "9"}).status_code == 404


def test_a_signal_for_all_reaches_all(carol: httpx.Client) -> None:
    start_order(carol, "A", amount=1)
    start_order(carol, "B", amount=1)

    assert carol.post("signal", json={"name": "stop"}).status_code == 204

    assert ids(carol.get("process-instance")) == []


def test_a_condition_starts_what_it_meets(carol: httpx.Client) -> None:
    cold = carol.post("condition", json={"variables": {"heat": {"value": 20}}})
    hot = carol.post("condition", json={"variables": {"heat": {"value": 40}}, "businessKey": "h"})

    assert cold.json() == []
    assert [each["businessKey"] for each in hot.json()] == ["h"]
