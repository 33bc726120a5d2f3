"""What open instances wait for, over many of them; what their variables are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.graph.specs import ConditionSpec, parts_of
from bpmn_engine.ids import Key
from bpmn_engine.kernel.state import InstanceState, Wait, WaitKind
from bpmn_engine.service.element_types import element_type
from bpmn_engine.service.job_kinds import of_listener
from bpmn_engine.service.memory_search import search_among
from bpmn_engine.service.outcomes import Problem, invalid, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import definitions, instances, usage
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.search_instances import INSTANCES
from bpmn_engine.store.search_work import JOBS, TASKS
from bpmn_engine.store.states import read_state
from bpmn_engine.views.element_keys import element_key
from bpmn_engine.views.records import JobRecord, TaskRecord
from bpmn_engine.views.searching import (
    Comparison,
    Condition,
    Criterion,
    Found,
    Search,
    SortField,
)
from bpmn_engine.views.wait_records import NameRecord, UsageFigures, WaitRecord

MOST_READ: Final = 1_000
"""Instances whose states one search reads."""

_SHOWN: Final = {
    WaitKind.JOB: "JOB",
    WaitKind.USER_TASK: "USER_TASK",
    WaitKind.TIMER: "TIMER",
    WaitKind.MESSAGE: "MESSAGE",
    WaitKind.SIGNAL: "SIGNAL",
    WaitKind.CONDITION: "CONDITION",
}
"""What is told of; called instances and data that is missing are not."""

_Place = tuple[int, int]


class WaitSearch(UseCases):
    """What is waited for, and what is used."""

    def search_waits(self, search: Search) -> Found[WaitRecord] | Problem:
        """Return what open instances wait for; of at most `MOST_READ` instances."""

        def query(session: Session) -> Found[WaitRecord] | Problem:
            criteria = [_is_open(), *_of_instances(search)]
            keys = INSTANCES.keys(session, criteria, "key", limit=MOST_READ + 1)
            if len(keys) > MOST_READ:
                return invalid(
                    f"Expected processInstanceKey or rootProcessInstanceKey in the filter that "
                    f"leaves at most {MOST_READ} instances, but more are open.",
                    field_name="filter",
                )
            return search_among(self._waits(session, keys), search, key="key")

        return self._query(query)

    def variable_names(self, definition_key: int) -> tuple[NameRecord, ...] | Problem:
        """Return the names of the variables of the `MOST_READ` youngest instances, sorted."""

        def query(session: Session) -> tuple[NameRecord, ...] | Problem:
            if definitions.find(session, Key(definition_key)) is None:
                return not_found("process definition", definition_key)
            youngest = Search(
                criteria=(Condition(field="definition_key", value=definition_key),),
                order=(SortField(field="started_at", is_descending=True),),
                limit=MOST_READ,
            )
            keys = [Key(one.key) for one in INSTANCES.search(session, youngest).items]
            names: set[str] = set()
            for row in instances.load(session, keys):
                graph = self._graphs.get(session, row.definition_key)
                state = read_state(session, graph, row)
                names.update(name for scope in state.variables.values() for name in scope)
            return tuple(NameRecord(id=name) for name in sorted(names))

        return self._read(query)

    def usage(self, since: dt.datetime, until: dt.datetime) -> UsageFigures:
        """Return how much the engine was used between two moments."""
        return self._read(lambda session: usage.figures(session, since, until))

    def _waits(self, session: Session, keys: Sequence[int]) -> list[WaitRecord]:
        by_instance = Condition(field="instance_key", comparison=Comparison.IN, value=tuple(keys))
        jobs = {(one.instance_key, one.wait): one for one in JOBS.all(session, by_instance)}
        is_created = Condition(field="state", value="CREATED")
        tasks = {
            (one.instance_key, one.wait): one
            for one in TASKS.all(session, by_instance, is_created)
        }
        found: list[WaitRecord] = []
        for row in instances.load(session, map(Key, keys)):
            graph = self._graphs.get(session, row.definition_key)
            found += _of_instance(row, graph, read_state(session, graph, row), jobs, tasks)
        return found


def _is_open() -> Condition:
    return Condition(field="state", comparison=Comparison.IN, value=("ACTIVE", "SUSPENDED"))


def _of_instances(search: Search) -> list[Criterion]:
    """Return the conditions of a search for waits that are about their instances."""
    names = {"instance_key": "key", "root_key": "root_key", "process_id": "process_id"}
    return [
        Condition(field=names[one.field], comparison=one.comparison, value=one.value)
        for one in search.criteria
        if isinstance(one, Condition) and one.field in names
    ]


def _of_instance(
    row: InstanceRow,
    graph: ProcessGraph,
    state: InstanceState,
    jobs: Mapping[_Place, JobRecord],
    tasks: Mapping[_Place, TaskRecord],
) -> Iterator[WaitRecord]:
    for _, wait in sorted(state.waits.items()):
        if wait.kind not in _SHOWN:
            continue
        node = graph.nodes[wait.node]
        visit = state.visits.get(wait.visit)
        at = node if visit is None else graph.nodes[visit.node]
        place = (int(row.key), int(wait.key))
        job, task = jobs.get(place), tasks.get(place)
        kind, event = "BPMN_ELEMENT", "UNSPECIFIED"
        if wait.listener is not None:
            kind, event = of_listener(wait.listener.event.value)
        elif node.element_type == "adHocSubProcess":
            kind = "AD_HOC_SUB_PROCESS"
        condition = _condition(graph, wait)
        yield WaitRecord(
            key=element_key(row.key, wait.key),
            instance_key=row.key,
            root_key=row.root_key,
            process_id=row.process_id,
            element_key=element_key(row.key, wait.visit),
            element_id=at.element_id,
            element_type=element_type(at),
            kind=_SHOWN[wait.kind],
            name=wait.name,
            correlation_key=wait.correlation_key,
            due_at=_due(wait, task),
            repetitions=None if wait.schedule is None else wait.schedule.repetitions,
            row_key=job.key if job is not None else None if task is None else task.key,
            retries=None if job is None else job.retries,
            job_kind=kind,
            listener_event=event,
            on_create=condition is not None and condition.is_asked_on_create,
            on_update=condition is not None and condition.is_asked_on_update,
        )


def _due(wait: Wait, task: TaskRecord | None) -> dt.datetime | None:
    if wait.schedule is not None:
        return wait.schedule.due_at
    return None if task is None else task.due_at


def _condition(graph: ProcessGraph, wait: Wait) -> ConditionSpec | None:
    if wait.kind is not WaitKind.CONDITION:
        return None
    parts = parts_of(graph.nodes[wait.node].spec)
    return next((part for part in parts if isinstance(part, ConditionSpec)), None)
