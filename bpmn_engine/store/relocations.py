"""The rows of a migrated instance: the same ones, at other elements of another definition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Table, Update, bindparam, true, update

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import InstanceMigrated
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.effect_batch import Values
from bpmn_engine.store.history import is_loop_body, is_scope
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    IS_OPEN_TASK,
    incident,
    job,
    open_visit,
    subscription,
    timer,
    user_task,
)

_ANY: Final = true()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A statement for the rows of one table, by their key within the instance."""

    statement: Update
    members: tuple[str, ...]


def _change(table: Table, key: str, *members: str, where: ColumnElement[bool] = _ANY) -> _Change:
    columns = table.c
    statement = (
        update(table)
        .where(columns.instance_key == bindparam("at_instance"), columns[key] == bindparam("at"))
        .where(where)
        .values({name: bindparam(f"new_{name}") for name in members})
    )
    return _Change(statement=statement, members=members)


_OF_DEFINITION: Final = ("definition_key", "process_id")
_NAMED: Final = ("element_id", "element_name")

_VISITS: Final = _change(
    open_visit, "visit", "definition_key", *_NAMED, "is_loop_body", "is_scope"
)
_WAITS: Final = (
    _change(job, "wait", *_OF_DEFINITION, *_NAMED),
    _change(user_task, "wait", *_OF_DEFINITION, "element_id", where=IS_OPEN_TASK),
    _change(subscription, "wait", *_OF_DEFINITION, "element_id"),
    _change(timer, "wait", "element_id"),
)
_INCIDENTS: Final = _change(
    incident, "incident", *_OF_DEFINITION, *_NAMED, where=incident.c.resolved_at.is_(None)
)


def relocate(session: Session, steps: Sequence[AppliedStep]) -> None:
    """Change the rows of instances that were migrated. Call it before effects are written."""
    for step in steps:
        for fact in step.facts:
            if isinstance(fact, InstanceMigrated):
                _relocate(session, step, fact)


def _relocate(session: Session, step: AppliedStep, fact: InstanceMigrated) -> None:
    _run(session, _VISITS, step, fact.visits)
    for change in _WAITS:
        _run(session, change, step, fact.waits)
    _run(session, _INCIDENTS, step, fact.incidents)


def _run(
    session: Session,
    change: _Change,
    step: AppliedStep,
    places: Iterable[tuple[ElementKey, int]],
) -> None:
    parameters = [
        {"at_instance": step.instance.key, "at": key}
        | {f"new_{name}": values[name] for name in change.members}
        for key, node in places
        for values in (_values(step, node),)
    ]
    if parameters:
        session.execute(change.statement, parameters)


def _values(step: AppliedStep, index: int) -> Values:
    node = step.graph.nodes[index]
    return {
        "definition_key": step.instance.definition_key,
        "process_id": step.instance.process_id,
        "element_id": node.element_id,
        "element_name": node.name,
        "is_loop_body": is_loop_body(node),
        "is_scope": is_scope(node),
    }
