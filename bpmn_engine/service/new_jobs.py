"""Who is told of new jobs, so that nobody has to look for them.

A job that its process does itself is created locked for it: its transaction is the activation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from bpmn_engine.views.work import ActivatedJob


class NewJobs(Protocol):
    """Told of the jobs that transactions of this process create. Thread-safe.

    What it loses is not lost: the database has the job, and the lock of a reserved one ends.
    """

    @property
    def worker(self) -> str:
        """Who locks the jobs that are reserved."""

    @property
    def lock(self) -> dt.timedelta:
        """How long they are locked."""

    def reserve(self, job_type: str) -> bool:
        """Tell whether a job about to be created is done here, at once."""

    def give_back(self, count: int) -> None:
        """Forget that many reservations: their transaction was rolled back."""

    def begin(self, jobs: Sequence[ActivatedJob]) -> None:
        """Do the jobs that were reserved: their transaction has been committed."""

    def announce(self, keys: Mapping[str, Sequence[int]]) -> None:
        """Take note of new jobs that were not reserved, by their types."""
