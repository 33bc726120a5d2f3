"""One instance as expectations and reports see it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Final

from bpmn_engine.engine import unwrap
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.testing.coverage.passes import (
    Pass,
    count_passes,
    passes_of,
    read_endings,
    read_visits,
)
from bpmn_engine.testing.coverage.process_elements import ProcessElements
from bpmn_engine.views.instances import InstanceSummary, InstanceView, VisitView, WaitView
from bpmn_engine.views.operations import IncidentFilter, IncidentView
from bpmn_engine.views.paging import Caller, PageRequest
from bpmn_engine.views.work import TaskFilter, UserTaskView

_PAGE: Final = 200
_SHOWN: Final = 40
_EVERYBODY: Final = Caller(user_id="test", sees_all=True)


class InstanceSight:
    """What can be seen of an instance at one moment; read once, when it is asked for."""

    def __init__(self, service: EngineService, key: int, elements: ProcessElements) -> None:
        self._service = service
        self.key: Final = key
        self.elements: Final = elements

    @cached_property
    def view(self) -> InstanceView:
        """The instance with its variables."""
        return unwrap(self._service.instance(self.key))

    @property
    def summary(self) -> InstanceSummary:
        """The instance in one row."""
        return self.view.summary

    @cached_property
    def waits(self) -> tuple[WaitView, ...]:
        """What it waits for."""
        return unwrap(self._service.instance_waits(self.key))

    @property
    def messages(self) -> list[tuple[str, str | None]]:
        """The messages it waits for, with their correlation keys."""
        return [
            (wait.name or "", wait.correlation_key)
            for wait in self.waits
            if wait.kind is WaitKind.MESSAGE
        ]

    @cached_property
    def thrown_messages(self) -> list[tuple[str, str | None]]:
        """The messages that all instances together have thrown, with their correlation keys."""
        return [(one.name, one.correlation_key) for one in self._service.kept_messages()]

    @cached_property
    def incidents(self) -> tuple[IncidentView, ...]:
        """Its open incidents, oldest first."""
        where = IncidentFilter(instance_key=self.key)
        page = unwrap(self._service.incidents(where, page=PageRequest(limit=_PAGE)))
        return tuple(sorted(page.items, key=lambda incident: incident.key))

    @cached_property
    def tasks(self) -> tuple[UserTaskView, ...]:
        """Its open user tasks."""
        where = TaskFilter(instance_key=self.key)
        page = self._service.user_tasks(where, caller=_EVERYBODY, page=PageRequest(limit=_PAGE))
        return unwrap(page).items

    @cached_property
    def visits(self) -> tuple[VisitView, ...]:
        """All visits, in the order of entry."""
        return tuple(read_visits(self._service, self.key))

    @cached_property
    def passes(self) -> tuple[Pass, ...]:
        """Completed visits, in the order of completion."""
        return passes_of(self.visits, read_endings(self._service, self.key), self.elements)

    @cached_property
    def passed(self) -> tuple[str, ...]:
        """The ids of completed elements, in the order of completion."""
        return tuple(one.element_id for one in self.passes)

    @cached_property
    def passed_counts(self) -> Counter[str]:
        """How often each element was completed; of a multi-instance activity, its instances."""
        return count_passes(self.passes)

    @property
    def places(self) -> frozenset[str]:
        """The ids of all elements it is at: open visits, and events that it waits for."""
        return frozenset(visit.element_id for visit in self.view.open_visits) | frozenset(
            wait.element_id for wait in self.waits
        )

    @property
    def resting_places(self) -> frozenset[str]:
        """The ids of the elements at which it waits or is stuck; boundary events do not count."""
        waiting = {wait.element_id for wait in self.waits}
        elements = self.elements.elements
        at_border = {one for one in waiting if one in elements and elements[one].is_boundary}
        return frozenset(waiting - at_border) | frozenset(
            incident.element_id for incident in self.incidents
        )

    def describe(self) -> str:
        """Return what it has passed, where it is and why it waits, in several lines."""
        key = self.summary.business_key
        keyed = "" if key is None else f" with business key {key}"
        more = "… → " if len(self.passed) > _SHOWN else ""
        return "\n".join(
            (
                f"{self.summary.process_id}{keyed} is {self.summary.status.value}",
                f"  has passed: {more}{' → '.join(self.passed[-_SHOWN:]) or 'nothing'}",
                *self._places_in_words()[:_SHOWN],
            )
        )

    def _places_in_words(self) -> list[str]:
        lines = [
            f"  is at {self.elements.label(wait.element_id)}: {wait.text}"
            for wait in sorted(self.waits, key=lambda wait: wait.wait)
        ]
        lines += (
            f"  has an incident at {self.elements.label(incident.element_id)}: {incident.message}"
            for incident in self.incidents
        )
        return lines
