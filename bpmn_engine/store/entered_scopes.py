"""Which visits began in a scope of an instance, as the facts of its journal tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bpmn_engine.store.json_text import load_json
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
