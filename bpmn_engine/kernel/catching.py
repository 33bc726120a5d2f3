"""Who catches what is thrown: the search outwards for the innermost catcher (section 10.5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ErrorSpec, EscalationSpec, parts_of
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.kernel.triggers import is_interrupted

S = TypeVar("S", ErrorSpec, EscalationSpec)


class Catcher(NamedTuple, Generic[S]):
    """A boundary event with its activity's visit, or a start event with the scope around it."""

    place: ElementKey
    event: Node
    spec: S


def innermost_catcher(
    draft: Draft, key: ElementKey, kind: type[S], code: str | None
) -> Catcher[S] | None:
    """Return who catches what a visit throws.

    In each scope outwards first its event sub-processes are asked, unless one of them has
    interrupted it already, then the boundary events around it. An event sub-process does not
    catch what is thrown inside it, nor an activity what is thrown where it is compensated.
    """
    while True:
        visit = draft.memory.visits[key]
        node = draft.graph.nodes[visit.node]
        if not _is_compensated(draft, key):
            found = _catching(draft, _boundaries(draft, node, kind), visit.scope, code)
            if found is not None:
                return Catcher(key, *found)
        if not is_interrupted(draft, visit.scope) and not _is_compensated(draft, visit.scope):
            starts = _event_starts(draft, visit.scope, node, kind)
            found = _catching(draft, starts, visit.scope, code)
            if found is not None:
                return Catcher(visit.scope, *found)
        if visit.scope == ROOT:
            return None
        key = visit.scope


def _is_compensated(draft: Draft, scope: ElementKey) -> bool:
    """Return whether a scope is open only to be undone: its own events are over (10.7.1)."""
    return scope != ROOT and draft.memory.states[scope] is ElementState.COMPENSATING


def _boundaries(draft: Draft, node: Node, kind: type[S]) -> Iterator[tuple[Node, S]]:
    for index in node.boundaries:
        boundary = draft.graph.nodes[index]
        for spec in parts_of(boundary.spec):
            if isinstance(spec, kind):
                yield boundary, spec


def _event_starts(
    draft: Draft, scope: ElementKey, thrower: Node, kind: type[S]
) -> Iterator[tuple[Node, S]]:
    for index in draft.graph.scopes[draft.memory.scopes[scope].node].event_starts:
        start = draft.graph.nodes[index]
        for spec in parts_of(start.spec):
            if isinstance(spec, kind) and start.scope != thrower.inner_scope:
                yield start, spec


def _catching(
    draft: Draft, events: Iterable[tuple[Node, S]], scope: ElementKey, code: str | None
) -> tuple[Node, S] | None:
    """Return the event that names the code, else the one that catches every code."""
    catch_all = None
    for event, spec in events:
        if spec.code is None:
            catch_all = catch_all or (event, spec)
            continue
        wanted = draft.evaluate(spec.code, scope)
        if not isinstance(wanted, EvaluationFailure) and str(wanted) == code:
            return event, spec
    return catch_all
