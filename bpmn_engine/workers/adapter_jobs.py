"""One attempt at a job through an adapter: written before it acts, never guessed after a crash.

    prepared    nothing was sent                      -> submitting
    submitting  it may have been sent                 -> watching, or the job ends
    watching    it was accepted; polled until it ends

A worker that finds `submitting` has lost its predecessor in the middle. It asks the adapter what
became of the work; where nobody can say and a repetition might do it twice, a person decides.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ValidationError

from bpmn_engine.expressions.language import Strictness
from bpmn_engine.ports import (
    Accepted,
    Adapter,
    Capability,
    Done,
    Failed,
    FailureKind,
    JobContext,
    Profile,
    Running,
)
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.views.operations import CancelledJob
from bpmn_engine.views.work import ActivatedJob, JobPhase
from bpmn_engine.workers.catalogue import Connections
from bpmn_engine.workers.outcomes import GiveUp, LockLost, Outcome, TryAgain, Watch
from bpmn_engine.workers.results import ResultMapping, read_mapping
from bpmn_engine.workers.retries import UNKNOWN_ADVICE, RetryPolicy, poll_pause, read_policy
from bpmn_engine.workers.watched_work import WatchedWork, read_watched_work

PROFILE_VARIABLE: Final = "profile"
"""The job variable that names the connection profile; the adapter does not see it."""

_LOG = logging.getLogger(__name__)
_CHANCE: Final = random.Random()  # noqa: S311 — spreads polls; no secret depends on it
_CANNOT_ASK_PAUSE: Final = dt.timedelta(minutes=5)
_LOST: Final = (
    "Expected to know what became of an attempt, but its worker ended in the middle of it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Everything about one attempt that is known before the adapter is called."""

    adapter: Adapter
    job: ActivatedJob
    profile_name: str | None
    profile: Profile
    context: JobContext
    policy: RetryPolicy
    mapping: ResultMapping


class AdapterJobs:
    """Does jobs through adapters. Thread-safe."""

    def __init__(self, service: EngineService, connections: Connections) -> None:
        self._service = service
        self._connections = connections

    def run(self, adapter: Adapter, job: ActivatedJob) -> Outcome:
        """Make one attempt, or ask once about work that was accepted.

        Raises:
            Exception: whatever a faulty adapter raises; the caller logs it.
        """
        watched = read_watched_work(job.handle) if job.phase is JobPhase.WATCHING else None
        call = self._prepare(adapter, job, watched)
        if not isinstance(call, _Call):
            return call
        if job.phase is JobPhase.WATCHING:
            return self._poll(call, watched)
        job_input = _read_input(adapter, job)
        if isinstance(job_input, GiveUp):
            return job_input
        if job.phase is JobPhase.PREPARED:
            return self._submit_first(call, job_input)
        return self._submit_again(call, job_input)

    def cancel(self, adapter: Adapter, cancelled: CancelledJob) -> None:
        """Ask the outside system to stop work that nobody waits for any more.

        Raises:
            Exception: whatever a faulty adapter raises; the caller logs it.
        """
        watched = read_watched_work(cancelled.handle)
        if watched is None or Capability.CANCEL not in adapter.meta.capabilities:
            return
        profile = self._connections.profile(cancelled.job_type, watched.profile)
        if not isinstance(profile, Profile):
            _LOG.warning(
                "job=%s outcome=not_cancelled reason=%r", cancelled.job_key, profile.message
            )
            return
        context = JobContext(
            job_key=cancelled.job_key,
            process_instance_key=0,
            process_id="",
            element_id="",
            business_key=None,
            idempotency_key=watched.idempotency_key,
            attempt=1,
            deadline=None,
        )
        said = adapter.cancel(context, profile, watched.handle)
        _LOG.info("job=%s outcome=cancel answer=%s", cancelled.job_key, said)

    def _prepare(
        self, adapter: Adapter, job: ActivatedJob, watched: WatchedWork | None
    ) -> _Call | GiveUp | TryAgain:
        is_strict = self._service.settings.strict_mappings
        strictness = Strictness.STRICT if is_strict else Strictness.LENIENT
        policy, mapping = read_policy(job.headers), read_mapping(job.headers, strictness)
        if isinstance(policy, str):
            return _give_up(policy)
        if isinstance(mapping, str):
            return _give_up(mapping)
        name = job.variables.get(PROFILE_VARIABLE) if watched is None else watched.profile
        if name is not None and not isinstance(name, str):
            message = (
                f"Expected the name of a connection profile, but {PROFILE_VARIABLE} has none."
            )
            return _give_up(message)
        profile = self._connections.profile(job.job_type, name)
        if not isinstance(profile, Profile):
            is_watched = watched is not None
            return _ask_later(job, profile.message) if is_watched else _give_up(profile.message)
        return _Call(
            adapter=adapter,
            job=job,
            profile_name=name,
            profile=profile,
            context=_context(job),
            policy=policy,
            mapping=mapping,
        )

    def _submit_first(self, call: _Call, job_input: BaseModel) -> Outcome:
        problem = self._service.record_job_handle(
            call.job.key, lock_token=call.job.lock_token, phase=JobPhase.SUBMITTING
        )
        if isinstance(problem, Problem):
            return LockLost(message=problem.message)
        return self._submit(call, job_input)

    def _submit_again(self, call: _Call, job_input: BaseModel) -> Outcome:
        """Go on where an earlier worker was lost."""
        capabilities = call.adapter.meta.capabilities
        if Capability.FIND in capabilities:
            found = self._find(call, job_input)
            if found is not None:
                return found
            return self._submit(call, job_input)
        if Capability.IDEMPOTENT in capabilities:
            return self._submit(call, job_input)
        return GiveUp(message=f"{_LOST} {UNKNOWN_ADVICE}", phase=JobPhase.UNKNOWN)

    def _find(self, call: _Call, job_input: BaseModel) -> Outcome | None:
        """Return what became of an earlier submit; None when it surely is absent."""
        try:
            found = call.adapter.find(call.context, call.profile, job_input)
        except Exception as error:  # noqa: BLE001 — an edge: adapters are others' code
            # Asking changes nothing, so it is asked again; the phase stays as it is.
            _LOG.exception("job=%s outcome=find_failed", call.job.key)
            return TryAgain(message=f"{_LOST} Asking failed: {error}", phase=None)
        return None if found is None else self._judge(call, found)

    def _submit(self, call: _Call, job_input: BaseModel) -> Outcome:
        answer = call.adapter.submit(call.context, call.profile, job_input)
        is_unknown = isinstance(answer, Failed) and answer.kind is FailureKind.UNKNOWN
        if not is_unknown:
            return self._judge(call, answer)
        capabilities = call.adapter.meta.capabilities
        if Capability.FIND in capabilities:
            found = self._find(call, job_input)
            if found is not None:
                return found
        if capabilities & {Capability.FIND, Capability.IDEMPOTENT}:
            # It surely did not happen, or repeating is harmless.
            message = f"Expected an answer, but got none ({_message(answer)})"
            return TryAgain(message=message, after=call.policy.wait(call.job.attempt))
        return self._judge(call, answer)

    def _judge(self, call: _Call, answer: Done | Accepted | Failed) -> Outcome:
        match answer:
            case Done(output=output):
                return call.mapping.of_output(output, self._now())
            case Accepted(handle=handle, next_poll=next_poll):
                work = WatchedWork(
                    handle=handle,
                    profile=call.profile_name,
                    idempotency_key=call.job.idempotency_key,
                )
                return Watch(handle=work.as_json(), next_poll=next_poll)
            case Failed():
                own = call.mapping.of_failure(answer, self._now())
                return call.policy.decide(call.job.attempt, answer) if own is None else own

    def _poll(self, call: _Call, watched: WatchedWork | None) -> Outcome:
        if watched is None:
            message = f"Expected a handle of this engine's own, but the job has another. {_LOST}"
            return GiveUp(message=message, phase=JobPhase.UNKNOWN)
        answer = call.adapter.poll(call.context, call.profile, watched.handle)
        if isinstance(answer, Failed) and answer.kind is FailureKind.PROFILE:
            return _ask_later(call.job, f"{answer.code}: {answer.message}")
        if not isinstance(answer, Running):
            return self._judge(call, answer)
        pause = poll_pause(watched.poll_count, answer.next_poll, _CHANCE)
        if answer.progress is not None:
            _LOG.info("job=%s outcome=running progress=%r", call.job.key, answer.progress)
        return Watch(handle=watched.asked_again().as_json(), next_poll=pause)

    def _now(self) -> dt.datetime:
        return self._service.clock.now()


def _give_up(message: str) -> GiveUp:
    return GiveUp(message=message, phase=None)


def _ask_later(job: ActivatedJob, message: str) -> TryAgain:
    """Go on watching work that cannot be asked about: an incident's retry would do it twice."""
    return TryAgain(
        message=f"{message} The work goes on; it is asked about again later.",
        after=_CANNOT_ASK_PAUSE,
        retries_left=max(1, job.retries_left),
        phase=None,
    )


def _context(job: ActivatedJob) -> JobContext:
    return JobContext(
        job_key=job.key,
        process_instance_key=job.process_instance_key,
        process_id=job.process_id,
        element_id=job.element_id,
        business_key=job.business_key,
        idempotency_key=job.idempotency_key,
        attempt=job.attempt,
        deadline=job.deadline,
        headers=job.headers,
    )


def _read_input(adapter: Adapter, job: ActivatedJob) -> BaseModel | GiveUp:
    given = {name: value for name, value in job.variables.items() if name != PROFILE_VARIABLE}
    try:
        return adapter.input_type.model_validate(given)
    except ValidationError as error:
        # The values are left out: they may be secret.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(f"{_dotted(one['loc'])}: {one['msg']}" for one in found)
        return _give_up(f"Expected usable input, but {said}.")


def _dotted(path: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in path) or "the input"


def _message(answer: Done | Accepted | Failed) -> str:
    return answer.message if isinstance(answer, Failed) else ""
