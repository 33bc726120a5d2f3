"""Incidents: one line for each distinct cause, to be retried one by one or all together."""

from __future__ import annotations

from typing import Final

from flask import flash, render_template
from werkzeug.wrappers import Response

from bpmn_engine.service.views import (
    IncidentFilter,
    IncidentGroup,
    Page,
    PageRequest,
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
NEWEST: Final = PageRequest(limit=5)


def incidents() -> str:
    """Show the open incidents in groups."""
    filters = {"process_id": argument("process_id"), "q": argument("q")}
    groups = [group for group in service().incident_groups() if _fits(group, filters)]
    return render_template(
        "incidents.html",
        groups=[group_row(group, _newest(group)) for group in groups[:MAX_GROUPS]],
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


def _newest(group: IncidentGroup) -> list[dict[str, object]]:
    wanted = IncidentFilter(
        process_id=group.process_id, element_id=group.element_id, message=group.message
    )
    page = service().incidents(wanted, page=NEWEST)
    items = page.items if isinstance(page, Page) else ()
    return [
        {
            "key": str(each.key),
            "instance_key": str(each.instance_key),
            "business_key": each.business_key,
            "created_at": each.created_at,
        }
        for each in items
    ]
