"""What the listeners of a user task may correct, by the names that Camunda 8 gives it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.kernel.effects import CreateUserTask
from bpmn_engine.values import JsonValue

_HIGHEST_PRIORITY: Final = 100


def _is_user(value: JsonValue) -> bool:
    return value is None or isinstance(value, str)


def _are_names(value: JsonValue) -> bool:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(isinstance(name, str) for name in value)


def _is_moment(value: JsonValue) -> bool:
    if value is None or value == "":
        return True
    return isinstance(value, str) and moment_of(value) is not None


def _is_priority(value: JsonValue) -> bool:
    return type(value) is int and 0 <= value <= _HIGHEST_PRIORITY


_RULES: Final[Mapping[str, tuple[Callable[[JsonValue], bool], str]]] = {
    "assignee": (_is_user, "a user id"),
    "candidateUsers": (_are_names, "a list of user ids"),
    "candidateGroups": (_are_names, "a list of groups"),
    "dueDate": (_is_moment, "an ISO 8601 date-time with its offset"),
    "followUpDate": (_is_moment, "an ISO 8601 date-time with its offset"),
    "priority": (_is_priority, "a whole number from 0 to 100"),
}


def correction_problem(corrections: Mapping[str, JsonValue]) -> str | None:
    """Return what is wrong with corrections, as "Expected <this>, but <that>.", or None."""
    for name, value in sorted(corrections.items()):
        if name not in _RULES:
            return f"Expected one of {', '.join(_RULES)} to be corrected, but found {name!r}."
        holds, expected = _RULES[name]
        if not holds(value):
            return f"Expected {name} to be corrected to {expected}, but got {value!r}."
    return None


def moment_of(text: str) -> dt.datetime | None:
    """Return the moment that a text names, in UTC; None for any other text."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(dt.UTC)


def changed(effect: CreateUserTask, changes: Mapping[str, JsonValue]) -> CreateUserTask:
    """Return what is offered, with corrections that have no problem."""
    if not changes:
        return effect
    return replace(
        effect,
        assignee=_text(changes.get("assignee", effect.assignee)),
        candidate_users=_names(changes.get("candidateUsers", effect.candidate_users)),
        candidate_groups=_names(changes.get("candidateGroups", effect.candidate_groups)),
        due_at=_moment(changes["dueDate"]) if "dueDate" in changes else effect.due_at,
        follow_up_at=_moment(changes["followUpDate"])
        if "followUpDate" in changes
        else effect.follow_up_at,
        priority=_number(changes.get("priority", effect.priority)),
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None


def _names(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, Sequence) else ()


def _moment(value: JsonValue) -> dt.datetime | None:
    return moment_of(value) if isinstance(value, str) else None


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
