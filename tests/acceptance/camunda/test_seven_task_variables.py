"""Variables of tasks one by one, and the bytes of what they are and were."""

from __future__ import annotations

import httpx

from tests.acceptance.camunda.seven_client import deploy_order, rest_client, start_order
from tests.acceptance.site import Site

FILE = {"data": ("a.txt", b"hello", "text/plain")}


def only_task(client: httpx.Client, instance: str) -> str:
    (task,) = client.get("task", params={"processInstanceId": instance}).json()
    return task["id"]


def begun(client: httpx.Client) -> tuple[str, str]:
    """Start an order; return the ids of its instance and its task."""
    deploy_order(client)
    instance = start_order(client, amount=5)
    return instance, only_task(client, instance)


def test_a_variable_is_removed_where_it_is(operator: httpx.Client) -> None:
    instance, task = begun(operator)

    answers = [
        operator.delete(f"task/{task}/localVariables/amount"),
        operator.delete(f"task/{task}/variables/local"),
    ]
    seen = operator.get(f"task/{task}/variables").json()
    answers.append(operator.delete(f"task/{task}/variables/amount"))
    answers.append(operator.delete(f"task/{task}/variables/amount"))

    assert [one.status_code for one in answers] == [204, 204, 204, 204]
    assert set(seen) == {"amount"}
    assert operator.get(f"process-instance/{instance}/variables").json() == {}
    assert operator.delete("task/7/variables/amount").status_code == 404


def test_a_task_of_its_own_is_left_to_those_who_have_it(site: Site) -> None:
    carol, bob = rest_client(site), rest_client(site, "bob")
    _, task = begun(carol)
    carol.post(f"task/{task}/assignee", json={"userId": "alice"})

    refused = bob.delete(f"task/{task}/variables/amount")

    assert refused.status_code in {403, 404}
    assert "amount" in carol.get(f"task/{task}/variables").json()


def test_many_are_set_and_removed_at_once(operator: httpx.Client) -> None:
    _, task = begun(operator)
    body = {"modifications": {"n": {"value": 1}}, "deletions": ["amount", "unknown"]}

    changed = operator.post(f"task/{task}/variables", json=body)

    assert changed.status_code == 204
    assert set(operator.get(f"task/{task}/variables").json()) == {"local", "n"}


def test_files_are_set_and_read(operator: httpx.Client) -> None:
    instance, task = begun(operator)

    for place in ("variables", "localVariables"):
        path = f"task/{task}/{place}/file/data"
        sent = operator.post(path, data={"valueType": "File"}, files=FILE)
        read = operator.get(path)
        assert (sent.status_code, read.content) == (204, b"hello")
        assert "a.txt" in read.headers["content-disposition"]
        assert operator.get(f"task/{task}/{place}/none/data").status_code == 404
    assert operator.get(f"task/{task}/variables/amount/data").status_code == 400
    of_instance = operator.get(f"process-instance/{instance}/variables/file/data")
    assert of_instance.content == b"hello"


def test_history_gives_the_bytes_of_files(operator: httpx.Client) -> None:
    instance, task = begun(operator)
    operator.post(f"task/{task}/variables/file/data", data={"valueType": "File"}, files=FILE)
    wanted = {"processInstanceId": instance, "variableName": "file"}

    (variable,) = operator.get("history/variable-instance", params=wanted).json()
    details = operator.get("history/detail", params={"processInstanceId": instance}).json()
    (detail,) = [one for one in details if one["variableName"] == "file"]

    for path in (f"variable-instance/{variable['id']}", f"detail/{detail['id']}"):
        assert operator.get(f"history/{path}/data").content == b"hello"
    (other,) = [one for one in details if one["variableName"] == "amount"]
    assert operator.get(f"history/detail/{other['id']}/data").status_code == 400
    assert operator.get("history/detail/1:2:3/data").status_code == 404
    assert operator.get("history/variable-instance/1:0:x/data").status_code == 404


def test_a_timer_that_did_not_fail_has_no_stacktrace(operator: httpx.Client) -> None:
    instance, _ = begun(operator)
    (log,) = operator.get("history/job-log", params={"processInstanceId": instance}).json()

    assert operator.get(f"history/job-log/{log['id']}/stacktrace").status_code == 404
