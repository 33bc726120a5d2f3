"""Calling built-in functions, and built-in functions as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bpmn_engine.expressions.expression import MisfitError
from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, CallSite
from bpmn_engine.expressions.feel.builtins.table import BUILTINS
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Unit
from bpmn_engine.expressions.feel.values import Function, Value


def run_builtin(values: Sequence[Value], site: CallSite, scope: Scope, unit: Unit) -> Value:
    """Return what a built-in makes of its arguments; null with a warning when they do not fit.

    Raises:
        FailingError: the budget is spent, or the unit is strict and the arguments do not fit.
    """
    try:
        return site.function.body(Arguments(values, site, scope))
    except MisfitError as misfit:
        return unit.refuse(misfit.message, misfit.offset, scope)
    except (ArithmeticError, ValueError):
        message = f"Expected a result in reach of {site.function.name}(), but there is none."
        return unit.refuse(message, site.start, scope)


def builtin_function(name: str, unit: Unit, start: int) -> Callable[[Scope], Function] | None:
    """Return the maker of a built-in function as a value; None when there is none."""
    function = BUILTINS.get(name)
    if function is None:
        return None
    signature = function.signatures[0]
    site = CallSite(
        source=unit.source,
        start=start,
        function=function,
        parameters=signature.parameters,
        operands=(),
        is_strict=unit.is_strict,
    )

    def make(scope: Scope) -> Function:
        def invoke(values: Sequence[Value]) -> Value:
            scope.evaluation.budget.spend(1, start)
            if not any(each.takes(len(values)) for each in function.signatures):
                return unit.refuse(wrong_count(function, len(values)), start, scope)
            return run_builtin(values, site, scope, unit)

        return Function(parameters=signature.parameters, invoke=invoke, is_variadic=True)

    return make


def wrong_count(function: Builtin, count: int) -> str:
    """Return the message that a function got a wrong number of arguments."""
    wanted = _wanted_count(function)
    plural = "" if wanted in {"1", "at least 1"} else "s"
    return f"Expected {wanted} argument{plural} of {function.name}(), but got {count}."


def _wanted_count(function: Builtin) -> str:
    least = min(signature.required for signature in function.signatures)
    if any(signature.is_variadic for signature in function.signatures):
        return f"at least {least}"
    most = max(len(signature.parameters) for signature in function.signatures)
    return str(most) if least == most else f"{least} to {most}"
