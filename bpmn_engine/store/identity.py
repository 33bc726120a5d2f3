"""Accounts: rows only. Passwords and tokens come as hashes; the web makes and checks them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bpmn_engine.ids import Key
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.rows import AnyRow, changed_count, in_parts, is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import api_token, ended_session, group_membership, user_account
from bpmn_engine.views.identity import ApiTokenView, PersonName, UserView
from bpmn_engine.views.paging import Page, PageRequest

_ACCOUNT: Final = user_account.c
_OF_SESSION: Final = (
    select(user_account, group_membership.c.group_id)
    .outerjoin(group_membership, group_membership.c.user_id == _ACCOUNT.user_id)
    .where(
        _ACCOUNT.user_id == bindparam("user_id"),
        ~select(ended_session.c.serial)
        .where(ended_session.c.serial == bindparam("serial"))
        .exists(),
    )
)
_NAMES: Final = select(_ACCOUNT.user_id, _ACCOUNT.display_name).where(
    _ACCOUNT.user_id.in_(bindparam("user_ids", expanding=True))
)
_ACTIVE: Final = (
    select(_ACCOUNT.user_id, _ACCOUNT.display_name)
    .where(_ACCOUNT.is_active)
    .order_by(_ACCOUNT.user_id)
)


def find_user(session: Session, user_id: str) -> UserView | None:
    """Return an account."""
    statement = select(user_account).where(user_account.c.user_id == user_id)
    row = session.execute(statement).one_or_none()
    return None if row is None else _user(row, _groups_of(session, [user_id]))


def find_session_user(session: Session, user_id: str, serial: str) -> UserView | None:
    """Return the account of a log-in session; None also when the session was logged out."""
    rows = session.execute(_OF_SESSION, {"user_id": user_id, "serial": serial}).all()
    if not rows:
        return None
    groups = sorted(row.group_id for row in rows if row.group_id is not None)
    return _user(rows[0], {user_id: tuple(groups)})


def find_names(session: Session, user_ids: Collection[str]) -> dict[str, str]:
    """Return the display names of users by id; those without an account are left out."""
    return {
        row.user_id: row.display_name
        for part in in_parts(sorted(set(user_ids)))
        for row in session.execute(_NAMES, {"user_ids": part})
    }


def active_people(session: Session) -> tuple[PersonName, ...]:
    """Return who may log in, by user id."""
    return tuple(
        PersonName(user_id=row.user_id, display_name=row.display_name)
        for row in session.execute(_ACTIVE)
    )


def list_users(session: Session, page: PageRequest) -> Page[UserView]:
    """Return accounts, by user id."""

    def read(rows: Sequence[AnyRow]) -> list[UserView]:
        groups = _groups_of(session, [row.user_id for row in rows])
        return [_user(row, groups) for row in rows]

    order = (SortKey(user_account.c.user_id, SortType.TEXT),)
    return page_of(session, select(user_account), order, page, read)


def save_user(session: Session, user: UserView) -> None:
    """Insert an account or change it. `password_hash` None keeps the stored one; groups stay."""
    values: dict[str, object] = {
        "display_name": user.display_name,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
    }
    if user.password_hash is not None:
        values["password_hash"] = user.password_hash
    statement = update(user_account).where(user_account.c.user_id == user.user_id).values(**values)
    if changed_count(session.execute(statement)) == 0:
        session.execute(
            insert(user_account).values(
                user_id=user.user_id,
                created_at=user.created_at,
                last_seen_at=user.last_seen_at,
                **values,
            )
        )


def set_groups(session: Session, user_id: str, groups: Collection[str]) -> None:
    """Make a user a member of exactly these groups."""
    session.execute(delete(group_membership).where(group_membership.c.user_id == user_id))
    rows = [{"user_id": user_id, "group_id": group} for group in sorted(set(groups))]
    if rows:
        session.execute(insert(group_membership), rows)


def list_groups(session: Session) -> tuple[str, ...]:
    """Return every group that has a member, sorted."""
    groups = session.scalars(select(group_membership.c.group_id).distinct())
    return tuple(sorted(groups))


def touch_user(session: Session, user_id: str, at: dt.datetime) -> None:
    """Say that a user was seen."""
    session.execute(
        update(user_account).where(user_account.c.user_id == user_id).values(last_seen_at=at)
    )


def insert_token(session: Session, token: ApiTokenView) -> None:
    """Keep a new API token."""
    session.execute(
        insert(api_token).values(
            key=token.token_key,
            user_id=token.user_id,
            name=token.name,
            token_hash=token.token_hash,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )
    )


def find_token(session: Session, key: Key) -> ApiTokenView | None:
    """Return an API token."""
    row = session.execute(select(api_token).where(api_token.c.key == key)).one_or_none()
    return None if row is None else _token(row)


def find_token_by_hash(session: Session, token_hash: str) -> ApiTokenView | None:
    """Return the API token with this hash, also when it is revoked or has expired."""
    statement = select(api_token).where(api_token.c.token_hash == token_hash)
    row = session.execute(statement).one_or_none()
    return None if row is None else _token(row)


def list_tokens(session: Session, user_id: str | None = None) -> tuple[ApiTokenView, ...]:
    """Return the API tokens of a user, or of all, newest first."""
    statement = select(api_token).order_by(api_token.c.key.desc())
    if user_id is not None:
        statement = statement.where(api_token.c.user_id == user_id)
    return tuple(_token(row) for row in session.execute(statement))


def revoke_token(session: Session, key: Key, at: dt.datetime) -> bool:
    """Revoke an API token; False if it is revoked or does not exist."""
    statement = (
        update(api_token)
        .where(api_token.c.key == key, api_token.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return changed_count(session.execute(statement)) == 1


def touch_token(session: Session, key: Key, at: dt.datetime) -> None:
    """Say that an API token was used."""
    session.execute(update(api_token).where(api_token.c.key == key).values(last_used_at=at))


def insert_ended_session(
    session: Session, serial: str, *, ends_at: dt.datetime, now: dt.datetime
) -> None:
    """Remember a session as logged out, again without effect; forget those that are over."""
    session.execute(delete(ended_session).where(ended_session.c.ends_at <= now))
    new = (
        postgresql.insert(ended_session)
        if is_postgresql(session)
        else sqlite.insert(ended_session)
    )
    session.execute(new.values(serial=serial, ends_at=ends_at).on_conflict_do_nothing())


def _groups_of(session: Session, user_ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for part in in_parts(user_ids):
        statement = select(group_membership).where(group_membership.c.user_id.in_(part))
        for row in session.execute(statement):
            groups.setdefault(row.user_id, []).append(row.group_id)
    return {user_id: tuple(sorted(names)) for user_id, names in groups.items()}


def _user(row: AnyRow, groups: Mapping[str, tuple[str, ...]]) -> UserView:
    return UserView(
        user_id=row.user_id,
        display_name=row.display_name,
        email=row.email,
        role=row.role,
        password_hash=row.password_hash,
        is_active=row.is_active,
        groups=groups.get(row.user_id, ()),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
    )


def _token(row: AnyRow) -> ApiTokenView:
    return ApiTokenView(
        token_key=row.key,
        name=row.name,
        user_id=row.user_id,
        token_hash=row.token_hash,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
