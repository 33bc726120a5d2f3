"""Use cases that only clients of Camunda 8 have: parts of processes, corrections, assignments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from bpmn_engine.expressions.expression import SyntaxFailure
from bpmn_engine.expressions.trial import Trial, TrialRequest, try_expression
from bpmn_engine.graph.cluster_reading import CAMUNDA
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import (
    Rejection,
    SetVariables,
    StartBefore,
    StartElsewhere,
    StartInstance,
)
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.kernel.variables import owner_of
from bpmn_engine.service import cluster_reading
from bpmn_engine.service.definition_reading import find_startable
from bpmn_engine.service.job_offers import visible_variables
from bpmn_engine.service.job_updates import JobChanges, update_job
from bpmn_engine.service.job_work import JobReference, fence
from bpmn_engine.service.outcomes import Problem, invalid, not_found
from bpmn_engine.service.summaries import summary_of
from bpmn_engine.service.tags import tag_problem
from bpmn_engine.service.transactions import AbandonedError, of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.store import (
    instances,
)
from bpmn_engine.store.database import Session
from bpmn_engine.store.search_definitions import form_by_key, resource_content
from bpmn_engine.store.states import read_state
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.instances import InstanceSummary, StartRequest
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.records import FormRecord


class CamundaUseCases(UseCases):
    """What clients of Camunda 8 ask for beside what everybody does."""

    def start_part(
        self,
        request: StartRequest,
        *,
        elements: Sequence[str] = (),
        ends_after: Sequence[str] = (),
        tags: Sequence[str] = (),
        actor: str | None = None,
        caller: Caller | None = None,
    ) -> InstanceSummary | Problem:
        """Start an instance at elements instead of at its start event, or to end after some.

        Whatever lies before the elements counts as done; after the first of `ends_after` that
        ends, the instance is terminated. `tags` are kept with it.
        """
        wrong = tag_problem(tags)
        if wrong is not None:
            return invalid(wrong, field_name="tags")

        def work(unit: UnitOfWork) -> Key:
            definition = find_startable(unit.session, request, caller)
            if isinstance(definition, Problem):
                raise AbandonedError(definition)
            problem = _unknown(unit, definition.key, (*elements, *ends_after))
            if problem is not None:
                raise AbandonedError(problem)
            command = _command(unit, definition.key, request, elements, ends_after, actor)
            started = unit.start(definition, command, actor=actor)
            if isinstance(started, Rejection):
                raise AbandonedError(invalid(of_rejection(started).message))
            if tags:
                unit.note_tags(started.key, tuple(tags))
            return started.key

        key = self._commit(work)
        if isinstance(key, Problem):
            return key
        return self._read(lambda session: summary_of(session, self._graphs, key))

    def update_job(
        self,
        key: int,
        *,
        retries: int | None = None,
        timeout: dt.timedelta | None = None,
        priority: int | None = None,
    ) -> Problem | None:
        """Change an open job: its attempts, the end of its lock (from now), its priority.

        An incident about it stays open, as with Camunda 8; resolving it tries again.
        """
        if retries is not None and retries < 1:
            return invalid(f"Expected at least 1 retry, but got {retries}.", field_name="retries")

        def work(unit: UnitOfWork) -> None:
            changes = JobChanges(retries=retries, timeout=timeout, priority=priority)
            problem = update_job(unit, Key(key), changes)
            if problem is not None:
                raise AbandonedError(problem)

        return self._commit(work)

    def assign_variables(
        self, key: int, scope: int, variables: Variables, *, actor: str | None = None
    ) -> Problem | None:
        """Set each variable where it is nearest, seen from a scope; new ones in the instance."""

        def work(unit: UnitOfWork) -> None:
            unit.lock((Key(key),))
            state = unit.state(Key(key))
            if state is None:
                raise AbandonedError(not_found("process instance", key))
            if scope not in state.scopes and scope not in state.visits:
                raise AbandonedError(not_found("element instance", scope))
            seen = ElementKey(scope)
            inner = seen if seen in state.scopes else state.visits[seen].scope
            by_scope: dict[ElementKey, dict[str, JsonValue]] = {}
            for name, value in variables.items():
                by_scope.setdefault(owner_of(state, inner, name), {})[name] = value
            for owner, values in by_scope.items():
                command = SetVariables(scope=owner, variables=values)
                apply_or_abandon(unit, Key(key), command, actor=actor)

        return self._commit(work)

    def set_job_variables(
        self, key: int, variables: Variables, *, actor: str | None = None
    ) -> Problem | None:
        """Set variables of the element instance of a job, or around it if it has no scope."""

        def work(unit: UnitOfWork) -> None:
            row = fence(unit, (JobReference(key=Key(key)),))[0]
            if isinstance(row, Problem):
                raise AbandonedError(row)
            state = unit.state(row.instance_key)
            visit = None if state is None else state.visits.get(row.visit)
            if state is None or visit is None:
                raise AbandonedError(not_found("job", key))
            scope = row.visit if row.visit in state.scopes else visit.scope
            command = SetVariables(scope=scope, variables=variables)
            apply_or_abandon(unit, row.instance_key, command, actor=actor)

        return self._commit(work)

    def form_by_key(self, key: int) -> FormRecord | None:
        """Return a deployed form by its key."""
        return self._read(lambda session: form_by_key(session, Key(key)))

    def resource_content(self, key: int) -> bytes | None:
        """Return a deployed file, byte for byte."""
        return self._read(lambda session: resource_content(session, Key(key)))

    def evaluate_in_scope(
        self,
        request: TrialRequest,
        *,
        instance_key: int | None,
        visit: int,
        sees_cluster: bool = False,
    ) -> Trial | SyntaxFailure | Problem:
        """Evaluate an expression with the variables that a scope of an instance sees.

        The request's own variables come before those. Without an instance they are all, but for
        cluster variables, which come last.
        """
        now = self.clock.now()

        def query(session: Session) -> Trial | SyntaxFailure | Problem:
            offered = {CAMUNDA: cluster_reading.everything(session)} if sees_cluster else {}
            if instance_key is None:
                asked = replace(request, variables={**offered, **request.variables})
                return try_expression(asked, now)
            rows = instances.load(session, (Key(instance_key),))
            if not rows:
                return not_found("process instance", instance_key)
            graph = self._graphs.get(session, rows[0].definition_key)
            state = read_state(session, graph, rows[0])
            seen = visible_variables(state, ElementKey(visit or ROOT))
            asked = replace(request, variables={**offered, **seen, **request.variables})
            return try_expression(asked, now)

        return self._read(query)


def _unknown(unit: UnitOfWork, definition: Key, elements: Sequence[str]) -> Problem | None:
    graph = unit.graph(definition)
    for element_id in elements:
        if graph.node(element_id) is None:
            return invalid(
                f"Expected an element of {graph.process_id!r}, but it has no {element_id!r}.",
                field_name="elementId",
            )
    return None


def _command(
    unit: UnitOfWork,
    definition: Key,
    request: StartRequest,
    elements: Sequence[str],
    ends_after: Sequence[str],
    actor: str | None,
) -> StartInstance | StartElsewhere:
    graph = unit.graph(definition)
    nodes = [graph.node(element_id) for element_id in elements]
    is_plain = len(nodes) == 1 and nodes[0] is not None and nodes[0].index in graph.start_events
    if elements and not is_plain:
        return StartElsewhere(
            moves=tuple(StartBefore(element_id=each) for each in elements),
            variables=request.variables,
            business_key=request.business_key,
            ends_after=tuple(ends_after),
        )
    return StartInstance(
        variables=request.variables,
        element_id=elements[0] if elements else None,
        business_key=request.business_key,
        initiator=actor,
        ends_after=tuple(ends_after),
    )
