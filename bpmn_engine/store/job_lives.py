"""The lives of the jobs of instances, read from their journals: ended jobs have no row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from sqlalchemy import or_, select

from bpmn_engine.kernel.commands import (
    CompleteAdHocJob,
    CompleteJob,
    FailJob,
    ThrowBpmnError,
)
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.called_decision import DECISION_JOB
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal, process_instance
from bpmn_engine.values import JsonValue
from bpmn_engine.views.job_lives import JobEnd, JobEventKind, JobLife, LivedEvent

_FactRecord = Sequence[JsonValue]

_ATTEMPT: Final = "FailJobAttempt"
_FAILS: Final = frozenset({_ATTEMPT, FailJob.__name__})
_COMPLETES: Final = frozenset({CompleteJob.__name__, CompleteAdHocJob.__name__})
_LISTENER: Final = 8
"""Where a stored wait tells its listener; few have one."""


@dataclass(slots=True, kw_only=True)
class _Life:
    """One job, while it is read."""

    wait: _FactRecord
    instance_key: int
    created_at: dt.datetime
    events: list[LivedEvent] = field(default_factory=list)
    updated_at: dt.datetime
    ended_at: dt.datetime | None = None
    end: JobEnd | None = None
    worker: str | None = None
    retries_left: int | None = None
    is_ad_hoc: bool = False
    is_denied: bool = False
    error_code: str | None = None
    message: str | None = None

    def note(self, row: AnyRow, kind: JobEventKind) -> None:
        """Take in what somebody did with the job."""
        self.updated_at = row.at
        self.worker = row.actor
        self.message = _text(row.detail.get("message")) or self.message
        self.error_code = _text(row.detail.get("error_code"))
        self.events.append(
            LivedEvent(
                kind=kind,
                at=row.at,
                worker=row.actor,
                error_code=self.error_code,
                message=_text(row.detail.get("message")),
            )
        )

    def frozen(self) -> JobLife:
        """Return it as a value."""
        listener = self.wait[_LISTENER] if len(self.wait) > _LISTENER else None
        return JobLife(
            instance_key=self.instance_key,
            wait=cast("int", self.wait[0]),
            visit=cast("int", self.wait[1]),
            element_id=str(self.wait[2]).partition("#")[0],
            job_type=str(self.wait[5]),
            listener=str(listener[0]) if isinstance(listener, Sequence) else None,
            is_ad_hoc=self.is_ad_hoc,
            created_at=self.created_at,
            updated_at=self.updated_at,
            ended_at=self.ended_at,
            end=self.end,
            worker=self.worker,
            retries_left=self.retries_left,
            is_denied=self.is_denied,
            error_code=self.error_code,
            message=self.message,
            events=tuple(self.events),
        )


def lives(session: Session, keys: Sequence[int]) -> Iterator[JobLife]:
    """Return the jobs that instances have had, open ones too, by instance and age.

    Decisions that business rule tasks call are answered at once and are no jobs for a worker.
    """
    columns = (
        journal.c.instance_key,
        journal.c.at,
        journal.c.actor,
        journal.c.action,
        journal.c.wait,
        journal.c.detail,
        journal.c.facts,
    )
    for part in in_parts(sorted(set(keys))):
        entries = session.execute(
            select(*columns)
            .where(journal.c.instance_key.in_(part))
            .order_by(journal.c.instance_key, journal.c.sequence)
        )
        known: dict[tuple[int, int], _Life] = {}
        for row in entries:
            _read(row, known)
        yield from (life.frozen() for life in known.values())


def instances_between(
    session: Session, since: dt.datetime, until: dt.datetime, *, limit: int
) -> list[int]:
    """Return instances that were open at some time between two moments, oldest first."""
    columns = process_instance.c
    return list(
        session.scalars(
            select(columns.key)
            .where(
                columns.started_at < until,
                or_(columns.ended_at.is_(None), columns.ended_at >= since),
                columns.updated_at >= since,
            )
            .order_by(columns.started_at, columns.key)
            .limit(limit)
        )
    )


def _read(row: AnyRow, known: dict[tuple[int, int], _Life]) -> None:
    about = None if row.wait is None else known.get((row.instance_key, row.wait))
    if about is not None and about.end is None:
        _answered(about, row)
    record = cast("Mapping[str, Sequence[_FactRecord]]", load_json(row.facts))
    for fact in record["facts"]:
        if fact[0] == "WaitOpened":
            _open(row, cast("_FactRecord", fact[1]), known)
        elif fact[0] == "WaitClosed":
            _close(row, known.get((row.instance_key, cast("int", fact[1]))))


def _answered(life: _Life, row: AnyRow) -> None:
    if row.action in _FAILS:
        life.note(row, JobEventKind.FAILED)
        left = row.detail.get("retries_left")
        life.retries_left = left if isinstance(left, int) else 0
    elif row.action == ThrowBpmnError.__name__:
        life.note(row, JobEventKind.FAILED)
    elif row.action in _COMPLETES:
        life.note(row, JobEventKind.COMPLETED)
        life.is_ad_hoc = row.action == CompleteAdHocJob.__name__
        life.is_denied = row.detail.get("is_denied") is True


def _open(row: AnyRow, wait: _FactRecord, known: dict[tuple[int, int], _Life]) -> None:
    if wait[3] != WaitKind.JOB.value or wait[5] == DECISION_JOB:
        return
    created = LivedEvent(kind=JobEventKind.CREATED, at=row.at, worker=None)
    known[(row.instance_key, cast("int", wait[0]))] = _Life(
        wait=wait,
        instance_key=row.instance_key,
        created_at=row.at,
        updated_at=row.at,
        events=[created],
    )


def _close(row: AnyRow, life: _Life | None) -> None:
    if life is None or life.end is not None:
        return
    is_answer = row.wait == life.wait[0]
    if is_answer and row.action in _COMPLETES:
        life.end = JobEnd.COMPLETED
    elif is_answer and row.action == ThrowBpmnError.__name__:
        life.end = JobEnd.THROWN
    else:
        life.end = JobEnd.WITHDRAWN
    life.ended_at = life.updated_at = row.at


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
