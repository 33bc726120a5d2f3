"""One row of each list that is asked for by a `Listing`: what is stored, nothing summed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.views.definitions import Starters


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRecord:
    """One deployment."""

    key: int
    name: str | None
    source: str | None  #: what program deployed
    deployed_at: dt.datetime
    deployed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRecord:
    """One file of a deployment, without its content."""

    key: int
    name: str
    deployment_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRecord:
    """One process definition."""

    key: int
    process_id: str
    name: str | None
    version: int
    version_tag: str | None
    documentation: str | None
    resource_name: str
    deployment_key: int
    deployed_at: dt.datetime
    is_startable: bool
    is_suspended: bool
    starters: Starters


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One decision, in one version."""

    key: int
    decision_id: str
    name: str | None
    version: int
    version_tag: str | None
    resource_key: int
    resource_name: str
    deployment_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRecord:
    """One process instance that has not ended."""

    key: int
    definition_key: int
    process_id: str
    version: int  #: of the process definition
    business_key: str | None
    status: InstanceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecord:
    """An open visit of an element; with the visit 0 the process instance itself."""

    instance_key: int
    visit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """One open incident."""

    key: int
    instance_key: int
    kind: str  #: of `IncidentKind`
    visit: int | None
    element_id: str
    process_id: str
    definition_key: int
    version: int
    message: str
    job_key: int | None
    created_at: dt.datetime
    annotation: str | None
    name: str | None  #: of a reported one, given by whoever has reported it
    configuration: str | None  #: given with it


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRecord:
    """An open wait for a message or signal, or a start event that begins with one."""

    kind: WaitKind
    name: str
    element_id: str
    definition_key: int
    instance_key: int | None  #: None: a start event
    wait: int | None
    visit: int | None
    created_at: dt.datetime


class DueKind(Enum):
    """What is done at a time."""

    JOB = "job"  #: by a worker
    TIMER = "timer"  #: an instance goes on
    START = "start"  #: an instance begins


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecord:
    """A job, a timer that an instance waits for, or one that starts instances."""

    kind: DueKind
    id: str  #: the key of a job or a start timer; of another timer `instance:wait`
    key: int | None  #: of a job or a start timer
    instance_key: int | None  #: None: a start timer
    wait: int | None
    visit: int | None
    element_id: str
    process_id: str
    definition_key: int
    version: int
    due_at: dt.datetime
    retries_left: int  #: 0: its attempts are spent
    failure: str | None  #: of a job: message of the last failed attempt
    priority: int
    is_suspended: bool
    created_at: dt.datetime | None
