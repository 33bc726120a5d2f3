"""The embedded worker: threads on a real database, with the clock of the machine."""

import datetime as dt
import logging
import threading
import time

import pytest

from bpmn_engine.clock import SystemClock
from bpmn_engine.errors import BpmnError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import InstanceSummary, JobState, Problem, Resource, StartRequest
from bpmn_engine.settings import EngineSettings
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import (
    PermanentFailureError,
    TryLaterError,
    WorkerRegistry,
)
from bpmn_engine.workers.settings import WorkerSettings
from tests.diagrams import (
    boundary,
    call,
    catch,
    contents,
    end,
    error,
    process,
    processes,
    start,
    timer,
)
from tests.diagrams import service as service_task

CHAIN = process(
    "s -> a -> b -> e", s=start(), a=service_task("add"), b=service_task("add"), e=end()
)
CATCHING = process(
    "s -> a -> e",
    "b -> f",
    s=start(),
    a=service_task("add"),
    b=boundary("a", error("TOO_MANY")),
    e=end(),
    f=end(),
)
SETTINGS = WorkerSettings(
    name="w", threads=2, idle_pause=dt.timedelta(seconds=0.02), stop_grace=dt.timedelta(seconds=5)
)


class Engine:
    """A service, Python workers, and embedded workers that are stopped at the end."""

    def __init__(self, database):
        self.service = EngineService(database, SystemClock(), EngineSettings())
        self.workers = WorkerRegistry()
        self.started: list[EmbeddedWorker] = []

    def start_worker(self, settings: WorkerSettings = SETTINGS) -> EmbeddedWorker:
        runner = JobRunner(self.service, settings, workers=self.workers)
        worker = EmbeddedWorker(self.service, runner, settings)
        worker.start()
        self.started.append(worker)
        return worker

    def deploy(self, xml: bytes) -> None:
        deployed = self.service.deploy([Resource(name="p.bpmn", content=xml)])
        assert not isinstance(deployed, Problem), deployed

    def start(self, **variables) -> int:
        started = self.service.start_instance("p", variables=variables)
        assert isinstance(started, InstanceSummary), started
        return started.key

    def status(self, key: int) -> str:
        return self.service.instance(key).summary.status.value

    def has_completed(self, *keys: int) -> bool:
        return all(self.status(key) == "completed" for key in keys)


@pytest.fixture
def engine(database):
    made = Engine(database)
    yield made
    for worker in made.started:
        worker.stop(5)


def until(condition, seconds=20.0):
    """Wait until the condition holds; the tests' only clock is what they wait for."""
    give_up_at = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < give_up_at, "Expected it to become true in time."
        pause.wait(0.01)


def test_chain_of_jobs_is_done_without_anybody_asking(engine):
    engine.workers.add("add", lambda job: {"n": job.variables["n"] + 1})
    engine.deploy(CHAIN)
    engine.start_worker()

    key = engine.start(n=1)

    until(lambda: engine.has_completed(key))
    assert engine.service.instance(key).variables == {"n": 3}


def test_two_workers_on_one_database_do_each_job_once(engine):
    done = []
    engine.workers.add("add", lambda job: done.append(job.key))
    engine.deploy(CHAIN)
    engine.start_worker()
    engine.start_worker(WorkerSettings(name="w2", threads=2, idle_pause=SETTINGS.idle_pause))

    started = engine.service.start_instances(
        [StartRequest(process_id="p", variables={}) for _ in range(20)]
    )

    until(lambda: engine.has_completed(*(one.key for one in started)))
    assert len(done) == len(set(done)) == 40


def test_timers_fire_and_called_processes_come_back(engine):
    engine.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=call("child"), e=end()),
            child=contents(
                "s2 -> t -> e2", s2=start(), t=catch(timer(duration="PT0.1S")), e2=end()
            ),
        )
    )
    engine.start_worker()

    key = engine.start()

    until(lambda: engine.has_completed(key))


def test_bpmn_error_of_a_python_worker_is_caught_by_the_error_event(engine):
    def refuse(job):
        raise BpmnError("TOO_MANY")

    engine.workers.add("add", refuse)
    engine.deploy(CATCHING)
    engine.start_worker()

    key = engine.start()

    until(lambda: engine.has_completed(key))


def test_exception_of_a_python_worker_is_a_failure_that_is_tried_again(engine, caplog):
    attempts = []

    def fail_once(job):
        attempts.append(job.attempt)
        if len(attempts) == 1:
            raise TryLaterError("not yet", after=dt.timedelta(milliseconds=10))

    engine.workers.add("add", fail_once)
    engine.deploy(CATCHING)
    engine.start_worker()

    key = engine.start()

    until(lambda: engine.has_completed(key))
    assert attempts == [1, 2]


def test_permanent_failure_of_a_python_worker_is_an_incident(engine):
    def give_up(job):
        raise PermanentFailureError("No such customer.")

    engine.workers.add("add", give_up)
    engine.deploy(CATCHING)
    engine.start_worker()

    engine.start()

    until(lambda: engine.service.incidents().items)
    assert engine.service.incidents().items[0].message == "No such customer."


def test_stop_waits_for_the_running_job_and_takes_no_other(engine):
    begun, may_end = threading.Event(), threading.Event()

    def take_long(job):
        begun.set()
        may_end.wait(10)

    engine.workers.add("add", take_long)
    engine.deploy(CHAIN)
    worker = engine.start_worker()
    engine.start()
    assert begun.wait(10)

    threading.Timer(0.1, may_end.set).start()
    is_clean = worker.stop(10)

    assert is_clean
    jobs = engine.service.jobs().items
    assert [(job.element_id, job.state) for job in jobs] == [("b", JobState.CREATED)]


def test_stop_does_not_wait_for_ever(engine, caplog):
    begun, may_end = threading.Event(), threading.Event()

    def hang(job):
        begun.set()
        may_end.wait(20)

    engine.workers.add("add", hang)
    engine.deploy(CHAIN)
    worker = engine.start_worker()
    engine.start()
    assert begun.wait(10)

    is_clean = worker.stop(0.1)
    may_end.set()
    for thread in threading.enumerate():
        if thread.name.startswith("worker-"):
            thread.join(10)

    assert not is_clean
    assert "stopped_with_running_jobs" in caplog.text


def test_scheduler_outlives_an_exception(engine, caplog, monkeypatch):
    real, calls = engine.service.drain, []

    def fail_once(limit):
        calls.append(limit)
        if len(calls) == 1:
            raise RuntimeError("boom")
        return real(limit)

    monkeypatch.setattr(engine.service, "drain", fail_once)
    engine.workers.add("add", lambda job: None)
    engine.deploy(CHAIN)
    with caplog.at_level(logging.ERROR):
        engine.start_worker()
        until(lambda: len(calls) > 1)
        key = engine.start()

        until(lambda: engine.has_completed(key))

    assert "outcome=scheduler_failed" in caplog.text


def test_what_has_expired_is_forgotten_at_once_however_much_it_is(engine):
    for number in range(410):
        engine.service.correlate_message(
            "paid", correlation_key=str(number), time_to_live=dt.timedelta(milliseconds=1)
        )
    assert len(engine.service.kept_messages()) == 410

    engine.start_worker()

    until(lambda: not engine.service.kept_messages())
