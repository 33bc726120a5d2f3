"""Searches over messages that reached somebody, as the journal tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import Text, and_, case, func, or_, select, type_coerce

from bpmn_engine.kernel.commands import DeliverMessage, StartInstance
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.search_instances import computed_key
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal, process_instance
from bpmn_engine.values import JsonValue
from bpmn_engine.views.wait_records import CorrelationRecord

_JOURNAL: Final = journal.c
_INSTANCE: Final = process_instance.c

_IS_START: Final = and_(
    _JOURNAL.action == StartInstance.__name__,
    _JOURNAL.sequence == 1,
    type_coerce(_JOURNAL.detail, Text).like(f'%"trigger":"{WaitKind.MESSAGE.value}"%'),
)

CORRELATIONS: Final[Searchable[CorrelationRecord]] = Searchable(
    item=CorrelationRecord,
    statement=select(
        computed_key(
            _JOURNAL.instance_key,
            case(
                (_JOURNAL.action == DeliverMessage.__name__, func.coalesce(_JOURNAL.wait, 0)),
                else_=0,
            ),
        ).label("key"),
        _JOURNAL.instance_key,
        _INSTANCE.root_key,
        _JOURNAL.sequence,
        case((_JOURNAL.action == DeliverMessage.__name__, _JOURNAL.wait)).label("wait"),
        _JOURNAL.element_id,
        _INSTANCE.process_id,
        _INSTANCE.definition_key,
        _INSTANCE.business_key,
        _JOURNAL.at,
        _JOURNAL.detail,
    )
    .join(process_instance, _INSTANCE.key == _JOURNAL.instance_key)
    .where(or_(_JOURNAL.action == DeliverMessage.__name__, _IS_START)),
    key=("instance_key", "sequence"),
    within={"key": "instance_key"},
)
"""Messages that were correlated; without what only the facts of the journal know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSubscription:
    """A subscription for a message, as it was opened."""

    visit: int
    message_name: str
    correlation_key: str | None


def opened_subscriptions(
    session: Session, keys: Sequence[int]
) -> dict[tuple[int, int], OpenedSubscription]:
    """Return the subscriptions that instances have opened, by instance and wait."""
    found: dict[tuple[int, int], OpenedSubscription] = {}
    for part in in_parts(sorted(set(keys))):
        entries = session.execute(
            select(_JOURNAL.instance_key, _JOURNAL.facts)
            .where(_JOURNAL.instance_key.in_(part), _JOURNAL.facts.contains("WaitOpened"))
            .order_by(_JOURNAL.instance_key, _JOURNAL.sequence)
        )
        for row in entries:
            record = cast("Mapping[str, Sequence[Sequence[JsonValue]]]", load_json(row.facts))
            for fact in record["facts"]:
                wait = cast("Sequence[JsonValue]", fact[1]) if fact[0] == "WaitOpened" else ()
                if wait and wait[3] == WaitKind.MESSAGE.value:
                    found[(row.instance_key, cast("int", wait[0]))] = OpenedSubscription(
                        visit=cast("int", wait[1]),
                        message_name=str(wait[5]),
                        correlation_key=None if wait[6] is None else str(wait[6]),
                    )
    return found
