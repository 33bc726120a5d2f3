"""The history of decisions that business rule tasks called, read from the journal.

What a decision was given is not kept apart: it is worked out again, from the variables that the
journal gives for the moment before. A decision of a version never changes, nor does the moment
it was asked at; so the answer is the one that was given then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.dmn.json_values import evaluate_json
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.service.decision_work import visible_variables
from bpmn_engine.service.evaluated_decisions import evaluated_decisions, kind_of
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.replaying import state_before
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import decisions, told_history
from bpmn_engine.store.database import Session
from bpmn_engine.store.search_decisions import DECISION_INSTANCES
from bpmn_engine.store.search_instances import ELEMENTS
from bpmn_engine.views.decisions import DecisionKind, EvaluatedDecision
from bpmn_engine.views.element_keys import element_key
from bpmn_engine.views.records import DecisionInstanceRecord
from bpmn_engine.views.searching import (
    AnyOf,
    Comparison,
    Condition,
    Criterion,
    Found,
    Search,
    all_conditions,
    named_values,
)

_VISIT: Final = "element_key"
_NOTHING: Final[tuple[EvaluatedDecision, ...]] = ()


class DecisionHistory(UseCases):
    """What decisions were made."""

    def search_decision_instances(self, search: Search) -> Found[DecisionInstanceRecord] | Problem:
        """Return decisions that business rule tasks called."""

        def query(session: Session) -> Found[DecisionInstanceRecord] | Problem:
            criteria = _without_visits(session, search.criteria)
            if isinstance(criteria, Problem):
                return criteria
            found = DECISION_INSTANCES.search(session, replace(search, criteria=criteria))
            return replace(found, items=self._filled(session, found.items))

        return self._query(query)

    def decision_instance(
        self, key: int
    ) -> tuple[DecisionInstanceRecord, tuple[EvaluatedDecision, ...]] | None:
        """Return one decision, and what it and those it required were given and gave."""

        def query(
            session: Session,
        ) -> tuple[DecisionInstanceRecord, tuple[EvaluatedDecision, ...]] | None:
            record = DECISION_INSTANCES.find(session, Condition(field="key", value=key))
            if record is None:
                return None
            return self._filled(session, (record,))[0], self._evaluated(session, record)

        return self._read(query)

    def _filled(
        self, session: Session, records: tuple[DecisionInstanceRecord, ...]
    ) -> tuple[DecisionInstanceRecord, ...]:
        """Return records with their element instances and the kinds of their decisions."""
        visits = _visits(session, records)
        kinds: dict[int, DecisionKind] = {}
        for key in {record.decision_key for record in records}:
            row = decisions.find(session, Key(key))
            if row is not None:
                model = self._transactions.environment.decisions.get(session, row)
                kinds[key] = kind_of(model, row.decision_id)
        return tuple(
            replace(
                record,
                element_key=visits.get((record.instance_key, record.wait)),
                kind=kinds.get(record.decision_key, DecisionKind.OTHER).value,
            )
            for record in records
        )

    def _evaluated(
        self, session: Session, record: DecisionInstanceRecord
    ) -> tuple[EvaluatedDecision, ...]:
        row = decisions.find(session, Key(record.decision_key))
        state = state_before(
            session,
            self._graphs,
            Key(record.instance_key),
            Key(record.definition_key),
            record.sequence,
        )
        wait = state.waits.get(ElementKey(record.wait))
        if row is None or wait is None:
            return _NOTHING
        model = self._transactions.environment.decisions.get(session, row)
        variables = visible_variables(state, wait.visit)
        seed = record.instance_key ^ record.wait
        result = evaluate_json(model, row.decision_id, variables, record.at, seed=seed)
        of_file = decisions.of_file(session, row.resource_key)
        return evaluated_decisions(model, result, row, of_file, record.at)


def _visits(
    session: Session, records: tuple[DecisionInstanceRecord, ...]
) -> dict[tuple[int, int], int]:
    """Return the element instance that each wait of the instances is of."""
    keys = [record.instance_key for record in records]
    return {
        (log.instance_key, log.wait): element_key(log.instance_key, log.visit)
        for told in told_history.told(session, keys)
        for log in told.waits
    }


def _without_visits(
    session: Session, criteria: Sequence[Criterion]
) -> tuple[Criterion, ...] | Problem:
    """Return criteria whose element instances are told as the waits of them."""
    asked = [one for one in criteria if isinstance(one, Condition) and one.field == _VISIT]
    rest = tuple(one for one in criteria if one not in asked)
    if any(one.field == _VISIT for one in all_conditions(rest)):
        return invalid(
            "Expected no elementInstanceKey below $or in the filter.", field_name="filter"
        )
    if not asked:
        return rest
    alternatives: list[tuple[Condition, ...]] = []
    for key in named_values(asked) or ():
        found = ELEMENTS.find(session, Condition(field="key", value=key))
        for told in told_history.told(session, [] if found is None else [found.instance_key]):
            waits = tuple(
                log.wait for log in told.waits if found is not None and log.visit == found.visit
            )
            alternatives.append(
                (
                    Condition(field="instance_key", value=told.instance_key),
                    Condition(field="wait", comparison=Comparison.IN, value=waits),
                )
            )
    return (*rest, AnyOf(alternatives=tuple(alternatives)))
