"""Parallel multiple events that do not interrupt: they occur again and again (section 10.5.5).

In each round every definition has to occur once; what occurs twice in a round counts once. The
wait of a message or a signal stays open and notes that it has occurred (`is_met`), a cycle moves
on and notes it; a condition is waited for anew in the next round, when it has to *become* true.
With a date or a duration, which never comes again, there is one round.
"""

from __future__ import annotations

from dataclasses import replace

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import ConditionSpec, needs_all, triggers_of
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.kernel.waiting import PlannedWait, open_wait, repeat_or_close

_STAYING = frozenset({WaitKind.MESSAGE, WaitKind.SIGNAL})


def awaits_more(draft: Draft, wait: Wait) -> bool:
    """Return whether another definition of the event has still to occur in this round."""
    return any(
        not other.is_met or other.kind is WaitKind.CONDITION for other in _others(draft, wait)
    )


def note(draft: Draft, wait: Wait, target: Node) -> None:
    """Note that one of the definitions has occurred and that others are awaited."""
    if not _comes_again(draft, target):
        draft.close_wait(wait.key, is_withdrawn=False)
    elif wait.kind in _STAYING:
        draft.record(WaitOpened(replace(wait, is_met=True)))
    elif wait.kind is WaitKind.CONDITION:
        draft.close_wait(wait.key, is_withdrawn=False)
    else:
        repeat_or_close(draft, wait)
        moved = draft.memory.waits.get(wait.key)
        if moved is not None:
            draft.record(WaitOpened(replace(moved, is_met=True)))


def begin_again(draft: Draft, wait: Wait, target: Node) -> None:
    """Let an event that did not interrupt go on waiting: for its next occurrence, or round."""
    if not needs_all(target.spec):
        repeat_or_close(draft, wait)
        return
    note(draft, wait, target)
    left = [other for other in _own(draft, wait) if other.kind is not WaitKind.CONDITION]
    conditions = [spec for spec in triggers_of(target.spec) if isinstance(spec, ConditionSpec)]
    if len(left) + len(conditions) < len(triggers_of(target.spec)):
        for other in _own(draft, wait):
            draft.close_wait(other.key, is_withdrawn=True)
        return
    for other in left:
        draft.record(WaitOpened(replace(other, is_met=False)))
    for spec in conditions:
        _await_condition(draft, wait, target, spec)


def _await_condition(draft: Draft, wait: Wait, target: Node, spec: ConditionSpec) -> None:
    """Wait for a condition that was true to become true again; it is asked whether it still is."""
    planned = PlannedWait(node=target, kind=WaitKind.CONDITION, name=spec.condition.source)
    key = open_wait(draft, wait.visit, planned)
    draft.record(WaitOpened(replace(draft.memory.waits[key], is_met=True)))


def _comes_again(draft: Draft, target: Node) -> bool:
    """Return whether the event is one that does not interrupt."""
    if target.kind is NodeKind.BOUNDARY:
        return not target.is_interrupting
    owner = draft.graph.scopes[target.scope].owner
    return (
        target.kind is NodeKind.START
        and owner is not None
        and draft.graph.nodes[owner].kind is NodeKind.EVENT_SUB_PROCESS
        and not draft.graph.nodes[owner].is_interrupting
    )


def _own(draft: Draft, wait: Wait) -> list[Wait]:
    """Return the open waits of the event."""
    waits = draft.memory.waits
    keys = sorted(draft.memory.waits_of.get(wait.visit, ()))
    return [waits[key] for key in keys if waits[key].node == wait.node]


def _others(draft: Draft, wait: Wait) -> list[Wait]:
    return [other for other in _own(draft, wait) if other.key != wait.key]
