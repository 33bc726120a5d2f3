import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from bpmn_engine.store.keys import KeyGenerator, key_time
from tests.integration.store.orders import NOON, HandClock


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
