"""Rules about pools, message flows, references and notes: nothing of it is executed."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.event_elements import (
    definition_elements,
)
from bpmn_engine.parser.namespaces import (
    BPMN,
    children,
    element_id_of,
    full_name,
    local_name,
    text_of,
)
from bpmn_engine.parser.structure import Structure
from bpmn_engine.parser.support import ACTIVITIES, FLOW_NODES

_SENDERS: Final = ACTIVITIES | {"participant", "endEvent", "intermediateThrowEvent"}
_RECEIVERS: Final = ACTIVITIES | {
    "participant",
    "startEvent",
    "intermediateCatchEvent",
    "boundaryEvent",
}
_NOT_IN_POOLS: Final = frozenset({"choreographyTask", "subChoreography", "callChoreography"})

_REFERENCES: Final[tuple[tuple[str, str, frozenset[str]], ...]] = (
    ("participant", "processRef", frozenset({"process"})),
    ("participant", "interfaceRef", frozenset({"interface"})),
    ("partnerEntity", "participantRef", frozenset({"participant"})),
    ("partnerRole", "participantRef", frozenset({"participant"})),
    ("operation", "inMessageRef", frozenset({"message"})),
    ("operation", "outMessageRef", frozenset({"message"})),
    ("operation", "errorRef", frozenset({"error"})),
    ("serviceTask", "operationRef", frozenset({"operation"})),
    ("sendTask", "operationRef", frozenset({"operation"})),
    ("receiveTask", "operationRef", frozenset({"operation"})),
    ("messageEventDefinition", "operationRef", frozenset({"operation"})),
    ("lane", "flowNodeRef", FLOW_NODES),
    ("messageFlow", "messageRef", frozenset({"message"})),
    ("correlationKey", "correlationPropertyRef", frozenset({"correlationProperty"})),
    ("correlationPropertyRetrievalExpression", "messageRef", frozenset({"message"})),
    ("correlationSubscription", "correlationKeyRef", frozenset({"correlationKey"})),
    ("correlationPropertyBinding", "correlationPropertyRef", frozenset({"correlationProperty"})),
    ("dataObjectReference", "dataObjectRef", frozenset({"dataObject"})),
    ("dataStoreReference", "dataStoreRef", frozenset({"dataStore"})),
)
"""Element, attribute or child that refers, and what it may refer to."""


def must_send_between_pools(structure: Structure) -> list[Violation]:
    """A message flow goes from a sender in one pool to a receiver in another (section 7.6.2)."""
    found: list[Violation] = []
    for flow in structure.diagram.root.iter(full_name("messageFlow")):
        parent = flow.getparent()
        if parent is not None and local_name(parent) == "choreography":
            continue
        problem = _message_flow_problem(structure, flow)
        if problem is not None:
            found.append(
                structure.lenient(
                    flow, "message-flow", f"{problem} Draw the message flow again.", "7.6.2"
                )
            )
    return found


def _message_flow_problem(structure: Structure, flow: Element) -> str | None:
    source = _end_of(structure, flow, "sourceRef")
    target = _end_of(structure, flow, "targetRef")
    if source is None or target is None:
        return "Expected both ends of the message flow to exist, but one does not."
    for node, allowed, verb in ((source, _SENDERS, "send"), (target, _RECEIVERS, "receive")):
        if local_name(node) not in allowed - _NOT_IN_POOLS:
            return f"{element_id_of(node)} is a {local_name(node)}, which cannot {verb} a message."
        if not _is_about_message(structure, node):
            return f"{element_id_of(node)} is an event that is not about a message."
    pools = {_pool_of(source), _pool_of(target)}
    if len(pools) == 1:
        return "Both ends of the message flow stand in the same pool."
    return None


def _end_of(structure: Structure, flow: Element, attribute: str) -> Element | None:
    return structure.diagram.by_id.get(strip_prefix(flow, flow.get(attribute) or ""))


def _is_about_message(structure: Structure, node: Element) -> bool:
    if not local_name(node).endswith("Event"):
        return True
    definitions = definition_elements(structure.diagram, node)
    return any(local_name(found) == "messageEventDefinition" for found in definitions)


def _pool_of(node: Element) -> str:
    """Return the process id of the node's pool; the pool's own id for a black box."""
    if local_name(node) == "participant":
        return strip_prefix(node, node.get("processRef") or "") or element_id_of(node)
    current: Element | None = node
    while current is not None and local_name(current) != "process":
        current = current.getparent()
    return "" if current is None else element_id_of(current)


def must_refer_to_the_right_kind(structure: Structure) -> list[Violation]:
    """References between elements that are not executed lead to the right kind of element."""
    if children(structure.diagram.root, "import"):
        return []
    found: list[Violation] = []
    for owner, name, kinds in _REFERENCES:
        for element in structure.diagram.root.iter(full_name(owner)):
            texts = [text_of(child) for child in children(element, name)]
            if element.get(name):
                texts.append(element.get(name) or "")
            for text in texts:
                target = structure.diagram.by_id.get(strip_prefix(element, text))
                if target is None or local_name(target) not in kinds:
                    found.append(
                        structure.lenient(
                            element,
                            "dangling-reference",
                            f"Expected {name} to refer to a {' or '.join(sorted(kinds)[:3])}, "
                            f"but {text!r} is none. Correct or remove the reference.",
                        )
                    )
    return found


def must_name_media_types(structure: Structure) -> list[Violation]:
    """The format of a text is a media type such as text/plain (section 8.4.1)."""
    found: list[Violation] = []
    for name in ("documentation", "textAnnotation"):
        for element in structure.diagram.root.iter(f"{{{BPMN}}}{name}"):
            text_format = element.get("textFormat")
            if text_format is not None and "/" not in text_format:
                found.append(
                    structure.lenient(
                        element,
                        "media-type",
                        f"Expected textFormat to be a media type such as text/plain, but found "
                        f"{text_format!r}. Remove it.",
                    )
                )
    return found
