"""Which instance a step or an expectation is about, and which elements there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.engine import Instance, unwrap
from bpmn_engine.errors import NotFoundError
from bpmn_engine.service.outcomes import Resource
from bpmn_engine.testing.cases.case_file import Expect
from bpmn_engine.testing.cases.instance_sight import InstanceSight
from bpmn_engine.testing.cases.shapes import did_you_mean, in_words
from bpmn_engine.testing.coverage.process_elements import ProcessElements, processes_in
from bpmn_engine.testing.process_test import ProcessTest
from bpmn_engine.views.instances import InstanceFilter, InstanceSummary
from bpmn_engine.views.paging import PageRequest

_PAGE: Final = 200
_DIAGRAM: Final = ".bpmn"


class InstanceChoice:
    """The instances of one case."""

    def __init__(self, test: ProcessTest, resources: Sequence[Resource]) -> None:
        self._test = test
        self._started: int | None = None
        self.processes: Final = {
            process.process_id: process
            for resource in resources
            if resource.name.endswith(_DIAGRAM)
            for process in processes_in(resource.content)
        }

    @property
    def words(self) -> tuple[str, ...]:
        """Names and ids of all elements of all processes."""
        return tuple(word for process in self.processes.values() for word in process.words)

    def note_started(self, key: int) -> None:
        """From now on, expectations are about this instance."""
        self._started = key
        self._test.instance = Instance(self._test.engine.service, key)

    def current_key(self) -> int:
        """Return the instance last started by a step, else the newest.

        Raises:
            NotFoundError: there is none.
        """
        if self._started is not None:
            return self._started
        found = self._find(InstanceFilter())
        if not found:
            raise NotFoundError("Expected an instance, but none was started.")
        return found[0].key

    def of_expectation(self, expectation: Expect) -> InstanceSight:
        """Return the instance that an expectation is about.

        Raises:
            NotFoundError: there is none.
        """
        process, business_key = expectation.process, expectation.business_key
        if process is None and business_key is None:
            return self._sight(self.current_key())
        where = InstanceFilter()
        if process is not None:
            where = replace(where, process_id=process.name)
        if business_key is not None:
            where = replace(where, business_key=business_key.name)
        found = self._find(where)
        if found:
            return self._sight(found[0].key, found[0].process_id)
        raise NotFoundError(self._nobody(expectation))

    def all_sights(self) -> list[InstanceSight]:
        """Return all instances, newest first, at most 200."""
        return [self._sight(one.key, one.process_id) for one in self._find(InstanceFilter())]

    def _nobody(self, expectation: Expect) -> str:
        process, key = expectation.process, expectation.business_key
        of = "" if process is None else f" of {process.name!r}"
        keyed = "" if key is None else f" with the business key {key.name!r}"
        there = {one.process_id for one in self._find(InstanceFilter())}
        near = "" if process is None else did_you_mean(process.name, self.processes)
        known = in_words(sorted(there), "and") or "no process"
        return f"Expected an instance{of}{keyed}, but there are instances of {known} only.{near}"

    def _find(self, where: InstanceFilter) -> Sequence[InstanceSummary]:
        page = PageRequest(limit=_PAGE)
        return unwrap(self._test.engine.service.instances(where, page=page)).items

    def _sight(self, key: int, process_id: str | None = None) -> InstanceSight:
        service = self._test.engine.service
        named = process_id or unwrap(service.instance(key)).summary.process_id
        elements = self.processes.get(named) or ProcessElements(
            process_id=named, name=None, elements={}, flows={}
        )
        return InstanceSight(service, key, elements)
