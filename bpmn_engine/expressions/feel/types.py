"""The types of FEEL: what a value conforms to, and the coercions between them (DMN 1.5, 10.3.2.9).

A type of the standard is written as in `instance of`: `number`, `list<string>`,
`context<name: string>`, `function<number> -> string`, `range<date>`. Item definitions are types
too: whoever knows them gives them as `FeelType` values of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.feel.far import FarDate, make_moment
from bpmn_engine.expressions.feel.values import FeelType as FeelType
from bpmn_engine.expressions.feel.values import Function, Range, Value, items_of, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyType:
    """Any: everything but null is an instance, and null is taken where it is expected."""

    name: str = "Any"

    def fits(self, value: Value) -> bool:  # noqa: ARG002 - everything fits
        """Return true."""
        return True

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether the other type is Any too."""
        return isinstance(other, AnyType)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleType:
    """One of the kinds that `kind_of` tells apart, whatever is inside."""

    name: str

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or of this kind."""
        return value is None or kind_of(value) == self.name

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether the other type is Any or of the same kind; Null conforms to all."""
        return isinstance(other, AnyType) or self.name in {"null", other.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListType:
    """`list<T>`."""

    item: FeelType

    @property
    def name(self) -> str:
        """The type as a text says it."""
        return f"list<{self.item.name}>"

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or a list of fitting items."""
        return self.fits_within(value, {})

    def fits_within(self, value: Value, known: Known) -> bool:
        """Tell whether the value fits, looking at no part of it twice."""
        if value is None:
            return True
        items = items_of(value)
        return items is not None and all(_fits(item, self.item, known) for item in items)

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether the other is a list whose items these conform to."""
        if isinstance(other, ListType):
            return self.item.conforms_to(other.item)
        return isinstance(other, AnyType) or other.name == "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeType:
    """`range<T>`."""

    end: FeelType

    @property
    def name(self) -> str:
        """The type as a text says it."""
        return f"range<{self.end.name}>"

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or a range with such ends."""
        if value is None:
            return True
        return isinstance(value, Range) and self.end.fits(value.low) and self.end.fits(value.high)

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether the other is a range whose ends these conform to."""
        if isinstance(other, RangeType):
            return self.end.conforms_to(other.end)
        return isinstance(other, AnyType) or other.name == "range"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextType:
    """`context<name: T, …>`; more entries than these may be there."""

    entries: Mapping[str, FeelType]

    @property
    def name(self) -> str:
        """The type as a text says it."""
        inside = ", ".join(f"{name}: {entry.name}" for name, entry in self.entries.items())
        return f"context<{inside}>"

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or a context with fitting entries of these names."""
        return self.fits_within(value, {})

    def fits_within(self, value: Value, known: Known) -> bool:
        """Tell whether the value fits, looking at no part of it twice."""
        if value is None:
            return True
        return isinstance(value, Mapping) and all(
            name in value and _fits(value[name], entry, known)
            for name, entry in self.entries.items()
        )

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether the other is a context with no more entries than this one."""
        if isinstance(other, ContextType):
            return all(
                name in self.entries and self.entries[name].conforms_to(entry)
                for name, entry in other.entries.items()
            )
        return isinstance(other, AnyType) or other.name == "context"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionType:
    """`function<P, …> -> R`."""

    parameters: tuple[FeelType, ...]
    result: FeelType

    @property
    def name(self) -> str:
        """The type as a text says it."""
        inside = ", ".join(parameter.name for parameter in self.parameters)
        return f"function<{inside}> -> {self.result.name}"

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or a function with a conforming signature."""
        if value is None:
            return True
        if not isinstance(value, Function) or len(value.parameters) != len(self.parameters):
            return False
        types = value.types or (ANY,) * len(self.parameters)
        return (value.result or ANY).conforms_to(self.result) and all(
            wanted.conforms_to(given) for wanted, given in zip(self.parameters, types, strict=True)
        )

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether the other takes no other arguments and gives no less."""
        if isinstance(other, FunctionType):
            return (
                len(self.parameters) == len(other.parameters)
                and self.result.conforms_to(other.result)
                and all(
                    theirs.conforms_to(ours)
                    for ours, theirs in zip(self.parameters, other.parameters, strict=True)
                )
            )
        return isinstance(other, AnyType) or other.name == "function"


ANY = AnyType()

Known = dict[tuple[int, int], bool]
"""What is known of a part, by its identity and that of the type, while one value is looked at."""


def _fits(value: Value, wanted: FeelType, known: Known) -> bool:
    """Tell whether a part of a value fits; lists may hold one part many times over."""
    key = (id(value), id(wanted))
    fits = known.get(key)
    if fits is None:
        if isinstance(wanted, ListType | ContextType):
            fits = wanted.fits_within(value, known)
        else:
            fits = wanted.fits(value)
        known[key] = fits
    return fits


_SIMPLE_NAMES = (
    "null",
    "boolean",
    "number",
    "string",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
    "list",
    "context",
    "range",
    "function",
)
SIMPLE_TYPES: Mapping[str, FeelType] = {
    "Any": ANY,
    "any": ANY,
    "Null": SimpleType(name="null"),
    **{name: SimpleType(name=name) for name in _SIMPLE_NAMES},
    "dateTime": SimpleType(name="date and time"),
    "dayTimeDuration": SimpleType(name="days and time duration"),
    "yearMonthDuration": SimpleType(name="years and months duration"),
}
"""Name to type, older names of the standard included."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """What `coerce` returns for a value that does not conform and cannot be made to."""

    value: Value
    type: FeelType


def is_instance(value: Value, wanted: FeelType) -> bool:
    """Tell whether `value instance of wanted` holds; null is an instance of Null alone."""
    if value is None:
        return wanted.name == "null"
    return wanted.fits(value)


def coerce(value: Value, wanted: FeelType) -> Value | Unfit:
    """Return the value as one of the type (DMN 1.5, 10.3.2.9.4), or say that it does not fit.

    A list of one item and the item itself stand for each other, a date for its midnight in UTC.
    """
    if value is None or wanted.fits(value):
        return value
    items = items_of(value)
    if items is not None and len(items) == 1 and wanted.fits(items[0]):
        return items[0]
    if items is None and wanted.fits([value]):
        return [value]
    return as_moment(value) if wanted.name == "date and time" else Unfit(value, wanted)


def as_moment(value: Value) -> Value | Unfit:
    """Return the midnight in UTC of a date."""
    if isinstance(value, dt.date | FarDate):
        return make_moment(value, dt.time(tzinfo=dt.UTC))
    return Unfit(value, SIMPLE_TYPES["date and time"])
