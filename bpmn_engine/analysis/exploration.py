"""Every course that tokens can take through a net, as far as the bound allows.

Each arc has one station that takes its token (the net is free choice), so that it is enough to
follow one station at a time: a deadlock is found whichever moves first. Stations that merge wait
until nothing else moves; tokens that could meet there do meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from bpmn_engine.analysis.net import SINK, SOURCE, STOP, Join, Net, Split

MOST_MARKINGS: Final = 10_000
"""How many distributions of tokens are looked at in one scope."""

MOST_TOKENS: Final = 400_000
"""How many tokens they may have in all."""

MOST_CHOICES: Final = 8
"""Of how many optional ways a station may choose any."""

Marking = frozenset[int]


@dataclass(slots=True)
class Exploration:
    """What was found, by station."""

    is_complete: bool = True
    stuck: dict[int, set[int]] = field(default_factory=dict)  #: join -> arcs that lack a token
    crowded: dict[int, None] = field(default_factory=dict)  #: where tokens meet unjoined


def explore(net: Net) -> Exploration:
    """Follow the tokens of a reduced net from its source."""
    found = Exploration()
    order = _order(net)
    seen: set[Marking] = set()
    pending = [
        _put(net, found, frozenset(), SOURCE, arcs) for arcs in _outcomes(net, SOURCE) or ()
    ]
    tokens = 0
    while pending:
        marking = pending.pop()
        if marking is None or marking in seen:
            continue
        seen.add(marking)
        tokens += len(marking)
        if len(seen) > MOST_MARKINGS or tokens > MOST_TOKENS:
            found.is_complete = False
            return found
        pending += _next(net, found, marking, order)
        if not found.is_complete:
            return found
    return found


def _order(net: Net) -> dict[int, int]:
    """Number the stations so that what comes first in the drawing moves first."""
    finished: list[int] = []
    stack: list[tuple[int, Iterator[int]]] = [(SOURCE, iter(net.stations[SOURCE].outs))]
    seen = {SOURCE}
    while stack:
        station, arcs = stack[-1]
        arc = next(arcs, None)
        if arc is None:
            finished.append(station)
            stack.pop()
            continue
        target = net.arcs[arc].target
        if target not in seen:
            seen.add(target)
            stack.append((target, iter(net.stations[target].outs)))
    return {station: place for place, station in enumerate(reversed(finished))}


def _next(
    net: Net, found: Exploration, marking: Marking, order: dict[int, int]
) -> Iterator[Marking | None]:
    """Yield the markings after one station has moved; note what can move no more."""
    targets = sorted({net.arcs[arc].target for arc in marking}, key=lambda t: order.get(t, 0))
    moving = _moving(net, marking, targets)
    if moving is None:
        _note_stuck(net, found, marking, targets)
        return
    station = net.stations[moving]
    present = [arc for arc in station.ins if arc in marking]
    if station.join is Join.ONE and len(present) > 1:
        found.crowded[moving] = None
        return
    left = marking - set(present)
    outcomes = _outcomes(net, moving)
    if outcomes is None:
        found.is_complete = False
        return
    for arcs in outcomes:
        yield _put(net, found, left, moving, arcs)


def _moving(net: Net, marking: Marking, targets: list[int]) -> int | None:
    """Return the station that moves: splits and full joins, then merges, then inclusive joins."""
    merges: list[int] = []
    inclusive: list[int] = []
    for target in targets:
        station = net.stations[target]
        if len(station.ins) == 1:
            return target
        if station.join is Join.ALL:
            if all(arc in marking for arc in station.ins):
                return target
        elif station.join is Join.ONE:
            merges.append(target)
        else:
            inclusive.append(target)
    if merges:
        return merges[0]
    ready = (one for one in inclusive if _is_ready(net, marking, one))
    return next(ready, None)


def _is_ready(net: Net, marking: Marking, join: int) -> bool:
    """Tell whether no token can come to an empty way of an inclusive join (section 13.4.3)."""
    filled = [arc for arc in net.stations[join].ins if arc in marking]
    empty = [arc for arc in net.stations[join].ins if arc not in marking]
    blocking = _before(net, empty, join) - _before(net, filled, join)
    return not any(net.arcs[arc].target in blocking for arc in marking)


def _before(net: Net, arcs: list[int], without: int) -> set[int]:
    """Return the stations from which a token can come over the arcs, not through `without`."""
    stack = [net.arcs[arc].source for arc in arcs]
    seen = {station for station in stack if station != without}
    while stack:
        for arc in net.stations[stack.pop()].ins:
            source = net.arcs[arc].source
            if source not in seen and source != without:
                seen.add(source)
                stack.append(source)
    return seen


def _outcomes(net: Net, index: int) -> list[tuple[int, ...]] | None:
    """Return the sets of arcs that a station may put tokens on; None for too many."""
    station = net.stations[index]
    arcs = tuple(station.outs)
    if station.split is Split.ALL or not arcs:
        return [arcs]
    if station.split is Split.ONE:
        return [(arc,) for arc in arcs]
    fixed = tuple(arc for arc in arcs if net.arcs[arc].is_obligatory)
    free = tuple(arc for arc in arcs if not net.arcs[arc].is_obligatory)
    if len(free) > MOST_CHOICES:
        return None
    return [
        (*fixed, *chosen)
        for count in range(0 if fixed else 1, len(free) + 1)
        for chosen in combinations(free, count)
    ]


def _put(
    net: Net, found: Exploration, left: Marking, station: int, arcs: tuple[int, ...]
) -> Marking | None:
    """Return the marking with tokens on the arcs; None when one of them is taken."""
    if any(net.arcs[arc].target == STOP for arc in arcs):
        return frozenset()
    added = {arc for arc in arcs if net.arcs[arc].target != SINK}
    if added & left:
        found.crowded[station] = None
        return None
    return left | added


def _note_stuck(net: Net, found: Exploration, marking: Marking, targets: list[int]) -> None:
    for target in targets:
        missing = {arc for arc in net.stations[target].ins if arc not in marking}
        found.stuck.setdefault(target, set()).update(missing)
