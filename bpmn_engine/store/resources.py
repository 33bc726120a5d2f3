"""The files of deployments, as they were deployed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from bpmn_engine.ids import Key
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import resource

ATTACHMENT: Final = "attachment"
"""The kind of a file that is not executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file of a deployment."""

    key: Key
    deployment_key: Key
    name: str
    kind: str  #: bpmn, form, dmn or ATTACHMENT
    content: bytes


def find(session: Session, keys: Iterable[Key]) -> dict[Key, StoredFile]:
    """Return files by key; those that do not exist are left out."""
    rows = session.execute(select(resource).where(resource.c.key.in_(sorted(set(keys)))))
    return {
        Key(row.key): StoredFile(
            key=Key(row.key),
            deployment_key=Key(row.deployment_key),
            name=row.name,
            kind=row.kind,
            content=row.content,
        )
        for row in rows
    }


def of_deployment(session: Session, deployment_key: Key) -> tuple[StoredFile, ...]:
    """Return the files of a deployment, in the order they were given keys."""
    keys = session.scalars(
        select(resource.c.key).where(resource.c.deployment_key == deployment_key)
    )
    return tuple(file for _, file in sorted(find(session, map(Key, keys)).items()))
