"""The change feed: one row for each unit of work, read by live pages of every process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy import func, select

from bpmn_engine.store.bulk import insert_rows
from bpmn_engine.store.rows import changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import change_feed
from bpmn_engine.views.operations import Change

GAP_PATIENCE: Final = dt.timedelta(seconds=5)
"""How long a missing number may still come: its transaction has not committed, or never will."""


def insert(session: Session, topics: Iterable[str], now: dt.datetime) -> None:
    """Say what this unit of work changed. Call it last: numbers then wait little for commits."""
    insert_rows(session, change_feed, [{"at": now, "topics": sorted(set(topics))}])


def read_after(
    session: Session, sequence: int, *, now: dt.datetime, limit: int = 500
) -> tuple[Change, ...]:
    """Return the changes after a number, in order, none left out.

    PostgreSQL gives numbers before commits, so a later number may be visible first. Reading stops
    before a missing number until it comes, or until what follows it is older than GAP_PATIENCE.
    """
    statement = (
        select(change_feed)
        .where(change_feed.c.sequence > sequence)
        .order_by(change_feed.c.sequence)
        .limit(limit)
    )
    changes: list[Change] = []
    expected = sequence + 1
    for row in session.execute(statement):
        if row.sequence != expected and now - row.at < GAP_PATIENCE and sequence > 0:
            break
        changes.append(Change(sequence=row.sequence, at=row.at, topics=tuple(row.topics)))
        expected = row.sequence + 1
    return tuple(changes)


def latest(session: Session) -> int:
    """Return the number of the last change; 0 before the first."""
    return session.scalar(select(func.max(change_feed.c.sequence))) or 0


def prune(session: Session, before: dt.datetime) -> int:
    """Delete changes made before a moment; return how many. The last one always stays."""
    last = select(func.max(change_feed.c.sequence)).scalar_subquery()
    return changed_count(
        session.execute(
            sa.delete(change_feed).where(change_feed.c.at < before, change_feed.c.sequence < last)
        )
    )
