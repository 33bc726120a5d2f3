"""What a visit does when the data it waits for has come, or its data stores are done."""

from __future__ import annotations

from bpmn_engine.graph.data_plans import STORE_PHASE
from bpmn_engine.kernel.data_moves import available_set
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.moves import activate, finish
from bpmn_engine.kernel.state import Wait
from bpmn_engine.values import Variables


def ask_for_data(draft: Draft, wait: Wait) -> None:
    """Let a visit begin if an input set is available now (BPMN 2.0.2, section 10.4.2)."""
    plan = draft.node_of(wait.visit).data
    if plan is None or isinstance(available_set(draft, wait.visit, plan), tuple):
        return
    draft.close_wait(wait.key, is_withdrawn=False)
    activate(draft, wait.visit)


def go_on_after_store(draft: Draft, wait: Wait, variables: Variables) -> None:
    """Take what was read and begin, or leave when all is written."""
    visit = wait.visit
    draft.close_wait(wait.key, is_withdrawn=False)
    draft.clear_incidents(visit)
    if draft.memory.states[visit] is ElementState.READY:
        draft.set_variables(visit, {**variables, STORE_PHASE: "read"})
        activate(draft, visit)
        return
    draft.set_variables(visit, {STORE_PHASE: "written"})
    finish(draft, visit)
