"""One scope as a net of stations and arcs, its data abstracted from.

A station takes tokens from its arcs and puts tokens on others; how, say its join and its split.
An activity with boundary events becomes several stations: what happens to it is a choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bpmn_engine.analysis.reachability import never_taken
from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.graph.specs import ErrorSpec, MessageSpec, SignalSpec, TimerSpec

SINK: Final = 0
"""The station where tokens vanish: every plain end of the scope."""
STOP: Final = 1
"""The station that ends the whole scope, whatever else is in it."""
SOURCE: Final = 2
"""The station that begins."""


class Join(Enum):
    """How many arcs a station takes a token from."""

    __hash__ = object.__hash__

    ONE = "one"  #: each token by itself
    ALL = "all"  #: one token from each arc
    ANY = "any"  #: every token that can still come (inclusive gateway)


class Split(Enum):
    """How many arcs a station puts a token on."""

    __hash__ = object.__hash__

    ONE = "one"
    ALL = "all"
    SOME = "some"  #: every obligatory arc and any others, at least one in all


@dataclass(slots=True)
class Arc:
    """A way from one station to another; after a reduction it may stand for many flows."""

    source: int
    target: int
    is_obligatory: bool = True  #: of a station that splits over SOME
    is_busy: bool = False  #: an activity is done on the way
    edge: int | None = None  #: the sequence flow by which the target is reached


@dataclass(slots=True)
class Station:
    """A place where tokens are joined and split."""

    join: Join
    split: Split
    node: int | None = None
    is_activity: bool = False
    ins: dict[int, None] = field(default_factory=dict)  #: arcs, in order
    outs: dict[int, None] = field(default_factory=dict)  #: arcs, in order


@dataclass(slots=True)
class Net:
    """The stations and arcs of one scope; reductions change it in place."""

    stations: dict[int, Station] = field(default_factory=dict)
    arcs: dict[int, Arc] = field(default_factory=dict)
    undecided: int | None = None  #: a node whose meaning is not modelled
    _next_station: int = 0

    def add_station(
        self,
        join: Join,
        split: Split,
        *,
        node: int | None = None,
        is_activity: bool = False,
    ) -> int:
        """Add a station and return its index."""
        index = self._next_station
        self._next_station += 1
        self.stations[index] = Station(join=join, split=split, node=node, is_activity=is_activity)
        return index

    def add_arc(
        self, source: int, target: int, *, is_obligatory: bool = True, edge: int | None = None
    ) -> None:
        """Join two stations."""
        index = len(self.arcs)
        self.arcs[index] = Arc(
            source=source, target=target, is_obligatory=is_obligatory, edge=edge
        )
        self.stations[source].outs[index] = None
        self.stations[target].ins[index] = None


_GATEWAYS: Final = {
    NodeKind.EXCLUSIVE: (Join.ONE, Split.ONE),
    NodeKind.PARALLEL: (Join.ALL, Split.ALL),
    NodeKind.INCLUSIVE: (Join.ANY, Split.SOME),
    NodeKind.EVENT_BASED: (Join.ONE, Split.ONE),
}
_STOPPING: Final = frozenset({NodeKind.TERMINATE_END, NodeKind.ERROR_END})
_MAY_STOP: Final = frozenset(
    {NodeKind.ESCALATION_THROW, NodeKind.CANCEL_END, NodeKind.MULTIPLE_THROW}
)
"""What an end event throws that an interrupting event may catch."""

_CAUGHT: Final = (TimerSpec, MessageSpec, SignalSpec, ErrorSpec)
_WITHOUT_WORK: Final = frozenset({NodeKind.START, NodeKind.NONE_THROW, NodeKind.BOUNDARY})


def net_of(graph: ProcessGraph, scope: int, members: list[Node]) -> Net:
    """Return the net of one scope. `Net.undecided` names a node that is not modelled."""
    net = Net()
    net.add_station(Join.ONE, Split.ALL)
    net.add_station(Join.ONE, Split.ALL)
    connected = [node for node in members if _is_connected(graph, scope, node)]
    starts = graph.scopes[scope].starts or tuple(
        node.index for node in connected if node.kind is NodeKind.START
    )
    is_choice = all(graph.nodes[index].kind is NodeKind.START for index in starts)
    beside = graph.scopes[scope].beside
    if beside and is_choice:
        is_choice = False
        if len({*starts, *(n.index for n in connected if _is_start(graph, n))}) > 1:
            net.undecided = beside[0]
    starts = (*starts, *beside)
    net.add_station(Join.ONE, Split.ONE if is_choice else Split.ALL)
    entries: dict[int, int] = {}
    exits: dict[int, int] = {}
    for node in connected:
        if node.element_type != "boundaryEvent":
            _add_node(net, graph, node, entries, exits)
    dead = never_taken(graph)
    for node in connected:
        _add_flows(net, graph, node, entries, exits, dead)
    events = [n.index for n in connected if _is_start(graph, n)] if is_choice else []
    for index in dict.fromkeys((*starts, *events)):
        if index in entries:
            net.add_arc(SOURCE, entries[index])
    return net


def _is_connected(graph: ProcessGraph, scope: int, node: Node) -> bool:
    """Tell whether tokens flow through a node; an event sub-process stands by itself."""
    return bool(
        node.incoming
        or node.outgoing
        or node.index in graph.scopes[scope].starts
        or node.index in graph.scopes[scope].beside
        or node.element_type == "boundaryEvent"
    )


def _add_node(
    net: Net, graph: ProcessGraph, node: Node, entries: dict[int, int], exits: dict[int, int]
) -> None:
    if _is_unknown(node):
        net.undecided = node.index
    join, split = _GATEWAYS.get(node.kind, (Join.ONE, Split.ALL))
    if node.has_conditions and split is Split.ALL and node.kind is not NodeKind.PARALLEL:
        split = Split.SOME
    if _ends_scope(node):
        entries[node.index] = exits[node.index] = STOP
        return
    is_activity = node.kind not in _GATEWAYS and node.kind not in _WITHOUT_WORK
    if not node.outgoing and not node.boundaries and node.kind is NodeKind.END:
        entries[node.index] = exits[node.index] = SINK
        return
    entry = net.add_station(join, split, node=node.index, is_activity=is_activity)
    entries[node.index] = exits[node.index] = entry
    caught = [graph.nodes[index] for index in node.boundaries if _is_caught(graph, index)]
    if caught:
        exits[node.index] = _add_boundaries(net, entry, split, caught, entries, exits)


def _is_start(graph: ProcessGraph, node: Node) -> bool:
    return node.kind is NodeKind.START or (node.scope == 0 and node.index in graph.start_events)


def _ends_scope(node: Node) -> bool:
    """Tell whether the scope ends with the node, or may: then nothing is said of the others."""
    return node.kind in _STOPPING or (node.element_type == "endEvent" and node.kind in _MAY_STOP)


def _is_unknown(node: Node) -> bool:
    """Tell whether the node joins or starts in a way that is not modelled.

    These are complex gateways, event-based gateways that start the process, and quantities.
    """
    if (node.start_quantity, node.completion_quantity) != (1, 1):
        return True
    if node.kind is NodeKind.EVENT_BASED:
        return not node.incoming
    return node.element_type.endswith("Gateway") and node.kind not in _GATEWAYS


def _is_caught(graph: ProcessGraph, index: int) -> bool:
    """Tell whether a boundary event takes a token over; a compensation event does not."""
    boundary = graph.nodes[index]
    return bool(boundary.outgoing) or isinstance(boundary.spec, _CAUGHT)


def _add_boundaries(
    net: Net,
    entry: int,
    split: Split,
    caught: list[Node],
    entries: dict[int, int],
    exits: dict[int, int],
) -> int:
    """Add what may happen to an activity, and return the station it leaves by when completed."""
    done = net.add_station(Join.ONE, split)
    net.stations[entry].split = Split.SOME
    choice = net.add_station(Join.ONE, Split.ONE)
    net.add_arc(entry, choice)
    net.add_arc(choice, done)
    for boundary in caught:
        station = net.add_station(
            Join.ONE, Split.SOME if boundary.has_conditions else Split.ALL, node=boundary.index
        )
        entries[boundary.index] = exits[boundary.index] = station
        if boundary.is_interrupting:
            net.add_arc(choice, station)
        else:
            net.add_arc(entry, station, is_obligatory=False)
    return done


def _add_flows(
    net: Net,
    graph: ProcessGraph,
    node: Node,
    entries: dict[int, int],
    exits: dict[int, int],
    dead: frozenset[int],
) -> None:
    source = exits.get(node.index)
    if source is None or source in {SINK, STOP}:
        return
    for index in node.outgoing:
        edge = graph.edges[index]
        if index in dead:
            _add_dead(net, entries.get(edge.target, SINK), index)
            continue
        target = entries.get(edge.target)
        if target is None:
            net.undecided = edge.target
            continue
        is_obligatory = edge.condition is None and index != node.default
        if node.kind is NodeKind.INCLUSIVE and len(node.outgoing) == 1:
            is_obligatory = True
        net.add_arc(source, target, is_obligatory=is_obligatory, edge=index)
    if not net.stations[source].outs:
        net.add_arc(source, SINK)


def _add_dead(net: Net, target: int, edge: int) -> None:
    """A join waits for a token on each flow, also on one that is never taken."""
    if net.stations[target].join is Join.ALL:
        net.add_arc(net.add_station(Join.ONE, Split.ALL), target, edge=edge)
