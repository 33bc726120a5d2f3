"""Operations on process instances that are named one by one, and removing what has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.batches import MOST_ITEMS, BatchUseCases
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import batches
from bpmn_engine.store.batches import BatchRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchState, BatchType

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_OPEN: Final = frozenset({BatchState.ACTIVE, BatchState.SUSPENDED})


class BatchesOfKeys(BatchUseCases):
    """What operators do to instances that they name."""

    def start_batch_of_keys(
        self,
        kind: BatchType,
        instance_keys: Sequence[int],
        detail: Mapping[str, JsonValue] = _NOTHING,
        *,
        actor: str | None = None,
    ) -> int | Problem:
        """Write down that these instances are to be changed; as `start_batch` does."""
        if len(instance_keys) > MOST_ITEMS:
            return invalid(f"Expected at most {MOST_ITEMS} process instances in one operation.")

        def work(unit: UnitOfWork) -> int:
            row = BatchRow(
                key=unit.keys.next(),
                type=kind,
                detail=detail,
                state=BatchState.ACTIVE,
                created_at=unit.now,
                created_by=actor,
            )
            batches.insert(unit.session, row, map(Key, instance_keys))
            unit.touch("batches")
            return row.key

        return self._commit(work)

    def delete_batch(self, key: int) -> Problem | None:
        """Delete the record of an operation that has ended."""

        def work(unit: UnitOfWork) -> None:
            row = batches.find(unit.session, Key(key))
            if row is None:
                raise AbandonedError(not_found("batch operation", key))
            if row.state in _OPEN:
                message = f"Expected the batch operation {key} to have ended, but it is"
                raise AbandonedError(conflict(f"{message} {row.state.value}."))
            batches.delete(unit.session, Key(key))
            unit.touch("batches")

        return self._commit(work)
