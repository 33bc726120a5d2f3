"""What simulated runs have found, each as one sentence about one moment."""

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem, ProblemKind
from bpmn_engine.views.instances import InstanceSummary
from tests.simulation.hosts import SETTINGS
from tests.simulation.storage import EPOCH, OpenGate, unavailable


class ScriptedGate(OpenGate):
    """Lets the first so many transactions pass, then nobody; or loses the answer of a commit."""

    def __init__(self, passing=1_000, fault=None):
        self.left = passing
        self.fault = fault

    def before(self):
        self.left -= 1
        if self.left < 0:
            raise unavailable("it is down")

    def commit_fault(self):
        fault, self.fault = self.fault, None
        return fault


@pytest.fixture
def database(world):
    world.storage.begin()
    return world.storage.database("found")


@pytest.fixture
def service(world, database):
    made = EngineService(database, VirtualClock(EPOCH), SETTINGS)
    made._graphs._graphs.update(world.graphs)
    return made


@pytest.fixture
def instance_count(world):
    return lambda: world.storage.rows("SELECT count(*) FROM process_instance")[0][0]


def test_start_whose_commit_was_not_confirmed_is_not_done_again(database, service, instance_count):
    database.gate = ScriptedGate(fault="lost_after_commit")

    answer = service.start_instance("work")

    assert isinstance(answer, Problem)
    assert answer.kind is ProblemKind.UNAVAILABLE
    assert "may have been written" in answer.message
    assert instance_count() == 1


def test_repeated_start_with_a_key_is_done_once_although_its_answer_was_lost(
    database, service, instance_count
):
    database.gate = ScriptedGate(fault="lost_after_commit")
    lost = service.start_instance("work", idempotency_key="1", actor="alice")

    answer = service.start_instance("work", idempotency_key="1", actor="alice")

    assert isinstance(lost, Problem)
    assert isinstance(answer, InstanceSummary)
    assert answer.is_replayed
    assert instance_count() == 1


def test_start_whose_connection_was_lost_before_the_commit_is_done_once(
    database, service, instance_count
):
    database.gate = ScriptedGate()
    database.gate.statement_fault = iter([3, 0, 0, 0, 0, 0]).__next__

    answer = service.start_instance("work")

    assert isinstance(answer, InstanceSummary)
    assert instance_count() == 1


def test_commit_on_a_full_disk_changes_nothing(database, service, instance_count):
    database.gate = ScriptedGate(fault="full")

    answer = service.start_instance("work")

    assert isinstance(answer, Problem)
    assert "disk is full" in answer.message
    assert instance_count() == 0


def test_signal_is_acknowledged_although_what_follows_has_to_wait(database, service):
    service.start_instance("hears")
    while service.go_on(10):
        pass
    database.gate = ScriptedGate(passing=1)

    answer = service.broadcast_signal("bell")

    assert not isinstance(answer, Problem)
    database.gate = OpenGate()
    assert service.drain(10) == 1


def test_resumed_instance_is_not_said_to_be_suspended_still(database, service):
    started = service.start_instance("hears")
    service.suspend_instance(started.key)
    database.gate = ScriptedGate(passing=1)

    with pytest.raises(Exception, match="it is down"):
        service.resume_instance(started.key)

    # What could not be read is not said to be undone: only the reading failed.
    database.gate = OpenGate()
    assert service.instance(started.key).summary.status.value == "active"
