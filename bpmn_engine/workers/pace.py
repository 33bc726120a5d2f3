"""How quick jobs are, and so how many are taken at once."""

from __future__ import annotations

import math
import time
from typing import Final

MOST_AHEAD: Final = 2000
"""Jobs that wait here for a thread, at most."""

_QUICK_SECONDS: Final = 0.005
_LOOK_SECONDS: Final = 0.1
_AHEAD_SECONDS: Final = 1.0


class Pace:
    """How quick the jobs are that are done here."""

    def __init__(self, thread_count: int) -> None:
        self._thread_count = thread_count
        self._seconds: dict[str, float] = {}  #: a job of each type takes, lately
        self._counted = 0
        self._counted_since = time.monotonic()
        self.most = thread_count  #: jobs that may be here at once

    def is_slow(self, job_type: str) -> bool:
        """Tell whether what was done before should not wait for such a job."""
        return self._seconds.get(job_type, math.inf) > _QUICK_SECONDS

    def note(self, job_type: str, seconds: float) -> None:
        """Remember how long a job took."""
        before = self._seconds.get(job_type, seconds)
        self._seconds[job_type] = before + (seconds - before) / 8

    def count(self, count: int) -> None:
        """Count reported jobs, and say anew how many may be here."""
        self._counted += count
        span = time.monotonic() - self._counted_since
        if span < _LOOK_SECONDS:
            return
        ahead = int(self._counted / span * _AHEAD_SECONDS)
        self.most = self._thread_count + min(ahead, MOST_AHEAD)
        self._counted, self._counted_since = 0, time.monotonic()
