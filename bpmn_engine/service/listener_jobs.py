"""What the worker of a listener is told beside the variables: the event, and the user task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.model.listeners import OF_USER_TASKS, ListenerEvent
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import user_tasks
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.work import ActivatedJob

_PREFIX: Final = "io.camunda.zeebe:"
"""Begins the names that Camunda 8 gives the headers of a user task's listener."""

_ACTIONS: Final[Mapping[ListenerEvent, str]] = {
    ListenerEvent.CREATING: "create",
    ListenerEvent.ASSIGNING: "assign",
    ListenerEvent.UPDATING: "update",
    ListenerEvent.COMPLETING: "complete",
}


def told(
    work: UnitOfWork,
    job: ActivatedJob,
    row: JobRow,
    state: InstanceState | None,
    names: Sequence[str] | None,
) -> ActivatedJob:
    """Return a job with what its worker has to know of the listener; any other job as it is."""
    wait = None if state is None else state.waits.get(row.wait)
    if wait is None or wait.listener is None:
        return job
    at = wait.listener
    plan = work.graph(row.definition_key).nodes[wait.node].listeners
    if plan is None:
        return job
    spec = plan.called_by(at.event)[at.index]
    brought = {
        name: value for name, value in at.variables.items() if names is None or name in names
    }
    headers = dict(job.headers)
    if at.event in _ACTIONS:
        headers[_PREFIX + "action"] = _ACTIONS[at.event]
    task = user_tasks.find_at(work.session, row.instance_key, row.visit)
    if task is not None:
        headers |= _of_task(task)
    headers |= {_PREFIX + name: _text(value) for name, value in at.changes.items()}
    if at.changes:
        headers[_PREFIX + "changedAttributes"] = ",".join(sorted(at.changes))
    return replace(
        job,
        variables={**job.variables, **brought},
        headers=headers,
        listener_event=spec.event.value,
        may_set_variables=spec.is_camunda7 or spec.event not in OF_USER_TASKS,
    )


def _of_task(task: UserTaskRow) -> dict[str, str]:
    moments = {"dueDate": task.due_at, "followUpDate": task.follow_up_at}
    texts = {
        "assignee": task.assignee or "",
        "candidateGroups": ",".join(task.candidate_groups),
        "candidateUsers": ",".join(task.candidate_users),
        "priority": str(task.priority),
        "userTaskKey": str(task.key),
        **{name: moment.isoformat() for name, moment in moments.items() if moment is not None},
    }
    return {_PREFIX + name: text for name, text in texts.items()}


def _text(value: JsonValue) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(str(member) for member in value)
    return "" if value is None else str(value)
