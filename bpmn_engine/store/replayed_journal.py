"""The facts of an instance's journal, in their order, with the process graph they are told by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import MigrateInstance
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFacts:
    """What one entry of the journal recorded."""

    definition_key: Key  #: of the process definition whose ids the facts name
    facts: str


def before(
    session: Session, instance_key: Key, definition_key: Key, sequence: int
) -> Iterator[StoredFacts]:
    """Return what was recorded before an entry; `definition_key` is the instance's one now."""
    columns = journal.c
    migrations = session.execute(
        select(columns.sequence, columns.detail)
        .where(columns.instance_key == instance_key, columns.action == MigrateInstance.__name__)
        .order_by(columns.sequence)
    ).all()
    sources = [(row.sequence, Key(row.detail["source_key"])) for row in migrations]
    entries = (
        select(columns.sequence, columns.facts)
        .where(columns.instance_key == instance_key, columns.sequence < sequence)
        .order_by(columns.sequence)
    )
    for row in session.execute(entries.execution_options(yield_per=_BATCH)):
        then = (source for at, source in sources if at > row.sequence)
        yield StoredFacts(definition_key=next(then, definition_key), facts=row.facts)
