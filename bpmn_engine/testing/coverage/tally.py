"""What cases passed: visits of elements and flows, summed over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from bpmn_engine.engine import unwrap
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Resource
from bpmn_engine.testing.coverage.passes import (
    count_passes,
    passes_of,
    read_endings,
    read_visits,
)
from bpmn_engine.testing.coverage.process_elements import (
    ProcessElement,
    ProcessElements,
    ProcessFlow,
    processes_in,
)
from bpmn_engine.views.instances import InstanceFilter
from bpmn_engine.views.paging import PageRequest

_PAGE: Final = 200
_DIAGRAM: Final = ".bpmn"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTrace:
    """What one instance passed."""

    process_id: str
    passed: Counter[str]  #: element id -> completed visits
    reached: frozenset[str]  #: ids of all elements with a visit
    flows: Counter[str]  #: flow id -> tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedProcess:
    """One process of one diagram."""

    xml: bytes
    elements: ProcessElements


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCoverage:
    """What all cases together passed of one process."""

    process: DeployedProcess
    passed: Mapping[str, int] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()
    flows: Mapping[str, int] = field(default_factory=dict)

    @property
    def missing_elements(self) -> tuple[ProcessElement, ...]:
        """Elements that no case passed, in document order."""
        elements = self.process.elements.elements.values()
        return tuple(one for one in elements if not self.passed.get(one.element_id))

    @property
    def missing_flows(self) -> tuple[ProcessFlow, ...]:
        """Sequence flows that no case passed, in document order."""
        flows = self.process.elements.flows.values()
        return tuple(one for one in flows if not self.flows.get(one.flow_id))

    @property
    def element_share(self) -> Share:
        """Elements passed."""
        total = len(self.process.elements.elements)
        return Share(passed=total - len(self.missing_elements), total=total)

    @property
    def flow_share(self) -> Share:
        """Sequence flows passed."""
        total = len(self.process.elements.flows)
        return Share(passed=total - len(self.missing_flows), total=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    passed: int
    total: int

    @property
    def percent(self) -> float:
        """Per cent, with one decimal, never rounded up to 100."""
        if not self.total:
            return 100.0
        return int(self.passed * 1000 / self.total) / 10

    @override
    def __str__(self) -> str:
        return f"{self.percent:g} % ({self.passed} of {self.total})"


class CoverageTally:
    """Adds up what cases passed; processes with the same diagram are one."""

    def __init__(self) -> None:
        self._processes: dict[tuple[bytes, str], DeployedProcess] = {}
        self._passed: dict[tuple[bytes, str], Counter[str]] = {}
        self._reached: dict[tuple[bytes, str], set[str]] = {}
        self._flows: dict[tuple[bytes, str], Counter[str]] = {}

    def add(self, resources: Sequence[Resource], traces: Iterable[InstanceTrace]) -> None:
        """Take in what a case deployed and what its instances passed."""
        keys: dict[str, tuple[bytes, str]] = {}
        for process in _deployed(resources):
            key = (process.xml, process.elements.process_id)
            keys[process.elements.process_id] = key
            self._processes.setdefault(key, process)
        for trace in traces:
            key = keys[trace.process_id]
            self._passed.setdefault(key, Counter()).update(trace.passed)
            self._reached.setdefault(key, set()).update(trace.reached)
            self._flows.setdefault(key, Counter()).update(trace.flows)

    def coverage(self) -> tuple[ProcessCoverage, ...]:
        """Return the coverage of each process, in the order of their ids."""
        found = [
            ProcessCoverage(
                process=process,
                passed=dict(self._passed.get(key, {})),
                reached=frozenset(self._reached.get(key, ())),
                flows=dict(self._flows.get(key, {})),
            )
            for key, process in self._processes.items()
        ]
        return tuple(sorted(found, key=lambda one: one.process.elements.process_id))


def read_traces(service: EngineService, resources: Sequence[Resource]) -> Iterator[InstanceTrace]:
    """Yield what each instance of an engine passed, as far as its process is among the files."""
    known = {process.elements.process_id: process.elements for process in _deployed(resources)}
    page = PageRequest(limit=_PAGE)
    while True:
        part = unwrap(service.instances(InstanceFilter(), page=page))
        for one in part.items:
            if one.process_id in known:
                yield _trace(service, one.key, known[one.process_id])
        if part.next_cursor is None:
            return
        page = PageRequest(cursor=part.next_cursor, limit=_PAGE)


def _trace(service: EngineService, key: int, elements: ProcessElements) -> InstanceTrace:
    visits = tuple(read_visits(service, key))
    return InstanceTrace(
        process_id=elements.process_id,
        passed=count_passes(passes_of(visits, read_endings(service, key), elements)),
        reached=frozenset(visit.element_id for visit in visits),
        flows=Counter(flow for visit in visits for flow in visit.taken_flows),
    )


def _deployed(resources: Sequence[Resource]) -> Iterator[DeployedProcess]:
    for resource in resources:
        if resource.name.endswith(_DIAGRAM):
            for elements in processes_in(resource.content):
                yield DeployedProcess(xml=resource.content, elements=elements)
