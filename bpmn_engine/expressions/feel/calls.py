"""From syntax tree to closures: calls of built-ins and of function values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.builtins.arguments import Builtin, CallSite, Signature
from bpmn_engine.expressions.feel.builtins.invoking import run_builtin, wrong_count
from bpmn_engine.expressions.feel.builtins.table import BUILTINS
from bpmn_engine.expressions.feel.compiler import compile_node, compile_reference, node_code
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import Function, Value, describe
from bpmn_engine.expressions.feel.wording import root_name
from bpmn_engine.expressions.misread import MisreadError

_TAKES_ABSENCE = frozenset({"get or else", "assert", "fromAi", "is"})
"""Built-in functions that are there for what may not exist."""


@node_code.register(syntax.Call)
def _call(node: syntax.Call, unit: Unit) -> Code:
    if not isinstance(node.function, syntax.Name):
        _must_not_be_of_a_variable(node, unit)
        return _value_call(node, unit)
    name = node.function.name
    if name in unit.local_names or name in unit.outer_names:
        return _value_call(node, unit)
    if name == "is defined":
        return _is_defined(node, unit)
    function = BUILTINS.get(name)
    if function is not None:
        return _builtin_call(node, function, unit)
    if not unit.is_strict:
        return _value_call(node, unit)
    near = get_close_matches(name, BUILTINS, n=1)
    hint = f"; did you mean {near[0]}()?" if near else "."
    message = f"Expected a built-in function, but there is no {name}(){hint}"
    raise MisreadError(message, node.start)


def _must_not_be_of_a_variable(node: syntax.Call, unit: Unit) -> None:
    """Refuse `customer.name(1)` in a diagram, whose variables hold no functions.

    Raises:
        MisreadError: it is such a call.
    """
    root = root_name(node.function)
    if unit.is_strict and root and root not in unit.local_names:
        text = unit.source[node.function.start : node.function.end]
        message = f"Expected the name of a function before (, but {text} is of a variable."
        raise MisreadError(message, node.start)


def _builtin_call(node: syntax.Call, function: Builtin, unit: Unit) -> Code:
    if function.is_random and unit.is_strict:
        message = f"Expected the same each time it is evaluated, but {function.name}() is random."
        raise MisreadError(message, node.start)
    signature = _signature(node, function)
    if isinstance(signature, MisreadError):
        return unit.nothing(signature.message, signature.offset)
    operands = node.arguments
    if node.named:
        named: Mapping[str, syntax.Node] = dict(node.named)
        operands_by_name = [named.get(name) for name in signature.parameters]
        while operands_by_name and operands_by_name[-1] is None:
            operands_by_name.pop()
    else:
        operands_by_name = list(operands)
    takes_absence = function.name in _TAKES_ABSENCE
    codes = [
        None
        if each is None
        else (compile_reference if takes_absence else compile_node)(each, unit)
        for each in operands_by_name
    ]
    site = CallSite(
        source=unit.source,
        start=node.start,
        function=function,
        parameters=signature.parameters,
        operands=tuple(operands_by_name),
        is_strict=unit.is_strict,
    )
    start = node.start

    def call(scope: Scope) -> Value:
        scope.evaluation.budget.spend(1, start)
        values = [None if code is None else code(scope) for code in codes]
        return run_builtin(values, site, scope, unit)

    return call


def _signature(node: syntax.Call, function: Builtin) -> Signature | MisreadError:
    """Return the signature a call has, or what is wrong with it."""
    if not node.named:
        for signature in function.signatures:
            if signature.takes(len(node.arguments)):
                return signature
        return MisreadError(wrong_count(function, len(node.arguments)), node.start)
    names = [name for name, _ in node.named]
    for signature in function.signatures:
        if signature.takes_named(names) and len(set(names)) == len(names):
            return signature
    for name, operand in node.named:
        if not any(name in signature.parameters for signature in function.signatures):
            known = " or ".join(
                ", ".join(signature.parameters) or "none" for signature in function.signatures
            )
            message = f"Expected arguments of {function.name}() named {known}, but found {name}."
            return MisreadError(message, operand.start)
    first = function.signatures[0]
    absent = [name for name in first.parameters[: first.required] if name not in names]
    wanted = absent[0] if absent else first.parameters[0]
    return MisreadError(f"Expected the argument {wanted} of {function.name}().", node.start)


def _value_call(node: syntax.Call, unit: Unit) -> Code:
    """Return the code of a call of a function that is a value."""
    function_code = compile_node(node.function, unit)
    codes = [compile_node(operand, unit) for operand in node.arguments]
    named = [(name, compile_node(operand, unit)) for name, operand in node.named]

    def call(scope: Scope) -> Value:
        scope.evaluation.budget.spend(1, node.start)
        function = function_code(scope)
        if not isinstance(function, Function):
            text = unit.source[node.function.start : node.function.end]
            message = f"Expected {text} to be a function, but it is {describe(function)}."
            return unit.refuse(message, node.start, scope)
        if named:
            values = _in_order(function, {name: code(scope) for name, code in named})
        else:
            values = [code(scope) for code in codes]
        if values is None or not (function.is_variadic or _takes(function, values)):
            return unit.refuse(_wrong_arguments(node, function), node.start, scope)
        return function.invoke(values)

    return call


def _takes(function: Function, values: Sequence[Value]) -> bool:
    return len(values) == len(function.parameters)


def _in_order(function: Function, named: Mapping[str, Value]) -> list[Value] | None:
    """Return named arguments in the order of the parameters; None when the names do not fit."""
    if any(name not in function.parameters for name in named):
        return None
    if not function.is_variadic and len(named) != len(function.parameters):
        return None
    return [named[name] for name in function.parameters if name in named]


def _wrong_arguments(node: syntax.Call, function: Function) -> str:
    if node.named:
        wanted, given = ", ".join(function.parameters), ", ".join(name for name, _ in node.named)
        return f"Expected arguments of the function named {wanted}, but got {given}."
    count = len(function.parameters)
    wanted = f"{count} argument{'' if count == 1 else 's'}"
    return f"Expected {wanted} of the function, but got {len(node.arguments)}."


def _is_defined(node: syntax.Call, unit: Unit) -> Code:
    operands = node.arguments or tuple([operand for _, operand in node.named])
    if len(operands) != 1:
        return unit.nothing("Expected 1 argument of is defined().", node.start)
    operand = operands[0]
    if isinstance(operand, syntax.Name):
        name = operand.name
        if name not in unit.local_names:
            unit.names.add(name)
        return lambda scope: scope.defines(name)
    if isinstance(operand, syntax.Path):
        base, key = compile_reference(operand.base, unit), operand.name

        def has_key(scope: Scope) -> Value:
            value = base(scope)
            return isinstance(value, Mapping) and key in value

        return has_key
    value = compile_reference(operand, unit)
    is_written = isinstance(operand, syntax.Literal)
    return lambda scope: is_written or value(scope) is not None
