"""Starting an instance in the middle: a finished one is done again from some element on."""

from __future__ import annotations

from bpmn_engine.kernel.commands import Rejection, RejectionReason, StartElsewhere
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import InstanceStarted, ScopeOpened
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.modification import modify
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.kernel.triggers import open_event_scope


def start_elsewhere(draft: Draft, command: StartElsewhere) -> Rejection | None:
    """Open the instance, wait for its event sub-processes, and start tokens where it is said."""
    if draft.memory.status is not InstanceStatus.CREATED:
        return Rejection(
            reason=RejectionReason.WRONG_STATE,
            message="Expected the process instance to be created, but it is "
            f"{draft.memory.status.value}.",
        )
    if not command.moves:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message="Expected at least one element to start at, but got none.",
        )
    draft.record(
        InstanceStarted(
            command.business_key,
            has_parent=False,
            instance_key=command.instance_key,
            ends_after=command.ends_after,
        )
    )
    draft.change_status(InstanceStatus.ACTIVE)
    draft.record(ScopeOpened(ROOT, 0, None, dict(command.variables)))
    failure = open_event_scope(draft, ROOT, 0)
    if failure is not None:
        return Rejection(reason=RejectionReason.WRONG_STATE, message=failure.message)
    return modify(draft, command.moves)
