"""Simulated runs on a real PostgreSQL: others come between the statements of a transaction."""

import pytest

from bpmn_engine.service.state_cache import StateCache
from tests.simulation.simulation import World, simulate
from tests.simulation.storage_postgresql import PostgresStorage

SEEDS = 3
STEPS = 400
STALE = range(20)


@pytest.fixture(scope="module")
def world(postgres_server):
    with PostgresStorage(postgres_server) as storage:
        yield World(storage)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_seed_violates_anything_between_statements(world, seed):
    assert simulate(world, seed, most_steps=STEPS).violations == ()


def test_it_finds_states_that_are_remembered_too_long(world, monkeypatch):
    def of_any_version(self, key, _version):
        found = self._states.get(key)
        return None if found is None else found[1]

    monkeypatch.setattr(StateCache, "get", of_any_version)

    assert any(simulate(world, seed, most_steps=STEPS).violations for seed in STALE)
