"""Terminate and error end events (BPMN 2.0.2, section 13.5.6)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ErrorSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.propagation import throw_error_of
from bpmn_engine.kernel.termination import clear_scope


class TerminateEndBehavior(PlainBehavior):
    """Stops everything in the scope it stands in; around a sub-process, life goes on normally."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Consume the token, then stop the rest of the scope."""
        scope = draft.memory.visits[key].scope
        complete(draft, key)
        if key not in draft.memory.visits:
            clear_scope(draft, scope)
        return None


class ErrorEndBehavior(PlainBehavior):
    """Throws a BPMN error to the innermost catcher around it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Throw; what catches interrupts the scope, and this visit with it."""
        if not isinstance(node.spec, ErrorSpec):
            raise TypeError(f"Expected {node.element_id} to throw an error, but it does not.")
        return throw_error_of(draft, key, node.spec)
