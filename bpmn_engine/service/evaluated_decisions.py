"""What each decision of one evaluation was given, and what it gave: inputs, rules, outputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.expressions import DecisionTable, LiteralExpression
from bpmn_engine.dmn.json_values import JsonResult, as_json
from bpmn_engine.dmn.model import Decision
from bpmn_engine.dmn.problems import RulesHit
from bpmn_engine.store.decisions import DecisionRow
from bpmn_engine.views.decisions import (
    DecisionKind,
    EvaluatedCell,
    EvaluatedDecision,
    MatchedRule,
)


def evaluated_decisions(
    model: DecisionModel,
    result: JsonResult,
    asked: DecisionRow,
    of_file: Iterable[DecisionRow],
    now: dt.datetime,
) -> tuple[EvaluatedDecision, ...]:
    """Return every decision that was worked out: the one asked for first, then what it requires.

    A decision of another file that this one imports is told by its name, with the key and version
    of the one that was asked for.
    """
    rows = {row.decision_id: row for row in of_file}
    drawn = {one.name: one for one in model.definitions.decisions}
    hits = {hit.element_id: hit for hit in result.hits}
    told = []
    for name, value in result.decisions.items():
        decision = drawn.get(name)
        row = asked if decision is None else rows.get(decision.id, asked)
        found = _table_of(decision, hits)
        told.append(
            EvaluatedDecision(
                decision_key=row.key,
                decision_id=name if decision is None else decision.id,
                name=name,
                version=row.version,
                kind=_kind(decision),
                value=value,
                inputs=() if found is None else _inputs(*found, now),
                rules=() if found is None else _rules(*found, now),
            )
        )
    return tuple(sorted(told, key=lambda one: one.decision_id != asked.decision_id))


def kind_of(model: DecisionModel, decision_id: str) -> DecisionKind:
    """Return how a decision of a file is made."""
    named = (one for one in model.definitions.decisions if one.id == decision_id)
    return _kind(next(named, None))


def _table_of(
    decision: Decision | None, hits: Mapping[str, RulesHit]
) -> tuple[DecisionTable, RulesHit] | None:
    """Return the table of a decision and what held in it; None when it has not been asked."""
    if decision is None or not isinstance(decision.logic, DecisionTable):
        return None
    hit = hits.get(decision.logic.place.element_id)
    return None if hit is None else (decision.logic, hit)


def _kind(drawn: Decision | None) -> DecisionKind:
    match None if drawn is None else drawn.logic:
        case DecisionTable():
            return DecisionKind.TABLE
        case LiteralExpression():
            return DecisionKind.LITERAL
        case _:
            return DecisionKind.OTHER


def _inputs(table: DecisionTable, hit: RulesHit, now: dt.datetime) -> tuple[EvaluatedCell, ...]:
    return tuple(
        EvaluatedCell(
            id=clause.place.element_id,
            name=clause.label or " ".join(clause.expression.source.split()),
            value=as_json(value, now),
        )
        for clause, value in zip(table.inputs, hit.inputs, strict=True)
    )


def _rules(table: DecisionTable, hit: RulesHit, now: dt.datetime) -> tuple[MatchedRule, ...]:
    return tuple(
        MatchedRule(
            id=rule_id,
            index=index,
            outputs=tuple(
                EvaluatedCell(
                    id=clause.place.element_id,
                    name=clause.name or clause.label or table.output_label or hit.decision,
                    value=as_json(value, now),
                )
                for clause, value in zip(table.outputs, row, strict=True)
            ),
        )
        for index, rule_id, row in zip(hit.rules, hit.rule_ids, hit.outputs, strict=True)
    )
