"""Timers, and the loop that a worker runs: what is due now, and when something is due next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bpmn_engine.expressions.timers import next_firing
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import FireTimer, Rejection, StartInstance
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.ports import Clock
from bpmn_engine.service.observing import Observer, TimerNote
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import definitions, starts, waits
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.waits import DueTimes


class TimerUseCases(UseCases):
    """What happens because time passes. Any number of processes may run these at once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: EngineSettings,
        *,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(database, clock, settings, observer=observer)
        self._fired_together = self._portions()
        self._started_by_time = self._portions()

    def fire_due_timers(self, limit: int) -> int:
        """Fire the timers that are due in up to `limit` instances; returns how many fired.

        An instance that has a great many does not fire all of them: the others are still due.
        """
        now = self.clock.now()
        due = self._read(lambda session: waits.find_due_instances(session, now, limit))
        return sum(self._fire(part) for part in self._fired_together.parts(due))

    def start_due_timers(self, limit: int) -> int:
        """Start instances whose timer start event is due; returns how many.

        A repeating timer starts one instance for each time that was missed while nothing ran.
        """
        most = min(limit, self._started_by_time.size())
        return self._count(self._started_by_time.timed(lambda unit: _start(unit, most), int))

    def _fire(self, keys: Sequence[Key]) -> int:
        most = max(len(keys), self._fired_together.size())
        fire = self._fired_together.timed(lambda unit: _fire(unit, keys, most), int)
        return self._count(fire)

    def drain(self, limit: int) -> int:
        """Finish what earlier transactions left, of this process or of one that died.

        Returns how many follow-ups were done.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._follow_ups.drain(limit)

    def go_on(self, limit: int) -> int:
        """Let up to `limit` instances go on whose last step was long enough; return how many.

        It costs nothing while there are none, so that it may be called all the time.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        done = self._continuations.run(limit)
        return done + (self._follow_ups.drain(limit) if done else 0)

    def condense_states(self, limit: int) -> int:
        """Write those of the next `limit` large states anew that have changed enough.

        Returns how many were. Steps do not wait for it; without it, reading them takes longer.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._large_states.run(limit)

    def next_due_at(self) -> dt.datetime | None:
        """Return when the next timer, job, end of a lock or poll is due; None = nothing will be.

        It lies in the past while something is due that nobody has taken, such as a job of a type
        that no worker serves.
        """
        return self._read(waits.due_times).first

    def due_times(self) -> DueTimes:
        """Return when the next timer, start timer and job are due; as `next_due_at`, by kind."""
        return self._read(waits.due_times)

    def next_timer_due_at(self) -> dt.datetime | None:
        """Return when the next timer or timer start event is due; None = there is none."""

        def query(session: Session) -> dt.datetime | None:
            due = (waits.next_timer_due_at(session), starts.next_start_timer_due_at(session))
            return min((at for at in due if at is not None), default=None)

        return self._read(query)


def _fire(work: UnitOfWork, keys: Sequence[Key], limit: int) -> int:
    # Whatever another process has locked it will fire itself, or change.
    work.lock(keys, skip_locked=True)
    fired = 0
    for timer in waits.due_timers(work.session, work.locked(), work.now, limit):
        outcome = work.apply(timer.instance_key, FireTimer(wait=timer.wait), actor=None)
        fired += not isinstance(outcome, Rejection)
        _note(work, timer.due_at)
        if work.moves.are_spent:
            break
    return fired


def _start(work: UnitOfWork, limit: int) -> int:
    started = 0
    for timer in starts.due_start_timers(work.session, work.now, limit):
        definition = definitions.find(work.session, timer.definition_key)
        if definition is not None:
            command = StartInstance(element_id=timer.element_id, trigger=WaitKind.TIMER)
            started += not isinstance(work.start(definition, command, actor=None), Rejection)
        _note(work, timer.schedule.due_at)
        starts.move_start_timer(work.session, timer.key, next_firing(timer.schedule))
        if work.moves.are_spent:
            break
    return started


def _note(work: UnitOfWork, due_at: dt.datetime) -> None:
    if work.observer is not None:
        work.notes.append(TimerNote(lag_seconds=(work.now - due_at).total_seconds()))
