"""Where a trigger goes: to an event sub-process, a boundary event, or the element that waits.

The scope that an event sub-process stands in waits for its start event as long as it is open
(BPMN 2.0.2, sections 10.3.5 and 13.5.4); such a wait belongs to the scope.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import needs_all
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.kernel.data_waits import go_on_after_store
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import activate, occur, trigger_boundary
from bpmn_engine.kernel.rounds import awaits_more, begin_again, note
from bpmn_engine.kernel.state import Wait
from bpmn_engine.kernel.termination import clear_scope, terminate
from bpmn_engine.kernel.waiting import PlannedWait, open_wait, plan_all
from bpmn_engine.values import Variables

_START: Final = NodeKind.START


def trigger(draft: Draft, wait: Wait, variables: Variables) -> None:
    """Answer a wait: of an event sub-process, a boundary event, or the visit's own element."""
    target = draft.graph.nodes[wait.node]
    if needs_all(target.spec) and awaits_more(draft, wait):
        note(draft, wait, target)
        draft.assign(_outcome_scope(draft, wait, target), variables)
        return
    if target.kind is _START and draft.graph.scopes[target.scope].owner is not None:
        _trigger_start(draft, wait, target, variables)
        return
    host = draft.node_of(wait.visit)
    if wait.node in host.boundaries:
        trigger_boundary(draft, wait, target, variables)
    elif host.data is not None and wait.name == DATA_STORE:
        go_on_after_store(draft, wait, variables)
    else:
        draft.behaviors[host.kind].on_trigger(draft, wait, variables)


def _outcome_scope(draft: Draft, wait: Wait, target: Node) -> ElementKey:
    """Return from where the variables that came with a part of an event are assigned."""
    if target.kind is NodeKind.BOUNDARY:
        return draft.memory.visits[wait.visit].scope
    return draft.scope_seen_by(wait.visit)


def open_event_scope(draft: Draft, scope: ElementKey, scope_node: int) -> Failure | None:
    """Wait for the start events of the event sub-processes directly in a scope.

    A returned failure has opened nothing.
    """
    planned: list[PlannedWait] = []
    for index in draft.graph.scopes[scope_node].event_starts:
        waits = plan_all(draft, scope, draft.graph.nodes[index])
        if isinstance(waits, Failure):
            return waits
        planned.extend(waits)
    for wait in planned:
        open_wait(draft, scope, wait)
    return None


def _trigger_start(draft: Draft, wait: Wait, start: Node, variables: Variables) -> None:
    if event_sub_process(draft, start).is_interrupting:
        draft.close_wait(wait.key, is_withdrawn=False)
    else:
        begin_again(draft, wait, start)
    begin_event_sub_process(draft, start, wait.visit, variables)


def occur_at(draft: Draft, event: Node, place: ElementKey, variables: Variables) -> None:
    """Let an event occur that needs no wait: an error or escalation was thrown.

    Args:
        draft: the notebook of this step.
        event: a boundary event, or the start event of an event sub-process.
        place: the visit of the boundary event's activity, or the scope of the event sub-process.
        variables: what comes with the event.
    """
    if event.kind is NodeKind.START:
        begin_event_sub_process(draft, event, place, variables)
        return
    scope = draft.memory.visits[place].scope
    if event.is_interrupting:
        terminate(draft, place)
    occur(draft, event, scope, variables)


def begin_event_sub_process(
    draft: Draft, start: Node, scope: ElementKey, variables: Variables
) -> None:
    """Start an event sub-process in a scope: instead of everything else there, or beside it.

    What came with the event goes where results go. With output mappings at the start event it
    stays inside, for these to choose from.
    """
    sub_process = event_sub_process(draft, start)
    if sub_process.is_interrupting:
        close_event_scope(draft, scope)
        clear_scope(draft, scope)
    key = draft.enter(sub_process, scope)
    if start.outputs and start.is_result_local:
        draft.set_variables(key, variables)
    else:
        draft.assign(key, variables)
    activate(draft, key)


def close_event_scope(draft: Draft, scope: ElementKey) -> None:
    """Wait for no event sub-process of a scope any more; its boundary events stay."""
    for key in sorted(draft.memory.waits_of.get(scope, ())):
        if draft.graph.nodes[draft.memory.waits[key].node].kind is NodeKind.START:
            draft.close_wait(key, is_withdrawn=True)


def event_sub_process(draft: Draft, start: Node) -> Node:
    """Return the event sub-process that a start event begins."""
    owner = draft.graph.scopes[start.scope].owner
    if owner is None:
        raise TypeError(f"Expected {start.element_id} to stand in an event sub-process.")
    return draft.graph.nodes[owner]


def is_interrupted(draft: Draft, scope: ElementKey) -> bool:
    """Return whether an interrupting event sub-process is all that is left of a scope."""
    members: Collection[ElementKey] = draft.memory.members.get(scope, ())
    if draft.graph.listeners is not None:
        members = [key for key in members if not _says_farewell(draft.node_of(key))]
    if len(members) != 1:
        return False
    node = draft.node_of(next(iter(members)))
    return node.kind is NodeKind.EVENT_SUB_PROCESS and node.is_interrupting


def _says_farewell(node: Node) -> bool:
    return node.kind is NodeKind.LISTENERS and not node.incoming
