"""Terminate and error end events (BPMN 2.0.2, section 13.5.6)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ErrorSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.data_moves import payload
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.propagation import throw_error


class TerminateEndBehavior(PlainBehavior):
    """Stops everything in the scope it stands in; around a sub-process, life goes on normally."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Consume the token, then stop the rest of the scope."""
        scope = draft.memory.visits[key].scope
        complete(draft, key)
        if key not in draft.memory.visits:
            draft.clear_scope(scope)
        return None


class ErrorEndBehavior(PlainBehavior):
    """Throws a BPMN error to the innermost catcher around it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Throw; what catches interrupts the scope, and this visit with it."""
        if not isinstance(node.spec, ErrorSpec):
            raise TypeError(f"Expected {node.element_id} to throw an error, but it does not.")
        code = ""
        if node.spec.code is not None:
            value = draft.evaluate(node.spec.code, draft.scope_seen_by(key))
            if isinstance(value, EvaluationFailure):
                return of_expression(value, "The error code")
            code = str(value)
        carried = {} if node.data is None else payload(draft, key, node.data)
        return throw_error(draft, key, code, node.spec.message, carried)
