"""Work through the API: from the deployment to the end, with what goes wrong on the way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.diagrams import APPROVAL
from tests.acceptance.site import (
    PASSWORD,
    Site,
    activate,
    log_in,
    reach_shipping,
    start_approval,
)


def test_a_process_runs_from_its_deployment_to_its_end(site: Site) -> None:
    alice, worker = site.worker("alice"), site.worker("carol")
    approval = start_approval(alice)
    reach_shipping(alice, approval)
    job = activate(worker)

    done = worker.post(
        f"/api/v1/jobs/{job['key']}/completion",
        json={"variables": {"tracking": "T-1"}, "lock_token": job["lock_token"]},
    )

    instance = worker.get(f"/api/v1/process-instances/{approval.instance_key}").json()
    assert done.status_code == 204
    assert done.content == b""
    assert instance["status"] == "completed"
    assert job["variables"] == {"reason": "paid", "amount": 5, "approved": True, "size": "s"}


def test_jobs_are_completed_together_and_one_that_is_lost_holds_up_no_other(site: Site) -> None:
    alice, worker = site.worker("alice"), site.worker("carol")
    jobs = []
    for _ in range(2):
        reach_shipping(alice, start_approval(alice))
        jobs.append(activate(worker))
    tokens = [jobs[0]["lock_token"], "1"]

    answer = worker.post(
        "/api/v1/jobs/completion/batch",
        json={
            "jobs": [
                {"key": job["key"], "lock_token": token, "variables": {"tracking": "T-1"}}
                for job, token in zip(jobs, tokens, strict=True)
            ]
        },
    )

    assert answer.status_code == 200, answer.text
    done, lost = answer.json()["items"]
    statuses = [
        worker.get(f"/api/v1/process-instances/{job['process_instance_key']}").json()["status"]
        for job in jobs
    ]
    assert (done["key"], done["problem"]) == (jobs[0]["key"], None)
    assert lost["problem"]["status"] == 409
    assert statuses == ["completed", "active"]


def test_keys_are_decimal_strings_and_times_have_an_offset(site: Site) -> None:
    alice = site.worker("alice")

    approval = start_approval(alice)

    task = alice.get(f"/api/v1/user-tasks/{approval.task_key}").json()
    assert all(task[name].isdigit() for name in ("key", "instance_key", "definition_key"))
    assert task["created_at"].endswith("+00:00")


def test_deploying_the_same_diagram_again_stores_nothing(site: Site) -> None:
    worker = site.worker("carol")

    again = worker.post(
        "/api/v1/deployments",
        content=APPROVAL.encode(),
        headers={"Content-Type": "application/xml"},
        params={"name": "approval.bpmn"},
    )
    changed = worker.post(
        "/api/v1/deployments",
        files={"file": ("approval.bpmn", APPROVAL.replace("Approve the", "Check the"))},
        data={"name": "second"},
    )

    assert (again.status_code, again.json()["is_new"]) == (201, False)
    assert changed.json()["definitions"][0]["version"] == 2
    assert changed.json()["name"] == "second"


def test_the_xml_comes_back_byte_for_byte(site: Site) -> None:
    alice = site.worker("alice")
    key = start_approval(alice).definition_key

    answer = alice.get(f"/api/v1/process-definitions/{key}/xml")

    assert answer.content == APPROVAL.encode()
    assert answer.headers["content-type"] == "application/xml"


def test_checking_a_diagram_stores_nothing(site: Site) -> None:
    alice = site.worker("alice")
    before = site.content()

    answer = alice.post("/api/v1/lint", files={"file": ("other.bpmn", APPROVAL)})

    assert answer.json()["is_accepted"] is True
    assert answer.json()["process_ids"] == ["approval"]
    assert site.content() == {**before, "api_token": site.content()["api_token"]}


def test_what_does_not_fit_the_form_is_refused_field_by_field(site: Site) -> None:
    alice = site.worker("alice")
    approval = start_approval(alice)
    task = f"/api/v1/user-tasks/{approval.task_key}"
    alice.post(f"{task}/claim")
    before = site.content()

    answer = alice.post(
        f"{task}/completion",
        json={"variables": {"reason": "x" * 21, "amount": "many", "size": "xl", "more": 1}},
    )

    assert answer.status_code == 422
    assert {error["field"]: error["message"] for error in answer.json()["errors"]} == {
        "reason": "Field must have maximum length of 20.",
        "amount": "Expected a number.",
        "size": "Expected one of the choices.",
        "more": "This is no field of the form.",
    }
    assert site.content() == before


def test_a_field_hidden_by_its_condition_gives_nothing(site: Site) -> None:
    alice, carol = site.worker("alice"), site.worker("carol")
    approval = start_approval(alice)
    task = f"/api/v1/user-tasks/{approval.task_key}"
    alice.post(f"{task}/claim")

    alice.post(
        f"{task}/completion",
        json={"variables": {"reason": "no", "approved": False, "size": "l"}},
    )

    variables = carol.get(f"/api/v1/process-instances/{approval.instance_key}").json()["variables"]
    assert variables == {"reason": "no", "approved": False}


def test_completing_a_task_names_the_next_one(site: Site) -> None:
    alice = site.worker("alice")
    first, second = start_approval(alice), start_approval(alice)
    for approval in (first, second):
        alice.post(f"/api/v1/user-tasks/{approval.task_key}/claim")

    done = alice.post(
        f"/api/v1/user-tasks/{first.task_key}/completion", json={"variables": {"reason": "ok"}}
    )

    assert done.json()["next_task"] == {"key": second.task_key, "name": "Approve the order"}


def test_two_people_claim_one_task_and_one_of_them_is_told_who_has_it(site: Site) -> None:
    alice, bob = site.worker("alice"), site.worker("bob")
    approval = start_approval(alice)

    with ThreadPoolExecutor(2) as people:
        answers = list(
            people.map(
                lambda who: who.post(f"/api/v1/user-tasks/{approval.task_key}/claim"),
                (alice, bob),
            )
        )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = next(answer for answer in answers if answer.status_code == 200)
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert loser.json()["holder"] == winner.json()["assignee"]


def test_a_failed_job_becomes_an_incident_that_an_operator_resolves(site: Site) -> None:
    alice, worker = site.worker("alice"), site.worker("carol")
    approval = start_approval(alice)
    reach_shipping(alice, approval)
    job = activate(worker)

    worker.post(
        f"/api/v1/jobs/{job['key']}/failure",
        json={"message": "No van", "retries_left": 0, "lock_token": job["lock_token"]},
    )
    (group,) = worker.get("/api/v1/incidents/groups").json()["items"]
    resolved = worker.post(
        "/api/v1/incidents/groups/resolution", json={"group_id": group["group_id"]}
    )

    assert (group["message"], group["count"]) == ("No van", 1)
    assert resolved.json() == {"resolved_count": 1, "problems": []}
    assert activate(worker)["key"] == job["key"]
    assert worker.get("/api/v1/incidents").json()["items"] == []


def test_an_operator_changes_variables_holds_and_ends_an_instance(site: Site) -> None:
    alice, carol = site.worker("alice"), site.worker("carol")
    instance = f"/api/v1/process-instances/{start_approval(alice, amount=1).instance_key}"

    carol.patch(f"{instance}/variables", json={"variables": {"amount": 2}, "reason": "typo"})
    held = carol.post(f"{instance}/suspension", json={"reason": "wait"}).json()
    resumed = carol.post(f"{instance}/resumption").json()
    ended = carol.post(f"{instance}/cancellation", json={"reason": "not needed"}).json()

    values = carol.get(f"{instance}/variables").json()["items"]
    journal = carol.get(f"{instance}/journal").json()["items"]
    assert [held["status"], resumed["status"], ended["status"]] == [
        "suspended",
        "active",
        "terminated",
    ]
    assert [(each["name"], each["value"]) for each in values] == [("amount", 2)]
    assert {"typo", "wait", "not needed"} <= {entry["reason"] for entry in journal}
    assert {entry["actor"] for entry in journal} == {"alice", "carol"}


def test_lists_are_read_page_by_page(site: Site) -> None:
    alice, carol = site.worker("alice"), site.worker("carol")
    requests = [{"process_id": "approval", "business_key": f"o-{n}"} for n in range(7)]
    batch = alice.post("/api/v1/process-instances/batch", json={"requests": requests}).json()

    keys, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = carol.get("/api/v1/process-instances", params=params).json()
        keys += [item["key"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert pages == 3
    assert sorted(keys) == sorted(item["instance"]["key"] for item in batch["items"])


def test_one_bad_request_of_a_batch_does_not_hold_up_the_others(site: Site) -> None:
    requests = [{"process_id": "approval"}, {"process_id": "none"}, {"process_id": "approval"}]

    answer = site.worker("alice").post(
        "/api/v1/process-instances/batch", json={"requests": requests}
    )

    outcomes = answer.json()["items"]
    assert [outcome["instance"] is not None for outcome in outcomes] == [True, False, True]
    assert outcomes[1]["problem"]["status"] == 404


def test_a_request_for_jobs_is_held_open_until_there_is_one(site: Site) -> None:
    alice, worker = site.worker("alice"), site.worker("carol")
    approval = start_approval(alice)
    body = {"types": ["ship"], "worker": "w", "wait_seconds": 20}

    with ThreadPoolExecutor(1) as waiting:
        held = waiting.submit(worker.post, "/api/v1/jobs/activation", json=body)
        reach_shipping(alice, approval)
        answer = held.result(25)

    assert len(answer.json()["items"]) == 1


def test_a_signal_and_a_message_that_nobody_waits_for(site: Site) -> None:
    carol = site.worker("carol")

    signal = carol.post("/api/v1/signals", json={"name": "closed"})
    message = carol.post(
        "/api/v1/messages", json={"name": "paid", "time_to_live_seconds": 60, "message_id": "1"}
    )
    again = carol.post(
        "/api/v1/messages", json={"name": "paid", "time_to_live_seconds": 60, "message_id": "1"}
    )

    values = carol.post("/api/v1/conditions", json={"variables": {"level": 4}})

    assert signal.json() == {"delivered_count": 0, "started_keys": []}
    assert values.json() == {"started_keys": []}
    assert message.json()["outcome"] == "buffered"
    assert again.json()["outcome"] == "duplicate"


def test_a_message_for_an_instance_or_for_variables_that_nobody_has(site: Site) -> None:
    carol = site.worker("carol")

    for_one = carol.post("/api/v1/messages", json={"name": "paid", "instance_key": "12"})
    by_variables = carol.post(
        "/api/v1/messages", json={"name": "paid", "matching": {"customer": "Alice"}}
    )

    assert for_one.status_code == by_variables.status_code == 404


@pytest.mark.parametrize("span", ["1h", "24h", "7d", "30d", "all"])
def test_the_dashboard_counts_what_runs(site: Site, span: str) -> None:
    alice = site.worker("alice")
    start_approval(alice)

    figures = alice.get("/api/v1/dashboard", params={"range": span}).json()

    assert (figures["running"], figures["completed"], figures["incidents"]) == (1, 0, 0)
    assert [row["process_id"] for row in figures["by_process"]] == ["approval"]


def test_the_diagrams_say_where_the_tokens_are(site: Site) -> None:
    alice = site.worker("alice")
    approval = start_approval(alice)

    instance = alice.get(f"/api/v1/process-instances/{approval.instance_key}/diagram").json()
    whole = alice.get(f"/api/v1/process-definitions/{approval.definition_key}/diagram").json()

    assert instance["elements"]["approve"]["active"] == 1
    assert instance["taken_flows"] == {"to-approve": 1}
    assert instance["state"] == "active"
    assert whole["elements"]["approve"]["active"] == 1


def test_an_administrator_makes_changes_and_disables_accounts(site: Site) -> None:
    admin = site.worker("admin")

    made = admin.post(
        "/api/v1/users",
        json={"user_id": "erin", "password": "a long password", "groups": ["sales"]},
    )
    changed = admin.patch("/api/v1/users/erin", json={"role": "operator", "groups": ["it"]})

    groups = admin.get("/api/v1/users/groups").json()["items"]
    assert (made.status_code, made.json()["role"]) == (201, "staff")
    assert changed.json()["role"] == "operator"
    assert "password" not in made.text + changed.text
    assert {"group_id": "it", "user_ids": ["carol", "erin"]} in groups


def test_every_answer_carries_a_request_id_that_the_caller_may_choose(site: Site) -> None:
    client = site.worker("alice")

    chosen = client.get("/api/v1/me", headers={"X-Request-Id": "from-the-client-1"})
    refused = client.get("/api/v1/me", headers={"X-Request-Id": "bad id\twith spaces"})

    assert chosen.headers["x-request-id"] == "from-the-client-1"
    assert refused.headers["x-request-id"] not in {"", "bad id\twith spaces"}


def test_the_process_lives_and_its_database_answers(site: Site) -> None:
    client = site.anonymous()

    live, ready = client.get("/healthz"), client.get("/readyz")

    assert (live.json(), ready.json()) == (
        {"status": "ok"},
        {"status": "ok", "database": "ok"},
    )


def test_browsers_are_told_what_our_pages_may_do(site: Site) -> None:
    headers = site.anonymous().get("/login").headers

    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_access_log_has_a_line_for_each_request_and_no_secret(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="bpmn_engine.web.access"):
        alice = site.worker("alice")
        alice.get("/api/v1/me?secret=in-the-query", headers={"X-Request-Id": "request-1"})
        log_in(site.anonymous(), "bob", PASSWORD)

    lines = [each.getMessage() for each in caplog.records if each.name.endswith("web.access")]
    everything = "\n".join(lines)
    assert any(
        line.startswith("method=GET path=/api/v1/me endpoint=me.get_me status=200 took_ms=")
        and line.endswith("request_id=request-1")
        and "user=alice" in line
        for line in lines
    )
    assert "in-the-query" not in everything
    assert alice.headers["Authorization"].removeprefix("Bearer ") not in everything
    assert PASSWORD not in everything
