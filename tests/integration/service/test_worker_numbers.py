"""Two processes with the same worker number, by mistake, on one database."""

import logging
from collections import Counter
from itertools import pairwise

import pytest

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.observing import Commit
from bpmn_engine.service.views import InstanceSummary, Problem, ProblemKind, StartRequest
from bpmn_engine.store.keys import KeyGenerator
from tests.diagrams import end, process, service, start
from tests.integration.service.test_concurrency import at_once

DIAGRAM = process("s -> a -> e", s=start(), a=service("x"), e=end())
ROUNDS = 15


class Attempts:
    """Notes how often each transaction was tried."""

    traced_part = None

    def __init__(self) -> None:
        self.seen: Counter[int] = Counter()

    def committed(self, commit: Commit) -> None:
        self.seen[commit.attempts] += 1


@pytest.fixture
def attempts():
    return Attempts()


@pytest.fixture
def twins(world, attempts):
    """Their clock stands still, so that they would make the same keys for ever."""
    world.deploy(DIAGRAM)
    return [
        EngineService(world.database, world.clock, world.settings, observer=attempts)
        for _ in range(2)
    ]


def starts(engine):
    """Start instances one by one and in batches; return the keys."""

    def run():
        keys = []
        for _ in range(ROUNDS):
            one = engine.start_instance("p")
            many = engine.start_instances([StartRequest(process_id="p", variables={})] * 20)
            for started in (one, *many):
                assert isinstance(started, InstanceSummary), started
                keys.append(started.key)
        return keys

    return run


def test_both_start_all_their_instances_in_few_tries(world, twins, attempts):
    first, second = at_once(*(starts(engine) for engine in twins))

    assert len({*first, *second}) == len(first) + len(second) == 2 * ROUNDS * 21
    assert len(world.activate("x", limit=1_000)) == 2 * ROUNDS * 21
    assert all(before < after for keys in (first, second) for before, after in pairwise(keys))
    assert max(attempts.seen) <= 4, attempts.seen
    assert sum(count for tries, count in attempts.seen.items() if tries > 1) <= 4, attempts.seen


def test_who_does_not_move_away_comes_to_the_end_of_his_tries(world, twins, monkeypatch):
    monkeypatch.setattr(KeyGenerator, "move_away", lambda _: None)
    first, second = twins
    first.start_instances([StartRequest(process_id="p", variables={})] * 50)

    refused = second.start_instance("p")

    assert isinstance(refused, Problem)
    assert refused.kind is ProblemKind.UNAVAILABLE


def test_log_of_who_moves_away_says_so(twins, caplog):
    caplog.set_level(logging.WARNING)
    first, second = twins

    first.start_instance("p")
    second.start_instance("p")

    (line,) = [one.getMessage() for one in caplog.records if "keys_taken" in one.getMessage()]
    assert "worker_number=0 count=1" in line
