"""Rules about events, gateways and activities (BPMN 2.0.2, section 10)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.event_elements import (
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    is_true,
    local_name,
)
from bpmn_engine.parser.structure import Scope, Structure
from bpmn_engine.parser.support import ACTIVITIES, GATEWAYS


def must_flow_the_right_way(structure: Structure) -> list[Violation]:
    """No flow enters a start or boundary event; none leaves an end event (section 7.6.1)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            kind = local_name(node)
            if kind in {"startEvent", "boundaryEvent"} and scope.flows_into(node):
                found.append(_wrong_way(node, f"A {kind} may not have an incoming flow."))
            if kind == "endEvent" and scope.flows_out_of(node):
                found.append(_wrong_way(node, "An endEvent may not have an outgoing flow."))
    return found


def _wrong_way(node: Element, message: str) -> Violation:
    return violation(
        node,
        "flow-direction",
        f"{message} Remove it, or use an intermediate event.",
        "7.6.1",
    )


def must_be_attached(structure: Structure) -> list[Violation]:
    """A boundary event is attached to an activity of its own scope (section 10.5.4)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for event in scope.nodes:
            if local_name(event) == "boundaryEvent":
                found += _attachment_problems(scope, event)
    return found


def _attachment_problems(scope: Scope, event: Element) -> list[Violation]:
    reference = (event.get("attachedToRef") or "").strip()
    host = scope.by_id.get(reference)
    if host is not None and local_name(host) in ACTIVITIES:
        return []
    return [
        violation(
            event,
            "dangling-reference",
            f"Expected the boundary event to be attached to an activity beside it, but "
            f"{reference!r} is none. Drag the event onto the activity's border.",
            "10.5.4",
        )
    ]


def must_gate_as_declared(structure: Structure) -> list[Violation]:
    """A gateway's flows agree with its declared direction (section 10.6.1)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for gateway in scope.nodes:
            if local_name(gateway) not in GATEWAYS:
                continue
            incoming = len(scope.flows_into(gateway))
            outgoing = len(scope.flows_out_of(gateway))
            problem = _direction_problem(
                gateway.get("gatewayDirection"), incoming=incoming, outgoing=outgoing
            )
            if incoming + outgoing == 0:
                found.append(
                    violation(
                        gateway,
                        "unconnected-gateway",
                        "No flow enters or leaves the gateway. Connect it, or remove it.",
                        "10.6.1",
                    )
                )
            elif problem is not None:
                found.append(structure.lenient(gateway, "gateway-direction", problem, "10.6.1"))
    return found


def _direction_problem(direction: str | None, *, incoming: int, outgoing: int) -> str | None:
    contradicts = {
        "Converging": outgoing > 1,
        "Diverging": incoming > 1,
        "Mixed": incoming < 2 or outgoing < 2,  # noqa: PLR2004 - "multiple"
    }
    if not contradicts.get(direction or "", False):
        return None
    return (
        f"The gateway's direction is {direction}, but it has {incoming} incoming and {outgoing} "
        "outgoing flows. Remove gatewayDirection, or correct the flows."
    )


def must_wait_after_event_gateway(structure: Structure) -> list[Violation]:
    """An event-based gateway leads to catch events or receive tasks only (section 10.6.6)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for gateway in scope.nodes:
            if local_name(gateway) == "eventBasedGateway":
                found += _event_gateway_problems(structure, scope, gateway)
    return found


def _event_gateway_problems(
    structure: Structure, scope: Scope, gateway: Element
) -> list[Violation]:
    flows = scope.flows_out_of(gateway)
    targets = [
        target
        for flow in flows
        if (target := scope.by_id.get((flow.get("targetRef") or "").strip())) is not None
    ]
    found = [
        problem for target in targets for problem in _target_problems(structure, scope, target)
    ]
    if len(flows) < 2:  # noqa: PLR2004 - a choice
        found.append(
            structure.lenient(
                gateway,
                "event-gateway",
                f"Expected at least two flows out of the event-based gateway, but there are "
                f"{len(flows)}. Draw the other events, or remove the gateway.",
                "10.6.6",
            )
        )
    kinds = {local_name(target) for target in targets}
    has_message = any(
        first_child(target, "messageEventDefinition") is not None for target in targets
    )
    if "receiveTask" in kinds and has_message:
        found.append(
            violation(
                gateway,
                "event-gateway",
                "After an event-based gateway, messages are received either by events or by "
                "receive tasks, not by both. Use one kind.",
                "10.6.6",
            )
        )
    return found


def _target_problems(structure: Structure, scope: Scope, target: Element) -> list[Violation]:
    if local_name(target) not in {"intermediateCatchEvent", "receiveTask"}:
        return [
            violation(
                target,
                "event-gateway",
                f"After an event-based gateway comes a catch event or a receive task, but "
                f"{element_id_of(target)} is a {local_name(target)}. Insert an event.",
                "10.6.6",
            )
        ]
    if is_true(target, "parallelMultiple"):
        return [
            violation(
                target,
                "event-gateway",
                f"{element_id_of(target)} waits for several events at once, which decides no "
                "race. Draw it elsewhere, or use one event.",
                "10.6.6",
            )
        ]
    if len(scope.flows_into(target)) > 1:
        return [
            structure.lenient(
                target,
                "event-gateway",
                f"{element_id_of(target)} follows an event-based gateway and may have no other "
                "incoming flow. Draw a separate event.",
                "10.6.6",
            )
        ]
    return []


def must_be_callable(structure: Structure) -> list[Violation]:
    """A process called by a call activity of the same file has a none start event, or none."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            if local_name(node) != "callActivity":
                continue
            called = structure.diagram.by_id.get((node.get("calledElement") or "").strip())
            if called is None or local_name(called) != "process":
                continue
            starts = children(called, "startEvent")
            if starts and all(definition_elements(structure.diagram, start) for start in starts):
                found.append(
                    violation(
                        node,
                        "called-element",
                        f"The called process {element_id_of(called)} only starts by triggers, so "
                        "that it cannot be called. Give it a none start event.",
                        "10.3.6",
                    )
                )
    return found
