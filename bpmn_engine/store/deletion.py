"""Deleting process instances that have ended, with everything that is kept of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_instance


def delete_instances(session: Session, keys: Iterable[Key]) -> None:
    """Delete ended instances; visits, journal, incidents and tasks go with them."""
    for part in in_parts(keys):
        session.execute(
            delete(process_instance).where(
                process_instance.c.key.in_(part), process_instance.c.ended_at.is_not(None)
            )
        )
