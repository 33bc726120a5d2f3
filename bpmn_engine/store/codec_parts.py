"""Waits, incidents and schedules as JSON arrays; used for states and for facts alike."""

from __future__ import annotations

import datetime as dt

from immutables import Map

from bpmn_engine.expressions.timers import TimerSchedule
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.state import Incident, IncidentKind, ListenerAt, Wait, WaitKind
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.store.codec_names import GraphNames
from bpmn_engine.store.columns import from_microseconds, to_microseconds
from bpmn_engine.store.rows import optional_element_key
from bpmn_engine.values import JsonValue

ScheduleRecord = tuple[int, int | None, str]
ListenerRecord = tuple[
    str, int, dict[str, JsonValue], dict[str, JsonValue], bool, *tuple[dict[str, JsonValue], ...]
]
WaitRecord = tuple[
    int,
    int,
    str,
    str,
    ScheduleRecord | None,
    str | None,
    str | None,
    *tuple[bool | ListenerRecord, ...],
]
IncidentRecord = tuple[
    int,
    str,
    int | None,
    int,
    str,
    str,
    int | None,
    str | None,
    str | None,
    tuple[int, int] | None,
    dict[str, JsonValue],
    *tuple[ListenerRecord, ...],
]


def schedule_record(schedule: TimerSchedule) -> ScheduleRecord:
    """Return a schedule as its moment, its repetitions and its text."""
    return to_microseconds(schedule.due_at), schedule.repetitions, schedule.text


def read_schedule(record: ScheduleRecord) -> TimerSchedule:
    """Return the schedule of a record."""
    due_at, repetitions, text = record
    return TimerSchedule(due_at=from_microseconds(due_at), repetitions=repetitions, text=text)


def wait_record(names: GraphNames, wait: Wait) -> WaitRecord:
    """Return a wait as an array."""
    return (
        wait.key,
        wait.visit,
        names.ref(wait.node),
        wait.kind.value,
        None if wait.schedule is None else schedule_record(wait.schedule),
        wait.name,
        wait.correlation_key,
        *_rarely(wait),
    )


def _rarely(wait: Wait) -> tuple[bool | ListenerRecord, ...]:
    """Return what few waits have, which is not written for the others."""
    if wait.listener is not None:
        return wait.is_met, listener_record(wait.listener)
    return (True,) if wait.is_met else ()


def listener_record(at: ListenerAt) -> ListenerRecord:
    """Return where a visit is among its listeners."""
    told = (dict(at.task),) if at.task else ()
    return at.event.value, at.index, dict(at.variables), dict(at.changes), at.has_occurred, *told


def read_listener(record: ListenerRecord) -> ListenerAt:
    """Return the place of a record."""
    event, index, variables, changes, has_occurred, *told = record
    return ListenerAt(
        event=ListenerEvent(event),
        index=index,
        variables=Map(variables),
        changes=Map(changes),
        has_occurred=has_occurred,
        task=Map(told[0] if told else {}),
    )


def read_wait(names: GraphNames, record: WaitRecord) -> Wait:
    """Return the wait of a record."""
    key, visit, ref, kind, schedule, name, correlation_key, *rare = record
    listener = next((member for member in rare if not isinstance(member, bool)), None)
    return Wait(
        key=ElementKey(key),
        visit=ElementKey(visit),
        node=names.node(ref),
        kind=WaitKind(kind),
        schedule=None if schedule is None else read_schedule(schedule),
        name=name,
        correlation_key=correlation_key,
        is_met=any(member is True for member in rare),
        listener=None if listener is None else read_listener(listener),
    )


def incident_record(names: GraphNames, incident: Incident) -> IncidentRecord:
    """Return an incident as an array."""
    return (
        incident.key,
        incident.kind.value,
        incident.visit,
        incident.scope,
        names.ref(incident.node),
        incident.message,
        incident.wait,
        incident.error_code,
        incident.expression,
        incident.position,
        dict(incident.values),
        *(() if incident.listener is None else (listener_record(incident.listener),)),
    )


def read_incident(names: GraphNames, record: IncidentRecord) -> Incident:
    """Return the incident of a record."""
    key, kind, visit, scope, ref, message, wait, code, expression, position, values, *rare = record
    return Incident(
        key=ElementKey(key),
        kind=IncidentKind(kind),
        visit=optional_element_key(visit),
        scope=ElementKey(scope),
        node=names.node(ref),
        message=message,
        wait=optional_element_key(wait),
        error_code=code,
        expression=expression,
        position=None if position is None else (position[0], position[1]),
        values=Map(values),
        listener=read_listener(rare[0]) if rare else None,
    )


def moment(microseconds: int) -> dt.datetime:
    """Return the moment of a record."""
    return from_microseconds(microseconds)
