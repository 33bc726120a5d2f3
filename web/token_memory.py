"""Which API tokens were valid a moment ago, for clients that send many requests a second."""

from __future__ import annotations

import datetime as dt
from threading import Lock
from typing import Final, NamedTuple

from bpmn_engine.service.engine_service import EngineService
from web.accounts import TokenOwner, owner_by_hash

_MOST: Final = 1_000


class _Known(NamedTuple):
    owner: TokenOwner
    at: dt.datetime
    revision: int  #: of the accounts, as this process changed them
    renewing: Lock  #: one of many requests looks the token up again, the others wait for it


class TokenMemory:
    """Remembers the owners of valid tokens for a moment. Per process; safe to share.

    What this process changes about accounts and tokens counts at once; what others change, as soon
    as the moment is over. A token that has ended, or was never valid, is never remembered.
    """

    def __init__(self, lifetime: dt.timedelta) -> None:
        self._lifetime = lifetime
        self._known: dict[str, _Known] = {}

    def owner(self, service: EngineService, kept: str, now: dt.datetime) -> TokenOwner | None:
        """Return whose valid token it is of which this hash is kept, or None."""
        known = self._known.get(kept)
        if known is None:
            return self._look_up(service, kept, now, Lock())
        if self._is_good(known, service, now):
            return known.owner
        with known.renewing:
            renewed = self._known.get(kept)
            if renewed is not None and self._is_good(renewed, service, now):
                return renewed.owner
            return self._look_up(service, kept, now, known.renewing)

    def _look_up(
        self, service: EngineService, kept: str, now: dt.datetime, renewing: Lock
    ) -> TokenOwner | None:
        revision = service.accounts_revision
        owner = owner_by_hash(service, kept, now)
        if owner is None:
            self._known.pop(kept, None)
        elif self._lifetime:
            if len(self._known) >= _MOST:
                self._known = {}
            self._known[kept] = _Known(owner, now, revision, renewing)
        return owner

    def _is_good(self, known: _Known, service: EngineService, now: dt.datetime) -> bool:
        ends_at = known.owner.token.expires_at
        return (
            known.revision == service.accounts_revision
            and known.at <= now < known.at + self._lifetime
            and (ends_at is None or now < ends_at)
        )
