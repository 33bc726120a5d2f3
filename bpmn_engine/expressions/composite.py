"""Lists and maps drawn in a diagram, whose members are expressions of any language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.expression import EvaluationFailure, Expression, Language
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExpression:
    """Evaluates its items in their order; the first failure is that of the list."""

    items: tuple[Expression, ...]
    source: str
    names: frozenset[str]
    language: Language

    def evaluate(
        self, variables: Mapping[str, JsonValue], now: dt.datetime
    ) -> JsonValue | EvaluationFailure:
        """Return the list, or why there is none."""
        values: list[JsonValue] = []
        for item in self.items:
            value = item.evaluate(variables, now)
            if isinstance(value, EvaluationFailure):
                return value
            values.append(value)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class MapExpression:
    """Evaluates its entries in their order; the first failure is that of the map."""

    entries: tuple[tuple[Expression, Expression], ...]
    source: str
    names: frozenset[str]
    language: Language

    def evaluate(
        self, variables: Mapping[str, JsonValue], now: dt.datetime
    ) -> JsonValue | EvaluationFailure:
        """Return the map, or why there is none."""
        values: dict[str, JsonValue] = {}
        for key, value in self.entries:
            name = key.evaluate(variables, now)
            if isinstance(name, EvaluationFailure):
                return name
            found = value.evaluate(variables, now)
            if isinstance(found, EvaluationFailure):
                return found
            values[name if isinstance(name, str) else str(name)] = found
        return values


def list_of(items: tuple[Expression, ...]) -> ListExpression:
    """Return the expression of a list."""
    return ListExpression(
        items=items,
        source=f"[{', '.join(item.source for item in items)}]",
        names=_names(items),
        language=_language(items),
    )


def map_of(entries: tuple[tuple[Expression, Expression], ...]) -> MapExpression:
    """Return the expression of a map."""
    parts = tuple(part for entry in entries for part in entry)
    shown = ", ".join(f"{key.source}: {value.source}" for key, value in entries)
    return MapExpression(
        entries=entries,
        source=f"{{{shown}}}",
        names=_names(parts),
        language=_language(parts),
    )


def _names(parts: tuple[Expression, ...]) -> frozenset[str]:
    return frozenset(name for part in parts for name in part.names)


def _language(parts: tuple[Expression, ...]) -> Language:
    """Return JUEL if any part is in JUEL: it may ask for `execution`, which is then offered."""
    is_juel = any(part.language is Language.JUEL for part in parts)
    return Language.JUEL if is_juel else Language.FEEL
