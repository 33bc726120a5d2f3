"""Tags of process instances: given at the start, found by, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import ColumnElement, select

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import instance_tag, process_instance

_TAG = instance_tag.c


def insert(session: Session, tags: Mapping[Key, Sequence[str]]) -> None:
    """Insert the tags of new instances, which must exist."""
    rows = [{"instance_key": key, "tag": tag} for key, each in tags.items() for tag in each]
    if rows:
        session.execute(sa.insert(instance_tag), rows)


def tags_of(session: Session, keys: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return the tags of instances, sorted; those without any are left out."""
    found: dict[int, tuple[str, ...]] = {}
    for part in in_parts(sorted(set(keys))):
        rows = session.execute(
            select(_TAG.instance_key, _TAG.tag)
            .where(_TAG.instance_key.in_(part))
            .order_by(_TAG.instance_key, _TAG.tag)
        )
        for row in rows:
            found[row.instance_key] = (*found.get(row.instance_key, ()), row.tag)
    return found


def roots_of(session: Session, keys: Iterable[int]) -> dict[int, int]:
    """Return the first caller of each instance."""
    table = process_instance.c
    return {
        row.key: row.root_key
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(select(table.key, table.root_key).where(table.key.in_(part)))
    }


def has_tag(instance_key: ColumnElement[int], tag: str) -> ColumnElement[bool]:
    """Return the condition that an instance has a tag."""
    return select(_TAG.tag).where(_TAG.instance_key == instance_key, _TAG.tag == tag).exists()
