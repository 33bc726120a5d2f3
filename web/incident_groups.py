"""Retrying a whole group of incidents alike."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, ProblemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRetry:
    """What became of a group."""

    resolved_count: int
    problems: tuple[str, ...]  #: why the others were not tried again, at most ten


def retry_group(
    service: EngineService,
    group_id: str,
    *,
    retries: int,
    actor: str,
    reason: str | None = None,
) -> GroupRetry | Problem:
    """Try the open incidents of a group again, the newest 500 of them."""
    group = next((each for each in service.incident_groups() if each.group_id == group_id), None)
    if group is None:
        return Problem(
            kind=ProblemKind.NOT_FOUND,
            message="Expected a group of open incidents, but there is none of this id (any more).",
        )
    outcomes = service.resolve_incidents(group.keys, retries=retries, reason=reason, actor=actor)
    problems = [outcome.message for outcome in outcomes if isinstance(outcome, Problem)]
    return GroupRetry(
        resolved_count=len(group.keys) - len(problems), problems=tuple(problems[:10])
    )
