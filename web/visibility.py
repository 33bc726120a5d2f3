"""Which process instances staff may read: those they started, and those of their tasks.

Operators and administrators read all.
"""

from __future__ import annotations

from typing import Final

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    InstanceSummary,
    InstanceView,
    Page,
    PageRequest,
    Problem,
    ProblemKind,
    TaskFilter,
    TaskScope,
    UserTaskView,
)
from web.context import Principal

_SCOPES: Final = (TaskScope.ALL, TaskScope.DONE)
"""The open tasks a person sees, and those they completed."""


def visible_instance(service: EngineService, key: int, who: Principal) -> InstanceView | Problem:
    """Return an instance that `who` may read; one they may not looks as if it did not exist."""
    view = service.instance(key)
    if isinstance(view, Problem) or may_read(service, view.summary, who):
        return view
    return Problem(
        kind=ProblemKind.NOT_FOUND,
        message=f"Expected the process instance {key}, but there is none.",
    )


def may_read(service: EngineService, summary: InstanceSummary, who: Principal) -> bool:
    """Whether `who` may read the instance: its diagram, history and waits."""
    if who.may_operate or summary.started_by == who.user_id:
        return True
    return any(
        _tasks(service, TaskFilter(scope=scope, instance_key=summary.key), who, 1)
        for scope in _SCOPES
    )


def visible_keys(service: EngineService, who: Principal) -> frozenset[int] | None:
    """Return the instances of the newest tasks of `who`, at most 400; None for all instances."""
    if who.may_operate:
        return None
    return frozenset(
        task.instance_key
        for scope in _SCOPES
        for task in _tasks(service, TaskFilter(scope=scope), who, 200)
    )


def _tasks(
    service: EngineService, wanted: TaskFilter, who: Principal, limit: int
) -> tuple[UserTaskView, ...]:
    found = service.user_tasks(wanted, caller=who.caller, page=PageRequest(limit=limit))
    return found.items if isinstance(found, Page) else ()
