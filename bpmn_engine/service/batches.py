"""Operations on many process instances, and the same on one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import Key
from bpmn_engine.service.batch_work import change_one
from bpmn_engine.service.element_scopes import without_callers
from bpmn_engine.service.outcomes import Problem, conflict, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.service.variable_conditions import without_variables
from bpmn_engine.store import batches
from bpmn_engine.store.batches import BatchRow
from bpmn_engine.store.search_instances import INSTANCES
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchState, BatchType
from bpmn_engine.views.searching import Criterion, Search

MOST_ITEMS: Final = 100_000
"""Instances of one operation."""

_LOG: Final = logging.getLogger(__name__)
_NOTHING: Final[Mapping[str, JsonValue]] = {}


class BatchUseCases(UseCases):
    """What operators do to many instances at once."""

    def change_instance(
        self,
        kind: BatchType,
        key: int,
        detail: Mapping[str, JsonValue] = _NOTHING,
        *,
        actor: str | None = None,
    ) -> Problem | None:
        """Do to one instance what an operation on many does."""

        def work(unit: UnitOfWork) -> None:
            problem = change_one(unit, kind, Key(key), detail, actor)
            if problem is not None:
                raise AbandonedError(problem)

        return self._commit(work)

    def start_batch(
        self,
        kind: BatchType,
        criteria: Sequence[Criterion],
        detail: Mapping[str, JsonValue] = _NOTHING,
        *,
        actor: str | None = None,
    ) -> int | Problem:
        """Write down which instances are to be changed: all that meet the criteria.

        Nothing is changed yet: that is done by `advance_batches`, which every worker calls, or by
        `advance_batch`. Returns the key of the operation.
        """

        def work(unit: UnitOfWork) -> int:
            told = without_callers(unit.session, criteria)
            if isinstance(told, Problem):
                raise AbandonedError(told)
            search = Search(criteria=told)
            wanted = without_variables(unit.session, self._graphs, INSTANCES, search)
            if isinstance(wanted, Problem):
                raise AbandonedError(wanted)
            keys = INSTANCES.keys(unit.session, wanted.criteria, "key", limit=MOST_ITEMS)
            row = BatchRow(
                key=unit.keys.next(),
                type=kind,
                detail=detail,
                state=BatchState.ACTIVE,
                created_at=unit.now,
                created_by=actor,
            )
            batches.insert(unit.session, row, map(Key, keys))
            unit.touch("batches")
            return row.key

        return self._commit(work)

    def advance_batches(self, limit: int) -> int:
        """Change up to `limit` instances of the operations that have not ended.

        Each in a transaction of its own, so that any number of processes may do this at once and
        each may end at any moment. Returns how many were tried.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        done = 0
        for key in self._read(batches.active_keys):
            done += self.advance_batch(key, limit - done)
            if done >= limit:
                break
        return done

    def advance_batch(self, key: int, limit: int) -> int:
        """Change up to `limit` more instances of one operation; returns how many were tried.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        for done in range(limit):
            if not self._advance_batch(Key(key)):
                return done
        return limit

    def cancel_batch(self, key: int) -> Problem | None:
        """End an operation; what it has done stays done."""

        def work(unit: UnitOfWork) -> None:
            if not batches.cancel(unit.session, Key(key), unit.now):
                raise AbandonedError(_not(unit, Key(key), "open"))
            unit.touch("batches")

        return self._commit(work)

    def suspend_batch(self, key: int) -> Problem | None:
        """Hold an operation until it is resumed."""
        return self._change_state(key, BatchState.ACTIVE, BatchState.SUSPENDED)

    def resume_batch(self, key: int) -> Problem | None:
        """Let an operation go on."""
        return self._change_state(key, BatchState.SUSPENDED, BatchState.ACTIVE)

    def _change_state(self, key: int, before: BatchState, after: BatchState) -> Problem | None:
        def work(unit: UnitOfWork) -> None:
            if not batches.change_state(unit.session, Key(key), before, after):
                raise AbandonedError(_not(unit, Key(key), before.value))
            unit.touch("batches")

        return self._commit(work)

    def _advance_batch(self, key: Key) -> bool:
        """Change the next instance; whatever becomes of it is written in the same transaction."""
        tried: list[Key] = []

        def work(unit: UnitOfWork) -> bool:
            row = batches.find(unit.session, key)
            is_active = row is not None and row.state is BatchState.ACTIVE
            taken = batches.take(unit.session, key) if is_active else None
            tried[:] = [] if taken is None else [taken]
            if row is None or taken is None:
                if is_active and batches.end(unit.session, key, unit.now):
                    unit.touch("batches")
                return False
            problem = change_one(unit, row.type, taken, row.detail, row.created_by)
            message = None if problem is None else problem.message
            batches.finish(unit.session, key, taken, unit.now, message=message)
            return True

        try:
            return self._run(work) is True
        except DatabaseUnavailableError:
            raise
        except Exception as error:
            if not tried:
                raise
            _LOG.exception("batch=%s instance=%s outcome=failed", key, tried[0])
            told = f"{type(error).__name__}: {error}"
            self._run(
                lambda unit: batches.finish(unit.session, key, tried[0], unit.now, message=told)
            )
            return True


def _not(unit: UnitOfWork, key: Key, expected: str) -> Problem:
    row = batches.find(unit.session, key)
    if row is None:
        return not_found("batch operation", key)
    return conflict(
        f"Expected the batch operation {key} to be {expected}, but it is {row.state.value}."
    )
