"""From a checked node to an expectation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.testing.cases.case_file import (
    Check,
    Expect,
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
from bpmn_engine.testing.cases.file_format import NO_INCIDENTS
from bpmn_engine.testing.cases.yaml_nodes import Entries, Items, Node, Place, Scalar, to_json


def read_expectation(place: Place, node: Node) -> Expect:
    """Return what a checked `expect` says."""
    entries = node.entries if isinstance(node, Entries) else ()
    process, business_key = (
        next((_named(entry.value) for entry in entries if entry.key == key), None)
        for key in ("process", "business key")
    )
    return Expect(
        place=place,
        process=process,
        business_key=business_key,
        checks=tuple(
            _CHECKS[entry.key](entry.place, entry.value)
            for entry in entries
            if entry.key in _CHECKS
        ),
    )


def _status(place: Place, node: Node) -> Check:
    return ExpectStatus(place=place, status=InstanceStatus(_text(node)))


def _passed(place: Place, node: Node) -> Check:
    del place
    return ExpectPassed(elements=_names(node))


def _passed_in_order(place: Place, node: Node) -> Check:
    del place
    return ExpectPassed(elements=_names(node), is_ordered=True)


def _not_passed(place: Place, node: Node) -> Check:
    del place
    return ExpectPassed(elements=_names(node), is_negated=True)


def _passed_times(place: Place, node: Node) -> Check:
    del place
    return ExpectTimes(counts=tuple((name, int(_text(value))) for name, value in _pairs(node)))


def _waiting(place: Place, node: Node) -> Check:
    return ExpectWaiting(place=place, elements=_names(node))


def _waiting_only(place: Place, node: Node) -> Check:
    return ExpectWaiting(place=place, elements=_names(node), is_exhaustive=True)


def _not_waiting(place: Place, node: Node) -> Check:
    return ExpectWaiting(place=place, elements=_names(node), is_negated=True)


def _messages(place: Place, node: Node) -> Check:
    del place
    return ExpectMessages(messages=_names_with_texts(node))


def _thrown_messages(place: Place, node: Node) -> Check:
    del place
    return ExpectMessages(messages=_names_with_texts(node), are_thrown=True)


def _variables(place: Place, node: Node) -> Check:
    del place
    return ExpectVariables(values=tuple((name, to_json(value)) for name, value in _pairs(node)))


def _unset(place: Place, node: Node) -> Check:
    del place
    return ExpectUnset(names=_names(node))


def _assigned(place: Place, node: Node) -> Check:
    del place
    return ExpectTasks(people=_people(node), is_assignment=True)


def _offered(place: Place, node: Node) -> Check:
    del place
    return ExpectTasks(people=_people(node), is_assignment=False)


def _incidents(place: Place, node: Node) -> Check:
    found = _names_with_texts(node)
    is_none = isinstance(node, Scalar) and node.text == NO_INCIDENTS
    return ExpectIncidents(place=place, incidents=() if is_none else found)


_CHECKS: Final[Mapping[str, Callable[[Place, Node], Check]]] = {
    "status": _status,
    "passed": _passed,
    "passed in order": _passed_in_order,
    "passed times": _passed_times,
    "not passed": _not_passed,
    "waiting at": _waiting,
    "waiting only at": _waiting_only,
    "not waiting at": _not_waiting,
    "waiting for messages": _messages,
    "messages": _thrown_messages,
    "variables": _variables,
    "variables not set": _unset,
    "assigned to": _assigned,
    "offered to": _offered,
    "incidents": _incidents,
}
"""Key of an expectation -> how its value becomes a check; the same keys as in the format."""


def _names(node: Node) -> tuple[Named, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(_named(item) for item in items)


def _names_with_texts(node: Node) -> tuple[tuple[Named, str | None], ...]:
    if isinstance(node, Entries):
        return tuple((name, _text(value)) for name, value in _pairs(node))
    return tuple((name, None) for name in _names(node))


def _people(node: Node) -> tuple[tuple[Named, tuple[str, ...]], ...]:
    return tuple((name, tuple(one.name for one in _names(value))) for name, value in _pairs(node))


def _pairs(node: Node) -> Iterator[tuple[Named, Node]]:
    for entry in node.entries if isinstance(node, Entries) else ():
        yield Named(place=entry.place, name=entry.key), entry.value


def _named(node: Node) -> Named:
    return Named(place=node.place, name=_text(node))


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""
