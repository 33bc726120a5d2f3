"""One BPMN file: its processes, and what became of every element in it (section 8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bpmn_engine.ids import ElementId
from bpmn_engine.model.data_elements import DataElement
from bpmn_engine.model.flow_nodes import AnyFlowNode, SequenceFlow
from bpmn_engine.model.listeners import Listeners


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One executable process."""

    id: str
    line: int
    name: str | None
    nodes: tuple[AnyFlowNode, ...]  #: document order
    flows: tuple[SequenceFlow, ...]  #: document order
    version_tag: str | None = None
    documentation: str | None = None
    history_time_to_live: str | None = None
    candidate_starter_groups: tuple[str, ...] = ()
    candidate_starter_users: tuple[str, ...] = ()
    listeners: Listeners | None = None
    is_startable_by_hand: bool = True  #: whether the pages offer to start it
    starts_all_alone: bool = False
    """Whether elements that no flow leads to begin with their scope, beside its start events too
    (section 10.3); in diagrams for Camunda they do not."""
    data: tuple[DataElement, ...] = ()  #: data objects, properties, data inputs and outputs


class Coverage(Enum):
    """What becomes of an element of the file."""

    EXECUTED = "executed"
    DOCUMENTATION = "documentation"  #: kept and shown; has no effect at run time
    REFUSED = "refused"  #: the deployment is refused because of it


class Severity(Enum):
    """Whether a violation stops the deployment: only an error does."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"  #: good to know; nothing need be wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageEntry:
    """One line of the coverage certificate."""

    element_id: str  #: the id, or `tag@line` for an element without one
    element_type: str  #: local XML name with its prefix: `bpmn:userTask`, `zeebe:taskHeaders`
    line: int
    coverage: Coverage
    reason: str | None = None  #: why it is documentation or refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing wrong with a file, found before anything runs."""

    rule: str  #: a stable word: `xml`, `xsd`, `dangling-reference`, `unsupported-element` …
    message: str  #: for the process owner: what is wrong and what to do
    element_id: ElementId | None = None
    line: int | None = None
    column: int | None = None
    severity: Severity = Severity.ERROR
    section: str | None = None  #: of BPMN 2.0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The coverage certificate: every element that has an id or an effect, in document order."""

    entries: tuple[CoverageEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """A parsed file that may be deployed: it has no violation of severity ERROR."""

    processes: tuple[Process, ...]  #: executable ones
    certificate: Certificate
    warnings: tuple[Violation, ...] = ()
    exporter: str | None = None
    target_namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that cannot be deployed, with every reason that was found."""

    violations: tuple[Violation, ...]  #: at least one of severity ERROR
    certificate: Certificate
