"""Read models of deployments and process definitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.model.definitions import CoverageEntry, Violation
from bpmn_engine.model.extensions import FormDefinition
from bpmn_engine.views.paging import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Starters:
    """Who may start a process by hand; nobody named means everybody."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def include(self, caller: Caller) -> bool:
        """Tell whether the caller may; operators and administrators always may."""
        if caller.sees_all or not (self.users or self.groups):
            return True
        return caller.user_id in self.users or not caller.groups.isdisjoint(self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessName:
    """A deployed process, as filters offer it."""

    process_id: str
    name: str | None  #: of its latest version


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionSummary:
    """One row of a list of process definitions."""

    definition_key: int
    process_id: str
    name: str | None
    version: int  #: from 1, per process id
    version_tag: str | None
    is_latest: bool
    version_count: int  #: how many versions of this process id there are
    resource_name: str
    deployment_key: int
    deployed_at: dt.datetime
    deployed_by: str | None
    running_count: int  #: open instances of this version
    completed_count: int
    incident_count: int  #: open incidents of this version
    is_startable: bool  #: whether it can be started by hand
    starters: Starters


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFormView:
    """A none start event and the form that starting by hand needs."""

    element_id: str
    form: FormDefinition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionView:
    """One process definition, with what became of every element of its file."""

    summary: DefinitionSummary
    certificate: tuple[CoverageEntry, ...]
    element_names: Mapping[str, str]  #: element id -> name, of named elements
    warnings: tuple[Violation, ...]
    start_forms: tuple[StartFormView, ...]  #: of its none start events, document order
    documentation: str | None
    flavour: str  #: `zeebe`, `camunda` or `bpmn`: whose vendor attributes the file uses


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedDefinition:
    """One process definition that a deployment holds."""

    definition_key: int
    process_id: str
    name: str | None
    version: int
    version_tag: str | None
    resource_name: str
    is_new: bool  #: False when the same content was deployed before and is used again


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedForm:
    """One form that a deployment holds."""

    form_key: int
    form_id: str
    version: int
    resource_name: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedDecision:
    """One decision that a deployment holds."""

    decision_key: int
    decision_id: str
    name: str | None
    version: int
    version_tag: str | None
    resource_name: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentResult:
    """What a deployment stored; `is_new` False when nothing in it had changed."""

    deployment_key: int
    name: str | None
    deployed_at: dt.datetime
    is_new: bool
    definitions: tuple[DeployedDefinition, ...]
    forms: tuple[DeployedForm, ...]
    decisions: tuple[DeployedDecision, ...]
    certificate: tuple[CoverageEntry, ...]  #: of all files, file by file
    warnings: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementCounts:
    """What happens at one element of a diagram."""

    active: int = 0
    incidents: int = 0
    completed: int = 0
    terminated: int = 0
    waiting: str | None = None  #: "waits for job warehouse:check-stock", of one instance


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagramView:
    """What to draw over a diagram. Of a definition: the sum over its running instances."""

    elements: Mapping[str, ElementCounts]  #: element id -> counts
    taken_flows: Mapping[str, int]  #: flow id -> how often; empty for a definition
    state: str | None  #: status of the instance; None for a definition
