"""One file while it is read: its tree, its ids, and the verbs with which readers look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.parser.correlation_keys import KeyOfMessage
from bpmn_engine.parser.data_index import DataIndex
from bpmn_engine.parser.findings import Findings
from bpmn_engine.parser.message_flows import MessageFlows
from bpmn_engine.parser.namespaces import BPMN, full_name, local_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """The tree of one file with an index of its ids, and the notebook of what was found."""

    root: Element
    by_id: Mapping[str, Element]  #: BPMN elements only; the first of duplicates
    executable: tuple[Element, ...]  #: the process elements that are to be executed
    forms: Mapping[str, Element]  #: zeebe:userTaskForm of executed processes, by id
    findings: Findings
    job_priorities: dict[Element, FormalExpression | None] = field(
        default_factory=dict
    )  #: of processes, read once
    associations: Mapping[str, tuple[Element, ...]] = field(
        default_factory=dict
    )  #: by the id at either end
    message_flows: MessageFlows = field(default_factory=MessageFlows)
    correlation_keys: Mapping[str, tuple[KeyOfMessage, ...]] = field(
        default_factory=dict
    )  #: by the id of the message
    lanes: Mapping[str, tuple[Element, ...]] = field(default_factory=dict)
    """The lanes that each node stands in, the innermost first."""
    data: DataIndex = field(default_factory=DataIndex)

    def take(self, element: Element, short: str) -> str | None:
        """Read a vendor attribute (`camunda:topic`) and note that it was read.

        An empty attribute counts as absent, as modelers leave empty ones behind.
        """
        value = element.get(full_name(short))
        if value is None or not value.strip():
            return None
        self.findings.read_parts.add((element, short))
        return value.strip()

    def extensions(self, element: Element, short: str) -> list[Element]:
        """Return the vendor elements of this name under `extensionElements`, noted as read."""
        box = _extension_box(element)
        if box is None:
            return []
        found = [child for child in box if child.tag == full_name(short)]
        for child in found:
            self.findings.read_parts.add((child, short))
        return found

    def extension(self, element: Element, short: str) -> Element | None:
        """Return the vendor element of this name; more than one is a violation."""
        found = self.extensions(element, short)
        if len(found) > 1:
            self.findings.violate(
                element,
                "repeated-extension",
                f"Expected one {short}, but there are {len(found)}. Remove all but one.",
            )
        return found[0] if found else None

    def resolve(self, owner: Element, reference: str, *kinds: str) -> Element | None:
        """Return the element that a QName reference names, noted as used.

        A reference that leads nowhere, or to another kind of element, is a violation.

        Args:
            owner: the element that has the reference.
            reference: `Message_1` or, with a namespace prefix, `tns:Message_1`.
            kinds: the BPMN names that may be referred to.
        """
        target = self.by_id.get(strip_prefix(owner, reference))
        if target is not None and local_name(target) in kinds:
            self.findings.used.add(target)
            return target
        expected = " or ".join(f"bpmn:{kind}" for kind in kinds)
        actual = "there is none" if target is None else f"it is a bpmn:{local_name(target)}"
        self.findings.violate(
            owner,
            "dangling-reference",
            f"Expected {expected} with the id {reference!r}, but {actual}. "
            "Choose an existing one in the properties panel.",
        )
        return None


def _extension_box(element: Element) -> Element | None:
    """Return the `extensionElements`, which stand before all but documentation."""
    for child in element:
        if child.tag == full_name("extensionElements"):
            return child
        if child.tag != full_name("documentation"):
            return None
    return None


def index_forms(executable: tuple[Element, ...]) -> dict[str, Element]:
    """Return the forms that are embedded in the executed processes, by id."""
    return {
        form.get("id") or "": form
        for process in executable
        for box in process.iterchildren(full_name("extensionElements"))
        for form in box.iterchildren(full_name("zeebe:userTaskForm"))
    }


def index_associations(root: Element) -> dict[str, tuple[Element, ...]]:
    """Return the associations of the file by what they join."""
    index: dict[str, tuple[Element, ...]] = {}
    for association in root.iter(full_name("association")):
        for attribute in ("sourceRef", "targetRef"):
            end = strip_prefix(association, association.get(attribute) or "")
            index[end] = (*index.get(end, ()), association)
    return index


def strip_prefix(owner: Element, reference: str) -> str:
    """Return a QName's local part if its prefix is declared in the file; else all of it."""
    prefix, separator, local = reference.strip().partition(":")
    if separator and prefix in owner.nsmap:
        return local
    return reference.strip()


def index_ids(root: Element) -> dict[str, Element]:
    """Return the BPMN elements that have an id; the first of duplicates."""
    index: dict[str, Element] = {}
    for element in root.iter(f"{{{BPMN}}}*"):
        element_id = element.get("id")
        if element_id:
            index.setdefault(element_id, element)
    return index
