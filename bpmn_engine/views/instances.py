"""Read models of process instances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.paging import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRead:
    """What a change relies on: the instance as the caller read it."""

    revisions: frozenset[int] | None = None  #: it is at one of these; None = at any
    variables: Variables = field(default_factory=dict)  #: of the scope that is changed


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFilter:
    """Which instances a list holds; a member that is None does not restrict it."""

    process_id: str | None = None
    definition_key: int | None = None
    statuses: frozenset[InstanceStatus] | None = None
    business_key: str | None = None  #: equal
    has_incident: bool | None = None
    started_after: dt.datetime | None = None  #: inclusive
    started_before: dt.datetime | None = None  #: exclusive
    started_by: str | None = None  #: user id, equal
    parent_key: int | None = None
    keys: frozenset[int] | None = None  #: only these
    visible_to: Caller | None = None  #: started by them, or with a user task they see or did


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSummary:
    """One row of a list of process instances."""

    key: int
    definition_key: int
    process_id: str
    process_name: str | None
    version: int  #: of the process definition
    business_key: str | None
    status: InstanceStatus
    started_at: dt.datetime
    started_by: str | None
    updated_at: dt.datetime  #: of its last step
    revision: int  #: another one after each change
    ended_at: dt.datetime | None
    incident_count: int
    error_code: str | None  #: when status is FAILED
    parent_key: int | None
    root_key: int  #: its own key when nothing called it
    #: Names, else ids, of elements it is at, last reached first, at most 3; None after a command.
    active_elements: tuple[str, ...] | None = None
    active_count: int | None = None  #: how many elements it is at; None after a command
    is_replayed: bool = False  #: started before, for the same request with an idempotency key


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVisitView:
    """One element instance that has not ended."""

    key: int  #: within the instance
    element_id: str
    element_name: str | None
    element_type: str
    state: ElementState
    entered_at: dt.datetime
    loop_index: int | None
    incident_keys: tuple[int, ...]  #: within the instance


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    """One process instance."""

    summary: InstanceSummary
    variables: Variables  #: of its own scope
    open_visits: tuple[OpenVisitView, ...]
    parent: InstanceSummary | None
    children: tuple[InstanceSummary, ...]  #: at most 200
    restart_of: int | None = None  #: the finished instance that it does again
    restarted_as: tuple[int, ...] = ()  #: the instances that do it again, at most 200


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableView:
    """One variable of an instance that has not ended, or that an ended one left behind."""

    name: str
    value: JsonValue
    scope_key: int  #: 0 = the process instance's own scope
    scope_element_id: str | None  #: None for the process instance's own scope
    scope_element_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """One visit of one element, open or ended."""

    key: int  #: within the instance
    element_id: str
    element_name: str | None
    element_type: str
    state: str  #: a lifecycle state
    entered_at: dt.datetime
    ended_at: dt.datetime | None
    taken_flows: tuple[str, ...]  #: flow ids its tokens left by


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitView:
    """What an instance waits for, in words and in parts."""

    kind: WaitKind
    wait: int  #: key of the wait within the instance
    element_id: str
    element_name: str | None
    text: str  #: a sentence: "Waits for message payment-received with key 42."
    since: dt.datetime
    key: int | None  #: of the job, user task or called instance
    due_at: dt.datetime | None = None  #: of a timer or user task; of a job: not before
    retries_left: int | None = None
    attempt: int | None = None
    locked_by: str | None = None  #: worker, or assignee of a user task
    locked_until: dt.datetime | None = None
    last_failure: str | None = None  #: message of the last failed attempt
    name: str | None = None  #: of the message, signal, job type or called process
    correlation_key: str | None = None  #: of a message
    waiting_for_resource: str | None = None  #: of a job: the pool that has no room for it


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalView:
    """One command that was applied to an instance."""

    sequence: int  #: from 1, per instance
    at: dt.datetime
    actor: str | None  #: user id or worker; None = the engine itself
    command: str  #: `CompleteJob`
    summary: str  #: "Completed a job at Check stock."
    element_id: str | None  #: the element it is about
    element_name: str | None
    reason: str | None
    facts: tuple[str, ...]  #: one short line each
    cost: Mapping[str, int] = field(default_factory=dict)
    """What a job's work has used: `cpu_ms`, `memory_kb`; empty where nobody has measured it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """One process instance to start. Give `definition_key`, or `process_id` (+ `version`)."""

    process_id: str | None = None
    definition_key: int | None = None
    version: int | None = None  #: None = the latest
    version_tag: str | None = None
    variables: Mapping[str, JsonValue]
    business_key: str | None = None
    start_element_id: str | None = None  #: None = the none start event
    idempotency_key: str | None = None
    """The same one, of the same user and request, starts once; printable ASCII, 1 to 255."""
    as_given: StartRequest | None = None
    """What was asked for, if a start form has changed it since."""


class VariableOrigin(Enum):
    """Which variables of a finished instance the one that does it again begins with."""

    END = "end"  #: those it ended with
    START = "start"  #: those it began with
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRequest:
    """A finished instance to be done again, from its start event or from some elements on."""

    instance_key: int
    start_before: tuple[str, ...] = ()  #: element ids
    start_after: tuple[
        str, ...
    ] = ()  #: element ids; with neither it begins where the finished one began
    origin: VariableOrigin = VariableOrigin.END
    variables: Variables = field(default_factory=dict)  #: beside and instead of those
    uses_latest: bool = False  #: the latest version of the process, not that of the instance
    request_key: str | None = None  #: the same one, for the same instance, restarts once


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementChoice:
    """An element that a change may name."""

    element_id: str
    name: str | None
    element_type: str
    visit: int | None = None  #: key of the open visit, of one that is named by it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeChoices:
    """What an operator can name to change an instance, in the order of the diagram."""

    open: tuple[ElementChoice, ...]  #: where it is, by visit
    skippable: tuple[ElementChoice, ...]  #: of these, but for the instances of loops
    visited: tuple[ElementChoice, ...]  #: where it has been or is
    elements: tuple[ElementChoice, ...]  #: before or after which something can start
    offered: tuple[ElementChoice, ...]  #: what may begin in open ad-hoc sub-processes, by visit
