"""From elements to boxed expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.reading.tables import read_table
from bpmn_engine.dmn.reading.tree import (
    Findings,
    child,
    children,
    clean_name,
    local_name,
    place_of,
    read_text,
    read_variable,
    type_ref_of,
)

Reader = Callable[[Element, Findings], boxed.Expression]


MOST_LEVELS: Final = 100
"""Elements an expression may be inside of."""


def read_logic(element: Element, findings: Findings) -> boxed.Expression | None:
    """Return the one boxed expression that stands in the element; None when there is none."""
    found = [inner for inner in children(element) if local_name(inner) in READERS]
    for extra in found[1:]:
        message = f"Expected one expression, but {local_name(extra)} comes after another."
        findings.violate(extra, "one-expression", message)
    if not found:
        return None
    return _read(found[0], findings)


def _read(element: Element, findings: Findings) -> boxed.Expression | None:
    """Return an expression by its element; too deep inside others it is noted, and none."""
    if sum(1 for _ in element.iterancestors()) > MOST_LEVELS:
        message = f"Expected at most {MOST_LEVELS} levels, but the expressions nest deeper."
        findings.violate(element, "too-deep", message)
        return None
    return READERS[local_name(element)](element, findings)


def read_function(element: Element, findings: Findings) -> boxed.FunctionDefinition:
    """Return the function of a function definition or of encapsulated logic."""
    return boxed.FunctionDefinition(
        place=place_of(element),
        kind=_function_kind(element, findings),
        parameters=tuple(read_variable(one) for one in children(element, "formalParameter")),
        body=read_logic(element, findings),
        type_ref=type_ref_of(element),
    )


def _function_kind(element: Element, findings: Findings) -> boxed.FunctionKind:
    values = [value for name, value in element.attrib.items() if str(name).endswith("kind")]
    word = str(values[0]).strip() if values else "FEEL"
    for kind in boxed.FunctionKind:
        if kind.value[0] == word[:1].upper() and (len(word) == 1 or kind.value == word):
            return kind
    message = f"Expected the kind FEEL, Java or PMML of a function, but found {word}."
    findings.violate(element, "function-kind", message)
    return boxed.FunctionKind.FEEL


def _inner(element: Element, name: str, findings: Findings) -> boxed.Expression | None:
    found = child(element, name)
    return None if found is None else read_logic(found, findings)


def _literal(element: Element, findings: Findings) -> boxed.Expression:
    if child(element, "importedValues") is not None:
        message = "Imported values are not read. Write the values into this file."
        findings.violate(element, "imported-values", message)
    return boxed.LiteralExpression(
        place=place_of(element), text=read_text(element), type_ref=type_ref_of(element)
    )


def _context(element: Element, findings: Findings) -> boxed.Expression:
    entries = []
    for entry in children(element, "contextEntry"):
        variable = child(entry, "variable")
        entries.append(
            boxed.ContextEntry(
                place=place_of(entry),
                variable=None if variable is None else read_variable(variable),
                expression=read_logic(entry, findings),
            )
        )
    return boxed.ContextExpression(
        place=place_of(element), entries=tuple(entries), type_ref=type_ref_of(element)
    )


def _list(element: Element, findings: Findings) -> boxed.Expression:
    return boxed.ListExpression(
        place=place_of(element), items=_items(element, findings), type_ref=type_ref_of(element)
    )


def _items(element: Element, findings: Findings) -> tuple[boxed.Expression | None, ...]:
    found = [item for item in children(element) if local_name(item) in READERS]
    return tuple(_read(item, findings) for item in found)


def _relation(element: Element, findings: Findings) -> boxed.Expression:
    columns = tuple(read_variable(column) for column in children(element, "column"))
    rows = []
    for row in children(element, "row", "list"):
        items = _items(row, findings)
        if len(items) != len(columns):
            message = f"Expected {len(columns)} cells in the row, but it has {len(items)}."
            findings.violate(row, "cells", message)
        rows.append(items)
    return boxed.Relation(
        place=place_of(element),
        columns=columns,
        rows=tuple(rows),
        type_ref=type_ref_of(element),
    )


def _invocation(element: Element, findings: Findings) -> boxed.Expression:
    bindings = []
    for binding in children(element, "binding"):
        parameter = child(binding, "parameter")
        if parameter is None:
            findings.violate(binding, "binding", "Expected a parameter in the binding.")
            continue
        bindings.append(
            boxed.Binding(
                parameter=read_variable(parameter), expression=read_logic(binding, findings)
            )
        )
    return boxed.Invocation(
        place=place_of(element),
        function=read_logic(element, findings),
        bindings=tuple(bindings),
        type_ref=type_ref_of(element),
    )


def _conditional(element: Element, findings: Findings) -> boxed.Expression:
    return boxed.Conditional(
        place=place_of(element),
        condition=_inner(element, "if", findings),
        then=_inner(element, "then", findings),
        otherwise=_inner(element, "else", findings),
        type_ref=type_ref_of(element),
    )


def _filter(element: Element, findings: Findings) -> boxed.Expression:
    return boxed.Filter(
        place=place_of(element),
        source=_inner(element, "in", findings),
        match=_inner(element, "match", findings),
        type_ref=type_ref_of(element),
    )


def _loop(element: Element, findings: Findings) -> boxed.Expression:
    kind = boxed.LoopKind(local_name(element))
    body = "return" if kind is boxed.LoopKind.FOR else "satisfies"
    variable = clean_name(element.get("iteratorVariable"))
    if not variable:
        findings.violate(element, "iterator", "Expected the attribute iteratorVariable.")
    return boxed.Loop(
        place=place_of(element),
        kind=kind,
        variable=variable,
        source=_inner(element, "in", findings),
        body=_inner(element, body, findings),
        type_ref=type_ref_of(element),
    )


READERS: Final[dict[str, Reader]] = {
    "literalExpression": _literal,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "functionDefinition": read_function,
    "invocation": _invocation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _loop,
    "every": _loop,
    "some": _loop,
    "decisionTable": read_table,
}
"""The element of each boxed expression, and what reads it."""
