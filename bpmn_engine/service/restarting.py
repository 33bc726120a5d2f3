"""Doing finished instances again: new instances with the variables of the old ones."""

from __future__ import annotations

from collections.abc import Sequence

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    Rejection,
    StartAfter,
    StartBefore,
    StartElsewhere,
    StartInstance,
)
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.service.outcomes import Problem, ProblemKind, conflict, not_found
from bpmn_engine.service.portions import Portions
from bpmn_engine.service.summaries import ReadModels
from bpmn_engine.service.transactions import of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import definitions, history, restarts
from bpmn_engine.store.applied import ENDED
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.restarts import RestartRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.instances import InstanceSummary, RestartRequest, VariableOrigin


class RestartUseCases(UseCases):
    """What operators do about instances that are over, and should not be."""

    def restart_instance(
        self, request: RestartRequest, *, reason: str | None, actor: str | None = None
    ) -> InstanceSummary | Problem:
        """Start a new instance that does again what a finished one did."""
        return self.restart_instances((request,), reason=reason, actor=actor)[0]

    def restart_instances(
        self,
        requests: Sequence[RestartRequest],
        *,
        reason: str | None,
        actor: str | None = None,
    ) -> list[InstanceSummary | Problem]:
        """Restart many, as many in one transaction as fit; answers in their order.

        A request that cannot be met is a problem in its place and does not hold up the others.
        One that names no element begins where the finished instance began. That stays as it is.
        The new one has its business key and no caller; it is in the journal of both, with the
        reason.
        """
        answers: list[InstanceSummary | Problem] = []
        portions = self._portions()
        for part in portions.parts(requests):
            answers.extend(self._restart_part(part, portions, reason, actor))
        return answers

    def _restart_part(
        self,
        batch: Sequence[RestartRequest],
        portions: Portions,
        reason: str | None,
        actor: str | None,
    ) -> list[InstanceSummary | Problem]:
        def work(unit: UnitOfWork) -> list[Key | Problem]:
            unit.lock(Key(request.instance_key) for request in batch)
            done: dict[tuple[int, str], Key] = {}
            return [_restart(unit, request, done, reason, actor) for request in batch]

        started = self._commit(portions.timed(work, len))
        if isinstance(started, Problem):
            return [started for _ in batch]
        keys = [answer for answer in started if not isinstance(answer, Problem)]
        summaries = self._read(lambda session: ReadModels(session, self._graphs).summaries(keys))
        return [answer if isinstance(answer, Problem) else summaries[answer] for answer in started]


def _restart(
    unit: UnitOfWork,
    request: RestartRequest,
    done: dict[tuple[int, str], Key],
    reason: str | None,
    actor: str | None,
) -> Key | Problem:
    """Restart one instance; `done` has what this transaction did for which request."""
    before = _finished(unit, request)
    if isinstance(before, Problem):
        return before
    asked = None if request.request_key is None else (before.key, request.request_key)
    if asked is not None:
        known = done.get(asked) or restarts.find(unit.session, before.key, asked[1])
        if known is not None:
            return known
    definition = _definition(unit, before, request)
    if definition is None:
        return not_found("process definition", before.process_id)
    command = _command(unit, before, request, actor)
    started = unit.start(definition, command, actor=actor, reason=reason)
    if isinstance(started, Rejection):
        return Problem(kind=ProblemKind.INVALID, message=of_rejection(started).message)
    _note(unit, before, started, reason, actor, request.request_key)
    if asked is not None:
        done[asked] = started.key
    return started.key


def _finished(unit: UnitOfWork, request: RestartRequest) -> InstanceRow | Problem:
    row = unit.row(Key(request.instance_key))
    if row is None:
        return not_found("process instance", request.instance_key)
    if row.status not in ENDED:
        return conflict(
            f"Expected the process instance {row.key} to have ended, but it is "
            f"{row.status.value}. Cancel it before, or move it."
        )
    return row


def _definition(
    unit: UnitOfWork, before: InstanceRow, request: RestartRequest
) -> DefinitionRow | None:
    if request.uses_latest:
        return definitions.find_latest(unit.session, before.process_id)
    return definitions.find_deployed(unit.session, before.definition_key)


def _command(
    unit: UnitOfWork, before: InstanceRow, request: RestartRequest, actor: str | None
) -> StartInstance | StartElsewhere:
    variables = {**_variables(unit, before, request.origin), **request.variables}
    moves: tuple[StartBefore | StartAfter, ...] = (
        *(StartBefore(element_id=element_id) for element_id in request.start_before),
        *(StartAfter(element_id=element_id) for element_id in request.start_after),
    )
    first = None if moves else restarts.first_command(unit.session, before.key)
    if isinstance(first, StartElsewhere):
        moves = first.moves
    if moves:
        return StartElsewhere(moves=moves, variables=variables, business_key=before.business_key)
    return StartInstance(
        variables=variables,
        element_id=first.element_id if isinstance(first, StartInstance) else None,
        business_key=before.business_key,
        initiator=actor,
    )


def _variables(
    unit: UnitOfWork, before: InstanceRow, origin: VariableOrigin
) -> dict[str, JsonValue]:
    match origin:
        case VariableOrigin.END:
            state = unit.state(before.key)
            return {} if state is None else dict(state.variables.get(ROOT, {}).items())
        case VariableOrigin.START:
            return restarts.first_variables(unit.session, before.key)
        case VariableOrigin.NONE:
            return {}


def _note(
    unit: UnitOfWork,
    before: InstanceRow,
    started: InstanceRow,
    reason: str | None,
    actor: str | None,
    request_key: str | None,
) -> None:
    unit.note_restart(
        RestartRow(instance_key=started.key, restarted_key=before.key, request_key=request_key)
    )
    history.write_note(
        unit.session,
        instance_key=before.key,
        at=unit.now,
        actor=actor,
        action="RestartInstance",
        detail={"instance_key": str(started.key)},
        reason=reason,
    )
    unit.touch(f"instance:{before.key}")
