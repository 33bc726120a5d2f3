import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn_engine.store.keys import KeyGenerator, key_time
from tests.integration.store.orders import NOON, HandClock

MILLISECOND = dt.timedelta(milliseconds=1)
STEPS = st.tuples(
    st.sampled_from(("take", "take", "take", "start anew", "clock")),
    st.integers(0, 1),
    st.integers(-40, 40),
)


def test_keys_ascend_while_the_clock_stands_still():
    keys = KeyGenerator(HandClock()).take(10_000)

    assert all(first < second for first, second in pairwise(keys))


def test_keys_ascend_when_the_clock_steps_back():
    clock = HandClock()
    generator = KeyGenerator(clock)
    before = generator.next()

    clock.advance(dt.timedelta(hours=-1))

    assert generator.next() > before


def test_key_knows_its_time():
    assert key_time(KeyGenerator(HandClock(), worker=5).next()) == NOON


def test_workers_never_make_the_same_key():
    first, second = (KeyGenerator(HandClock(), worker=number).take(100) for number in (1, 2))

    assert not set(first) & set(second)


def test_keys_fit_a_signed_64_bit_number_for_decades():
    clock = HandClock(dt.datetime(2093, 1, 1, tzinfo=dt.UTC))

    assert KeyGenerator(clock, worker=1023).next() < 2**63


def test_threads_never_get_the_same_key():
    generator = KeyGenerator(HandClock())

    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: generator.take(500), range(20)))

    assert len({key for keys in taken for key in keys}) == 10_000


@pytest.mark.parametrize("worker", [-1, 1024])
def test_worker_number_out_of_range_is_refused(worker):
    with pytest.raises(ValueError, match="worker number"):
        KeyGenerator(HandClock(), worker=worker)


# Two processes of one worker number --------------------------------------------------------------


class Process:
    """Makes keys until they are new to a table, as a unit of work that is run again does."""

    def __init__(self, taken: set[int]) -> None:
        self.taken = taken
        self.clock = HandClock()
        self.start_anew()

    def start_anew(self) -> None:
        self.generator = KeyGenerator(self.clock, worker=7)
        self.last = 0

    def insert(self, count: int) -> int:
        """Return how often it was tried."""
        for tries in range(1, 100):
            keys = self.generator.take(count)
            assert all(first < second for first, second in pairwise([self.last, *keys]))
            self.last = keys[-1]
            if not self.taken.intersection(keys):
                self.taken.update(keys)
                return tries
            self.generator.move_away()
        raise AssertionError("Expected other keys, but they are always taken.")


def test_keys_ascend_when_the_generator_moves_away():
    generator = KeyGenerator(HandClock(), worker=1023)
    keys = []

    for _ in range(50):
        keys += generator.take(100)
        generator.move_away()

    assert all(first < second for first, second in pairwise(keys))


def test_key_tells_almost_its_time_after_the_generator_moved_away():
    generator = KeyGenerator(HandClock(), worker=1023)

    generator.next()
    generator.move_away()

    assert key_time(generator.next()) == NOON + MILLISECOND


def test_generator_that_moved_away_follows_the_clock():
    clock = HandClock()
    generator = KeyGenerator(clock, worker=7)
    generator.next()
    generator.move_away()

    clock.advance(dt.timedelta(seconds=1))

    assert key_time(generator.next()) == NOON + dt.timedelta(seconds=1)


def test_who_moved_away_meets_the_other_no_more():
    taken: set[int] = set()
    first, second = Process(taken), Process(taken)

    tries = [process.insert(30) for _ in range(100) for process in (first, second)]

    assert tries == [1, 2] + [1] * 198


def test_when_both_move_away_they_do_not_meet_again():
    first, second = (KeyGenerator(HandClock(), worker=7) for _ in range(2))

    meetings = 0
    for _ in range(200):
        first.move_away()
        second.move_away()
        meetings += bool({*first.take(50)} & {*second.take(50)})

    assert meetings < 10  # 0.4 on average


@given(st.lists(STEPS, max_size=60))
def test_no_series_of_collisions_lasts(steps):
    taken: set[int] = set()
    both = [Process(taken), Process(taken)]

    tries = [0]
    for step, which, number in steps:
        match step:
            case "take":
                tries.append(both[which].insert(1 + abs(number) * 20))
            case "start anew":
                both[which].start_anew()
            case "clock":
                both[which].clock.advance(number * MILLISECOND)

    assert max(tries) <= 4


FORKED = """
import os
from bpmn_engine.clock import VirtualClock
from bpmn_engine.store.keys import KeyGenerator

generator = KeyGenerator(VirtualClock(), 7)
generator.move_away()
for _ in range(2):
    if os.fork() == 0:
        for _ in range(4):
            generator.move_away()
        os.write(1, b"%d\\n" % generator.next())
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_processes_made_by_a_fork_move_to_different_places():
    printed = subprocess.run(
        [sys.executable, "-c", FORKED], check=True, capture_output=True, text=True
    ).stdout.split()

    assert len(printed) == 2
    assert len(set(printed)) == 2
