"""Deleting what was deployed: what goes, what stands in the way, and the record of it.

A deleted process definition is marked first. Its row and its file stay as long as an instance or
an archived one is read by them; `purge` takes them away afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store import holds
from bpmn_engine.store.paging import SortKey, page_of
from bpmn_engine.store.rows import AnyRow, changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    archived_instance,
    correlated_message,
    decision,
    deletion,
    deployment,
    form,
    inbox,
    legal_hold,
    process_definition,
    process_instance,
    resource,
    rollup_delta,
    rollup_total,
    start_subscription,
    start_timer,
)
from bpmn_engine.views.deletions import DeletedDefinition, DeletionView
from bpmn_engine.views.paging import Page, PageRequest
from bpmn_engine.views.work import STANDALONE

_DEFINITION: Final = process_definition.c
_INSTANCE: Final = process_instance.c
_DELETION: Final = deletion.c
_NEWEST_FIRST: Final = (SortKey(_DELETION.key, is_descending=True),)
_DIAGRAM: Final = "bpmn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """What a deletion takes away."""

    definitions: tuple[DeletedDefinition, ...] = ()
    deployment_key: Key | None = None  #: the whole deployment, with every file
    resource_keys: tuple[Key, ...] = ()  #: forms and DMN files apart from a deployment
    name: str | None = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys of the process definitions."""
        return tuple(Key(one.definition_key) for one in self.definitions)

    @property
    def process_ids(self) -> tuple[str, ...]:
        """Return the processes concerned."""
        return tuple(sorted({one.process_id for one in self.definitions}))


def of_definitions(session: Session, keys: Iterable[Key]) -> Doomed:
    """Return the definitions with these keys that are deployed."""
    return Doomed(definitions=_definitions(session, _DEFINITION.key.in_(sorted(set(keys)))))


def of_process(session: Session, process_id: str) -> Doomed:
    """Return every version of a process that is deployed."""
    return Doomed(definitions=_definitions(session, _DEFINITION.process_id == process_id))


def of_deployment(session: Session, key: Key) -> Doomed | None:
    """Return all of a deployment; None if there is none."""
    row = session.execute(
        select(deployment.c.name).where(deployment.c.key == key, deployment.c.deleted_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    found = _definitions(session, _DEFINITION.deployment_key == key)
    return Doomed(definitions=found, deployment_key=key, name=row.name)


def of_resource(session: Session, key: Key) -> Doomed | None:
    """Return what the key of a definition, a form or a file means; None if of nothing."""
    named = _definitions(session, _DEFINITION.key == key)
    if named:
        return Doomed(definitions=named)
    file_key = session.scalar(select(form.c.resource_key).where(form.c.key == key)) or key
    file = session.execute(
        select(resource.c.kind, resource.c.name)
        .join(deployment, deployment.c.key == resource.c.deployment_key)
        .where(resource.c.key == file_key, deployment.c.deleted_at.is_(None))
    ).one_or_none()
    if file is None:
        return None
    if file.kind != _DIAGRAM:
        return Doomed(resource_keys=(Key(file_key),), name=file.name)
    found = _definitions(session, _DEFINITION.resource_key == file_key)
    return Doomed(definitions=found, name=file.name) if found else None


def lock(session: Session, keys: Sequence[Key]) -> int:
    """Wait until nobody begins an instance of these definitions; return how many are deployed.

    Take `definitions.lock_ids` before.
    """
    found = session.scalars(
        select(_DEFINITION.key)
        .where(_DEFINITION.key.in_(keys), _DEFINITION.deleted_at.is_(None))
        .order_by(_DEFINITION.key)
        .with_for_update()
    )
    return len(found.all())


def open_keys(session: Session, keys: Sequence[Key], after: Key, limit: int) -> tuple[Key, ...]:
    """Return instances of definitions that have not ended, with greater keys than `after`."""
    return _instances(session, keys, after, limit, _INSTANCE.ended_at.is_(None))


def ended_keys(session: Session, keys: Sequence[Key], after: Key, limit: int) -> tuple[Key, ...]:
    """Return ended instances of definitions that no follow-up is left of."""
    waiting = select(inbox.c.key).where(
        or_(inbox.c.source_key == _INSTANCE.key, inbox.c.instance_key == _INSTANCE.key)
    )
    return _instances(
        session, keys, after, limit, _INSTANCE.ended_at.is_not(None), ~waiting.exists()
    )


def of_these(session: Session, keys: Sequence[Key], definition_keys: Sequence[Key]) -> list[Key]:
    """Return which instances are of one of these definitions."""
    found = session.scalars(
        select(_INSTANCE.key)
        .where(_INSTANCE.key.in_(keys), _INSTANCE.definition_key.in_(definition_keys))
        .order_by(_INSTANCE.key)
    )
    return list(map(Key, found))


def instance_count(session: Session, keys: Sequence[Key], *, open_only: bool) -> int:
    """Return how many instances definitions have."""
    wanted = select(func.count()).where(_INSTANCE.definition_key.in_(keys))
    if open_only:
        wanted = wanted.where(_INSTANCE.ended_at.is_(None))
    return session.scalar(wanted) or 0


def held_processes(session: Session, process_ids: Iterable[str]) -> tuple[str, ...]:
    """Return which of these processes somebody holds."""
    return tuple(sorted(holds.held_processes(session).intersection(process_ids)))


def held_count(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many instances somebody holds: themselves, their first caller, or its process."""
    held = select(legal_hold.c.instance_key).where(
        legal_hold.c.lifted_at.is_(None), legal_hold.c.instance_key.is_not(None)
    )
    keys, processes = session.scalars(held).all(), sorted(holds.held_processes(session))
    if not keys and not processes:
        return 0
    root = process_instance.alias("root")
    wanted = (
        select(func.count())
        .select_from(process_instance)
        .outerjoin(root, root.c.key == _INSTANCE.root_key)
        .where(
            where,
            or_(
                _INSTANCE.key.in_(keys),
                _INSTANCE.root_key.in_(keys),
                _INSTANCE.process_id.in_(processes),
                root.c.process_id.in_(processes),
            ),
        )
    )
    return session.scalar(wanted) or 0


def held_of_definitions(session: Session, keys: Sequence[Key]) -> int:
    """Return how many instances of definitions somebody holds."""
    return held_count(session, _INSTANCE.definition_key.in_(keys))


def held_of_instances(session: Session, keys: Sequence[Key]) -> int:
    """Return how many of these instances somebody holds."""
    return held_count(session, _INSTANCE.key.in_(keys))


def mark(session: Session, doomed: Doomed, at: dt.datetime) -> None:
    """Take away what nothing else is read by, and mark the rest as deleted."""
    for table in (start_subscription, start_timer, correlated_message):
        session.execute(delete(table).where(table.c.definition_key.in_(doomed.keys)))
    session.execute(
        update(process_definition)
        .where(_DEFINITION.key.in_(doomed.keys))
        .values(deleted_at=at, is_latest=False)
    )
    files: ColumnElement[bool] = resource.c.key.in_(doomed.resource_keys)
    if doomed.deployment_key is not None:
        files = (resource.c.deployment_key == doomed.deployment_key) & (
            resource.c.kind != _DIAGRAM
        )
        session.execute(
            update(deployment)
            .where(deployment.c.key == doomed.deployment_key)
            .values(deleted_at=at)
        )
    keys = session.scalars(select(resource.c.key).where(files)).all()
    for owner in (form, decision):
        session.execute(delete(owner).where(owner.c.resource_key.in_(keys)))
    session.execute(delete(resource).where(resource.c.key.in_(keys)))


def promote(session: Session, process_id: str) -> Key | None:
    """Let the newest version left be the latest; None if there is none, or it is already."""
    newest = session.execute(
        select(_DEFINITION.key, _DEFINITION.is_latest)
        .where(_DEFINITION.process_id == process_id, _DEFINITION.deleted_at.is_(None))
        .order_by(_DEFINITION.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.is_latest:
        return None
    session.execute(
        update(process_definition).where(_DEFINITION.key == newest.key).values(is_latest=True)
    )
    return Key(newest.key)


def begin(session: Session, view: DeletionView) -> None:
    """Write the record of a deletion."""
    session.execute(
        insert(deletion).values(
            key=view.key,
            deployment_key=view.deployment_key,
            name=view.name,
            definitions=[
                [str(one.definition_key), one.process_id, one.version] for one in view.definitions
            ],
            is_cascading=view.is_cascading,
            instance_count=view.instance_count,
            begun_at=view.begun_at,
            ended_at=view.ended_at,
            deleted_by=view.deleted_by,
            reason=view.reason,
        )
    )


def add_instances(session: Session, key: Key, count: int) -> None:
    """Write that a deletion has deleted instances."""
    session.execute(
        update(deletion)
        .where(_DELETION.key == key)
        .values(instance_count=_DELETION.instance_count + count)
    )


def finish(session: Session, key: Key, at: dt.datetime) -> None:
    """Write that a deletion is done."""
    session.execute(update(deletion).where(_DELETION.key == key).values(ended_at=at))


def find(session: Session, key: Key) -> DeletionView | None:
    """Return the record of a deletion."""
    row = session.execute(select(deletion).where(_DELETION.key == key)).one_or_none()
    return None if row is None else _view(row)


def listed(session: Session, page: PageRequest) -> Page[DeletionView]:
    """Return a page of deletions, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    return page_of(
        session, select(deletion), _NEWEST_FIRST, page, lambda rows: [_view(row) for row in rows]
    )


def hide(session: Session, process_id: str, at: dt.datetime) -> None:
    """Take a process of the engine's own, and its deployment, from every list; it stays."""
    own = (_DEFINITION.process_id == process_id) & _DEFINITION.deleted_at.is_(None)
    keys = session.scalars(select(_DEFINITION.deployment_key).where(own)).all()
    session.execute(update(process_definition).where(own).values(deleted_at=at, is_latest=False))
    session.execute(update(deployment).where(deployment.c.key.in_(keys)).values(deleted_at=at))


def purge(session: Session, before: dt.datetime, limit: int) -> int:
    """Delete definitions that were marked before a moment and nothing is read by any more."""
    unread = [
        ~select(table.c.key).where(table.c.definition_key == _DEFINITION.key).exists()
        for table in (process_instance, archived_instance)
    ]
    uncounted = select(rollup_delta.c.sequence).where(
        rollup_delta.c.definition_key == _DEFINITION.key
    )
    keys = session.scalars(
        select(_DEFINITION.key)
        .where(
            _DEFINITION.deleted_at < before,
            _DEFINITION.process_id != STANDALONE,
            *unread,
            ~uncounted.exists(),
        )
        .order_by(_DEFINITION.key)
        .limit(limit)
    ).all()
    session.execute(delete(rollup_total).where(rollup_total.c.definition_key.in_(keys)))
    session.execute(delete(process_definition).where(_DEFINITION.key.in_(keys)))
    left = select(_DEFINITION.key).where(_DEFINITION.deployment_key == deployment.c.key)
    empty = session.scalars(
        select(deployment.c.key)
        .where(deployment.c.deleted_at < before, ~left.exists())
        .limit(limit)
    ).all()
    session.execute(delete(resource).where(resource.c.deployment_key.in_(empty)))
    gone = session.execute(delete(deployment).where(deployment.c.key.in_(empty)))
    return len(keys) + changed_count(gone)


def _definitions(session: Session, where: ColumnElement[bool]) -> tuple[DeletedDefinition, ...]:
    rows = session.execute(
        select(_DEFINITION.key, _DEFINITION.process_id, _DEFINITION.version)
        .where(where, _DEFINITION.deleted_at.is_(None))
        .order_by(_DEFINITION.key)
    )
    return tuple(
        DeletedDefinition(definition_key=row.key, process_id=row.process_id, version=row.version)
        for row in rows
    )


def _instances(
    session: Session, keys: Sequence[Key], after: Key, limit: int, *where: ColumnElement[bool]
) -> tuple[Key, ...]:
    found = session.scalars(
        select(_INSTANCE.key)
        .where(_INSTANCE.definition_key.in_(keys), _INSTANCE.key > after, *where)
        .order_by(_INSTANCE.key)
        .limit(limit)
    )
    return tuple(map(Key, found))


def _view(row: AnyRow) -> DeletionView:
    return DeletionView(
        key=row.key,
        deployment_key=row.deployment_key,
        name=row.name,
        definitions=tuple(
            DeletedDefinition(definition_key=int(key), process_id=process_id, version=version)
            for key, process_id, version in row.definitions
        ),
        is_cascading=row.is_cascading,
        instance_count=row.instance_count,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        deleted_by=row.deleted_by,
        reason=row.reason,
    )
