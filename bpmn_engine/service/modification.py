"""Changing by hand where a running instance is."""

from __future__ import annotations

from collections.abc import Sequence

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import ModifyInstance, Move
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.summaries import summary_of
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.views.instances import InstanceSummary


class ModificationUseCases(UseCases):
    """What operators do about instances that are in the wrong place."""

    def modify_instance(
        self, key: int, moves: Sequence[Move], *, reason: str | None, actor: str | None = None
    ) -> InstanceSummary | Problem:
        """Cancel visits and start tokens elsewhere, in the order of the moves, all or nothing.

        Jobs, timers, subscriptions, user tasks and called instances of what is cancelled are
        withdrawn in the same transaction. An instance in which nothing is left is terminated. A
        suspended one is a CONFLICT: resume it first.
        """
        if not moves:
            return invalid("Expected at least one move, but got none.", field_name="moves")

        def work(unit: UnitOfWork) -> None:
            command = ModifyInstance(moves=tuple(moves))
            apply_or_abandon(unit, Key(key), command, actor=actor, reason=reason)

        problem = self._commit(work)
        if problem is not None:
            return problem
        return self._read(lambda session: summary_of(session, self._graphs, Key(key)))
