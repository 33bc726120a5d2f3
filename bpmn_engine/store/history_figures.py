"""Figures over what has ended: durations by month or quarter, counts of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_definition, process_instance, user_task
from bpmn_engine.views.found_history import PeriodFigures, TaskFigures
from bpmn_engine.views.work import TaskState

_INSTANCE: Final = process_instance.c
_TASK: Final = user_task.c
_DEFINITION: Final = process_definition.c

MONTHS_OF_QUARTER: Final = 3


def instance_durations(
    session: Session, conditions: Sequence[ColumnElement[bool]], *, by_quarter: bool
) -> list[PeriodFigures]:
    """Return how long ended instances took, by the month or quarter they started in."""
    rows = session.execute(
        select(_INSTANCE.started_at.label("at"), _INSTANCE.duration_ms.label("duration")).where(
            _INSTANCE.ended_at.is_not(None), *conditions
        )
    )
    return _by_period(rows, by_quarter=by_quarter)


def instance_conditions(
    *,
    process_ids: Sequence[str] = (),
    definition_keys: Sequence[int] = (),
    started_after: datetime | None = None,
    started_before: datetime | None = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions that say which instances a report is about."""
    found: list[ColumnElement[bool]] = []
    if process_ids:
        found.append(_INSTANCE.process_id.in_(process_ids))
    if definition_keys:
        found.append(_INSTANCE.definition_key.in_(definition_keys))
    if started_after is not None:
        found.append(_INSTANCE.started_at >= started_after)
    if started_before is not None:
        found.append(_INSTANCE.started_at <= started_before)
    return found


def task_durations(
    session: Session,
    *,
    after: datetime | None,
    before: datetime | None,
    by_quarter: bool,
) -> list[PeriodFigures]:
    """Return how long completed tasks took, by the month or quarter they ended in."""
    rows = session.execute(
        select(_TASK.ended_at.label("at"), _TASK.created_at).where(*_completed(after, before))
    )
    return _by_period(rows, by_quarter=by_quarter)


def task_counts(
    session: Session, *, after: datetime | None, before: datetime | None, by_name: bool
) -> list[TaskFigures]:
    """Return how many tasks were completed, by process and perhaps by name."""
    columns: list[ColumnElement[object]] = [
        _TASK.definition_key,
        _TASK.process_id,
        _DEFINITION.version,
        _DEFINITION.name.label("process_name"),
    ]
    if by_name:
        columns.append(_TASK.name.label("task_name"))
    rows = session.execute(
        select(*columns, func.count().label("total"))
        .join(process_definition, _DEFINITION.key == _TASK.definition_key)
        .where(*_completed(after, before))
        .group_by(*columns)
        .order_by(_TASK.process_id, _DEFINITION.version)
    )
    return [
        TaskFigures(
            definition_key=row.definition_key,
            process_id=row.process_id,
            version=row.version,
            process_name=row.process_name,
            name=row.task_name if by_name else None,
            count=row.total,
        )
        for row in rows
    ]


def _completed(after: datetime | None, before: datetime | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_TASK.state == TaskState.COMPLETED.value]
    if after is not None:
        found.append(_TASK.ended_at >= after)
    if before is not None:
        found.append(_TASK.ended_at <= before)
    return found


def _by_period(rows: Iterable[AnyRow], *, by_quarter: bool) -> list[PeriodFigures]:
    found: dict[int, list[int]] = {}
    for row in rows:
        month: int = row.at.month
        period = (month - 1) // MONTHS_OF_QUARTER + 1 if by_quarter else month
        found.setdefault(period, []).append(_milliseconds(row))
    return [
        PeriodFigures(
            period=period,
            shortest=min(durations),
            longest=max(durations),
            average=sum(durations) // len(durations),
        )
        for period, durations in sorted(found.items())
    ]


def _milliseconds(row: AnyRow) -> int:
    if "duration" in row._fields:
        return int(row.duration or 0)
    return int((row.at - row.created_at).total_seconds() * 1000)
