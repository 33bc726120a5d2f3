"""The series of a metric: one for each combination of its labels, and not without bound."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Final, Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram, Summary

OTHER: Final = "other"
"""The value of every label of what is beyond the most series of a metric."""

Child = TypeVar("Child", Counter, Gauge, Histogram, Summary)


class Series(Generic[Child]):
    """The series of one metric, at most so many; the rest shares one. Thread-safe."""

    def __init__(self, metric: Child, most: int) -> None:
        self._metric: Child = metric
        self._most = most
        self._known: dict[tuple[str, ...], Child] = {}
        self._lock = Lock()

    def of(self, *labels: str) -> Child:
        """Return the series of these labels."""
        known = self._known.get(labels)
        if known is not None:
            return known
        with self._lock:
            if len(self._known) >= self._most:
                labels = (OTHER,) * len(labels)
            if labels not in self._known:
                self._known[labels] = self._metric.labels(*labels)
            return self._known[labels]

    def labels(self) -> Sequence[tuple[str, ...]]:
        """Return the labels known so far."""
        with self._lock:
            return tuple(self._known)
