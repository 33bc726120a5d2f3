"""When single ended instances are removed, whatever the policy of their process says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, delete, exists, insert, select

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_instance, removal_time

_OWN = removal_time.c
_INSTANCE = process_instance.c


def write(session: Session, instance_key: Key, removal_at: dt.datetime | None) -> None:
    """Say when an instance is removed; None: never."""
    clear(session, instance_key)
    session.execute(insert(removal_time).values(instance_key=instance_key, removal_at=removal_at))


def clear(session: Session, instance_key: Key) -> None:
    """Let the policy of the process say again when an instance is removed."""
    session.execute(delete(removal_time).where(_OWN.instance_key == instance_key))


def find(session: Session, keys: Iterable[Key]) -> Mapping[Key, dt.datetime | None]:
    """Return the own removal times of instances; most have none, and None is never."""
    found: dict[Key, dt.datetime | None] = {}
    for part in in_parts(sorted(set(keys))):
        wanted = select(_OWN.instance_key, _OWN.removal_at).where(_OWN.instance_key.in_(part))
        for row in session.execute(wanted):
            found[Key(row.instance_key)] = row.removal_at
    return found


def of_definitions(session: Session, now: dt.datetime) -> frozenset[Key]:
    """Return the process definitions of which an instance has a removal time that is over."""
    wanted = (
        select(_INSTANCE.definition_key)
        .join(removal_time, _OWN.instance_key == _INSTANCE.key)
        .where(_OWN.removal_at <= now)
        .distinct()
    )
    return frozenset(map(Key, session.scalars(wanted)))


def is_over(now: dt.datetime) -> ColumnElement[bool]:
    """Return that an instance has an own removal time which is over."""
    return exists(
        select(_OWN.instance_key).where(_OWN.instance_key == _INSTANCE.key, _OWN.removal_at <= now)
    )


def has_none() -> ColumnElement[bool]:
    """Return that an instance has no removal time of its own."""
    return ~exists(select(_OWN.instance_key).where(_OWN.instance_key == _INSTANCE.key))
