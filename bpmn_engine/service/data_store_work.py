"""Jobs of data stores (BPMN 2.0.2, section 10.4.1): the engine does them with its own documents.

A document is written in the transaction that completes the job: both happen, or neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from bpmn_engine.kernel.data_stores import CHANGES, DATA_STORE, OPERATION, STORES
from bpmn_engine.kernel.variables import put_at
from bpmn_engine.service import job_work
from bpmn_engine.service.job_work import JobFailure, JobReference
from bpmn_engine.service.outcomes import JobCompletion, Problem
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import data_documents, jobs
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.outside_tables import OutsideTableError, OutsideTables
from bpmn_engine.values import JsonValue, Variables

WORKER: Final = "data-stores"
"""Who has the lock of such a job, and is named in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What one association puts into a store."""

    name: str
    capacity: int | None
    is_collection: bool
    path: tuple[str, ...]
    value: JsonValue


def take(work: UnitOfWork, limit: int) -> list[JobReference]:
    """Lock jobs of data stores that are due."""
    rows = jobs.lock_jobs(
        work.session,
        types=(DATA_STORE,),
        worker=WORKER,
        limit=limit,
        until=work.now + work.settings.lock_duration,
        now=work.now,
        token=work.keys.next(),
    )
    return [
        JobReference(key=row.key, lock_token=str(row.lock_token), worker=WORKER) for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What outside tables answered; they are asked before the transaction begins."""

    read: Variables = field(default_factory=dict)
    failure: JobFailure | None = None


NOT_ASKED: Final = Reached()


def reach_outside(tables: OutsideTables, row: JobRow) -> Reached:
    """Read or write the stores of a job that are tables of other databases.

    Writing again what was written changes nothing, so this may be repeated.
    """
    try:
        if row.headers.get(OPERATION) == "read":
            wanted = {
                str(one["variable"]): str(one["name"]) for one in _items(row.headers.get(STORES))
            }
            found = {name: tables.read(store) for name, store in wanted.items() if store in tables}
            return Reached(read=found)
        changes = [_change(item) for item in _items(row.headers.get(CHANGES))]
        for number, change in enumerate(changes, start=1):
            if change.name in tables:
                tables.write(
                    change.name,
                    _rows(change),
                    capacity=change.capacity,
                    idempotency_key=f"{row.idempotency_key}:{number}",
                )
    except OutsideTableError as error:
        return Reached(
            failure=JobFailure(
                message=error.message,
                retries_left=None,
                retry_after=None,
                is_permanent=error.is_permanent,
            )
        )
    return NOT_ASKED


def _rows(change: _Change) -> list[Mapping[str, JsonValue]]:
    value = change.value
    entries: Sequence[JsonValue] = value if _is_list(value) else [value]
    rows = [one for one in entries if isinstance(one, Mapping)]
    if change.path or len(rows) != len(entries):
        raise OutsideTableError(
            f"Expected rows for the data store {change.name!r}: a context, or a list of contexts, "
            "without an assignment to a part.",
            is_permanent=True,
        )
    return rows


def do(
    work: UnitOfWork,
    reference: JobReference,
    tables: OutsideTables | None = None,
    reached: Reached = NOT_ASKED,
) -> Problem | None:
    """Do one job, and complete or fail it in the same transaction.

    Args:
        work: the transaction.
        reference: the job, locked.
        tables: the stores that are none of the engine's documents.
        reached: what they answered.
    """
    (row,) = job_work.fence(work, [reference])
    if isinstance(row, Problem):
        return row
    if reached.failure is not None:
        return job_work.fail(work, row, reached.failure, WORKER)
    known = OutsideTables() if tables is None else tables
    is_read = row.headers.get(OPERATION) == "read"
    done = _read(work, row, known) if is_read else _write(work, row, known)
    if isinstance(done, str):
        failure = JobFailure(message=done, retries_left=0, retry_after=None, is_permanent=True)
        return job_work.fail(work, row, failure, WORKER)
    completion = JobCompletion(
        key=row.key,
        variables={**done, **reached.read},
        lock_token=reference.lock_token,
        worker=reference.worker,
        actor=WORKER,
    )
    (problem,) = job_work.complete(work, [completion])
    return problem


def _read(work: UnitOfWork, row: JobRow, tables: OutsideTables) -> Variables:
    found: dict[str, JsonValue] = {}
    for one in _items(row.headers.get(STORES)):
        name = str(one["name"])
        if name in tables:
            continue
        document = data_documents.find(work.session, name)
        empty: JsonValue = [] if one.get("is_collection") else None
        content = None if document is None else document.content
        found[str(one["variable"])] = empty if content is None else content
    return found


def _write(work: UnitOfWork, row: JobRow, tables: OutsideTables) -> Variables | str:
    """Change every document, or say why one does not take its value: then none is changed."""
    every = [_change(item) for item in _items(row.headers.get(CHANGES))]
    changes = [change for change in every if change.name not in tables]
    contents: dict[str, JsonValue] = {}
    for name in sorted({change.name for change in changes}):
        contents[name] = data_documents.lock(work.session, name, work.now)
    for change in changes:
        contents[change.name] = _changed(contents[change.name], change)
    for change in changes:
        count = _entries(contents[change.name])
        if change.capacity is not None and count > change.capacity:
            return (
                f"Expected the data store {change.name!r} to hold at most {change.capacity} "
                f"entries, but it would hold {count}. Make room in it, then retry."
            )
    for name, content in contents.items():
        data_documents.write(work.session, name, content, now=work.now, by=row.instance_key)
    work.touch("data-stores")
    return {}


def _changed(content: JsonValue, change: _Change) -> JsonValue:
    """Return what a store holds afterwards.

    A collection gets one value as its next entry; a list replaces all that it holds.
    """
    if change.path:
        return put_at(change.path, change.value, content)
    if not change.is_collection or _is_list(change.value):
        return change.value
    held = content if isinstance(content, Sequence) and not isinstance(content, str) else ()
    return [*held, change.value]


def _entries(content: JsonValue) -> int:
    if isinstance(content, Sequence) and not isinstance(content, str):
        return len(content)
    return 0 if content is None else 1


def _is_list(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _items(text: str | None) -> list[Mapping[str, JsonValue]]:
    read: list[Mapping[str, JsonValue]] = json.loads(text or "[]")
    return read


def _change(item: Mapping[str, JsonValue]) -> _Change:
    path, capacity = item["path"], item["capacity"]
    return _Change(
        name=str(item["name"]),
        capacity=capacity if isinstance(capacity, int) else None,
        is_collection=item["is_collection"] is True,
        path=tuple(str(part) for part in path) if isinstance(path, Sequence) else (),
        value=item["value"],
    )
