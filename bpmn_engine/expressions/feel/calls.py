"""From syntax tree to closures: calls of built-ins and of function literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, CallSite
from bpmn_engine.expressions.feel.builtins.table import BUILTINS
from bpmn_engine.expressions.feel.compiler import compile_node
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import Function, Value
from bpmn_engine.expressions.misread import MisreadError


@compile_node.register(syntax.Call)
def _call(node: syntax.Call, unit: Unit) -> Code:
    if node.name in unit.local_names:
        return _local_call(node, unit)
    if node.name == "is defined":
        return _is_defined(node, unit)
    function = BUILTINS.get(node.name)
    if function is None:
        near = get_close_matches(node.name, BUILTINS, n=1)
        hint = f"; did you mean {near[0]}()?" if near else "."
        message = f"Expected a built-in function, but there is no {node.name}(){hint}"
        raise MisreadError(message, node.start)
    operands = _operands(node, function)
    codes = [None if operand is None else compile_node(operand, unit) for operand in operands]
    site = CallSite(source=unit.source, node=node, function=function, operands=operands)
    body, start = function.body, node.start

    def call(scope: Scope) -> Value:
        scope.evaluation.budget.spend(1, start)
        values = [None if code is None else code(scope) for code in codes]
        try:
            return body(Arguments(values, site, scope))
        except (ArithmeticError, ValueError) as error:
            message = f"Expected a result in reach of {function.name}(), but there is none."
            raise FailingError(message, start) from error

    return call


def _operands(node: syntax.Call, function: Builtin) -> tuple[syntax.Node | None, ...]:
    """Return the operands in the order of the parameters, named or not."""
    if node.named:
        return _named_operands(node, function)
    given, most = len(node.arguments), len(function.parameters)
    if given < function.required or (given > most and not function.is_variadic):
        least = function.required
        wanted = str(most) if least == most else f"{least} to {most}"
        wanted = f"at least {least}" if function.is_variadic else wanted
        plural = "" if wanted in {"1", "at least 1"} else "s"
        message = f"Expected {wanted} argument{plural} of {node.name}(), but got {given}."
        raise MisreadError(message, node.start)
    return node.arguments


def _named_operands(node: syntax.Call, function: Builtin) -> tuple[syntax.Node | None, ...]:
    named: Mapping[str, syntax.Node] = dict(node.named)
    known = ", ".join(function.parameters) or "none"
    for name, operand in node.named:
        if name not in function.parameters:
            message = f"Expected arguments of {node.name}() named {known}, but found {name}."
            raise MisreadError(message, operand.start)
    for name in function.parameters[: function.required]:
        if name not in named:
            raise MisreadError(f"Expected the argument {name} of {node.name}().", node.start)
    return tuple([named.get(name) for name in function.parameters])


def _local_call(node: syntax.Call, unit: Unit) -> Code:
    if node.named:
        message = f"Expected arguments of {node.name}() without names."
        raise MisreadError(message, node.start)
    codes = [compile_node(operand, unit) for operand in node.arguments]

    def call(scope: Scope) -> Value:
        function = scope.read(node.name)
        if not isinstance(function, Function):
            message = f"Expected {node.name} to be a function, but it is none."
            raise FailingError(message, node.start)
        values: Sequence[Value] = [code(scope) for code in codes]
        return function.invoke(values)

    return call


def _is_defined(node: syntax.Call, unit: Unit) -> Code:
    operands = node.arguments or tuple([operand for _, operand in node.named])
    if len(operands) != 1:
        raise MisreadError("Expected 1 argument of is defined().", node.start)
    operand = operands[0]
    if isinstance(operand, syntax.Name):
        name = operand.name
        compile_node(operand, unit)  # notes the name
        return lambda scope: scope.defines(name)
    if isinstance(operand, syntax.Path):
        base, key = compile_node(operand.base, unit), operand.name

        def has_key(scope: Scope) -> Value:
            value = base(scope)
            return isinstance(value, Mapping) and key in value

        return has_key
    value = compile_node(operand, unit)
    return lambda scope: value(scope) is not None
