"""Terminating what is open: at once what a step has room for, the rest in slices.

What is terminated in slices does nothing any more from the moment it begins, and no token moves
before all of it is gone (`bpmn_engine.kernel.step.run`). So it makes no difference to the rest of
the instance; only what follows the termination in the same move comes before its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import EndInstance
from bpmn_engine.kernel.facts import (
    ElementTerminated,
    EndingBegun,
    ScopeClosed,
    TerminationBegun,
)
from bpmn_engine.kernel.farewells import farewells_of
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import ROOT, Ending
from bpmn_engine.kernel.variables import NO_NEWS
from bpmn_engine.values import JsonValue


def terminate(draft: Draft, key: ElementKey) -> None:
    """Stop a visit and everything inside it, innermost first; what there is no room for, later."""
    scope = draft.memory.visits[key].scope
    found = [key]
    for visit in found:
        found.extend(sorted(draft.memory.members.get(visit, ())))
    if _has_room(draft, len(found)):
        for visit in found:
            _begin(draft, visit)
        for visit in reversed(found):
            _end(draft, visit)
    else:
        draft.record(TerminationBegun(scope, key, draft.memory.visits[key].node))
    draft.touched[scope] = None


def _has_room(draft: Draft, count: int) -> bool:
    """Take room for visits that are terminated at once, if there is enough.

    Listeners that are told of an end look at what is around it: they are told at once.
    """
    if draft.room is None or draft.graph.listeners is not None:
        return True
    if count > draft.room:
        return False
    draft.room -= count
    return True


def _begin(draft: Draft, key: ElementKey) -> None:
    if draft.memory.states[key] is not ElementState.TERMINATING:
        draft.change(key, ElementState.TERMINATING)


def _end(draft: Draft, key: ElementKey) -> None:
    visit = draft.memory.visits[key]
    draft.may_end(key, ElementState.TERMINATED)
    if draft.graph.nodes[visit.node].listeners is not None:
        draft.farewells += farewells_of(draft.graph, draft.memory, key)
        draft.changes.append(NO_NEWS)
    draft.close_waits(key)
    draft.clear_incidents(key)
    if key in draft.memory.scopes:
        draft.record(ScopeClosed(key))
    draft.record(ElementTerminated(key, visit.node, visit.scope, visit.entered_at))


def clear_scope(draft: Draft, scope: ElementKey) -> None:
    """Stop all that is in a scope: visits as `terminate`, tokens parked and on their way."""
    members = draft.memory.members.get(scope, ())
    if draft.room is not None and len(members) > draft.room and draft.graph.listeners is None:
        draft.record(TerminationBegun(scope))
    else:
        for visit in sorted(members):
            terminate(draft, visit)
    clear_tokens(draft, scope)
    draft.clear_incidents(scope)
    draft.touched[scope] = None


def clear_tokens(draft: Draft, scope: ElementKey) -> None:
    """Take every token of a scope that is parked or on its way."""
    if scope in draft.memory.tokens:
        for flow, count in sorted(draft.memory.tokens[scope].items()):
            for _ in range(count):
                draft.consume(scope, (flow,))
    if draft.agenda:
        draft.cleared[scope] = draft.arrived + len(draft.agenda)


def end_instance(
    draft: Draft, status: InstanceStatus, error_code: str | None = None, message: str | None = None
) -> None:
    """End the process instance when all in it is gone; its own scope keeps its last variables."""
    if draft.memory.ending is not None:
        return
    if draft.memory.status is InstanceStatus.SUSPENDED:
        draft.room = None  # no slice follows
    clear_scope(draft, ROOT)
    ending = Ending(status, error_code, message)
    if draft.memory.terminating:
        draft.record(EndingBegun(ending))
    else:
        _end_with(draft, ending)


def _end_with(draft: Draft, ending: Ending) -> None:
    draft.close_waits(ROOT)
    draft.change_status(ending.status)
    variables: Mapping[str, JsonValue] = draft.memory.variables.get(ROOT, NOTHING)
    last = dict(sorted(variables.items()))
    draft.effects.append(EndInstance(ending.status, last, ending.error_code, ending.message))


def go_on_terminating(draft: Draft, most: int | None) -> int:
    """Terminate up to so many of the visits that are still to be (None: all); return how many.

    After the last one the instance ends, if that is what it was for.
    """
    count = 0
    for key in islice(_waiting(draft), most):
        _begin(draft, key)
        _end(draft, key)
        count += 1
    ending = draft.memory.ending
    if ending is not None and not draft.memory.terminating:
        _end_with(draft, ending)
    return count


def _waiting(draft: Draft) -> Iterator[ElementKey]:
    """Yield what is being terminated, the innermost first; each is gone when the next is asked."""
    for _, visits in sorted(draft.memory.terminating.items(), reverse=True):
        for visit in sorted(visits, reverse=True):
            yield from _with_contents(draft, visit)


def _with_contents(draft: Draft, key: ElementKey) -> Iterator[ElementKey]:
    path = [(key, iter(sorted(draft.memory.members.get(key, ()), reverse=True)))]
    while path:
        outer, contents = path[-1]
        inner = next(contents, None)
        if inner is None:
            path.pop()
            yield outer
        else:
            path.append((inner, iter(sorted(draft.memory.members.get(inner, ()), reverse=True))))
