"""What is stored with a job that an outside system works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedWork:
    """All that is needed to ask about accepted work, or to cancel it, when the job is gone."""

    handle: JsonValue  #: the adapter's own
    profile: str | None  #: name of the connection profile it was accepted under
    idempotency_key: str
    poll_count: int = 0

    def asked_again(self) -> WatchedWork:
        """Return the same after one more poll."""
        return replace(self, poll_count=self.poll_count + 1)

    def as_json(self) -> JsonValue:
        """Return it as it is stored."""
        return {
            "handle": self.handle,
            "profile": self.profile,
            "idempotency_key": self.idempotency_key,
            "poll_count": self.poll_count,
        }


def read_watched_work(stored: JsonValue) -> WatchedWork | None:
    """Return what `as_json` made; None for anything else, such as a foreign worker's handle."""
    match stored:
        case {
            "handle": handle,
            "profile": None | str() as profile,
            "idempotency_key": str(key),
            "poll_count": int(count),
        } if isinstance(stored, Mapping):
            return WatchedWork(
                handle=handle, profile=profile, idempotency_key=key, poll_count=count
            )
        case _:
            return None
