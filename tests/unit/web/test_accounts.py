"""Passwords, account forms, addresses to go to next."""

import dataclasses
import datetime as dt

import pytest

from bpmn_engine.service.views import UserView
from web.accounts import (
    AccountForm,
    PasswordMemory,
    hash_password,
    is_password,
    objections,
    token_hash,
)
from web.pages.answers import is_own_path
from web.permissions import Role, role_named

NOW = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)


def test_a_password_is_known_by_its_hash() -> None:
    made = hash_password("correct horse")

    assert made.startswith("$argon2id$")
    assert is_password("correct horse", made)
    assert not is_password("correct horsf", made)
    assert not is_password("correct horse", None)
    assert not is_password("correct horse", "no hash")


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (AccountForm(user_id="erin", password="a long password"), set()),
        (AccountForm(user_id="erin"), {"password"}),
        (AccountForm(user_id="", password="short"), {"user_id", "password"}),
        (AccountForm(user_id="../x", password="x" * 300), {"user_id", "password"}),
        (AccountForm(user_id="e", password="a long password", email="x"), {"email"}),
        (AccountForm(user_id="e", password="a long password", groups=("a\nb",)), {"groups"}),
    ],
)
def test_a_new_account_is_checked_field_by_field(form: AccountForm, fields: set[str]) -> None:
    assert set(objections(form, is_new=True)) == fields


def test_a_changed_account_needs_no_password() -> None:
    assert objections(AccountForm(user_id="erin"), is_new=False) == {}


def test_the_hash_of_a_token_does_not_hold_it() -> None:
    assert "bpe_secret" not in token_hash("bpe_secret")
    assert len(token_hash("bpe_secret")) == 64


@pytest.mark.parametrize(("word", "role"), [("staff", Role.STAFF), ("root", None), ("", None)])
def test_roles_have_words(word: str, role: Role | None) -> None:
    assert role_named(word) is role


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("/", True),
        ("/instances?state=active", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
        ("", False),
        ("/a\nb", False),
    ],
)
def test_only_paths_of_this_site_are_gone_on_to(url: str, is_own: bool) -> None:
    assert is_own_path(url) is is_own


class OneUser:
    """A service that knows Alice."""

    def __init__(self) -> None:
        self.alice = UserView(
            user_id="alice",
            display_name="Alice",
            email=None,
            role="staff",
            groups=(),
            is_active=True,
            password_hash=hash_password("correct horse"),
            created_at=NOW,
            last_seen_at=None,
        )

    def user(self, user_id: str) -> UserView | None:
        return self.alice if user_id == "alice" else None


def test_a_password_that_was_right_is_remembered_until_anything_changes() -> None:
    service, memory = OneUser(), PasswordMemory()

    first = memory.verified_user(service, "alice", "correct horse", NOW)
    again = memory.verified_user(service, "alice", "correct horse", NOW)
    wrong = memory.verified_user(service, "alice", "correct horsf", NOW)
    nobody = memory.verified_user(service, "bob", "correct horse", NOW)
    service.alice = dataclasses.replace(service.alice, password_hash=hash_password("another"))
    changed = memory.verified_user(service, "alice", "correct horse", NOW)
    service.alice = dataclasses.replace(service.alice, is_active=False)
    disabled = memory.verified_user(service, "alice", "another", NOW)

    assert first is not None
    assert first is again
    assert (wrong, nobody, changed, disabled) == (None, None, None, None)
