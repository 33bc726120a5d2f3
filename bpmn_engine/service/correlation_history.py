"""Messages that were correlated: which subscription each reached, or which instance it began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.service.memory_search import search_among
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.searching import MOST_INSTANCES
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store.database import Session
from bpmn_engine.store.search_messages import CORRELATIONS, opened_subscriptions
from bpmn_engine.views.element_keys import element_key
from bpmn_engine.views.searching import Found, Search, fields_of, named_values
from bpmn_engine.views.wait_records import CorrelationRecord

_OF_FACTS: Final = frozenset({"message_name", "correlation_key", "element_key"})
"""Fields that no column holds: they are told by the facts of the journal."""


class CorrelationHistory(UseCases):
    """What became of messages."""

    def search_correlations(self, search: Search) -> Found[CorrelationRecord] | Problem:
        """Return messages that were correlated.

        Conditions on their names and keys need one that names instances.
        """

        def query(session: Session) -> Found[CorrelationRecord] | Problem:
            if not fields_of(search) & _OF_FACTS:
                found = CORRELATIONS.search(session, search)
                return replace(found, items=_filled(session, found.items))
            named = named_values(search.conditions("instance_key"))
            if named is None or len(named) > MOST_INSTANCES:
                return invalid(
                    "Expected processInstanceKey in the filter beside messageName, "
                    "correlationKey or elementInstanceKey: these stand in the journal of the "
                    "instance.",
                    field_name="filter",
                )
            by_instance = search.conditions("instance_key")
            records = _filled(session, CORRELATIONS.all(session, *by_instance))
            return search_among(records, search, key="sequence")

        return self._query(query)


def _filled(
    session: Session, records: Sequence[CorrelationRecord]
) -> tuple[CorrelationRecord, ...]:
    """Return records with what was subscribed for."""
    waiting = [record.instance_key for record in records if record.wait is not None]
    opened = opened_subscriptions(session, waiting)
    filled: list[CorrelationRecord] = []
    for record in records:
        if record.wait is None:
            filled.append(
                replace(
                    record,
                    message_name=str(record.detail.get("trigger_name") or ""),
                    element_id=record.element_id or str(record.detail.get("element_id") or ""),
                )
            )
            continue
        subscription = opened.get((record.instance_key, record.wait))
        if subscription is not None:
            filled.append(
                replace(
                    record,
                    message_name=subscription.message_name,
                    correlation_key=subscription.correlation_key,
                    element_key=element_key(record.instance_key, subscription.visit),
                )
            )
    return tuple(filled)
