"""A broker in memory, as Celery's app shows it: it loses, repeats, delays, reorders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from kombu.exceptions import OperationalError

from tests.simulation.faults import Faults
from tests.simulation.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Sent:
    """One message on its way."""

    task: str
    arguments: Sequence[object]
    named: Mapping[str, object]
    arrives_at: float


class Broker:
    """Messages that were sent and not yet done."""

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._messages: list[Sent] = []
        self._down_until = 0.0

    def send(self, task: str, arguments: Sequence[object], named: Mapping[str, object]) -> None:
        """Take a message.

        Raises:
            OperationalError: nobody reaches the broker now.
        """
        if self._faults.happens("broker"):
            self._down_until = self._scheduler.now + 3
        if self._scheduler.now < self._down_until:
            raise OperationalError("connection refused")
        copies = 1 + self._faults.happens("message_twice") - self._faults.happens("message_lost")
        for _ in range(copies):
            late = 5.0 if self._faults.happens("slow") else 0.05
            at = self._scheduler.now + late * self._scheduler.chance.random()
            self._messages.append(Sent(task, arguments, named, at))

    def take(self) -> Sent | None:
        """Hand out any message that has arrived; whoever dies with it has to give it back."""
        if self._scheduler.now < self._down_until:
            return None
        here = [one for one in self._messages if one.arrives_at <= self._scheduler.now]
        if not here:
            return None
        chosen = here[self._scheduler.chance.randrange(len(here))]
        self._messages.remove(chosen)
        return chosen

    def give_back(self, message: Sent) -> None:
        """Take back a message that was not acknowledged."""
        self._messages.append(message)


class BrokerApp:
    """As much of `celery.Celery` as the engine uses."""

    def __init__(self, broker: Broker) -> None:
        self.conf = SimpleNamespace()
        self.tasks: dict[str, Callable[..., object]] = {}
        self._broker = broker

    def task(self, name: str, **_: object) -> Callable[[Callable[..., object]], object]:
        """Return the decorator that makes a function a Celery task."""

        def register(body: Callable[..., object]) -> Callable[..., object]:
            self.tasks[name] = body
            return body

        return register

    def send_task(
        self,
        name: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        **_: object,
    ) -> None:
        """Send a message.

        Raises:
            OperationalError: nobody reaches the broker now.
        """
        self._broker.send(name, args, kwargs or {})

    def close(self) -> None:
        """End it."""

    def run(self, message: Sent) -> None:
        """Do what a message says."""
        self.tasks[message.task](*message.arguments, **message.named)
