"""From syntax tree to closures: filters (DMN 1.5, 10.3.2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.compiler import compile_node, node_code
from bpmn_engine.expressions.feel.scope import Filtered, Scope
from bpmn_engine.expressions.feel.unit import Code, Unit, cost_of
from bpmn_engine.expressions.feel.values import Value, items_of, lift
from bpmn_engine.expressions.feel.wording import words_for

_ALWAYS_INDEX = (syntax.Literal, syntax.Negation, syntax.Name, syntax.Arithmetic)
_MAYBE_INDEX = (syntax.Call, syntax.Path, syntax.Conditional, syntax.Filter)


@node_code.register(syntax.Filter)
def _filter(node: syntax.Filter, unit: Unit) -> Code:
    base = compile_node(node.base, unit)
    condition = compile_node(node.condition, unit.inside("item"))
    always = isinstance(node.condition, _ALWAYS_INDEX)
    maybe = always or isinstance(node.condition, _MAYBE_INDEX)

    def keep(scope: Scope) -> Value:
        value = base(scope)
        if value is None:
            return _none_kept(node, unit, scope)
        items = items_of(value)
        items = (value,) if items is None else items
        if always or (maybe and items):
            index = condition(scope.around_item(lift(items[0]) if items else None))
            if isinstance(index, Decimal):
                return _item_at(node, unit, items, index, scope)
        return _kept(node, unit, items, condition, scope)

    return keep


def _none_kept(node: syntax.Filter, unit: Unit, scope: Scope) -> Value:
    """Return null for a filter over nothing."""
    if unit.is_strict:
        held = words_for(unit.source, node.base, None, scope)
        return unit.absent(f"Expected a list left of [, but {held}.", node.base.start, scope)
    return None


def _item_at(
    node: syntax.Filter, unit: Unit, items: Sequence[Value], index: Decimal, scope: Scope
) -> Value:
    place = int(index)
    if place == 0 or place != index:
        return unit.misfit(node.condition, index, "whole number other than 0 as index", scope)
    place = place - 1 if place > 0 else len(items) + place
    if 0 <= place < len(items):
        return lift(items[place])
    if not unit.is_strict:
        return unit.misfit(node.condition, index, f"index up to {len(items)}", scope)
    message = f"Expected an index up to {len(items)}, but it is {index}."
    return unit.absent(message, node.condition.start, scope)


def _kept(
    node: syntax.Filter, unit: Unit, items: Sequence[Value], condition: Code, scope: Scope
) -> list[Value]:
    budget, cost = scope.evaluation.budget, cost_of(node.condition)
    kept = []
    scope.evaluation.filtered.append(Filtered(items))
    for item in items:
        budget.spend(cost, node.start)
        lifted = lift(item)
        verdict = condition(scope.around_item(lifted))
        if verdict is True:
            kept.append(lifted)
        elif verdict is not False and verdict is not None:
            unit.misfit(node.condition, verdict, "boolean in the filter", scope)
    scope.evaluation.filtered.pop()
    return kept
