"""The table of starters is of endpoints that exist."""

from web.back_pressure import STARTERS
from web.permissions import MINIMUM_ROLE


def test_every_starter_is_an_endpoint() -> None:
    assert set(MINIMUM_ROLE) >= STARTERS
