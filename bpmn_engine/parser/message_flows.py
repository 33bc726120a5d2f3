"""Message flows between executable processes (BPMN 2.0.2, sections 7.6.2 and 9.4).

Both ends speak of one message. An end that names none has that of its flow, or of the other end;
where nobody names one, the flow itself does. In diagrams for Camunda message flows are drawings:
messages go by their names there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    full_name,
    is_for_camunda,
    local_name,
)

_THROWING: Final = frozenset({"endEvent", "intermediateThrowEvent"})
_CATCHING: Final = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFlow:
    """A message flow with the elements at its ends."""

    element: Element
    source: Element
    target: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFlows:
    """The message flows of a file, by the id of the element at either end."""

    outgoing: Mapping[str, tuple[MessageFlow, ...]] = field(default_factory=dict)
    incoming: Mapping[str, tuple[MessageFlow, ...]] = field(default_factory=dict)

    def at(self, element: Element) -> tuple[MessageFlow, ...]:
        """Return the flows at an element, in document order but the outgoing ones first."""
        key = element.get("id") or ""
        return (*self.outgoing.get(key, ()), *self.incoming.get(key, ()))

    def receivers(self, element: Element, message_name: str) -> tuple[Receiver, ...]:
        """Return where a message of this name goes from an element, in document order."""
        return tuple(
            Receiver(
                process_id=_process_id(flow.target),
                element_id=ElementId(element_id_of(flow.target)),
            )
            for flow in self.outgoing.get(element.get("id") or "", ())
            if self.is_executed(flow) and message_name in self.names_at(flow.target)
        )

    def is_end(self, element: Element, message_name: str) -> bool:
        """Tell whether a message of this name goes over an executed flow from or to an element."""
        return any(
            message_name in self.names_at(_other(flow, element))
            for flow in self.at(element)
            if self.is_executed(flow)
        )

    def is_executed(self, flow: MessageFlow) -> bool:
        """Tell whether a message goes from one executable process to another along a flow."""
        return (
            self.can_be_sent(flow.source)
            and self.can_be_received(flow.target)
            and not self.names_at(flow.source).isdisjoint(self.names_at(flow.target))
        )

    def can_be_sent(self, element: Element) -> bool:
        """Tell whether the engine itself sends messages from an element."""
        kind = local_name(element)
        if kind == "task":
            return not self.incoming.get(element.get("id") or "")
        return kind == "sendTask" or (kind in _THROWING and _has_message(element))

    def can_be_received(self, element: Element) -> bool:
        """Tell whether an element waits for messages."""
        kind = local_name(element)
        if kind == "task":
            return not self.outgoing.get(element.get("id") or "")
        return kind == "receiveTask" or (kind in _CATCHING and _has_message(element))

    def names_at(self, element: Element) -> frozenset[str]:
        """Return the names of the messages that an element sends or waits for."""
        references = list(_references(element))
        names = {_message_name(element, reference) for reference in references if reference}
        if "" in references or not references:
            named = self.message_of(element)
            names.add(named if isinstance(named, str) else _name(named))
        return frozenset(name for name in names if name)

    def message_of(self, element: Element) -> Element | str | None:
        """Return the message of an end that names none: an element, or the id of a flow."""
        seen = {element.get("id"): None}
        flows: list[MessageFlow] = []
        pending = [element]
        for current in pending:
            for flow in self.at(current):
                flows.append(flow)
                other = _other(flow, current)
                for owner, reference in (
                    (flow.element, flow.element.get("messageRef") or ""),
                    *((other, reference) for reference in _references(other)),
                ):
                    message = _message(owner, reference)
                    if message is not None:
                        return message
                if other.get("id") not in seen:
                    seen[other.get("id")] = None
                    pending.append(other)
        anonymous = [
            flow
            for flow in flows
            if self.can_be_sent(flow.source) and self.can_be_received(flow.target)
        ]
        if not anonymous:
            return None
        return element_id_of(min((flow.element for flow in anonymous), key=_position))


def index_message_flows(
    root: Element, by_id: Mapping[str, Element], executable: tuple[Element, ...]
) -> MessageFlows:
    """Return the message flows of a file whose ends are elements of executable processes.

    Of one with a pool at an end only the message that it names counts.
    """
    if is_for_camunda(root):
        return MessageFlows()
    outgoing: dict[str, list[MessageFlow]] = {}
    incoming: dict[str, list[MessageFlow]] = {}
    for collaboration in children(root, "collaboration"):
        for element in children(collaboration, "messageFlow"):
            source = by_id.get(_local(element, "sourceRef"))
            target = by_id.get(_local(element, "targetRef"))
            if source is None or target is None:
                continue
            if not _is_between_processes(source, target, executable):
                continue
            flow = MessageFlow(element=element, source=source, target=target)
            outgoing.setdefault(source.get("id") or "", []).append(flow)
            incoming.setdefault(target.get("id") or "", []).append(flow)
    return MessageFlows(
        outgoing={key: tuple(flows) for key, flows in outgoing.items()},
        incoming={key: tuple(flows) for key, flows in incoming.items()},
    )


def process_of(element: Element) -> Element | None:
    """Return the process that an element stands in."""
    current: Element | None = element
    while current is not None and current.tag != full_name("process"):
        current = current.getparent()
    return current


def _is_between_processes(
    source: Element, target: Element, executable: tuple[Element, ...]
) -> bool:
    ends = (process_of(source), process_of(target))
    return ends[0] is not ends[1] and all(end in executable for end in ends)


def _process_id(element: Element) -> str:
    process = process_of(element)
    return "" if process is None else element_id_of(process)


def _other(flow: MessageFlow, element: Element) -> Element:
    return flow.target if flow.source is element else flow.source


def _references(element: Element) -> Iterator[str]:
    """Yield what each message definition of an element refers to; empty for nothing."""
    if local_name(element) in {"sendTask", "receiveTask"}:
        yield (element.get("messageRef") or "").strip()
    for definition in children(element, "messageEventDefinition"):
        yield (definition.get("messageRef") or "").strip()


def _has_message(element: Element) -> bool:
    return first_child(element, "messageEventDefinition") is not None


def _message(owner: Element, reference: str) -> Element | None:
    wanted = _without_prefix(owner, reference)
    if not wanted:
        return None
    messages = owner.getroottree().getroot().iterchildren(full_name("message"))
    return next((message for message in messages if message.get("id") == wanted), None)


def _message_name(owner: Element, reference: str) -> str | None:
    return _name(_message(owner, reference))


def _name(message: Element | None) -> str | None:
    return None if message is None else (message.get("name") or "").strip() or None


def _local(element: Element, attribute: str) -> str:
    return _without_prefix(element, element.get(attribute) or "")


def _without_prefix(owner: Element, reference: str) -> str:
    prefix, separator, local = reference.strip().partition(":")
    return local if separator and prefix in owner.nsmap else reference.strip()


def _position(element: Element) -> int:
    parent = element.getparent()
    return 0 if parent is None else parent.index(element)
