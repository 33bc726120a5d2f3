"""OAuth 2.0 client credentials: a short-lived token for an API token."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from tests.acceptance.site import Site
from web.accounts import NewToken, create_token


@pytest.fixture
def made(site: Site) -> NewToken:
    token = create_token(site.service, "carol", name="robot", expires_at=None)
    assert isinstance(token, NewToken)
    return token


def asked(site: Site, **form: str) -> httpx.Response:
    return site.anonymous().post(
        "/oauth/token", data={"grant_type": "client_credentials", "audience": "any", **form}
    )


def with_bearer(site: Site, bearer: str) -> httpx.Response:
    return site.anonymous().get(
        "/v2/authentication/me", headers={"Authorization": f"Bearer {bearer}"}
    )


@pytest.mark.parametrize("client_id", ["robot", "carol"])
def test_a_client_gets_a_token_that_speaks_for_its_user(site, made, client_id) -> None:
    answer = asked(site, client_id=client_id, client_secret=made.secret)

    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    assert answer.headers["Cache-Control"] == "no-store"
    assert with_bearer(site, body["access_token"]).json()["username"] == "carol"
    assert made.secret not in answer.text


def test_a_token_ends_after_an_hour(site: Site, made) -> None:
    bearer = asked(site, client_id="robot", client_secret=made.secret).json()["access_token"]

    site.clock.advance(dt.timedelta(minutes=59))
    before = with_bearer(site, bearer).status_code
    site.clock.advance(dt.timedelta(minutes=2))

    assert (before, with_bearer(site, bearer).status_code) == (200, 401)


def test_a_token_ends_when_the_api_token_is_revoked(site: Site, made) -> None:
    bearer = asked(site, client_id="robot", client_secret=made.secret).json()["access_token"]

    site.service.revoke_api_token(made.token.token_key)

    assert with_bearer(site, bearer).status_code == 401


def test_a_forged_token_is_worth_nothing(site: Site, made) -> None:
    bearer = asked(site, client_id="robot", client_secret=made.secret).json()["access_token"]

    assert with_bearer(site, bearer[:-3] + "abc").status_code == 401


def test_wrong_secrets_are_refused_and_counted_as_failed_log_ins(site: Site, made) -> None:
    answers = [asked(site, client_id="robot", client_secret="bpe_guess") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[0].json()["error"] == "invalid_client"


def test_the_secret_of_another_client_is_refused(site: Site, made) -> None:
    assert asked(site, client_id="bob", client_secret=made.secret).status_code == 401


def test_other_grants_are_refused(site: Site) -> None:
    answer = site.anonymous().post("/oauth/token", data={"grant_type": "password"})

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
