"""Soundness of the control flow: no token is stuck, none meets another without a join.

Each scope is looked at by itself: a sub-process is an activity of the scope around it. Data is
abstracted from, so that every flow out of a gateway counts as possible.
"""

from __future__ import annotations

from collections import defaultdict

from bpmn_engine.analysis.elements import Subject, label, listed
from bpmn_engine.analysis.exploration import MOST_MARKINGS, explore
from bpmn_engine.analysis.net import SOURCE, Net, net_of
from bpmn_engine.analysis.reduction import reduce_net
from bpmn_engine.graph.nodes import Node
from bpmn_engine.model.definitions import Violation


def should_be_sound(subject: Subject) -> list[Violation]:
    """Every token can go on to an end, and parallel tokens meet at joins.

    The activities of an ad-hoc sub-process start when people choose; it is left out.
    """
    members: defaultdict[int, list[Node]] = defaultdict(list)
    for node in subject.graph.nodes:
        members[node.scope].append(node)
    found: list[Violation] = []
    for scope in subject.graph.scopes:
        owner = None if scope.owner is None else subject.graph.nodes[scope.owner]
        if owner is None or owner.element_type != "adHocSubProcess":
            net = net_of(subject.graph, scope.index, members[scope.index])
            name = subject.process.id if owner is None else str(owner.element_id)
            found += _problems(subject, net, name)
    return found


def _problems(subject: Subject, net: Net, scope_id: str) -> list[Violation]:
    if net.undecided is not None:
        return [
            subject.information(
                "soundness-not-decided",
                scope_id,
                "Whether every token finds its way was not decided, as "
                f"{label(subject.graph.nodes[net.undecided])} is of a kind that is not looked at. "
                "Try the process with a test.",
            )
        ]
    reduce_net(net)
    if not net.stations[SOURCE].outs:
        return []
    found = explore(net)
    stuck = [_deadlock(subject, net, one, arcs) for one, arcs in found.stuck.items()]
    crowded = [_crowd(subject, net, one) for one in found.crowded]
    problems = [problem for problem in (*stuck, *crowded) if problem is not None]
    if not found.is_complete:
        problems.append(
            subject.information(
                "soundness-not-decided",
                scope_id,
                f"Whether every token finds its way was not decided within {MOST_MARKINGS:,} "
                "distributions of tokens. Draw splits and joins in pairs, or move parts into "
                "sub-processes.",
            )
        )
    return problems


def _deadlock(subject: Subject, net: Net, station: int, missing: set[int]) -> Violation | None:
    node = _node(subject, net, station)
    if node is None:
        return None
    flows = sorted(_flow(subject, net, arc) for arc in missing)
    return subject.warning(
        "deadlock",
        str(node.element_id),
        f"{label(node)} may wait for ever: it needs a token on each of its incoming flows, but "
        f"in some courses none comes over {listed(flows)}. Join alternative ways by an "
        "exclusive gateway, parallel ones by a parallel gateway, and mixed ones by an inclusive "
        "gateway.",
    )


def _crowd(subject: Subject, net: Net, station: int) -> Violation | None:
    node = _node(subject, net, station)
    if node is None:
        return None
    return subject.warning(
        "lack-of-synchronisation",
        str(node.element_id),
        f"Tokens of parallel ways meet at {label(node)} without being joined, so that what comes "
        "after it is done once for each. Join the ways before it by a parallel or inclusive "
        "gateway, unless that is meant.",
    )


def _node(subject: Subject, net: Net, station: int) -> Node | None:
    index = net.stations[station].node
    return None if index is None else subject.graph.nodes[index]


def _flow(subject: Subject, net: Net, arc: int) -> str:
    edge = net.arcs[arc].edge
    return "a flow" if edge is None else str(subject.graph.edges[edge].flow_id)
