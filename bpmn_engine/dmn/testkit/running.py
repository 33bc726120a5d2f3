"""Running test cases against a decision model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bpmn_engine.dmn.decisions import DecisionModel, DecisionResult
from bpmn_engine.dmn.feel import Value
from bpmn_engine.dmn.testkit.cases import Case, ResultNode, Subject
from bpmn_engine.dmn.testkit.values import is_same, read_value

_SHOWN_PROBLEMS = 3
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A result of a case that is not as expected."""

    result: str  #: the name of the result
    message: str


def run_case(case: Case, model: DecisionModel, now: dt.datetime) -> tuple[Difference, ...]:
    """Return what differs; nothing when the case passes.

    An error is expected to be null, as the runners of the kit have it.
    """
    inputs: dict[str, Value] = {}
    for node in case.inputs:
        name = node.name if node.namespace is None else f"{node.namespace}#{node.name}"
        inputs[name] = read_value(node.value)
    return tuple(_differences(case, model, inputs, now))


def _differences(
    case: Case, model: DecisionModel, inputs: Mapping[str, Value], now: dt.datetime
) -> Iterator[Difference]:
    for node in case.results:
        wanted = node.name if case.invocable is None else case.invocable
        result = model.evaluate(wanted, inputs, now)
        value = _value_of(case, node, result)
        expected = None if node.is_error else read_value(node.expected)
        if is_same(expected, value):
            continue
        told = "an error" if node.is_error else str(expected)[:_SHOWN]
        message = f"expected {told}, but got {str(value)[:_SHOWN]}"
        problems = "; ".join(str(one) for one in result.problems[:_SHOWN_PROBLEMS])
        yield Difference(
            result=node.name, message=f"{message} ({problems})" if problems else message
        )


def _value_of(case: Case, node: ResultNode, result: DecisionResult) -> Value:
    """Return the value a result is about: of a service with several, that of one decision."""
    value = result.value
    if case.subject is Subject.DECISION_SERVICE and isinstance(value, Mapping):
        return value.get(node.name, value)
    return value
