"""Logging in and out, sessions, and requests forged by other sites."""

import datetime as dt
from pathlib import Path

import httpx
import pytest

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from tests.acceptance.site import (
    PASSWORD,
    Site,
    csrf_token_of,
    deploy_approval,
    log_in,
    running_site,
)
from web.app import create_app
from web.settings import WebSettings


def test_alice_logs_in_and_sees_her_worklist(site: Site) -> None:
    client = site.anonymous()

    answer = log_in(client, "alice", PASSWORD)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert "Alice Archer" in client.get("/worklist").text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    client = site.anonymous()

    cookie = log_in(client, "alice", PASSWORD).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_the_session_cookie_is_secure_unless_told_otherwise(tmp_path: Path) -> None:
    with running_site(tmp_path, session_cookie_secure=True) as site:
        cookie = site.anonymous().get("/login").headers["set-cookie"]

        assert "Secure" in cookie


@pytest.mark.parametrize(
    ("user_id", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("alice", ""), ("a'; --", "x")],
)
def test_wrong_names_and_wrong_passwords_get_the_same_answer(
    site: Site, user_id: str, password: str
) -> None:
    client = site.anonymous()

    answer = log_in(client, user_id, password)

    assert answer.status_code == 401
    assert "The user name or the password is wrong." in answer.text
    assert client.get("/worklist").status_code == 303


def test_an_account_that_is_not_active_cannot_log_in(site: Site) -> None:
    site.service.save_user("alice", display_name="Alice", role="staff", is_active=False)

    answer = log_in(site.anonymous(), "alice", PASSWORD)

    assert answer.status_code == 401


def test_logging_in_gives_a_new_session_and_a_new_csrf_token(site: Site) -> None:
    client = site.anonymous()
    before = csrf_token_of(client)
    cookie = client.cookies["bpmn_engine_session"]

    log_in(client, "alice", PASSWORD)

    assert csrf_token_of(client) != before
    assert client.cookies["bpmn_engine_session"] != cookie


def test_a_copied_cookie_is_worthless_after_logging_out(site: Site) -> None:
    browser = site.browser("alice")
    copy = dict(browser.cookies)

    browser.post("/logout")

    assert browser.get("/api/v1/me").status_code == 401
    with httpx.Client(base_url=site.url, cookies=copy) as thief:
        assert thief.get("/api/v1/me").status_code == 401


def test_logging_out_ends_the_session_in_every_process(site: Site, tmp_path: Path) -> None:
    browser = site.browser("alice")
    other_service = EngineService(site.service.database, site.clock, EngineSettings())
    settings = site.app.config["SECRET_KEY"]
    other = create_app(
        WebSettings(secret_key=settings, session_cookie_secure=False),
        other_service,
        bundle=tmp_path,
    ).test_client()
    other.set_cookie("bpmn_engine_session", browser.cookies["bpmn_engine_session"])
    before = other.get("/api/v1/me").status_code

    browser.post("/logout")

    assert (before, other.get("/api/v1/me").status_code) == (200, 401)


def test_logging_out_leaves_the_other_sessions_of_a_user(site: Site) -> None:
    desk, phone = site.browser("alice"), site.browser("alice")

    desk.post("/logout")

    assert phone.get("/api/v1/me").status_code == 200


def test_a_session_ends_when_it_is_not_used(site: Site) -> None:
    browser = site.browser("alice")

    site.clock.advance(dt.timedelta(hours=2))

    assert browser.get("/api/v1/me").status_code == 401


def test_a_session_that_is_used_lasts_until_its_absolute_end(site: Site) -> None:
    browser = site.browser("alice")

    for _ in range(11):
        site.clock.advance(dt.timedelta(hours=1))
        assert browser.get("/api/v1/me").status_code == 200
    site.clock.advance(dt.timedelta(hours=1))

    assert browser.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_all_sessions(site: Site) -> None:
    browser = site.browser("alice")
    admin = site.worker("admin")

    changed = admin.patch("/api/v1/users/alice", json={"password": "another long password"})

    assert changed.status_code == 200
    assert browser.get("/api/v1/me").status_code == 401
    assert log_in(site.anonymous(), "alice", "another long password").status_code == 303


def test_disabling_an_account_ends_its_sessions_and_tokens(site: Site) -> None:
    browser, worker = site.browser("alice"), site.worker("alice")

    site.worker("admin").patch("/api/v1/users/alice", json={"is_active": False})

    assert browser.get("/api/v1/me").status_code == 401
    assert worker.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_logging_in_never_leads_to_another_site(site: Site, target: str) -> None:
    answer = log_in(site.anonymous(), "alice", PASSWORD, next=target)

    assert answer.headers["location"] == "/"


def test_logging_in_leads_back_to_the_page_that_was_wanted(site: Site) -> None:
    client = site.anonymous()
    wanted = client.get("/instances?state=active")

    answer = log_in(client, "alice", PASSWORD, next="/instances?state=active")

    assert wanted.headers["location"] == "/login?next=/instances?state%3Dactive"
    assert answer.headers["location"] == "/instances?state=active"


def test_guessing_passwords_is_slowed_down_per_user(tmp_path: Path) -> None:
    with running_site(tmp_path, login_attempts=3) as site:
        client = site.anonymous()
        answers = [log_in(client, "alice", "wrong").status_code for _ in range(4)]

        assert answers == [401, 401, 401, 429]
        assert log_in(client, "alice", PASSWORD).status_code == 429
        assert log_in(site.anonymous(), "bob", PASSWORD).status_code == 303


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    with running_site(tmp_path, requests_per_minute=5) as site:
        worker = site.worker("alice")
        answers = [worker.get("/api/v1/me") for _ in range(6)]

        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[5].headers["content-type"] == "application/problem+json"
        assert int(answers[5].headers["retry-after"]) >= 1


@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "guessed"}])
def test_a_post_of_a_session_without_its_csrf_token_changes_nothing(
    site: Site, headers: dict[str, str]
) -> None:
    browser = site.browser("alice")
    browser.headers.pop("X-CSRF-Token")
    before = site.content()

    answer = browser.post(
        "/api/v1/process-instances", json={"process_id": "approval"}, headers=headers
    )

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert site.content() == before


def test_the_csrf_token_of_another_session_is_refused(site: Site) -> None:
    alice, bob = site.browser("alice"), site.browser("bob")

    answer = alice.post(
        "/logout", headers={"X-CSRF-Token": bob.headers["X-CSRF-Token"]}, follow_redirects=False
    )

    assert answer.status_code == 403


def test_a_post_from_another_origin_is_refused_even_with_the_token(site: Site) -> None:
    browser = site.browser("alice")

    answer = browser.post("/logout", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_a_token_needs_no_csrf_token(site: Site) -> None:
    answer = site.worker("alice").post(
        "/api/v1/process-instances", json={"process_id": "approval"}
    )

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "authorization",
    ["Bearer bpe_unknown", "Bearer x", "Bearer", "Basic YWxpY2U6eA==", "Bearer bpe_\xe4", "?"],
)
def test_a_wrong_authorization_is_refused_though_there_is_a_session(
    site: Site, authorization: str
) -> None:
    browser = site.browser("alice")

    answer = browser.get(
        "/api/v1/me", headers=[(b"authorization", authorization.encode("latin-1"))]
    )

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_or_revoked_token_is_refused(site: Site) -> None:
    admin = site.worker("admin")
    expires_at = (site.clock.now() + dt.timedelta(hours=1)).isoformat()
    made = admin.post(
        "/api/v1/tokens", json={"name": "a", "user_id": "alice", "expires_at": expires_at}
    ).json()
    other = admin.post("/api/v1/tokens", json={"name": "b", "user_id": "alice"}).json()
    client = site.anonymous()

    def status(secret: str) -> int:
        return client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert (status(made["secret"]), status(other["secret"])) == (200, 200)
    site.clock.advance(dt.timedelta(hours=1))
    assert (status(made["secret"]), status(other["secret"])) == (401, 200)
    admin.delete(f"/api/v1/tokens/{other['token_key']}")
    assert status(other["secret"]) == 401


def test_a_token_is_kept_as_a_hash_only(site: Site) -> None:
    made = site.worker("admin").post("/api/v1/tokens", json={"name": "a", "user_id": "alice"})
    secret = made.json()["secret"]

    assert secret.startswith("bpe_")
    assert secret not in repr(site.content())
    assert secret.removeprefix("bpe_") not in repr(site.content())


def test_pages_of_a_site_without_bundle_say_so(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        deploy_approval(site)
        (tmp_path / "manifest.json").unlink()

        answer = site.anonymous().get("/login")

        assert answer.status_code == 503
        assert "The web interface is not built" in answer.text
