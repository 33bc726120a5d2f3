"""Engine: the engine inside a Python program, without a server, a broker or a web page.

::

    engine = Engine()
    engine.deploy("order.bpmn")

    @engine.worker("check-stock")
    def check_stock(job: ActivatedJob) -> Variables:
        return {"in_stock": job.variables["quantity"] < 10}

    order = engine.start("order", {"quantity": 3})
    engine.run_until_idle()
    assert order.is_ended
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from bpmn_engine.clock import SystemClock
from bpmn_engine.errors import (
    BpmnEngineError,
    BpmnError,
    ConflictError,
    DatabaseUnavailableError,
    DeploymentRefusedError,
    IdleTimeoutError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from bpmn_engine.functions import P, R
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.ports import Clock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import (
    MessageResult,
    Problem,
    ProblemKind,
    Resource,
    SignalResult,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.store.definitions import content_hash
from bpmn_engine.values import Variables
from bpmn_engine.views.definitions import DeployedDefinition
from bpmn_engine.views.instances import InstanceView, WaitView
from bpmn_engine.views.operations import IncidentFilter, IncidentView
from bpmn_engine.views.paging import Caller, PageRequest
from bpmn_engine.views.work import (
    ActivatedJob,
    AdHocAnswer,
    MeasuredResult,
    TaskFilter,
    UserTaskView,
)
from bpmn_engine.workers.functions import function_workers
from bpmn_engine.workers.python_workers import PermanentFailureError, completed
from bpmn_engine.workers.scripts import LANGUAGES, do_script

Result = TypeVar("Result")

JobWork = Callable[[ActivatedJob], Variables | AdHocAnswer | MeasuredResult | None]
"""Does one job and returns its result; raises `BpmnError`, or anything else for a failure."""

_LOG = logging.getLogger(__name__)
_BATCH: Final = 100
_MAX_ROUNDS: Final = 10_000
_OPERATOR: Final = "engine"
_ALL: Final = PageRequest(limit=200)
_IN_MEMORY: Final = "sqlite://"
_ENDED: Final = frozenset(
    {InstanceStatus.COMPLETED, InstanceStatus.FAILED, InstanceStatus.TERMINATED}
)


class Instance:
    """One process instance; every property is read from the database when it is asked for."""

    def __init__(self, service: EngineService, key: int) -> None:
        self._service = service
        self.key: Final = key

    @property
    def view(self) -> InstanceView:
        """The instance with its variables, open visits and relatives.

        Raises:
            NotFoundError: it was deleted.
        """
        return unwrap(self._service.instance(self.key))

    @property
    def status(self) -> InstanceStatus:
        """Where it is in its life."""
        return self.view.summary.status

    @property
    def is_ended(self) -> bool:
        """Whether it has completed, failed or was terminated."""
        return self.status in _ENDED

    @property
    def variables(self) -> Variables:
        """The variables of its own scope."""
        return self.view.variables

    @property
    def waits(self) -> tuple[WaitView, ...]:
        """What it waits for, in words and in parts; what is stuck is in `incidents`."""
        return unwrap(self._service.instance_waits(self.key))

    @property
    def incidents(self) -> tuple[IncidentView, ...]:
        """What needs a person now, newest first, up to 200."""
        own = IncidentFilter(instance_key=self.key)
        return unwrap(self._service.incidents(own, page=_ALL)).items

    def cancel(self, reason: str | None = None) -> None:
        """End it and everything it has called.

        Raises:
            ConflictError: it has ended.
        """
        unwrap(self._service.cancel_instance(self.key, reason=reason, actor=_OPERATOR))


class Engine:
    """The engine for library users: the same guarantees, outcomes as return values or exceptions.

    Without a url everything is in memory and gone at the end. Thread-safe, apart from `worker`.
    """

    def __init__(
        self,
        url: str = _IN_MEMORY,
        *,
        clock: Clock | None = None,
        settings: EngineSettings | None = None,
    ) -> None:
        chosen = replace(settings or EngineSettings(), database_url=url)
        self._database = Database(url, pool_size=chosen.database_pool_size)
        self._database.migrate()
        self.service: Final = EngineService(self._database, clock or SystemClock(), chosen)
        self._workers: dict[str, JobWork] = dict.fromkeys(LANGUAGES, do_script)

    def deploy(
        self, *sources: Path | str | bytes, name: str | None = None
    ) -> tuple[DeployedDefinition, ...]:
        """Deploy diagrams and forms together: paths of files or folders, or a diagram's bytes.

        Raises:
            DeploymentRefusedError: a file cannot be executed as drawn; nothing was stored.
        """
        resources = [item for source in sources for item in _resources(source)]
        result = self.service.deploy(resources, name=name, actor=_OPERATOR)
        return unwrap(result).definitions

    def start(
        self,
        process_id: str,
        variables: Variables | None = None,
        *,
        business_key: str | None = None,
        version: int | None = None,
    ) -> Instance:
        """Start an instance, of the latest version unless told otherwise.

        Raises:
            NotFoundError: no such process is deployed.
        """
        summary = self.service.start_instance(
            process_id,
            version=version,
            variables={} if variables is None else variables,
            business_key=business_key,
            actor=_OPERATOR,
        )
        return Instance(self.service, unwrap(summary).key)

    def instance(self, key: int) -> Instance:
        """Return an instance by its key.

        Raises:
            NotFoundError: there is none.
        """
        unwrap(self.service.instance(key))
        return Instance(self.service, key)

    def tasks(
        self, where: TaskFilter | None = None, *, user: str | None = None
    ) -> list[UserTaskView]:
        """Return open user tasks, up to 200: all, or those that a user may see."""
        page = self.service.user_tasks(where or TaskFilter(), caller=_caller(user), page=_ALL)
        return list(unwrap(page).items)

    def complete(
        self,
        task: UserTaskView | int,
        variables: Variables | None = None,
        *,
        user: str | None = None,
    ) -> UserTaskView:
        """Complete a user task, as a user or as an operator.

        Raises:
            NotFoundError: there is none, or the user may not see it.
            ConflictError: it was completed or withdrawn, or somebody else has it.
        """
        key = task if isinstance(task, int) else task.key
        given = {} if variables is None else variables
        return unwrap(self.service.complete_task(key, given, caller=_caller(user)))

    def message(
        self,
        name: str,
        correlation_key: str | None = None,
        variables: Variables | None = None,
        *,
        time_to_live: dt.timedelta = dt.timedelta(0),
    ) -> MessageResult:
        """Bring a message to the instance that waits for it, or start one.

        Raises:
            NotFoundError: nothing waits, and the message has no time to live.
        """
        return unwrap(
            self.service.correlate_message(
                name,
                correlation_key=correlation_key,
                variables={} if variables is None else variables,
                time_to_live=time_to_live,
                actor=_OPERATOR,
            )
        )

    def signal(self, name: str, variables: Variables | None = None) -> SignalResult:
        """Deliver a signal to all that wait for it, and start all that begin with it."""
        given = {} if variables is None else variables
        return unwrap(self.service.broadcast_signal(name, variables=given, actor=_OPERATOR))

    def worker(self, job_type: str) -> Callable[[JobWork], JobWork]:
        """Let a function do the jobs of a type, whenever `run_until_idle` runs."""

        def register(work: JobWork) -> JobWork:
            self._workers[job_type] = work
            return work

        return register

    def function(self, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Let expressions in JUEL call a function: `@engine.function("rates.discount")`.

        Register it before diagrams that call it are deployed; see docs/expressions.md.
        """
        return self.service.functions.function(name)

    def run_until_idle(self, *, max_rounds: int = _MAX_ROUNDS) -> int:
        """Do in this thread all that is due now: follow-ups, timers, jobs of registered workers.

        Returns how many things were done.

        Raises:
            IdleTimeoutError: after `max_rounds` there is still work.
        """
        done = 0
        for _ in range(max_rounds):
            count = (
                self.service.drain(_BATCH)
                + self.service.go_on(_BATCH)
                + self.service.advance_migrations(_BATCH)
                + self.service.advance_batches(_BATCH)
                + self.service.fire_due_timers(_BATCH)
                + self.service.start_due_timers(_BATCH)
                + self.service.do_data_store_jobs(_BATCH)
                + self._run_jobs()
            )
            if not count:
                return done
            done += count
        raise IdleTimeoutError(f"Expected the engine to come to rest in {max_rounds} rounds.")

    def close(self) -> None:
        """Close the database; an engine in memory is gone."""
        self._database.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run_jobs(self) -> int:
        workers: dict[str, JobWork] = {**function_workers(self.service.functions), **self._workers}
        activated = self.service.activate_jobs(
            sorted(workers),
            worker=_OPERATOR,
            limit=_BATCH,
            lock=self.service.settings.lock_duration,
        )
        for job in activated:
            self._run_job(job, workers[job.job_type])
        return len(activated)

    def _run_job(self, job: ActivatedJob, work: JobWork) -> None:
        token = job.lock_token
        try:
            result = work(job)
        except BpmnError as error:
            problem = self.service.throw_job_error(
                job.key,
                error.code,
                message=error.message,
                variables=error.variables,
                lock_token=token,
                actor=_OPERATOR,
            )
        except PermanentFailureError as error:
            problem = self.service.fail_job(
                job.key, str(error), retries_left=0, lock_token=token, actor=_OPERATOR
            )
        except Exception as error:  # noqa: BLE001 — whatever a user's function raises is its failure
            _LOG.warning("job=%s type=%s outcome=failed", job.key, job.job_type, exc_info=True)
            text = f"{type(error).__name__}: {error}"
            problem = self.service.fail_job(job.key, text, lock_token=token, actor=_OPERATOR)
        else:
            done = completed(result)
            problem = self.service.complete_job(
                job.key,
                done.variables if job.may_set_variables else {},
                lock_token=token,
                ad_hoc=done.ad_hoc,
                actor=_OPERATOR,
                cost=done.cost,
            )
        if problem is not None and job.listener_event is not None:
            # A listener that wanted what it may not: without an incident nobody would know.
            message = problem.message
            problem = self.service.fail_job(
                job.key, message, is_permanent=True, lock_token=token, actor=_OPERATOR
            )
        if problem is not None:
            _LOG.warning("job=%s outcome=refused reason=%s", job.key, problem.message)


def unwrap(outcome: Result | Problem) -> Result:
    """Return the result of a use case.

    Raises:
        BpmnEngineError: the class for its kind, when it is a problem.
    """
    if not isinstance(outcome, Problem):
        return outcome
    if outcome.kind is ProblemKind.REFUSED:
        raise DeploymentRefusedError(outcome.violations)
    raise _ERRORS[outcome.kind](outcome.message)


_ERRORS: Final[dict[ProblemKind, type[BpmnEngineError]]] = {
    ProblemKind.NOT_FOUND: NotFoundError,
    ProblemKind.CONFLICT: ConflictError,
    ProblemKind.INVALID: InvalidInputError,
    ProblemKind.FORBIDDEN: NotAllowedError,
    ProblemKind.UNAVAILABLE: DatabaseUnavailableError,
}


def _caller(user: str | None) -> Caller:
    if user is None:
        return Caller(user_id=_OPERATOR, sees_all=True)
    return Caller(user_id=user)


def _resources(source: Path | str | bytes) -> Sequence[Resource]:
    if isinstance(source, bytes):
        # Several diagrams given as bytes need names of their own within one deployment.
        name = f"{content_hash(source)[:16]}.bpmn"
        return (Resource(name=name, content=source),)
    path = Path(source)
    if not path.is_dir():
        return (Resource(name=path.name, content=path.read_bytes()),)
    return [
        Resource(name=file.relative_to(path).as_posix(), content=file.read_bytes())
        for file in sorted(path.rglob("*"))
        if file.suffix in {".bpmn", ".form", ".dmn"}
    ]
