"""Notes that people write on what others have done: entries of the journal about its entries."""

from __future__ import annotations

from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import history

NOTE: Final = "AnnotateOperation"
"""The action of the entry that is a note; its detail has the `entry` and the `annotation`."""


class OperationNotes(UseCases):
    """What auditors remark."""

    def annotate_entry(
        self, instance_key: int, sequence: int, text: str | None, *, actor: str | None = None
    ) -> Problem | None:
        """Write a note on an entry of an instance's journal, in place of the one before.

        None takes it back. Nothing is taken from the journal: earlier notes stay in it.
        """

        def work(unit: UnitOfWork) -> None:
            key = Key(instance_key)
            unit.lock((key,))
            if unit.row(key) is None:
                raise AbandonedError(not_found("process instance", instance_key))
            history.write_note(
                unit.session,
                instance_key=key,
                at=unit.now,
                actor=actor,
                action=NOTE,
                detail={"entry": sequence, "annotation": text},
            )
            unit.touch(f"instance:{instance_key}")

        return self._commit(work)
