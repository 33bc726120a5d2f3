"""What operators decide about the jobs and timers of single elements: held, and how urgent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import ColumnElement, Table, delete, exists, insert, select, update

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.effect_batch import EffectBatch
from bpmn_engine.store.rows import changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import job, process_instance, start_timer, timer, work_rule

_RULE = work_rule.c
_INSTANCE = process_instance.c
_ANY: Final = "SELECT 1 FROM work_rule LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRule:
    """What holds for the new jobs and timers of an element of one version."""

    definition_key: Key
    element_id: str
    is_held: bool = False
    priority: int | None = None  #: None = as drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWork:
    """A job or timer of an element."""

    instance_key: Key
    wait: ElementKey


def rules(session: Session, definition_keys: Iterable[Key]) -> Mapping[tuple[Key, str], WorkRule]:
    """Return the rules of versions, by version and element; most have none."""
    keys = sorted(set(definition_keys))
    wanted = select(_RULE.definition_key, _RULE.element_id, _RULE.is_held, _RULE.priority)
    found = session.execute(wanted.where(_RULE.definition_key.in_(keys)))
    return {
        (row.definition_key, row.element_id): WorkRule(
            definition_key=Key(row.definition_key),
            element_id=row.element_id,
            is_held=row.is_held,
            priority=row.priority,
        )
        for row in found
    }


def write(session: Session, rule: WorkRule, *, at: dt.datetime, actor: str | None) -> None:
    """Write a rule in place of the one before; one that says nothing is not kept."""
    session.execute(
        delete(work_rule).where(
            _RULE.definition_key == rule.definition_key, _RULE.element_id == rule.element_id
        )
    )
    if not rule.is_held and rule.priority is None:
        return
    session.execute(
        insert(work_rule).values(
            definition_key=rule.definition_key,
            element_id=rule.element_id,
            is_held=rule.is_held,
            priority=rule.priority,
            changed_at=at,
            changed_by=actor,
        )
    )


def apply(session: Session, batch: EffectBatch, definitions: Mapping[Key, Key]) -> None:
    """Hold the new jobs and timers of a batch, and set priorities, where a rule says so.

    Args:
        session: of the caller.
        batch: what is going to be written.
        definitions: instance -> process definition.
    """
    if not batch.jobs and not batch.timers:
        return
    # Asked in every transaction that makes a job: without the cost of a composed statement.
    if session.connection().exec_driver_sql(_ANY).first() is None:
        return
    found = rules(session, definitions.values())
    for new in (batch.jobs, batch.timers):
        for wait, row in new.items():
            rule = found.get((definitions[wait.instance_key], cast("str", row["element_id"])))
            if rule is not None and rule.is_held:
                row["is_held"] = True
            if rule is not None and rule.priority is not None and new is batch.jobs:
                row["priority"] = rule.priority


def is_free(table: Table) -> ColumnElement[bool]:
    """Return that no rule holds the job or timer of a row."""
    return ~exists(
        select(_RULE.element_id)
        .join(process_instance, _INSTANCE.definition_key == _RULE.definition_key)
        .where(
            _INSTANCE.key == table.c.instance_key,
            _RULE.element_id == table.c.element_id,
            _RULE.is_held,
        )
    )


def work_of(session: Session, rule: WorkRule, *, is_held: bool, limit: int) -> Sequence[FoundWork]:
    """Return some jobs and timers of an element, held or not; none of suspended instances."""
    found: list[FoundWork] = []
    for table in (job, timer):
        wanted = (
            select(table.c.instance_key, table.c.wait)
            .join(process_instance, _INSTANCE.key == table.c.instance_key)
            .where(
                _INSTANCE.definition_key == rule.definition_key,
                _INSTANCE.status != InstanceStatus.SUSPENDED.value,
                table.c.element_id == rule.element_id,
                table.c.is_held.is_(is_held),
            )
            .order_by(table.c.instance_key, table.c.wait)
            .limit(limit)
        )
        found += [
            FoundWork(instance_key=Key(row.instance_key), wait=ElementKey(row.wait))
            for row in session.execute(wanted)
        ]
    return found


def set_priorities(session: Session, rule: WorkRule, priority: int) -> int:
    """Set how urgent the jobs of an element are that are there; return how many."""
    changed = session.execute(
        update(job)
        .where(job.c.definition_key == rule.definition_key, job.c.element_id == rule.element_id)
        .values(priority=priority)
    )
    return changed_count(changed)


def hold_starts(session: Session, rule: WorkRule) -> None:
    """Hold the timers of a start event, or let them go on."""
    session.execute(
        update(start_timer)
        .where(
            start_timer.c.definition_key == rule.definition_key,
            start_timer.c.element_id == rule.element_id,
        )
        .values(is_held=rule.is_held)
    )
