"""What a test file says: its cases, each a list of steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.service.outcomes import Resource
from bpmn_engine.testing.cases.yaml_nodes import FileProblem, Place
from bpmn_engine.testing.job_answers import Answers, Completion, ErrorThrown, Failure
from bpmn_engine.values import JsonValue, Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProcess:
    """Start an instance."""

    place: Place
    process_id: str
    start_element: str | None
    business_key: str | None
    variables: Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJob:
    """Complete or fail an open job."""

    place: Place
    target: str  #: element id, element name or job type
    answer: Completion | Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrowError:
    """End an open job or user task with a BPMN error."""

    place: Place
    target: str
    error: ErrorThrown


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask:
    """Complete an open user task, as an operator or as a person who claims it."""

    place: Place
    target: str
    person: str | None
    groups: tuple[str, ...]
    variables: Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishMessage:
    """Send a message."""

    place: Place
    name: str
    correlation_key: str | None
    business_key: str | None
    variables: Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastSignal:
    """Send a signal."""

    place: Place
    name: str
    variables: Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveClock:
    """Let time pass, or move to a moment."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveIncident:
    """Try again what failed at an element."""

    place: Place
    target: str
    retries: int
    variables: Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelInstance:
    """End the instance."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name that an expectation mentions, and where."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectStatus:
    """How the instance stands."""

    place: Place
    status: InstanceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectPassed:
    """Completed elements."""

    elements: tuple[Named, ...]
    is_ordered: bool = False
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectTimes:
    """How often elements were completed."""

    counts: tuple[tuple[Named, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectWaiting:
    """Where the instance is."""

    place: Place
    elements: tuple[Named, ...]
    is_exhaustive: bool = False
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectMessages:
    """Messages it waits for, or that were thrown, with correlation keys or without."""

    messages: tuple[tuple[Named, str | None], ...]
    are_thrown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectVariables:
    """Values of variables."""

    values: tuple[tuple[Named, JsonValue], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectUnset:
    """Variables that are not there."""

    names: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectTasks:
    """Who has open user tasks, or to whom they are offered."""

    people: tuple[tuple[Named, tuple[str, ...]], ...]
    is_assignment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectIncidents:
    """All open incidents, with a part of their message or without."""

    place: Place
    incidents: tuple[tuple[Named, str | None], ...]


Check = (
    ExpectStatus
    | ExpectPassed
    | ExpectTimes
    | ExpectWaiting
    | ExpectMessages
    | ExpectVariables
    | ExpectUnset
    | ExpectTasks
    | ExpectIncidents
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What must be true of one instance: by default of the one last started by a step."""

    place: Place
    process: Named | None
    business_key: Named | None
    checks: tuple[Check, ...]  #: in the order of the file


Step = (
    StartProcess
    | AnswerJob
    | ThrowError
    | CompleteTask
    | PublishMessage
    | BroadcastSignal
    | MoveClock
    | ResolveIncident
    | CancelInstance
    | Expect
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCase:
    """One case, or one row of a case with examples."""

    name: str
    place: Place
    starts_at: dt.datetime | None
    answers: Answers
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A test file that can be run."""

    path: Path  #: as it was given
    lines: tuple[str, ...]  #: its text
    resources: tuple[Resource, ...]
    deploy_place: Place
    cases: tuple[ProcessCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableFile:
    """A test file with problems; none of its cases is run."""

    path: Path
    lines: tuple[str, ...]
    problems: tuple[FileProblem, ...]
