"""Each effect of many steps becomes rows, with one bulk statement per table.

A wait that opens and closes within one unit of work never reaches the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    Command,
    CompleteChild,
    EscalateChild,
    FailChild,
    ResumeInstance,
    SuspendInstance,
)
from bpmn_engine.kernel.effects import (
    BroadcastSignal,
    ChangeUserTask,
    ClearIncident,
    CloseWait,
    CreateJob,
    CreateUserTask,
    Effect,
    EndInstance,
    EscalateToCaller,
    OpenSubscription,
    PublishMessage,
    RaiseIncident,
    RetryJob,
    ScheduleTimer,
    StartChild,
    UpdateJob,
    UpdateUserTask,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store import effect_rows, effect_updates, effect_writes, work_rules
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.effect_batch import EffectBatch, Reservation, WaitId
from bpmn_engine.store.inbox import (
    ChildStart,
    CommandFor,
    MessagePublication,
    SignalBroadcast,
)
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.keys import KeyGenerator
from bpmn_engine.store.session import Session
from bpmn_engine.store.task_changes import task_change
from bpmn_engine.store.waits import SubscriptionRow


@dataclass(frozen=True, slots=True)
class EffectDefaults:
    """What an effect leaves to the engine."""

    retries: int = 3  #: attempts of a job
    reservation: Reservation | None = None  #: which new jobs are locked at once; None = none


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a unit of work left for others to do."""

    inbox_count: int  #: follow-ups to drain
    outbox_count: int  #: rows for the relay
    subscriptions: tuple[SubscriptionRow, ...]  #: newly open for messages that may be buffered
    job_types: frozenset[str]  #: of new jobs
    reserved_jobs: tuple[JobRow, ...]  #: new ones that are locked already
    free_jobs: Mapping[str, tuple[Key, ...]]  #: new ones that are not, by their types
    topics: frozenset[str]  #: for the change feed


def gathered(
    session: Session,
    steps: Sequence[AppliedStep],
    *,
    keys: KeyGenerator,
    defaults: EffectDefaults | None = None,
) -> EffectBatch:
    """Return what `write_effects` writes of steps, in order; several may belong to one instance.

    It is read what the rules say of it, and nothing written.
    """
    given = defaults or EffectDefaults()
    batch = EffectBatch(keys=keys, retries=given.retries, reservation=given.reservation)
    for step in steps:
        batch.topics |= {
            "instances",
            f"instance:{step.instance.key}",
            f"definition:{step.instance.definition_key}",
        }
        _hold(batch, step)
        for effect in step.effects:
            _add(batch, step, effect)
    of_instances = {step.instance.key: step.instance.definition_key for step in steps}
    work_rules.apply(session, batch, of_instances)
    return batch


def write_effects(session: Session, batch: EffectBatch, at: dt.datetime) -> Written:
    """Write what was gathered at a moment.

    The instances' rows must exist, and be locked unless they are new.
    """
    effect_updates.write(session, batch)
    effect_writes.write(session, batch, at)
    return Written(
        inbox_count=len(batch.follow_ups),
        outbox_count=len(batch.outbox),
        subscriptions=tuple(
            effect_rows.subscription(row)
            for row in batch.subscriptions.values()
            if row["kind"] == WaitKind.MESSAGE.value
        ),
        job_types=frozenset(str(row["job_type"]) for row in batch.jobs.values()),
        reserved_jobs=tuple(effect_rows.new_job(row) for row in batch.reserved_jobs),
        free_jobs=_free_jobs(batch),
        topics=frozenset(batch.topics),
    )


def _free_jobs(batch: EffectBatch) -> Mapping[str, tuple[Key, ...]]:
    keys: dict[str, list[Key]] = {}
    for row in batch.jobs.values():
        if row["locked_by"] is None and not row["is_held"]:
            keys.setdefault(str(row["job_type"]), []).append(cast("Key", row["key"]))
    return {job_type: tuple(each) for job_type, each in keys.items()}


def _hold(batch: EffectBatch, step: AppliedStep) -> None:
    """Hold what a suspended instance waits for, or let it go on."""
    match step.command:
        case SuspendInstance():
            batch.holds[step.instance.key] = True
        case ResumeInstance():
            batch.holds[step.instance.key] = False
        case _:
            return


def _add(  # noqa: C901, PLR0912, PLR0915 -- one case for each effect
    batch: EffectBatch, step: AppliedStep, effect: Effect
) -> None:
    instance = step.instance.key
    match effect:
        case CreateJob():
            row = effect_rows.job_values(batch, step, effect)
            batch.jobs[WaitId(instance, effect.wait)] = row
            batch.topics.add("jobs")
        case RetryJob():
            batch.retry_job(WaitId(instance, effect.wait), effect.retries, step.at)
        case CreateUserTask():
            row = effect_rows.user_task_values(batch, step, effect)
            batch.user_tasks[WaitId(instance, effect.wait)] = row
            if effect.is_by_lane:
                batch.by_lane.add(WaitId(instance, effect.wait))
            batch.topics.add("tasks")
        case ChangeUserTask():
            batch.change_user_task(task_change(step, effect))
        case UpdateJob(job=job):
            effect_updates.add_job(batch, step, job)
        case UpdateUserTask(task=task):
            effect_updates.add_user_task(batch, step, task)
        case ScheduleTimer():
            row = effect_rows.timer_values(step, effect)
            batch.timers[WaitId(instance, effect.wait)] = row
        case OpenSubscription():
            row = effect_rows.subscription_values(step, effect)
            batch.subscriptions[WaitId(instance, effect.wait)] = row
        case StartChild():
            batch.children[WaitId(instance, effect.wait)] = _child(batch, step, effect)
        case CloseWait():
            _close(batch, step, effect)
        case PublishMessage():
            batch.follow_ups.extend(_messages(batch, step, effect))
        case BroadcastSignal():
            batch.follow_ups.append(_signal(batch, step, effect))
        case EscalateToCaller():
            _escalate(batch, step, effect)
        case RaiseIncident(incident=incident):
            row = effect_rows.incident_values(batch, step, incident)
            batch.incidents[WaitId(instance, incident.key)] = row
            batch.topics.add("incidents")
        case ClearIncident(incident=incident_key):
            batch.clear_incident(WaitId(instance, incident_key), step.actor, step.at)
        case EndInstance():
            _tell_caller(batch, step, effect)


def _close(batch: EffectBatch, step: AppliedStep, effect: CloseWait) -> None:
    wait = WaitId(step.instance.key, effect.wait)
    match effect.kind:
        case WaitKind.JOB:
            batch.close_job(wait, step.at, is_withdrawn=effect.is_withdrawn)
        case WaitKind.USER_TASK:
            batch.close_user_task(wait, step.actor, step.at, is_withdrawn=effect.is_withdrawn)
        case WaitKind.TIMER:
            batch.timers.pop(wait, None)
            batch.closed_timers.append(wait)
        case WaitKind.MESSAGE | WaitKind.SIGNAL:
            if batch.subscriptions.pop(wait, None) is None:
                batch.closed_subscriptions.append(wait)
        case WaitKind.CHILD:
            _close_child(batch, wait, step.actor, is_withdrawn=effect.is_withdrawn)
        case WaitKind.CONDITION | WaitKind.DATA:
            raise TypeError("Expected a wait with a row, but conditions and data have none.")


def _close_child(
    batch: EffectBatch, wait: WaitId, actor: str | None, *, is_withdrawn: bool
) -> None:
    is_started = batch.children.pop(wait, None) is None
    if is_started and is_withdrawn:
        batch.withdrawn_children[wait] = actor


def _child(batch: EffectBatch, step: AppliedStep, effect: StartChild) -> ChildStart:
    return ChildStart(
        key=batch.keys.next(),
        parent_key=step.instance.key,
        parent_wait=effect.wait,
        parent_definition_key=step.instance.definition_key,
        root_key=step.instance.root_key,
        element_id=step.graph.nodes[effect.node].element_id,
        process_id=effect.process_id,
        binding=effect.binding,
        binding_value=effect.binding_value,
        business_key=effect.business_key,
        variables=effect.variables,
        actor=step.actor,
    )


def _messages(
    batch: EffectBatch, step: AppliedStep, effect: PublishMessage
) -> Iterator[MessagePublication]:
    """Yield a message for each message flow it goes along; without one, for whoever waits."""
    for receiver in effect.receivers or (None,):
        yield MessagePublication(
            key=batch.keys.next(),
            source_key=step.instance.key,
            element_id=step.graph.nodes[effect.node].element_id,
            name=effect.name,
            correlation_key=effect.correlation_key,
            variables=effect.variables,
            actor=step.actor,
            correlation_keys=effect.correlation_keys,
            conversation=effect.conversation,
            receiver=receiver,
        )


def _signal(batch: EffectBatch, step: AppliedStep, effect: BroadcastSignal) -> SignalBroadcast:
    return SignalBroadcast(
        key=batch.keys.next(),
        source_key=step.instance.key,
        element_id=step.graph.nodes[effect.node].element_id,
        name=effect.name,
        variables=effect.variables,
        heard_until=effect.heard_until,
        business_key=effect.business_key,
        actor=step.actor,
    )


def _tell_caller(batch: EffectBatch, step: AppliedStep, effect: EndInstance) -> None:
    instance = step.instance
    if instance.parent_key is None or instance.parent_wait is None:
        return
    command: Command
    if effect.status is InstanceStatus.COMPLETED:
        command = CompleteChild(wait=instance.parent_wait, variables=effect.variables)
    else:
        command = FailChild(
            wait=instance.parent_wait,
            message=effect.message or _how_it_ended(instance.key, effect),
            error_code=effect.error_code,
            variables=effect.variables,
        )
    batch.follow_ups.append(
        CommandFor(
            key=batch.keys.next(),
            instance_key=instance.parent_key,
            source_key=instance.key,
            command=command,
            actor=step.actor,
        )
    )


def _escalate(batch: EffectBatch, step: AppliedStep, effect: EscalateToCaller) -> None:
    instance = step.instance
    if instance.parent_key is None or instance.parent_wait is None:
        return
    command = EscalateChild(
        wait=instance.parent_wait, code=effect.code, variables=effect.variables
    )
    batch.follow_ups.append(
        CommandFor(
            key=batch.keys.next(),
            instance_key=instance.parent_key,
            source_key=instance.key,
            command=command,
            actor=step.actor,
        )
    )


def _how_it_ended(key: Key, effect: EndInstance) -> str:
    if effect.status is InstanceStatus.FAILED:
        return f"The called instance {key} ended with the BPMN error {effect.error_code}."
    return f"The called instance {key} was cancelled."
