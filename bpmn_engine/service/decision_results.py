"""What of a decision's result a variable gets: the mappings of Camunda 7."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.expressions import DecisionTable, HitPolicy
from bpmn_engine.dmn.model import Decision
from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.model.called_decision import ResultMapping
from bpmn_engine.values import JsonValue

_Row = Mapping[str, JsonValue]

_MULTIPLE: Final = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})


def mapped(
    value: JsonValue, mapping: ResultMapping, model: DecisionModel, decision_id: str
) -> JsonValue | EvaluationFailure:
    """Return what the variable gets, or why the result does not fit the mapping."""
    if mapping is ResultMapping.VALUE:
        return value
    decision = next(one for one in model.definitions.decisions if one.id == decision_id)
    return _MAPPINGS[mapping](_rows(value, decision))


def _rows(value: JsonValue, decision: Decision) -> Sequence[_Row]:
    """Return the outputs of each rule, by name; a result that is no table's is one of them."""
    name = decision.variable.name
    is_list = False
    is_compound = isinstance(value, Mapping)
    if isinstance(decision.logic, DecisionTable):
        table = decision.logic
        is_list = table.hit_policy in _MULTIPLE and table.aggregation is None
        is_compound = len(table.outputs) > 1
        name = table.outputs[0].name or name
    entries = list(value) if is_list and isinstance(value, list | tuple) else [value]
    return [
        entry if is_compound and isinstance(entry, Mapping) else {name: entry}
        for entry in entries
        if entry is not None
    ]


def _single_entry(rows: Sequence[_Row]) -> JsonValue | EvaluationFailure:
    row = _only(rows)
    if row is None or isinstance(row, EvaluationFailure):
        return row
    if len(row) != 1:
        return _misfit(f"Expected a decision with one output, but it has {len(row)}.")
    return next(iter(row.values()))


def _single_result(rows: Sequence[_Row]) -> JsonValue | EvaluationFailure:
    return _only(rows)


def _collect_entries(rows: Sequence[_Row]) -> JsonValue | EvaluationFailure:
    entries: list[JsonValue] = []
    for row in rows:
        if len(row) != 1:
            return _misfit(f"Expected a decision with one output, but it has {len(row)}.")
        entries.extend(row.values())
    return entries


def _result_list(rows: Sequence[_Row]) -> JsonValue | EvaluationFailure:
    return list(rows)


def _only(rows: Sequence[_Row]) -> _Row | EvaluationFailure | None:
    if len(rows) > 1:
        return _misfit(f"Expected at most one rule that holds, but there are {len(rows)}.")
    return rows[0] if rows else None


def _misfit(message: str) -> EvaluationFailure:
    return EvaluationFailure(message=message, source="", line=1, column=1)


_MAPPINGS: Final[
    Mapping[ResultMapping, Callable[[Sequence[_Row]], JsonValue | EvaluationFailure]]
] = {
    ResultMapping.SINGLE_ENTRY: _single_entry,
    ResultMapping.SINGLE_RESULT: _single_result,
    ResultMapping.COLLECT_ENTRIES: _collect_entries,
    ResultMapping.RESULT_LIST: _result_list,
}
