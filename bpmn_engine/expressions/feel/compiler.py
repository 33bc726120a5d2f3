"""From syntax tree to closures: names, paths, lists, contexts, conditions, loops and functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import singledispatch

from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.operators import compare
from bpmn_engine.expressions.feel.scope import Scope, enter_call
from bpmn_engine.expressions.feel.temporals import part_of
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import (
    Function,
    Range,
    Value,
    items_of,
    kind_of,
    lift,
)
from bpmn_engine.expressions.misread import MisreadError

_CALL_DEPTH = 8  # levels of syntax a call of a function literal is counted as


@singledispatch
def compile_node(node: syntax.Node, unit: Unit) -> Code:  # noqa: ARG001 - one signature for all
    """Return the closure of a node; every kind of node registers its own.

    Raises:
        MisreadError: the node can have no meaning, such as a call of an unknown function.
    """
    raise MisreadError(f"Expected an expression, but found {type(node).__name__}.", node.start)


@compile_node.register(syntax.Literal)
def _literal(node: syntax.Literal, unit: Unit) -> Code:  # noqa: ARG001 - one signature for all
    value = node.value
    return lambda _scope: value


@compile_node.register(syntax.Name)
def _name(node: syntax.Name, unit: Unit) -> Code:
    name = node.name
    if name not in unit.local_names:
        unit.names.add(name)
    if unit.is_nested:
        return lambda scope: scope.read(name)

    def read_variable(scope: Scope) -> Value:
        value = scope.names.get(name)
        if value is None and name not in scope.names:
            scope.evaluation.missing.add(name)
        return lift(value)

    return read_variable


@compile_node.register(syntax.Path)
def _path(node: syntax.Path, unit: Unit) -> Code:
    base, name = compile_node(node.base, unit), node.name

    def read_path(scope: Scope) -> Value:
        value = base(scope)
        if isinstance(value, Mapping):
            return lift(value.get(name))
        if value is None:
            return None
        items = items_of(value)
        if items is None:
            return _part(node, unit, value, scope)
        scope.evaluation.budget.spend(len(items), node.start)
        return [lift(item.get(name)) if isinstance(item, Mapping) else None for item in items]

    return read_path


def _part(node: syntax.Path, unit: Unit, value: Value, scope: Scope) -> Value:
    if isinstance(value, Range):
        parts: Mapping[str, Value] = {
            "start": value.low,
            "end": value.high,
            "start included": value.low_included,
            "end included": value.high_included,
        }
        found = (parts[node.name],) if node.name in parts else None
    else:
        found = part_of(value, node.name)
    if found is None:
        raise unit.misfit(node.base, value, f"context left of .{node.name}", scope)
    return found[0]


@compile_node.register(syntax.Filter)
def _filter(node: syntax.Filter, unit: Unit) -> Code:
    base = compile_node(node.base, unit)
    condition = compile_node(node.condition, unit.inside("item"))
    may_be_index = isinstance(
        node.condition, syntax.Literal | syntax.Negation | syntax.Name | syntax.Arithmetic
    )

    def keep(scope: Scope) -> Value:
        value = base(scope)
        if value is None:
            return None
        items = items_of(value)
        items = (value,) if items is None else items
        if may_be_index:
            index = condition(scope.around_item(items[0] if items else None))
            if isinstance(index, Decimal):
                return _item_at(node, unit, items, index, scope)
        return _kept(node, unit, items, condition, scope)

    return keep


def _item_at(
    node: syntax.Filter, unit: Unit, items: Sequence[Value], index: Value, scope: Scope
) -> Value:
    place = int(index) if isinstance(index, Decimal) else 0
    if place == 0 or place != index:
        raise unit.misfit(node.condition, index, "whole number other than 0 as index", scope)
    place = place - 1 if place > 0 else len(items) + place
    return lift(items[place]) if 0 <= place < len(items) else None


def _kept(
    node: syntax.Filter, unit: Unit, items: Sequence[Value], condition: Code, scope: Scope
) -> list[Value]:
    budget, cost = scope.evaluation.budget, _cost(node.condition)
    kept = []
    for item in items:
        budget.spend(cost, node.start)
        lifted = lift(item)
        verdict = condition(scope.around_item(lifted))
        if verdict is True:
            kept.append(lifted)
        elif verdict is not False and verdict is not None:
            raise unit.misfit(node.condition, verdict, "boolean in the filter", scope)
    return kept


def _cost(node: syntax.Node) -> int:
    """Return the steps one evaluation of the node counts as: about one an operator."""
    return 1 + (node.end - node.start) // 8


@compile_node.register(syntax.ListLiteral)
def _list(node: syntax.ListLiteral, unit: Unit) -> Code:
    items = [compile_node(item, unit) for item in node.items]
    return lambda scope: [item(scope) for item in items]


@compile_node.register(syntax.ContextLiteral)
def _context(node: syntax.ContextLiteral, unit: Unit) -> Code:
    entries = []
    inner = unit.inside()
    for name, entry in node.entries:
        entries.append((name, compile_node(entry, inner)))
        inner = inner.inside(name)

    def make(scope: Scope) -> Value:
        made: dict[str, Value] = {}
        inside = scope.inner(made)
        for name, entry in entries:
            made[name] = entry(inside)
        return made

    return make


@compile_node.register(syntax.RangeLiteral)
def _range(node: syntax.RangeLiteral, unit: Unit) -> Code:
    low, high = compile_node(node.low, unit), compile_node(node.high, unit)

    def make(scope: Scope) -> Value:
        first, last = low(scope), high(scope)
        if compare(first, last) is None:
            culprit, value = (node.high, last) if first is not None else (node.low, first)
            raise unit.misfit(culprit, value, "range with two ends of one ordered kind", scope)
        return Range(
            low=first,
            high=last,
            low_included=node.low_included,
            high_included=node.high_included,
        )

    return make


@compile_node.register(syntax.Conditional)
def _conditional(node: syntax.Conditional, unit: Unit) -> Code:
    condition = compile_node(node.condition, unit)
    then, otherwise = compile_node(node.then, unit), compile_node(node.otherwise, unit)

    def choose(scope: Scope) -> Value:
        verdict = condition(scope)
        if verdict is True:
            return then(scope)
        if verdict is False or verdict is None:
            return otherwise(scope)
        raise unit.misfit(node.condition, verdict, "boolean after if", scope)

    return choose


@compile_node.register(syntax.FunctionLiteral)
def _function(node: syntax.FunctionLiteral, unit: Unit) -> Code:
    body = compile_node(node.body, unit.inside(*node.parameters))
    parameters = node.parameters

    def make(scope: Scope) -> Value:
        evaluation, cost = scope.evaluation, _cost(node.body)

        def invoke(values: Sequence[Value]) -> Value:
            if len(values) != len(parameters):
                count = f"{len(parameters)} argument{'' if len(parameters) == 1 else 's'}"
                message = f"Expected {count} of the function, but got {len(values)}."
                raise FailingError(message, node.start)
            evaluation.budget.spend(cost, node.start)
            enter_call(evaluation, _CALL_DEPTH, node.start)
            value = body(scope.inner(dict(zip(parameters, values, strict=True))))
            evaluation.call_depth -= _CALL_DEPTH
            return value

        return Function(parameters=parameters, invoke=invoke)

    return make


@compile_node.register(syntax.InstanceOf)
def _instance_of(node: syntax.InstanceOf, unit: Unit) -> Code:
    wanted = "date and time" if node.type_name == "dateTime" else node.type_name
    if wanted != "Any" and wanted not in _TYPES:
        known = ", ".join(sorted(_TYPES))
        message = f"Expected a type ({known} or Any), but found {node.type_name}."
        raise MisreadError(message, node.start)
    value = compile_node(node.value, unit)
    if wanted == "Any":
        return lambda scope: value(scope) is not None
    return lambda scope: kind_of(value(scope)) == wanted


_TYPES = frozenset(
    {
        "null",
        "boolean",
        "number",
        "string",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
        "list",
        "context",
        "range",
        "function",
    }
)
