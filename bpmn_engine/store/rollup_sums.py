"""The sums that figures are read from: by stretches of time of several lengths, and of all time.

Each delta is added to a bucket of every length. Short buckets are kept for a while only, so the
begin of a range is exact to the minute when it is near, and to the day when it is far.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.store.columns import EPOCH
from bpmn_engine.store.durations import add_bins, bins_record
from bpmn_engine.store.rows import AnyRow

LENGTHS: Final[Mapping[int, dt.timedelta | None]] = {
    1: dt.timedelta(days=8),
    15: dt.timedelta(days=32),
    180: dt.timedelta(days=400),
    1440: None,
    43_200: None,
}
"""Minutes of a bucket -> for how long such buckets are kept; None = for good."""

COUNTS: Final = ("started", "completed", "failed", "terminated", "duration_ms")
"""The columns that deltas and buckets have in common, but for the bins."""


@dataclass(slots=True)
class Sums:
    """Figures of some stretch of time."""

    counts: Counter[str] = field(default_factory=Counter)  #: by column of COUNTS
    bins: Counter[int] = field(default_factory=Counter)

    def add(self, row: AnyRow) -> None:
        """Add a delta or a bucket."""
        counts = self.counts
        counts["started"] += int(row.started)
        counts["completed"] += int(row.completed)
        counts["failed"] += int(row.failed)
        counts["terminated"] += int(row.terminated)
        counts["duration_ms"] += int(row.duration_ms)
        add_bins(self.bins, row.durations)

    def merge(self, other: Sums) -> None:
        """Add the figures of another stretch."""
        self.counts.update(other.counts)
        self.bins.update(other.bins)

    def values(self) -> dict[str, object]:
        """Return the columns of a bucket."""
        return {
            **{name: self.counts[name] for name in COUNTS},
            "durations": bins_record(self.bins),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Buckets of one length, from a begin to an end, which is not of it."""

    minutes: int
    begin: dt.datetime
    end: dt.datetime


def begin_of(moment: dt.datetime, minutes: int) -> dt.datetime:
    """Return the begin of a moment's bucket."""
    length = dt.timedelta(minutes=minutes)
    return EPOCH + (moment - EPOCH) // length * length


def shortest_kept(age: dt.timedelta) -> int:
    """Return the shortest length of which buckets so old are kept."""
    return next(minutes for minutes, kept in LENGTHS.items() if kept is None or age < kept)


def stretches(since: dt.datetime, now: dt.datetime) -> tuple[Stretch, ...]:
    """Return as few buckets as there can be for all that is between two moments.

    The range begins where the bucket of `since` does, of the shortest length that is kept.
    """
    minutes = shortest_kept(now - since)
    first = begin_of(since, minutes)
    last = begin_of(now, 1) + dt.timedelta(minutes=1)
    lengths = sorted((length for length in LENGTHS if length >= minutes), reverse=True)
    return tuple(_cover(first, last, tuple(lengths)))


def _cover(begin: dt.datetime, end: dt.datetime, lengths: tuple[int, ...]) -> Iterator[Stretch]:
    if begin >= end:
        return
    if len(lengths) == 1:
        yield Stretch(minutes=lengths[0], begin=begin, end=end)
        return
    length = dt.timedelta(minutes=lengths[0])
    first = begin_of(begin + length - dt.timedelta.resolution, lengths[0])
    last = begin_of(end, lengths[0])
    if first >= last:
        yield from _cover(begin, end, lengths[1:])
        return
    yield from _cover(begin, first, lengths[1:])
    yield Stretch(minutes=lengths[0], begin=first, end=last)
    yield from _cover(last, end, lengths[1:])
