"""What the listeners of a user task are told of it, where their expressions ask."""

from __future__ import annotations

from bpmn_engine.graph.listener_specs import ListenerPlan
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import Variables


def plan_of(unit: UnitOfWork, row: UserTaskRow) -> ListenerPlan | None:
    """Return the listeners of a user task, if it has some and is still there."""
    state = unit.state(row.instance_key)
    visit = None if state is None else state.visits.get(row.visit)
    return None if visit is None else unit.graph(row.definition_key).nodes[visit.node].listeners


def attributes(
    row: UserTaskRow, listeners: ListenerPlan | None, event: ListenerEvent
) -> Variables:
    """Return the attributes of a user task, if a listener that an event calls asks for them."""
    if listeners is None or not listeners.asks_task(event):
        return {}
    return {
        "id": str(row.key),
        "assignee": row.assignee,
        "candidateUsers": row.candidate_users,
        "candidateGroups": row.candidate_groups,
        "priority": row.priority,
        "dueDate": None if row.due_at is None else row.due_at.isoformat(),
        "followUpDate": None if row.follow_up_at is None else row.follow_up_at.isoformat(),
    }
