"""Cells whose constants are of another type than their column."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bpmn_engine.dmn.cells import NotSimple, constant_of, read_cell
from bpmn_engine.dmn.expressions import DecisionTable, Text
from bpmn_engine.dmn.feel import SIMPLE_TYPES, FeelType, describe
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Severity, Violation

Resolve = Callable[[str | None], FeelType | None]


def check_cells(table: DecisionTable, owner: str, resolve: Resolve) -> Iterator[Violation]:
    """Yield the cells of a table that cannot fit the type of their column."""
    for number, rule in enumerate(table.rules):
        for clause, text in zip(table.inputs, rule.inputs, strict=True):
            message = _input_message(text, resolve(clause.type_ref))
            if message is not None:
                yield _violation(f"{owner}: Rule {number + 1}: {message}", text)
        for output, text in zip(table.outputs, rule.outputs, strict=True):
            message = _output_message(text, resolve(output.type_ref))
            if message is not None:
                yield _violation(f"{owner}: Rule {number + 1}: {message}", text)


def _input_message(text: Text, wanted: FeelType | None) -> str | None:
    cell = read_cell(text.source)
    if not cell or isinstance(cell, NotSimple) or wanted is None:
        return None
    kind = cell[0].kind
    given = SIMPLE_TYPES[kind]
    name = wanted.name
    if name in SIMPLE_TYPES and not given.conforms_to(wanted):
        return f"Expected tests of a {name}, but `{text.source.strip()}` is of a {kind}."
    return None


def _output_message(text: Text, wanted: FeelType | None) -> str | None:
    constant = constant_of(text.source)
    if constant is None or wanted is None or wanted.fits(constant[1]):
        return None
    return f"Expected an output of the type {wanted.name}, but it is {describe(constant[1])}."


def _violation(message: str, text: Text) -> Violation:
    return Violation(
        rule="cell-type",
        message=message,
        element_id=ElementId(text.place.element_id),
        line=text.place.line or None,
        severity=Severity.WARNING,
    )
