"""Ad-hoc sub-processes while they are active (BPMN 2.0.2, section 13.3.5).

`InstanceState.items` has the ids of the elements that have begun or are to begin, in order, and
the loop how many have begun. When the completion condition was true and what runs is awaited,
the loop has as many completed as begun: nothing begins any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import AdHocSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.ad_hoc_instances import (
    begin_led,
    end,
    is_closing,
    item_of,
    spec_of,
    start_inner,
)
from bpmn_engine.kernel.commands import ActivateElement, Rejection, RejectionReason
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import LoopAdvanced, LoopStarted
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import ROOT, IncidentKind, Loop
from bpmn_engine.kernel.termination import clear_scope
from bpmn_engine.values import JsonValue


def begin(draft: Draft, key: ElementKey, node: Node) -> Failure | None:
    """Let what begins with the sub-process begin: all, what an expression lists, or nothing."""
    spec = spec_of(node)
    ids = _first(draft, key, node, spec)
    if isinstance(ids, Failure):
        return ids
    if spec.job is not None:
        failure = begin_led(draft, key, node, spec)
        if failure is not None:
            return failure
    items = ids if spec.inner is None else tuple(item_of(str(one)) for one in ids)
    draft.record(LoopStarted(key, items))
    draft.record(LoopAdvanced(key, Loop(len(ids), 0, 0)))
    if ids:
        _begin_next(draft, key, node)
    return None


def enabled(draft: Draft, node: Node) -> dict[str, Node]:
    """Return the elements that may begin: those inside that no flow leads to."""
    inner = spec_of(node).inner
    scope = node.inner_scope if inner is None else draft.graph.nodes[inner].inner_scope
    if scope is None:
        return {}
    starts = (draft.graph.nodes[index] for index in draft.graph.scopes[scope].starts)
    return {str(start.element_id): start for start in starts}


def settle_ad_hoc(draft: Draft, key: ElementKey) -> bool:
    """Decide what follows when something inside has ended and nothing moves any more."""
    node, loop = draft.node_of(key), draft.memory.loops[key]
    spec, is_empty = spec_of(node), not draft.memory.members.get(key)
    if draft.memory.states[key] is not ElementState.ACTIVE or draft.memory.incidents_of.get(key):
        return False
    if not is_closing(loop):
        enough = _is_enough(draft, key, spec)
        if isinstance(enough, Failure):
            draft.raise_incident(key, enough)
            return False
        if enough:
            return _close(draft, key, spec, loop)
        if loop.started < loop.total and (is_empty or not spec.is_sequential):
            _begin_next(draft, key, node)
            return True
    if not is_empty or draft.parked(key):
        return False
    is_led = spec.job is not None or spec.completion_condition is not None
    if is_closing(loop) or (loop.started and not is_led):
        end(draft, key, spec)
        return True
    return False


def activate_element(draft: Draft, command: ActivateElement) -> Rejection | None:
    """Let an element begin because a person or a program says so."""
    found = _find(draft, command)
    if isinstance(found, Rejection):
        return found
    node, loop = draft.node_of(found), draft.memory.loops[found]
    if is_closing(loop):
        return _rejected(f"{node.element_id} to be open", "it is about to complete")
    if command.cancels_remaining:
        loop = _cancel_remaining(draft, found, loop)
    if spec_of(node).is_sequential and draft.memory.members.get(found):
        return _rejected(
            f"nothing to run in {node.element_id}, which is sequential", "something does"
        )
    spec = spec_of(node)
    if spec.inner is not None:
        start_inner(draft, found, spec, command.element_id, command.variables)
        return None
    draft.set_variables(found, command.variables)
    items = draft.memory.items.get(found, ())
    ids = (*items[: loop.started], command.element_id, *items[loop.started :])
    draft.record(LoopStarted(found, ids))
    draft.record(LoopAdvanced(found, Loop(len(ids), loop.started + 1, loop.completed)))
    draft.arrive(enabled(draft, node)[command.element_id], found)
    return None


def _cancel_remaining(draft: Draft, key: ElementKey, loop: Loop) -> Loop:
    """Terminate what runs, forget what was to begin after it; the sub-process stays open."""
    clear_scope(draft, key)
    if loop.started < loop.total:
        draft.record(LoopStarted(key, draft.memory.items[key][: loop.started]))
        draft.record(LoopAdvanced(key, Loop(loop.started, loop.started, loop.completed)))
    return draft.memory.loops[key]


def _find(draft: Draft, command: ActivateElement) -> ElementKey | Rejection:
    candidates = [command.visit] if command.visit is not None else _open_visits(draft)
    found = [key for key in candidates if _offers(draft, key, command.element_id)]
    if len(found) == 1:
        return found[0]
    many = "there is none" if not found else f"there are {len(found)}; name its element instance"
    return Rejection(
        reason=RejectionReason.NOT_FOUND,
        message=f"Expected one active ad-hoc sub-process in which {command.element_id!r} may "
        f"begin, but {many}.",
    )


def _open_visits(draft: Draft) -> list[ElementKey]:
    """Return every open visit, outer before inner."""
    found = sorted(draft.memory.members.get(ROOT, ()))
    for visit in found:
        found.extend(sorted(draft.memory.members.get(visit, ())))
    return found


def _offers(draft: Draft, key: ElementKey, element_id: str) -> bool:
    if draft.memory.states.get(key) is not ElementState.ACTIVE or key not in draft.memory.loops:
        return False
    node = draft.node_of(key)
    return node.kind is NodeKind.AD_HOC and element_id in enabled(draft, node)


def _rejected(expected: str, actual: str) -> Rejection:
    return Rejection(
        reason=RejectionReason.WRONG_STATE, message=f"Expected {expected}, but {actual}."
    )


def _first(
    draft: Draft, key: ElementKey, node: Node, spec: AdHocSpec
) -> tuple[JsonValue, ...] | Failure:
    names = enabled(draft, node)
    if spec.active_elements is None:
        return tuple(names) if spec.begins_all else ()
    value = draft.evaluate(spec.active_elements, key)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The active elements")
    if isinstance(value, str) or not isinstance(value, Sequence):
        return of_value(spec.active_elements.source, "The active elements", "a list", value)
    unknown = [name for name in value if name not in names]
    if unknown:
        return Failure(
            kind=IncidentKind.EXPRESSION,
            message=f"The active elements: Expected ids of {', '.join(names)}, "
            f"but {unknown[0]!r} is none of them.",
            expression=spec.active_elements.source,
        )
    return tuple(value)


def _begin_next(draft: Draft, key: ElementKey, node: Node) -> None:
    """Let the next element begin, or in a parallel one all that are left."""
    loop = draft.memory.loops[key]
    until = loop.started + 1 if spec_of(node).is_sequential else loop.total
    draft.record(LoopAdvanced(key, Loop(loop.total, until, loop.completed)))
    inner = spec_of(node).inner
    if inner is not None:
        for index in range(loop.started, until):
            draft.arrive(draft.graph.nodes[inner], key, loop_index=index)
        return
    nodes = enabled(draft, node)
    for element_id in draft.memory.items[key][loop.started : until]:
        draft.arrive(nodes[str(element_id)], key)


def _is_enough(draft: Draft, key: ElementKey, spec: AdHocSpec) -> bool | Failure:
    if spec.completion_condition is None:
        return False
    value = draft.evaluate(spec.completion_condition, key)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The completion condition")
    if isinstance(value, bool):
        return value
    return of_value(
        spec.completion_condition.source, "The completion condition", "true or false", value
    )


def _close(draft: Draft, key: ElementKey, spec: AdHocSpec, loop: Loop) -> bool:
    """End the rest, or let what runs come to its end; nothing else begins."""
    is_empty = not draft.memory.members.get(key) and not draft.parked(key)
    if spec.cancels_remaining or is_empty:
        clear_scope(draft, key)
        end(draft, key, spec)
        return True
    draft.record(LoopAdvanced(key, Loop(loop.started, loop.started, loop.started)))
    return False
