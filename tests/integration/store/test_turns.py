"""Turns: threads that write to one SQLite database do so in the order in which they asked."""

import datetime as dt
import threading
import time

import pytest

from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.store.turns import Turns

LONG = dt.timedelta(seconds=20)


def asking(turns, done, name):
    """Start a thread that takes a turn, and return it when it waits."""

    def take():
        with turns:
            done.append(name)

    before = len(turns._waiting)
    thread = threading.Thread(target=take)
    thread.start()
    give_up_at = time.monotonic() + 20
    while len(turns._waiting) == before:
        assert time.monotonic() < give_up_at
        time.sleep(0.001)
    return thread


def test_who_has_waited_longest_is_next():
    turns, done = Turns(LONG), []

    with turns:
        threads = [asking(turns, done, name) for name in "abcde"]
    for thread in threads:
        thread.join(20)

    assert done == list("abcde")


def test_who_asks_again_at_once_comes_after_those_who_wait():
    turns, done = Turns(LONG), []

    with turns:
        thread = asking(turns, done, "other")
    with turns:
        done.append("again")
    thread.join(20)

    assert done == ["other", "again"]


def test_a_turn_that_does_not_come_in_time_is_a_reason_to_try_again():
    turns = Turns(dt.timedelta(seconds=0.01))
    failed = []

    def take():
        try:
            with turns:
                failed.append(None)
        except TransientDatabaseError as error:
            failed.append(error)

    with turns:
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(20)

    assert "0.01 s" in str(failed[0])
    with turns:
        pass


class Interrupted:
    """A lock, for which somebody waits who is interrupted."""

    def __init__(self):
        self.count = 0

    def acquire(self, timeout=None):
        self.count += 1
        if timeout is not None:
            raise KeyboardInterrupt

    def release(self):
        raise AssertionError("nobody waits for it any more")


def test_who_is_interrupted_while_it_waits_is_left_out(monkeypatch):
    turns = Turns(LONG)
    monkeypatch.setattr("bpmn_engine.store.turns.Lock", Interrupted)

    with turns, pytest.raises(KeyboardInterrupt):
        turns.__enter__()

    with turns:
        pass


def test_an_error_gives_the_turn_back():
    turns = Turns(LONG)

    with pytest.raises(ValueError, match="no"), turns:
        raise ValueError("no")

    with turns:
        pass


def test_many_threads_never_write_at_the_same_time():
    turns, inside, most = Turns(LONG), [], []

    def work():
        for _ in range(50):
            with turns:
                inside.append(None)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert max(most) == 1
    assert len(most) == 400
