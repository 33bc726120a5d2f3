"""Starting, holding and ending process instances, and setting their variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import (
    ActivateElement,
    CancelInstance,
    Command,
    Rejection,
    ResumeInstance,
    SetVariables,
    StartInstance,
    SuspendInstance,
)
from bpmn_engine.ports import Clock
from bpmn_engine.service.definition_reading import find_startable
from bpmn_engine.service.observing import Observer
from bpmn_engine.service.outcomes import Problem, ProblemKind
from bpmn_engine.service.start_keys import KeyedStarts
from bpmn_engine.service.summaries import ReadModels, summary_of
from bpmn_engine.service.transactions import AbandonedError, of_rejection, unavailable
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import start_keys
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.json_text import dump_json
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.instances import AsRead, InstanceSummary, StartRequest
from bpmn_engine.views.paging import Caller

_NOTHING: Final[Mapping[str, JsonValue]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One instance to start, and for whom."""

    request: StartRequest
    actor: str | None
    caller: Caller | None


class InstanceUseCases(UseCases):
    """What is done to process instances as a whole."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: EngineSettings,
        *,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(database, clock, settings, observer=observer)
        self._started_together = self._portions()
        self._starts = self._gathered(self._start_part, self._started_together)

    def start_instance(  # noqa: PLR0913 — the parts of one request, all but one by keyword
        self,
        process_id: str | None = None,
        *,
        definition_key: int | None = None,
        version: int | None = None,
        variables: Variables = _NOTHING,
        business_key: str | None = None,
        start_element_id: str | None = None,
        idempotency_key: str | None = None,
        actor: str | None = None,
        caller: Caller | None = None,
    ) -> InstanceSummary | Problem:
        """Start one instance, of the latest version unless told otherwise."""
        request = StartRequest(
            process_id=process_id,
            definition_key=definition_key,
            version=version,
            variables=variables,
            business_key=business_key,
            start_element_id=start_element_id,
            idempotency_key=idempotency_key,
        )
        return self.start_instances((request,), actor=actor, caller=caller)[0]

    def start_instances(
        self,
        requests: Sequence[StartRequest],
        *,
        actor: str | None = None,
        caller: Caller | None = None,
    ) -> list[InstanceSummary | Problem]:
        """Start many instances, as many in one transaction as fit; answers in their order.

        A request that cannot be met is a problem in its place and does not hold up the others.
        With a caller, a process that names who may start it is FORBIDDEN to anybody else.
        One whose idempotency key the actor has used before is answered as then and starts nothing:
        INVALID if that was another request, GONE if the instance was deleted.
        """
        orders = [_Order(request=request, actor=actor, caller=caller) for request in requests]
        answers: list[InstanceSummary | Problem] = []
        for part in self._started_together.parts(orders):
            answers.extend(self._starts(part))
        return answers

    def earlier_starts(
        self, requests: Sequence[StartRequest], *, actor: str | None = None
    ) -> list[InstanceSummary | Problem | None]:
        """Return what `start_instances` answers to repeated requests; None for all others."""
        if all(request.idempotency_key is None for request in requests):
            return [None] * len(requests)
        starts = [(request, actor) for request in requests]
        now, keep = self.clock.now(), self.settings.idempotency_key_time_to_live
        keyed = self._read(lambda session: KeyedStarts(session, now, keep, starts))
        return [keyed.known(*asked) for asked in starts]

    def expire_start_keys(self, limit: int = 1000) -> int:
        """Forget idempotency keys whose time is over; returns how many."""
        return self._count(lambda unit: start_keys.delete_expired(unit.session, unit.now, limit))

    def cancel_instance(
        self, key: int, *, reason: str | None = None, actor: str | None = None
    ) -> InstanceSummary | Problem:
        """End an instance and everything it has called. It cannot be undone."""
        return self._command(key, CancelInstance(reason=reason), reason, actor)

    def suspend_instance(
        self, key: int, *, reason: str | None = None, actor: str | None = None
    ) -> InstanceSummary | Problem:
        """Hold an instance: its jobs, timers, messages and tasks wait until it is resumed."""
        return self._command(key, SuspendInstance(), reason, actor)

    def resume_instance(
        self, key: int, *, reason: str | None = None, actor: str | None = None
    ) -> InstanceSummary | Problem:
        """Let a suspended instance go on, beginning with what has waited for it."""
        answer = self._command(key, ResumeInstance(), reason, actor)
        if isinstance(answer, Problem):
            return answer
        self._follow_ups.after(None, has_more=True)
        return self._summary(key)

    def activate_element(  # noqa: PLR0913 — the parts of one change, all but two by keyword
        self,
        key: int,
        element_id: str,
        *,
        visit: int | None = None,
        variables: Variables = _NOTHING,
        cancels_remaining: bool = False,
        reason: str | None = None,
        actor: str | None = None,
    ) -> InstanceSummary | Problem:
        """Let an element of an open ad-hoc sub-process begin.

        `visit` is the element instance of the sub-process, where several are open; the variables
        are set in it. With `cancels_remaining` what runs in it is terminated before.
        """
        command = ActivateElement(
            element_id=element_id,
            visit=None if visit is None else ElementKey(visit),
            variables=variables,
            cancels_remaining=cancels_remaining,
        )
        return self._command(key, command, reason, actor)

    def set_variables(  # noqa: PLR0913 — the parts of one change, all but two by keyword
        self,
        key: int,
        variables: Variables,
        *,
        scope: int = 0,
        removed: Sequence[str] = (),
        as_read: AsRead | None = None,
        reason: str | None = None,
        actor: str | None = None,
    ) -> InstanceSummary | Problem:
        """Set and remove variables of one open scope of an instance; 0 is the instance's own.

        The others stay. STALE, and nothing is set, when the instance is no longer `as_read`.
        """
        command = SetVariables(
            scope=ElementKey(scope), variables=variables, removed=tuple(removed)
        )

        def refuse_stale(unit: UnitOfWork) -> None:
            if as_read is not None:
                unit.lock((Key(key),))
                _refuse_stale(unit, Key(key), as_read, command.scope)

        return self._command(key, command, reason, actor, before=refuse_stale)

    def _command(
        self,
        key: int,
        command: Command,
        reason: str | None,
        actor: str | None,
        *,
        before: Callable[[UnitOfWork], None] = lambda _: None,
    ) -> InstanceSummary | Problem:
        def work(unit: UnitOfWork) -> None:
            before(unit)
            apply_or_abandon(unit, Key(key), command, actor=actor, reason=reason)

        problem = self._commit(work)
        return self._summary(key) if problem is None else problem

    def _summary(self, key: int) -> InstanceSummary | Problem:
        return self._read(lambda session: summary_of(session, self._graphs, Key(key)))

    def _start_part(self, orders: Sequence[_Order]) -> list[InstanceSummary | Problem]:
        """Start instances in one transaction: all of them, or the first if there is much to do."""
        keyed: list[KeyedStarts] = []

        def work(unit: UnitOfWork) -> list[InstanceSummary | Problem]:
            starts = [(order.request, order.actor) for order in orders]
            keep = self.settings.idempotency_key_time_to_live
            keyed[:] = [KeyedStarts(unit.session, unit.now, keep, starts)]
            if keyed[0].is_needed:
                unit.write_last(keyed[0].write)
            return _start_all(unit, orders, keyed[0], ReadModels(unit.session, self._graphs))

        start = self._started_together.timed(work, len)
        try:
            started, is_followed = self._followed(start, of_many=True)
        except DatabaseUnavailableError as error:
            started, is_followed = unavailable(error), False
        if isinstance(started, Problem):
            return [started for _ in orders]
        if not is_followed:
            return started
        try:
            answers = self._read(lambda session: self._now(session, started))
            changed = keyed[0].changed(answers)
            if changed:  # who repeats such a request is told the same
                self._run(lambda unit: start_keys.change_answers(unit.session, changed))
        except DatabaseUnavailableError:
            return started  # they are started, whatever cannot be read now
        return answers

    def _now(
        self, session: Session, started: Sequence[InstanceSummary | Problem]
    ) -> list[InstanceSummary | Problem]:
        """Return started instances as they are after what followed; earlier ones as they were."""
        keys = {
            Key(answer.key)
            for answer in started
            if not isinstance(answer, Problem) and not answer.is_replayed
        }
        summaries = ReadModels(session, self._graphs).summaries(keys)
        return [
            answer
            if isinstance(answer, Problem) or Key(answer.key) not in summaries
            else replace(summaries[Key(answer.key)], is_replayed=answer.is_replayed)
            for answer in started
        ]


def _refuse_stale(unit: UnitOfWork, key: Key, as_read: AsRead, scope: ElementKey) -> None:
    """Give up the transaction if a locked instance has changed since it was read."""
    row, state = unit.row(key), unit.state(key)
    if row is None or state is None:
        return
    if as_read.revisions is not None and row.version not in as_read.revisions:
        raise _stale(f"the process instance {key}")
    variables = state.variables.get(scope, _NOTHING)
    for name, value in as_read.variables.items():
        if name not in variables or dump_json(variables[name]) != dump_json(value):
            raise _stale(f"the variable {name!r}")


def _stale(what: str) -> AbandonedError:
    return AbandonedError(
        Problem(
            kind=ProblemKind.STALE,
            message=f"Expected {what} as it was read, but it has changed since. Read it again.",
        )
    )


def _filled_in(work: UnitOfWork, definition: DefinitionRow, request: StartRequest) -> str | None:
    """Return the business key that the start event's form takes from one of its fields."""
    graph = work.graph(definition.key)
    for index in graph.start_events:
        spec = graph.start_spec(index)
        is_meant = request.start_element_id in {None, graph.nodes[index].element_id}
        if spec is None or spec.form is None or spec.trigger is not None or not is_meant:
            continue
        value = request.variables.get(spec.form.business_key_field or "")
        return None if value is None else str(value)
    return None


def _start_all(
    work: UnitOfWork, orders: Sequence[_Order], keyed: KeyedStarts, models: ReadModels
) -> list[InstanceSummary | Problem]:
    """Start what was not started before; answer the orders one by one.

    The last ones have no answer if the transaction's moves are spent before: they come again.
    """
    found: dict[tuple[object, ...], DefinitionRow | Problem] = {}
    answers: list[InstanceSummary | Problem] = []
    for order in orders:
        answer = keyed.known(order.request, order.actor)
        if answer is None:
            row = _start(work, order, found)
            answer = row if isinstance(row, Problem) else models.summary(row)
            keyed.note(order.request, order.actor, answer)
        answers.append(answer)
        if work.moves.are_spent:
            break
    return answers


def _start(
    work: UnitOfWork,
    order: _Order,
    found: dict[tuple[object, ...], DefinitionRow | Problem],
) -> InstanceRow | Problem:
    request, actor = order.request, order.actor
    wanted = (
        request.definition_key,
        request.process_id,
        request.version,
        request.version_tag,
        order.caller,
    )
    if wanted not in found:
        found[wanted] = find_startable(work.session, request, order.caller)
    definition = found[wanted]
    if isinstance(definition, Problem):
        return definition
    command = StartInstance(
        variables=request.variables,
        element_id=request.start_element_id,
        business_key=request.business_key or _filled_in(work, definition, request),
        initiator=actor,
    )
    started = work.start(definition, command, actor=actor)
    if isinstance(started, Rejection):
        problem = of_rejection(started)
        return Problem(kind=ProblemKind.INVALID, message=problem.message)
    return started
