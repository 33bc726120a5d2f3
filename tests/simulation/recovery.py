"""When the faults are over: one process does all that is due, and people answer the rest."""

from __future__ import annotations

from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.views.operations import IncidentView
from bpmn_engine.views.paging import Caller, Page, PageRequest
from bpmn_engine.views.work import JobFilter, TaskFilter
from bpmn_engine.workers.job_runner import JobRunner
from tests.simulation.cluster import Chore
from tests.simulation.diagrams import REMEDIES
from tests.simulation.hosts import LEASE, Host
from tests.simulation.outside import Outside
from tests.simulation.scheduler import Scheduler
from tests.simulation.storage import Rows

_ROUNDS: Final = 200
_ALL: Final = PageRequest(limit=200)
_OPERATOR: Final = "operator"
_CALLER: Final = Caller(user_id=_OPERATOR, sees_all=True)


class Recovery:
    """Brings everything to its end."""

    def __init__(
        self,
        scheduler: Scheduler,
        host: Host,
        runner: JobRunner,
        chores: tuple[Chore, ...],
        outside: Outside,
        rows: Rows,
    ) -> None:
        self._rows = rows
        self._scheduler = scheduler
        self._host = host
        self._service: EngineService = host.service
        self._runner = runner
        self._chores = chores
        self._outside = outside

    def run(self) -> None:
        """Go on until nothing is left to do, or for ever so long."""
        for _ in range(_ROUNDS):
            if not (self._do_what_is_due() or self._let_time_pass() or self._answer()):
                return

    def _do_what_is_due(self) -> int:
        """Do it all; what the database gave up is for the next round, as for a real worker.

        Where all processes have one number, a new one may make keys that are there already, more
        often than a transaction is tried again.
        """
        try:
            return self._work()
        except DatabaseUnavailableError:
            self._scheduler.wait(None, 1.0)
            return 1

    def _work(self) -> int:
        done = sum(chore.do() for chore in self._chores if self._is_any(chore.has_work))
        return done + (self._jobs() if self._is_any("SELECT 1 FROM job") else 0)

    def _is_any(self, query: str) -> bool:
        """Ask cheaply first: most of a recovery's time goes into looking for nothing."""
        return bool(self._rows(f"{query} LIMIT 1"))

    def _jobs(self) -> int:
        jobs = self._runner.activate(20)
        for job in jobs:
            self._runner.run(job)
        far = self._service.activate_jobs(("remote",), worker="far", limit=20, lock=LEASE)
        for job in far:
            self._outside.effect("idempotent", f"remote-{job.idempotency_key}")
            self._service.complete_job(job.key, {}, lock_token=job.lock_token, actor="far")
        return len(jobs) + len(far)

    def _let_time_pass(self) -> int:
        due_at = self._service.next_due_at()
        if due_at is None:
            return 0
        seconds = (due_at - self._host.clock.now()).total_seconds()
        # What is due already and still there is postponed in a way that does not show.
        self._scheduler.wait(None, seconds + 0.001 if seconds > 0 else 1.0)
        return 1

    def _answer(self) -> int:
        return (
            self._resume()
            + self._complete_tasks()
            + self._resolve()
            + self._send()
            + self._wait_for_postponed()
        )

    def _resume(self) -> int:
        held = self._rows("SELECT key FROM process_instance WHERE status = 'suspended'")
        for (key,) in held:
            self._service.resume_instance(key, actor=_OPERATOR)
        return len(held)

    def _complete_tasks(self) -> int:
        page = self._service.user_tasks(TaskFilter(), caller=_CALLER, page=_ALL)
        tasks = page.items if isinstance(page, Page) else ()
        for task in tasks:
            answer = self._service.complete_task(task.key, {"ok": False}, caller=_CALLER)
            if isinstance(answer, Problem):
                self._scheduler.broken.append(f"task {task.key} of an open list: {answer.message}")
        return len(tasks)

    def _resolve(self) -> int:
        page = self._service.incidents(page=_ALL)
        found = page.items if isinstance(page, Page) else ()
        for incident in found:
            self._resolve_one(incident)
        return len(found)

    def _resolve_one(self, incident: IncidentView) -> None:
        if incident.job_key is not None and self._has_happened(incident.job_key):
            problem = self._service.complete_job(incident.job_key, {}, actor=_OPERATOR)
        else:
            variables = REMEDIES.get(incident.process_id, {})
            answer = self._service.resolve_incident(
                incident.key, retries=3, variables=variables, actor=_OPERATOR
            )
            problem = answer if isinstance(answer, Problem) else None
        if problem is not None:
            self._scheduler.broken.append(f"incident {incident.key}: {problem.message}")

    def _has_happened(self, job_key: int) -> bool:
        """Do what a person does: ask the system whether it was done."""
        page = self._service.jobs(JobFilter(keys=frozenset({job_key})), page=_ALL)
        jobs = page.items if isinstance(page, Page) else ()
        rows = self._rows(f"SELECT business_attempt FROM job WHERE key = {job_key}")  # noqa: S608
        if not jobs or not rows:
            return False
        attempt = rows[0][0]
        key = f"{job_key}" if attempt == 1 else f"{job_key}:{attempt}"
        return self._outside.happened(jobs[0].job_type, key)

    def _send(self) -> int:
        open_waits = self._rows(
            "SELECT instance_key, kind, name FROM subscription WHERE kind IN ('message', 'signal')"
            " ORDER BY instance_key, wait"
        )
        needed = [
            (key, kind, name)
            for key, kind, name in open_waits
            if name != "aside" and not (name == "over" and self._waits_else(key))
        ]
        for key, kind, name in needed:
            if kind == "message":
                self._service.correlate_message(name, instance_key=key, actor=_OPERATOR)
            else:
                self._service.broadcast_signal(name, actor=_OPERATOR)
        return len(needed)

    def _waits_else(self, key: int) -> bool:
        """Tell whether an instance goes on without being told that it is over."""
        return bool(
            self._rows(
                "SELECT 1 FROM job WHERE instance_key = "  # noqa: S608 -- a number
                f"{key} UNION SELECT 1 FROM user_task WHERE instance_key = {key}"
                " AND state NOT IN ('completed', 'withdrawn')"
            )
        )

    def _wait_for_postponed(self) -> int:
        """Let time pass for follow-ups that are tried again later."""
        later = self._rows("SELECT key FROM inbox WHERE not_before IS NOT NULL")
        later += self._rows("SELECT key FROM outbox")
        if later:
            self._scheduler.wait(None, 120.0)
        return len(later)
