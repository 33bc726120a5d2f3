"""What this process knows of how full the queues are: the last sample, never older than it says.

It costs a request nothing: somebody samples in the background, see `MonitoringUseCases`.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Final, TypeVar

from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.fair_jobs import Share
from bpmn_engine.views.queues import FullQueue, QueueSample

Item = TypeVar("Item")

_OUTDATED_AFTER: Final = dt.timedelta(minutes=1)
"""An older sample says nothing about now; whoever took samples is gone."""


class QueueWatch:
    """The last sample of one process. Thread-safe: it is replaced as a whole."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._sample: QueueSample | None = None
        self._turns = itertools.count()

    @property
    def sample(self) -> QueueSample | None:
        """The last sample; None before the first."""
        return self._sample

    def keep(self, sample: QueueSample) -> None:
        """Replace the last sample."""
        self._sample = sample

    def current(self, now: dt.datetime) -> QueueSample | None:
        """Return the last sample unless it is outdated."""
        sample = self._sample
        if sample is None or now - sample.sampled_at > self._outdated_after:
            return None
        return sample

    def backlog(
        self, types: Sequence[str] | None, *, more_than: int, now: dt.datetime
    ) -> Sequence[Share]:
        """Return who has jobs of these types (None: of any) when there are more than so many."""
        sample = self.current(now)
        if sample is None:
            return ()
        queues = [queue for queue in sample.jobs if types is None or queue.job_type in types]
        if sum(queue.open_count for queue in queues) <= more_than:
            return ()
        return [
            Share(process_id=one.process_id, job_type=one.job_type, top_priority=one.top_priority)
            for one in queues
        ]

    def in_turn(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the items, each call beginning with the next one, so that each has its turn."""
        first = next(self._turns) % max(1, len(items))
        return [*items[first:], *items[:first]]

    def full(self, now: dt.datetime) -> FullQueue | None:
        """Return a queue that holds more than the settings allow, if there is one."""
        sample = self.current(now)
        if sample is None:
            return None
        for name, count, limit in (
            ("jobs", sample.open_jobs, self._settings.max_open_jobs),
            ("outbox", sample.outbox_count, self._settings.max_outbox_rows),
            ("inbox", sample.inbox_count, self._settings.max_inbox_rows),
        ):
            if limit and count > limit:
                pause = max(dt.timedelta(seconds=1), self._settings.queue_sample_interval)
                return FullQueue(name=name, count=count, limit=limit, retry_after=pause)
        return None

    @property
    def _outdated_after(self) -> dt.timedelta:
        return max(_OUTDATED_AFTER, 4 * self._settings.queue_sample_interval)
