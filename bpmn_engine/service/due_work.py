"""What operators do with single timers and jobs, and which of them a process has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.expressions.timers import next_firing
from bpmn_engine.graph.nodes import NodeKind, ProcessGraph
from bpmn_engine.graph.specs import JobSpec, TimerSpec, triggers_of
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import FireTimer, MoveTimer, Rejection, StartInstance
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.service.outcomes import Problem, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError, of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.store import definitions, due_changes, starts
from bpmn_engine.store.database import Session

_MOST_DUE = 1_000


class WorkKind(Enum):
    """What an element has done at a time, or by a worker."""

    START_TIMER = "start_timer"
    TIMER = "timer"
    JOB = "job"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementWork:
    """A timer of an element, or the jobs that workers do for it."""

    definition_key: int
    element_id: str
    kind: WorkKind
    text: str  #: the job's type, or the timer's text; an expression as it is written


class DueWork(UseCases):
    """What is done with single timers and jobs."""

    def fire_timer(
        self, instance_key: int, wait: int, *, actor: str | None = None
    ) -> Problem | None:
        """Let a timer of an instance fire now, whenever it is due."""

        def work(unit: UnitOfWork) -> None:
            command = FireTimer(wait=ElementKey(wait))
            apply_or_abandon(unit, Key(instance_key), command, actor=actor)

        return self._commit(work)

    def move_timer(
        self, instance_key: int, wait: int, due_at: dt.datetime, *, actor: str | None = None
    ) -> Problem | None:
        """Let a timer of an instance be due at another time; later firings stay where they are."""

        def work(unit: UnitOfWork) -> None:
            command = MoveTimer(wait=ElementKey(wait), due_at=due_at)
            apply_or_abandon(unit, Key(instance_key), command, actor=actor)

        return self._commit(work)

    def fire_start_timer(self, key: int, *, actor: str | None = None) -> Problem | None:
        """Start an instance by a timer start event now; the timer goes on with its next firing."""

        def work(unit: UnitOfWork) -> None:
            due_changes.set_start_due(unit.session, Key(key), unit.now)
            due = starts.due_start_timers(unit.session, unit.now, _MOST_DUE, also_held=True)
            timer = next((each for each in due if each.key == key), None)
            definition = (
                None if timer is None else definitions.find(unit.session, timer.definition_key)
            )
            if timer is None or definition is None:
                raise AbandonedError(not_found("timer", key))
            command = StartInstance(element_id=timer.element_id, trigger=WaitKind.TIMER)
            started = unit.start(definition, command, actor=actor)
            if isinstance(started, Rejection):
                raise AbandonedError(of_rejection(started))
            starts.move_start_timer(unit.session, timer.key, next_firing(timer.schedule))

        return self._commit(work)

    def set_job_due(self, key: int, due_at: dt.datetime) -> Problem | None:
        """Set before when nobody takes a job."""
        return self._change(
            key, "job", lambda session: due_changes.set_job_due(session, Key(key), due_at)
        )

    def set_job_priority(self, key: int, priority: int) -> Problem | None:
        """Set how urgent a job is."""
        if abs(priority) >= 2**31:
            return invalid("Expected a priority of at most 31 bits.", field_name="priority")
        return self._change(
            key, "job", lambda session: due_changes.set_job_priority(session, Key(key), priority)
        )

    def set_start_due(self, key: int, due_at: dt.datetime) -> Problem | None:
        """Set when a start timer fires next; later firings stay where they are."""
        return self._change(
            key, "timer", lambda session: due_changes.set_start_due(session, Key(key), due_at)
        )

    def annotate_incident(self, key: int, text: str | None) -> Problem | None:
        """Write a note on an incident, or remove it."""
        return self._change(
            key,
            "incident",
            lambda session: due_changes.annotate_incident(session, Key(key), text),
        )

    def element_work(self, definition_keys: Sequence[int]) -> tuple[ElementWork, ...]:
        """Return which timers and jobs the elements of process definitions have."""

        def query(session: Session) -> tuple[ElementWork, ...]:
            return tuple(
                work
                for key in definition_keys
                for work in _work_of(key, self._graphs.get(session, Key(key)))
            )

        return self._read(query)

    def _change(self, key: int, subject: str, change: Callable[[Session], bool]) -> Problem | None:
        def work(unit: UnitOfWork) -> None:
            if not change(unit.session):
                raise AbandonedError(not_found(subject, key))
            unit.touch("jobs", "incidents")

        return self._commit(work)


def _work_of(key: int, graph: ProcessGraph) -> Iterator[ElementWork]:
    starting = set(graph.scopes[0].starts) | set(graph.start_events)
    for node in graph.nodes:
        if isinstance(node.spec, JobSpec):
            yield ElementWork(
                definition_key=key,
                element_id=node.element_id,
                kind=WorkKind.JOB,
                text=node.spec.type.source,
            )
        for trigger in triggers_of(node.spec):
            if isinstance(trigger, TimerSpec):
                is_start = node.index in starting and node.kind is NodeKind.START
                yield ElementWork(
                    definition_key=key,
                    element_id=node.element_id,
                    kind=WorkKind.START_TIMER if is_start else WorkKind.TIMER,
                    text=trigger.expression.source,
                )
