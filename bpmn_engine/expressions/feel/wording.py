"""The words of a failure: which operand it was, and what it held."""

from __future__ import annotations

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.values import Value, describe

_SHOWN = 60


def words_for(source: str, node: syntax.Node, value: Value, scope: Scope) -> str:
    """Return what the operand held: `amount is the string "12"`, or why it is null."""
    root = root_name(node)
    if value is None and root in scope.evaluation.missing:
        return f"`{root}` is not defined; in scope: {scope.known_names()}"
    if isinstance(node, syntax.Literal):
        return f"it is {describe(value)}"
    text = " ".join(source[node.start : node.end].split())
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f"{shown} is {describe(value)}"


def root_name(node: syntax.Node) -> str:
    """Return the variable a path or filter begins with; empty when it begins otherwise."""
    while isinstance(node, syntax.Path | syntax.Filter):
        node = node.base
    return node.name if isinstance(node, syntax.Name) else ""
