"""The order in which an instance passed its elements, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bpmn_engine.engine import unwrap
from bpmn_engine.graph.listeners import FAREWELL_SUFFIX
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.testing.coverage.process_elements import ProcessElements
from bpmn_engine.views.instances import VisitView
from bpmn_engine.views.paging import PageRequest

_PAGE: Final = 200
_ENDS: Final = ("ElementCompleted ", "ElementTerminated ")
_INSTANCE: Final = "#instance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One completed visit of an element."""

    element_id: str
    is_loop_instance: bool  #: one of the instances in a multi-instance activity


def passes_of(
    visits: Iterable[VisitView], endings: Iterable[tuple[int, str]], elements: ProcessElements
) -> tuple[Pass, ...]:
    """Return what was passed, in the order in which it ended.

    Args:
        visits: of one instance.
        endings: key and node of each visit that has ended, in this order.
        elements: of its process.
    """
    passed = {visit.key: visit for visit in visits if elements.is_passed(visit)}
    return tuple(
        Pass(element_id=passed[key].element_id, is_loop_instance=ref.endswith(_INSTANCE))
        for key, ref in endings
        if key in passed and not ref.endswith(FAREWELL_SUFFIX)
    )


def count_passes(passes: Iterable[Pass]) -> Counter[str]:
    """Return how often each element was passed; of a multi-instance activity, its instances."""
    bodies, instances = Counter[str](), Counter[str]()
    for one in passes:
        (instances if one.is_loop_instance else bodies)[one.element_id] += 1
    return Counter({**bodies, **instances})


def read_visits(service: EngineService, key: int) -> Iterator[VisitView]:
    """Yield the visits of an instance, in the order of entry."""
    page = PageRequest(limit=_PAGE)
    while True:
        part = unwrap(service.instance_history(key, page=page))
        yield from part.items
        if part.next_cursor is None:
            return
        page = PageRequest(cursor=part.next_cursor, limit=_PAGE)


def read_endings(service: EngineService, key: int) -> Iterator[tuple[int, str]]:
    """Yield key and node of the visits that have ended, in this order, from the journal's facts.

    The history itself knows times only, and within one step they are all the same.
    """
    entries: list[tuple[str, ...]] = []
    page = PageRequest(limit=_PAGE)
    while True:
        part = unwrap(service.instance_journal(key, page=page))
        entries.extend(entry.facts for entry in part.items)
        if part.next_cursor is None:
            break
        page = PageRequest(cursor=part.next_cursor, limit=_PAGE)
    for facts in reversed(entries):
        for fact in facts:
            if fact.startswith(_ENDS):
                _, visit_key, ref, *_ = fact.split()
                yield int(visit_key), ref
