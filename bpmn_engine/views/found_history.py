"""History as searches find it: instances, visits, incidents, the journal, variables, waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.values import JsonValue
from bpmn_engine.views.operations import IncidentView


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInstance:
    """One process instance, open or ended."""

    key: int
    definition_key: int
    process_id: str
    process_name: str | None
    version: int
    business_key: str | None
    status: InstanceStatus
    started_at: dt.datetime
    started_by: str | None
    ended_at: dt.datetime | None
    duration_ms: int | None
    parent_key: int | None
    root_key: int
    first_element: str | None  #: where it began
    end_reason: str | None  #: given by whoever cancelled it
    restart_of: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVisit:
    """One visit of an element, open or ended."""

    visit: int  #: key within the instance
    instance_key: int
    root_key: int
    definition_key: int
    process_id: str
    version: int
    element_id: str
    element_name: str | None
    element_type: str
    is_loop_body: bool
    state: str  #: `active`, or how it ended
    entered_at: dt.datetime
    ended_at: dt.datetime | None
    task_key: int | None  #: of its user task
    assignee: str | None  #: of its user task


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIncident:
    """One incident, with what is around it."""

    incident: IncidentView
    root_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntry:
    """One entry of the journal, as it was written."""

    instance_key: int
    sequence: int  #: within the instance
    root_key: int
    definition_key: int
    process_id: str
    version: int
    at: dt.datetime
    actor: str | None
    action: str
    wait: int | None
    element_id: str | None
    detail: Mapping[str, JsonValue]
    reason: str | None
    task_key: int | None  #: of the user task that the wait is


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableChange:
    """One variable that got a value."""

    instance_key: int
    sequence: int  #: of the journal's entry
    position: int  #: among the changes of that entry
    at: dt.datetime
    actor: str | None
    scope: int  #: 0 = the process instance's own
    element_id: str | None  #: whose scope it is; None for the instance's own
    visit: int | None  #: in which it was set, as far as the entry tells
    name: str
    value: JsonValue
    revision: int  #: from 0
    is_initial: bool  #: set by the entry that started the instance


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableRecord:
    """One variable, as it is or as it was last."""

    instance_key: int
    scope: int
    element_id: str | None  #: whose scope it is; None for the instance's own
    name: str
    value: JsonValue
    created_at: dt.datetime
    is_deleted: bool  #: its scope is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitLog:
    """Something that happened to a job or a timer."""

    instance_key: int
    sequence: int
    position: int
    at: dt.datetime
    actor: str | None
    kind: str  #: `job` or `timer`
    event: str  #: `created`, `failed`, `succeeded` or `withdrawn`
    wait: int
    visit: int
    element_id: str
    name: str | None  #: topic of a job
    due_at: dt.datetime | None  #: of a timer
    message: str | None  #: of a failed attempt
    retries_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOrigin:
    """What is shown of an instance beside each of its entries."""

    key: int
    root_key: int
    definition_key: int
    process_id: str
    version: int
    deployment_key: int
    is_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementFigures:
    """How often an element was visited, over the instances of a definition."""

    element_id: str
    active: int = 0
    completed: int = 0
    terminated: int = 0
    open_incidents: int = 0
    resolved_incidents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """How long what ended in one period took, milliseconds."""

    period: int  #: month or quarter, from 1
    shortest: int
    longest: int
    average: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFigures:
    """How many tasks of one name, or of one process, ended."""

    definition_key: int
    process_id: str
    version: int
    process_name: str | None
    name: str | None  #: of the tasks; None when counted by process
    count: int
