"""From syntax tree to closures: literals, names, paths, lists, contexts, ranges, conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import singledispatch

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.builtins.invoking import builtin_function
from bpmn_engine.expressions.feel.operators import compare
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.temporals import part_of
from bpmn_engine.expressions.feel.trace import MAX_TRACED, TracedNode
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import Range, Value, items_of, lift
from bpmn_engine.expressions.feel.wording import words_for
from bpmn_engine.expressions.misread import MisreadError

_SHOWN_ENTRIES = 10
_REFERENCES = (syntax.Name, syntax.Path, syntax.Filter)


@singledispatch
def node_code(node: syntax.Node, unit: Unit) -> Code:  # noqa: ARG001 - one signature for all
    """Return the closure of one kind of node; every kind registers its own.

    Raises:
        MisreadError: the node can have no meaning, such as a call of an unknown function.
    """
    raise MisreadError(f"Expected an expression, but found {type(node).__name__}.", node.start)


def compile_node(node: syntax.Node, unit: Unit) -> Code:
    """Return the closure of a node.

    Raises:
        MisreadError: the node can have no meaning.
    """
    code = node_code(node, unit)
    return _traced(node, code) if unit.is_traced else code


def compile_reference(node: syntax.Node, unit: Unit) -> Code:
    """Return the closure of a node at a place that asks whether something exists.

    Raises:
        MisreadError: the node can have no meaning.
    """
    if isinstance(node, _REFERENCES):
        unit = replace(unit, allows_absence=True)
    return compile_node(node, unit)


def _traced(node: syntax.Node, code: Code) -> Code:
    """Return code that notes what the node gave."""
    start, end = node.start, node.end
    is_literal = isinstance(node, syntax.Literal)

    def note(scope: Scope) -> Value:
        tracing = scope.evaluation.tracing
        if tracing is None or tracing.count >= MAX_TRACED:
            return code(scope)
        tracing.count += 1
        entry = TracedNode(start=start, end=end, is_literal=is_literal)
        tracing.open[-1].parts.append(entry)
        tracing.open.append(entry)
        try:
            entry.value = code(scope)
            entry.is_done = True
        finally:
            tracing.open.pop()
        return entry.value

    return note


@node_code.register(syntax.Literal)
def _literal(node: syntax.Literal, unit: Unit) -> Code:  # noqa: ARG001 - one signature for all
    value = node.value
    return lambda _scope: value


@node_code.register(syntax.Nothing)
def _nothing(node: syntax.Nothing, unit: Unit) -> Code:
    return unit.nothing(node.message, node.start)


@node_code.register(syntax.Name)
def _name(node: syntax.Name, unit: Unit) -> Code:
    name = node.name
    if name not in unit.local_names:
        unit.names.add(name)
    absent = _absent(node, unit)
    if unit.is_nested:
        return _nested_name(name, absent)

    def read_variable(scope: Scope) -> Value:
        try:
            value = scope.names[name]
        except KeyError:
            return absent(scope)
        return lift(value) if type(value) is int or type(value) is float else value

    return read_variable


def _nested_name(name: str, absent: Code) -> Code:
    """Return the code of a name that may be one of several scopes."""

    def read(scope: Scope) -> Value:
        around: Scope | None = scope
        while around is not None:
            if name in around.names:
                value = around.names[name]
                return lift(value) if type(value) is int or type(value) is float else value
            around = around.parent
        return absent(scope)

    return read


def _absent(node: syntax.Name, unit: Unit) -> Code:
    """Return the code of a name that is not defined: a built-in function, or null."""
    name = node.name
    function = None if unit.is_strict else builtin_function(name, unit, node.start)
    if function is not None:
        return function

    def note(scope: Scope) -> Value:
        scope.evaluation.missing.add(name)
        if unit.is_strict and _is_settled(name, unit, scope):
            return None
        held = words_for(unit.source, node, None, scope)
        message = f"Expected a value, but {held}."
        if unit.is_strict:
            return unit.absent(message, node.start, scope)
        return unit.refuse(message, node.start, scope)

    return note


@node_code.register(syntax.Path)
def _path(node: syntax.Path, unit: Unit) -> Code:
    base, name = compile_node(node.base, unit), node.name

    def read_path(scope: Scope) -> Value:
        value = base(scope)
        if isinstance(value, Mapping):
            if name not in value:
                return _absent_entry(node, unit, value, scope)
            return lift(value[name])
        if value is None:
            return _absent_base(node, unit, scope)
        items = items_of(value)
        if items is None:
            return _part(node, unit, value, scope)
        scope.evaluation.budget.spend(len(items), node.start)
        return [_item_part(item, name) for item in items]

    return read_path


def _is_settled(name: str, unit: Unit, scope: Scope) -> bool:
    """Tell whether there is nothing to say about what does not exist, or it has been said."""
    evaluation = scope.evaluation
    return unit.allows_absence or bool(evaluation.warnings) or evaluation.has_filtered(name)


def _absent_entry(
    node: syntax.Path, unit: Unit, value: Mapping[str, Value], scope: Scope
) -> Value:
    """Return null for an entry that a context lacks."""
    if not unit.is_strict:
        return unit.misfit(node, None, f"context with {node.name}", scope)
    if _is_settled(node.name, unit, scope):
        return None
    text = " ".join(unit.source[node.base.start : node.base.end].split())
    entries = ", ".join(list(value)[:_SHOWN_ENTRIES]) or "nothing"
    message = f"Expected {text} to have `{node.name}`, but it has {entries}."
    return unit.absent(message, node.start, scope)


def _absent_base(node: syntax.Path, unit: Unit, scope: Scope) -> Value:
    """Return null for an entry of nothing."""
    if not unit.is_strict:
        return unit.misfit(node.base, None, "context", scope)
    held = words_for(unit.source, node.base, None, scope)
    message = f"Expected a context left of .{node.name}, but {held}."
    return unit.absent(message, node.base.start, scope)


def _item_part(item: Value, name: str) -> Value:
    if isinstance(item, Mapping):
        return lift(item.get(name))
    found = None if item is None else part_of(item, name)
    return found[0] if found else None


def _part(node: syntax.Path, unit: Unit, value: Value, scope: Scope) -> Value:
    found: tuple[Value] | None
    if isinstance(value, Range):
        read = _RANGE_PARTS.get(node.name)
        found = None if read is None else (read(value),)
    else:
        found = part_of(value, node.name)
    if found is None:
        return unit.misfit(node.base, value, f"context left of .{node.name}", scope)
    return found[0]


_RANGE_PARTS: Mapping[str, Callable[[Range], Value]] = {
    "start": lambda span: span.low,
    "end": lambda span: span.high,
    "start included": lambda span: span.low_included,
    "end included": lambda span: span.high_included,
}


@node_code.register(syntax.ListLiteral)
def _list(node: syntax.ListLiteral, unit: Unit) -> Code:
    items = [compile_node(item, unit) for item in node.items]
    return lambda scope: [item(scope) for item in items]


@node_code.register(syntax.ContextLiteral)
def _context(node: syntax.ContextLiteral, unit: Unit) -> Code:
    entries = []
    inner = unit.inside()
    for name, entry in node.entries:
        # A function may call itself by the name of its own entry.
        is_function = isinstance(entry, syntax.FunctionLiteral)
        entries.append((name, compile_node(entry, inner.inside(name) if is_function else inner)))
        inner = inner.inside(name)

    def make(scope: Scope) -> Value:
        made: dict[str, Value] = {}
        inside = scope.inner(made)
        for name, entry in entries:
            made[name] = entry(inside)
        return made

    return make


@node_code.register(syntax.RangeLiteral)
def _range(node: syntax.RangeLiteral, unit: Unit) -> Code:
    low, high = compile_node(node.low, unit), compile_node(node.high, unit)

    def make(scope: Scope) -> Value:
        first, last = low(scope), high(scope)
        if compare(first, last) is None:
            culprit, value = (node.high, last) if first is not None else (node.low, first)
            return unit.misfit(culprit, value, "range with two ends of one ordered kind", scope)
        return Range(
            low=first,
            high=last,
            low_included=node.low_included,
            high_included=node.high_included,
        )

    return make


@node_code.register(syntax.Conditional)
def _conditional(node: syntax.Conditional, unit: Unit) -> Code:
    condition = compile_node(node.condition, unit)
    then, otherwise = compile_node(node.then, unit), compile_node(node.otherwise, unit)

    def choose(scope: Scope) -> Value:
        verdict = condition(scope)
        if verdict is True:
            return then(scope)
        if verdict is not False and verdict is not None:
            unit.misfit(node.condition, verdict, "boolean after if", scope)
        return otherwise(scope)

    return choose
