"""What was kept of the decisions of conditions: read from the journal, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import or_, select

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import MigrateInstance
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal
from bpmn_engine.values import JsonValue, Variables

_BATCH: Final = 200
_ACTIVATED: Final = "GatewayActivated"
_SIZE: Final = 7
"""Members of a stored ElementCompleted with what its conditions read, which is the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDecision:
    """What was kept of one decision."""

    definition_key: Key  #: of the process definition it was made by
    visit: int
    ref: str  #: of the node
    flows: frozenset[str]  #: ids of those taken
    values: Variables
    at: dt.datetime


def kept_activation(session: Session, instance_key: Key, visit: int) -> Variables | None:
    """Return what the activation condition read of which a visit of a complex gateway began."""
    entries = (
        select(journal.c.facts)
        .where(
            journal.c.instance_key == instance_key,
            journal.c.facts.contains(_ACTIVATED),
        )
        .order_by(journal.c.sequence.desc())
    )
    for facts in session.scalars(entries):
        record = cast("Mapping[str, Sequence[Sequence[JsonValue]]]", load_json(facts))
        for fact in record["facts"]:
            if fact[0] == _ACTIVATED and fact[1] == visit:
                return cast("Variables", fact[3])
    return None


def kept_decisions(
    session: Session, instance_key: Key, definition_key: Key
) -> Iterator[KeptDecision]:
    """Return the decisions of an instance, newest first; `definition_key` is its one now."""
    for row in _entries(session, instance_key):
        yield from _of_entry(row, definition_key)
        if row.action == MigrateInstance.__name__:
            source: JsonValue = row.detail.get("source_key")
            definition_key = Key(source) if isinstance(source, int) else definition_key


def _entries(session: Session, instance_key: Key) -> Iterator[AnyRow]:
    """Return the entries that may hold decisions, newest first, a batch at a time."""
    entries = (
        select(journal)
        .where(
            journal.c.instance_key == instance_key,
            or_(
                journal.c.facts.contains("ElementCompleted"),
                journal.c.action == MigrateInstance.__name__,
            ),
        )
        .order_by(journal.c.sequence.desc())
        .limit(_BATCH)
    )
    rows = session.execute(entries).all()
    while rows:
        yield from rows
        if len(rows) < _BATCH:
            return
        rows = session.execute(entries.where(journal.c.sequence < rows[-1].sequence)).all()


def _of_entry(row: AnyRow, definition_key: Key) -> Iterator[KeptDecision]:
    record = cast("Mapping[str, Sequence[Sequence[JsonValue]]]", load_json(row.facts))
    for fact in reversed(record["facts"]):
        if fact[0] == "ElementCompleted" and len(fact) == _SIZE:
            yield KeptDecision(
                definition_key=definition_key,
                visit=cast("int", fact[1]),
                ref=str(fact[2]),
                flows=frozenset(cast("Sequence[str]", fact[5])),
                values=cast("Variables", fact[6]),
                at=row.at,
            )
