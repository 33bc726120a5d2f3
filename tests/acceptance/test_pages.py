"""The pages, as people use them: every page is shown, every post leads on."""

import re

import httpx
import pytest

from bpmn_engine.service.views import Caller, Page
from tests.acceptance.diagrams import APPROVAL, BROKEN
from tests.acceptance.site import (
    PASSWORD,
    Approval,
    Site,
    activate,
    log_in,
    reach_shipping,
    start_approval,
)

HTMX = {"HX-Request": "true"}
EVERYTHING = Caller(user_id="carol", sees_all=True)


def stuck_instance(site: Site) -> tuple[Approval, str]:
    """Bring an instance to an incident; return it and the incident's key."""
    alice, worker = site.worker("alice"), site.worker("carol")
    approval = start_approval(alice)
    reach_shipping(alice, approval)
    job = activate(worker)
    worker.post(
        f"/api/v1/jobs/{job['key']}/failure", json={"message": "No van", "retries_left": 0}
    )
    return approval, worker.get("/api/v1/incidents").json()["items"][0]["key"]


def title(page: httpx.Response) -> str:
    found = re.search(r"<title>([^<]*)</title>", page.text)
    assert found is not None, page.text[:500]
    return found.group(1)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Approve the order"),
        ("/worklist?tab=groups", "Approve the order"),
        ("/worklist?tab=all&sort=priority&q=approve", "Approve the order"),
        ("/worklist?tab=nonsense&sort=nonsense", "All done"),
        ("/worklist/rows?tab=all", "Approve the order"),
        ("/tasks/TASK", "Claim this task"),
        ("/processes", "Approval"),
        ("/processes?q=nothing-like-it", "No process matches"),
        ("/processes/approval", "Coverage certificate"),
        ("/processes/approval?version=1", "Version 1"),
        ("/deploy", "Choose files"),
        ("/playground", "Total of an invoice"),
        ("/playground?tab=nonsense", "Total of an invoice"),
        ("/playground?tab=decisions", "No decision is deployed"),
        ("/instances", "order-1"),
        ("/instances?state=completed", "No instance matches"),
        ("/instances?q=order-1&process_id=approval&version=1&has_incident=true", "order-1"),
        ("/instances?started_from=2026-01-01&started_to=2026-01-01", "order-1"),
        ("/instances?q=INSTANCE", "order-1"),
        ("/instances/INSTANCE", "Approve the order"),
        ("/instances/INSTANCE?tab=variables", "reason"),
        ("/instances/INSTANCE?tab=waits", "Ship the goods"),
        ("/instances/INSTANCE?tab=incidents", "No van"),
        ("/instances/INSTANCE?tab=journal", "carol"),
        ("/instances/INSTANCE/fragment/history", "Ship the goods"),
        ("/incidents", "No van"),
        ("/incidents?q=van&process_id=approval", "No van"),
        ("/incidents?q=nothing-like-it", "No incident matches"),
        ("/dashboard", "Approval"),
        ("/dashboard?range=all&process_id=approval", "Approval"),
        ("/admin/users", "Bob Baker"),
        ("/admin/tokens", "test"),
    ],
)
def test_every_page_shows_what_there_is(site: Site, path: str, words: str) -> None:
    stuck, _incident = stuck_instance(site)
    waiting = start_approval(site.worker("bob"))
    admin = site.browser("admin")
    site.service.set_groups("admin", ["sales"])

    address = path.replace("TASK", waiting.task_key).replace("INSTANCE", stuck.instance_key)
    if path == "/":
        site.service.assign_task(int(waiting.task_key), "admin", caller=EVERYTHING)
    page = admin.get(address, follow_redirects=True)

    assert page.status_code == 200, page.text[:2000]
    assert words in page.text


@pytest.mark.parametrize("path", ["/worklist?tab=all", "/instances", "/dashboard", "/incidents"])
def test_a_page_is_read_in_one_transaction(
    site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck_instance(site)
    carol = site.browser("carol")
    begin, begun = site.service.database.reading, []
    monkeypatch.setattr(site.service.database, "reading", lambda: begun.append(path) or begin())

    page = carol.get(path)
    alone = site.service.users()

    assert page.status_code == 200
    assert isinstance(alone, Page)
    assert len(begun) == 2  # the page's, and that of whoever asks outside of a page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tasks/1", 404),
        ("/processes/none", 404),
        ("/processes/approval?version=99", 404),
        ("/processes/approval?version=x", 404),
        ("/instances/1", 404),
        ("/instances/9223372036854775808", 404),
        ("/tasks/99999999999999999999", 404),
        ("/instances/1/fragment/history", 404),
        ("/instances?started_from=yesterday", 422),
        ("/instances?cursor=nonsense", 422),
        ("/worklist?cursor=nonsense", 422),
        ("/nowhere", 404),
        ("/admin/nowhere", 404),
    ],
)
def test_an_address_that_leads_nowhere_is_an_error_page_with_a_request_number(
    site: Site, path: str, status: int
) -> None:
    page = site.browser("admin").get(path, headers={"Accept": "text/html"})

    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-request-id"] in page.text


def test_a_page_beyond_ones_role_says_which_role_it_needs(site: Site) -> None:
    page = site.browser("alice").get("/incidents")

    assert page.status_code == 403
    assert "operator" in page.text


def test_alice_claims_a_task_and_completes_it_without_a_script(site: Site) -> None:
    approval = start_approval(site.worker("bob"))
    browser = site.browser("alice")

    claimed = browser.post(
        f"/tasks/{approval.task_key}/claim", data={"next": "/worklist?tab=mine"}
    )
    listed = browser.get(claimed.headers["location"])
    refused = browser.post(f"/tasks/{approval.task_key}/complete", data={"variables": "{}"})
    broken = browser.post(f"/tasks/{approval.task_key}/complete", data={"variables": "{"})
    done = browser.post(
        f"/tasks/{approval.task_key}/complete", data={"variables": '{"reason": "ok"}'}
    )

    assert claimed.status_code == 303
    assert "Approve the order" in listed.text
    assert "You have claimed the task." in listed.text
    assert (refused.status_code, broken.status_code) == (422, 422)
    assert "Field is required." in refused.text
    assert (done.status_code, done.headers["location"]) == (303, "/worklist")
    assert "Task completed." in browser.get("/worklist").text


def test_a_claim_from_the_worklist_brings_the_rows_alone(site: Site) -> None:
    approval = start_approval(site.worker("bob"))
    alice, bob = site.browser("alice"), site.browser("bob")
    claim = f"/tasks/{approval.task_key}/claim"

    taken = alice.post(claim, data={"tab": "groups"}, headers=HTMX)
    late = bob.post(claim, data={"tab": "groups"}, headers=HTMX)

    assert taken.status_code == 200
    assert "<html" not in taken.text
    assert late.status_code == 409
    assert "alice has claimed it" in late.text
    assert late.headers["content-type"].startswith("text/html")


def test_several_tasks_are_claimed_at_once(site: Site) -> None:
    bob = site.worker("bob")
    keys = [start_approval(bob).task_key for _ in range(3)]
    bob.post(f"/api/v1/user-tasks/{keys[0]}/claim")
    browser = site.browser("alice")

    answer = browser.post("/worklist/claim", data={"task_key": keys}, headers=HTMX)
    nonsense = browser.post("/worklist/claim", data={"task_key": ["x"]})

    assert "You have claimed 2 tasks." in answer.text
    assert "bob has claimed it" in answer.text
    assert nonsense.status_code == 422


def test_a_task_is_given_back_and_handed_on(site: Site) -> None:
    approval = start_approval(site.worker("bob"))
    browser, task = site.browser("alice"), f"/tasks/{approval.task_key}"
    browser.post(f"{task}/claim")

    browser.post(f"{task}/unclaim")
    free = site.service.user_task(int(approval.task_key), caller=EVERYTHING)
    site.browser("carol").post(f"{task}/assign", data={"assignee": "bob"})
    handed = site.service.user_task(int(approval.task_key), caller=EVERYTHING)

    assert (free.assignee, handed.assignee) == (None, "bob")


def test_the_page_of_a_task_tells_who_did_what_with_it(site: Site) -> None:
    approval = start_approval(site.worker("bob"))
    alice, carol, task = (
        site.browser("alice"),
        site.browser("carol"),
        f"/tasks/{approval.task_key}",
    )
    alice.post(f"{task}/claim")
    alice.post(f"{task}/unclaim")
    carol.post(f"{task}/assign", data={"assignee": "bob", "reason": "he knows it"})

    page = carol.get(task).text
    events = site.worker("bob").get(f"/api/v1/user-tasks/{approval.task_key}/history").json()

    timeline = re.findall(
        r'<li class="ui-timeline-item"><strong>(\w+)</strong>(?: <span>([^<]*)</span>)?'
        r'<span class="ui-muted">([^,]*),',
        page,
    )
    assert timeline == [
        ("Assigned", "to Bob Baker: he knows it", "Carol Carter"),
        ("Released", "", "Alice Archer"),
        ("Claimed", "", "Alice Archer"),
        ("Created", "", "the engine"),
    ]
    assert [(each["action"], each["actor"]) for each in events["items"]] == [
        ("assigned", "carol"),
        ("released", "alice"),
        ("claimed", "alice"),
        ("created", None),
    ]


def test_an_instance_is_started_by_hand(site: Site) -> None:
    key = start_approval(site.worker("bob")).definition_key
    browser = site.browser("alice")

    started = browser.post(
        f"/processes/{key}/start", data={"business_key": "by-hand", "variables": '{"amount": 7}'}
    )
    refused = browser.post(f"/processes/{key}/start", data={"variables": "[1]"})

    assert started.headers["location"].startswith("/instances/")
    assert "by-hand" in browser.get(started.headers["location"]).text
    assert refused.status_code == 422
    assert "Expected a JSON object." in refused.text


def test_a_diagram_is_checked_then_deployed_then_refused(site: Site) -> None:
    browser = site.browser("carol")
    other = APPROVAL.replace('id="approval"', 'id="other"')

    def post(text: str, **data: str) -> httpx.Response:
        return browser.post("/deploy", files={"files": ("other.bpmn", text)}, data=data)

    checked = post(other, dry_run="true")
    unknown = browser.get("/processes/other")
    deployed = post(other)
    refused = post(BROKEN)
    empty = browser.post("/deploy", data={})

    assert "Nothing stands against it." in checked.text
    assert unknown.status_code == 404
    assert "Deployed." in deployed.text
    assert browser.get("/processes/other").status_code == 200
    assert refused.status_code == 422
    assert "Not deployed" in refused.text
    assert empty.status_code == 422


def test_a_definition_shows_what_it_was_warned_of(site: Site) -> None:
    browser = site.browser("carol")
    circle = (
        '<bpmn:task id="lost" name="Lost"/><bpmn:task id="found"/>'
        '<bpmn:sequenceFlow id="there" sourceRef="lost" targetRef="found"/>'
        '<bpmn:sequenceFlow id="back" sourceRef="found" targetRef="lost"/></bpmn:process>'
    )
    warned = APPROVAL.replace('id="approval"', 'id="warned"', 1)
    warned = warned.replace("</bpmn:process>", circle)

    deployed = browser.post("/deploy", files={"files": ("warned.bpmn", warned)})
    page = browser.get("/processes/warned").text

    assert "No token can come to &#39;Lost&#39;" in deployed.text
    assert 'data-show-element="lost">Lost</button>' in page
    assert "1 warning and 0 for information" in page
    assert re.search(r"data-warnings>{\"lost\": \[\"No token can come to", page)
    assert 'id="warnings"' not in browser.get("/processes/approval").text


def test_an_instance_is_held_resumed_and_cancelled_with_a_reason(site: Site) -> None:
    approval = start_approval(site.worker("alice"))
    browser, address = site.browser("carol"), f"/instances/{approval.instance_key}"

    shown = []
    for action in ("suspend", "resume", "cancel", "cancel"):
        answer = browser.post(f"{address}/{action}", data={"reason": f"because {action}"})
        shown.append(browser.get(answer.headers["location"]).text)
    journal = browser.get(f"{address}/fragment/journal").text

    assert "The instance is suspended." in shown[0]
    assert "The instance goes on." in shown[1]
    assert "The instance was cancelled." in shown[2]
    assert "Expected" in shown[3]
    assert "because suspend" in journal


def test_a_variable_is_changed_in_place(site: Site) -> None:
    approval = start_approval(site.worker("alice"), amount=1)
    browser, address = site.browser("carol"), f"/instances/{approval.instance_key}/variables"

    changed = browser.post(
        address, data={"name": "amount", "value": "[1, 2]", "scope_key": "0"}, headers=HTMX
    )
    refused = browser.post(
        address, data={"name": "amount", "value": "nonsense", "scope_key": "0"}, headers=HTMX
    )
    plain = browser.post(address, data={"name": "new", "value": "true", "scope_key": ""})

    assert "[1, 2]" in changed.text
    assert refused.status_code == 422
    assert "amount was not changed." in refused.text
    assert plain.headers["location"].endswith("?tab=variables")


def test_an_incident_is_retried_alone_and_in_its_group(site: Site) -> None:
    approval, incident = stuck_instance(site)
    browser = site.browser("carol")

    fragment = browser.post(f"/incidents/{incident}/retry", data={"retries": "1"}, headers=HTMX)
    again = browser.post(f"/incidents/{incident}/retry", data={"retries": "1"})
    nonsense = browser.post(f"/incidents/{incident}/retry", data={"retries": "0"})
    gone = browser.post("/incidents/retry-group", data={"group_id": "none", "retries": "1"})

    assert "Resolved" in fragment.text
    assert again.headers["location"] == f"/instances/{approval.instance_key}?tab=incidents"
    assert nonsense.status_code == 422
    assert "there is none of this id" in browser.get(gone.headers["location"]).text


def test_a_group_of_incidents_is_retried_at_once(site: Site) -> None:
    stuck_instance(site)
    browser = site.browser("carol")
    found = re.search(r'name="group_id" value="([^"]+)"', browser.get("/incidents").text)
    assert found is not None

    browser.post("/incidents/retry-group", data={"group_id": found.group(1), "retries": "2"})

    assert "No incidents" in browser.get("/incidents").text


def test_an_administrator_adds_a_user_who_then_logs_in(site: Site) -> None:
    browser = site.browser("admin")
    form = {
        "user_id": "erin",
        "display_name": "Erin Ellis",
        "email": "erin@example.org",
        "password": PASSWORD,
        "groups": "sales, it",
        "roles": ["staff", "operator"],
    }

    added = browser.post("/admin/users", data=form)
    twice = browser.post("/admin/users", data=form)
    short = browser.post("/admin/users", data={"user_id": "x", "password": "short"})

    erin = site.service.user("erin")
    assert added.status_code == 303
    assert (twice.status_code, short.status_code) == (422, 422)
    assert (erin.role, erin.groups) == ("operator", ("it", "sales"))
    assert log_in(site.anonymous(), "erin", PASSWORD).status_code == 303


def test_administrators_cannot_take_their_own_rights_away(site: Site) -> None:
    answer = site.browser("admin").post(
        "/admin/users/admin", data={"display_name": "Me", "roles": "staff", "is_active": "true"}
    )

    assert answer.status_code == 422
    assert site.service.user("admin").role == "administrator"


def test_a_new_token_is_shown_once_and_can_be_revoked(site: Site) -> None:
    browser = site.browser("admin")

    made = browser.post(
        "/admin/tokens", data={"name": "robot", "user_id": "bob", "expires_in_days": "30"}
    )
    secret = re.search(r"bpe_[A-Za-z0-9_-]+", made.text)
    assert secret is not None
    client = site.anonymous()
    client.headers["Authorization"] = f"Bearer {secret.group()}"
    before = client.get("/api/v1/me").status_code
    key = site.service.api_tokens("bob")[0].token_key
    browser.post(f"/admin/tokens/{key}/revoke")

    assert secret.group() not in browser.get("/admin/tokens").text
    assert (before, client.get("/api/v1/me").status_code) == (200, 401)


def test_logged_out_scripts_are_told_so_and_pages_go_to_the_log_in_form(site: Site) -> None:
    client = site.anonymous()

    script = client.get("/worklist/rows", headers=HTMX)
    page = client.get("/worklist?tab=all")

    assert script.status_code == 401
    assert page.headers["location"] == "/login?next=/worklist?tab%3Dall"


def test_what_people_typed_is_never_markup(site: Site) -> None:
    text = "<script>alert(1)</script>"
    alice = site.worker("alice")
    started = alice.post(
        "/api/v1/process-instances",
        json={"process_id": "approval", "business_key": text, "variables": {"a": text}},
    ).json()
    browser = site.browser("carol")

    pages = [
        browser.get(path).text
        for path in (
            "/worklist?tab=all",
            f"/worklist?tab=all&q={text}",
            "/instances",
            f"/instances/{started['key']}?tab=variables",
            f"/instances?business_key={text}",
            f"/login?next={text}",
        )
    ]

    assert all(text not in page for page in pages)
