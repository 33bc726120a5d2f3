"""Why an instance waits: one sentence for each open wait, and its parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

from bpmn_engine.graph.nodes import NodeKind, ProcessGraph
from bpmn_engine.graph.specs import AdHocSpec
from bpmn_engine.kernel.correlation_keys import key_id_of, open_key, unknown_key
from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.kernel.state import InstanceState, Wait, WaitKind
from bpmn_engine.model.called_decision import DECISION_JOB
from bpmn_engine.store import queries_instances, queries_operations, queries_tasks
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.views.instances import InstanceSummary, WaitView
from bpmn_engine.views.paging import Caller, PageRequest
from bpmn_engine.views.work import JobFilter, JobState, JobView, TaskFilter, UserTaskView

_SHOWN: Final = PageRequest(limit=200)
_EVERYBODY: Final = Caller(user_id="", sees_all=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What is stored beside an instance, by the visit that waits."""

    jobs: Mapping[int, JobView]
    tasks: Mapping[str, tuple[UserTaskView, ...]]  #: by element
    children: tuple[InstanceSummary, ...]


def waits_of(
    session: Session,
    row: InstanceRow,
    graph: ProcessGraph,
    state: InstanceState,
    with_resource_waits: Callable[[Session, Sequence[JobView]], Sequence[JobView]],
) -> tuple[WaitView, ...]:
    """Return the open waits of an instance, oldest first; at most 200 jobs and tasks in detail.

    `with_resource_waits` tells of jobs whether they wait for a resource.
    """
    if not state.waits:
        return ()
    rows = _rows(session, row, state)
    told = with_resource_waits(session, tuple(rows.jobs.values()))
    rows = replace(rows, jobs={job.element_key: job for job in told})
    return tuple(_view(row, graph, state, wait, rows) for _, wait in sorted(state.waits.items()))


def waiting_words(graph: ProcessGraph, state: InstanceState) -> Mapping[str, str]:
    """Return for each element with an open wait what it waits for, in a few words."""
    words: dict[str, str] = {}
    for _, wait in sorted(state.waits.items()):
        element_id = graph.nodes[wait.node].element_id
        words.setdefault(element_id, _words(wait, None, _listener(graph, wait)))
    for visit, compensation in sorted(state.compensations.items(), key=itemgetter(0)):
        element_id = graph.nodes[state.visits[visit].node].element_id
        words.setdefault(element_id, "is being compensated")
        thrower = compensation.thrower
        if thrower is not None and thrower in state.visits:
            thrown_by = graph.nodes[state.visits[thrower].node].element_id
            words.setdefault(thrown_by, f"waits until {element_id} is compensated")
    for key in sorted(state.loops):
        node = graph.nodes[state.visits[key].node]
        if node.kind is NodeKind.AD_HOC and node.inner_scope is not None:
            inner = node.spec.inner if isinstance(node.spec, AdHocSpec) else None
            scope = node.inner_scope if inner is None else graph.nodes[inner].inner_scope
            starts = () if scope is None else graph.scopes[scope].starts
            names = (graph.nodes[start].name or graph.nodes[start].element_id for start in starts)
            words.setdefault(
                node.element_id, f"waits for its activities, and lets begin: {', '.join(names)}"
            )
    return words


def _rows(session: Session, row: InstanceRow, state: InstanceState) -> _Rows:
    kinds = {wait.kind for wait in state.waits.values()}
    jobs: tuple[JobView, ...] = ()
    tasks: dict[str, tuple[UserTaskView, ...]] = {}
    if WaitKind.JOB in kinds:
        where = JobFilter(instance_key=row.key)
        jobs = queries_operations.jobs(session, where, _SHOWN).items
    if WaitKind.USER_TASK in kinds:
        wanted = TaskFilter(instance_key=row.key)
        for task in queries_tasks.user_tasks(session, wanted, _EVERYBODY, _SHOWN).items:
            tasks[task.element_id] = (*tasks.get(task.element_id, ()), task)
    called = queries_instances.children(session, row.key) if WaitKind.CHILD in kinds else ()
    return _Rows(
        jobs={job.element_key: job for job in jobs},
        tasks=tasks,
        children=tuple(child for child in called if child.ended_at is None),
    )


def _since(row: InstanceRow, state: InstanceState, wait: Wait) -> dt.datetime:
    """Return when the visit began that waits; the process itself waits for event sub-processes."""
    visit = state.visits.get(wait.visit)
    return row.started_at if visit is None else visit.entered_at


def _view(
    row: InstanceRow, graph: ProcessGraph, state: InstanceState, wait: Wait, rows: _Rows
) -> WaitView:
    node = graph.nodes[wait.node]
    since = _since(row, state, wait)
    job = rows.jobs.get(wait.visit) if wait.kind is WaitKind.JOB else None
    task = _task(rows, node.element_id, since, wait)
    return WaitView(
        kind=wait.kind,
        wait=wait.key,
        element_id=node.element_id,
        element_name=node.name,
        text=_sentence(wait, job, task, _listener(graph, wait)),
        since=since,
        key=_key(wait, job, task, rows),
        due_at=_due(wait, job, task),
        retries_left=None if job is None else job.retries_left,
        attempt=None if job is None else job.attempt,
        locked_by=_holder(job, task),
        locked_until=None if job is None else job.locked_until,
        last_failure=None if job is None else job.last_failure,
        name=wait.name,
        correlation_key=wait.correlation_key,
        waiting_for_resource=None if job is None else job.waiting_for_resource,
    )


def _task(rows: _Rows, element_id: str, since: dt.datetime, wait: Wait) -> UserTaskView | None:
    """Return the user task of a wait; in a multi-instance activity, one of the same time."""
    if wait.kind is not WaitKind.USER_TASK:
        return None
    alike = rows.tasks.get(element_id, ())
    return next((task for task in alike if task.created_at >= since), next(iter(alike), None))


def _key(wait: Wait, job: JobView | None, task: UserTaskView | None, rows: _Rows) -> int | None:
    if job is not None:
        return job.key
    if task is not None:
        return task.key
    if wait.kind is WaitKind.CHILD and len(rows.children) == 1:
        return rows.children[0].key
    return None


def _due(wait: Wait, job: JobView | None, task: UserTaskView | None) -> dt.datetime | None:
    if wait.schedule is not None:
        return wait.schedule.due_at
    if job is not None:
        return job.due_at
    return None if task is None else task.due_at


def _holder(job: JobView | None, task: UserTaskView | None) -> str | None:
    if job is not None:
        return job.locked_by
    return None if task is None else task.assignee


def _listener(graph: ProcessGraph, wait: Wait) -> str:
    """Return which listener of its element a wait belongs to, in words that can follow others."""
    plan = graph.nodes[wait.node].listeners
    if wait.listener is None or plan is None:
        return ""
    spec = plan.called_by(wait.listener.event)[wait.listener.index]
    return f", for its {spec.event.value} listener {spec.number}"


def _words(  # noqa: C901, PLR0912 — a case for each kind
    wait: Wait, task: UserTaskView | None, listener: str
) -> str:
    match wait.kind:
        case WaitKind.JOB if wait.name == DECISION_JOB:
            return "waits for the decision that it calls"
        case WaitKind.JOB:
            is_stored = wait.name == DATA_STORE
            worker = "a data store" if is_stored else f"a worker of job type {wait.name}"
            return f"waits for {worker}{listener}"
        case WaitKind.USER_TASK:
            if task is not None and task.assignee is not None:
                return f"waits for {task.assignee} to complete it"
            return "waits for a person to complete it"
        case WaitKind.TIMER:
            if wait.schedule is None:
                return "waits for a timer"
            return f"waits until {wait.schedule.due_at:%Y-%m-%d %H:%M:%S} UTC{listener}"
        case WaitKind.MESSAGE:
            return f"waits for message {wait.name}{_keyed(wait.correlation_key)}"
        case WaitKind.SIGNAL:
            return f"waits for signal {wait.name}"
        case WaitKind.CONDITION:
            return f"waits until {(wait.name or '').lstrip('= ')} is true"
        case WaitKind.DATA:
            return f"waits for data: {wait.name} has no value yet"
        case WaitKind.CHILD:
            return f"waits for the called process {wait.name}"


def _keyed(key: str | None) -> str:
    """Return what a message has to carry, in words."""
    if key is None:
        return ""
    key_id = key_id_of(key)
    if key == open_key(key_id):
        return f" with any {key_id}"
    if key == unknown_key(key_id):
        return f", as soon as the data says its {key_id}"
    return f" with key {key}"


def _sentence(wait: Wait, job: JobView | None, task: UserTaskView | None, listener: str) -> str:
    words = _words(wait, task, listener)
    if job is not None:
        words += _about(job)
    return words[0].upper() + words[1:] + "."


def _about(job: JobView) -> str:
    match job.state:
        case JobState.LOCKED:
            return f", which {job.locked_by} works on"
        case JobState.WATCHING:
            return "; an outside system works on it"
        case JobState.FAILED:
            return "; its attempts are spent and there is an incident"
        case JobState.CREATED if job.waiting_for_resource is not None:
            return f"; it waits until the resource {job.waiting_for_resource} has room for it"
        case JobState.CREATED:
            return "" if job.last_failure is None else "; the last attempt failed"
