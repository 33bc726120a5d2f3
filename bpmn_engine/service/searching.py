"""Searches over everything that runs, ran and is deployed, by any field."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.model.extensions import FormSource
from bpmn_engine.service.element_scopes import with_callers, without_callers, without_scopes
from bpmn_engine.service.element_types import elements_of, type_and_name
from bpmn_engine.service.job_kinds import with_kinds
from bpmn_engine.service.memory_search import is_met, search_among
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.service.variable_conditions import without_variables
from bpmn_engine.service.variable_records import seen_records, variable_records
from bpmn_engine.store import forms, instance_tags, instances, user_tasks
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.search_batches import BATCH_ITEMS, BATCHES
from bpmn_engine.store.search_definitions import DECISIONS, DEFINITIONS, RESOURCES
from bpmn_engine.store.search_instances import ELEMENTS, INSTANCES, keys_of_millisecond
from bpmn_engine.store.search_starts import STARTS
from bpmn_engine.store.search_work import INCIDENTS, JOBS, JOURNAL, SUBSCRIPTIONS, TASKS, seen_by
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.states import read_state
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.records import (
    BatchItemRecord,
    BatchRecord,
    DecisionRecord,
    DefinitionRecord,
    ElementRecord,
    IncidentRecord,
    InstanceRecord,
    JobRecord,
    JournalRecord,
    ResourceRecord,
    SubscriptionRecord,
    TaskRecord,
    VariableRecord,
)
from bpmn_engine.views.searching import (
    AnyOf,
    Comparison,
    Condition,
    Criterion,
    Found,
    Search,
    named_values,
)

Item = TypeVar("Item")

MOST_INSTANCES: Final = 1_000
"""Instances whose variables one search reads."""

_OF_GRAPH: Final = frozenset({"type", "name"})
"""Fields of element instances that only the compiled process knows."""


class SearchUseCases(UseCases):
    """What clients look for. A cursor that is not ours is an INVALID problem."""

    def search_instances(self, search: Search) -> Found[InstanceRecord] | Problem:
        """Return process instances; with conditions on variables at most a thousand are read."""

        def query(session: Session) -> Found[InstanceRecord] | Problem:
            criteria = without_callers(session, search.criteria)
            if isinstance(criteria, Problem):
                return criteria
            told = replace(search, criteria=criteria)
            wanted = without_variables(session, self._graphs, INSTANCES, told)
            if isinstance(wanted, Problem):
                return wanted
            found = INSTANCES.search(session, wanted)
            tags = instance_tags.tags_of(session, [one.key for one in found.items])
            called = with_callers(session, found.items)
            items = (replace(one, tags=tags.get(one.key, ())) for one in called)
            return replace(found, items=tuple(items))

        return self._query(query)

    def search_definitions(self, search: Search) -> Found[DefinitionRecord] | Problem:
        """Return process definitions of all versions."""
        return self._search(DEFINITIONS, search)

    def search_decisions(self, search: Search) -> Found[DecisionRecord] | Problem:
        """Return decisions of all versions."""
        return self._search(DECISIONS, search)

    def search_resources(self, search: Search) -> Found[ResourceRecord] | Problem:
        """Return deployed files."""
        return self._search(RESOURCES, search)

    def search_incidents(self, search: Search) -> Found[IncidentRecord] | Problem:
        """Return incidents, open and resolved."""
        return self._search(INCIDENTS, search)

    def search_subscriptions(self, search: Search) -> Found[SubscriptionRecord] | Problem:
        """Return what messages are waited for: by instances, or by start events when asked so."""
        types = search.conditions("type")
        is_of_starts = bool(types) and all(is_met(one, "START_EVENT") for one in types)
        if is_of_starts and not all(is_met(one, "PROCESS_EVENT") for one in types):
            return self._search(STARTS, search)
        return self._search(SUBSCRIPTIONS, search)

    def search_journal(self, search: Search) -> Found[JournalRecord] | Problem:
        """Return what was done to instances, newest first."""
        return self._search(JOURNAL, search)

    def search_batches(self, search: Search) -> Found[BatchRecord] | Problem:
        """Return operations on many instances."""
        return self._search(BATCHES, search)

    def search_batch_items(self, search: Search) -> Found[BatchItemRecord] | Problem:
        """Return the instances of operations on many."""
        return self._search(BATCH_ITEMS, search)

    def search_elements(self, search: Search) -> Found[ElementRecord] | Problem:
        """Return element instances, open and ended.

        A condition on type or name needs another one that names processes or instances: which
        elements it means is asked of the compiled processes.
        """

        def query(session: Session) -> Found[ElementRecord] | Problem:
            scoped = without_scopes(session, search.criteria)
            if isinstance(scoped, Problem):
                return scoped
            criteria = self._without_graph_fields(session, scoped)
            if isinstance(criteria, Problem):
                return criteria
            found = ELEMENTS.search(session, replace(search, criteria=criteria))
            return replace(found, items=tuple(self._named(session, found.items)))

        return self._query(query)

    def search_jobs(self, search: Search) -> Found[JobRecord] | Problem:
        """Return open jobs, and of which kind each is."""

        def query(session: Session) -> Found[JobRecord]:
            found = JOBS.search(session, search)
            return replace(found, items=tuple(with_kinds(session, self._graphs, found.items)))

        return self._query(query)

    def search_tasks(self, search: Search, *, caller: Caller) -> Found[TaskRecord] | Problem:
        """Return the user tasks that the caller may see."""

        def query(session: Session) -> Found[TaskRecord] | Problem:
            wanted = without_variables(
                session, self._graphs, TASKS, search, instance="instance_key"
            )
            if isinstance(wanted, Problem):
                return wanted
            found = TASKS.search(session, wanted, lambda view: seen_by(caller, view.c.key))
            tags = instance_tags.tags_of(session, [one.instance_key for one in found.items])
            formed = _with_forms(session, found.items)
            items = (replace(one, tags=tags.get(one.instance_key, ())) for one in formed)
            return replace(found, items=tuple(items))

        return self._query(query)

    def search_variables(self, search: Search) -> Found[VariableRecord] | Problem:
        """Return variables of instances that the search names.

        By the instance, by a scope or by the variable's key: nothing else bounds how many
        instances are read, so that without one there may be `MOST_INSTANCES` at most.
        """

        def query(session: Session) -> Found[VariableRecord] | Problem:
            keys = instances_named(session, search)
            if keys is None:
                every = INSTANCES.keys(session, (), "key", limit=MOST_INSTANCES + 1)
                if len(every) > MOST_INSTANCES:
                    return invalid(
                        "Expected processInstanceKey, scopeKey or variableKey in the filter: "
                        f"there are more than {MOST_INSTANCES} instances, and variables are "
                        "found by the instance they belong to.",
                        field_name="filter",
                    )
                keys = [Key(one) for one in every]
            found = [
                record
                for row in instances.load(session, keys)
                for record in variable_records(row, self._state(session, row))
            ]
            return search_among(found, search, key="key")

        return self._query(query)

    def search_seen_variables(
        self, search: Search, *, visit: int
    ) -> Found[VariableRecord] | Problem:
        """Return the variables that an element instance sees; of equal names the innermost."""

        def query(session: Session) -> Found[VariableRecord]:
            found = [
                record
                for row in instances.load(session, instances_named(session, search) or ())
                for record in seen_records(row, self._state(session, row), ElementKey(visit))
            ]
            return search_among(found, search, key="key")

        return self._query(query)

    def element(self, key: int) -> ElementRecord | None:
        """Return an element instance by its computed key; of an instance's key: the process."""

        def query(session: Session) -> ElementRecord | None:
            record = ELEMENTS.find(session, Condition(field="key", value=key))
            return None if record is None else next(iter(self._named(session, (record,))))

        return self._read(query)

    def variable(self, key: int) -> VariableRecord | None:
        """Return a variable by its computed key."""
        found = self.search_variables(Search(criteria=(Condition(field="key", value=key),)))
        return None if isinstance(found, Problem) else next(iter(found.items), None)

    def instances_that(self, criteria: Sequence[Criterion], *, limit: int) -> list[int]:
        """Return the keys of instances that meet criteria, oldest first."""
        return self._read(lambda session: INSTANCES.keys(session, criteria, "key", limit=limit))

    def search_named(self, items: Sequence[Item], search: Search) -> Found[Item] | Problem:
        """Return the part of `items` that is wanted; each has an `id` that is unique."""
        return self._query(lambda _: search_among(items, search, key="id"))

    def root_keys(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the first caller of each instance, by instance."""
        if not keys:
            return {}
        return self._read(lambda session: instance_tags.roots_of(session, keys))

    def tags_of(self, keys: Collection[int]) -> Mapping[int, tuple[str, ...]]:
        """Return the tags of instances that have some, by instance."""
        if not keys:
            return {}
        return self._read(lambda session: instance_tags.tags_of(session, keys))

    def _search(self, searchable: Searchable[Item], search: Search) -> Found[Item] | Problem:
        return self._query(lambda session: searchable.search(session, search))

    def _named(self, session: Session, records: Sequence[ElementRecord]) -> list[ElementRecord]:
        named = []
        for record in records:
            kind, name = type_and_name(
                self._graphs.get(session, Key(record.definition_key)), record
            )
            named.append(replace(record, type=kind, name=name))
        return named

    def _without_graph_fields(
        self, session: Session, criteria: Sequence[Criterion]
    ) -> tuple[Criterion, ...] | Problem:
        asked = [one for one in criteria if isinstance(one, Condition) and one.field in _OF_GRAPH]
        rest = tuple(one for one in criteria if one not in asked)
        hidden = (
            one.field in _OF_GRAPH
            for each in rest
            if isinstance(each, AnyOf)
            for alternative in each.alternatives
            for one in alternative
        )
        if not asked and not any(hidden):
            return rest
        definitions = None if any(hidden) else _definitions_named(session, rest)
        if definitions is None:
            return invalid(
                "Expected processInstanceKey, processDefinitionKey or elementInstanceKey beside "
                "type and elementName in the filter, and these two not below $or.",
                field_name="filter",
            )
        return (*rest, AnyOf(alternatives=tuple(self._meant(session, definitions, asked))))

    def _meant(
        self, session: Session, definitions: Sequence[int], asked: Sequence[Condition]
    ) -> list[tuple[Condition, ...]]:
        """Return, for each process, the condition that a visit is of one of the elements meant."""
        alternatives: list[tuple[Condition, ...]] = []
        for key in definitions:
            elements = elements_of(self._graphs.get(session, Key(key)))
            meant = tuple(
                element_id
                for element_id, (kind, name) in elements.items()
                if all(is_met(one, kind if one.field == "type" else name) for one in asked)
            )
            alternatives.append(
                (
                    Condition(field="definition_key", value=key),
                    Condition(field="element_id", comparison=Comparison.IN, value=meant),
                )
            )
        return alternatives

    def _state(self, session: Session, row: InstanceRow) -> InstanceState:
        return read_state(session, self._graphs.get(session, row.definition_key), row)


def _definitions_named(session: Session, criteria: Sequence[Criterion]) -> list[int] | None:
    """Return the process definitions that conditions leave, or None when they leave all."""
    named: dict[str, tuple[Condition, ...]] = {
        name: tuple(one for one in criteria if isinstance(one, Condition) and one.field == name)
        for name in ("definition_key", "instance_key", "key")
    }
    if all(named_values(conditions) is None for conditions in named.values()):
        return None
    bound = [one for conditions in named.values() for one in conditions]
    return ELEMENTS.keys(session, bound, "definition_key", limit=MOST_INSTANCES)


def instances_named(session: Session, search: Search) -> list[Key] | None:
    """Return the instances that a search for what is in them names, or None when it names none."""
    direct = named_values(search.conditions("instance_key"))
    if direct is not None:
        return [Key(int(str(value))) for value in direct][:MOST_INSTANCES]
    scopes = named_values(search.conditions("scope_key"))
    if scopes is not None:
        condition = Condition(field="key", comparison=Comparison.IN, value=scopes)
        found = ELEMENTS.keys(session, (condition,), "instance_key", limit=MOST_INSTANCES)
        return [Key(key) for key in found]
    keys = named_values(search.conditions("key"))
    if keys is None:
        return None
    return [
        key
        for value in keys
        for key in keys_of_millisecond(session, int(str(value)), MOST_INSTANCES)
    ]


def _with_forms(session: Session, records: Sequence[TaskRecord]) -> list[TaskRecord]:
    rows = user_tasks.find_many(session, [Key(record.key) for record in records])
    shown: dict[tuple[str, str | None], int | None] = {}
    told = []
    for record in records:
        form = rows[Key(record.key)].form
        if form is None or form.reference is None:
            told.append(record)
        elif form.source is FormSource.CAMUNDA_FORM:
            wanted = (form.reference, form.binding_value)
            if wanted not in shown:
                row = forms.find(session, form.reference)
                shown[wanted] = None if row is None else row.key
            told.append(replace(record, form_key=shown[wanted]))
        elif form.source is FormSource.FORM_KEY:
            told.append(replace(record, form_reference=form.reference))
        else:
            told.append(record)
    return told
