"""Accounts: passwords, API tokens, and the users of the demo.

Passwords are hashed with argon2id. API tokens are 256 random bits, so that a plain SHA-256 of them
is enough; only that is kept, and the token itself is shown once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    ApiTokenView,
    PageRequest,
    Problem,
    ProblemKind,
    UserView,
)
from web.permissions import Role

TOKEN_PREFIX: Final = "bpe_"  # noqa: S105 -- what tokens begin with, not one
"""What every API token begins with, so that scanners find one that leaked."""

MIN_PASSWORD_CHARACTERS: Final = 12
MAX_PASSWORD_CHARACTERS: Final = 256

TOKEN_USE_STEP: Final = dt.timedelta(minutes=1)
"""The last use of a token is noted when the note is at least this old."""

_REMEMBERED: Final = dt.timedelta(minutes=1)
_USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,63}")
_HASHER: Final = PasswordHasher()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOwner:
    """A valid API token and the account it speaks for."""

    token: ApiTokenView
    user: UserView


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just made; `secret` is shown this once and kept nowhere."""

    token: ApiTokenView
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountForm:
    """An account as an administrator gives it. None keeps what there is."""

    user_id: str
    display_name: str | None = None
    email: str | None = None
    role: Role | None = None
    password: str | None = None
    is_active: bool | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    """One account of the demo; the password is given by whoever makes it."""

    user_id: str
    display_name: str
    role: Role
    groups: tuple[str, ...]


DEMO_USERS: Final = (
    DemoUser(
        user_id="alice",
        display_name="Alice Archer",
        role=Role.STAFF,
        groups=("sales", "warehouse"),
    ),
    DemoUser(
        user_id="bob", display_name="Bob Baker", role=Role.STAFF, groups=("sales", "warehouse")
    ),
    DemoUser(
        user_id="carol",
        display_name="Carol Carter",
        role=Role.OPERATOR,
        groups=("it", "hr", "managers"),
    ),
    DemoUser(
        user_id="dave",
        display_name="Dave Draper",
        role=Role.STAFF,
        groups=("managers", "finance"),
    ),
    DemoUser(user_id="admin", display_name="Administrator", role=Role.ADMINISTRATOR, groups=()),
)
"""Who can log in at a demo; see `create_demo_users`."""


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether `password` belongs to the hash; takes as long when there is no hash."""
    try:
        _HASHER.verify(password_hash or _decoy_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def verified_user(service: EngineService, user_id: str, password: str) -> UserView | None:
    """Return the account that may log in with this name and password, or None.

    An unknown name, a wrong password and a disabled account take the same time and look the same.
    """
    known = service.user(user_id) if _USER_ID.fullmatch(user_id) else None
    is_right = is_password(
        password[:MAX_PASSWORD_CHARACTERS], known.password_hash if known else None
    )
    if known is None or not is_right or not known.is_active:
        return None
    return known


class PasswordMemory:
    """Remembers for a minute which passwords were right, for clients that send one each time.

    argon2id takes its time by design; a worker that polls would spend all of it there. What is
    kept is a keyed hash over the password and the stored hash, so a changed password or account
    is noticed at once. Per process; safe to share between threads.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._until: dict[bytes, dt.datetime] = {}

    def verified_user(
        self, service: EngineService, user_id: str, password: str, now: dt.datetime
    ) -> UserView | None:
        """Return the account that name and password belong to, or None."""
        known = service.user(user_id) if _USER_ID.fullmatch(user_id) else None
        if known is None or not known.is_active or not known.password_hash:
            return verified_user(service, user_id, password)
        said = "\0".join((user_id, known.password_hash, password)).encode()
        mark = hashlib.blake2b(said, key=self._key).digest()
        if self._until.get(mark, now) > now:
            return known
        found = verified_user(service, user_id, password)
        if found is not None:
            self._until = {each: end for each, end in self._until.items() if end > now}
            self._until[mark] = now + _REMEMBERED
        return found


def objections(form: AccountForm, *, is_new: bool) -> Mapping[str, str]:
    """Return what is wrong with an account, by field; empty when it can be saved."""
    found: dict[str, str] = {}
    if not _USER_ID.fullmatch(form.user_id):
        found["user_id"] = (
            "Expected 1 to 64 letters, digits or . _ @ + -, beginning with a letter or digit."
        )
    if form.password is not None and not (
        MIN_PASSWORD_CHARACTERS <= len(form.password) <= MAX_PASSWORD_CHARACTERS
    ):
        found["password"] = (
            f"Expected {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters."
        )
    elif is_new and form.password is None:
        found["password"] = "Expected a password."  # noqa: S105 -- a sentence
    if form.email and ("@" not in form.email or len(form.email) > 254):  # noqa: PLR2004 -- RFC 5321
        found["email"] = "Expected an e-mail address."
    wrong = [group for group in form.groups or () if not _GROUP.fullmatch(group)]
    if wrong:
        found["groups"] = f"Expected group names of letters and digits, but got {wrong[0]!r}."
    return found


def create_account(service: EngineService, form: AccountForm) -> UserView | Problem:
    """Create an account whose form has no objections."""
    if service.user(form.user_id) is not None:
        return Problem(
            kind=ProblemKind.CONFLICT,
            message=f"Expected a new user name, but there is a user {form.user_id} already.",
            field="user_id",
        )
    return _save(
        service,
        form,
        display_name=form.display_name or form.user_id,
        email=form.email or None,
        role=(form.role or Role.STAFF).word,
        is_active=form.is_active is not False,
    )


def change_account(service: EngineService, form: AccountForm) -> UserView | Problem:
    """Change an account whose form has no objections; None members keep what there is."""
    user = service.user(form.user_id)
    if user is None:
        return unknown_user(form.user_id)
    return _save(
        service,
        form,
        display_name=user.display_name if form.display_name is None else form.display_name,
        email=user.email if form.email is None else form.email or None,
        role=user.role if form.role is None else form.role.word,
        is_active=user.is_active if form.is_active is None else form.is_active,
    )


def unknown_user(user_id: str) -> Problem:
    """Return the problem that there is no such account."""
    return Problem(
        kind=ProblemKind.NOT_FOUND, message=f"Expected a user {user_id[:64]!r}, but there is none."
    )


def all_users(service: EngineService) -> list[UserView]:
    """Return every account, by user id."""
    found: list[UserView] = []
    cursor: str | None = None
    while True:
        page = service.users(page=PageRequest(cursor=cursor, limit=200))
        if isinstance(page, Problem):
            return found
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def create_demo_users(
    service: EngineService, passwords: Mapping[str, str]
) -> Sequence[UserView | Problem]:
    """Create the demo's accounts that do not exist yet and have a password in `passwords`.

    Existing accounts are left as they are. The length rule for passwords does not apply.
    """
    made: list[UserView | Problem] = []
    for demo in DEMO_USERS:
        if demo.user_id not in passwords or service.user(demo.user_id) is not None:
            continue
        made.append(
            create_account(
                service,
                AccountForm(
                    user_id=demo.user_id,
                    display_name=demo.display_name,
                    role=demo.role,
                    groups=demo.groups,
                    password=passwords[demo.user_id],
                ),
            )
        )
    return made


def token_hash(secret: str) -> str:
    """Return what is kept of an API token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    service: EngineService,
    user_id: str,
    *,
    name: str,
    expires_at: dt.datetime | None,
) -> NewToken | Problem:
    """Make an API token that may do what its user may do."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = service.create_api_token(
        name=name, user_id=user_id, token_hash=token_hash(secret), expires_at=expires_at
    )
    return token if isinstance(token, Problem) else NewToken(token=token, secret=secret)


def owner_by_hash(service: EngineService, kept: str, now: dt.datetime) -> TokenOwner | None:
    """Return whose valid token it is of which this is kept, and note its use."""
    token = service.api_token_by_hash(kept)
    if token is None or token.revoked_at is not None:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    user = service.user(token.user_id)
    if user is None or not user.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at >= TOKEN_USE_STEP:
        service.record_token_use(token.token_key)
    return TokenOwner(token=token, user=user)


@cache
def _decoy_hash() -> str:
    """Return the hash that unknown users' passwords are compared with."""
    return hash_password(secrets.token_urlsafe(16))


def _save(
    service: EngineService,
    form: AccountForm,
    *,
    display_name: str,
    email: str | None,
    role: str,
    is_active: bool,
) -> UserView | Problem:
    """Write an account, then its groups if the form names them."""
    saved = service.save_user(
        form.user_id,
        display_name=display_name,
        email=email,
        role=role,
        password_hash=None if form.password is None else hash_password(form.password),
        is_active=is_active,
    )
    if isinstance(saved, Problem) or form.groups is None:
        return saved
    return service.set_groups(form.user_id, form.groups)
