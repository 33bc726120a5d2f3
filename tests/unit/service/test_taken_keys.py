import datetime as dt
import logging

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.taken_keys import TakenKeys
from bpmn_engine.store.keys import KeyGenerator


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def generator(clock):
    return KeyGenerator(clock, 7)


@pytest.fixture
def taken_keys(clock, generator):
    return TakenKeys(generator, clock, 7)


def test_next_keys_are_not_those_of_the_other_process(clock, generator, taken_keys):
    taken_keys.move_away()

    assert not {*generator.take(100)} & {*KeyGenerator(clock, 7).take(100)}


def test_log_says_what_to_do_once_a_minute_at_most(clock, taken_keys, caplog):
    caplog.set_level(logging.WARNING)

    for _ in range(65):
        taken_keys.move_away()
        clock.advance(dt.timedelta(seconds=1))

    told = [record.getMessage() for record in caplog.records]
    assert [line.split()[:3] for line in told] == [
        ["outcome=keys_taken", "worker_number=7", "count=1"],
        ["outcome=keys_taken", "worker_number=7", "count=60"],
    ]
    assert "BPMN_ENGINE_WORKER_NUMBER (docs/settings.md)" in told[0]
