"""How long history is kept: policies, legal holds, and what is in the archive."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

from flask import render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import (
    ArchivedSummary,
    ArchiveFilter,
    HoldView,
    RetentionSource,
    RetentionView,
    VisitView,
)
from web.context import principal, service
from web.keys import read_key
from web.pages.answers import (
    argument,
    go,
    good,
    next_url,
    page_request,
    paging,
    process_choices,
    reason,
    tell,
    whole_number,
)

PAGE: Final = 50
_DAY: Final = dt.timedelta(days=1)
_MOST_DAYS: Final = 365_000
_SOURCES: Final = {
    RetentionSource.POLICY: "an operator",
    RetentionSource.DIAGRAM: "the diagram",
    RetentionSource.SETTING: "the setting",
}


def archived_instances(filters: dict[str, str]) -> str:
    """Show archived instances in the place of those that are there."""
    query = filters["q"]
    key = read_key(query) if query.isdigit() else None
    is_key = key is not None and len(query) >= 15  # noqa: PLR2004 -- a key, and no order number
    where = ArchiveFilter(
        process_id=filters["process_id"] or None,
        business_key=filters["business_key"] or (None if is_key else query) or None,
        keys=frozenset({key}) if is_key and key is not None else None,
    )
    page = good(service().archived_instances(where, page=page_request(PAGE)))
    return render_template(
        "instances.html",
        filters=filters,
        processes=process_choices(),
        instances=(),
        archived=[_archived(each) for each in page.items],
        paging=paging(page, "/instances", filters),
        may_operate=True,
    )


def archived_instance(key: int) -> str:
    """Show one archived instance, to be read."""
    view = good(service().archived_instance(key))
    return render_template(
        "archived_instance.html",
        instance=_archived(view.summary),
        variables=sorted(view.variables.items()),
        visits=[_visit(each) for each in view.visits],
        entries=view.journal,
    )


def restore_instance(key: int) -> Response:
    """Take an instance out of the archive."""
    outcome = service().restore_instance(key, reason=reason() or "", actor=principal().user_id)
    is_done = tell(outcome, "The instance is back. A legal hold keeps it.")
    return go(f"/instances/{key}" if is_done else f"/archive/{key}")


def hold_instance(key: int) -> Response:
    """Keep an instance until the hold is lifted."""
    outcome = service().place_hold(
        instance_key=key, reason=reason() or "", actor=principal().user_id
    )
    tell(outcome, "The instance is on legal hold.")
    return go(f"/instances/{key}")


def hold_process(process_id: str) -> Response:
    """Keep all instances of a process until the hold is lifted."""
    outcome = service().place_hold(
        process_id=process_id, reason=reason() or "", actor=principal().user_id
    )
    tell(outcome, f"Nothing of {process_id} is deleted from now on.")
    return go("/retention")


def lift_hold(key: int) -> Response:
    """Lift a legal hold."""
    outcome = service().lift_hold(key, reason=reason(), actor=principal().user_id)
    tell(outcome, "The legal hold is lifted.")
    return go(next_url("/retention"))


def retention() -> str:
    """Show how long each process is kept, and what is on legal hold."""
    page = good(service().holds(page=page_request(PAGE)))
    return render_template(
        "retention.html",
        policies=[_policy(each) for each in service().retention_policies()],
        holds=[hold_row(each) for each in page.items],
        paging=paging(page, "/retention", {}),
        may_change=principal().is_administrator,
    )


def set_retention(process_id: str) -> Response:
    """Change how long ended instances of a process are kept, or leave it to the diagram."""
    if argument("kept") == "default":
        tell(service().clear_retention(process_id), "The diagram or the setting says how long.")
        return go("/retention")
    is_limited = argument("kept") == "days"
    days = whole_number("days", 365, least=0, most=_MOST_DAYS) if is_limited else None
    outcome = service().set_retention(
        process_id,
        None if days is None else days * _DAY,
        is_archived=request.form.get("is_archived") == "true",
        reason=reason(),
        actor=principal().user_id,
    )
    tell(outcome, f"The policy of {process_id} is changed.")
    return go("/retention")


def hold_row(hold: HoldView) -> dict[str, object]:
    """Return a legal hold as pages show it."""
    return {
        **{field.name: getattr(hold, field.name) for field in dataclasses.fields(hold)},
        "key": str(hold.key),
        "instance_key": None if hold.instance_key is None else str(hold.instance_key),
    }


def _policy(view: RetentionView) -> dict[str, object]:
    return {
        **{field.name: getattr(view, field.name) for field in dataclasses.fields(view)},
        "name": view.name or view.process_id,
        "days": None if view.keep is None else view.keep / _DAY,
        "said_by": _SOURCES[view.source],
    }


def _archived(summary: ArchivedSummary) -> dict[str, object]:
    return {
        **{field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)},
        "key": str(summary.key),
        "definition_key": str(summary.definition_key),
        "process_name": summary.process_name or summary.process_id,
        "state": summary.status.value,
        "duration_seconds": (summary.ended_at - summary.started_at).total_seconds(),
    }


def _visit(visit: VisitView) -> dict[str, object]:
    took = None if visit.ended_at is None else visit.ended_at - visit.entered_at
    return {
        "element_name": visit.element_name or visit.element_id,
        "element_type": visit.element_type,
        "state": visit.state,
        "entered_at": visit.entered_at,
        "duration_seconds": None if took is None else took.total_seconds(),
    }
