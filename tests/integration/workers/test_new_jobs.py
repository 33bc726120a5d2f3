"""Jobs that a process creates and does itself are activated as they are created."""

import datetime as dt

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service import job_offers
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import JobFilter, JobState, PageRequest, Resource, StartRequest
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.workers.dispatcher import ThreadDispatcher
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings
from tests.diagrams import end, process, service, start

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
CHAIN = process(
    "s -> a -> b -> e", process_id="p", s=start(), a=service("a"), b=service("b"), e=end()
)
LOCK = dt.timedelta(minutes=1)


class Site:
    """An engine and a dispatcher without threads: what it takes stays where it is."""

    def __init__(self, database: Database) -> None:
        self.clock = VirtualClock(NOW)
        self.service = EngineService(database, self.clock, EngineSettings())
        self.service.deploy([Resource(name="p.bpmn", content=CHAIN)])
        workers = WorkerRegistry()
        workers.add("a", lambda job: {"seen": job.variables["n"]})
        self.runner = JobRunner(self.service, WorkerSettings(name="here"), workers=workers)
        self.dispatcher = ThreadDispatcher(self.runner, 2)
        self.service.tell_of_new_jobs(self.dispatcher)

    def start(self, count=1):
        requests = [StartRequest(process_id="p", variables={"n": n}) for n in range(count)]
        return [each.key for each in self.service.start_instances(requests)]

    def jobs(self, job_type="a"):
        found = self.service.jobs(JobFilter(job_type=job_type), page=PageRequest(limit=100))
        return found.items

    def taken(self):
        """Return the jobs that wait for a thread here."""
        queue = self.dispatcher._jobs
        return [queue.get_nowait() for _ in range(queue.qsize())]


@pytest.fixture
def site(database):
    return Site(database)


def test_a_new_job_is_locked_for_the_process_that_does_it(site):
    (key,) = site.start()

    (job,) = site.jobs()
    (taken,) = site.taken()
    assert (job.state, job.locked_by, job.attempt) == (JobState.LOCKED, "here", 1)
    assert (taken.process_instance_key, taken.variables, taken.attempt) == (key, {"n": 0}, 1)
    assert taken.deadline == NOW + LOCK
    site.runner.run(taken)
    assert site.service.instance(key).variables == {"n": 0, "seen": 0}


def test_a_job_of_a_type_that_others_do_is_left_to_them(site):
    site.start()

    site.runner.run(site.taken()[0])

    (job,) = site.jobs("b")
    assert (job.state, job.locked_by) == (JobState.CREATED, None)
    assert site.taken() == []


def test_no_more_jobs_are_taken_than_there_is_room_for(site):
    site.start(5)

    assert len(site.taken()) == 2
    assert [job.state for job in site.jobs()].count(JobState.CREATED) == 3


def test_while_others_wait_a_new_job_takes_its_turn(site):
    site.start(3)
    for job in site.taken():
        site.dispatcher._report([(job, site.runner.attempt(job))])

    site.start()

    assert site.taken() == []
    assert site.dispatcher.dispatch_due() == 2


def test_a_transaction_that_is_rolled_back_takes_nothing(site, monkeypatch):
    failures = iter([TransientDatabaseError("deadlock")] * 3)
    offered = job_offers.offer

    def fail_three_times(unit, rows, names):
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return offered(unit, rows, names)

    monkeypatch.setattr(job_offers, "offer", fail_three_times)

    site.start()

    assert len(site.taken()) == 1
    assert site.dispatcher._taken == 1


def test_a_job_whose_process_died_is_done_by_another_after_its_lock(site):
    site.start()
    early = site.service.activate_jobs(["a"], worker="other", limit=9, lock=LOCK)

    site.clock.advance(dt.timedelta(seconds=61))
    (late,) = site.service.activate_jobs(["a"], worker="other", limit=9, lock=LOCK)

    (taken,) = site.taken()
    assert early == []
    assert (late.attempt, late.idempotency_key) == (2, taken.idempotency_key)


def test_a_job_that_waited_here_for_longer_than_its_lock_is_not_begun(site):
    (key,) = site.start()
    (taken,) = site.taken()
    site.clock.advance(dt.timedelta(seconds=61))

    site.runner.run(taken)

    assert site.service.instance(key).variables == {"n": 0}


def test_nobody_is_told_of_new_jobs_after_the_worker_has_stopped(site):
    site.service.tell_of_new_jobs(None)

    site.start()

    assert site.taken() == []
    assert site.jobs()[0].state is JobState.CREATED
