"""How long instances took, as counts in bins whose width grows with the duration.

A percentile read from the bins is wrong by at most ERROR of itself, however many there are: the
middle of the bin stands for all durations in it. (The idea is DDSketch's, VLDB 2019.)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

ERROR: Final = 0.02
"""The largest relative error of a percentile."""

GROWTH: Final = (1 + ERROR) / (1 - ERROR)
"""How much wider each bin is than the one before."""

NO_TIME: Final = -1
"""The bin of durations below one millisecond."""

_LOGARITHM: Final = math.log(GROWTH)


def bin_of(duration_ms: int) -> int:
    """Return the bin of a duration."""
    return NO_TIME if duration_ms < 1 else math.ceil(math.log(duration_ms) / _LOGARITHM)


def percentile(bins: Mapping[int, int], percent: int) -> float | None:
    """Return a percentile in seconds, the nearest rank; None of nothing."""
    rank = (sum(bins.values()) * percent + 99) // 100
    seen = 0
    for number in sorted(bins):
        seen += bins[number]
        if seen >= rank > 0:
            return _middle(number)
    return None


def bins_record(bins: Mapping[int, int]) -> list[list[int]]:
    """Return bins as they are stored."""
    return [[number, bins[number]] for number in sorted(bins)]


def add_bins(bins: Counter[int], record: Iterable[tuple[int, int]]) -> None:
    """Add stored bins to others."""
    for number, count in record:
        bins[number] += count


def _middle(number: int) -> float:
    if number == NO_TIME:
        return 0.0
    return 2 * math.exp(number * _LOGARITHM) / (GROWTH + 1) / 1000
