"""Searching incidents, open and resolved."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, select

from bpmn_engine.store.queries_operations import incident_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.searches import Fields, counted, cut, searched, sorted_by
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import incident, process_definition, process_instance
from bpmn_engine.views.found_history import FoundIncident
from bpmn_engine.views.work_search import Search

_INCIDENT: Final = incident.c
_INSTANCE: Final = process_instance.c
_DEFINITION: Final = process_definition.c

FIELDS: Final[Fields] = {
    "key": _INCIDENT.key,
    "kind": _INCIDENT.kind,
    "message": _INCIDENT.message,
    "definition_key": _INCIDENT.definition_key,
    "process_id": _INCIDENT.process_id,
    "instance_key": _INCIDENT.instance_key,
    "element_id": _INCIDENT.element_id,
    "created_at": _INCIDENT.created_at,
    "resolved_at": _INCIDENT.resolved_at,
    "resolved_by": _INCIDENT.resolved_by,
    "job_key": _INCIDENT.job_key,
    "error_code": _INCIDENT.error_code,
}
"""What a search for incidents may name."""


def find(session: Session, search: Search) -> tuple[FoundIncident, ...]:
    """Return the incidents that a search finds, the wanted part."""
    wanted = sorted_by(searched(_select(), FIELDS, search), FIELDS, search, _INCIDENT.key)
    return tuple(_found(row) for row in session.execute(cut(wanted, search)))


def count(session: Session, search: Search) -> int:
    """Return how many incidents a search finds."""
    return counted(session, searched(select(_INCIDENT.key), FIELDS, search))


def _select() -> Select[*tuple[object, ...]]:
    return (
        select(
            *_INCIDENT,
            _DEFINITION.name.label("process_name"),
            _DEFINITION.version,
            _INSTANCE.root_key,
        )
        .join(process_definition, _DEFINITION.key == _INCIDENT.definition_key)
        .join(process_instance, _INSTANCE.key == _INCIDENT.instance_key)
    )


def _found(row: AnyRow) -> FoundIncident:
    return FoundIncident(incident=incident_of(row), root_key=row.root_key)
