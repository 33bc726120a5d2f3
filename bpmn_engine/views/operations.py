"""Read models for operators and executives: incidents, dashboards, the change feed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.values import JsonValue, Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents a list holds; a member that is None does not restrict it."""

    is_open: bool | None = True
    process_id: str | None = None
    definition_key: int | None = None
    instance_key: int | None = None
    element_id: str | None = None
    kind: IncidentKind | None = None
    message: str | None = None  #: equal
    search: str | None = None  #: in the message


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident, open or resolved."""

    key: int
    instance_key: int
    incident: int  #: its key within the instance
    kind: IncidentKind
    message: str
    process_id: str
    process_name: str | None
    definition_key: int
    version: int
    business_key: str | None
    element_id: str
    element_name: str | None
    created_at: dt.datetime
    resolved_at: dt.datetime | None  #: None while it is open
    resolved_by: str | None
    job_key: int | None
    job_type: str | None
    error_code: str | None
    expression: str | None
    position: tuple[int, int] | None  #: line and column in the expression, from 1
    values: Variables  #: what the expression read


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentGroup:
    """Open incidents alike: same message, same element, same process id."""

    group_id: str  #: stable, opaque
    message: str
    kind: IncidentKind
    process_id: str
    process_name: str | None
    element_id: str
    element_name: str | None
    versions: tuple[int, ...]
    count: int
    first_at: dt.datetime
    last_at: dt.datetime
    keys: tuple[int, ...]  #: newest first, at most 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleTime:
    """How long instances took from start to end, in seconds; None when none ended.

    Percentiles are within 2 % of themselves, the mean is exact.
    """

    p50: float | None
    p90: float | None
    p95: float | None
    mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputBucket:
    """What happened in one stretch of time that begins at `at`."""

    at: dt.datetime
    started: int
    completed: int
    failed: int  #: failed or terminated


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFigures:
    """One process in a dashboard, all versions."""

    process_id: str
    name: str | None
    running: int
    completed: int  #: within the range
    failed: int  #: failed or terminated, within the range
    incidents: int  #: open
    cycle_time: CycleTime


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    """The figures of a dashboard, as of `as_of`; counts are exact, a range begins at a minute."""

    as_of: dt.datetime
    running: int
    completed: int  #: within the range
    failed: int  #: failed or terminated, within the range
    incidents: int  #: open
    cycle_time: CycleTime  #: of instances completed within the range
    throughput: tuple[ThroughputBucket, ...]
    by_process: tuple[ProcessFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something was committed; live pages whose topics it names read again."""

    sequence: int
    at: dt.datetime
    topics: tuple[str, ...]  #: `tasks`, `incidents`, `instances`, `instance:123`, `definitions`


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledJob:
    """A job that was withdrawn while an outside system worked on it."""

    outbox_key: int
    job_key: int
    job_type: str
    handle: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """A message that waits for a receiver, or had one and is remembered until it expires."""

    key: int
    name: str
    correlation_key: str | None
    variables: Variables
    created_at: dt.datetime
    delivered_at: dt.datetime | None  #: None while nobody has taken it
