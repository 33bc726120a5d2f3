"""From syntax tree to closures: `for`, `some` and `every`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.compiler import compile_node
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import Range, Value, items_of, lift

_Source = Callable[[Scope], Sequence[Value]]


@compile_node.register(syntax.Loop)
def _loop(node: syntax.Loop, unit: Unit) -> Code:
    sources, inner = _sources(node.iterators, unit)
    body = compile_node(node.body, inner)
    cost = _cost(node.body)

    def repeat(scope: Scope) -> Value:
        budget = scope.evaluation.budget
        results = []
        for inside in _scopes(sources, scope):
            budget.spend(cost, node.start)
            results.append(body(inside))
        return results

    return repeat


@compile_node.register(syntax.Quantified)
def _quantified(node: syntax.Quantified, unit: Unit) -> Code:
    sources, inner = _sources(node.iterators, unit)
    condition = compile_node(node.condition, inner)
    cost = _cost(node.condition)
    decisive = node.quantifier == "some"

    def decide(scope: Scope) -> Value:
        budget = scope.evaluation.budget
        is_unknown = False
        for inside in _scopes(sources, scope):
            budget.spend(cost, node.start)
            verdict = condition(inside)
            if verdict is decisive:
                return decisive
            if verdict is None:
                is_unknown = True
            elif not isinstance(verdict, bool):
                raise unit.misfit(node.condition, verdict, "boolean after satisfies", inside)
        return None if is_unknown else not decisive

    return decide


def _cost(node: syntax.Node) -> int:
    """Return the steps one evaluation of the node counts as: about one an operator."""
    return 1 + (node.end - node.start) // 8


def _sources(
    iterators: Sequence[syntax.Iterator], unit: Unit
) -> tuple[tuple[tuple[str, _Source], ...], Unit]:
    sources = []
    inner = unit
    for iterator in iterators:
        sources.append((iterator.name, _source(iterator, inner)))
        inner = inner.inside(iterator.name)
    return tuple(sources), inner


def _scopes(sources: Sequence[tuple[str, _Source]], scope: Scope) -> Iterator[Scope]:
    """Yield one scope per combination; the last iterator turns fastest."""
    (name, source), *rest = sources
    for item in source(scope):
        scope.evaluation.budget.spend(1)
        inside = scope.inner({name: lift(item)})
        if rest:
            yield from _scopes(rest, inside)
        else:
            yield inside


def _source(iterator: syntax.Iterator, unit: Unit) -> _Source:
    code = compile_node(iterator.source, unit)
    if iterator.last is not None:
        return _counting(iterator, iterator.last, code, unit)

    def items(scope: Scope) -> Sequence[Value]:
        value = code(scope)
        if value is None:
            raise unit.misfit(iterator.source, value, "list after in", scope)
        if isinstance(value, Range):
            return _range_items(iterator, unit, value, scope)
        found = items_of(value)
        return (value,) if found is None else found

    return items


def _counting(
    iterator: syntax.Iterator, last_node: syntax.Node, code: Code, unit: Unit
) -> _Source:
    last_code = compile_node(last_node, unit)

    def count(scope: Scope) -> Sequence[Value]:
        first = _whole(iterator.source, code(scope), unit, scope)
        last = _whole(last_node, last_code(scope), unit, scope)
        step = 1 if first <= last else -1
        scope.evaluation.budget.spend(abs(last - first), iterator.start)
        return range(first, last + step, step)

    return count


def _range_items(
    iterator: syntax.Iterator, unit: Unit, value: Range, scope: Scope
) -> Sequence[Value]:
    first = _whole(iterator.source, value.low, unit, scope)
    last = _whole(iterator.source, value.high, unit, scope)
    first += 0 if value.low_included else 1
    last -= 0 if value.high_included else 1
    scope.evaluation.budget.spend(max(last - first, 0), iterator.start)
    return range(first, last + 1)


def _whole(node: syntax.Node, value: Value, unit: Unit, scope: Scope) -> int:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise unit.misfit(node, value, "whole number beside ..", scope)
