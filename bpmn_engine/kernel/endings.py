"""Instances that end after one of their elements: somebody tries out a part of a process.

Which elements these are is said when the instance starts, and kept in its state.
"""

from __future__ import annotations

from bpmn_engine.kernel.closing import end_early
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import ElementCompleted, ElementTerminated
from bpmn_engine.kernel.lifecycle import InstanceStatus


def end_if_passed(draft: Draft, seen: int) -> int:
    """Terminate the instance if one of its last elements has ended in the facts after `seen`.

    No token goes on from there. Returns how many facts have been seen now.
    """
    for fact in draft.facts[seen:]:
        if not isinstance(fact, ElementCompleted | ElementTerminated):
            continue
        element_id = draft.graph.nodes[fact.node].element_id
        if element_id in draft.memory.ends_after:
            if draft.memory.status is InstanceStatus.ACTIVE:
                end_early(draft, InstanceStatus.TERMINATED, message=f"It ends after {element_id}.")
            break
    return len(draft.facts)
