"""Incidents in plain words."""

from __future__ import annotations

import json
from typing import Final

from bpmn_engine.service.views import IncidentGroup, IncidentKind, IncidentView

_MEANING: Final = {
    IncidentKind.EXPRESSION: "An expression has no value for these variables. Correct the "
    "variables, then retry.",
    IncidentKind.NO_FLOW: "No outgoing condition was true, and there is no default flow. "
    "Correct the variables the conditions read, then retry.",
    IncidentKind.JOB: "The work failed as often as it may be tried. Retry once the cause is gone.",
    IncidentKind.UNCAUGHT_ERROR: "A modelled error was thrown, and no event of the diagram "
    "catches it.",
    IncidentKind.CALL: "The called process is not deployed, or it ended with an error.",
    IncidentKind.LIMIT: "Too many elements were passed without a wait: probably an endless loop.",
    IncidentKind.DATA: "A value is not of the type that its item definition says. Correct the "
    "variable, then retry.",
    IncidentKind.REPORTED: "Somebody reported it; nothing is stopped by it. Retrying closes it.",
    IncidentKind.STUCK_JOIN: "A join waits for a token that nothing can bring any more.",
}


def explanation(kind: IncidentKind) -> str:
    """Return what a kind of incident means and what helps."""
    return _MEANING[kind]


def incident_row(incident: IncidentView) -> dict[str, object]:
    """Return an incident as the tab of an instance shows it."""
    return {
        "key": str(incident.key),
        "kind": incident.kind.value,
        "element_id": incident.element_id,
        "element_name": incident.element_name,
        "message": incident.message,
        "explanation": explanation(incident.kind),
        "detail": _detail(incident),
        "created_at": incident.created_at,
        "job_type": incident.job_type,
        "is_open": incident.resolved_at is None,
    }


def group_row(group: IncidentGroup, newest: list[dict[str, object]]) -> dict[str, object]:
    """Return a group of incidents as the list of incidents shows it."""
    return {
        "group_id": group.group_id,
        "message": group.message,
        "explanation": explanation(group.kind),
        "kind": group.kind.value,
        "element_id": group.element_id,
        "element_name": group.element_name,
        "process_id": group.process_id,
        "process_name": group.process_name or group.process_id,
        "versions": group.versions,
        "incident_count": group.count,
        "first_at": group.first_at,
        "last_at": group.last_at,
        "incidents": newest,
    }


def _detail(incident: IncidentView) -> str:
    lines: list[str] = []
    if incident.expression is not None:
        where = ""
        if incident.position is not None:
            where = f" (line {incident.position[0]}, column {incident.position[1]})"
        lines.append(f"Expression{where}: {incident.expression}")
    if incident.values:
        values = json.dumps(dict(incident.values), indent=2, ensure_ascii=False, default=str)
        lines.append(f"It read: {values}")
    if incident.error_code is not None:
        lines.append(f"Error code: {incident.error_code}")
    return "\n".join(lines)
