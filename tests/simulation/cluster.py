"""All processes of one run: web, workers, relay and Celery's, and who starts them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.graphs import CompiledDefinition
from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.workers.celery_app import serve_jobs
from bpmn_engine.workers.celery_dispatcher import CeleryDispatcher
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import TryLaterError, WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings
from tests.simulation.broker import Broker, BrokerApp
from tests.simulation.hosts import LEASE, Host, Shared, Weather
from tests.simulation.outside import Outside, Systems
from tests.simulation.scheduler import Scheduler

_BATCH: Final = 20
_MOST_JOBS: Final = 2
_TWINS: Final = 0.2
"""Part of the runs in which all processes have the same worker number, by mistake."""

_COARSE_MS: Final = 1000
"""Their clocks go on in such steps, so that they make the same keys."""


class Chore:
    """What a worker does now and then: nothing, unless one of some tables has a row."""

    def __init__(self, do: Callable[[], int], *tables: str) -> None:
        self.do = do
        self.has_work = " UNION ALL ".join(f"SELECT 1 FROM {table}" for table in tables)  # noqa: S608


class Cluster:
    """The processes that run now; a dead one is replaced after a while."""

    def __init__(
        self,
        scheduler: Scheduler,
        storage: Shared,
        weather: Weather,
        outside: Outside,
        graphs: Mapping[int, CompiledDefinition],
    ) -> None:
        self.style = scheduler.chance.choices(("chores", "celery", "embedded"), (70, 20, 10))[0]
        self._has_twins = scheduler.chance.random() < _TWINS
        self._scheduler = scheduler
        self._storage = storage
        self._weather = weather
        self._outside = outside
        self._graphs = graphs
        self._broker = Broker(scheduler, weather.faults)
        self._hosts: dict[str, Host] = {}
        self._incarnations = 0

    def start(self) -> None:
        """Start every process, and somebody who looks after them."""
        workers: Mapping[str, Callable[[Host], object]] = {
            "chores": {"worker1": self._work, "worker2": self._work},
            "embedded": {"worker1": self._embed, "worker2": self._work},
            "celery": {"relay": self._relay, "celery1": self._consume, "celery2": self._consume},
        }[self.style]
        slots: dict[str, Callable[[Host], object] | None] = {"web1": None, "web2": None, **workers}
        for number, (name, body) in enumerate(slots.items(), start=1):
            self._scheduler.spawn(
                f"keeper/{name}",
                None,
                lambda name=name, number=number, body=body: self._keep(name, number, body),
            )

    def alive(self) -> list[Host]:
        """Return the web processes that run."""
        return [
            host
            for name, host in self._hosts.items()
            if name.startswith("web") and not host.is_dead
        ]

    def host(self, name: str, number: int) -> Host:
        """Start a process."""
        self._incarnations += 1
        number = 1 if self._has_twins else number
        host = Host(f"{name}.{self._incarnations}", number, self._storage, self._weather)
        host.clock.tick_ms = _COARSE_MS if self._has_twins else 1
        host.know(self._graphs)
        return host

    def runner(self, host: Host) -> JobRunner:
        """Return what does the jobs in a process."""
        systems = Systems(self._outside)
        registry = WorkerRegistry()
        registry.add("work", self._do)
        return JobRunner(
            host.service,
            WorkerSettings(
                name=host.name, job_lock=LEASE, threads=2, idle_pause=dt.timedelta(seconds=0.5)
            ),
            adapters=systems,
            connections=systems,
            workers=registry,
        )

    def _keep(self, name: str, number: int, body: Callable[[Host], object] | None) -> None:
        chance = self._scheduler.chance
        while True:
            host = self.host(name, number)
            self._hosts[name] = host
            if chance.random() < 0.3 and not self._weather.faults.is_over:
                host.clock.offset = dt.timedelta(seconds=chance.choice((-2.0, -0.3, 0.3, 2.0)))
            if body is not None:
                host.spawn("main", lambda host=host: body(host))
            self._scheduler.wait(lambda host=host: host.is_dead, None)
            self._scheduler.wait(None, chance.random() * 3)

    def _do(self, job: ActivatedJob) -> Mapping[str, object]:
        failed = self._outside.call("idempotent", f"work-{job.idempotency_key}")
        if failed is not None:
            raise TryLaterError(failed.message)
        return {"done": True}

    def chores(self, host: Host, runner: JobRunner) -> tuple[Chore, ...]:
        """Return what a worker has to do besides jobs."""
        service = host.service
        return (
            Chore(lambda: service.drain(_BATCH), "inbox", "message", "job"),
            Chore(lambda: service.go_on(_BATCH), "continuation"),
            Chore(lambda: service.condense_states(_BATCH), "large_state"),
            Chore(lambda: service.fire_due_timers(_BATCH), "timer"),
            Chore(lambda: service.start_due_timers(_BATCH), "start_timer"),
            Chore(lambda: service.requeue_expired_locks(_BATCH), "job"),
            Chore(lambda: service.expire_messages(_BATCH), "message"),
            Chore(lambda: runner.cancel_withdrawn(_BATCH), "outbox"),
        )

    def _besides_jobs(self, host: Host, runner: JobRunner) -> Iterator[Callable[[], int]]:
        return (chore.do for chore in self.chores(host, runner))

    def _work(self, host: Host) -> None:
        """Do whatever is due, in any order, with threads for jobs."""
        runner = self.runner(host)
        busy: list[int] = []

        def jobs() -> int:
            free = _MOST_JOBS - len(busy)
            taken = runner.activate(free) if free > 0 else []
            for job in taken:
                busy.append(job.key)
                host.spawn("job", lambda job=job: self._run_job(runner, job, busy))
            return len(taken)

        self._turn(host, (*self._besides_jobs(host, runner), jobs, jobs, jobs))

    def _run_job(self, runner: JobRunner, job: ActivatedJob, busy: list[int]) -> None:
        self._scheduler.note(f"begins job {job.key} {job.job_type} with token {job.lock_token}")
        runner.run(job)
        busy.remove(job.key)

    def _turn(self, host: Host, chores: tuple[Callable[[], int], ...]) -> None:
        chance = self._scheduler.chance
        while True:
            try:
                count = chance.choice(chores)()
            except DatabaseUnavailableError:
                count = 0
            self._scheduler.wait(None, chance.random() * (0.2 if count else 0.8))

    def _embed(self, host: Host) -> None:
        """Run the engine's own loop and threads."""
        runner = self.runner(host)
        settings = WorkerSettings(
            name=host.name, job_lock=LEASE, threads=2, idle_pause=dt.timedelta(seconds=1)
        )
        EmbeddedWorker(host.service, runner, settings).start()

    def _relay(self, host: Host) -> None:
        """Tell the broker what is due, and do what is not a job."""
        runner = self.runner(host)
        dispatcher = CeleryDispatcher(host.service, runner, BrokerApp(self._broker))
        dispatcher.start()
        send = dispatcher.dispatch_due
        self._turn(host, (*self._besides_jobs(host, runner), send, send, send))

    def _consume(self, host: Host) -> None:
        """Do the jobs that messages name; a message is acknowledged when it was done."""
        runner = self.runner(host)
        app = BrokerApp(self._broker)
        serve_jobs(app, lambda: runner)
        while True:
            message = self._broker.take()
            if message is None:
                self._scheduler.wait(None, 0.3)
                continue
            try:
                app.run(message)
            except DatabaseUnavailableError:
                # Celery logs it; the message is acknowledged, so the relay sends another.
                self._scheduler.note("a message failed")
            except BaseException:
                self._broker.give_back(message)
                raise
