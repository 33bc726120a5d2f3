"""Requests to start with an idempotency key: repeated, they start nothing.

A key belongs to the user who sends it. What was answered is kept with it, so that a request is
answered alike as often as it is repeated; only the business key is read from the instance, because
it may be about a person, and go with the instance.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final, cast

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.service.outcomes import Problem, ProblemKind, invalid
from bpmn_engine.store import start_keys
from bpmn_engine.store.database import Session
from bpmn_engine.store.json_text import canonical_json
from bpmn_engine.store.start_keys import KnownStart, StartKeyRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.instances import InstanceSummary, StartRequest

_FIELD: Final = "idempotency_key"
_LONGEST: Final = 255

_Answer = InstanceSummary | Problem
_Asked = tuple[StartRequest, str | None]
"""What is to be started, and by whom."""


class KeyedStarts:
    """Which requests of one transaction were met before: in another one, or in this."""

    def __init__(
        self, session: Session, now: dt.datetime, keep: dt.timedelta, starts: Iterable[_Asked]
    ) -> None:
        """Look for the keys of all starts; without any the database is not asked."""
        self._now = now
        self._keep = keep
        self._known: dict[str, tuple[str, _Answer]] = {}  #: by digest, with the fingerprint
        self._new: dict[str, StartKeyRow] = {}
        self._expired: dict[str, StartKeyRow] = {}
        digests = {_digest(*asked) for asked in starts if asked[0].idempotency_key is not None}
        self.is_needed = bool(digests)
        if digests:
            for digest, found in start_keys.find(session, sorted(digests)).items():
                if found.row.expires_at <= now:
                    self._expired[digest] = found.row
                else:
                    self._known[digest] = (found.row.fingerprint, _answer(found))

    def known(self, request: StartRequest, actor: str | None) -> _Answer | None:
        """Return the answer to a request that starts nothing; None if it is to start something."""
        if request.idempotency_key is None:
            return None
        wrong = _wrong_key(request.idempotency_key)
        if wrong is not None:
            return wrong
        known = self._known.get(_digest(request, actor))
        if known is None:
            return None
        fingerprint, answer = known
        return answer if fingerprint == _fingerprint(request) else _other_request()

    def note(self, request: StartRequest, actor: str | None, answer: _Answer) -> None:
        """Remember what has become of a request that was not known."""
        if request.idempotency_key is None or isinstance(answer, Problem):
            return
        digest, fingerprint = _digest(request, actor), _fingerprint(request)
        self._known[digest] = (fingerprint, replace(answer, is_replayed=True))
        self._new[digest] = StartKeyRow(
            digest=digest,
            fingerprint=fingerprint,
            instance_key=Key(answer.key),
            answer=_written(answer),
            expires_at=self._now + self._keep,
        )

    def write(self, session: Session) -> None:
        """Write what is new; the instances must be there."""
        if self._new:
            expired = [row for digest, row in self._expired.items() if digest in self._new]
            start_keys.insert(session, list(self._new.values()), expired=expired)

    def changed(self, answers: Sequence[_Answer]) -> dict[str, JsonValue]:
        """Return by digest what callers are told otherwise than was written."""
        told = {
            answer.key: _written(answer) for answer in answers if not isinstance(answer, Problem)
        }
        return {
            row.digest: told[row.instance_key]
            for row in self._new.values()
            if row.instance_key in told and told[row.instance_key] != row.answer
        }


def _digest(request: StartRequest, actor: str | None) -> str:
    owner = actor or ""
    return _hash(f"{len(owner)}:{owner}{request.idempotency_key}")


def _fingerprint(request: StartRequest) -> str:
    asked = request.as_given or request
    return _hash(
        canonical_json(
            [
                asked.process_id,
                asked.definition_key,
                asked.version,
                asked.version_tag,
                asked.business_key,
                asked.start_element_id,
                asked.variables,
            ]
        )
    )


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _wrong_key(key: str) -> Problem | None:
    if 1 <= len(key) <= _LONGEST and key.isascii() and key.isprintable():
        return None
    return invalid(
        f"Expected an idempotency key of 1 to {_LONGEST} printable ASCII characters, "
        f"but got {json.dumps(key[:40])} of {len(key)}.",
        field_name=_FIELD,
    )


def _other_request() -> Problem:
    return invalid(
        "Expected the request that this idempotency key was first used for, but got another one. "
        "Nothing was started; use a new key for a new request.",
        field_name=_FIELD,
    )


def _answer(known: KnownStart) -> _Answer:
    if known.is_there:
        return _read(known)
    key = known.row.instance_key
    return Problem(
        kind=ProblemKind.GONE,
        message=f"Expected the process instance {key}, which this request has started, but it was "
        "deleted. Nothing was started; use a new idempotency key to start another one.",
        instance_key=key,
    )


def _written(summary: InstanceSummary) -> JsonValue:
    return {
        "definition_key": summary.definition_key,
        "process_id": summary.process_id,
        "process_name": summary.process_name,
        "version": summary.version,
        "status": summary.status.value,
        "started_at": summary.started_at.isoformat(),
        "started_by": summary.started_by,
        "updated_at": summary.updated_at.isoformat(),
        "revision": summary.revision,
        "ended_at": None if summary.ended_at is None else summary.ended_at.isoformat(),
        "incident_count": summary.incident_count,
        "error_code": summary.error_code,
    }


def _read(known: KnownStart) -> InstanceSummary:
    answer = cast("Mapping[str, str]", known.row.answer)
    numbers = cast("Mapping[str, int]", known.row.answer)
    perhaps = cast("Mapping[str, str | None]", known.row.answer)
    key, ended_at = known.row.instance_key, perhaps["ended_at"]
    return InstanceSummary(
        key=key,
        definition_key=numbers["definition_key"],
        process_id=answer["process_id"],
        process_name=perhaps["process_name"],
        version=numbers["version"],
        business_key=known.business_key,
        status=InstanceStatus(answer["status"]),
        started_at=dt.datetime.fromisoformat(answer["started_at"]),
        started_by=perhaps["started_by"],
        updated_at=dt.datetime.fromisoformat(answer["updated_at"]),
        revision=numbers["revision"],
        ended_at=None if ended_at is None else dt.datetime.fromisoformat(ended_at),
        incident_count=numbers["incident_count"],
        error_code=perhaps["error_code"],
        parent_key=None,
        root_key=key,
        is_replayed=True,
    )
