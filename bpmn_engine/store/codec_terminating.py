"""What is being terminated in slices <-> its record; the state and its facts hold the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from immutables import Map

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import EndingBegun, Fact, TerminationBegun
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import Ending
from bpmn_engine.store.codec_names import GraphNames
from bpmn_engine.store.rows import optional_element_key

TerminatingRecord = list[tuple[int, list[int]]]
"""Scopes and the visits in them, both in the order of their keys."""

EndingRecord = tuple[str, str | None, str | None]
"""Status, error code, message."""


def terminating_record(terminating: Map[ElementKey, Map[ElementKey, None]]) -> TerminatingRecord:
    """Return the record of what is being terminated."""
    return [(scope, sorted(visits)) for scope, visits in sorted(terminating.items())]


def read_terminating(record: TerminatingRecord) -> Map[ElementKey, Map[ElementKey, None]]:
    """Return what a record says is being terminated."""
    return Map(
        {
            ElementKey(scope): Map(dict.fromkeys(map(ElementKey, visits)))
            for scope, visits in record
        }
    )


def ending_record(ending: Ending) -> EndingRecord:
    """Return the record of how an instance ends."""
    return ending.status.value, ending.error_code, ending.message


def read_ending(record: EndingRecord) -> Ending:
    """Return what a record says of how an instance ends."""
    status, error_code, message = record
    return Ending(InstanceStatus(status), error_code, message)


def _termination_begun(
    names: GraphNames, scope: int, visit: int | None = None, ref: str | None = None
) -> Fact:
    node = None if ref is None else names.node(ref)
    return TerminationBegun(ElementKey(scope), optional_element_key(visit), node)


def _write_begun(names: GraphNames, fact: TerminationBegun) -> tuple[object, ...]:
    if fact.visit is None or fact.node is None:
        return (fact.scope,)
    return fact.scope, fact.visit, names.ref(fact.node)


def _ending_begun(_: GraphNames, status: str, error_code: str | None, message: str | None) -> Fact:
    return EndingBegun(read_ending((status, error_code, message)))


TERMINATING_READERS: Final[Mapping[str, Callable[..., Fact]]] = {
    "TerminationBegun": _termination_begun,
    "EndingBegun": _ending_begun,
}
TERMINATING_WRITERS: Final[Mapping[type[Fact], Callable[..., tuple[object, ...]]]] = {
    TerminationBegun: _write_begun,
    EndingBegun: lambda _, fact: ending_record(fact.ending),
}
