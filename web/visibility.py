"""Which process instances staff may read: those they started, and those of their tasks.

Operators and administrators read all.
"""

from __future__ import annotations

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    InstanceFilter,
    InstanceView,
    Page,
    PageRequest,
    Problem,
    ProblemKind,
)
from web.context import Principal


def visible_instance(service: EngineService, key: int, who: Principal) -> InstanceView | Problem:
    """Return an instance that `who` may read; one they may not looks as if it did not exist."""
    view = service.instance(key)
    if isinstance(view, Problem) or _may_read(service, key, who):
        return view
    return Problem(
        kind=ProblemKind.NOT_FOUND,
        message=f"Expected the process instance {key}, but there is none.",
    )


def _may_read(service: EngineService, key: int, who: Principal) -> bool:
    """Whether `who` may read the instance: its diagram, history and waits."""
    if who.may_operate:
        return True
    wanted = InstanceFilter(keys=frozenset({key}), visible_to=who.caller)
    found = service.instances(wanted, page=PageRequest(limit=1))
    return isinstance(found, Page) and bool(found.items)
