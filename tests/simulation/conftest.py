"""One world for all tests of a session: migrated and deployed once."""

import pytest

from tests.simulation.simulation import World


@pytest.fixture(scope="session")
def world() -> World:
    """The database that every run begins with."""
    return World()
