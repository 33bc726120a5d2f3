"""Searching visits of elements, open and ended, over all instances; and counting them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.store.codec_model import read_certificate
from bpmn_engine.store.columns import UtcDateTime
from bpmn_engine.store.queries_history import OPEN
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.searches import Fields, counted, cut, searched, sorted_by
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    element_visit,
    incident,
    open_visit,
    process_definition,
    process_instance,
    user_task,
)
from bpmn_engine.views.found_history import ElementFigures, FoundVisit
from bpmn_engine.views.work_search import Condition, Search

_ENDED: Final = element_visit.c
_OPEN: Final = open_visit.c
_INSTANCE: Final = process_instance.c
_DEFINITION: Final = process_definition.c
_TASK: Final = user_task.c

_BOTH: Final = union_all(
    select(
        _ENDED.instance_key,
        _ENDED.visit,
        _ENDED.element_id,
        _ENDED.is_loop_body,
        _ENDED.state,
        _ENDED.entered_at,
        _ENDED.ended_at,
    ),
    select(
        _OPEN.instance_key,
        _OPEN.visit,
        _OPEN.element_id,
        _OPEN.is_loop_body,
        literal(OPEN).label("state"),
        _OPEN.entered_at,
        literal(None, UtcDateTime).label("ended_at"),
    ),
).subquery("visits")
_VISIT: Final = _BOTH.c

FIELDS: Final[Fields] = {
    "key": _VISIT.instance_key,
    "visit_id": (
        _VISIT.element_id
        + literal(":")
        + cast(_VISIT.instance_key, String)
        + literal(":")
        + cast(_VISIT.visit, String)
    ),
    "instance_key": _VISIT.instance_key,
    "definition_key": _INSTANCE.definition_key,
    "element_id": _VISIT.element_id,
    "state": _VISIT.state,
    "entered_at": _VISIT.entered_at,
    "ended_at": _VISIT.ended_at,
    "assignee": _TASK.assignee,
    "occurrence": _VISIT.visit,
}
"""What a search for visits may name in the database; names and types stand in the diagrams."""

_BPMN: Final = "bpmn:"
"""What the types of elements begin with in certificates."""

_DRAWN: Final = frozenset({"element_name", "element_type"})
"""What it may name beside that."""


def find(session: Session, search: Search) -> tuple[FoundVisit, ...]:
    """Return the visits that a search finds, the wanted part."""
    drawings = _Drawings(session)
    wanted = sorted_by(_wanted(drawings, search, _select()), FIELDS, search, _VISIT.instance_key)
    rows = session.execute(cut(wanted.order_by(_VISIT.visit), search))
    return tuple(_found(drawings, row) for row in rows)


def count(session: Session, search: Search) -> int:
    """Return how many visits a search finds."""
    statement = _joined(select(_VISIT.instance_key, _VISIT.visit))
    return counted(session, _wanted(_Drawings(session), search, statement))


def figures(session: Session, definition_key: Key, search: Search) -> list[ElementFigures]:
    """Return how often each element of a definition was visited, by the instances found.

    The search names fields of `searched_instances`; elements without a visit are left out.
    """
    meant = searched(
        select(_INSTANCE.key)
        .join(process_definition, _DEFINITION.key == _INSTANCE.definition_key)
        .where(_INSTANCE.definition_key == definition_key),
        _INSTANCES,
        search,
    )
    return figures_of(session, meant)


def figures_of(session: Session, meant: Select[*tuple[object, ...]]) -> list[ElementFigures]:
    """Return how often each element was visited by the instances whose keys are selected."""
    visits = session.execute(
        select(_VISIT.element_id, _VISIT.state, func.count().label("count"))
        .where(_VISIT.instance_key.in_(meant), _VISIT.is_loop_body.is_(False))
        .group_by(_VISIT.element_id, _VISIT.state)
    )
    counts: dict[str, dict[str, int]] = {}
    for row in visits:
        counts.setdefault(row.element_id, {})[row.state] = row._mapping["count"]  # noqa: SLF001 -- its public name
    is_open = incident.c.resolved_at.is_(None)
    for state, condition in (("open_incident", is_open), ("resolved_incident", ~is_open)):
        rows = session.execute(
            select(incident.c.element_id, func.count())
            .where(incident.c.instance_key.in_(meant), condition)
            .group_by(incident.c.element_id)
        )
        for element_id, number in rows:
            counts.setdefault(element_id, {})[state] = number
    return [
        ElementFigures(
            element_id=element_id,
            active=found.get(OPEN, 0),
            completed=found.get(ElementState.COMPLETED.value, 0)
            + found.get(ElementState.COMPENSATED.value, 0),
            terminated=found.get(ElementState.TERMINATED.value, 0),
            open_incidents=found.get("open_incident", 0),
            resolved_incidents=found.get("resolved_incident", 0),
        )
        for element_id, found in sorted(counts.items())
    ]


_INSTANCES: Final[Fields] = {
    "key": _INSTANCE.key,
    "started_at": _INSTANCE.started_at,
    "ended_at": _INSTANCE.ended_at,
}


class _Drawings:
    """Names and types of the elements of definitions, read as they are needed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, Mapping[str, tuple[str | None, str]]] = {}

    def element(self, definition_key: int, element_id: str) -> tuple[str | None, str]:
        """Return the name and the type of an element."""
        if definition_key not in self._known:
            self._read(_DEFINITION.key == definition_key)
        return self._known.get(definition_key, {}).get(element_id, (None, ""))

    def drawn_as(self, condition: Condition) -> ColumnElement[bool]:
        """Return the condition that a visit's element has a name, or a type."""
        self._read(literal(1) == 1)
        part = 0 if condition.field == "element_name" else 1
        groups = [
            and_(
                _INSTANCE.definition_key == key,
                _VISIT.element_id.in_(
                    [name for name, drawn in elements.items() if drawn[part] == condition.value]
                ),
            )
            for key, elements in self._known.items()
            if any(drawn[part] == condition.value for drawn in elements.values())
        ]
        return or_(*groups) if groups else false()

    def _read(self, condition: ColumnElement[bool]) -> None:
        rows = self._session.execute(
            select(_DEFINITION.key, _DEFINITION.element_names, _DEFINITION.certificate).where(
                condition
            )
        )
        for row in rows:
            names = row.element_names
            self._known[row.key] = {
                entry.element_id: (
                    names.get(entry.element_id),
                    entry.element_type.removeprefix(_BPMN),
                )
                for entry in read_certificate(row.certificate)
                if entry.element_type.startswith(_BPMN)  # its extensions stand there, too
            }


def _wanted(
    drawings: _Drawings, search: Search, statement: Select[*tuple[object, ...]]
) -> Select[*tuple[object, ...]]:
    fields: Fields = {**FIELDS, **dict.fromkeys(_DRAWN, drawings.drawn_as)}
    return searched(statement, fields, search)


def _joined(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return (
        statement.join(process_instance, _INSTANCE.key == _VISIT.instance_key)
        .join(process_definition, _DEFINITION.key == _INSTANCE.definition_key)
        .outerjoin(
            user_task,
            and_(_TASK.instance_key == _VISIT.instance_key, _TASK.visit == _VISIT.visit),
        )
    )


def _select() -> Select[*tuple[object, ...]]:
    return _joined(
        select(
            *_VISIT,
            _INSTANCE.root_key,
            _INSTANCE.definition_key,
            _INSTANCE.process_id,
            _DEFINITION.version,
            _TASK.key.label("task_key"),
            _TASK.assignee,
        )
    )


def _found(drawings: _Drawings, row: AnyRow) -> FoundVisit:
    name, kind = drawings.element(row.definition_key, row.element_id)
    return FoundVisit(
        visit=row.visit,
        instance_key=row.instance_key,
        root_key=row.root_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        version=row.version,
        element_id=row.element_id,
        element_name=name,
        element_type=kind,
        is_loop_body=row.is_loop_body,
        state=row.state,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        task_key=row.task_key,
        assignee=row.assignee,
    )
