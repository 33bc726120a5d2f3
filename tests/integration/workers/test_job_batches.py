"""What one message of Celery asks for, and what the dispatcher sends."""

import datetime as dt
from types import SimpleNamespace

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Resource, StartRequest
from bpmn_engine.settings import EngineSettings
from bpmn_engine.workers import celery_app, celery_dispatcher
from bpmn_engine.workers.celery_app import JobBatches
from bpmn_engine.workers.celery_dispatcher import MOST_KEYS, CeleryDispatcher
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import TryLaterError, WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings
from tests.diagrams import end, process, service, start

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
CHAIN = process("s -> a -> e", process_id="p", s=start(), a=service("a"), e=end())


class Site:
    """An engine, the jobs that were done, and the messages that were sent."""

    def __init__(self, database, monkeypatch):
        self.clock = VirtualClock(NOW)
        self.service = EngineService(database, self.clock, EngineSettings())
        self.service.deploy([Resource(name="p.bpmn", content=CHAIN)])
        self.workers = WorkerRegistry()
        self.done = []
        self.runner = JobRunner(
            self.service, WorkerSettings(name="relay", threads=1), workers=self.workers
        )
        self.sent = []
        monkeypatch.setattr(
            celery_dispatcher,
            "send_jobs",
            lambda _app, job_type, keys, **_: self.sent.append((job_type, list(keys))),
        )
        self.dispatcher = CeleryDispatcher(self.service, self.runner, app=None)

    def start(self, count):
        request = StartRequest(process_id="p", variables={})
        return [each.key for each in self.service.start_instances([request] * count)]

    def sizes(self):
        """Return how many keys each new message has."""
        sizes = [len(keys) for _, keys in self.sent]
        self.sent.clear()
        return sizes

    def completed(self, keys):
        return sum(self.service.instance(key).summary.ended_at is not None for key in keys)


@pytest.fixture
def site(database, monkeypatch):
    return Site(database, monkeypatch)


def test_quick_jobs_of_a_message_are_done_at_once(site, monkeypatch):
    monkeypatch.setattr(celery_app, "time", SimpleNamespace(monotonic=lambda: 0.0))
    site.workers.add("a", lambda job: {"ok": True})
    keys = site.start(20)

    left = JobBatches(site.runner).run(range(20), "a")

    assert list(left) == []
    assert site.completed(keys) == 20


def test_slow_jobs_of_a_message_are_left_to_others_but_for_the_first(site, monkeypatch):
    ticks = iter(range(0, 1000, 3))
    monkeypatch.setattr(celery_app, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    site.workers.add("a", lambda job: None)
    keys = site.start(5)

    left = JobBatches(site.runner).run([1, 2, 3, 4, 5], "a")

    assert list(left) == [2, 3, 4, 5]
    assert site.completed(keys) == 1


def test_a_message_for_jobs_that_others_have_done_does_nothing(site):
    site.workers.add("a", lambda job: None)

    assert list(JobBatches(site.runner).run([1, 2], "a")) == []


def test_few_jobs_have_a_message_each_and_many_share_messages(site):
    site.workers.add("a", lambda job: None)
    site.start(3)
    site.dispatcher.dispatch_due()
    few = site.sizes()

    site.start(160)
    site.dispatcher.dispatch_due()
    many = site.sizes()
    site.clock.advance(dt.timedelta(seconds=1))
    site.start(1000)
    site.dispatcher.dispatch_due()

    assert few == [1, 1, 1]
    assert many == [20] * 8
    sizes = site.sizes()
    assert (max(sizes), sum(sizes)) == (MOST_KEYS, 1000)


def test_a_job_is_sent_once_and_again_after_a_minute_while_nobody_has_it(site):
    site.workers.add("a", lambda job: None)
    site.start(1)

    first = site.dispatcher.dispatch_due()
    second = site.dispatcher.dispatch_due()
    site.clock.advance(dt.timedelta(seconds=61))

    assert (first, second, site.dispatcher.dispatch_due()) == (1, 0, 1)


def test_a_job_that_failed_is_sent_when_it_is_due_again(site):
    def fail(job):
        raise TryLaterError("busy", after=dt.timedelta(seconds=30))

    site.workers.add("a", fail)
    site.start(1)
    site.dispatcher.dispatch_due()
    JobBatches(site.runner).run([1], "a")

    early = site.dispatcher.dispatch_due()
    site.clock.advance(dt.timedelta(seconds=31))

    assert (early, site.dispatcher.dispatch_due()) == (0, 1)


def test_a_job_that_somebody_does_is_not_sent(site):
    site.workers.add("a", lambda job: None)
    site.start(2)
    site.service.activate_jobs(["a"], worker="w", limit=1, lock=dt.timedelta(minutes=5))

    assert site.dispatcher.dispatch_due() == 1


def test_more_jobs_than_a_look_reads_are_all_sent(site, monkeypatch):
    monkeypatch.setattr(celery_dispatcher, "_PAGE", 7)
    site.workers.add("a", lambda job: None)
    site.start(30)

    assert site.dispatcher.dispatch_due() == 30
