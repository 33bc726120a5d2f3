"""All that can be found in a decision model without evaluating it."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn_engine.dmn.checks.tables import check_table
from bpmn_engine.dmn.checks.types import check_cells
from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.expressions import DecisionTable, Expression, InputClause, Place, Text
from bpmn_engine.dmn.feel import FeelType
from bpmn_engine.dmn.member_names import inner_expressions
from bpmn_engine.dmn.types import AllowedType, NamedType
from bpmn_engine.model.definitions import Violation


def check_model(model: DecisionModel) -> tuple[Violation, ...]:
    """Return what is wrong with the file of a model, errors and warnings, in no special order."""
    return (*model.violations, *_of_tables(model))


def _of_tables(model: DecisionModel) -> Iterator[Violation]:
    definitions = model.definitions
    logics: list[tuple[str, Expression | None]] = [
        (decision.name, decision.logic) for decision in definitions.decisions
    ]
    logics += [(one.name, one.function) for one in definitions.knowledge_models]
    for owner, logic in logics:
        for table in _tables_in(logic):
            domains = [_domain(clause, model) for clause in table.inputs]
            yield from check_cells(table, owner, model.type_named)
            yield from check_table(table, owner, domains)


def _tables_in(logic: Expression | None) -> Iterator[DecisionTable]:
    pending = [logic]
    while pending:
        expression = pending.pop()
        if isinstance(expression, DecisionTable):
            yield expression
        elif expression is not None:
            pending += inner_expressions(expression)


def _domain(clause: InputClause, model: DecisionModel) -> Text | None:
    """Return the allowed values of a column: its own, or those of its type."""
    if clause.allowed is not None:
        return clause.allowed
    wanted: FeelType | None = model.type_named(clause.type_ref)
    declared = model.type_of_input(clause.expression.source)
    for one in (wanted, declared):
        inner = one.inner if isinstance(one, NamedType) else one
        if isinstance(inner, AllowedType):
            return _text(inner, clause.place)
    return None


def _text(allowed: AllowedType, place: Place) -> Text:
    return Text(place=place, source=allowed.allowed.source)
