"""Functions as values: made of boxed logic, called with named arguments (DMN 1.5, 10.3.2.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bpmn_engine.dmn.feel import ANY, FailingError, FeelType, Function, Unfit, Value, coerce, describe
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Code, Frame, Run

MOST_CALLS = 60
"""Functions of boxed logic that may be inside one another, lest a recursion never ends."""


def closure(
    names: tuple[str, ...],
    types: tuple[FeelType, ...],
    body: Code,
    *,
    result: FeelType = ANY,
) -> Code:
    """Return code that makes a function with the frame it is made in."""

    def make(frame: Frame, run: Run) -> Value:
        def invoke(values: Sequence[Value]) -> Value:
            inner = {**frame, **dict(zip(names, values, strict=True))}
            return counted(lambda: body(inner, run), run)

        return Function(parameters=names, invoke=invoke, types=types, result=result)

    return make


def counted(call: Callable[[], Value], run: Run) -> Value:
    """Return what a call gives; calls that are inside one another are counted.

    Raises:
        FailingError: too many calls are inside one another, or the budget is spent.
    """
    run.evaluation.budget.spend(1)
    if run.calls >= MOST_CALLS:
        message = f"Expected at most {MOST_CALLS} calls inside one another, but there are more."
        raise FailingError(message)
    run.calls += 1
    try:
        return call()
    finally:
        run.calls -= 1


def call_named(
    function: Function, arguments: Mapping[str, Value], run: Run, spot: Spot
) -> Value:
    """Return what the function gives for named arguments.

    A name the function does not know, or an argument of another type, is noted; the function is
    then not called, and the value is null.
    """
    unknown = [name for name in arguments if name not in function.parameters]
    if unknown:
        known = ", ".join(function.parameters) or "none"
        message = f"Expected arguments named {known}, but found {', '.join(unknown)}."
        run.note(ProblemKind.TYPE, message, spot)
        return None
    values: list[Value] = []
    types = function.types or (ANY,) * len(function.parameters)
    for name, wanted in zip(function.parameters, types, strict=True):
        value = coerce(arguments.get(name), wanted)
        if isinstance(value, Unfit):
            message = (
                f"Expected {name} of the type {wanted.name}, but it is "
                f"{describe(arguments.get(name))}."
            )
            run.note(ProblemKind.TYPE, message, spot)
            return None
        values.append(value)
    return function.invoke(values)
