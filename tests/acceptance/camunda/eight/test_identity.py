"""Accounts and groups that administrators make; what is not offered, and why."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.world import search, signed_in
from tests.acceptance.site import Site

SECRET = "a passphrase of some length"


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    """An administrator who sends name and password."""
    return signed_in(site, "admin")


def test_a_new_account_can_log_in_and_be_changed(site: Site, admin: httpx.Client) -> None:
    made = admin.post("/v2/users", json={"username": "erin", "password": SECRET, "name": "Erin"})

    assert made.status_code == 201, made.text
    erin = site.anonymous()
    erin.auth = httpx.BasicAuth("erin", SECRET)
    assert erin.get("/v2/authentication/me").json()["roles"] == ["staff"]
    changed = admin.put("/v2/users/erin", json={"name": "Erin E.", "email": "erin@example.com"})
    assert changed.json() == {"username": "erin", "name": "Erin E.", "email": "erin@example.com"}
    assert erin.get("/v2/authentication/me").json()["displayName"] == "Erin E."


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "users", {"username": "bob", "password": SECRET}, 409),
        ("POST", "users", {"username": "a b", "password": SECRET}, 400),
        ("POST", "users", {"username": "erin", "password": "short"}, 400),
        ("POST", "users", {"username": "erin"}, 400),
        ("PUT", "users/nobody", {"name": "Nobody"}, 404),
        ("POST", "groups", {"groupId": "sales", "name": "Sales"}, 409),
        ("POST", "groups", {"groupId": "night", "name": "N", "description": "at night"}, 400),
        ("POST", "groups", {"groupId": "a/b", "name": "N"}, 400),
        ("PUT", "groups/none", {"name": "None"}, 404),
        ("DELETE", "groups/none", None, 404),
        ("PUT", "groups/none/users/bob", None, 404),
        ("PUT", "groups/sales/users/nobody", None, 404),
    ],
)
def test_what_cannot_be_made_or_changed_is_refused(
    admin: httpx.Client, method, path, body, status
) -> None:
    before = search(admin, "users"), search(admin, "groups")

    answer = admin.request(method, f"/v2/{path}", json=body)

    assert answer.status_code == status, answer.text
    assert (search(admin, "users"), search(admin, "groups")) == before


def test_a_group_has_the_members_it_is_given_and_goes_with_them(admin: httpx.Client) -> None:
    made = admin.post("/v2/groups", json={"groupId": "night", "name": "Night shift"})
    assert made.status_code == 201, made.text
    assert admin.put("/v2/groups/night/users/bob").status_code == 204
    assert search(admin, "groups/night/users") == [{"username": "bob"}]
    assert admin.put("/v2/groups/night", json={"name": "Nights"}).json()["name"] == "Nights"
    (night,) = search(admin, "groups", filter={"groupId": "night"})
    assert night["name"] == "Nights"

    assert admin.delete("/v2/groups/night/users/bob").status_code == 204
    assert search(admin, "groups/night/users") == []
    assert admin.delete("/v2/groups/night").status_code == 204
    assert admin.get("/v2/groups/night").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "users"),
        ("PUT", "users/bob"),
        ("POST", "groups"),
        ("PUT", "groups/sales"),
        ("DELETE", "groups/sales"),
        ("PUT", "groups/it/users/bob"),
        ("DELETE", "groups/sales/users/bob"),
    ],
)
def test_nobody_but_administrators_may_change_accounts(
    carol: httpx.Client, admin: httpx.Client, method, path
) -> None:
    before = search(admin, "users"), search(admin, "groups")

    answer = carol.request(method, f"/v2/{path}", json={"name": "Mine", "groupId": "mine"})

    assert answer.status_code == 403, answer.text
    assert (search(admin, "users"), search(admin, "groups")) == before


@pytest.mark.parametrize(
    ("method", "address", "why"),
    [
        ("GET", "/v2/backups/runtime", "the database's own tools"),
        ("POST", "/cluster/v2/rebalance", "no cluster to administer"),
        ("POST", "/v2/agent-instances/search", "job for a worker"),
        ("POST", "/v2/decision-instances/deletion", "journal"),
        ("PUT", "/v2/roles/staff/users/bob", "each account has one"),
        ("DELETE", "/v2/users/bob", "made inactive"),
        ("POST", "/v2/invented", "is not yet"),
    ],
)
def test_what_is_not_offered_says_why(carol: httpx.Client, method, address, why) -> None:
    answer = carol.request(method, address)

    assert answer.status_code == 501
    assert why in answer.json()["detail"]
