"""How the engine as a whole is doing: how full its queues are, and whether it can work."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service import activation
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.pool_file import ResourcePool
from bpmn_engine.service.traced_jobs import trace_parents
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import partitions, queue_samples, resource_pools
from bpmn_engine.store.database import Session
from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.views.queues import FullQueue, JobQueue, PoolUse, QueueSample, Readiness
from bpmn_engine.views.work import DueJob

_LOG = logging.getLogger(__name__)
_LONGEST_COUNT: Final = dt.timedelta(minutes=1)
_PAUSES_PER_COUNT: Final = 20
"""Counting may take a twentieth of the time, however much there is to count."""


class MonitoringUseCases(UseCases):
    """What those who watch the engine ask."""

    def sample_queues(self) -> QueueSample | None:
        """Learn how full the queues are; None while nobody has counted them yet.

        One of the processes that share the database counts, and no more often than the setting
        `queue_sample_interval` says; the others read what it found.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        now = self.clock.now()
        claimed = self._run(
            lambda unit: queue_samples.claim(unit.session, now, until=now + _LONGEST_COUNT)
        )
        sample = self._counted(now) if claimed is True else self._read(queue_samples.latest)
        if sample is not None:
            self.queue_watch.keep(sample)
            if self.observer is not None:
                self.observer.sampled(sample)
        return sample

    def full_queue(self) -> FullQueue | None:
        """Return a queue that is so full that nothing new is to be begun; None = go on.

        It reads no database: what it says was true when the queues were sampled last.
        """
        return self.queue_watch.full(self.clock.now())

    def pool_use(self) -> tuple[PoolUse, ...]:
        """Return the resource pools and how much of each is taken.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._read(lambda session: self._pool_use(session, self.clock.now(), ()))

    def call_back_jobs(self) -> int:
        """Let jobs go on that were put aside for a resource which is free now, or is no more.

        Returns how many.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        if not self._read(resource_pools.has_waiting):
            return 0
        called = self._run(lambda unit: activation.call_back(unit, self.pools))
        return 0 if isinstance(called, Problem) else called

    def trace_parents(self, jobs: Sequence[DueJob]) -> Mapping[int, str]:
        """Return the trace context of jobs by their keys; nothing, unread, without traces.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        part = None if self.observer is None else self.observer.traced_part
        if part is None or not jobs:
            return {}
        return self._read(lambda session: trace_parents(session, jobs, part))

    def readiness(self) -> Readiness:
        """Return whether the database can be read, and its tables are those of this release."""
        try:
            is_recent = self.database.is_recent()
        except (DatabaseUnavailableError, TransientDatabaseError) as error:
            # The reason may name hosts and users, and anybody may ask.
            _LOG.warning("outcome=database_unavailable reason=%r", str(error))
            return Readiness(parts=(("database", "unavailable"),))
        migrations = "ok" if is_recent else "missing: run bpmn-engine migrate-db"
        return Readiness(
            parts=(("database", "ok"), ("migrations", migrations)),
            warnings=self._partition_warnings() if is_recent else (),
        )

    def _partition_warnings(self) -> tuple[tuple[str, str], ...]:
        """Return what is wrong with the making of partitions, if anything is."""
        try:
            end_at = self._read(partitions.end)
        except DatabaseUnavailableError as error:
            _LOG.warning("outcome=database_unavailable reason=%r", str(error))
            return ()
        if end_at is None or not partitions.is_ending(end_at, self.clock.now()):
            return ()
        word = (
            f"warning: those of the history end on {end_at:%Y-%m-%d}, then all goes into the "
            "default one; a worker makes more if its database user owns the tables"
        )
        return (("partitions", word),)

    def _counted(self, now: dt.datetime) -> QueueSample:
        began = time.perf_counter()

        def count(session: Session) -> QueueSample:
            counted = queue_samples.count(session, now)
            return replace(counted, pools=self._pool_use(session, now, counted.jobs))

        found = self._read(count)
        took = time.perf_counter() - began
        sample = replace(found, took_seconds=took)
        pause = max(
            self.settings.queue_sample_interval, dt.timedelta(seconds=took * _PAUSES_PER_COUNT)
        )
        self._run(lambda unit: queue_samples.publish(unit.session, sample, until=now + pause))
        return sample

    def _pool_use(
        self, session: Session, now: dt.datetime, queues: Sequence[JobQueue]
    ) -> tuple[PoolUse, ...]:
        if not self.pools:
            return ()
        names: Sequence[str] = [pool.name for pool in self.pools.pools]
        watched = {pool.name: pool.holds_while_watched for pool in self.pools.pools}
        taken = resource_pools.taken(session, watched, now)
        waiting = resource_pools.waiting(session, names)
        return tuple(
            PoolUse(
                name=pool.name,
                taken_count=taken[pool.name],
                waiting_count=waiting[pool.name] + _left(pool, taken[pool.name], queues),
                size=pool.size,
            )
            for pool in self.pools.pools
        )


def _left(pool: ResourcePool, taken: int, queues: Sequence[JobQueue]) -> int:
    """Return how many jobs are not asked for because a pool for all of their type is full."""
    if pool.profiles or pool.size is None or taken < pool.size:
        return 0
    open_count = sum(queue.open_count for queue in queues if queue.job_type in pool.job_types)
    return max(0, open_count - taken)
