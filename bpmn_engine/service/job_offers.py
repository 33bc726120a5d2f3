"""What a worker is given with a job: the variables its element sees, its headers, its lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import ROOT, InstanceState
from bpmn_engine.kernel.variables import VisibleVariables
from bpmn_engine.service import listener_jobs
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import instances
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.values import Variables
from bpmn_engine.views.work import ActivatedJob


def offer(
    work: UnitOfWork, rows: Sequence[JobRow], names: Sequence[str] | None
) -> list[ActivatedJob]:
    """Return locked jobs with the variables that their elements see."""
    states = _states(work, {row.instance_key for row in rows})
    versions = {
        key: work.environment.graphs.definition(work.session, key).row
        for key in {row.definition_key for row in rows}
    }
    activated = [_activated(row, _offered(work, row, states, names), versions) for row in rows]
    return [
        listener_jobs.told(work, job, row, states.get(row.instance_key), names)
        for job, row in zip(activated, rows, strict=True)
    ]


def _offered(
    work: UnitOfWork,
    row: JobRow,
    states: Mapping[Key, InstanceState],
    names: Sequence[str] | None,
) -> Variables:
    """Return the variables that a worker sees; that of a connector sees the inputs only."""
    state = states.get(row.instance_key)
    entered = None if state is None else state.visits.get(row.visit)
    if state is not None and entered is not None:
        spec = work.graph(row.definition_key).nodes[entered.node].spec
        if isinstance(spec, JobSpec) and spec.is_connector:
            own: Variables = state.variables.get(row.visit, {})
            return {name: own[name] for name in own if names is None or name in names}
    return _visible(state, row.visit, names)


def _states(work: UnitOfWork, keys: Iterable[Key]) -> dict[Key, InstanceState]:
    """Return the states of instances, as this transaction has left them."""
    states: dict[Key, InstanceState] = {}
    unknown: list[Key] = []
    for key in keys:
        state = work.state(key)
        if state is None:
            unknown.append(key)
        else:
            states[key] = state
    if unknown:
        states.update((row.key, work.read(row)) for row in instances.load(work.session, unknown))
    return states


def _visible(
    state: InstanceState | None, visit: ElementKey, names: Sequence[str] | None
) -> Variables:
    if state is None:
        return {}
    seen = visible_variables(state, visit)
    if names is None:
        return dict(seen)
    return {name: seen[name] for name in names if name in seen}


def visible_variables(state: InstanceState, visit: ElementKey) -> VisibleVariables:
    """Return what an open element instance sees: its own variables and those around it."""
    if visit in state.scopes:
        return VisibleVariables(state, visit)
    entered = state.visits.get(visit)
    return VisibleVariables(state, ROOT if entered is None else entered.scope)


def _activated(
    row: JobRow, variables: Variables, versions: Mapping[Key, DefinitionRow]
) -> ActivatedJob:
    return ActivatedJob(
        key=row.key,
        lock_token=str(row.lock_token),
        job_type=row.job_type,
        worker=row.locked_by or "",
        process_instance_key=row.instance_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_version=versions[row.definition_key].version,
        element_id=row.element_id,
        element_key=row.visit,
        business_key=row.business_key,
        variables=variables,
        headers=row.headers,
        retries_left=row.retries_left,
        attempt=row.attempt,
        deadline=row.locked_until or row.due_at,
        priority=row.priority,
        idempotency_key=row.idempotency_key,
        phase=row.phase,
        handle=row.handle,
        created_at=row.created_at,
        last_failure=row.last_failure,
        version_tag=versions[row.definition_key].version_tag,
    )
