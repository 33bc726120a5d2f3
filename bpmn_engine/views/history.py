"""Read models of how long history is kept: policies, legal holds, and the archive."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.values import Variables
from bpmn_engine.views.instances import JournalView, VisitView


class RetentionSource(Enum):
    """Who says how long the history of a process is kept; an earlier one stands above the next."""

    POLICY = "policy"  #: an operator
    DIAGRAM = "diagram"  #: the latest version's
    SETTING = "setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionView:
    """How long the ended instances of a process are kept."""

    process_id: str
    name: str | None
    source: RetentionSource
    keep: dt.timedelta | None  #: after the end; None = for good
    is_archived: bool  #: put into the archive before they are deleted
    is_held: bool  #: nothing of this process is deleted
    changed_at: dt.datetime | None = None  #: of a policy
    changed_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanableView:
    """How much history one process definition has."""

    definition_key: int
    process_id: str
    name: str | None
    version: int
    keep: dt.timedelta | None  #: after the end; None = for good
    finished_count: int  #: ended instances
    cleanable_count: int  #: of these, that are not kept any longer


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A legal hold: what it names is not deleted. Exactly one of the first two is there."""

    key: int
    instance_key: int | None  #: this instance and what it called
    process_id: str | None  #: all instances of this process, and what they called
    placed_at: dt.datetime
    placed_by: str | None
    reason: str
    lifted_at: dt.datetime | None = None  #: None while it holds
    lifted_by: str | None = None
    lift_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFilter:
    """Which legal holds a list holds; a member that is None does not restrict it."""

    is_lifted: bool | None = False
    instance_key: int | None = None
    process_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFilter:
    """Which archived instances a list holds; a member that is None does not restrict it."""

    process_id: str | None = None
    business_key: str | None = None  #: equal
    ended_after: dt.datetime | None = None  #: inclusive
    ended_before: dt.datetime | None = None  #: exclusive
    keys: frozenset[int] | None = None  #: only these


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedSummary:
    """One row of a list of archived instances."""

    key: int
    definition_key: int
    process_id: str
    process_name: str | None
    version: int  #: of the process definition
    business_key: str | None
    status: InstanceStatus
    started_at: dt.datetime
    started_by: str | None
    ended_at: dt.datetime
    parent_key: int | None
    root_key: int
    archived_at: dt.datetime
    size: int  #: bytes of the document before compression


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedView:
    """One archived instance, to be read."""

    summary: ArchivedSummary
    variables: Variables  #: of its own scope, at the end
    visits: tuple[VisitView, ...]  #: in the order of entry
    journal: tuple[JournalView, ...]  #: newest first
