"""How many ended instances each process definition has, and how many are not kept any longer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import func, select

from bpmn_engine.ids import Key
from bpmn_engine.store import removal_times
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_definition, process_instance
from bpmn_engine.views.history import CleanableView

_DEFINITION = process_definition.c
_INSTANCE = process_instance.c


def cleanable(
    session: Session, kept: Mapping[Key, dt.timedelta | None], now: dt.datetime
) -> tuple[CleanableView, ...]:
    """Return the figures of every definition that is deployed, by its key.

    Args:
        session: of the caller.
        kept: how long the instances of each definition are kept; None = for good.
        now: the present.
    """
    finished = _counts(session)
    rows = session.execute(
        select(_DEFINITION.key, _DEFINITION.process_id, _DEFINITION.name, _DEFINITION.version)
        .where(_DEFINITION.deleted_at.is_(None))
        .order_by(_DEFINITION.key)
    )
    return tuple(
        CleanableView(
            definition_key=row.key,
            process_id=row.process_id,
            name=row.name,
            version=row.version,
            keep=kept.get(Key(row.key)),
            finished_count=finished.get(row.key, 0),
            cleanable_count=_ended_before(session, row.key, kept.get(Key(row.key)), now)
            if row.key in finished
            else 0,
        )
        for row in rows
    )


def _counts(session: Session) -> dict[int, int]:
    rows = session.execute(
        select(_INSTANCE.definition_key, func.count().label("count"))
        .where(_INSTANCE.ended_at.is_not(None))
        .group_by(_INSTANCE.definition_key)
    )
    return {row.definition_key: int(row[1]) for row in rows}


def _ended_before(session: Session, key: int, keep: dt.timedelta | None, now: dt.datetime) -> int:
    is_over = removal_times.is_over(now)
    if keep is not None:
        is_over |= (_INSTANCE.ended_at < now - keep) & removal_times.has_none()
    wanted = select(func.count()).where(
        _INSTANCE.definition_key == key, _INSTANCE.ended_at.is_not(None), is_over
    )
    return session.scalar(wanted) or 0
