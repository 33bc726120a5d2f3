"""Passwords, account forms, addresses to go to next."""

import pytest

from web.accounts import AccountForm, hash_password, is_password, objections, token_hash
from web.pages.answers import is_own_path
from web.permissions import Role, role_named


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
