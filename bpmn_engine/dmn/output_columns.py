"""The output columns of a decision table: their types, and the order of their values."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.cells import split_tests
from bpmn_engine.dmn.feel import FeelProgram, FeelType, Value
from bpmn_engine.dmn.types import AllowedType, NamedType, is_allowed
from bpmn_engine.dmn.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputColumn:
    """One output column."""

    name: str | None
    label: str  #: for people
    type: FeelType
    tests: tuple[FeelProgram, ...]  #: the output values, in the order of their priority
    order: tuple[FeelProgram, ...]  #: those, or the allowed values of the type

    def takes(self, value: Value) -> bool:
        """Tell whether a value needs no check at every evaluation: it fits and is allowed."""
        return self.type.fits(value) and (not self.tests or self.rank(value) is not None)

    def rank(self, value: Value) -> int | None:
        """Return the place of a value among the output values, from 0; None when it has none."""
        return next((i for i, test in enumerate(self.order) if is_allowed(value, test)), None)


def output_column(clause: boxed.OutputClause, unit: Unit) -> OutputColumn:
    """Return the column of a clause; what is wrong with it is noted in the unit."""
    wanted = unit.type_of(clause.type_ref, clause.place)
    tests = () if clause.allowed is None else _tests(clause.allowed, unit)
    return OutputColumn(
        name=clause.name,
        label=clause.label or clause.name or "of the table",
        type=wanted,
        tests=tests,
        order=tests or _order_of(wanted, clause.place, unit),
    )


def _tests(text: boxed.Text, unit: Unit) -> tuple[FeelProgram, ...]:
    spot = unit.spot(text.place)
    found = [
        unit.tests(boxed.Text(place=text.place, source=part), spot)
        for part in split_tests(text.source)
    ]
    return tuple([test for test in found if isinstance(test, FeelProgram)])


def _order_of(wanted: FeelType, place: boxed.Place, unit: Unit) -> tuple[FeelProgram, ...]:
    """Return the allowed values of a type, which order outputs without values of their own."""
    if isinstance(wanted, NamedType):
        return _order_of(wanted.inner, place, unit)
    if isinstance(wanted, AllowedType):
        return _tests(boxed.Text(place=place, source=wanted.allowed.source), unit)
    return ()
