"""Skip, repeat, restart and migrate through the API."""

import pytest

from tests.acceptance.site import Site
from tests.diagrams import end, process, service, start, user

INSTANCES = "/api/v1/process-instances"
MIGRATIONS = "/api/v1/migrations"


def version(task: str) -> bytes:
    return process(
        f"s -> check -> {task} -> e",
        s=start(),
        check=user(),
        e=end(),
        **{task: service("pick")},
    ).replace(f'id="{task}"'.encode(), f'id="{task}" name="Pick goods"'.encode())


def deploy(worker, xml: bytes) -> str:
    answer = worker.post(
        "/api/v1/deployments",
        content=xml,
        headers={"Content-Type": "application/xml"},
        params={"name": "p.bpmn"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["definitions"][0]["definition_key"]


def begin(worker, **variables) -> str:
    body = {"process_id": "p", "variables": variables}
    return worker.post(INSTANCES, json=body).json()["key"]


def here(worker, key: str) -> list[str]:
    waits = worker.get(f"{INSTANCES}/{key}/waits").json()["items"]
    return sorted(wait["element_id"] for wait in waits)


@pytest.fixture
def carol(site: Site):
    """An operator, when the first version of a process is deployed."""
    worker = site.worker("carol")
    worker.first = deploy(worker, version("pick"))
    return worker


def test_an_operator_skips_and_repeats_and_must_say_why(site: Site, carol) -> None:
    alice, key = site.worker("alice"), begin(carol)
    body = {"element_id": "check", "variables": {"ok": True}, "reason": "known"}

    forbidden = alice.post(f"{INSTANCES}/{key}/skip", json=body)
    unsaid = carol.post(f"{INSTANCES}/{key}/skip", json={"element_id": "check"})
    skipped = carol.post(f"{INSTANCES}/{key}/skip", json=body)
    gone = carol.post(f"{INSTANCES}/{key}/skip", json=body)
    never = carol.post(f"{INSTANCES}/{key}/repetition", json={**body, "element_id": "e"})
    repeated = carol.post(f"{INSTANCES}/{key}/repetition", json=body)

    codes = [each.status_code for each in (forbidden, unsaid, skipped, gone, never, repeated)]
    assert codes == [403, 422, 200, 404, 409, 200]
    assert here(carol, key) == ["check", "pick"]


def test_a_finished_instance_is_restarted_once_for_a_request(site: Site, carol) -> None:
    key = begin(carol, amount=5)
    body = {
        "start_before": ["pick"],
        "variables": {"amount": 6},
        "request_key": "r1",
        "reason": "It was wrong.",
    }
    early = carol.post(f"{INSTANCES}/{key}/restart", json=body)
    carol.post(f"{INSTANCES}/{key}/cancellation", json={"reason": "x"})

    forbidden = site.worker("alice").post(f"{INSTANCES}/{key}/restart", json=body)
    first = carol.post(f"{INSTANCES}/{key}/restart", json=body)
    again = carol.post(f"{INSTANCES}/{key}/restart", json=body)
    wrong = carol.post(f"{INSTANCES}/{key}/restart", json={"start_after": ["nope"], "reason": "x"})

    new = first.json()["key"]
    codes = [each.status_code for each in (early, forbidden, first, again, wrong)]
    assert codes == [409, 403, 201, 201, 422]
    assert again.json()["key"] == new
    assert here(carol, new) == ["pick"]
    view = carol.get(f"{INSTANCES}/{new}").json()
    assert (view["restart_of"], view["restarted_as"]) == (key, [])
    assert view["variables"] == {"amount": 6}
    assert carol.get(f"{INSTANCES}/{key}").json()["restarted_as"] == [new]
    entry = carol.get(f"{INSTANCES}/{new}/journal").json()["items"][0]
    assert (entry["actor"], entry["reason"]) == ("carol", "It was wrong.")


def test_many_are_restarted_each_with_its_own_outcome(carol) -> None:
    keys = [begin(carol) for _ in range(2)]
    carol.post(f"{INSTANCES}/{keys[0]}/cancellation", json={"reason": "x"})

    answer = carol.post(
        f"{INSTANCES}/restarts",
        json={
            "requests": [{"instance_key": key, "variables_from": "start"} for key in keys],
            "reason": "all",
        },
    )

    one, other = answer.json()["items"]
    assert (one["problem"], other["instance"]) == (None, None)
    assert other["problem"]["status"] == 409


def test_running_instances_are_migrated_from_the_plan_to_the_list_of_failures(
    site: Site, carol
) -> None:
    keys = [begin(carol, amount=5) for _ in range(3)]
    carol.post(f"{INSTANCES}/{keys[2]}/suspension", json={"reason": "x"})
    second = deploy(carol, version("take"))
    between = {"source_key": carol.first, "target_key": second}

    proposal = carol.post(f"{MIGRATIONS}/plan", json=between).json()
    plan = proposal["plan"]
    plan["variables"] = [{"expressions": {"double": "= amount * 2"}}]
    body = {**between, "plan": plan}
    valid = carol.post(f"{MIGRATIONS}/validation", json={**body, "instance_keys": keys}).json()
    rehearsal = carol.post(
        f"{MIGRATIONS}/rehearsal", json={**body, "instance_keys": keys[:1], "goes_on": True}
    ).json()["items"][0]
    forbidden = site.worker("alice").post(MIGRATIONS, json={**body, "reason": "x"})
    started = carol.post(MIGRATIONS, json={**body, "reason": "version 2 is right"})

    assert (proposal["guessed"], proposal["instance_count"]) == (["pick"], 3)
    assert [one["instance_key"] for one in valid["instances"]] == [keys[2]]
    assert rehearsal["continuation"]["passed"] == ["check", "take", "e"]
    assert rehearsal["variables"] == {"amount": 5, "double": 10}
    assert (forbidden.status_code, started.status_code) == (403, 201)
    view = started.json()
    assert (view["migrated_count"], view["failed_count"], view["pending_count"]) == (2, 1, 0)
    address = f"{MIGRATIONS}/{view['key']}"
    failed = carol.get(f"{address}/instances", params={"state": "failed"}).json()["items"]
    assert [one["instance_key"] for one in failed] == [keys[2]]
    assert carol.get(f"{INSTANCES}/{keys[0]}").json()["version"] == 2
    assert carol.get(f"{INSTANCES}/{keys[0]}").json()["variables"]["double"] == 10

    carol.post(f"{INSTANCES}/{keys[2]}/resumption", json={"reason": "x"})
    retried = carol.post(f"{address}/retry").json()

    assert (retried["migrated_count"], retried["failed_count"]) == (3, 0)
    assert carol.get(MIGRATIONS).json()["items"] == [carol.get(address).json()]


@pytest.mark.parametrize("update", [False, True])
def test_a_plan_updates_everywhere_or_nowhere(carol, update: bool) -> None:
    body = {"source_key": carol.first, "target_key": carol.first, "update": update}

    plan = carol.post(f"{MIGRATIONS}/plan", json=body).json()["plan"]

    assert {one["update"] for one in plan["mappings"]} == {update}


def test_a_plan_that_does_not_fit_is_refused_with_every_violation(carol) -> None:
    second = deploy(carol, version("take"))
    body = {
        "source_key": carol.first,
        "target_key": second,
        "plan": {"mappings": [{"source": "check", "target": "take"}]},
    }

    checked = carol.post(f"{MIGRATIONS}/validation", json=body)
    started = carol.post(MIGRATIONS, json={**body, "reason": "x"})

    assert checked.status_code == 200
    assert [one["element_id"] for one in checked.json()["violations"]] == ["check"]
    assert started.status_code == 422
    assert [one["rule"] for one in started.json()["violations"]] == ["migration.kind"]


@pytest.mark.parametrize(
    "change",
    [
        {"reason": ""},
        {"plan": {"mappings": [{"source": "check"}]}},
        {"plan": {"mappings": [{"source": "a", "target": "b", "update": "yes"}]}},
        {"instance_keys": []},
        {"instance_keys": ["1"], "query": {}},
        {"target_key": "x"},
    ],
)
def test_a_request_that_is_none_is_refused(carol, change) -> None:
    body = {"source_key": "1", "target_key": "2", "plan": {}, "reason": "x", **change}

    assert carol.post(MIGRATIONS, json=body).status_code == 422


def test_what_is_not_there_is_not_found(carol) -> None:
    body = {"source_key": "1", "target_key": "2", "plan": {}, "reason": "x"}

    answers = [
        carol.post(MIGRATIONS, json=body),
        carol.get(f"{MIGRATIONS}/1"),
        carol.get(f"{MIGRATIONS}/1/instances"),
        carol.post(f"{MIGRATIONS}/1/retry"),
        carol.post(f"{INSTANCES}/1/restart", json={"reason": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
