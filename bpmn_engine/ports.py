"""What the engine needs from the outside: a clock, and adapters that do jobs.

An adapter is a folder under `adapters/`. It knows this module and `bpmn_engine.errors` and nothing
else of the engine. Workers load it by name from the table `adapters.ADAPTERS`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

from pydantic import BaseModel

from bpmn_engine.values import JsonValue, Variables


class Clock(Protocol):
    """The only source of the current time."""

    def now(self) -> dt.datetime:
        """Return the current time, aware, in UTC."""


class FailureKind(Enum):
    """How a failed call is to be treated; an adapter's `errors` table decides."""

    BUSINESS = "business"  #: becomes a BPMN error with a code; uncaught it becomes an incident
    RETRY = "retry"  #: technical and passing: repeat with back-off under the same idempotency key
    PERMANENT = "permanent"  #: repeating cannot help: incident at once
    PROFILE = (
        "profile"  #: the connection is wrong (401, 403, certificate): incident naming the profile
    )
    UNKNOWN = "unknown"  #: it may have happened: ask `find`, else a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSpec:
    """One row of an adapter's table of errors."""

    kind: FailureKind
    text: str  #: for a person, one sentence
    bpmn_error_code: str | None = None  #: default code when `kind` is BUSINESS


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What an adapter may know about the job it does."""

    job_key: int
    process_instance_key: int
    process_id: str
    element_id: str
    business_key: str | None
    idempotency_key: str  #: stable over technical retries, new after an operator's "run again"
    attempt: int  #: from 1
    deadline: dt.datetime | None  #: when the job's lock ends, UTC
    headers: Mapping[str, str] = field(
        default_factory=dict
    )  #: zeebe:taskHeaders, camunda:properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The work is finished; `output` is offered to the element's output mappings."""

    output: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The system works on it; the handle is stored, then `poll` is asked until it is done."""

    handle: JsonValue
    next_poll: dt.timedelta = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The system still works on it."""

    next_poll: dt.timedelta
    progress: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The call failed; `code` is a row of the adapter's `errors`."""

    kind: FailureKind
    code: str
    message: str  #: for a person; holds no secret
    bpmn_error_code: str | None = None
    variables: Variables = field(default_factory=dict)  #: given to the catcher of the BPMN error
    retry_after: dt.timedelta | None = None  #: the system's own wish, such as Retry-After


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a connection profile works."""

    ok: bool
    detail: str


class Capability(Enum):
    """What an adapter can do beyond `submit`."""

    POLL = "poll"  #: submit may answer Accepted
    FIND = "find"  #: can ask "did this already happen?"
    CANCEL = "cancel"
    IDEMPOTENT = "idempotent"  #: the system itself ignores a second submit with the same key


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterMeta:
    """How an adapter presents itself to modelers and operators."""

    job_type: str  #: what a service task names: `bpmn-engine:http:1`
    aliases: tuple[str, ...] = ()  #: further job types served, such as `io.camunda:http-json:1`
    name: str
    description: str
    capabilities: frozenset[Capability] = frozenset()
    needs_profile: bool = True


class Profile(BaseModel):
    """Base of connection profiles: named, typed, from configuration; never from a diagram."""

    model_config = {"extra": "forbid", "frozen": True}


CancelOutcome = Literal["requested", "gone", "already_done", "unsupported"]


class Adapter(Protocol):
    """Does the jobs of one job type. Stateless: everything durable is in the handle.

    All methods may block; workers call them on a thread of their own. They return failures as
    `Failed`; an exception is a bug and becomes an incident.
    """

    meta: AdapterMeta
    profile_type: type[Profile]
    input_type: type[BaseModel]
    output_type: type[BaseModel]
    errors: Mapping[str, ErrorSpec]

    def test(self, profile: Profile) -> Health:
        """Check that the profile's system answers and accepts the log-in; changes nothing."""

    def find(
        self, context: JobContext, profile: Profile, job_input: BaseModel
    ) -> Done | Accepted | None:
        """Return what became of an earlier submit with this key; None if it surely is absent.

        Only called when `Capability.FIND` is declared.
        """

    def submit(
        self, context: JobContext, profile: Profile, job_input: BaseModel
    ) -> Done | Accepted | Failed:
        """Do the work, or start it."""

    def poll(
        self, context: JobContext, profile: Profile, handle: JsonValue
    ) -> Running | Done | Failed:
        """Ask for the state of accepted work. Only called after Accepted."""

    def cancel(self, context: JobContext, profile: Profile, handle: JsonValue) -> CancelOutcome:
        """Ask the system to stop; a request, not a guarantee."""
