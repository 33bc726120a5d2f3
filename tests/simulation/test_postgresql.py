"""Simulated runs on a real PostgreSQL: others come between the statements of a transaction."""

import pytest
from sqlalchemy import Select

from tests.simulation.simulation import World, simulate
from tests.simulation.storage_postgresql import PostgresStorage

SEEDS = 3
STEPS = 400
UNLOCKED = range(90, 120)
"""Rare: what is not locked is saved only if nobody else has changed it."""


@pytest.fixture(scope="module")
def world(postgres_server):
    with PostgresStorage(postgres_server) as storage:
        yield World(storage)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_seed_violates_anything_between_statements(world, seed):
    assert simulate(world, seed, most_steps=STEPS).violations == ()


def test_it_finds_rows_that_are_not_locked(world, monkeypatch):
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)

    assert any(simulate(world, seed, most_steps=STEPS).violations for seed in UNLOCKED)
