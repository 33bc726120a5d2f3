"""The names that may stand after a dot: components of types, entries of contexts, outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.model import Definitions, ItemDefinition


def member_names(files: Iterable[Definitions]) -> frozenset[str]:
    """Return the names of all members in some files, so that FEEL can read those with spaces."""
    return frozenset(name for file in files for name in _of_file(file))


def _of_file(file: Definitions) -> Iterator[str]:
    for item in file.items:
        yield from _of_item(item)
    for one in file.elements():
        yield one.variable.name
    for decision in file.decisions:
        yield from _of_logic(decision.logic)
    for model in file.knowledge_models:
        yield from _of_logic(model.function)


def _of_item(item: ItemDefinition) -> Iterator[str]:
    for component in item.components:
        yield component.name
        yield from _of_item(component)


def _of_logic(logic: boxed.Expression | None) -> Iterator[str]:
    pending = [logic]
    while pending:
        expression = pending.pop()
        if expression is None:
            continue
        yield from _own_names(expression)
        pending += inner_expressions(expression)


def _own_names(expression: boxed.Expression) -> Iterator[str]:
    match expression:
        case boxed.ContextExpression():
            yield from (one.variable.name for one in expression.entries if one.variable)
        case boxed.Relation():
            yield from (column.name for column in expression.columns)
        case boxed.DecisionTable():
            yield from (output.name for output in expression.outputs if output.name)
        case _:
            return


def inner_expressions(  # noqa: C901 - one case a kind of expression
    expression: boxed.Expression,
) -> Iterator[boxed.Expression | None]:
    """Yield the boxed expressions that are directly inside one."""
    match expression:
        case boxed.LiteralExpression() | boxed.DecisionTable():
            return
        case boxed.ContextExpression():
            yield from (entry.expression for entry in expression.entries)
        case boxed.ListExpression():
            yield from expression.items
        case boxed.Relation():
            yield from (cell for row in expression.rows for cell in row)
        case boxed.FunctionDefinition():
            yield expression.body
        case boxed.Invocation():
            yield expression.function
            yield from (binding.expression for binding in expression.bindings)
        case boxed.Conditional():
            yield from (expression.condition, expression.then, expression.otherwise)
        case boxed.Filter():
            yield from (expression.source, expression.match)
        case boxed.Loop():
            yield from (expression.source, expression.body)
        case _:
            assert_never(expression)
