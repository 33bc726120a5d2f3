"""What a person changes beside any token: variables of a scope, and when a timer is due."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from immutables import Map

from bpmn_engine.kernel.commands import (
    MoveTimer,
    Rejection,
    RejectionReason,
    ReportIncident,
    SetVariables,
)
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import ScheduleTimer
from bpmn_engine.kernel.facts import ScopeOpened, VariablesRemoved, WaitOpened
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import NO_NODE, IncidentKind
from bpmn_engine.kernel.variables import Change
from bpmn_engine.values import JsonValue

_HELD: Final = frozenset({InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})


def change_by_hand(
    draft: Draft, command: SetVariables | MoveTimer | ReportIncident
) -> Rejection | None:
    """Do what a person says; no token moves by it."""
    match command:
        case SetVariables():
            return set_variables(draft, command)
        case MoveTimer():
            return move_timer(draft, command)
        case ReportIncident():
            return report_incident(draft, command)


def set_variables(draft: Draft, command: SetVariables) -> Rejection | None:
    """Set variables of a scope where they are, and remove others from it."""
    scope = command.scope
    if draft.memory.status not in _HELD:
        return _ended(draft)
    if scope not in draft.memory.scopes and scope in draft.memory.visits:
        draft.record(ScopeOpened(scope, NO_NODE, draft.memory.visits[scope].scope, {}))
    if scope not in draft.memory.scopes:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected an open scope {scope}, but there is none with this key.",
        )
    draft.set_variables(scope, command.variables)
    own = draft.memory.variables.get(scope, NOTHING)
    names = tuple(name for name in command.removed if name in own)
    if names:
        draft.changes.append(Change(scope, frozenset(), frozenset(names)))
        draft.record(VariablesRemoved(scope, names))
    return None


def move_timer(draft: Draft, command: MoveTimer) -> Rejection | None:
    """Let a timer be due at another time; later firings of a cycle stay where they are."""
    if draft.memory.status not in _HELD:
        return _ended(draft)
    wait = draft.memory.waits.get(command.wait)
    if wait is None or wait.schedule is None:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected an open timer {command.wait}, but there is none with this key.",
        )
    schedule = replace(wait.schedule, due_at=command.due_at)
    draft.record(WaitOpened(replace(wait, schedule=schedule)))
    draft.effects.append(
        ScheduleTimer(wait=wait.key, visit=wait.visit, node=wait.node, due_at=command.due_at)
    )
    return None


def report_incident(draft: Draft, command: ReportIncident) -> Rejection | None:
    """Raise an incident that somebody reports; the visit goes on as if there were none."""
    if draft.memory.status not in _HELD:
        return _ended(draft)
    if draft.memory.states.get(command.visit) is not ElementState.ACTIVE:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected an active element instance {command.visit}, but there is none.",
        )
    if draft.memory.members.get(command.visit) or command.visit in draft.memory.loops:
        return Rejection(
            reason=RejectionReason.WRONG_KIND,
            message=f"Expected an element instance {command.visit} with none inside, but there "
            "are some. Name one of them.",
        )
    given = command.configuration
    values: Map[str, JsonValue] = Map() if given is None else Map({"configuration": given})
    failure = Failure(
        kind=IncidentKind.REPORTED,
        message=command.message,
        error_code=command.name,
        values=values,
    )
    draft.raise_incident(command.visit, failure)
    return None


def _ended(draft: Draft) -> Rejection:
    return Rejection(
        reason=RejectionReason.WRONG_STATE,
        message="Expected the process instance to be active or suspended, "
        f"but it is {draft.memory.status.value}.",
    )
