"""From boxed expressions to closures (DMN 1.5, 10.2.2)."""

from __future__ import annotations

from typing import assert_never

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.feel import ANY, FeelType, Function, Value, describe
from bpmn_engine.dmn.functions import Parameter, call_named, closure
from bpmn_engine.dmn.loops import filtering, looping
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Code, Frame, Run
from bpmn_engine.dmn.tables import compile_table
from bpmn_engine.dmn.types import result_of
from bpmn_engine.dmn.unit import Unit, fitting, null_code

_NULL_MESSAGE = "Expected an expression, but there is none."


def compile_logic(expression: boxed.Expression | None, unit: Unit, spot: Spot) -> Code:
    """Return the code of a boxed expression; what is wrong with it is noted in the unit.

    Args:
        expression: none is null, and noted each time it is evaluated.
        unit: the names and types in scope.
        spot: where the expression should be.
    """
    if expression is None:
        return null_code(ProblemKind.NO_LOGIC, _NULL_MESSAGE, spot)
    code = _compile(expression, unit)
    wanted = unit.type_of(expression.type_ref, expression.place)
    if isinstance(expression, boxed.FunctionDefinition):
        return code
    return fitting(code, wanted, unit.spot(expression.place), what="a value")


def _compile(  # noqa: C901, PLR0912 - one case a kind of expression
    expression: boxed.Expression, unit: Unit
) -> Code:
    match expression:
        case boxed.LiteralExpression():
            return unit.code(expression.text, unit.spot(expression.text.place))
        case boxed.DecisionTable():
            return compile_table(expression, unit)
        case boxed.ContextExpression():
            return _context(expression, unit)
        case boxed.ListExpression():
            return _list(expression, unit)
        case boxed.Relation():
            return _relation(expression, unit)
        case boxed.FunctionDefinition():
            return compile_function(expression, unit)
        case boxed.Invocation():
            return _invocation(expression, unit)
        case boxed.Conditional():
            return _conditional(expression, unit)
        case boxed.Filter():
            return _filter(expression, unit)
        case boxed.Loop():
            return _loop(expression, unit)
        case _:
            assert_never(expression)


def _context(expression: boxed.ContextExpression, unit: Unit) -> Code:
    """Return the code of a context: a context of the entries, or the value of the result cell."""
    entries: list[tuple[str, Code]] = []
    result: Code | None = None
    inner = unit
    for entry in expression.entries:
        spot = unit.spot(entry.place)
        if entry.variable is None:
            result = compile_logic(entry.expression, inner, spot)
            continue
        variable = entry.variable
        code = compile_logic(entry.expression, inner.inside(variable.name), spot)
        wanted = unit.type_of(variable.type_ref, variable.place)
        entries.append((variable.name, fitting(code, wanted, spot, what=variable.name)))
        inner = inner.inside(variable.name)

    def make(frame: Frame, run: Run) -> Value:
        around = dict(frame)
        made: dict[str, Value] = {}
        for name, code in entries:
            made[name] = around[name] = code(around, run)
        return made if result is None else result(around, run)

    return make


def _list(expression: boxed.ListExpression, unit: Unit) -> Code:
    spot = unit.spot(expression.place)
    items = [compile_logic(item, unit, spot) for item in expression.items]
    return lambda frame, run: [item(frame, run) for item in items]


def _relation(expression: boxed.Relation, unit: Unit) -> Code:
    spot = unit.spot(expression.place)
    types = [unit.type_of(column.type_ref, column.place) for column in expression.columns]
    names = [column.name for column in expression.columns]
    rows = [
        [
            (name, fitting(compile_logic(cell, unit, spot), wanted, spot, what=name))
            for name, wanted, cell in zip(names, types, row, strict=True)
        ]
        for row in expression.rows
    ]
    return lambda frame, run: [{name: cell(frame, run) for name, cell in row} for row in rows]


def compile_function(
    definition: boxed.FunctionDefinition, unit: Unit, *, result: FeelType = ANY
) -> Code:
    """Return code that makes the function with the scope it stands in.

    `result` is what the function must give besides the type it declares itself.
    """
    spot = unit.spot(definition.place)
    if definition.kind is not boxed.FunctionKind.FEEL:
        message = (
            f"Expected a function in FEEL, but its kind is {definition.kind.value}. The engine "
            "runs no functions from outside; write it in FEEL, or use a service task."
        )
        unit.violate(spot, "unsupported-function", message)
        return null_code(ProblemKind.UNSUPPORTED, message, spot)
    parameters = [
        Parameter(name=one.name, type=unit.type_of(one.type_ref, one.place))
        for one in definition.parameters
    ]
    inner = unit.inside(*(parameter.name for parameter in parameters))
    body = compile_logic(definition.body, inner, spot)
    own = result_of(unit.type_of(definition.type_ref, definition.place))
    for wanted in (own, result):
        body = fitting(body, wanted, spot, what="the result")
    return closure(parameters, body, spot, result=own if result is ANY else result)


def _invocation(expression: boxed.Invocation, unit: Unit) -> Code:
    spot = unit.spot(expression.place)
    function = compile_logic(expression.function, unit, spot)
    bindings = [
        (binding.parameter.name, compile_logic(binding.expression, unit, spot))
        for binding in expression.bindings
    ]

    def invoke(frame: Frame, run: Run) -> Value:
        called = function(frame, run)
        if not isinstance(called, Function):
            message = f"Expected a function to invoke, but it is {describe(called)}."
            run.note(ProblemKind.TYPE, message, spot)
            return None
        arguments = {name: code(frame, run) for name, code in bindings}
        return call_named(called, arguments, run, spot)

    return invoke


def _conditional(expression: boxed.Conditional, unit: Unit) -> Code:
    spot = unit.spot(expression.place)
    condition = compile_logic(expression.condition, unit, spot)
    then = compile_logic(expression.then, unit, spot)
    otherwise = compile_logic(expression.otherwise, unit, spot)

    def choose(frame: Frame, run: Run) -> Value:
        verdict = condition(frame, run)
        if verdict is not None and not isinstance(verdict, bool):
            message = f"Expected a boolean in `if`, but it is {describe(verdict)}."
            run.note(ProblemKind.TYPE, message, spot)
            return None
        return then(frame, run) if verdict is True else otherwise(frame, run)

    return choose


def _filter(expression: boxed.Filter, unit: Unit) -> Code:
    spot = unit.spot(expression.place)
    source = compile_logic(expression.source, unit, spot)
    match = compile_logic(expression.match, unit.inside("item"), spot)
    return filtering(source, match, spot)


def _loop(expression: boxed.Loop, unit: Unit) -> Code:
    spot = unit.spot(expression.place)
    source = compile_logic(expression.source, unit, spot)
    names = [expression.variable]
    if expression.kind is boxed.LoopKind.FOR:
        names.append("partial")
    body = compile_logic(expression.body, unit.inside(*names), spot)
    return looping(expression.kind, expression.variable, source, body, spot)
