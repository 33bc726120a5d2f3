"""Functions as values: made of boxed logic, called with named arguments (DMN 1.5, 10.3.2.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bpmn_engine.dmn.feel import (
    ANY,
    FailingError,
    FeelType,
    Function,
    Unfit,
    Value,
    coerce,
    describe,
)
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Code, Frame, Run

MOST_CALLS = 60
"""Functions of boxed logic that may be inside one another, lest a recursion never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: FeelType


def make_function(
    parameters: Sequence[Parameter],
    body: Callable[[Sequence[Value]], Value],
    run: Run,
    spot: Spot,
    *,
    result: FeelType,
) -> Function:
    """Return a function as a value; `body` gets arguments of the parameters' types.

    For an argument of another type the body is not run: that is noted, and the value is null.
    """

    def invoke(values: Sequence[Value]) -> Value:
        fitting: list[Value] = []
        for parameter, value in zip(parameters, values, strict=True):
            fitted = coerce(value, parameter.type)
            if isinstance(fitted, Unfit):
                message = (
                    f"Expected {parameter.name} of the type {parameter.type.name}, but it is "
                    f"{describe(value)}."
                )
                run.note(ProblemKind.TYPE, message, spot)
                return None
            fitting.append(fitted)
        return _counted(body, fitting, run)

    return Function(
        parameters=tuple([parameter.name for parameter in parameters]),
        invoke=invoke,
        types=tuple([parameter.type for parameter in parameters]),
        result=result,
    )


def closure(
    parameters: Sequence[Parameter], body: Code, spot: Spot, *, result: FeelType = ANY
) -> Code:
    """Return code that makes a function with the frame it is made in."""
    names = [parameter.name for parameter in parameters]

    def make(frame: Frame, run: Run) -> Value:
        def inside(values: Sequence[Value]) -> Value:
            return body({**frame, **dict(zip(names, values, strict=True))}, run)

        return make_function(parameters, inside, run, spot, result=result)

    return make


def _counted(body: Callable[[Sequence[Value]], Value], values: Sequence[Value], run: Run) -> Value:
    """Return what a body gives; calls that are inside one another are counted.

    Raises:
        FailingError: too many calls are inside one another, or the budget is spent.
    """
    run.evaluation.budget.spend(1)
    if run.calls >= MOST_CALLS:
        message = f"Expected at most {MOST_CALLS} calls inside one another, but there are more."
        raise FailingError(message)
    run.calls += 1
    try:
        return body(values)
    finally:
        run.calls -= 1


def call_named(function: Function, arguments: Mapping[str, Value], run: Run, spot: Spot) -> Value:
    """Return what the function gives for named arguments.

    A name the function does not know is noted; the function is then not called, and the value
    is null. A parameter without an argument is null.
    """
    unknown = [name for name in arguments if name not in function.parameters]
    if unknown:
        known = ", ".join(function.parameters) or "none"
        message = f"Expected arguments named {known}, but found {', '.join(unknown)}."
        run.note(ProblemKind.TYPE, message, spot)
        return None
    return function.invoke([arguments.get(name) for name in function.parameters])
