"""Reading process instances: where they stand, what they wait for, what they did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import NO_NODE, ROOT, InstanceState
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.read_once import instance_row, instance_state
from bpmn_engine.service.resource_waits import with_resource_waits
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.service.waiting import waiting_words, waits_of
from bpmn_engine.store import (
    queries_history,
    queries_instances,
    queries_operations,
    restarts,
)
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.views.definitions import DiagramView, ElementCounts
from bpmn_engine.views.instances import (
    InstanceFilter,
    InstanceSummary,
    InstanceView,
    JournalView,
    OpenVisitView,
    VariableView,
    VisitView,
    WaitView,
)
from bpmn_engine.views.paging import FIRST_PAGE, Page, PageRequest
from bpmn_engine.views.work import JobFilter, JobView

_ALL = InstanceFilter()
_ALL_JOBS = JobFilter()

Result = TypeVar("Result")


class InstanceReading(UseCases):
    """What is read about process instances and their jobs."""

    def instances(
        self, where: InstanceFilter = _ALL, *, page: PageRequest = FIRST_PAGE
    ) -> Page[InstanceSummary] | Problem:
        """Return instances, newest first."""
        return self._query(lambda session: queries_instances.instances(session, where, page))

    def instance(self, key: int) -> InstanceView | Problem:
        """Return one instance with its variables, open visits and relatives."""

        def query(session: Session, row: InstanceRow) -> InstanceView:
            graph = self._graphs.get(session, row.definition_key)
            state = instance_state(session, graph, row)
            keys = [row.key] if row.parent_key is None else [row.key, row.parent_key]
            summaries = queries_instances.find_instances(session, keys)
            return InstanceView(
                summary=summaries[row.key],
                variables=dict(state.variables.get(ROOT, {})),
                open_visits=_open_visits(graph, state),
                parent=None if row.parent_key is None else summaries.get(row.parent_key),
                children=queries_instances.children(session, row.key),
                restart_of=restarts.restart_of(session, row.key),
                restarted_as=restarts.restarted_as(session, row.key),
            )

        return self._of_instance(key, query)

    def instance_diagram(self, key: int) -> DiagramView | Problem:
        """Return what to draw over the instance's diagram: tokens, incidents, the way it took."""

        def query(session: Session, row: InstanceRow) -> DiagramView:
            return DiagramView(
                elements=self._elements(session, row),
                taken_flows=queries_instances.taken_flows(session, row.key),
                state=row.status.value,
            )

        return self._of_instance(key, query)

    def instance_variables(self, key: int) -> tuple[VariableView, ...] | Problem:
        """Return the variables of all open scopes, outermost first, each scope by name."""

        def query(session: Session, row: InstanceRow) -> tuple[VariableView, ...]:
            graph = self._graphs.get(session, row.definition_key)
            return _variables(graph, instance_state(session, graph, row))

        return self._of_instance(key, query)

    def instance_history(
        self, key: int, *, page: PageRequest = FIRST_PAGE
    ) -> Page[VisitView] | Problem:
        """Return the visits of elements, open and ended, in the order of entry."""
        return self._page_of(key, lambda session, row: self._visits(session, row, page))

    def instance_waits(self, key: int) -> tuple[WaitView, ...] | Problem:
        """Return what an instance waits for, in words and in parts."""

        def query(session: Session, row: InstanceRow) -> tuple[WaitView, ...]:
            graph = self._graphs.get(session, row.definition_key)
            state = instance_state(session, graph, row)
            return waits_of(session, row, graph, state, self._with_resource_waits)

        return self._of_instance(key, query)

    def instance_journal(
        self, key: int, *, page: PageRequest = FIRST_PAGE
    ) -> Page[JournalView] | Problem:
        """Return the commands that were applied to an instance, newest first."""
        return self._page_of(key, lambda session, row: self._journal(session, row, page))

    def jobs(
        self, where: JobFilter = _ALL_JOBS, *, page: PageRequest = FIRST_PAGE
    ) -> Page[JobView] | Problem:
        """Return jobs, oldest first."""

        def query(session: Session) -> Page[JobView]:
            found = queries_operations.jobs(session, where, page)
            return replace(found, items=self._with_resource_waits(session, found.items))

        return self._query(query)

    def job(self, key: int) -> JobView | Problem:
        """Return one job that has not ended."""

        def query(session: Session) -> JobView | None:
            found = queries_operations.job_view(session, Key(key))
            return None if found is None else self._with_resource_waits(session, (found,))[0]

        found = self._read(query)
        return not_found("job", key) if found is None else found

    def _with_resource_waits(
        self, session: Session, jobs: Sequence[JobView]
    ) -> tuple[JobView, ...]:
        return with_resource_waits(session, self.pools, jobs, self.clock.now())

    def _elements(self, session: Session, row: InstanceRow) -> dict[str, ElementCounts]:
        graph = self._graphs.get(session, row.definition_key)
        words = waiting_words(graph, instance_state(session, graph, row))
        counts = queries_instances.instance_counts(session, row.key)
        return {
            element_id: replace(count, waiting=words.get(element_id))
            for element_id, count in counts.items()
        }

    def _visits(self, session: Session, row: InstanceRow, page: PageRequest) -> Page[VisitView]:
        graph = self._graphs.get(session, row.definition_key)
        found = queries_history.visits(session, graph, row.key, page)
        compensations = instance_state(session, graph, row).compensations
        if not compensations:
            return found
        items = tuple(
            replace(visit, state=ElementState.COMPENSATING.value)
            if visit.key in compensations
            else visit
            for visit in found.items
        )
        return replace(found, items=items)

    def _journal(self, session: Session, row: InstanceRow, page: PageRequest) -> Page[JournalView]:
        graph = self._graphs.get(session, row.definition_key)
        return queries_history.journal_page(session, graph, row.key, page)

    def _of_instance(
        self, key: int, query: Callable[[Session, InstanceRow], Result]
    ) -> Result | Problem:
        def read(session: Session) -> Result | Problem:
            row = instance_row(session, Key(key))
            return not_found("process instance", key) if row is None else query(session, row)

        return self._read(read)

    def _page_of(
        self, key: int, query: Callable[[Session, InstanceRow], Page[Result]]
    ) -> Page[Result] | Problem:
        def read(session: Session) -> Page[Result] | Problem:
            row = instance_row(session, Key(key))
            return not_found("process instance", key) if row is None else query(session, row)

        return self._query(read)


def _open_visits(graph: ProcessGraph, state: InstanceState) -> tuple[OpenVisitView, ...]:
    return tuple(
        OpenVisitView(
            key=key,
            element_id=graph.nodes[visit.node].element_id,
            element_name=graph.nodes[visit.node].name,
            element_type=graph.nodes[visit.node].element_type,
            state=state.states[key],
            entered_at=visit.entered_at,
            loop_index=visit.loop_index,
            incident_keys=tuple(sorted(state.incidents_of.get(key, ()))),
        )
        for key, visit in sorted(state.visits.items())
    )


def _variables(graph: ProcessGraph, state: InstanceState) -> tuple[VariableView, ...]:
    views: list[VariableView] = []
    for scope in sorted(state.variables):
        element_id, name = _owner(graph, state, scope)
        views.extend(
            VariableView(
                name=variable,
                value=value,
                scope_key=scope,
                scope_element_id=element_id,
                scope_element_name=name,
            )
            for variable, value in sorted(state.variables[scope].items())
        )
    return tuple(views)


def _owner(
    graph: ProcessGraph, state: InstanceState, scope: ElementKey
) -> tuple[str | None, str | None]:
    """Return id and name of the element whose scope it is; none for the instance's own."""
    visit = state.visits.get(scope)
    if visit is not None:
        node = graph.nodes[visit.node]
        return node.element_id, node.name
    opened = state.scopes.get(scope)
    owner = None if opened is None or opened.node == NO_NODE else graph.scopes[opened.node].owner
    if owner is None:
        return None, None
    return graph.nodes[owner].element_id, graph.nodes[owner].name
