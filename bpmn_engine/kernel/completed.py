"""What a visit leaves behind to be compensated later (BPMN 2.0.2, section 13.5.5)."""

from __future__ import annotations

from bpmn_engine.graph.nodes import CompensationPlan
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import CompensationEnabled


def enable_compensation(draft: Draft, key: ElementKey, plan: CompensationPlan) -> None:
    """Keep the data of a visit that completes, if it or something in it has a handler."""
    if plan.has_handler or key in draft.memory.completed:
        _record(draft, key, is_whole=True)


def enable_compensation_of_part(draft: Draft, key: ElementKey) -> None:
    """Keep what was completed inside a visit that is terminated, for the handlers of that."""
    if key in draft.memory.completed:
        _record(draft, key, is_whole=False)


def _record(draft: Draft, key: ElementKey, *, is_whole: bool) -> None:
    visit = draft.memory.visits[key]
    draft.record(
        CompensationEnabled(draft.next_key(), key, visit.node, visit.scope, is_whole=is_whole)
    )
