"""User tasks and jobs as searches find them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.values import Variables
from bpmn_engine.views.work import JobView, UserTaskView


class TaskAge(Enum):
    """Which user tasks are looked at."""

    OPEN = "open"
    ALL = "all"  #: ended ones too


class Delegation(Enum):
    """How far a user task is that its owner has handed to somebody."""

    PENDING = "pending"  #: the assignee works on it -> resolved
    RESOLVED = "resolved"  #: it is the owner's again


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTask:
    """One user task, open or ended."""

    task: UserTaskView
    visit: int  #: key within the instance
    owner: str | None  #: user id
    delegation: Delegation | None
    changed_at: dt.datetime | None  #: by a person
    is_suspended: bool  #: whether its instance is suspended
    root_key: int  #: of the instance's first caller
    has_comment: bool
    has_attachment: bool
    variables: Variables | None = None  #: what it sees, when that was asked for
    local_variables: Variables | None = None  #: its own, when that was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundJob:
    """One job that has not ended, with what its definition says."""

    job: JobView
    version: int  #: of the process definition
    version_tag: str | None
    details: str | None = None  #: of its last failed attempt, when that was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something that is looked for lives, to look at the variables there."""

    key: int  #: of what is looked for
    instance_key: int
    visit: int | None = None  #: within the instance; None = it has no variables of its own
