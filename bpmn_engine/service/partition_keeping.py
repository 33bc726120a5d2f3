"""Partitions by time of the history: made ahead, dropped when nothing of their time is left."""

from __future__ import annotations

import datetime as dt
import logging

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import partitions
from bpmn_engine.store.errors import PartitionRightsError, TransientDatabaseError

_LOG = logging.getLogger(__name__)


class PartitionUseCases(UseCases):
    """What has to be done to the tables of history as time goes on. SQLite has no partitions."""

    def keep_partitions(self) -> int:
        """Make the partitions that are to come and drop those that are over; return how many.

        What another process does meanwhile, or what would have to wait for a lock, is left to the
        next time. A database user without the rights is a warning: history goes on in the default
        partition.
        """
        if self.database.is_sqlite:
            return 0
        now = self.clock.now()
        count = 0
        try:
            self._begin_partitions()
            while self._make_partition(now):
                count += 1
            while self._drop_partition(now):
                count += 1
            self._analyze_partitioned(now)
        except (TransientDatabaseError, DatabaseUnavailableError) as error:
            _LOG.info("outcome=partitions_postponed reason=%r", str(error))
        except PartitionRightsError as error:
            _LOG.warning("outcome=partitions_not_kept reason=%r", str(error))
        return count

    def _begin_partitions(self) -> None:
        with self.database.transaction() as session:
            partitions.require_rights(session)
            if partitions.alone(session):
                partitions.forget_exclusions(session)

    def _make_partition(self, now: dt.datetime) -> bool:
        with self.database.transaction() as session:
            if not partitions.alone(session):
                return False
            wanted = partitions.missing(session, now, self.settings.partition_width)
            if not wanted:
                return False
            table, span = wanted[0]
            is_quick = not partitions.is_default_large(session, table)
            if is_quick:
                partitions.make(session, table, span)
            else:
                partitions.exclude(session, table, span)
        if not is_quick:
            with self.database.transaction() as session:
                partitions.validate(session, table)
            with self.database.transaction() as session:
                if not partitions.alone(session) or partitions.is_made(session, table, span):
                    return False
                partitions.make(session, table, span)
        _LOG.info("outcome=partition_made table=%s begin=%s", table.name, span.begin.date())
        return True

    def _drop_partition(self, now: dt.datetime) -> bool:
        with self.database.transaction() as session:
            if not partitions.alone(session):
                return False
            ended = partitions.over(session, now)
            is_dropped = bool(ended) and partitions.drop(session, ended[0])
        if is_dropped:
            _LOG.info("outcome=partition_dropped partition=%s", ended[0].name)
        return is_dropped

    def _analyze_partitioned(self, now: dt.datetime) -> None:
        with self.database.reading() as session:
            wanted = partitions.unanalyzed(session, now)
        for table in wanted:
            with self.database.transaction() as session:
                partitions.analyze(session, table)
