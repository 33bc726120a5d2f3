"""Which visits began in a scope, and which called instances, as facts of journals tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from sqlalchemy import or_, select

from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal
from bpmn_engine.values import JsonValue

_ENTERED: Final = ("ElementEntered", "CompensationEntered")


def visits_in(session: Session, instance_key: int, scope: int) -> tuple[int, ...]:
    """Return the visits whose scope is a visit of an instance, or with 0 the instance itself."""
    entries = session.scalars(
        select(journal.c.facts).where(
            journal.c.instance_key == instance_key,
            or_(*(journal.c.facts.contains(tag) for tag in _ENTERED)),
        )
    )
    found: set[int] = set()
    for facts in entries:
        record = cast("Mapping[str, Sequence[Sequence[JsonValue]]]", load_json(facts))
        found.update(
            cast("int", fact[1])
            for fact in record["facts"]
            if fact[0] in _ENTERED and fact[3] == scope
        )
    return tuple(sorted(found))


def calls_of(session: Session, instance_keys: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return the visit of each wait for a called instance, by instance and wait."""
    found: dict[tuple[int, int], int] = {}
    for part in in_parts(sorted(set(instance_keys))):
        entries = session.execute(
            select(journal.c.instance_key, journal.c.facts).where(
                journal.c.instance_key.in_(part), journal.c.facts.contains("WaitOpened")
            )
        )
        for row in entries:
            record = cast("Mapping[str, Sequence[Sequence[JsonValue]]]", load_json(row.facts))
            for fact in record["facts"]:
                wait = cast("Sequence[JsonValue]", fact[1]) if fact[0] == "WaitOpened" else ()
                if wait and wait[3] == WaitKind.CHILD.value:
                    at = (row.instance_key, cast("int", wait[0]))
                    found[at] = cast("int", wait[1])
    return found
