"""Read models of migrations to another process definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.kernel.migration_plan import MigrationPlan
from bpmn_engine.model.definitions import Violation
from bpmn_engine.values import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRequest:
    """From which process definition to which, and how."""

    source_key: int
    target_key: int
    plan: MigrationPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionName:
    """A process definition, as people call it."""

    definition_key: int
    process_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationProposalView:
    """A plan made by comparing two process definitions, to be looked at by a person."""

    source: DefinitionName
    target: DefinitionName
    plan: MigrationPlan
    guessed: tuple[str, ...]  #: element ids of the source that were matched by name
    unmapped: tuple[str, ...]  #: element ids of the source
    added: tuple[str, ...]  #: element ids of the target that nothing is mapped to
    choices: Mapping[str, tuple[str, ...]]  #: element id -> those of the target of its kind
    source_names: Mapping[str, str]  #: element id -> name, else its id
    target_names: Mapping[str, str]
    instance_count: int  #: open instances of the source


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFindings:
    """Why one instance cannot be migrated as it is."""

    instance_key: int
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationFindings:
    """What is wrong with a plan, and with instances under it; nothing: it can be done."""

    violations: tuple[Violation, ...]  #: of the plan against both process definitions
    instances: tuple[InstanceFindings, ...]  #: those that have any

    @property
    def is_valid(self) -> bool:
        """Whether nothing stands against it."""
        return not self.violations and not self.instances


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """How an instance could go on: everything it waits for is answered, without variables."""

    passed: tuple[str, ...]  #: element ids, in the order of their ends
    outcome: str  #: completed, terminated, failed, incident or waiting
    message: str | None  #: of the incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a migration would do to one instance."""

    instance_key: int
    violations: tuple[Violation, ...]  #: why it would not be migrated
    problem: str | None  #: why it would not be, beside these
    moved: Mapping[str, str]  #: element id before -> afterwards, of open visits
    withdrawn: tuple[str, ...]  #: element ids of events that are waited for no more
    opened: tuple[str, ...]  #: element ids of what is waited for in addition
    updated: tuple[str, ...]  #: element ids whose wait says what the target says
    waiting: tuple[str, ...]  #: element ids that something is waited for at, afterwards
    passed: tuple[str, ...]  #: element ids that end at once
    variables: Variables  #: of the instance's own scope, afterwards
    removed: tuple[str, ...]  #: names of its own variables that are gone
    continuation: Continuation | None  #: when it was asked for


class MigrationState(Enum):
    """What became of one instance."""

    PENDING = "pending"  #: -> migrated, failed
    MIGRATED = "migrated"
    FAILED = "failed"  #: it is as it was -> pending, when somebody says try again


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationView:
    """A migration of many instances."""

    key: int
    source: DefinitionName
    target: DefinitionName
    plan: MigrationPlan
    reason: str | None
    created_at: dt.datetime
    created_by: str | None
    ended_at: dt.datetime | None  #: None while instances are left
    pending_count: int
    migrated_count: int
    failed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationItemView:
    """One instance of a migration."""

    instance_key: int
    state: MigrationState
    message: str | None  #: why it failed
    ended_at: dt.datetime | None
