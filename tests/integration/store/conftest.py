"""Fixtures of the store's tests."""

import pytest

from tests.integration.store.orders import HandClock, OrderRun


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def run(database, clock):
    return OrderRun(database, clock)
