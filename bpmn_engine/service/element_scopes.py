"""Element instances of a scope, and how often each element of a process was visited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, invalid, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.service.variable_conditions import without_variables
from bpmn_engine.store import definitions, entered_scopes, searched_visits
from bpmn_engine.store.database import Session
from bpmn_engine.store.search_instances import ELEMENTS, INSTANCES
from bpmn_engine.store.search_starts import DEPLOYED
from bpmn_engine.views.element_keys import element_key
from bpmn_engine.views.found_history import ElementFigures
from bpmn_engine.views.records import InstanceRecord
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
from bpmn_engine.views.wait_records import DeployedRecord

_SCOPE: Final = "scope_key"
CALLER: Final = "parent_element_key"
"""The field of the element instance that called an instance; only the journal knows it."""


class ElementFigureUseCases(UseCases):
    """What is counted of elements, and who deployed."""

    def figures_of_elements(
        self, definition_key: int, criteria: Sequence[Criterion]
    ) -> list[ElementFigures] | Problem:
        """Return how often the instances that meet criteria were at each element of a process."""

        def query(session: Session) -> list[ElementFigures] | Problem:
            if definitions.find(session, Key(definition_key)) is None:
                return not_found("process definition", definition_key)
            own = Condition(field="definition_key", value=definition_key)
            told = without_callers(session, (own, *criteria))
            if isinstance(told, Problem):
                return told
            search = without_variables(session, self._graphs, INSTANCES, Search(criteria=told))
            if isinstance(search, Problem):
                return search
            meant = INSTANCES.selected(session, search.criteria, "key")
            return searched_visits.figures_of(session, meant)

        return self._query(query)

    def search_deployed(self, search: Search) -> Found[DeployedRecord] | Problem:
        """Return who deployed which file, newest first."""
        return self._query(lambda session: DEPLOYED.search(session, search))


def without_scopes(
    session: Session, criteria: Sequence[Criterion]
) -> tuple[Criterion, ...] | Problem:
    """Return criteria for element instances whose scopes are told as the visits in them."""
    asked = [one for one in criteria if isinstance(one, Condition) and one.field == _SCOPE]
    rest = tuple(one for one in criteria if one not in asked)
    if any(one.field == _SCOPE for one in all_conditions(rest)):
        return invalid(
            "Expected no elementInstanceScopeKey below $or in the filter.", field_name="filter"
        )
    if not asked:
        return rest
    keys = named_values(asked)
    if keys is None:
        return invalid(
            "Expected $eq or $in for elementInstanceScopeKey in the filter.", field_name="filter"
        )
    alternatives: list[tuple[Condition, ...]] = []
    for key in keys:
        scope = ELEMENTS.find(session, Condition(field="key", value=key))
        if scope is not None:
            visits = entered_scopes.visits_in(session, scope.instance_key, scope.visit)
            alternatives.append(
                (
                    Condition(field="instance_key", value=scope.instance_key),
                    Condition(field="visit", comparison=Comparison.IN, value=visits),
                )
            )
    return (*rest, AnyOf(alternatives=tuple(alternatives)))


def without_callers(
    session: Session, criteria: Sequence[Criterion]
) -> tuple[Criterion, ...] | Problem:
    """Return criteria for instances whose calling element instances are told as their waits."""
    asked = [one for one in criteria if isinstance(one, Condition) and one.field == CALLER]
    rest = tuple(one for one in criteria if one not in asked)
    if any(one.field == CALLER for one in all_conditions(rest)):
        return invalid(
            "Expected no parentElementInstanceKey below $or in the filter.", field_name="filter"
        )
    if not asked:
        return rest
    keys = named_values(asked)
    alternatives: list[tuple[Condition, ...]] = []
    for key in keys or ():
        caller = ELEMENTS.find(session, Condition(field="key", value=key))
        if caller is not None:
            calls = entered_scopes.calls_of(session, (caller.instance_key,))
            waits = tuple(wait for (_, wait), visit in calls.items() if visit == caller.visit)
            alternatives.append(
                (
                    Condition(field="parent_key", value=caller.instance_key),
                    Condition(field="parent_wait", comparison=Comparison.IN, value=waits),
                )
            )
    return (*rest, AnyOf(alternatives=tuple(alternatives)))


def with_callers(session: Session, records: Sequence[InstanceRecord]) -> list[InstanceRecord]:
    """Return instances with the element instances that called them."""
    parents = [one.parent_key for one in records if one.parent_key is not None]
    calls = entered_scopes.calls_of(session, parents) if parents else {}
    found: list[InstanceRecord] = []
    for one in records:
        visit = calls.get((one.parent_key or 0, one.parent_wait or 0))
        if one.parent_key is None or visit is None:
            found.append(one)
        else:
            key = element_key(one.parent_key, visit)
            found.append(replace(one, parent_element_key=key))
    return found
