"""Searching the journal over all instances: who did what, when."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, String, and_, cast, literal, select

from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.searches import Fields, counted, cut, searched, sorted_by
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal, process_definition, process_instance, user_task
from bpmn_engine.views.found_history import FoundEntry
from bpmn_engine.views.work_search import Search

_ENTRY: Final = journal.c
_INSTANCE: Final = process_instance.c
_DEFINITION: Final = process_definition.c
_TASK: Final = user_task.c

FIELDS: Final[Fields] = {
    "key": _ENTRY.instance_key,
    "entry_id": (cast(_ENTRY.instance_key, String) + literal(":") + cast(_ENTRY.sequence, String)),
    "instance_key": _ENTRY.instance_key,
    "definition_key": _INSTANCE.definition_key,
    "process_id": _INSTANCE.process_id,
    "deployment_key": _DEFINITION.deployment_key,
    "at": _ENTRY.at,
    "actor": _ENTRY.actor,
    "action": _ENTRY.action,
    "reason": _ENTRY.reason,
    "element_id": _ENTRY.element_id,
    "task_key": _TASK.key,
}
"""What a search in the journal may name."""


def find(session: Session, search: Search) -> tuple[FoundEntry, ...]:
    """Return the entries that a search finds, the wanted part."""
    wanted = sorted_by(searched(_select(), FIELDS, search), FIELDS, search, _ENTRY.instance_key)
    rows = session.execute(cut(wanted.order_by(_ENTRY.sequence), search))
    return tuple(_found(row) for row in rows)


def count(session: Session, search: Search) -> int:
    """Return how many entries a search finds."""
    columns = select(_ENTRY.instance_key, _ENTRY.sequence)
    return counted(session, searched(_joined(columns), FIELDS, search))


def _joined(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return (
        statement.join(process_instance, _INSTANCE.key == _ENTRY.instance_key)
        .join(process_definition, _DEFINITION.key == _INSTANCE.definition_key)
        .outerjoin(
            user_task,
            and_(_TASK.instance_key == _ENTRY.instance_key, _TASK.wait == _ENTRY.wait),
        )
    )


def _select() -> Select[*tuple[object, ...]]:
    return _joined(
        select(
            *(column for column in _ENTRY if column.name != "facts"),
            _INSTANCE.root_key,
            _INSTANCE.definition_key,
            _INSTANCE.process_id,
            _DEFINITION.version,
            _TASK.key.label("task_key"),
        )
    )


def _found(row: AnyRow) -> FoundEntry:
    return FoundEntry(
        instance_key=row.instance_key,
        sequence=row.sequence,
        root_key=row.root_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        version=row.version,
        at=row.at,
        actor=row.actor,
        action=row.action,
        wait=row.wait,
        element_id=row.element_id,
        detail=row.detail,
        reason=row.reason,
        task_key=row.task_key,
    )
