"""Reads the token simulation suite: makes its drawings executable, and its traces from ours.

The drawings are for a simulator, which moves tokens over them whatever stands in them. So the
harness marks processes executable, lets events that wait for nothing or for a condition wait for
a message, names messages and signals that have no name, gives timers a duration, and makes a
gateway's outgoing flows conditional on a variable `take_<flow id>`, by which a case sets which one
is taken. Message flows between two processes are left to the engine; one from or to the border of
a pool names the message of its other end, as a case sends it by that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from bpmn_engine.graph.compiler import flow_ids
from bpmn_engine.graph.links import is_link
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.kernel.effects import PublishMessage
from bpmn_engine.kernel.facts import ElementCompleted, ElementTerminated
from bpmn_engine.kernel.lifecycle import InstanceStatus
from tests.conformance.world import Instance

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"
XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass(frozen=True)
class Drawing:
    """A drawing of the suite, made executable."""

    xml: bytes
    participants: dict[str, str]  #: process -> participant, which the traces name instead
    gateways: dict[str, tuple[str, ...]]  #: exclusive and inclusive splits -> their flows
    chosen: frozenset[str]  #: flows open at the beginning
    between: dict[tuple[str, str], str]  #: ends of a message flow between processes -> the flow
    to_pools: dict[str, tuple[str, ...]]
    """Sender along such flows -> its flows to borders of pools, which only show that it sends."""
    between_pools: frozenset[str]  #: message flows from border to border

    @property
    def is_empty(self) -> bool:
        """Whether nothing but empty pools is drawn."""
        return b"process " not in self.xml


def executable(xml: bytes, *, waits_at: frozenset[str]) -> Drawing:
    """Return a drawing with what it lacks to be executed; nothing of its flow is changed."""
    root = etree.fromstring(xml)
    for process in root.iter(f"{BPMN}process"):
        process.set("isExecutable", "true")
    for element in list(root.iter(f"{BPMN}task", f"{BPMN}sendTask", f"{BPMN}receiveTask")):
        if element.get("id") in waits_at:
            element.tag = f"{BPMN}userTask"
    _give_triggers(root)
    between, to_pools, between_pools = _sorted_flows(root)
    ours = frozenset(end for ends in between for end in ends)
    _name_events(root, dict(_connect_message_flows(root, ours)), ours)
    _complete_definitions(root)
    gateways = dict(_conditions(root))
    return Drawing(
        xml=etree.tostring(root),
        participants={
            str(p.get("processRef")): str(p.get("id")) for p in root.iter(f"{BPMN}participant")
        },
        gateways=gateways,
        chosen=frozenset(_first_choice(root, gateways)),
        between=between,
        to_pools=to_pools,
        between_pools=between_pools,
    )


def _sorted_flows(
    root: etree._Element,
) -> tuple[dict[tuple[str, str], str], dict[str, tuple[str, ...]], frozenset[str]]:
    """Return the message flows between processes, from their senders to pools, between pools."""
    pools = {str(pool.get("id")) for pool in root.iter(f"{BPMN}participant")}
    flows = {
        str(flow.get("id")): (str(flow.get("sourceRef")), str(flow.get("targetRef")))
        for flow in root.iter(f"{BPMN}messageFlow")
    }
    between = {ends: key for key, ends in flows.items() if pools.isdisjoint(ends)}
    to_pools = {
        source: tuple(key for key, ends in flows.items() if ends[0] == source and ends[1] in pools)
        for source, _ in between
    }
    return between, to_pools, frozenset(key for key, ends in flows.items() if pools >= set(ends))


def _give_triggers(root: etree._Element) -> None:
    """Let events wait for a message, or throw one, that say nothing we could run."""
    ends = {flow.get(end) for flow in root.iter(f"{BPMN}messageFlow") for end in _ENDS}
    for condition in root.iter(f"{BPMN}conditionalEventDefinition"):
        condition.tag = f"{BPMN}messageEventDefinition"
        for child in list(condition):
            condition.remove(child)
    for event in root.iter(*(BPMN + tag for tag in _EVENTS)):
        is_waiting = event.tag in {f"{BPMN}boundaryEvent", f"{BPMN}intermediateCatchEvent"}
        is_defined = any(str(child.tag).endswith("EventDefinition") for child in event)
        if not is_defined and (is_waiting or event.get("id") in ends):
            etree.SubElement(event, f"{BPMN}messageEventDefinition")


_ENDS: Final = ("sourceRef", "targetRef")
_EVENTS: Final = (
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
)


def _connect_message_flows(
    root: etree._Element, ours: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Give the end of a message flow that is in a process the message named like the flow."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    for flow in list(root.iter(f"{BPMN}messageFlow")):
        for end, tag in (("sourceRef", "sendTask"), ("targetRef", "receiveTask")):
            element = by_id[flow.get(end)]
            if element.get("id") in ours:
                continue
            if element.tag in {f"{BPMN}task", f"{BPMN}sendTask", f"{BPMN}receiveTask"}:
                element.tag = BPMN + tag
            yield str(element.get("id")), str(flow.get("id"))
    for task in root.iter(f"{BPMN}sendTask", f"{BPMN}receiveTask"):
        task.attrib.pop("messageRef", None)


def _name_events(root: etree._Element, flows: dict[str, str], ours: frozenset[str]) -> None:
    for kind, attribute in (("message", "messageRef"), ("signal", "signalRef")):
        for definition in root.iter(f"{BPMN}{kind}EventDefinition"):
            owner = definition.getparent()
            assert owner is not None
            if kind == "message" and owner.get("id") in ours:
                definition.attrib.pop(attribute, None)
                continue
            name = flows.get(str(owner.get("id")))
            if name is not None or definition.get(attribute) is None:
                unnamed = "any" if kind == "signal" else str(owner.get("id"))
                definition.set(attribute, _root(root, kind, name or unnamed))
    for task in root.iter(f"{BPMN}sendTask", f"{BPMN}receiveTask"):
        if task.get("id") in ours:
            continue
        name = flows.get(str(task.get("id")), str(task.get("id")))
        task.set("messageRef", _root(root, "message", name))


def _complete_definitions(root: etree._Element) -> None:
    """Give timers a duration, and error end events an error."""
    for timer in root.iter(f"{BPMN}timerEventDefinition"):
        if len(timer) == 0:
            duration = etree.SubElement(timer, f"{BPMN}timeDuration")
            duration.set(
                f"{XSI}type",
                f"{root.prefix}:tFormalExpression" if root.prefix else "tFormalExpression",
            )
            duration.text = "PT1H"
    for event in root.iter(f"{BPMN}errorEventDefinition"):
        owner = event.getparent()
        if owner is not None and owner.tag == f"{BPMN}endEvent" and not event.get("errorRef"):
            event.set("errorRef", _root(root, "error", str(owner.get("id")), errorCode="none"))


def _root(root: etree._Element, kind: str, name: str, **attributes: str) -> str:
    key = f"{kind.title()}_of_{name}"
    if root.find(f"{BPMN}{kind}[@id='{key}']") is None:
        root.insert(0, root.makeelement(BPMN + kind, {"id": key, "name": name, **attributes}))
    return key


def _conditions(root: etree._Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    splits = [*root.iter(f"{BPMN}exclusiveGateway"), *root.iter(f"{BPMN}inclusiveGateway")]
    for gateway in splits:
        flows = [
            flow
            for flow in root.iter(f"{BPMN}sequenceFlow")
            if flow.get("sourceRef") == gateway.get("id")
        ]
        if len(flows) < 2:
            continue
        for flow in flows:
            for condition in flow.findall(f"{BPMN}conditionExpression"):
                flow.remove(condition)
            if flow.get("id") != gateway.get("default"):
                condition = etree.SubElement(flow, f"{BPMN}conditionExpression")
                condition.text = f"= take_{flow.get('id')}"
        yield str(gateway.get("id")), tuple(str(flow.get("id")) for flow in flows)


def _first_choice(root: etree._Element, gateways: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """An unset exclusive gateway takes its first flow, an unset inclusive one all of them."""
    for gateway, flows in gateways.items():
        is_inclusive = root.find(f".//{BPMN}inclusiveGateway[@id='{gateway}']") is not None
        yield from flows if is_inclusive else flows[:1]


# From facts to what the simulator calls a trace -------------------------------------------------


def exited(instance: Instance, drawing: Drawing) -> Iterator[str]:
    """Return what was left, sorted by nothing: elements, flows, and the process when it ended.

    As in the simulator an event-based gateway, the flow after it and a terminate end event are not
    told, and of what an interrupting event stops only the activity it is attached to.
    """
    graph = instance.run.graph
    for fact in instance.run.facts:
        if isinstance(fact, ElementCompleted):
            node = graph.nodes[fact.node]
            if node.kind not in {NodeKind.EVENT_BASED, NodeKind.TERMINATE_END}:
                yield node.element_id
                yield from (flow for flow in flow_ids(graph, fact.flows) if not is_link(flow))
        elif isinstance(fact, ElementTerminated) and _is_host(graph.nodes[fact.node]):
            yield graph.nodes[fact.node].element_id
    if instance.run.state.status is InstanceStatus.COMPLETED:
        yield drawing.participants.get(instance.process_id, instance.process_id)


def _is_host(node: Node) -> bool:
    return bool(node.boundaries)


def sent(instance: Instance, drawing: Drawing) -> Iterator[str]:
    """Return the message flows along which an instance has sent something."""
    for message in instance.run.sent(PublishMessage):
        source = instance.run.name(message.node)
        if not message.receivers:
            yield message.name
            continue
        for receiver in message.receivers:
            yield drawing.between[source, receiver.element_id]
        yield from drawing.to_pools[source]
