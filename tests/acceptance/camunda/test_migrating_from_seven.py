"""What docs/migrating-from-camunda-7.md promises."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.acceptance.camunda.seven_client import deploy_order, move_to, rest_client, start_order
from tests.acceptance.site import Site

PAGE = Path(__file__).parents[3] / "docs/migrating-from-camunda-7.md"


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """An operator, with the order deployed."""
    client = rest_client(site)
    deploy_order(client)
    return client


def test_the_pages_example_begins_an_instance_where_it_stood(carol: httpx.Client) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)

    started = carol.post("process-definition/key/order/start", json=json.loads(example))

    assert started.status_code == 200, started.text
    assert started.json()["businessKey"] == "order-4711"
    tree = carol.get(f"process-instance/{started.json()['id']}/activity-instances").json()
    (check,) = tree["childActivityInstances"]
    assert [each["activityId"] for each in check["childActivityInstances"]] == ["approve"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "tenant/create"),
        ("POST", "authorization/create"),
        ("DELETE", "history/variable-instance/1:0:x"),
        ("DELETE", "metrics/task-worker"),
    ],
)
def test_what_is_not_offered_says_so(carol: httpx.Client, method: str, path: str) -> None:
    answer = carol.request(method, path, json={})

    assert answer.status_code == 501
    assert answer.json()["type"] == "NotImplementedException"
    assert f"/{path}" in answer.json()["message"]


def test_what_is_refused_says_why(carol: httpx.Client) -> None:
    instance = start_order(carol, amount=5)
    (timer,) = carol.get("job", params={"processInstanceId": instance}).json()
    java = {"serializationDataFormat": "application/x-java-serialized-object"}
    value = {"type": "Object", "value": "rO0AB", "valueInfo": java}
    at_pack = start_order(carol, amount=5)
    move_to(carol, at_pack, "pack")

    answers = [
        carol.get("process-instance", params={"colour": "red"}),
        carol.put(f"process-instance/{instance}/variables/order", json=value),
        carol.put(f"job/{timer['id']}/duedate", json={"duedate": None, "cascade": True}),
        carol.delete(f"process-instance/{instance}", params={"skipSubprocesses": "true"}),
        carol.post(
            f"process-instance/{instance}/modification",
            json={"skipIoMappings": True, "instructions": []},
        ),
        carol.post("message", json={"messageName": "nobody"}),
    ]

    assert [each.status_code for each in answers] == [400] * len(answers)
    assert all(set(each.json()) == {"type", "message", "code"} for each in answers)
