"""Read models of accounts. Passwords and tokens appear as hashes only; web makes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """One account."""

    user_id: str
    display_name: str
    email: str | None
    role: str  #: `staff`, `operator` or `administrator`; the web's table says what each may do
    password_hash: str | None  #: None = cannot log in with a password
    is_active: bool
    groups: tuple[str, ...]  #: sorted
    created_at: dt.datetime
    last_seen_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """Somebody who may log in, as lists name them."""

    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """One group."""

    group_id: str
    name: str | None  #: for people; None = nobody described it
    kind: str | None  #: given by whoever described it


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenView:
    """One API token, without its secret."""

    token_key: int
    name: str
    user_id: str
    token_hash: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None
