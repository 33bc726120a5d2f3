"""Reductions of a net that neither add nor take away a deadlock or a lack of synchronisation.

The rules are the classical ones for workflow nets (Murata 1989; van Dongen, van der Aalst and
Verbeek 2005 for diagrams): sequences, parallel ways between the same stations, nested splits and
joins of one kind, loops, and ends. What is drawn in blocks is reduced to a single way, in time
linear in the diagram; only the rest has to be explored.
"""

from __future__ import annotations

from collections import deque

from bpmn_engine.analysis.net import SINK, SOURCE, STOP, Arc, Join, Net, Split, Station


def reduce_net(net: Net) -> None:
    """Apply the rules until none applies; changes the net in place."""
    pending = deque(net.stations)
    waiting = set(pending)
    while pending:
        index = pending.popleft()
        waiting.discard(index)
        if index not in net.stations:
            continue
        for touched in _reduce_station(net, index):
            if touched in net.stations and touched not in waiting:
                waiting.add(touched)
                pending.append(touched)


def _reduce_station(net: Net, index: int) -> set[int]:
    """Apply what applies to one station and return the stations that this touched."""
    touched = _drop_loops(net, index) | _merge_ways(net, index) | _drop_ends(net, index)
    if index in {SINK, STOP, SOURCE}:
        return touched
    station = net.stations[index]
    if len(station.ins) == 1 and len(station.outs) == 1:
        return touched | _fuse(net, index)
    if len(station.ins) == 1:
        touched |= _lift_split(net, index)
    elif len(station.outs) == 1:
        touched |= _lower_join(net, index)
    return touched


def _drop_loops(net: Net, index: int) -> set[int]:
    """A way back to the same station changes nothing when each token goes one way."""
    station = net.stations[index]
    if station.join is not Join.ONE or station.split is not Split.ONE:
        return set()
    loops = [arc for arc in station.outs if net.arcs[arc].target == index]
    if not loops or len(loops) == len(station.outs):
        return set()
    for arc in loops:
        _remove(net, arc)
    return {index}


def _merge_ways(net: Net, index: int) -> set[int]:
    """Several ways between the same two stations are one, where both count them alike."""
    station = net.stations[index]
    if len(station.outs) < 2:  # noqa: PLR2004 - several
        return set()
    first: dict[int, int] = {}
    doubles: list[tuple[int, int]] = []
    for arc in station.outs:
        kept = first.setdefault(net.arcs[arc].target, arc)
        if kept != arc and _counts_alike(net, station, net.arcs[arc]):
            doubles.append((kept, arc))
    touched: set[int] = set()
    for kept, arc in doubles:
        net.arcs[kept].is_obligatory |= net.arcs[arc].is_obligatory
        net.arcs[kept].is_busy |= net.arcs[arc].is_busy
        touched.add(net.arcs[arc].target)
        _remove(net, arc)
    return touched | {index} if doubles else touched


def _counts_alike(net: Net, station: Station, arc: Arc) -> bool:
    if arc.target in {SINK, STOP}:
        return True
    match net.stations[arc.target].join:
        case Join.ANY:
            return True
        case Join.ONE:
            return station.split is Split.ONE
        case Join.ALL:
            return station.split is Split.ALL


def _drop_ends(net: Net, index: int) -> set[int]:
    """A token that comes to an end beside others leaves nothing behind."""
    station = net.stations[index]
    if station.split is Split.ONE or len(station.outs) < 2:  # noqa: PLR2004 - beside others
        return set()
    ends = [arc for arc in station.outs if net.arcs[arc].target == SINK]
    if not ends:
        return set()
    (end, *_) = ends
    others = [net.arcs[arc] for arc in station.outs if arc != end]
    if station.split is Split.SOME and not any(arc.is_obligatory for arc in others):
        return set()
    _remove(net, end)
    return {index}


def _fuse(net: Net, index: int) -> set[int]:
    """A station with one way in and one way out is a part of the way."""
    station = net.stations[index]
    (before,), (after,) = station.ins, station.outs
    way, rest = net.arcs[before], net.arcs[after]
    if way.source == index:
        return set()
    way.target = rest.target
    way.edge = rest.edge if rest.edge is not None else way.edge
    way.is_busy = way.is_busy or rest.is_busy or station.is_activity
    target = net.stations[rest.target]
    del target.ins[after]
    target.ins[before] = None
    del net.arcs[after]
    del net.stations[index]
    return {way.source, way.target}


def _lift_split(net: Net, index: int) -> set[int]:
    """A split directly after a split of the same kind is a part of it."""
    station = net.stations[index]
    (before,) = station.ins
    above = net.arcs[before].source
    if above in {index, SOURCE} or net.stations[above].split is not station.split:
        return set()
    if station.split is Split.SOME and not _is_free(net, above, index):
        return set()
    upper = net.stations[above]
    is_busy = net.arcs[before].is_busy or station.is_activity
    for arc in station.outs:
        net.arcs[arc].source = above
        net.arcs[arc].is_busy |= is_busy
        upper.outs[arc] = None
    del upper.outs[before]
    del net.arcs[before]
    del net.stations[index]
    return {above, *(net.arcs[arc].target for arc in station.outs)}


def _is_free(net: Net, *stations: int) -> bool:
    """Tell whether no way out of the stations is obligatory."""
    return not any(
        net.arcs[arc].is_obligatory for index in stations for arc in net.stations[index].outs
    )


def _lower_join(net: Net, index: int) -> set[int]:
    """A join directly before a join of the same kind is a part of it."""
    station = net.stations[index]
    (after,) = station.outs
    below = net.arcs[after].target
    if below in {index, STOP} or net.stations[below].join is not station.join:
        return set()
    if below == SINK and (station.is_activity or net.arcs[after].is_busy):
        return set()
    lower = net.stations[below]
    if len(lower.ins) == 1:
        lower.node = station.node
    is_busy = net.arcs[after].is_busy or station.is_activity
    for arc in station.ins:
        net.arcs[arc].target = below
        net.arcs[arc].is_busy |= is_busy
        lower.ins[arc] = None
    del lower.ins[after]
    del net.arcs[after]
    del net.stations[index]
    return {below, *(net.arcs[arc].source for arc in station.ins)}


def _remove(net: Net, index: int) -> None:
    arc = net.arcs.pop(index)
    del net.stations[arc.source].outs[index]
    del net.stations[arc.target].ins[index]
