"""Accounts, groups and API tokens. Only rows: hashing and checking is the web's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import TypeVar

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import identity
from bpmn_engine.views.identity import ApiTokenView, PersonName, UserView
from bpmn_engine.views.paging import FIRST_PAGE, Page, PageRequest

Result = TypeVar("Result")


class IdentityUseCases(UseCases):
    """Who may log in. What a role may do is the web's."""

    accounts_revision: int = 0
    """Another number after each change of accounts, groups or tokens by this process."""

    def users(self, *, page: PageRequest = FIRST_PAGE) -> Page[UserView] | Problem:
        """Return accounts, by user id."""
        return self._query(lambda session: identity.list_users(session, page))

    def user(self, user_id: str) -> UserView | None:
        """Return an account, or None."""
        return self._read(lambda session: identity.find_user(session, user_id))

    def save_user(
        self,
        user_id: str,
        *,
        display_name: str,
        role: str,
        email: str | None = None,
        password_hash: str | None = None,
        is_active: bool = True,
    ) -> UserView | Problem:
        """Create an account or change it; `password_hash` None keeps the one there is."""

        def work(unit: UnitOfWork) -> None:
            user = UserView(
                user_id=user_id,
                display_name=display_name,
                email=email,
                role=role,
                password_hash=password_hash,
                is_active=is_active,
                groups=(),
                created_at=unit.now,
                last_seen_at=None,
            )
            identity.save_user(unit.session, user)
            unit.touch("users")

        problem = self._commit_accounts(work)
        return self._user(user_id) if problem is None else problem

    def set_groups(self, user_id: str, groups: Collection[str]) -> UserView | Problem:
        """Make a user a member of exactly these groups."""

        def work(unit: UnitOfWork) -> None:
            if identity.find_user(unit.session, user_id) is None:
                raise AbandonedError(not_found("user", user_id))
            identity.set_groups(unit.session, user_id, groups)
            unit.touch("users")

        problem = self._commit_accounts(work)
        return self._user(user_id) if problem is None else problem

    def display_names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the display names of users by id; those without an account are left out."""
        return self._read(lambda session: identity.find_names(session, user_ids))

    def active_people(self) -> tuple[PersonName, ...]:
        """Return who may log in, by user id."""
        return self._read(identity.active_people)

    def groups(self) -> tuple[str, ...]:
        """Return every group that has a member, sorted."""
        return self._read(identity.list_groups)

    def record_seen(self, user_id: str) -> None:
        """Remember that a user is here now."""
        self._run(lambda unit: identity.touch_user(unit.session, user_id, unit.now))

    def session_user(self, user_id: str, serial: str) -> UserView | None:
        """Return the account of a log-in session, or None when the session was logged out."""
        return self._read(lambda session: identity.find_session_user(session, user_id, serial))

    def end_session(self, serial: str, *, ends_at: dt.datetime) -> None:
        """Log a session out, for every process; kept until it would have ended by itself."""
        self._run(
            lambda unit: identity.insert_ended_session(
                unit.session, serial, ends_at=ends_at, now=unit.now
            )
        )

    def create_api_token(
        self,
        *,
        name: str,
        user_id: str,
        token_hash: str,
        expires_at: dt.datetime | None = None,
    ) -> ApiTokenView | Problem:
        """Keep the hash of a new API token of a user."""

        def work(unit: UnitOfWork) -> ApiTokenView:
            if identity.find_user(unit.session, user_id) is None:
                raise AbandonedError(not_found("user", user_id))
            token = ApiTokenView(
                token_key=unit.keys.next(),
                name=name,
                user_id=user_id,
                token_hash=token_hash,
                created_at=unit.now,
                expires_at=expires_at,
                last_used_at=None,
                revoked_at=None,
            )
            identity.insert_token(unit.session, token)
            return token

        return self._commit(work)

    def api_tokens(self, user_id: str | None = None) -> tuple[ApiTokenView, ...]:
        """Return the API tokens of a user, or of all, newest first."""
        return self._read(lambda session: identity.list_tokens(session, user_id))

    def api_token_by_hash(self, token_hash: str) -> ApiTokenView | None:
        """Return the API token with this hash, also a revoked or expired one."""
        return self._read(lambda session: identity.find_token_by_hash(session, token_hash))

    def revoke_api_token(self, token_key: int) -> ApiTokenView | Problem:
        """Make an API token useless; revoking it again changes nothing."""

        def work(unit: UnitOfWork) -> ApiTokenView:
            identity.revoke_token(unit.session, Key(token_key), unit.now)
            token = identity.find_token(unit.session, Key(token_key))
            if token is None:
                raise AbandonedError(not_found("API token", token_key))
            return token

        return self._commit_accounts(work)

    def record_token_use(self, token_key: int) -> None:
        """Remember that an API token was used now."""
        self._run(lambda unit: identity.touch_token(unit.session, Key(token_key), unit.now))

    def _commit_accounts(self, work: Callable[[UnitOfWork], Result]) -> Result | Problem:
        try:
            return self._commit(work)
        finally:
            self.accounts_revision += 1

    def _user(self, user_id: str) -> UserView | Problem:
        return self.user(user_id) or not_found("user", user_id)
