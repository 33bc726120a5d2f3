"""Kinds of query parameters of Camunda 7: what each one's value may be, and what it asks for.

A parameter takes its name, its value and the reading of the query that it belongs to, and adds
conditions to that. In an address all values are texts; in a body they have JSON's types.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.service.work_search import (
    NEVER,
    Comparison,
    Condition,
    Value,
    VariableCondition,
)
from bpmn_engine.values import JsonValue
from web.camunda.seven.failures import unusable
from web.keys import MAX_KEY, read_key

Raw = Mapping[str, JsonValue]


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a query asks for so far."""

    raw: Raw  #: every parameter of the query as it was given
    conditions: list[Condition] = field(default_factory=list)
    variables: list[VariableCondition] = field(default_factory=list)

    def is_on(self, name: str) -> bool:
        """Tell whether a parameter that is true or false is given, and true."""
        return name in self.raw and as_flag(name, self.raw[name])


Parameter = Callable[[str, JsonValue, Reading], None]
"""Adds what a parameter asks for.

Raises:
    SevenError: its value is none that it can have (400).
"""

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")

_OPERATORS: Final[Mapping[str, Comparison]] = {
    "eq": Comparison.EQUAL,
    "neq": Comparison.NOT_EQUAL,
    "gt": Comparison.ABOVE,
    "gteq": Comparison.AT_LEAST,
    "lt": Comparison.BELOW,
    "lteq": Comparison.AT_MOST,
    "like": Comparison.LIKE,
    "notLike": Comparison.NOT_LIKE,
}


def text(name: str, comparison: Comparison = Comparison.EQUAL) -> Parameter:
    """Return the kind of a text that a field is compared with."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        wanted = as_text(parameter, value)
        reading.conditions.append(Condition(field=name, comparison=comparison, value=wanted))

    return add


def like(name: str) -> Parameter:
    """Return the kind of a text in which `%` stands for any."""
    return text(name, Comparison.LIKE)


def texts(name: str, comparison: Comparison = Comparison.IN) -> Parameter:
    """Return the kind of texts of which the field holds one, or none."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        wanted = as_texts(parameter, value)
        reading.conditions.append(Condition(field=name, comparison=comparison, values=wanted))

    return add


def number(name: str, comparison: Comparison = Comparison.EQUAL) -> Parameter:
    """Return the kind of a whole number that a field is compared with."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        wanted = as_number(parameter, value)
        reading.conditions.append(Condition(field=name, comparison=comparison, value=wanted))

    return add


def moment(name: str, comparison: Comparison) -> Parameter:
    """Return the kind of a date-time that a field is compared with."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        wanted = as_moment(parameter, value)
        reading.conditions.append(Condition(field=name, comparison=comparison, value=wanted))

    return add


def key(name: str) -> Parameter:
    """Return the kind of an id; one that nothing has finds nothing."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        reading.conditions.append(_of_key(name, read_key(as_text(parameter, value))))

    return add


def keys(name: str, comparison: Comparison = Comparison.IN) -> Parameter:
    """Return the kind of several ids."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        found = [read_key(each) for each in as_texts(parameter, value)]
        wanted: tuple[Value, ...] = tuple(each for each in found if each is not None)
        reading.conditions.append(Condition(field=name, comparison=comparison, values=wanted))

    return add


def definition(name: str) -> Parameter:
    """Return the kind of the id of a definition: `invoice:3:12345`."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        last = as_text(parameter, value).rpartition(":")[2]
        reading.conditions.append(_of_key(name, read_key(last)))

    return add


def definitions(name: str) -> Parameter:
    """Return the kind of several ids of definitions."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        found = [read_key(each.rpartition(":")[2]) for each in as_texts(parameter, value)]
        wanted: tuple[Value, ...] = tuple(each for each in found if each is not None)
        reading.conditions.append(Condition(field=name, comparison=Comparison.IN, values=wanted))

    return add


def visit(name: str) -> Parameter:
    """Return the kind of the id of an activity instance; the field holds such ids."""
    return text(name)


def holds(*conditions: Condition) -> Parameter:
    """Return the kind of a parameter that asks for something when it is true."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        if as_flag(parameter, value):
            reading.conditions += conditions

    return add


def present(name: str) -> Parameter:
    """Return the kind of a parameter that asks for a field to have a value."""
    return holds(Condition(field=name, comparison=Comparison.PRESENT))


def absent(name: str) -> Parameter:
    """Return the kind of a parameter that asks for a field to have no value."""
    return holds(Condition(field=name, comparison=Comparison.ABSENT))


def is_(name: str, value: Value) -> Parameter:
    """Return the kind of a parameter that asks for a field to hold one value."""
    return holds(Condition(field=name, value=value))


def never() -> Parameter:
    """Return the kind of a parameter that asks for what this engine does not have, if true."""
    return holds(NEVER)


def always() -> Parameter:
    """Return the kind of a parameter that asks for what is always so."""
    return holds()


def nothing() -> Parameter:
    """Return the kind of a parameter that names what nothing here can have, as a case."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        as_texts(parameter, value)
        reading.conditions.append(NEVER)

    return add


def switch() -> Parameter:
    """Return the kind of a parameter that is true or false and that others ask for."""

    def add(parameter: str, value: JsonValue, _reading: Reading) -> None:
        as_flag(parameter, value)

    return add


def refused(why: str) -> Parameter:
    """Return the kind of a parameter that cannot be answered, and why."""

    def add(parameter: str, _value: JsonValue, _reading: Reading) -> None:
        raise unusable(f"Expected a query without {parameter}: {why}")

    return add


def variables(*, is_local: bool = False) -> Parameter:
    """Return the kind of conditions on variables: `amount_gt_5` or objects."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        for name, comparison, wanted in _read_variables(parameter, value):
            reading.variables.append(
                VariableCondition(
                    name=name,
                    comparison=comparison,
                    value=wanted,
                    is_local=is_local,
                    ignores_name_case=reading.is_on("variableNamesIgnoreCase"),
                    ignores_value_case=reading.is_on("variableValuesIgnoreCase"),
                )
            )

    return add


TENANTS: Final[Mapping[str, Parameter]] = {
    "tenantIdIn": nothing(),
    "withoutTenantId": always(),
}
"""There are no tenants, so that nothing belongs to one."""


def _of_key(name: str, wanted: int | None) -> Condition:
    return NEVER if wanted is None else Condition(field=name, value=wanted)


def _read_variables(parameter: str, value: JsonValue) -> list[tuple[str, Comparison, JsonValue]]:
    if isinstance(value, str):
        return [_read_written(parameter, each) for each in value.split(",") if each]
    if not isinstance(value, Sequence):
        raise unusable(f"Expected a list of conditions in {parameter}, but got {value!r}.")
    found = []
    for each in value:
        if not isinstance(each, Mapping):
            raise unusable(f"Expected an object in {parameter}, but got {each!r}.")
        name = as_text(f"{parameter}.name", each.get("name"))
        comparison = _operator(parameter, each.get("operator"))
        found.append((name, comparison, each.get("value")))
    return found


def _read_written(parameter: str, written: str) -> tuple[str, Comparison, JsonValue]:
    name, _, rest = written.partition("_")
    operator, separator, value = rest.partition("_")
    if not separator:
        raise unusable(
            f"variable query parameter has to have format KEY_OPERATOR_VALUE, but {parameter} is "
            f"{written!r}."
        )
    return name, _operator(parameter, operator), _guessed(value)


def _operator(parameter: str, given: JsonValue) -> Comparison:
    found = _OPERATORS.get(given) if isinstance(given, str) else None
    if found is None:
        raise unusable(
            f"Invalid variable comparator specified: {given!r} in {parameter}; expected one of "
            f"{', '.join(_OPERATORS)}."
        )
    return found


def _guessed(value: str) -> JsonValue:
    """Return the value that a text in an address stands for: a number, a truth value, a text."""
    if value in {"true", "false"}:
        return value == "true"
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value


def as_text(name: str, value: JsonValue) -> str:
    """Return a text.

    Raises:
        SevenError: it is none (400).
    """
    if not isinstance(value, str):
        raise _wrong(name, value, "a text")
    return value


def as_texts(name: str, value: JsonValue) -> tuple[str, ...]:
    """Return texts: a list, or in one text divided by commas.

    Raises:
        SevenError: it is something else (400).
    """
    if isinstance(value, str):
        return tuple(each for each in value.split(",") if each)
    if not isinstance(value, Sequence):
        raise _wrong(name, value, "a list of texts")
    return tuple(as_text(name, each) for each in value)


def as_number(name: str, value: JsonValue) -> int:
    """Return a whole number.

    Raises:
        SevenError: it is something else (400).
    """
    found = value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        found = int(value)
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > MAX_KEY:
        raise _wrong(name, value, "a whole number")
    return found


def as_flag(name: str, value: JsonValue) -> bool:
    """Return whether something is true.

    Raises:
        SevenError: it is neither true nor false (400).
    """
    if isinstance(value, bool):
        return value
    word = as_text(name, value).lower()
    if word not in {"true", "false"}:
        raise _wrong(name, value, "true or false")
    return word == "true"


def as_moment(name: str, value: JsonValue) -> dt.datetime:
    """Return a date-time; one without a time zone is in UTC.

    Raises:
        SevenError: it is something else (400).
    """
    try:
        found = dt.datetime.fromisoformat(as_text(name, value).replace(" ", "+"))
    except ValueError:
        raise _wrong(name, value, "a date such as 2013-01-23T14:42:45.000+0200") from None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def _wrong(name: str, value: JsonValue, expected: str) -> Exception:
    return unusable(
        f"Cannot set query parameter '{name}' to value '{value}': Expected {expected}."
    )
