"""What a person changes beside any token: variables of a scope, and when a timer is due."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bpmn_engine.kernel.commands import MoveTimer, Rejection, RejectionReason, SetVariables
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import ScheduleTimer
from bpmn_engine.kernel.facts import ScopeOpened, VariablesRemoved, WaitOpened
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import NO_NODE
from bpmn_engine.kernel.variables import Change

_HELD: Final = frozenset({InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})


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


def _ended(draft: Draft) -> Rejection:
    return Rejection(
        reason=RejectionReason.WRONG_STATE,
        message="Expected the process instance to be active or suspended, "
        f"but it is {draft.memory.status.value}.",
    )
