"""From syntax tree to closures: `for`, `some` and `every`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.compiler import compile_node, node_code
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Code, Unit, cost_of
from bpmn_engine.expressions.feel.values import Range, Value, items_of, lift

_Source = Callable[[Scope], Sequence[Value] | None]


@node_code.register(syntax.Loop)
def _loop(node: syntax.Loop, unit: Unit) -> Code:
    sources, inner = _sources(node.iterators, unit)
    body = compile_node(node.body, inner.inside("partial"))
    cost = cost_of(node.body)
    has_partial = "partial" in unit.source

    def repeat(scope: Scope) -> Value:
        budget = scope.evaluation.budget
        results: list[Value] = []
        outside = scope.inner({"partial": results}) if has_partial else scope
        try:
            for inside in _scopes(sources, outside):
                budget.spend(cost, node.start)
                results.append(body(inside))
        except _NoItemsError:
            return None
        return results

    return repeat


@node_code.register(syntax.Quantified)
def _quantified(node: syntax.Quantified, unit: Unit) -> Code:
    sources, inner = _sources(node.iterators, unit)
    condition = compile_node(node.condition, inner)
    cost = cost_of(node.condition)
    decisive = node.quantifier == "some"

    def decide(scope: Scope) -> Value:
        budget = scope.evaluation.budget
        is_unknown = False
        try:
            for inside in _scopes(sources, scope):
                budget.spend(cost, node.start)
                verdict = condition(inside)
                if verdict is decisive:
                    return decisive
                if not isinstance(verdict, bool):
                    is_unknown = True
                    if verdict is not None:
                        unit.misfit(node.condition, verdict, "boolean after satisfies", inside)
        except _NoItemsError:
            return None
        return None if is_unknown else not decisive

    return decide


class _NoItemsError(Exception):
    """What an iterator goes through is nothing; the loop as a whole is null then."""


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
    items = source(scope)
    if items is None:
        raise _NoItemsError
    for item in items:
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

    def items(scope: Scope) -> Sequence[Value] | None:
        value = code(scope)
        if value is None:
            unit.misfit(iterator.source, value, "list after in", scope)
            return None
        if isinstance(value, Range):
            first, last = value.low, value.high
            through = _between(
                iterator, (iterator.source, first), (iterator.source, last), unit, scope
            )
            return None if through is None else _without_ends(value, through)
        found = items_of(value)
        return (value,) if found is None else found

    return items


def _without_ends(span: Range, through: Sequence[Value]) -> Sequence[Value]:
    start = 0 if span.low_included else 1
    end = len(through) if span.high_included else len(through) - 1
    return through[start:end] if end > start else ()


def _counting(
    iterator: syntax.Iterator, last_node: syntax.Node, code: Code, unit: Unit
) -> _Source:
    last_code = compile_node(last_node, unit)

    def count(scope: Scope) -> Sequence[Value] | None:
        first, last = code(scope), last_code(scope)
        return _between(iterator, (iterator.source, first), (last_node, last), unit, scope)

    return count


def _between(
    iterator: syntax.Iterator,
    first: tuple[syntax.Node, Value],
    last: tuple[syntax.Node, Value],
    unit: Unit,
    scope: Scope,
) -> Sequence[Value] | None:
    """Return the whole numbers or the days from `first` to `last`, up or down, both included."""
    if _is_day(first[1]) and _is_day(last[1]):
        start, end = _day(first[1]), _day(last[1])
        numbers = _steps(start.toordinal(), end.toordinal(), iterator, scope)
        return [dt.date.fromordinal(number) for number in numbers]
    ends = []
    for node, value in (first, last):
        if not (isinstance(value, Decimal) and value == value.to_integral_value()):
            unit.misfit(node, value, "whole number beside ..", scope)
            return None
        ends.append(int(value))
    return _steps(ends[0], ends[1], iterator, scope)


def _steps(first: int, last: int, iterator: syntax.Iterator, scope: Scope) -> range:
    scope.evaluation.budget.spend(abs(last - first), iterator.start)
    step = 1 if first <= last else -1
    return range(first, last + step, step)


def _is_day(value: Value) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _day(value: Value) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.min
