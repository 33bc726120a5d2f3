"""What a transaction leaves for the next is done once, also when the process dies in between."""

import datetime as dt

import pytest

from bpmn_engine.service import follow_ups, unit_of_work
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.store import inbox
from bpmn_engine.store.errors import TransientDatabaseError
from tests.diagrams import call, catch, contents, end, message, processes, service, start, throw


def calling():
    return processes(
        p=contents("s -> c -> e", s=start(), c=call("q"), e=end()),
        q=contents("s2 -> a2 -> e2", s2=start(), a2=service("x"), e2=end()),
    )


class DiedError(Exception):
    """The process is gone before it could work off its follow-ups."""


@pytest.fixture
def dying(world, monkeypatch):
    """Let the process die after each commit, before it works off what the commit has left."""

    def die(*arguments, **options):
        raise DiedError

    def switch(is_on):
        if is_on:
            monkeypatch.setattr(world.service._follow_ups, "after", die)
        else:
            monkeypatch.undo()

    return switch


def test_a_crash_after_the_call_is_finished_by_another_process(world, dying):
    world.deploy(calling())
    dying(True)
    with pytest.raises(DiedError):
        world.start()
    dying(False)

    started = world.another().drain(100)

    assert started == 1
    assert len(world.activate("x")) == 1


def test_a_crash_after_the_end_of_the_called_process_is_finished_by_another_process(world, dying):
    world.deploy(calling())
    key = world.start()
    (job,) = world.activate("x")
    dying(True)
    with pytest.raises(DiedError):
        world.service.complete_job(job.key, {"n": 1}, lock_token=job.lock_token)
    dying(False)
    before = world.status(key)

    done = world.another().drain(100)

    assert (before, done) == ("active", 1)
    assert world.status(key) == "completed"
    assert world.another().drain(100) == 0


def test_a_crash_after_throwing_a_message_loses_no_message(world, dying):
    world.deploy(
        processes(
            p=contents("s -> t -> e", s=start(), t=throw(message("ping", "k")), e=end()),
            q=contents("s2 -> m2 -> e2", s2=start(), m2=catch(message("ping", "k")), e2=end()),
        )
    )
    waiting = world.start("q", {"k": "1"})
    dying(True)
    with pytest.raises(DiedError):
        world.start("p", {"k": "1"})
    dying(False)

    world.another().drain(100)

    assert world.status(waiting) == "completed"


def test_a_follow_up_that_cannot_be_done_blocks_no_other_and_is_tried_again(world, monkeypatch):
    world.deploy(calling())
    really = follow_ups._start_child

    def refuse_bad(work, item):
        if item.variables.get("bad"):
            raise RuntimeError("a bug")
        really(work, item)

    monkeypatch.setattr(follow_ups, "_start_child", refuse_bad)
    world.start(variables={"bad": True})
    world.start(variables={"bad": False})
    done_meanwhile = len(world.activate("x"))
    monkeypatch.undo()

    world.clock.advance(dt.timedelta(seconds=30))
    world.service.drain(100)

    assert done_meanwhile == 1
    assert len(world.activate("x")) == 1
    with world.database.reading() as session:
        assert inbox.count(session) == 0


def test_the_end_of_a_called_process_waits_for_its_suspended_caller(world):
    world.deploy(calling())
    key = world.start()
    world.service.suspend_instance(key)

    world.work("x")
    held = world.status(key)
    world.service.resume_instance(key)

    assert held == "suspended"
    assert world.status(key) == "completed"


def test_a_unit_of_work_is_repeated_when_the_database_gave_up(world, monkeypatch):
    world.deploy(calling())
    failures = iter([TransientDatabaseError("deadlock")] * 3)
    really = unit_of_work.instances.insert

    def insert(session, rows):
        really(session, rows)
        failure = next(failures, None)
        if failure is not None:
            raise failure

    monkeypatch.setattr(unit_of_work.instances, "insert", insert)
    key = world.start()

    assert world.status(key) == "active"
    assert len(world.service.instances().items) == 2


def test_a_database_that_always_gives_up_is_a_problem_and_nothing_is_changed(world, monkeypatch):
    world.deploy(calling())

    def insert(session, rows):
        raise TransientDatabaseError("locked")

    monkeypatch.setattr(unit_of_work.instances, "insert", insert)
    monkeypatch.setattr("bpmn_engine.service.transactions._LONGEST_PAUSE_SECONDS", 0.001)
    problem = world.service.start_instance("p")

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.UNAVAILABLE
    assert world.service.instances().items == ()
