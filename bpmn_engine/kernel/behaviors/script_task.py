"""Script task, and service tasks that are one expression (BPMN 2.0.2, section 13.3.3)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ScriptSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.moves import complete


class ScriptBehavior(PlainBehavior):
    """Evaluates its expression and puts the value into its result variable."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Evaluate and go on."""
        if not isinstance(node.spec, ScriptSpec):
            raise TypeError(f"Expected {node.element_id} to have a script, but it has none.")
        value = draft.evaluate(node.spec.expression, draft.scope_seen_by(key))
        if isinstance(value, EvaluationFailure):
            return of_expression(value, "The script")
        result = node.spec.result_variable
        complete(draft, key, {} if result is None else {result: value})
        return None
