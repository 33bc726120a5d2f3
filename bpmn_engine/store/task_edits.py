"""What people change of an open user task beside who has it: its owner, dates, candidates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, insert, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    GROUP,
    LANE,
    USER,
    user_task,
    user_task_candidate,
)

_CANDIDATE: Final = user_task_candidate.c


def change(session: Session, key: Key, values: Mapping[str, object], *, at: dt.datetime) -> None:
    """Change columns of a user task whose instance is locked."""
    statement = update(user_task).where(user_task.c.key == key)
    session.execute(statement.values(**values, changed_at=at))


def only_task_of(session: Session, instance_key: Key) -> Key:
    """Return the only user task of an instance."""
    found = select(user_task.c.key).where(user_task.c.instance_key == instance_key)
    return Key(session.scalars(found).one())


def describe(session: Session, instance_key: Key, values: Mapping[str, object]) -> Key:
    """Write what the only user task of a new instance says; return its key."""
    session.execute(
        update(user_task).where(user_task.c.instance_key == instance_key).values(**values)
    )
    return only_task_of(session, instance_key)


def touch(session: Session, key: Key, *, at: dt.datetime) -> None:
    """Say that a person changed something about a user task."""
    session.execute(update(user_task).where(user_task.c.key == key).values(changed_at=at))


def offer(
    session: Session, key: Key, *, user: str | None = None, group: str | None = None
) -> None:
    """Offer a task to one user or group more."""
    kinds = (USER,) if user is not None else (GROUP, LANE)
    candidate = user if user is not None else group
    if candidate is None or _is_offered(session, key, kinds, candidate):
        return
    session.execute(
        insert(user_task_candidate).values(task_key=key, kind=kinds[0], candidate=candidate)
    )
    _keep(session, key)


def withdraw(
    session: Session, key: Key, *, user: str | None = None, group: str | None = None
) -> None:
    """Offer a task to one user or group less."""
    kinds = (USER,) if user is not None else (GROUP, LANE)
    candidate = user if user is not None else group
    session.execute(
        delete(user_task_candidate).where(
            _CANDIDATE.task_key == key,
            _CANDIDATE.kind.in_(kinds),
            _CANDIDATE.candidate == candidate,
        )
    )
    _keep(session, key)


def _is_offered(session: Session, key: Key, kinds: tuple[str, ...], candidate: str) -> bool:
    found = select(_CANDIDATE.task_key).where(
        _CANDIDATE.task_key == key,
        _CANDIDATE.kind.in_(kinds),
        _CANDIDATE.candidate == candidate,
    )
    return session.scalar(found) is not None


def _keep(session: Session, key: Key) -> None:
    """Write into the task's own row whom it is offered to."""
    rows = session.execute(
        select(_CANDIDATE.kind, _CANDIDATE.candidate)
        .where(_CANDIDATE.task_key == key)
        .order_by(_CANDIDATE.candidate)
    ).all()
    session.execute(
        update(user_task)
        .where(user_task.c.key == key)
        .values(
            candidate_users=[row.candidate for row in rows if row.kind == USER],
            candidate_groups=[row.candidate for row in rows if row.kind != USER],
        )
    )
