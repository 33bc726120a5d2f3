"""Token buckets."""

import datetime as dt

from web import rate_limits
from web.rate_limits import RateLimit

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def test_as_many_as_are_allowed_pass_and_then_one_has_to_wait() -> None:
    limit = RateLimit(count=2, window=MINUTE)

    waits = [limit.spend("alice", START) for _ in range(3)]

    assert waits == [None, None, dt.timedelta(seconds=30)]


def test_the_allowance_comes_back_with_time() -> None:
    limit = RateLimit(count=2, window=MINUTE)
    for _ in range(2):
        limit.spend("alice", START)

    waits = [limit.spend("alice", START + dt.timedelta(seconds=30)) for _ in range(2)]

    assert waits == [None, dt.timedelta(seconds=30)]


def test_everybody_has_an_allowance_of_their_own() -> None:
    limit = RateLimit(count=1, window=MINUTE)
    limit.spend("alice", START)

    assert limit.spend("bob", START) is None


def test_asking_how_long_to_wait_spends_nothing() -> None:
    limit = RateLimit(count=1, window=MINUTE)

    assert [limit.wait("alice", START) for _ in range(3)] == [None] * 3


def test_forgetting_gives_the_whole_allowance_back() -> None:
    limit = RateLimit(count=1, window=MINUTE)
    limit.spend("alice", START)

    limit.forget("alice")

    assert limit.spend("alice", START) is None


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    limit = RateLimit(count=2, window=MINUTE)
    limit.spend("alice", START)

    assert limit.spend("alice", START - MINUTE) is None


def test_the_longest_unused_names_are_forgotten(monkeypatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_BUCKETS", 2)
    limit = RateLimit(count=1, window=MINUTE)

    for name in ("alice", "bob", "carol"):
        limit.spend(name, START)

    assert limit.wait("alice", START) is None
    assert limit.wait("carol", START) is not None
