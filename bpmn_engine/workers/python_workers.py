"""Jobs done by Python functions of the program that embeds the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from bpmn_engine.errors import BpmnError
from bpmn_engine.values import Variables
from bpmn_engine.views.work import ActivatedJob, AdHocAnswer, MeasuredResult
from bpmn_engine.workers.outcomes import Completed, GiveUp, Outcome, Thrown, TryAgain

PythonWorker = Callable[[ActivatedJob], Variables | AdHocAnswer | MeasuredResult | None]
"""Does one job; what it returns completes the job. It may run twice: use `idempotency_key`.

The worker of an ad-hoc sub-process returns an `AdHocAnswer`.
"""


class TryLaterError(Exception):
    """Raised by a worker: the attempt failed, another one may succeed after a wait."""

    def __init__(self, message: str, *, after: dt.timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.after = after


class PermanentFailureError(Exception):
    """Raised by a worker: repeating cannot help, a person is needed."""


class WorkerRegistry:
    """Which function does which job type. Fill it before the workers start."""

    def __init__(self) -> None:
        self._workers: dict[str, PythonWorker] = {}

    @property
    def job_types(self) -> tuple[str, ...]:
        """The job types that a function is registered for."""
        return tuple(self._workers)

    def find(self, job_type: str) -> PythonWorker | None:
        """Return the function that does jobs of this type; None if there is none."""
        return self._workers.get(job_type)

    def add(self, job_type: str, worker: PythonWorker) -> None:
        """Register a function.

        Raises:
            ValueError: The job type has one already.
        """
        if job_type in self._workers:
            raise ValueError(f"Expected one worker for {job_type!r}, but there is one already.")
        self._workers[job_type] = worker

    def worker(self, job_type: str) -> Callable[[PythonWorker], PythonWorker]:
        """Return the decorator that registers a function for a job type."""

        def register(worker: PythonWorker) -> PythonWorker:
            self.add(job_type, worker)
            return worker

        return register


def run_python_worker(worker: PythonWorker, job: ActivatedJob) -> Outcome:
    """Do one job. Any exception that says nothing else is a technical failure.

    Raises:
        Exception: whatever the worker raises beside its three words; the caller logs it.
    """
    try:
        answer = worker(job)
    except BpmnError as error:
        return Thrown(
            error_code=error.code, message=error.message or "", variables=error.variables
        )
    except TryLaterError as error:
        return TryAgain(message=error.message, after=error.after, phase=None)
    except PermanentFailureError as error:
        return GiveUp(message=str(error), phase=None)
    return completed(answer)


def completed(answer: Variables | AdHocAnswer | MeasuredResult | None) -> Completed:
    """Return what the answer of a worker completes its job with."""
    match answer:
        case AdHocAnswer():
            return Completed(ad_hoc=answer)
        case MeasuredResult(variables=variables, cost=cost):
            return Completed(variables=variables, cost=cost)
        case _:
            return Completed(variables=answer or {})
