"""Receive tasks and event-based gateways that start a process (BPMN 2.0.2, section 13.2)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import element_id_of, first_child, is_true, local_name
from bpmn_engine.parser.structure import Scope, Structure


def is_instantiating(node: Element) -> bool:
    """Tell whether the node starts its process."""
    return is_true(node, "instantiate") and local_name(node) in {
        "receiveTask",
        "eventBasedGateway",
    }


def must_instantiate_at_the_beginning(structure: Structure) -> list[Violation]:
    """What starts a process stands in the process itself, and no flow leads to it."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            if is_instantiating(node):
                found += _problems(scope, node)
            elif node.get("eventGatewayType") == "Parallel":
                found.append(
                    violation(
                        node,
                        "event-gateway",
                        "Only an event-based gateway that starts the process may be parallel. "
                        "Set instantiate to true, or eventGatewayType to Exclusive.",
                        "10.6.6",
                    )
                )
    return found


def _problems(scope: Scope, node: Element) -> list[Violation]:
    said: list[str] = []
    if local_name(scope.element) != "process":
        said.append(
            "it stands in a sub-process, which starts when a token reaches it. "
            "Set instantiate to false"
        )
    if scope.flows_into(node) and not _comes_after_start(scope, node):
        said.append("a flow leads to it. Remove the flow, or set instantiate to false")
    if any(first_child(node, loop) is not None for loop in _LOOPS):
        said.append("it has a loop, and one message starts it once. Remove the loop")
    targets = _targets(scope, node)
    if node.get("eventGatewayType") == "Parallel" and targets and all(map(_is_timer, targets)):
        said.append(
            "only timers follow it, and nothing tells which instance a moment belongs to. Add a "
            "message or a signal, or set eventGatewayType to Exclusive"
        )
    return [
        violation(
            node,
            "instantiation",
            f"Expected {element_id_of(node)} to start the process, but {problem}.",
            "13.2",
        )
        for problem in said
    ]


def _comes_after_start(scope: Scope, node: Element) -> bool:
    """Tell whether only a start event leads to a receive task, which section 10.3.3 allows."""
    sources = [
        scope.by_id.get((flow.get("sourceRef") or "").strip()) for flow in scope.flows_into(node)
    ]
    return (
        local_name(node) == "receiveTask"
        and len(sources) == 1
        and sources[0] is not None
        and local_name(sources[0]) == "startEvent"
    )


def _is_timer(target: Element) -> bool:
    return first_child(target, "timerEventDefinition") is not None


_LOOPS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")


def _targets(scope: Scope, node: Element) -> list[Element]:
    if local_name(node) != "eventBasedGateway":
        return []
    ids = [(flow.get("targetRef") or "").strip() for flow in scope.flows_out_of(node)]
    return [scope.by_id[target] for target in ids if target in scope.by_id]
