"""Rate limits: token buckets kept in the memory of one process.

Several web processes each allow the full rate; the limits protect from guessing and from
runaway clients, they are no quota.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

MAX_BUCKETS = 50_000
"""Names remembered at most; the longest unused is forgotten first."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: dt.datetime


class RateLimit:
    """Allows `count` events per `window` for each name, spread as they come; thread-safe."""

    def __init__(self, *, count: int, window: dt.timedelta) -> None:
        self._count = count
        self._per_second = count / window.total_seconds()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def spend(self, name: str, now: dt.datetime) -> dt.timedelta | None:
        """Count one event; return how long to wait when it is one too many, else None."""
        with self._lock:
            bucket = self._filled(name, now)
            if bucket.tokens < 1:
                return dt.timedelta(seconds=(1 - bucket.tokens) / self._per_second)
            bucket.tokens -= 1
            return None

    def wait(self, name: str, now: dt.datetime) -> dt.timedelta | None:
        """Return how long to wait before another event is allowed; counts nothing."""
        with self._lock:
            bucket = self._filled(name, now)
            if bucket.tokens >= 1:
                return None
            return dt.timedelta(seconds=(1 - bucket.tokens) / self._per_second)

    def forget(self, name: str) -> None:
        """Give `name` its full allowance back."""
        with self._lock:
            self._buckets.pop(name, None)

    def _filled(self, name: str, now: dt.datetime) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = _Bucket(float(self._count), now)
            self._buckets[name] = bucket
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        elapsed = max(0.0, (now - bucket.filled_at).total_seconds())
        bucket.tokens = min(float(self._count), bucket.tokens + elapsed * self._per_second)
        bucket.filled_at = now
        return bucket
