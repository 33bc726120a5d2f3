"""Rules about sequence flows (BPMN 2.0.2, sections 7.6.1 and 8.4.13)."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.findings import violation, warning
from bpmn_engine.parser.instantiation import is_instantiating
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    is_true,
    local_name,
    text_of,
)
from bpmn_engine.parser.structure import Scope, Structure
from bpmn_engine.parser.support import ACTIVITIES, FLOW_NODES

_MAY_CHOOSE: Final = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})
_MAY_HAVE_CONDITIONS: Final = _MAY_CHOOSE | ACTIVITIES
_NUMBER = re.compile(r"=?\s*-?\d+(?:\.\d+)?")


def must_join_nodes_of_one_scope(structure: Structure) -> list[Violation]:
    """A sequence flow joins two flow nodes of its own process or sub-process."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for flow in scope.flows:
            for attribute, end in (("sourceRef", "source"), ("targetRef", "target")):
                problem = _end_problem(structure, scope, (flow.get(attribute) or "").strip(), end)
                if problem is not None:
                    found.append(violation(flow, *problem, "7.6.1"))
    return found


def _end_problem(
    structure: Structure, scope: Scope, node_id: str, end: str
) -> tuple[str, str] | None:
    if node_id in scope.by_id:
        return None
    target = structure.diagram.by_id.get(node_id)
    if target is None:
        return (
            "dangling-reference",
            f"Expected the flow's {end} to be a flow node, but there is no element with the id "
            f"{node_id!r}. Draw the flow again, or remove it.",
        )
    if local_name(target) not in FLOW_NODES:
        return (
            "flow-end",
            f"Expected the flow's {end} to be an event, activity or gateway, but {node_id!r} is "
            f"a {local_name(target)}. Draw the flow again, or use an association.",
        )
    return (
        "crosses-scope",
        f"The flow's {end} {node_id!r} stands in another process or sub-process. A sequence flow "
        "may not cross that border: use a message, or an event on the border.",
    )


def must_list_own_flows(structure: Structure) -> list[Violation]:
    """What a node lists as incoming and outgoing are its own flows."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            for name, flows in (
                ("incoming", scope.flows_into(node)),
                ("outgoing", scope.flows_out_of(node)),
            ):
                own = {flow.get("id") for flow in flows}
                listed = [text_of(item).rpartition(":")[2] for item in children(node, name)]
                found += [
                    structure.lenient(
                        node,
                        "flow-list",
                        f"Expected {flow_id!r} to be an {name} flow of {element_id_of(node)}, but "
                        "it is not. Draw the flow again.",
                        "8.4.13",
                    )
                    for flow_id in listed
                    if flow_id not in own
                ]
    return found


def must_list_flows_if_any(structure: Structure) -> list[Violation]:
    """Where nodes list their flows, every node with flows does (section 8.4.13).

    Modelers built on bpmn-js and Camunda's engines read the flows alone.
    """
    if structure.is_lenient:
        return []
    return [
        violation(
            node,
            "flow-list",
            f"A flow names {element_id_of(node)} as its end, but {element_id_of(node)} lists no "
            f"{name} flow, while others do. Draw the flow again.",
            "8.4.13",
        )
        for scope in structure.scopes
        if any(children(node, "incoming", "outgoing") for node in scope.nodes)
        for node in scope.nodes
        for name, flows in (
            ("incoming", scope.flows_into(node)),
            ("outgoing", scope.flows_out_of(node)),
        )
        if flows and not children(node, name)
    ]


def must_choose_only_where_allowed(structure: Structure) -> list[Violation]:
    """Conditions stand on flows out of activities and of gateways that choose."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for flow in scope.flows:
            condition = first_child(flow, "conditionExpression")
            source = scope.by_id.get((flow.get("sourceRef") or "").strip())
            if condition is None or source is None:
                continue
            found += _condition_problems(structure, scope, flow, source)
            if _NUMBER.fullmatch(text_of(condition)):
                found.append(_not_boolean(flow, text_of(condition)))
    return found


def _not_boolean(element: Element, text: str) -> Violation:
    return violation(
        element,
        "not-a-condition",
        f"Expected a condition that is true or false, but {text!r} is a number. "
        "Write a comparison.",
        "8.4.13",
    )


def _condition_problems(
    structure: Structure, scope: Scope, flow: Element, source: Element
) -> list[Violation]:
    kind = local_name(source)
    if kind == "parallelGateway":
        return [
            warning(
                flow,
                "condition-ignored",
                "A parallel gateway takes every flow, so that this condition is ignored. "
                "Remove it, or use an inclusive gateway.",
                "10.6.4",
            )
        ]
    if kind not in _MAY_HAVE_CONDITIONS:
        return [
            violation(
                flow,
                "condition-not-allowed",
                f"A flow out of a {kind} is taken always, so that its condition would be "
                "ignored. Remove the condition, or add an exclusive gateway.",
                "8.4.13",
            )
        ]
    if kind in ACTIVITIES and len(scope.flows_out_of(source)) == 1:
        return [
            structure.lenient(
                flow,
                "only-flow-has-condition",
                f"The only flow out of {element_id_of(source)} has a condition; the token would "
                "have nowhere to go when it is false. Draw another flow, or remove it.",
                "8.4.13",
            )
        ]
    return []


def must_complete_on_a_condition(structure: Structure) -> list[Violation]:
    """No condition of a node, such as when a loop ends or a gateway fires, is a number."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            found += [
                _not_boolean(node, text_of(condition))
                for condition in _own_conditions(node)
                if _NUMBER.fullmatch(text_of(condition))
            ]
    return found


def _own_conditions(node: Element) -> list[Element]:
    """Return the conditions of a node itself: of its loop, its activation, its completion."""
    found = children(node, "activationCondition", "completionCondition")
    for loop in children(node, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"):
        found += children(loop, "completionCondition", "loopCondition")
        for behavior in children(loop, "complexBehaviorDefinition"):
            found += children(behavior, "condition")
    return found


def must_leave_by_default_flow(structure: Structure) -> list[Violation]:
    """A default flow leaves the node that names it, and has no condition."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            default = (node.get("default") or "").strip()
            if not default:
                continue
            flows = [flow for flow in scope.flows_out_of(node) if flow.get("id") == default]
            if not flows:
                found.append(
                    violation(
                        node,
                        "default-flow",
                        f"Expected the default flow {default!r} to leave "
                        f"{element_id_of(node)}, but it does not. Choose the default again.",
                        "8.4.13",
                    )
                )
            elif first_child(flows[0], "conditionExpression") is not None:
                found.append(
                    violation(
                        flows[0],
                        "default-flow",
                        "A default flow is taken when no condition holds, so that its own would "
                        "be ignored. Remove the condition, or choose another default.",
                        "8.4.13",
                    )
                )
    return found


def should_say_when_each_flow_is_taken(structure: Structure) -> list[Violation]:
    """An exclusive split has a condition on each flow but its default; else a warning."""
    return [
        _unconditioned(gateway, flow)
        for scope in structure.scopes
        for gateway in scope.nodes
        if local_name(gateway) == "exclusiveGateway" and len(scope.flows_out_of(gateway)) > 1
        for flow in scope.flows_out_of(gateway)
        if first_child(flow, "conditionExpression") is None
        and flow.get("id") != gateway.get("default")
    ]


def _unconditioned(gateway: Element, flow: Element) -> Violation:
    return warning(
        flow,
        "unconditional-flow",
        f"The flow leaves the exclusive gateway {element_id_of(gateway)} without a condition and "
        "is not its default: when it is reached, it is taken.",
        "10.6.2",
    )


def must_connect_all_nodes(structure: Structure) -> list[Violation]:
    """Beside a start event every node has an incoming flow; beside an end event an outgoing one.

    Without any start or end event, nodes start and end implicitly (sections 10.5.2 and 10.5.3).
    """
    found: list[Violation] = []
    for scope in structure.scopes:
        kinds = {local_name(node) for node in scope.nodes}
        for node in scope.nodes:
            if (
                "startEvent" in kinds
                and not _may_lack_incoming(node)
                and not scope.flows_into(node)
            ):
                found.append(_starts_by_itself(structure, node))
            if (
                "endEvent" in kinds
                and not _may_lack_outgoing(node)
                and not scope.flows_out_of(node)
            ):
                found.append(_ends_nowhere(structure, node))
    return found


def _may_lack_incoming(node: Element) -> bool:
    return (
        local_name(node) in {"startEvent", "boundaryEvent"}
        or is_instantiating(node)
        or _stands_apart(node)
    )


def _may_lack_outgoing(node: Element) -> bool:
    return local_name(node) in {"endEvent", "boundaryEvent"} or _stands_apart(node)


def _stands_apart(node: Element) -> bool:
    """Event sub-processes, compensation handlers and link events need no flow."""
    return (
        is_true(node, "triggeredByEvent")
        or is_true(node, "isForCompensation")
        or first_child(node, "linkEventDefinition") is not None
    )


def _starts_by_itself(structure: Structure, node: Element) -> Violation:
    """In diagrams for Camunda it never starts; else it does so with the scope (section 10.3)."""
    message = (
        f"No flow leads to {element_id_of(node)}, although there is a start event. "
        "Draw a flow to it, or remove it."
    )
    if structure.is_camunda:
        return violation(node, "no-incoming-flow", message, "10.5.2")
    return structure.lenient(
        node,
        "no-incoming-flow",
        f"{message} As it is, it starts by itself whenever what is around it starts.",
        "10.5.2",
    )


def _ends_nowhere(structure: Structure, node: Element) -> Violation:
    return structure.lenient(
        node,
        "no-outgoing-flow",
        f"No flow leaves {element_id_of(node)}, although there is an end event. "
        "Draw a flow to an end event.",
        "10.5.3",
    )
