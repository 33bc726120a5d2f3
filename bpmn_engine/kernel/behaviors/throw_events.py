"""Events that throw, intermediate and end (BPMN 2.0.2, sections 13.5.2 and 13.5.6)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import (
    CancelSpec,
    CompensationSpec,
    ErrorSpec,
    Spec,
    TerminateSpec,
    parts_of,
)
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.compensation import Claims, cancel_transaction, compensate, visible
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.propagation import throw_error_of
from bpmn_engine.kernel.state import Incident, IncidentKind
from bpmn_engine.kernel.termination import clear_scope
from bpmn_engine.kernel.throwing import let_catch, plan_volley, send

_ENDING = (ErrorSpec, CancelSpec, TerminateSpec)


class ThrowBehavior(PlainBehavior):
    """Throws a message, a signal or an escalation and goes on.

    Messages are published and signals broadcast afterwards. What already waits in this instance
    catches at once, after the token has gone on: a sub-process whose last act is to throw is still
    open then, and an interrupting catcher takes the token with it.
    """

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Work out what is thrown and who is there to catch it, go on, then let it be caught."""
        volley = plan_volley(draft, key, node, parts_of(node.spec))
        if isinstance(volley, Failure):
            return volley
        send(draft, volley)
        complete(draft, key)
        let_catch(draft, volley, node)
        return None


class MultipleThrowBehavior(ThrowBehavior):
    """Throws all of its definitions (section 10.5.5), in an order in which each still can occur.

    First messages, signals and escalations, then compensation, which it waits for, at last what
    ends the scope: a cancel, an error or a termination.
    """

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Throw what anybody catches; then undo what is to be undone, or come to the end."""
        parts = parts_of(node.spec)
        later = [part for part in parts if isinstance(part, (*_ENDING, CompensationSpec))]
        if not later:
            return super().on_activate(draft, key, node)
        volley = plan_volley(draft, key, node, [part for part in parts if part not in later])
        if isinstance(volley, Failure):
            return volley
        send(draft, volley)
        let_catch(draft, volley, node)
        if draft.is_open(key):
            self._compensate(draft, key, node)
        return None

    def _compensate(self, draft: Draft, key: ElementKey, node: Node) -> None:
        undoing = [part for part in parts_of(node.spec) if isinstance(part, CompensationSpec)]
        claims = _claims(draft, key, undoing)
        waits = any(part.waits for part in undoing)
        if claims:
            compensate(draft, claims, key if waits else None)
        if not claims or not waits:
            self._end(draft, key, node)

    @override
    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """All is undone."""
        self._end(draft, key, node)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Throw the error again, and that alone; what failed before has thrown nothing."""
        ending = _ending(node)
        is_error = isinstance(ending, ErrorSpec) and (
            incident.kind is IncidentKind.UNCAUGHT_ERROR
            or (ending.code is not None and incident.expression == ending.code.source)
        )
        if is_error:
            self._end(draft, key, node)
        else:
            super().on_resolve(draft, key, node, incident)

    @staticmethod
    def _end(draft: Draft, key: ElementKey, node: Node) -> None:
        """End the scope as the event says, or let the token go on."""
        ending, scope = _ending(node), draft.memory.visits[key].scope
        if isinstance(ending, ErrorSpec):
            failure = throw_error_of(draft, key, ending)
            if failure is not None:
                draft.raise_incident(key, failure)
            return
        complete(draft, key)
        if key in draft.memory.visits:
            return
        if isinstance(ending, CancelSpec):
            cancel_transaction(draft, scope)
        elif isinstance(ending, TerminateSpec):
            clear_scope(draft, scope)


def _ending(node: Node) -> Spec | None:
    return next((part for part in parts_of(node.spec) if isinstance(part, _ENDING)), None)


def _claims(draft: Draft, key: ElementKey, undoing: list[CompensationSpec]) -> Claims:
    """Return what several compensations undo together, each activity once."""
    scope = draft.memory.visits[key].scope
    wanted = {claim for part in undoing for claim in visible(draft, scope, part.activity)}
    return tuple(claim for claim in visible(draft, scope, None) if claim in wanted)
