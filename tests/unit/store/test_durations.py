"""Percentiles from bins: how wrong they may be."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn_engine.store.durations import ERROR, add_bins, bin_of, bins_record, percentile

TEN_YEARS_MS = 10 * 365 * 86_400_000


@given(st.integers(min_value=1, max_value=TEN_YEARS_MS))
def test_one_duration_is_known_within_the_error(duration_ms):
    found = percentile(Counter({bin_of(duration_ms): 1}), 50)

    assert found == pytest.approx(duration_ms / 1000, rel=ERROR + 1e-9)


@given(
    st.lists(st.integers(min_value=0, max_value=TEN_YEARS_MS), min_size=1),
    st.sampled_from([50, 90, 95, 100]),
)
def test_a_percentile_is_the_nearest_rank_within_the_error(durations, percent):
    bins = Counter(map(bin_of, durations))

    found = percentile(bins, percent)

    exact = sorted(durations)[(len(durations) * percent + 99) // 100 - 1]
    assert found == pytest.approx(exact / 1000, rel=ERROR + 1e-9)


def test_nothing_has_no_percentile():
    assert percentile(Counter(), 50) is None


def test_bins_are_added_as_they_were_written():
    chance = random.Random(3)  # noqa: S311 -- the same each time
    bins = Counter(bin_of(chance.randrange(10**6)) for _ in range(1000))

    read: Counter[int] = Counter()
    add_bins(read, bins_record(bins))
    add_bins(read, bins_record(bins))

    assert read == bins + bins


def test_a_million_durations_need_few_bins():
    assert bin_of(TEN_YEARS_MS) < 700
