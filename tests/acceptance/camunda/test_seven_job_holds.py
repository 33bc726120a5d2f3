"""Jobs and timers that are held one by one through Camunda 7's API."""

from __future__ import annotations

import datetime as dt

import httpx

from tests.acceptance.camunda.seven_client import deploy_order, move_to, start_order
from tests.acceptance.site import Site

HOUR = dt.timedelta(hours=1)


def the_job(client: httpx.Client, instance: str) -> dict:
    (found,) = client.get("job", params={"processInstanceId": instance}).json()
    return found


def fetched(client: httpx.Client) -> list[dict]:
    topics = [{"topicName": "pack", "lockDuration": 9000}]
    body = {"workerId": "w", "maxTasks": 9, "topics": topics}
    return client.post("external-task/fetchAndLock", json=body).json()


def suspend(client: httpx.Client, path: str, **body: object) -> httpx.Response:
    return client.put(f"{path}/suspended", json={"suspended": True, **body})


def test_a_held_job_is_not_given_out(operator: httpx.Client) -> None:
    deploy_order(operator)
    held, free = start_order(operator), start_order(operator)
    for instance in (held, free):
        move_to(operator, instance, "pack")
    path = f"job/{the_job(operator, held)['id']}"

    done = suspend(operator, path)
    taken = fetched(operator)
    listed = the_job(operator, held)["suspended"]
    resumed = suspend(operator, path, suspended=False)

    assert (done.status_code, resumed.status_code, listed) == (204, 204, True)
    assert [each["processInstanceId"] for each in taken] == [free]
    assert [each["processInstanceId"] for each in fetched(operator)] == [held]


def test_a_held_timer_does_not_fire(site: Site, operator: httpx.Client) -> None:
    deploy_order(operator)
    instance = start_order(operator)
    path = f"job/{the_job(operator, instance)['id']}"
    assert suspend(operator, path).status_code == 204

    moved = operator.put(f"{path}/duedate", json={"duedate": None})
    site.clock.advance(2 * HOUR)
    held = site.service.fire_due_timers(10)
    assert suspend(operator, path, suspended=False).status_code == 204

    assert (moved.status_code, held) == (204, 0)
    assert site.service.fire_due_timers(10) == 1
    operations = operator.get(
        "history/user-operation", params={"processInstanceId": instance}
    ).json()
    assert {"SuspendJob", "ActivateJob"} <= {each["operationType"] for each in operations}


def test_the_jobs_of_a_definition_are_held_together(operator: httpx.Client) -> None:
    definition = deploy_order(operator)
    instances = [start_order(operator) for _ in range(2)]
    for criterion in (
        {"processDefinitionKey": "order"},
        {"processDefinitionId": definition},
        {"processInstanceId": instances[0]},
        {"jobDefinitionId": the_job(operator, instances[0])["jobDefinitionId"]},
    ):
        assert suspend(operator, "job", **criterion).status_code == 204
        assert the_job(operator, instances[0])["suspended"] is True
        assert suspend(operator, "job", **criterion, suspended=False).status_code == 204
        assert the_job(operator, instances[0])["suspended"] is False

    nothing = suspend(operator, "job")
    both = suspend(operator, "job", processDefinitionKey="order", processInstanceId="1")

    assert (nothing.status_code, both.status_code) == (400, 400)


def test_jobs_of_a_suspended_instance_do_not_go_on_by_themselves(operator: httpx.Client) -> None:
    deploy_order(operator)
    instance = start_order(operator)
    path = f"job/{the_job(operator, instance)['id']}"
    assert suspend(operator, f"process-instance/{instance}").status_code == 204

    refused = suspend(operator, path, suspended=False)

    assert refused.status_code == 409
    assert "suspended" in refused.json()["message"]
    assert the_job(operator, instance)["suspended"] is True


def test_a_timer_is_due_by_what_its_text_says_now(site: Site, operator: httpx.Client) -> None:
    deploy_order(operator)
    instance = start_order(operator)
    first = the_job(operator, instance)
    path = f"job/{first['id']}"
    operator.put(f"{path}/duedate", json={"duedate": "2040-01-01T00:00:00.000+0000"})
    site.clock.advance(HOUR)

    from_creation = operator.post(f"{path}/duedate/recalculate")
    again = the_job(operator, instance)["dueDate"]
    from_now = operator.post(f"{path}/duedate/recalculate", params={"creationDateBased": "false"})
    later = the_job(operator, instance)["dueDate"]

    assert (from_creation.status_code, from_now.status_code) == (204, 204)
    assert again == first["dueDate"]
    assert later > again


def test_what_has_no_text_is_not_recalculated(operator: httpx.Client) -> None:
    deploy_order(operator)
    instance = start_order(operator)
    move_to(operator, instance, "pack")
    job = the_job(operator, instance)["id"]

    assert operator.post(f"job/{job}/duedate/recalculate").status_code == 400
    assert operator.post("job/7/duedate/recalculate").status_code == 404
    assert suspend(operator, "job/7").status_code == 404
