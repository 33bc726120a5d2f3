"""Holding single jobs and timers, and reckoning anew when a timer is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.expressions.timers import TimerSchedule, first_firing
from bpmn_engine.graph.specs import TimerSpec, triggers_of
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import MoveTimer
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import Wait
from bpmn_engine.service.job_offers import visible_variables
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.store import due_changes, history


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAt:
    """A job or a timer, by what waits for it."""

    instance_key: int
    wait: int
    element_id: str


class DueByHand(UseCases):
    """What operators do with single jobs and timers, beside doing them."""

    def hold_dues(
        self, dues: Sequence[DueAt], *, is_held: bool, actor: str | None = None
    ) -> Problem | None:
        """Hold jobs and timers, so that nobody takes them and none fires, or let them go on.

        All of them or none. A job that a worker has taken already can still be completed. When the
        instance is resumed all of its jobs and timers go on.
        """

        def work(unit: UnitOfWork) -> None:
            unit.lock(Key(each.instance_key) for each in dues)
            for each in dues:
                _hold(unit, each, is_held=is_held, actor=actor)
            unit.touch("jobs")

        return self._commit(work)

    def recalculate_timer(
        self,
        instance_key: int,
        wait: int,
        *,
        since: dt.datetime | None = None,
        actor: str | None = None,
    ) -> Problem | None:
        """Let a timer be due when its text says so by the variables as they are now.

        A duration and a cycle count from `since`, by default from now. Later firings of a cycle
        stay where they are.
        """

        def work(unit: UnitOfWork) -> None:
            key = Key(instance_key)
            unit.lock((key,))
            schedule = _schedule(unit, key, ElementKey(wait), since or unit.now)
            command = MoveTimer(wait=ElementKey(wait), due_at=schedule.due_at)
            apply_or_abandon(unit, key, command, actor=actor)

        return self._commit(work)


def _hold(unit: UnitOfWork, due: DueAt, *, is_held: bool, actor: str | None) -> None:
    key, wait = Key(due.instance_key), ElementKey(due.wait)
    row = unit.row(key)
    if row is None:
        raise AbandonedError(not_found("process instance", key))
    if row.status is InstanceStatus.SUSPENDED and not is_held:
        message = f"Expected the process instance {key} to be active, but it is suspended."
        raise AbandonedError(conflict(f"{message} Resume it: then its jobs go on, too."))
    if not due_changes.hold(unit.session, key, wait, is_held=is_held):
        raise AbandonedError(not_found("job or timer", f"{key}:{wait}"))
    history.write_note(
        unit.session,
        instance_key=key,
        at=unit.now,
        actor=actor,
        action="SuspendJob" if is_held else "ResumeJob",
        detail={},
        wait=wait,
        element_id=due.element_id,
    )
    unit.touch(f"instance:{key}")


def _schedule(
    unit: UnitOfWork, key: Key, wait_key: ElementKey, since: dt.datetime
) -> TimerSchedule:
    state, row = unit.state(key), unit.row(key)
    wait: Wait | None = None if state is None else state.waits.get(wait_key)
    if state is None or row is None or wait is None or wait.schedule is None:
        raise AbandonedError(not_found("timer", f"{key}:{wait_key}"))
    node = unit.graph(row.definition_key).nodes[wait.node]
    specs = [one for one in triggers_of(node.spec) if isinstance(one, TimerSpec)]
    if len(specs) != 1 or wait.listener is not None:
        message = f"Expected one timer at {node.element_id}, but there are others."
        raise AbandonedError(conflict(f"{message} Set its date."))
    value = specs[0].expression.evaluate(visible_variables(state, wait.visit), since)
    schedule = (
        value
        if isinstance(value, EvaluationFailure)
        else first_firing(specs[0].kind, value, since)
    )
    if isinstance(schedule, EvaluationFailure):
        raise AbandonedError(invalid(schedule.message, field_name="timer"))
    return schedule
