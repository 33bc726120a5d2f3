"""Filters, users, groups and authorizations, as a Tasklist written for Camunda 7 asks for them."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.test_engine_rest import signed_in
from tests.acceptance.camunda.test_seven_tasks import INVOICE
from tests.acceptance.site import PASSWORD, Site


def client_of(site: Site, user_id: str) -> httpx.Client:
    client = signed_in(site, user_id)
    client.base_url = f"{site.url}/engine-rest/"
    return client


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """Carol is an operator; two invoices wait."""
    client = client_of(site, "carol")
    file = "invoice.bpmn"
    client.post("deployment/create", files={file: (file, INVOICE, "text/xml")})
    for number in (1, 2):
        client.post("process-definition/key/invoice/start", json={"businessKey": f"A-{number}"})
    return client


def test_a_filter_is_kept_and_executed(site: Site, carol: httpx.Client) -> None:
    body = {
        "resourceType": "Task",
        "name": "Mine",
        "owner": None,
        "query": {"candidateUserExpression": "${currentUser()}", "sorting": []},
        "properties": {"color": "#555555", "priority": 5},
    }
    bob = client_of(site, "bob")

    made = carol.post("filter/create", json=body).json()
    listed = bob.get("filter", params={"resourceType": "Task", "itemCount": "true"}).json()
    tasks = bob.get(f"filter/{made['id']}/list").json()
    narrowed = bob.post(
        f"filter/{made['id']}/list", json={"processInstanceBusinessKey": "A-2"}
    ).json()
    paged = bob.post(f"filter/{made['id']}/list", params={"maxResults": 1}, json={}).json()

    assert (made["name"], made["properties"]) == ("Mine", body["properties"])
    assert listed == [{**made, "itemCount": 2}]
    assert made["itemCount"] is None
    assert (len(tasks), len(narrowed), len(paged)) == (2, 1, 1)
    assert carol.get(f"filter/{made['id']}/count").json() == {"count": 0}
    assert bob.get(f"filter/{made['id']}/singleResult").status_code == 400
    assert carol.get(f"filter/{made['id']}/singleResult").status_code == 204


def test_a_filter_is_changed_by_its_owner_and_by_operators(
    site: Site, carol: httpx.Client
) -> None:
    bob, alice = client_of(site, "bob"), client_of(site, "alice")
    body = {"resourceType": "Task", "name": "All", "query": {}, "properties": {}}
    own = bob.post("filter/create", json=body).json()
    path = f"filter/{own['id']}"

    unseen = alice.get(path)
    changed = bob.put(path, json={"name": "Late", "query": {"assigned": True}, "owner": "bob"})
    for_all = bob.post("filter/create", json={**body, "owner": None})
    wrong = bob.post("filter/create", json={**body, "query": {"colour": "red"}})

    assert own["owner"] == "bob"
    assert (unseen.status_code, changed.status_code) == (404, 204)
    assert carol.get(path).json()["query"] == {"assigned": True}
    assert for_all.status_code == 403
    assert (wrong.status_code, "colour" in wrong.json()["message"]) == (400, True)
    assert carol.delete(path).status_code == 204
    assert bob.get("filter/count").json() == {"count": 0}


def test_everybody_sees_their_own_account_and_administrators_all(site: Site) -> None:
    admin, alice = client_of(site, "admin"), client_of(site, "alice")

    everyone = admin.get("user", params={"sortBy": "userId", "sortOrder": "desc"}).json()
    some = admin.get("user", params={"lastNameLike": "%er", "memberOfGroup": "sales"}).json()

    assert [each["id"] for each in everyone] == ["dave", "carol", "bob", "alice", "admin"]
    assert [each["id"] for each in some] == ["alice", "bob"]
    assert alice.get("user").json() == [
        {"id": "alice", "firstName": "Alice", "lastName": "Archer", "email": None}
    ]
    assert alice.get("user/bob/profile").status_code == 404
    assert alice.get("user/count").json() == {"count": 1}


def test_an_administrator_creates_users_and_groups(site: Site) -> None:
    admin = client_of(site, "admin")
    profile = {"id": "erin", "firstName": "Erin", "lastName": "Egan", "email": "e@example.org"}

    made = admin.post(
        "user/create", json={"profile": profile, "credentials": {"password": PASSWORD}}
    )
    short = admin.post(
        "user/create", json={"profile": {"id": "x"}, "credentials": {"password": "x"}}
    )
    described = admin.post(
        "group/create", json={"id": "auditors", "name": "Auditors", "type": "WORKFLOW"}
    )
    joined = admin.put("group/auditors/members/erin")
    erin = client_of(site, "erin")

    assert (made.status_code, described.status_code, joined.status_code) == (204, 204, 204)
    assert short.status_code == 400
    assert erin.get("user/erin/profile").json() == profile
    groups = erin.get("identity/groups", params={"userId": "erin"}).json()
    assert groups["groups"] == [{"id": "auditors", "name": "Auditors"}]
    assert admin.get("group", params={"member": "erin"}).json() == [
        {"id": "auditors", "name": "Auditors", "type": "WORKFLOW"}
    ]
    assert admin.put("group/auditors", json={"name": "Audit"}).status_code == 204
    assert admin.get("group/auditors").json()["name"] == "Audit"
    assert admin.delete("group/auditors/members/erin").status_code == 204
    assert admin.delete("group/auditors").status_code == 204
    assert admin.get("group/auditors").status_code == 404
    assert erin.post("group/create", json={"id": "mine"}).status_code == 403


def test_authorizations_follow_the_roles(site: Site) -> None:
    alice, carol, admin = (client_of(site, name) for name in ("alice", "carol", "admin"))
    delete = {
        "permissionName": "DELETE",
        "resourceName": "Process Instance",
        "resourceType": 8,
    }
    users = {"permissionName": "CREATE", "resourceName": "User", "resourceType": 1}

    assert alice.get("authorization/check", params=delete).json()["authorized"] is False
    assert carol.get("authorization/check", params=delete).json()["authorized"] is True
    assert carol.get("authorization/check", params=users).json()["authorized"] is False
    assert admin.get("authorization/check", params=users).json()["authorized"] is True
    (tasks,) = alice.get("authorization", params={"resourceType": 7}).json()
    assert tasks["userId"] == "alice"
    assert "TASK_WORK" in tasks["permissions"]
    assert alice.get(f"authorization/{tasks['id']}").json() == tasks
    assert alice.post("authorization/create", json={}).status_code == 501


def test_there_are_no_tenants_and_passwords_have_a_rule(site: Site) -> None:
    alice = client_of(site, "alice")

    right = alice.post("identity/verify", json={"username": "alice", "password": PASSWORD})
    wrong = alice.post("identity/verify", json={"username": "alice", "password": "guess"})
    other = alice.post("identity/verify", json={"username": "bob", "password": PASSWORD})

    assert [each.json()["authenticated"] for each in (right, wrong, other)] == [
        True,
        False,
        False,
    ]
    assert alice.get("tenant").json() == []
    assert alice.get("tenant/count").json() == {"count": 0}
    assert alice.get("tenant/one").status_code == 404
    assert alice.post("identity/password-policy", json={"password": "x"}).json()["valid"] is False
    assert alice.get("identity/password-policy").json()["rules"][0]["parameter"]
