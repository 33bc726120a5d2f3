"""What lies between callers and web processes: requests and answers get lost, late, doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem, ProblemKind
from tests.simulation.faults import Faults
from tests.simulation.hosts import Host
from tests.simulation.scheduler import Scheduler

Operation = Callable[[EngineService], object]

MAYBE: Final = "may have been"
"""What the engine says when nobody can tell."""

_PATIENCE: Final = 6.0  #: seconds


class WebHosts(Protocol):
    """The web processes there are now."""

    def alive(self) -> list[Host]:
        """Return those that run."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """No answer came: nobody knows whether it was done."""


@dataclass(slots=True)
class Delivery:
    """What became of one request that reached a process; the test's own knowledge."""

    is_certainly_undone: bool = False  #: the process said that nothing was changed


class Network:
    """Carries requests to web processes and answers back."""

    def __init__(self, scheduler: Scheduler, faults: Faults, web: WebHosts) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._web = web

    def ask(self, operation: Operation, deliveries: list[Delivery], *, may_double: bool) -> object:
        """Send a request and wait for the answer; `Unheard` if none comes."""
        if self._faults.happens("slow"):
            self._scheduler.wait(None, self._scheduler.chance.random() * 5)
        hosts = self._web.alive()
        if not hosts or self._faults.happens("request"):
            self._scheduler.wait(None, 0.5)
            return Unheard()
        host = self._scheduler.chance.choice(hosts)
        answers: list[object] = []
        self._arrive(host, operation, deliveries, answers)
        if may_double and self._faults.happens("twice"):
            self._arrive(self._scheduler.chance.choice(hosts), operation, deliveries, [])
        self._scheduler.wait(lambda: bool(answers) or host.is_dead, _PATIENCE)
        if not answers or self._faults.happens("answer"):
            return Unheard()
        return answers[0]

    def _arrive(
        self, host: Host, operation: Operation, deliveries: list[Delivery], answers: list[object]
    ) -> None:
        delivery = Delivery()
        deliveries.append(delivery)

        def serve() -> None:
            host.pause()
            try:
                answer = operation(host.service)
            except DatabaseUnavailableError as error:
                # It may have been done, and only what is shown of it could not be read.
                answer = Problem(kind=ProblemKind.UNAVAILABLE, message=f"{MAYBE}: {error}")
            delivery.is_certainly_undone = says_nothing_changed(answer)
            answers.append(answer)

        host.spawn("request", serve)


def says_nothing_changed(answer: object) -> bool:
    """Tell whether an answer promises that nothing was done, as every problem does but one."""
    return isinstance(answer, Problem) and MAYBE not in answer.message
