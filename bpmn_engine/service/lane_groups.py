"""Lanes that name groups nobody is in: said when a diagram is deployed."""

from __future__ import annotations

from collections.abc import Iterable

from bpmn_engine.model.definitions import Process, Severity, Violation
from bpmn_engine.model.flow_nodes import Task
from bpmn_engine.service.graphs import all_nodes
from bpmn_engine.store import identity
from bpmn_engine.store.database import Session


def groups_without_members(
    session: Session, processes: Iterable[Process]
) -> tuple[Violation, ...]:
    """Return a warning for each group that a lane offers user tasks to and that nobody is in."""
    wanted = [
        (resource.name, node)
        for process in processes
        for node in all_nodes(process)
        if isinstance(node, Task) and node.user_task is not None
        for resource in node.user_task.resources
        if resource.is_lane
    ]
    if not wanted:
        return ()
    known = set(identity.list_groups(session))
    first = {name: node for name, node in reversed(wanted) if name not in known}
    return tuple(
        Violation(
            rule="lane-group",
            message=f"The lane of {node.id} offers its user tasks to the group {name!r}, which "
            "nobody is in. Until somebody is, anybody may do them.",
            element_id=node.id,
            line=node.line,
            severity=Severity.WARNING,
            section="10.8",
        )
        for name, node in sorted(first.items())
    )
