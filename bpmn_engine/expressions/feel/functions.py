"""From syntax tree to closures: function literals and `instance of`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.compiler import compile_node, compile_reference, node_code
from bpmn_engine.expressions.feel.scope import Scope, enter_call
from bpmn_engine.expressions.feel.type_text import read_type
from bpmn_engine.expressions.feel.types import ANY, Unfit, coerce, is_instance
from bpmn_engine.expressions.feel.unit import Code, Unit, cost_of
from bpmn_engine.expressions.feel.values import FeelType, Function, Value, describe


@node_code.register(syntax.FunctionLiteral)
def _function(node: syntax.FunctionLiteral, unit: Unit) -> Code:
    if node.is_external:
        message = "Expected a function body in FEEL, but external functions are not called."
        return unit.nothing(message, node.start)
    types = []
    for parameter in node.types:
        read = ANY if parameter is None else read_type(parameter.text, unit.types)
        if isinstance(read, str):
            return unit.nothing(read, parameter.start if parameter else node.start)
        types.append(read)
    return _closure(node, tuple(types), unit)


def _closure(node: syntax.FunctionLiteral, types: tuple[FeelType, ...], unit: Unit) -> Code:
    body = compile_node(node.body, unit.inside(*node.parameters))
    parameters = node.parameters
    cost, depth = cost_of(node.body), _depth(node.body) + 2
    has_types = any(each is not ANY for each in types)

    def make(scope: Scope) -> Value:
        evaluation = scope.evaluation

        def invoke(values: Sequence[Value]) -> Value:
            if len(values) != len(parameters):
                count = f"{len(parameters)} argument{'' if len(parameters) == 1 else 's'}"
                message = f"Expected {count} of the function, but got {len(values)}."
                return unit.refuse(message, node.start, scope)
            evaluation.budget.spend(cost, node.start)
            if has_types:
                fitting = _fitting(node, types, values, unit, scope)
                if fitting is None:
                    return None
                values = fitting
            enter_call(evaluation, depth, node.start)
            value = body(scope.inner(dict(zip(parameters, values, strict=True))))
            evaluation.call_depth -= depth
            return value

        return Function(parameters=parameters, invoke=invoke, types=types)

    return make


def _depth(node: syntax.Node) -> int:
    """Return the levels of syntax below a node."""
    inner = [child for name in fields(node) for child in _children(getattr(node, name.name))]
    return 1 + max((_depth(child) for child in inner), default=0)


def _children(value: object) -> Iterator[syntax.Node]:
    """Yield the nodes in a field of a node."""
    if isinstance(value, syntax.Term):
        yield value.operand
    elif isinstance(value, syntax.Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _children(each)


def _fitting(
    node: syntax.FunctionLiteral,
    types: Sequence[FeelType],
    values: Sequence[Value],
    unit: Unit,
    scope: Scope,
) -> list[Value] | None:
    """Return the arguments as values of the parameters' types; None when one is not."""
    fitting: list[Value] = []
    for name, wanted, value in zip(node.parameters, types, values, strict=True):
        coerced = coerce(value, wanted)
        if isinstance(coerced, Unfit):
            message = f"Expected {name} to be {wanted.name}, but it is {describe(value)}."
            unit.refuse(message, node.start, scope)
            return None
        fitting.append(coerced)
    return fitting


@node_code.register(syntax.InstanceOf)
def _instance_of(node: syntax.InstanceOf, unit: Unit) -> Code:
    wanted = read_type(node.type.text, unit.types)
    if isinstance(wanted, str):
        return unit.nothing(wanted, node.type.start)
    value = compile_reference(node.value, unit)
    return lambda scope: is_instance(value(scope), wanted)
