"""Incidents: one line for each distinct cause, to be retried one by one or all together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import flash, render_template
from werkzeug.wrappers import Response

from bpmn_engine.service.views import (
    IncidentGroup,
    IncidentView,
    Problem,
)
from web.context import principal, service
from web.incident_groups import retry_group
from web.pages.answers import (
    argument,
    go,
    good,
    is_htmx,
    next_url,
    process_choices,
    reason,
    tell,
    whole_number,
)
from web.pages.incident_words import group_row
from web.pages.instance import incidents_fragment

MAX_GROUPS: Final = 50
NEWEST: Final = 5
"""Incidents that are named of each group."""


def incidents() -> str:
    """Show the open incidents in groups."""
    filters = {"process_id": argument("process_id"), "q": argument("q")}
    found = service().incident_groups(keys_shown=NEWEST)
    groups = [group for group in found if _fits(group, filters)]
    shown = groups[:MAX_GROUPS]
    newest = service().incidents_by_key([key for group in shown for key in group.keys])
    return render_template(
        "incidents.html",
        groups=[group_row(group, _newest(group, newest)) for group in shown],
        total=sum(group.count for group in groups),
        filters=filters,
        processes=process_choices(),
        may_operate=principal().may_operate,
        paging=None,
    )


def retry_incident(key: int) -> Response | str:
    """Try one stuck element again."""
    retries = whole_number("retries", 1, least=1, most=100)
    incident = good(service().incident(key))
    outcome = service().resolve_incident(
        key, retries=retries, reason=reason(), actor=principal().user_id
    )
    if is_htmx():
        good(outcome)
        return incidents_fragment(incident.instance_key)
    tell(outcome, "It is tried again.")
    return go(next_url(f"/instances/{incident.instance_key}?tab=incidents"))


def retry_incident_group() -> Response:
    """Try all stuck elements of a group again."""
    retries = whole_number("retries", 1, least=1, most=100)
    outcome = retry_group(
        service(),
        argument("group_id"),
        retries=retries,
        reason=reason(),
        actor=principal().user_id,
    )
    if isinstance(outcome, Problem):
        flash(outcome.message, "error")
    elif outcome.problems:
        flash(
            f"{outcome.resolved_count} are tried again. Others not: {outcome.problems[0]}",
            "warning",
        )
    else:
        flash(f"{outcome.resolved_count} are tried again.", "success")
    return go("/incidents")


def _fits(group: IncidentGroup, filters: dict[str, str]) -> bool:
    if filters["process_id"] not in {"", group.process_id}:
        return False
    text = f"{group.message} {group.element_id} {group.element_name or ''}".lower()
    return filters["q"].lower() in text


def _newest(
    group: IncidentGroup, incidents: Mapping[int, IncidentView]
) -> list[dict[str, object]]:
    return [
        {
            "key": str(each.key),
            "instance_key": str(each.instance_key),
            "business_key": each.business_key,
            "created_at": each.created_at,
        }
        for each in (incidents[key] for key in group.keys if key in incidents)
    ]
