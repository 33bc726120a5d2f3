"""Conditions on variables in queries: `amount_gteq_5,name_like_%`, or objects in a POST."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bpmn_engine.service.variable_reading import Operator, VariableTest
from bpmn_engine.values import JsonValue
from web.camunda.seven.ids import refuse
from web.camunda.seven.queries import Query, is_true

_OPERATORS: Final = {operator.value: operator for operator in Operator}


def variable_tests(query: Query, name: str) -> tuple[VariableTest, ...]:
    """Return the tests that a parameter of a query asks for.

    Raises:
        ProblemError: it is not usable (400).
    """
    given = query.get(name)
    if given is None:
        return ()
    if isinstance(given, str):
        return tuple(_of_text(part, query) for part in given.split(","))
    if not isinstance(given, list):
        raise refuse(f"Expected a list in {name}.")
    return tuple(_of_object(each, query) for each in given)


def _of_text(part: str, query: Query) -> VariableTest:
    """Read `amount_eq_5`: the operator and the value are last; values are texts, as Camunda's."""
    found = next(_split(part), None)
    if found is None:
        raise refuse(
            "variable query parameter has to have format KEY_OPERATOR_VALUE, with an operator of "
            f"{', '.join(_OPERATORS)}, but got '{part}'."
        )
    name, operator, value = found
    return _test(name, operator, value, query)


def _split(part: str) -> Iterator[tuple[str, Operator, str]]:
    words = part.split("_")
    for index in range(1, len(words) - 1):
        if words[index] in _OPERATORS:
            yield (
                "_".join(words[:index]),
                _OPERATORS[words[index]],
                "_".join(words[index + 1 :]),
            )


def _of_object(given: JsonValue, query: Query) -> VariableTest:
    if not isinstance(given, Mapping):
        raise refuse("Expected an object with name, operator and value for a variable.")
    name, operator = given.get("name"), _OPERATORS.get(str(given.get("operator")))
    if not isinstance(name, str) or operator is None:
        raise refuse(
            "Expected the name of a variable and an operator of "
            f"{', '.join(_OPERATORS)}, but got {name} and {given.get('operator')}."
        )
    return _test(name, operator, given.get("value"), query)


def _test(name: str, operator: Operator, value: JsonValue, query: Query) -> VariableTest:
    return VariableTest(
        name=name,
        operator=operator,
        value=value,
        ignores_case_of_name=_is_set(query, "variableNamesIgnoreCase"),
        ignores_case_of_value=_is_set(query, "variableValuesIgnoreCase"),
    )


def _is_set(query: Query, name: str) -> bool:
    return name in query and is_true(name, query[name])
