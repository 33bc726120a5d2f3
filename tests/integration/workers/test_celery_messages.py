"""What the messages to Celery say: for which jobs there are some, and in which trace they are."""

import datetime as dt

import pytest
from kombu import Connection
from opentelemetry.sdk.trace import SpanProcessor

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.telemetry.instruments import NO_INSTRUMENTS, Instruments
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.telemetry.traces import Traces
from bpmn_engine.workers.celery_app import make_celery, queue_of
from bpmn_engine.workers.celery_dispatcher import CeleryDispatcher
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings
from tests.diagrams import end, process, service, start

SECOND = dt.timedelta(seconds=1)


class Relay:
    """A dispatcher whose broker is in this process."""

    def __init__(self, database, pools="", instruments: Instruments = NO_INSTRUMENTS):
        self.clock = VirtualClock()
        settings = EngineSettings(resource_pools=str(pools))
        self.engine = EngineService(database, self.clock, settings, observer=instruments.observer)
        drawn = process("s -> a -> e", s=start(), a=service("check"), e=end())
        deployed = self.engine.deploy([Resource(name="p.bpmn", content=drawn)])
        assert not isinstance(deployed, Problem)
        workers = WorkerRegistry()
        workers.add("check", lambda job: {})
        worker_settings = WorkerSettings(broker_url="memory://")
        runner = JobRunner(self.engine, worker_settings, workers=workers)
        self.dispatcher = CeleryDispatcher(self.engine, runner, make_celery(worker_settings))
        self.received()  # the broker in memory outlives a test

    def look(self):
        """Let the dispatcher look, and return the messages it has sent."""
        self.clock.advance(SECOND)
        self.dispatcher.dispatch_due()
        return self.received()

    def received(self):
        with Connection("memory://") as connection:
            queue = connection.SimpleQueue(queue_of("check"))
            messages = []
            while queue.qsize():
                message = queue.get_nowait()
                message.ack()
                messages.append(message)
            queue.close()
        return messages

    def lock(self):
        jobs = self.engine.activate_jobs(("check",), worker="w", limit=9, lock=9 * SECOND)
        return [(job.key, job.lock_token) for job in jobs]


def keys(messages):
    return [int(key) for message in messages for key in message.payload[0][0]]


@pytest.fixture
def relay(database):
    made = []

    def make(**options):
        made.append(Relay(database, **options))
        return made[-1]

    yield make
    for one in made:
        one.dispatcher.stop(1)


def test_a_job_has_one_message_until_a_minute_has_passed(relay):
    run = relay()
    run.engine.start_instance("p")

    first, second = run.look(), run.look()

    assert len(first) == 1
    assert second == []
    assert "traceparent" not in first[0].headers


def test_a_message_is_in_the_trace_of_its_job(relay):
    settings = TelemetrySettings()
    instruments = Instruments(settings=settings, tracer=Traces(SpanProcessor(), settings))
    run = relay(instruments=instruments)
    run.engine.start_instance("p")

    (message,) = run.look()
    ((key, _),) = run.lock()

    assert keys([message]) == [key]
    parent = message.headers["traceparent"]
    assert parent.startswith("00-")
    assert parent.endswith("-01")
    assert run.engine.trace_parents([run.engine.job(key)]) == {key: parent}


def test_jobs_that_wait_for_a_resource_get_their_message_when_there_is_room(relay, tmp_path):
    pools = tmp_path / "pools.toml"
    pools.write_text('[one]\njob_types = ["check"]\nsize = 1\n')
    run = relay(pools=pools)
    for _ in range(3):
        run.engine.start_instance("p")
    first = run.look()
    ((locked, token),) = run.lock()

    while_full = run.look()
    run.engine.complete_job(locked, lock_token=token)
    afterwards = run.look()

    assert len(first) == 3
    assert while_full == []
    assert sorted(keys(afterwards)) == sorted({*keys(first)} - {locked})
