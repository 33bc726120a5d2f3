"""The listeners of a process: before its instance begins, when it ends, when it is terminated.

Each runs in a visit of its own, at a node that only such a process has. An instance that is
terminated and has something to say waits, with nothing else in it, until that is said; to be
terminated a second time ends it at once.
"""

from __future__ import annotations

from typing import Final

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import ScopeOpened
from bpmn_engine.kernel.farewells import Farewell
from bpmn_engine.kernel.instantiation import Occurrence, begin
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.listeners import call_listeners
from bpmn_engine.kernel.moves import activate, begin_work
from bpmn_engine.kernel.state import NO_NODE, ROOT, ListenerAt
from bpmn_engine.kernel.termination import clear_scope, end_instance
from bpmn_engine.kernel.triggers import open_event_scope
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import JsonValue, Variables

_REASON: Final = "cancelReason"
_ERROR: Final = "errorCode"
"""What the listeners of a terminated instance see beside its variables."""

_BY_HAND: Final = Occurrence()

_STAYS: Final = frozenset(
    {ElementState.ACTIVE, ElementState.TERMINATING, ElementState.COMPENSATING}
)
"""A scope in these states waits for whatever is in it."""

_COUNTING: Final = frozenset({NodeKind.MULTI_INSTANCE, NodeKind.STANDARD_LOOP})
"""Bodies of loops wait for their instances only."""


# The beginning --------------------------------------------------------------------------------


def start_process(
    draft: Draft, starts: tuple[Node, ...], occurred: Occurrence, *, is_named: bool
) -> None:
    """Call the start listeners of the process, if it has some, then begin."""
    listeners = draft.graph.listeners
    if listeners is None or not listeners.starts:
        begin_all(draft, starts, occurred)
        return
    index = listeners.starts[starts[0].index if is_named else None]
    activate(draft, draft.enter(draft.graph.nodes[index], ROOT))


def begin_all(draft: Draft, starts: tuple[Node, ...], occurred: Occurrence = _BY_HAND) -> None:
    """Wait for the event sub-processes of the process, then let tokens appear.

    If an expression of a start event fails, no token moves before the incident is resolved. It
    names where the instance starts, so that resolving it can begin again.
    """
    failure = open_event_scope(draft, ROOT, 0)
    if failure is not None:
        draft.raise_in_scope(ROOT, starts[0], failure)
        return
    for start in starts:
        begin(draft, start, occurred)
    for index in draft.graph.scopes[0].beside:
        draft.arrive(draft.graph.nodes[index], ROOT)


# The end --------------------------------------------------------------------------------------


def complete_instance(draft: Draft) -> None:
    """Complete the instance, in which nothing is left, once its end listeners are done."""
    listeners = draft.graph.listeners
    if listeners is None or listeners.end is None:
        end_instance(draft, InstanceStatus.COMPLETED)
        return
    activate(draft, draft.enter(draft.graph.nodes[listeners.end], ROOT))


def end_early(
    draft: Draft,
    status: InstanceStatus,
    error_code: str | None = None,
    message: str | None = None,
) -> None:
    """End the instance with all that is in it; whoever listens to that is told first."""
    listeners = draft.graph.listeners
    if listeners is None or listeners.cancel is None or _is_closing(draft, listeners.cancel):
        end_instance(draft, status, error_code, message)
        return
    if draft.memory.status is InstanceStatus.SUSPENDED:
        draft.change_status(InstanceStatus.ACTIVE)
    clear_scope(draft, ROOT)
    draft.close_waits(ROOT)
    key = draft.enter(draft.graph.nodes[listeners.cancel], ROOT)
    known = {_REASON: message, _ERROR: error_code}
    seen = {name: value for name, value in known.items() if value is not None}
    draft.record(ScopeOpened(key, NO_NODE, ROOT, seen))
    draft.touched[ROOT] = None


def end_closed(draft: Draft, seen: Variables) -> None:
    """End an instance whose listeners were told that it ends."""
    code, message = _text(seen, _ERROR), _text(seen, _REASON)
    status = InstanceStatus.TERMINATED if code is None else InstanceStatus.FAILED
    end_instance(draft, status, code, message)


def _text(seen: Variables, name: str) -> str | None:
    value = seen.get(name)
    return value if isinstance(value, str) else None


def _is_closing(draft: Draft, cancel: int) -> bool:
    members = draft.memory.members.get(ROOT, ())
    return any(draft.memory.visits[key].node == cancel for key in members)


def settle_closing(draft: Draft) -> bool:
    """Call the listeners of a terminated instance when they are all that is left in it."""
    listeners = draft.graph.listeners
    members = draft.memory.members.get(ROOT, ())
    if listeners is None or listeners.cancel is None or len(members) != 1:
        return False
    key = next(iter(members))
    is_untold = key not in draft.memory.waits_of and key not in draft.memory.incidents_of
    if draft.memory.visits[key].node != listeners.cancel or not is_untold:
        return False
    activate(draft, key)
    return True


# Farewells ------------------------------------------------------------------------------------


def say_farewells(draft: Draft) -> None:
    """Call the listeners that terminated visits have left behind, beside what goes on."""
    farewells, draft.farewells = draft.farewells, []
    for farewell in farewells:
        scope = _scope_for(draft, farewell)
        if scope is None:
            continue
        key = draft.enter(draft.graph.nodes[farewell.node], scope)
        variables: dict[str, JsonValue] = dict(farewell.variables)
        draft.record(ScopeOpened(key, NO_NODE, scope, variables or NOTHING))
        at = ListenerAt(event=ListenerEvent.START, index=farewell.first)
        if call_listeners(draft, key, draft.node_of(key), at):
            begin_work(draft, key, draft.node_of(key))


def _scope_for(draft: Draft, farewell: Farewell) -> ElementKey | None:
    """Return the innermost scope that is still there and waits for what is in it."""
    for scope in farewell.scopes:
        if scope == ROOT:
            is_active = draft.memory.status is InstanceStatus.ACTIVE
            return ROOT if is_active else None
        stays = scope in draft.memory.scopes and draft.memory.states[scope] in _STAYS
        if stays and draft.node_of(scope).kind not in _COUNTING:
            return scope
    return None
