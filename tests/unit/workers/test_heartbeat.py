"""The heartbeat: locks of jobs that take long are extended, whatever became of others."""

import datetime as dt
import threading
import time
from types import SimpleNamespace

import pytest

from bpmn_engine.service.outcomes import Problem, ProblemKind
from bpmn_engine.workers.heartbeat import Heartbeat

LOCK = dt.timedelta(seconds=0.02)


class Service:
    """Extends locks, or says what the test wants; `asked` has the keys in their order."""

    def __init__(self, problems):
        self.problems = problems
        self.asked = []
        self.changed = threading.Condition()

    def extend_job_lock(self, key, *, lock, lock_token):
        with self.changed:
            self.asked.append(key)
            self.changed.notify_all()
        kind = self.problems.get(key)
        return dt.datetime.now(dt.UTC) if kind is None else Problem(kind=kind, message="No.")

    def wait_for(self, key, times=1):
        with self.changed:
            return self.changed.wait_for(lambda: self.asked.count(key) >= times, 20)


def job(key):
    return SimpleNamespace(key=key, lock_token=f"token-{key}")


@pytest.fixture
def beating():
    started = []

    def begin(**problems):
        service = Service({int(name[1:]): kind for name, kind in problems.items()})
        started.append(Heartbeat(service, LOCK))
        return service, started[-1]

    yield begin
    for heartbeat in started:
        heartbeat.stop()
        heartbeat._thread.join(20)


def test_lock_is_extended_again_and_again(beating):
    service, heartbeat = beating()

    heartbeat.keep(job(1))

    assert service.wait_for(1, times=3)


def test_job_that_was_reported_is_left_alone(beating):
    service, heartbeat = beating()
    heartbeat.keep(job(1))
    assert service.wait_for(1)

    heartbeat.let_go(job(1))
    heartbeat.keep(job(2))
    before = service.asked.count(1)
    assert service.wait_for(2, times=3)

    assert service.asked.count(1) <= before + 1, "it may have been under way"


@pytest.mark.parametrize("kind", [ProblemKind.CONFLICT, ProblemKind.NOT_FOUND])
def test_lock_that_was_lost_is_not_asked_for_again_and_others_are_kept(beating, kind):
    service, heartbeat = beating(_1=kind)
    heartbeat.keep(job(1))
    assert service.wait_for(1)
    time.sleep(0.1)  # until it waits for what comes next

    heartbeat.keep(job(2))

    assert service.wait_for(2, times=3)
    assert service.asked.count(1) == 1


def test_database_that_does_not_answer_is_asked_again(beating):
    service, heartbeat = beating(_1=ProblemKind.UNAVAILABLE)

    heartbeat.keep(job(1))

    assert service.wait_for(1, times=3)
