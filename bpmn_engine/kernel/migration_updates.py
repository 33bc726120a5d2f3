"""An open wait that says what its element says now: same key, other name, form or due date."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from bpmn_engine.graph.specs import TriggerSpec
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import (
    CloseWait,
    CreateJob,
    CreateUserTask,
    OpenSubscription,
    ScheduleTimer,
    UpdateJob,
    UpdateUserTask,
)
from bpmn_engine.kernel.facts import Fact, InstanceMigrated, WaitOpened
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.state import InstanceState, Wait, WaitKind
from bpmn_engine.kernel.waiting import PlannedWait, plan

Work = TypeVar("Work", CreateJob, CreateUserTask)


def update_wait(
    draft: Draft, placed: InstanceState, wait: Wait, spec: TriggerSpec | None
) -> Failure | None:
    """Update one wait.

    Args:
        draft: the notebook of the target.
        placed: the state in which everything has its place in the target.
        wait: as it is in there.
        spec: the event definition of the target that it is for, if any.
    """
    if wait.kind in {WaitKind.JOB, WaitKind.USER_TASK}:
        return _update_work(draft, placed, wait)
    if spec is None:
        return None
    planned = plan(draft, wait.visit, draft.graph.nodes[wait.node], spec)
    if isinstance(planned, Failure):
        return planned
    _update_trigger(draft, wait, planned)
    return None


def _update_trigger(draft: Draft, wait: Wait, planned: PlannedWait) -> None:
    draft.record(
        WaitOpened(
            replace(
                wait,
                schedule=planned.schedule,
                name=planned.name,
                correlation_key=planned.correlation_key,
            )
        )
    )
    if planned.schedule is not None:
        draft.effects.append(
            ScheduleTimer(
                wait=wait.key, visit=wait.visit, node=wait.node, due_at=planned.schedule.due_at
            )
        )
    elif planned.name is not None:
        draft.effects.append(CloseWait(wait=wait.key, kind=wait.kind, is_withdrawn=True))
        draft.effects.append(
            OpenSubscription(
                wait=wait.key,
                visit=wait.visit,
                node=wait.node,
                kind=wait.kind,
                name=planned.name,
                correlation_key=planned.correlation_key,
            )
        )


def _update_work(draft: Draft, placed: InstanceState, wait: Wait) -> Failure | None:
    """Work out the job or user task as if it began now, on a page that is thrown away."""
    since = draft.facts[draft.facts.index(_placing(draft)) + 1 :]
    scratch = Draft(draft.graph, fold(since, placed), draft.now, draft.behaviors)
    scratch.cluster = draft.cluster
    node = draft.node_of(wait.visit)
    failure = draft.behaviors[node.kind].on_activate(scratch, wait.visit, node)
    if failure is not None:
        return failure
    for effect in scratch.effects:
        if isinstance(effect, CreateJob) and wait.kind is WaitKind.JOB:
            draft.record(WaitOpened(replace(wait, name=effect.job_type)))
            draft.effects.append(UpdateJob(job=_kept(effect, wait)))
        elif isinstance(effect, CreateUserTask) and wait.kind is WaitKind.USER_TASK:
            draft.effects.append(UpdateUserTask(task=_kept(effect, wait)))
    return None


def _placing(draft: Draft) -> Fact:
    return next(fact for fact in draft.facts if isinstance(fact, InstanceMigrated))


def _kept(effect: Work, wait: Wait) -> Work:
    """Return what was worked out, for the wait that is open."""
    return replace(effect, wait=wait.key)
