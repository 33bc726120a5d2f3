"""From checked nodes to steps and answers: nothing here can be wrong any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bpmn_engine.testing.cases.case_file import (
    AnswerJob,
    BroadcastSignal,
    CancelInstance,
    CompleteTask,
    MoveClock,
    PublishMessage,
    ResolveIncident,
    StartProcess,
    Step,
    ThrowError,
)
from bpmn_engine.testing.cases.expectation_reading import read_expectation
from bpmn_engine.testing.cases.yaml_nodes import Entries, Items, Node, Place, Scalar, to_json
from bpmn_engine.testing.job_answers import Answer, Answers, Completion, ErrorThrown, Failure
from bpmn_engine.values import JsonValue, Variables

_FAILURE: Final = "it failed"

VariableSets = Mapping[str, Variables]


def read_steps(node: Node | None, sets: VariableSets) -> Iterator[Step]:
    """Yield the steps of a list that has been checked."""
    for step in node.items if isinstance(node, Items) else ():
        if isinstance(step, Entries):
            verb = next(entry for entry in step.entries if entry.key in _STEPS)
            yield _STEPS[verb.key](verb.place, verb.value, step, sets)


def read_answers(node: Node | None) -> Answers:
    """Return the answers to jobs; none for a job that is to stay open."""
    entries = node.entries if isinstance(node, Entries) else ()
    return {entry.key: tuple(_answers(entry.value)) for entry in entries}


def scalars(node: Node | None) -> tuple[Scalar, ...]:
    """Return the scalar, or those of a list."""
    if isinstance(node, Items):
        return tuple(item for item in node.items if isinstance(item, Scalar))
    return (node,) if isinstance(node, Scalar) else ()


def variables(node: Node | None) -> Variables:
    """Return a mapping as variables."""
    entries = node.entries if isinstance(node, Entries) else ()
    return {entry.key: to_json(entry.value) for entry in entries}


def _answers(node: Node) -> Iterator[Answer]:
    match node:
        case Items():
            for item in node.items:
                yield from _answers(item)
        case Entries():
            yield _answer(node)
        case Scalar():
            return


def _answer(node: Entries) -> Answer:
    code, failure = _text(node, "throw error"), _text(node, "fail job")
    if code is not None:
        return _error(code, node, variables(node.find("variables")))
    if failure is not None:
        return Failure(message=failure, retries_left=_count(node, "retries left", 0))
    return Completion(variables=variables(node))


def _start(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    return StartProcess(
        place=place,
        process_id=_written(value),
        start_element=_text(step, "at"),
        business_key=_text(step, "business key"),
        variables=_given(step, sets),
    )


def _complete_job(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    answer = Completion(variables=_given(step, sets))
    return AnswerJob(place=place, target=_written(value), answer=answer)


def _throw_error(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    error = _error(_written(value), step, _given(step, sets))
    return ThrowError(place=place, target=_text(step, "at") or "", error=error)


def _fail_job(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    del sets
    message = _text(step, "message") or _FAILURE
    failure = Failure(message=message, retries_left=_count(step, "retries left", 0))
    return AnswerJob(place=place, target=_written(value), answer=failure)


def _complete_task(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    return CompleteTask(
        place=place,
        target=_written(value),
        person=_text(step, "by"),
        groups=tuple(one.text for one in scalars(step.find("groups"))),
        variables=_given(step, sets),
    )


def _publish_message(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    return PublishMessage(
        place=place,
        name=_written(value),
        correlation_key=_text(step, "correlation key"),
        business_key=_text(step, "business key"),
        variables=_given(step, sets),
    )


def _broadcast_signal(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    return BroadcastSignal(place=place, name=_written(value), variables=_given(step, sets))


def _move_clock(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    del step, sets
    return MoveClock(place=place, text=_written(value))


def _resolve_incident(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    return ResolveIncident(
        place=place,
        target=_written(value),
        retries=_count(step, "retries", 1),
        variables=_given(step, sets),
    )


def _cancel_instance(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    del step, sets
    return CancelInstance(place=place, reason=_written(value))


def _expect(place: Place, value: Node, step: Entries, sets: VariableSets) -> Step:
    del step, sets
    return read_expectation(place, value)


_STEPS: Final[Mapping[str, Callable[[Place, Node, Entries, VariableSets], Step]]] = {
    "start": _start,
    "complete job": _complete_job,
    "throw error": _throw_error,
    "fail job": _fail_job,
    "complete task": _complete_task,
    "publish message": _publish_message,
    "broadcast signal": _broadcast_signal,
    "move clock": _move_clock,
    "resolve incident": _resolve_incident,
    "cancel instance": _cancel_instance,
    "expect": _expect,
}
"""Verb -> how its record becomes a step; the same verbs as in the format."""


def _error(code: str, node: Entries, given: Variables) -> ErrorThrown:
    return ErrorThrown(code=code, message=_text(node, "message"), variables=given)


def _given(step: Entries, sets: VariableSets) -> Variables:
    given: dict[str, JsonValue] = {}
    for name in scalars(step.find("use")):
        given.update(sets[name.text])
    given.update(variables(step.find("variables")))
    return given


def _written(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _text(node: Entries, key: str) -> str | None:
    value = node.find(key)
    return None if value is None else _written(value)


def _count(node: Entries, key: str, default: int) -> int:
    value = node.find(key)
    is_count = isinstance(value, Scalar) and isinstance(value.value, int)
    return int(_written(value)) if value is not None and is_count else default
