"""How many jobs are taken at once follows from how quick they are."""

from bpmn_engine.workers import pace
from bpmn_engine.workers.pace import MOST_AHEAD, Pace


def test_a_type_is_slow_until_it_is_known_to_be_quick():
    here = Pace(4)

    assert here.is_slow("a")
    here.note("a", 0.0001)
    assert not here.is_slow("a")
    assert here.is_slow("b")


def test_a_type_that_becomes_slow_is_taken_for_slow():
    here = Pace(4)
    here.note("a", 0.001)

    here.note("a", 2.0)

    assert here.is_slow("a")


def test_as_many_jobs_are_taken_as_are_done_in_a_second(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    here = Pace(4)

    before = here.most
    now[0] = 0.5
    here.count(100)
    quick = here.most
    now[0] = 10.5
    here.count(10)

    assert (before, quick, here.most) == (4, 204, 5)


def test_no_more_jobs_wait_here_than_may(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    here = Pace(4)

    now[0] = 0.5
    here.count(100_000)

    assert here.most == 4 + MOST_AHEAD
