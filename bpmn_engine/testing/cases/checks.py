"""Checks of one instance: what an expectation says against what can be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.testing.cases.case_file import (
    Check,
    ExpectIncidents,
    ExpectMessages,
    ExpectPassed,
    ExpectStatus,
    ExpectTasks,
    ExpectTimes,
    ExpectUnset,
    ExpectVariables,
    ExpectWaiting,
    Named,
)
from bpmn_engine.testing.cases.instance_sight import InstanceSight
from bpmn_engine.testing.cases.shapes import did_you_mean, in_words
from bpmn_engine.testing.cases.yaml_nodes import Place
from bpmn_engine.values import JsonValue
from bpmn_engine.views.operations import IncidentView


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFailure:
    """Why a case does not pass. `message` reads "Expected …, but …."; it may have more lines."""

    place: Place
    message: str


def failures_of(check: Check, sight: InstanceSight) -> Iterator[CaseFailure]:  # noqa: C901 — a case for each check
    """Yield what a check finds to be otherwise, in the order of the file."""
    match check:
        case ExpectStatus():
            yield from _status(check, sight)
        case ExpectPassed(is_ordered=True):
            yield from _order(check, sight)
        case ExpectPassed():
            yield from _passed(check, sight)
        case ExpectTimes():
            yield from _times(check, sight)
        case ExpectWaiting():
            yield from _waiting(check, sight)
        case ExpectMessages():
            yield from _messages(check, sight)
        case ExpectVariables():
            yield from _variables(check, sight)
        case ExpectUnset():
            yield from _unset(check, sight)
        case ExpectTasks():
            yield from _tasks(check, sight)
        case ExpectIncidents():
            yield from _incidents(check, sight)


def _status(check: ExpectStatus, sight: InstanceSight) -> Iterator[CaseFailure]:
    found = sight.summary.status
    if found is not check.status:
        code = sight.summary.error_code
        why = "" if code is None else f" with the BPMN error {code}"
        yield CaseFailure(
            place=check.place,
            message=f"Expected the instance to be {check.status.value}, but it is "
            f"{found.value}{why}.",
        )


def _passed(check: ExpectPassed, sight: InstanceSight) -> Iterator[CaseFailure]:
    for named in check.elements:
        ids = sight.elements.find(named.name)
        if not ids:
            yield _no_element(named, sight)
        elif check.is_negated and not ids.isdisjoint(sight.passed):
            message = f"Expected the instance not to pass {_label(ids, sight)}, but it did."
            yield CaseFailure(place=named.place, message=f"{message}")
        elif not check.is_negated and ids.isdisjoint(sight.passed):
            yield _not_passed(named, ids, sight)


def _not_passed(named: Named, ids: frozenset[str], sight: InstanceSight) -> CaseFailure:
    states = [visit for visit in sight.visits if visit.element_id in ids]
    if any(visit.ended_at is None for visit in states):
        but = "it is still there"
    elif states:
        but = "it was interrupted there"
    else:
        but = "it did not get there"
    message = f"Expected the instance to have passed {_label(ids, sight)}, but {but}."
    return CaseFailure(place=named.place, message=f"{message}")


def _order(check: ExpectPassed, sight: InstanceSight) -> Iterator[CaseFailure]:
    at = 0
    before: str | None = None
    for named in check.elements:
        ids = sight.elements.find(named.name)
        if not ids:
            yield _no_element(named, sight)
            return
        found = next((i for i in range(at, len(sight.passed)) if sight.passed[i] in ids), None)
        if found is None:
            after = "" if before is None else f" after {before}"
            yield CaseFailure(
                place=named.place,
                message=f"Expected the instance to have passed {_label(ids, sight)}{after}, but "
                f"it did not.",
            )
            return
        at, before = found + 1, sight.passed[found]


def _times(check: ExpectTimes, sight: InstanceSight) -> Iterator[CaseFailure]:
    for named, count in check.counts:
        ids = sight.elements.find(named.name)
        if not ids:
            yield _no_element(named, sight)
            continue
        found = sum(sight.passed_counts[element_id] for element_id in ids)
        if found != count:
            yield CaseFailure(
                place=named.place,
                message=f"Expected the instance to have passed {_label(ids, sight)} "
                f"{_often(count)}, but it did {_often(found)}.",
            )


def _waiting(check: ExpectWaiting, sight: InstanceSight) -> Iterator[CaseFailure]:
    named_ids: set[str] = set()
    for named in check.elements:
        ids = sight.elements.find(named.name)
        named_ids |= ids
        if not ids:
            yield _no_element(named, sight)
        elif check.is_negated and not ids.isdisjoint(sight.places):
            yield CaseFailure(
                place=named.place,
                message=f"Expected the instance not to be at {_label(ids, sight)}, but it is.",
            )
        elif not check.is_negated and ids.isdisjoint(sight.places):
            yield CaseFailure(
                place=named.place,
                message=f"Expected the instance to wait at {_label(ids, sight)}, but it does not.",
            )
    surplus = sorted(sight.resting_places - named_ids)
    if check.is_exhaustive and surplus:
        also = in_words([sight.elements.label(one) for one in surplus], "and")
        yield CaseFailure(
            place=check.place,
            message=f"Expected the instance to wait nowhere else, but it waits at {also}, too.",
        )


def _messages(check: ExpectMessages, sight: InstanceSight) -> Iterator[CaseFailure]:
    found = sight.thrown_messages if check.are_thrown else sight.messages
    names = [name for name, _ in found]
    for named, key in check.messages:
        keys = [one for name, one in found if name == named.name]
        if not keys:
            wanted, but = (
                (f"the message {named.name!r} to have been thrown", "thrown were")
                if check.are_thrown
                else (f"the instance to wait for the message {named.name!r}", "it waits for")
            )
            others = in_words([repr(name) for name in names], "and") or "none"
            message = f"Expected {wanted}, but {but}: {others}.{did_you_mean(named.name, names)}"
            yield CaseFailure(place=named.place, message=message)
        elif key is not None and key not in keys:
            others = in_words(["none" if one is None else repr(one) for one in keys], "and")
            message = (
                f"Expected the message {named.name!r} to have the correlation key {key!r}, but it "
                f"is {others}."
            )
            yield CaseFailure(place=named.place, message=message)


def _variables(check: ExpectVariables, sight: InstanceSight) -> Iterator[CaseFailure]:
    held = sight.view.variables
    for named, value in check.values:
        if named.name not in held:
            names = in_words(sorted(held), "and") or "none"
            message = (
                f"Expected the variable {named.name} to be {_json(value)}, but it is not set."
                f"{did_you_mean(named.name, held)} Set are: {names}."
            )
            yield CaseFailure(place=named.place, message=message)
        elif not is_same(value, held[named.name]):
            found = held[named.name]
            message = (
                f"Expected the variable {named.name} to be {_json(value)}, but it is "
                f"{_json(found)}.{_type_hint(value, found)}"
            )
            yield CaseFailure(place=named.place, message=message)


def _unset(check: ExpectUnset, sight: InstanceSight) -> Iterator[CaseFailure]:
    held = sight.view.variables
    for named in check.names:
        if named.name in held:
            message = (
                f"Expected the variable {named.name} not to be set, but it is "
                f"{_json(held[named.name])}."
            )
            yield CaseFailure(place=named.place, message=message)


def _tasks(check: ExpectTasks, sight: InstanceSight) -> Iterator[CaseFailure]:
    for named, people in check.people:
        ids = sight.elements.find(named.name)
        tasks = [task for task in sight.tasks if task.element_id in ids]
        if not ids:
            yield _no_element(named, sight)
        elif not tasks:
            message = f"Expected an open user task at {_label(ids, sight)}, but there is none."
            yield CaseFailure(place=named.place, message=message)
        for task in tasks:
            offered = {*task.candidate_groups, *task.candidate_users}
            found = {task.assignee or "nobody"} if check.is_assignment else offered
            if found != set(people):
                verb = "assigned" if check.is_assignment else "offered"
                message = (
                    f"Expected {_label(ids, sight)} to be {verb} to {in_words(people, 'and')}, "
                    f"but it is {verb} to {in_words(sorted(found), 'and') or 'nobody'}."
                )
                yield CaseFailure(place=named.place, message=message)


def _incidents(check: ExpectIncidents, sight: InstanceSight) -> Iterator[CaseFailure]:
    rest = list(sight.incidents)
    for named, part in check.incidents:
        ids = sight.elements.find(named.name)
        found = next((one for one in rest if _is_meant(one, ids, part)), None)
        if not ids:
            yield _no_element(named, sight)
        elif found is not None:
            rest.remove(found)
        else:
            saying = "" if part is None else f" that says {part!r}"
            message = f"Expected an incident at {_label(ids, sight)}{saying}, but there is none."
            yield CaseFailure(place=named.place, message=message)
    if rest:
        shown = "; ".join(f"{sight.elements.label(one.element_id)}: {one.message}" for one in rest)
        word = "no other incident" if check.incidents else "no incident"
        yield CaseFailure(
            place=check.place, message=f"Expected {word}, but there is one at {shown}"
        )


def _is_meant(incident: IncidentView, ids: frozenset[str], part: str | None) -> bool:
    return incident.element_id in ids and (part is None or part in incident.message)


def is_same(expected: JsonValue, found: JsonValue) -> bool:
    """Tell whether two JSON values are the same: 1 is 1.0, but neither `true` nor "1"."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return expected == found
    if isinstance(expected, str) or isinstance(found, str):
        return isinstance(expected, str) and isinstance(found, str) and expected == found
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(
            is_same(value, found[name]) for name, value in expected.items()
        )
    if isinstance(expected, Sequence) and isinstance(found, Sequence):
        return len(expected) == len(found) and all(map(is_same, expected, found))
    return expected is None and found is None


def _type_hint(expected: JsonValue, found: JsonValue) -> str:
    if isinstance(expected, str) and isinstance(found, bool):
        return f" A text is no true or false: write {_json(found)}."
    if isinstance(expected, str) and isinstance(found, int | float) and expected == str(found):
        return " A text is no number: write it without quotes."
    if isinstance(found, str) and not isinstance(expected, str) and found == _json(expected):
        return f' It is a text: write "{found}".'
    return ""


def _no_element(named: Named, sight: InstanceSight) -> CaseFailure:
    elements = sight.elements
    return CaseFailure(
        place=named.place,
        message=f"Expected an element of {elements.process_id}, but it has none with the name or "
        f"id {named.name!r}.{did_you_mean(named.name, elements.words)}",
    )


def _label(ids: frozenset[str], sight: InstanceSight) -> str:
    return in_words([sight.elements.label(one) for one in sorted(ids)])


def _often(count: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _json(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


_LONGEST: Final = 300
