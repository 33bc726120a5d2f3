"""Message flows between executable processes (BPMN 2.0.2, sections 7.6.2 and 9.4).

Both ends speak of one message. An end that names none has that of its flow, or of the other end;
where nobody names one, the flow itself does. In diagrams for Camunda message flows are drawings:
messages go by their names there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    unnamed: Mapping[str, Element | str] = field(default_factory=dict)
    """End that names no message -> the message that others name for it, or the id of a flow."""
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """End -> the names of the messages that it sends or waits for."""

    def at(self, element: Element) -> tuple[MessageFlow, ...]:
        """Return the flows at an element, the outgoing ones first."""
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
        """Return the names of the messages that an end sends or waits for."""
        return self.names.get(element.get("id") or "", frozenset())

    def message_of(self, element: Element) -> Element | str | None:
        """Return the message of an end that names none: an element, or the id of a flow."""
        return self.unnamed.get(element.get("id") or "")


def index_message_flows(
    root: Element, by_id: Mapping[str, Element], executable: tuple[Element, ...]
) -> MessageFlows:
    """Return the message flows of a file that join elements of different executable processes."""
    if is_for_camunda(root):
        return MessageFlows()
    drawn = list(_between_processes(root, by_id, executable))
    if not drawn:
        return MessageFlows()
    flows = MessageFlows(
        outgoing=_grouped(drawn, lambda flow: flow.source),
        incoming=_grouped(drawn, lambda flow: flow.target),
    )
    messages = {
        message.get("id") or "": message for message in root.iterchildren(full_name("message"))
    }
    ends = {end.get("id") or "": end for flow in drawn for end in (flow.source, flow.target)}
    unnamed = _name_ends(flows, drawn, ends, messages)
    return replace(
        flows,
        unnamed=unnamed,
        names={key: _names(end, unnamed.get(key), messages) for key, end in ends.items()},
    )


def _between_processes(
    root: Element, by_id: Mapping[str, Element], executable: tuple[Element, ...]
) -> Iterator[MessageFlow]:
    known = frozenset(executable)
    for collaboration in children(root, "collaboration", "globalConversation"):
        for element in children(collaboration, "messageFlow"):
            source = by_id.get(without_prefix(element, element.get("sourceRef") or ""))
            target = by_id.get(without_prefix(element, element.get("targetRef") or ""))
            if source is None or target is None:
                continue
            sender, receiver = process_of(source), process_of(target)
            if sender is not receiver and sender in known and receiver in known:
                yield MessageFlow(element=element, source=source, target=target)


def _grouped(
    drawn: list[MessageFlow], end: Callable[[MessageFlow], Element]
) -> dict[str, tuple[MessageFlow, ...]]:
    found: dict[str, list[MessageFlow]] = {}
    for flow in drawn:
        found.setdefault(end(flow).get("id") or "", []).append(flow)
    return {key: tuple(group) for key, group in found.items()}


def _name_ends(
    flows: MessageFlows,
    drawn: list[MessageFlow],
    ends: Mapping[str, Element],
    messages: Mapping[str, Element],
) -> dict[str, Element | str]:
    """Return the message of each end that names none: the nearest that a flow or end names.

    Where none is named, the first flow that joins a sender with a receiver names one.
    """
    naming = _Naming(flows)
    for flow in drawn:
        message = _first_message(flow.element, [flow.element.get("messageRef") or ""], messages)
        if message is not None:
            naming.name(flow.source, message)
            naming.name(flow.target, message)
    for end in ends.values():
        message = _first_message(end, _references(end), messages)
        if message is not None:
            naming.pending.append((end, message))
    naming.spread()
    for flow in drawn:
        if flows.can_be_sent(flow.source) and flows.can_be_received(flow.target):
            naming.name(flow.source, element_id_of(flow.element))
            naming.spread()
    return naming.unnamed


class _Naming:
    """Hands messages from end to end along the flows, each end taking the first that comes."""

    def __init__(self, flows: MessageFlows) -> None:
        self._flows = flows
        self.unnamed: dict[str, Element | str] = {}
        self.pending: deque[tuple[Element, Element | str]] = deque()

    def name(self, end: Element, message: Element | str) -> None:
        """Give an end a message, unless it names one or has been given one."""
        key = end.get("id") or ""
        if key not in self.unnamed and _is_unnamed(end):
            self.unnamed[key] = message
            self.pending.append((end, message))

    def spread(self) -> None:
        """Hand on what was given."""
        while self.pending:
            end, message = self.pending.popleft()
            for flow in self._flows.at(end):
                self.name(_other(flow, end), message)


def _first_message(
    owner: Element, references: Iterable[str], messages: Mapping[str, Element]
) -> Element | None:
    found = (messages.get(without_prefix(owner, reference)) for reference in references)
    return next((message for message in found if message is not None), None)


def _names(
    end: Element, unnamed: Element | str | None, messages: Mapping[str, Element]
) -> frozenset[str]:
    found = [messages.get(without_prefix(end, text)) for text in _references(end) if text]
    names = {_name(message) for message in found}
    names.add(unnamed if isinstance(unnamed, str) else _name(unnamed))
    return frozenset(name for name in names if name)


def _is_unnamed(end: Element) -> bool:
    """Tell whether an element is about a message that it does not name."""
    if local_name(end) == "task":
        return True
    return "" in _references(end)


def process_of(element: Element) -> Element | None:
    """Return the process that an element stands in."""
    current: Element | None = element
    while current is not None and current.tag != full_name("process"):
        current = current.getparent()
    return current


def without_prefix(owner: Element, reference: str) -> str:
    """Return a QName's local part if its prefix is declared in the file; else all of it."""
    prefix, separator, local = reference.strip().partition(":")
    return local if separator and prefix in owner.nsmap else reference.strip()


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


def _name(message: Element | None) -> str | None:
    return None if message is None else (message.get("name") or "").strip() or None
