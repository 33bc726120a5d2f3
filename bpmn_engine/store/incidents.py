"""Incidents as they are stored, for whoever resolves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.store.rows import AnyRow, in_parts, optional_element_key, optional_key
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import incident


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """Where an incident is."""

    key: Key
    instance_key: Key
    incident: ElementKey  #: its key within the instance
    wait: ElementKey | None  #: the job or child concerned
    job_key: Key | None
    is_open: bool


def find(session: Session, keys: Iterable[Key]) -> dict[Key, IncidentRow]:
    """Return incidents by key; those that do not exist are left out."""
    return {
        Key(row.key): _row(row)
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(select(incident).where(incident.c.key.in_(part)))
    }


def open_of_group(session: Session, group_id: str, limit: int = 500) -> tuple[IncidentRow, ...]:
    """Return the open incidents of a group, oldest first."""
    found = session.execute(
        select(incident)
        .where(incident.c.group_id == group_id, incident.c.resolved_at.is_(None))
        .order_by(incident.c.key)
        .limit(limit)
    )
    return tuple(_row(row) for row in found)


def open_of_instance(session: Session, instance_key: Key) -> tuple[IncidentRow, ...]:
    """Return the open incidents of an instance, oldest first."""
    found = session.execute(
        select(incident)
        .where(incident.c.instance_key == instance_key, incident.c.resolved_at.is_(None))
        .order_by(incident.c.key)
    )
    return tuple(_row(row) for row in found)


def _row(row: AnyRow) -> IncidentRow:
    return IncidentRow(
        key=Key(row.key),
        instance_key=Key(row.instance_key),
        incident=ElementKey(row.incident),
        wait=optional_element_key(row.wait),
        job_key=optional_key(row.job_key),
        is_open=row.resolved_at is None,
    )


def key_of(session: Session, instance_key: Key, number: ElementKey) -> Key | None:
    """Return the key of an incident, by its number in its instance."""
    found = session.scalar(
        select(incident.c.key).where(
            incident.c.instance_key == instance_key, incident.c.incident == number
        )
    )
    return None if found is None else Key(found)
