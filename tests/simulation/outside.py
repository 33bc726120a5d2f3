"""The systems around the engine. They count what was done to them, by idempotency key.

`find` can be asked what became of a call, `idempotent` ignores a call that it has seen, `plain`
can do neither, `watched` works for a while and is asked about it. Their memory is nobody's but
the test's: no fault touches it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from bpmn_engine import ports
from bpmn_engine.ports import Accepted, Capability, Done, Failed, FailureKind, JobContext, Running
from bpmn_engine.values import JsonValue
from tests.simulation.faults import Faults
from tests.simulation.scheduler import Scheduler
from tests.simulation.storage import Rows

KINDS: Final = ("find", "idempotent", "plain", "watched")
_CAN: Final[Mapping[str, frozenset[Capability]]] = {
    "find": frozenset({Capability.FIND}),
    "idempotent": frozenset({Capability.IDEMPOTENT}),
    "plain": frozenset(),
    "watched": frozenset({Capability.FIND, Capability.POLL, Capability.CANCEL}),
}
_ASKED_FIRST: Final = frozenset({"find", "watched"})
"""Systems that are asked before a repeat, but do not refuse one. A worker that is stopped between
its last look at its lease and its call, for longer than the lease, repeats what its successor has
begun meanwhile; nothing but the system itself can prevent that."""

_LONG: Final = 6.0  #: seconds; longer than a lease
_REFUSALS: Final = 1  #: of one call, then it succeeds


class SystemProfile(ports.Profile):
    """There is only one."""


class SystemInput(BaseModel):
    """Whatever the element sees."""

    model_config = ConfigDict(extra="ignore")


class Outside:
    """What happened outside the engine during one run."""

    def __init__(self, scheduler: Scheduler, faults: Faults, rows: Rows) -> None:
        self._rows = rows
        self.effects: Counter[str] = Counter()  #: by kind and idempotency key
        self.ignored: Counter[str] = Counter()  #: calls that an idempotent system had seen
        self.late: set[str] = set()  #: effects of workers that had lost their lease meanwhile
        self._scheduler = scheduler
        self._faults = faults
        self._ready_at: dict[str, float] = {}

    def happened(self, kind: str, key: str) -> bool:
        """Tell whether a call had its effect."""
        return self.effects[f"{kind}:{key}"] > 0

    def call(self, kind: str, key: str) -> Failed | None:
        """Do something, or fail to; None when it was done and said so."""
        self._rest()
        if self._faults.happens("system_fails"):
            self._scheduler.note(f"{kind} {key} fails")
            return _failed(FailureKind.RETRY, "out of paper")
        if self._faults.happens("system_refuses"):
            return _failed(FailureKind.BUSINESS, "refused", "E")
        is_silent = self._faults.happens("system_silent")
        if is_silent and self._scheduler.chance.random() < 0.5:
            return _failed(FailureKind.UNKNOWN, "no answer")
        self.effect(kind, key)
        self._rest()
        return _failed(FailureKind.UNKNOWN, "no answer") if is_silent else None

    def effect(self, kind: str, key: str) -> None:
        """Let it happen."""
        name = f"{kind}:{key}"
        if kind == "idempotent" and self.effects[name]:
            self.ignored[name] += 1
            return
        self.effects[name] += 1
        is_late = kind in _ASKED_FIRST and not self._has_lease(key)
        if is_late:
            self.late.add(name)
        self._scheduler.note(f"effect {name}{' without a lease' if is_late else ''}")

    def _has_lease(self, key: str) -> bool:
        """Tell whether the job of a key is still that of the process that acts now."""
        task = self._scheduler.current
        name = None if task is None or task.process is None else task.process.name
        job, _, _ = key.partition(":")
        found = self._rows("SELECT locked_by FROM job WHERE key = ?", int(job))
        return found == [(name,)]

    def begin(self, key: str) -> None:
        """Let work begin that takes a while."""
        self._ready_at.setdefault(key, self._scheduler.now + self._scheduler.chance.random() * 6)

    def is_ready(self, key: str) -> bool:
        """Tell whether work has ended."""
        return self._ready_at.get(key, 0.0) <= self._scheduler.now

    def _rest(self) -> None:
        """Take some time, in which anything may happen to whoever calls."""
        if self._scheduler.current is None:
            return
        seconds = self._scheduler.chance.random() * 0.5
        if self._faults.happens("system_slow"):
            seconds += _LONG
        self._scheduler.wait(None, seconds)


class OutsideAdapter:
    """The adapter of one kind of system."""

    profile_type = SystemProfile
    input_type = SystemInput
    output_type = BaseModel
    errors: Mapping[str, ports.ErrorSpec] = {}

    def __init__(self, kind: str, outside: Outside) -> None:
        self._kind = kind
        self._outside = outside
        self.meta = ports.AdapterMeta(
            job_type=kind, name=kind, description=kind, capabilities=_CAN[kind]
        )

    def test(self, profile: ports.Profile) -> ports.Health:
        """It works."""
        return ports.Health(ok=True, detail="")

    def find(
        self, context: JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> Done | Accepted | None:
        """Tell what became of a call."""
        if not self._outside.happened(self._kind, context.idempotency_key):
            return None
        return self._answer(context.idempotency_key)

    def submit(
        self, context: JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> Done | Accepted | Failed:
        """Do it."""
        failed = self._outside.call(self._kind, context.idempotency_key)
        if failed is not None:
            return failed
        return self._answer(context.idempotency_key)

    def poll(
        self, context: JobContext, profile: ports.Profile, handle: JsonValue
    ) -> Running | Done | Failed:
        """Tell whether it is done."""
        if self._outside.is_ready(str(handle)):
            return Done(output={"done": True})
        return Running(next_poll=dt.timedelta(seconds=1))

    def cancel(
        self, context: JobContext, profile: ports.Profile, handle: JsonValue
    ) -> ports.CancelOutcome:
        """Be asked to stop."""
        return "requested"

    def _answer(self, key: str) -> Done | Accepted:
        if self._kind != "watched":
            return Done(output={"done": True})
        self._outside.begin(key)
        return Accepted(handle=key, next_poll=dt.timedelta(seconds=1))


class Systems:
    """The catalogue of all systems, and their connection profiles."""

    job_types = KINDS

    def __init__(self, outside: Outside) -> None:
        self._adapters = {kind: OutsideAdapter(kind, outside) for kind in KINDS}

    def find(self, job_type: str) -> OutsideAdapter | None:
        """Return the adapter of a job type."""
        return self._adapters.get(job_type)

    def adapters(self) -> tuple[OutsideAdapter, ...]:
        """Return them all."""
        return tuple(self._adapters.values())

    def profile(self, job_type: str, name: str | None) -> SystemProfile:
        """Return the only profile."""
        return SystemProfile()


def _failed(kind: FailureKind, message: str, code: str | None = None) -> Failed:
    return Failed(kind=kind, code=kind.value, message=message, bpmn_error_code=code)
