"""Which ended instances are not to be kept any longer, and the policies that say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, delete, func, insert, or_, select

from bpmn_engine.ids import Key
from bpmn_engine.store import holds, removal_times
from bpmn_engine.store.rows import changed_count, is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    legal_hold,
    process_definition,
    process_instance,
    retention_policy,
)
from bpmn_engine.views.history import RetentionSource, RetentionView

LOCK: Final = 0x48495354
"""Advisory lock: nothing is deleted while a hold is placed."""

_SECOND: Final = dt.timedelta(seconds=1)
_INSTANCE: Final = process_instance.c
_POLICY: Final = retention_policy.c
_DEFINITION: Final = process_definition.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionDefault:
    """What holds where neither an operator nor the diagram says how long."""

    keep: dt.timedelta | None  #: after the end; None = for good
    is_archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DueInstances:
    """Ended instances that are not kept any longer."""

    keys: tuple[Key, ...]
    is_archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    definition_key: Key
    process_id: str
    view: RetentionView


def removing(session: Session, *, waits: bool = False) -> bool:
    """Keep holds from being placed until the transaction ends; False while one is being placed.

    Any number of processes may remove at the same time. With `waits` it is never False.
    """
    if not is_postgresql(session):
        return True  # there is one writer anyway
    if waits:
        session.execute(select(func.pg_advisory_xact_lock_shared(LOCK)))
        return True
    return session.scalar(select(func.pg_try_advisory_xact_lock_shared(LOCK))) is True


def holding(session: Session) -> None:
    """Keep everybody from deleting until the transaction ends; wait for those who do."""
    if is_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def policies(session: Session, default: RetentionDefault) -> tuple[RetentionView, ...]:
    """Return how long each process's history is kept, by the latest version, by process id."""
    return tuple(rule.view for rule in _rules(session, default, latest_only=True))


def kept_by_definition(
    session: Session, default: RetentionDefault
) -> dict[Key, dt.timedelta | None]:
    """Return how long the ended instances of each process definition are kept; None = for good."""
    rules = _rules(session, default, latest_only=False)
    return {rule.definition_key: rule.view.keep for rule in rules}


def set_policy(session: Session, view: RetentionView) -> None:
    """Write an operator's policy, in place of the one before."""
    delete_policy(session, view.process_id)
    session.execute(
        insert(retention_policy).values(
            process_id=view.process_id,
            keep_seconds=None if view.keep is None else view.keep // _SECOND,
            is_archived=view.is_archived,
            changed_at=view.changed_at,
            changed_by=view.changed_by,
            reason=view.reason,
        )
    )


def delete_policy(session: Session, process_id: str) -> bool:
    """Delete an operator's policy; False if there is none."""
    found = session.execute(delete(retention_policy).where(_POLICY.process_id == process_id))
    return changed_count(found) == 1


def archived_processes(
    session: Session, process_ids: Sequence[str], *, is_default: bool
) -> frozenset[str]:
    """Return the processes whose instances are archived before they are deleted."""
    said = select(_POLICY.process_id, _POLICY.is_archived).where(
        _POLICY.process_id.in_(process_ids)
    )
    policies_said = {row.process_id: row.is_archived for row in session.execute(said)}
    return frozenset(one for one in process_ids if policies_said.get(one, is_default))


def due(
    session: Session, default: RetentionDefault, now: dt.datetime, limit: int
) -> Iterator[DueInstances]:
    """Lock and yield ended instances that are not kept any longer, `limit` at most.

    Say `removing` before. What somebody holds is left out, as is what belongs to an instance that
    has not ended, and what another process removes now.
    """
    left = limit
    rules = [rule for rule in _rules(session, default, latest_only=False) if not rule.view.is_held]
    has_own = removal_times.of_definitions(session, now)
    for rule in rules:
        if rule.definition_key not in has_own or not left:
            continue
        keys = _removable(session, rule.definition_key, removal_times.is_over(now), left)
        if keys:
            left -= len(keys)
            yield DueInstances(keys=tuple(keys), is_archived=rule.view.is_archived)
    for rule in rules:
        if rule.view.keep is None or not left:
            continue
        is_over = (_INSTANCE.ended_at < now - rule.view.keep) & removal_times.has_none()
        keys = _removable(session, rule.definition_key, is_over, left)
        if keys:
            left -= len(keys)
            yield DueInstances(keys=tuple(keys), is_archived=rule.view.is_archived)


def _rules(session: Session, default: RetentionDefault, *, latest_only: bool) -> list[_Rule]:
    held = holds.held_processes(session)
    wanted = (
        select(
            _DEFINITION.key,
            _DEFINITION.process_id,
            _DEFINITION.name,
            _DEFINITION.history_seconds,
            _POLICY.process_id.label("policy"),
            _POLICY.keep_seconds,
            _POLICY.is_archived,
            _POLICY.changed_at,
            _POLICY.changed_by,
            _POLICY.reason,
        )
        .outerjoin(retention_policy, _POLICY.process_id == _DEFINITION.process_id)
        .order_by(_DEFINITION.process_id, _DEFINITION.key)
    )
    if latest_only:
        wanted = wanted.where(_DEFINITION.is_latest)
    rules = []
    for row in session.execute(wanted):
        source, keep = _keep(row.policy, row.keep_seconds, row.history_seconds, default)
        rules.append(
            _Rule(
                definition_key=Key(row.key),
                process_id=row.process_id,
                view=RetentionView(
                    process_id=row.process_id,
                    name=row.name,
                    source=source,
                    keep=keep,
                    is_archived=default.is_archived if row.policy is None else row.is_archived,
                    is_held=row.process_id in held,
                    changed_at=row.changed_at,
                    changed_by=row.changed_by,
                    reason=row.reason,
                ),
            )
        )
    return rules


def _keep(
    policy: str | None,
    policy_seconds: int | None,
    diagram_seconds: int | None,
    default: RetentionDefault,
) -> tuple[RetentionSource, dt.timedelta | None]:
    if policy is not None:
        return RetentionSource.POLICY, _length(policy_seconds)
    if diagram_seconds is not None:
        return RetentionSource.DIAGRAM, _length(diagram_seconds)
    return RetentionSource.SETTING, default.keep


def _length(seconds: int | None) -> dt.timedelta | None:
    return None if seconds is None else seconds * _SECOND


def _removable(
    session: Session, definition_key: Key, is_over: ColumnElement[bool], limit: int
) -> Sequence[Key]:
    root = process_instance.alias("root")
    held = select(legal_hold.c.key).where(
        legal_hold.c.lifted_at.is_(None),
        legal_hold.c.instance_key.in_((_INSTANCE.key, _INSTANCE.root_key)),
    )
    of_held_process: ColumnElement[bool] = root.c.process_id.in_(
        select(legal_hold.c.process_id).where(
            legal_hold.c.lifted_at.is_(None), legal_hold.c.process_id.is_not(None)
        )
    )
    found = session.scalars(
        select(_INSTANCE.key)
        .outerjoin(root, root.c.key == _INSTANCE.root_key)
        .where(
            _INSTANCE.definition_key == definition_key,
            _INSTANCE.ended_at.is_not(None),
            is_over,
            ~held.exists(),
            or_(root.c.key.is_(None), root.c.ended_at.is_not(None) & ~of_held_process),
        )
        .order_by(_INSTANCE.ended_at, _INSTANCE.key)
        .limit(limit)
        .with_for_update(of=process_instance, skip_locked=True)
    )
    return [Key(key) for key in found]
