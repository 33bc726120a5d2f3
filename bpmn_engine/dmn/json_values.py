"""The border between decisions and JSON: what a type says is a date, JSON writes as a text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.elements import CompiledDecision, CompiledInput
from bpmn_engine.dmn.feel import (
    ContextType,
    Evaluation,
    FailingError,
    FeelType,
    ListType,
    Value,
    items_of,
    lift,
    to_json,
)
from bpmn_engine.dmn.problems import Problem, ProblemKind, RulesHit, Spot
from bpmn_engine.dmn.texts import is_written_as_text, value_of
from bpmn_engine.dmn.types import AllowedType, NamedType
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonResult:
    """What an evaluation gave, as JSON."""

    value: JsonValue
    problems: tuple[Problem, ...] = ()
    hits: tuple[RulesHit, ...] = ()
    decisions: Mapping[str, JsonValue] = field(default_factory=dict)


def evaluate_json(
    model: DecisionModel,
    wanted: str,
    inputs: Mapping[str, JsonValue],
    now: dt.datetime,
    *,
    seed: int | None = None,
) -> JsonResult:
    """Evaluate with JSON values in and out; see `DecisionModel.evaluate`.

    Texts become dates, times and durations where the type of an input says so.
    """
    types = _input_types(model)
    values = {name: from_json(value, types.get(name)) for name, value in inputs.items()}
    result = model.evaluate(wanted, values, now, seed=seed)
    evaluation = Evaluation(now)
    problems = list(result.problems)
    spot = Spot(decision=wanted, element_id=wanted, file_line=0)

    def told(value: Value) -> JsonValue:
        try:
            return to_json(value, evaluation)
        except FailingError as failing:
            problems.append(Problem(kind=ProblemKind.TYPE, message=failing.message, spot=spot))
            return None

    return JsonResult(
        value=told(result.value),
        hits=result.hits,
        decisions={name: told(value) for name, value in result.decisions.items()},
        problems=tuple(problems),
    )


def as_json(value: Value, now: dt.datetime) -> JsonValue:
    """Return a value as JSON; one that JSON cannot hold, such as a function, is null."""
    try:
        return to_json(value, Evaluation(now))
    except FailingError:
        return None


def from_json(value: JsonValue, wanted: FeelType | None) -> Value:
    """Return a JSON value as one of the type; what cannot be is left as it is."""
    match wanted:
        case NamedType() | AllowedType():
            return from_json(value, wanted.inner)
        case ContextType() if isinstance(value, Mapping):
            return {name: from_json(one, wanted.entries.get(name)) for name, one in value.items()}
        case ListType():
            items = items_of(value)
            if items is None:
                return from_json(value, wanted.item)
            return [from_json(item, wanted.item) for item in _as_json(value)]
        case None:
            return lift(value)
        case _:
            return _scalar(value, wanted.name)


def _as_json(value: JsonValue) -> tuple[JsonValue, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _scalar(value: JsonValue, kind: str) -> Value:
    if not isinstance(value, str) or not is_written_as_text(kind):
        return lift(value)
    found = value_of(value, kind)
    return value if found is None else found


def _input_types(model: DecisionModel) -> Mapping[str, FeelType]:
    types: dict[str, FeelType] = {}
    for one in model.elements.values():
        if isinstance(one, CompiledInput | CompiledDecision):
            types.setdefault(one.name, one.type)
            types[f"{one.ref.namespace}#{one.name}"] = one.type
    return types
