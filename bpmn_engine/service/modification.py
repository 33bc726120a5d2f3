"""Changing by hand where a running instance is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import (
    CancelVisits,
    ModifyInstance,
    Move,
    StartAfter,
    StartBefore,
)
from bpmn_engine.service.outcomes import Problem, ProblemKind, conflict, invalid, not_found
from bpmn_engine.service.summaries import summary_of
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.store import queries_history
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.instances import InstanceSummary

_NOTHING: Final[Mapping[str, JsonValue]] = {}


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
        return self._modify(key, lambda _: tuple(moves), reason, actor)

    def skip_element(
        self,
        key: int,
        element_id: str,
        *,
        visit: int | None = None,
        variables: Variables = _NOTHING,
        reason: str | None,
        actor: str | None = None,
    ) -> InstanceSummary | Problem:
        """Let an instance go on after an element as if that had given these results.

        Every visit of the element is skipped, or the one with the key `visit`. The variables are
        set in the scope that the element is in.
        """

        def moves(unit: UnitOfWork) -> tuple[Move, ...]:
            visits = _visits(unit, Key(key), element_id, visit)
            return tuple(
                move
                for one, scope in visits
                for move in (
                    CancelVisits(visit=one),
                    StartAfter(element_id=element_id, inside=scope, variables=variables),
                )
            )

        return self._modify(key, moves, reason, actor)

    def repeat_element(
        self,
        key: int,
        element_id: str,
        *,
        inside: int | None = None,
        variables: Variables = _NOTHING,
        reason: str | None,
        actor: str | None = None,
    ) -> InstanceSummary | Problem:
        """Do an element once more that the instance has been at, beside what runs.

        The variables are set in the scope that it starts in; `inside` names that, of several.
        """

        def moves(unit: UnitOfWork) -> tuple[Move, ...]:
            if element_id not in queries_history.visited_elements(unit.session, Key(key)):
                raise AbandonedError(
                    conflict(
                        f"Expected the process instance {key} to have been at {element_id}, but "
                        "it never was. Start before it instead."
                    )
                )
            scope = None if inside is None else ElementKey(inside)
            return (StartBefore(element_id=element_id, inside=scope, variables=variables),)

        return self._modify(key, moves, reason, actor)

    def _modify(
        self,
        key: int,
        moves: Callable[[UnitOfWork], tuple[Move, ...]],
        reason: str | None,
        actor: str | None,
    ) -> InstanceSummary | Problem:
        def work(unit: UnitOfWork) -> None:
            unit.lock((Key(key),))
            if unit.row(Key(key)) is None:
                raise AbandonedError(not_found("process instance", key))
            command = ModifyInstance(moves=moves(unit))
            apply_or_abandon(unit, Key(key), command, actor=actor, reason=reason)

        problem = self._commit(work)
        if problem is not None:
            return problem
        return self._read(lambda session: summary_of(session, self._graphs, Key(key)))


def _visits(
    unit: UnitOfWork, key: Key, element_id: str, visit: int | None
) -> list[tuple[ElementKey, ElementKey]]:
    """Return the open visits of an element as it is seen from outside, each with its scope."""
    row, state = unit.row(key), unit.state(key)
    node = None if row is None else unit.graph(row.definition_key).node(element_id)
    found = [
        (one, opened.scope)
        for one, opened in sorted(state.visits.items() if state is not None else ())
        if node is not None and opened.node == node.index and visit in {None, one}
    ]
    if found:
        return found
    raise AbandonedError(
        Problem(
            kind=ProblemKind.NOT_FOUND,
            message=f"Expected the process instance {key} to be at {element_id}, but it is not.",
        )
    )
