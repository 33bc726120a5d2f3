"""Process instances: the list."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import render_template

from bpmn_engine.service.views import (
    InstanceFilter,
    InstanceStatus,
    InstanceSummary,
    Problem,
)
from web.context import now, principal, service
from web.keys import read_key
from web.pages.answers import argument, day, good, page_request, paging, process_choices
from web.pages.history import archived_instances

PAGE: Final = 50
_NO_DEFINITION: Final = 0
"""A key that no definition has: the version asked for does not exist."""

_FIELDS: Final = (
    "process_id",
    "version",
    "state",
    "business_key",
    "started_by",
    "has_incident",
    "started_from",
    "started_to",
    "archived",
    "q",
)
_STATES: Final = {each.value: each for each in InstanceStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRow:
    """One row of the list."""

    key: str
    business_key: str | None
    process_name: str
    version: int
    state: str
    started_at: dt.datetime
    duration_seconds: float
    incident_count: int
    active_elements: tuple[str, ...]  #: names, at most 3
    active_count: int


def instances() -> str:
    """Show the instances that the filter in the address describes."""
    filters = {name: argument(name) for name in _FIELDS}
    if filters["archived"] == "true" and principal().may_operate:
        return archived_instances(filters)
    page = good(service().instances(_wanted(filters), page=page_request(PAGE)))
    return render_template(
        "instances.html",
        filters=filters,
        processes=process_choices(),
        instances=[_listed(each) for each in page.items],
        archived=None,
        paging=paging(page, "/instances", filters),
        may_operate=principal().may_operate,
    )


def _listed(summary: InstanceSummary) -> InstanceRow:
    return InstanceRow(
        key=str(summary.key),
        business_key=summary.business_key,
        process_name=summary.process_name or summary.process_id,
        version=summary.version,
        state=summary.status.value,
        started_at=summary.started_at,
        duration_seconds=duration_seconds(summary),
        incident_count=summary.incident_count,
        active_elements=summary.active_elements or (),
        active_count=summary.active_count or 0,
    )


def instance_row(summary: InstanceSummary) -> dict[str, object]:
    """Return an instance as its own page shows it."""
    members = {field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)}
    return {
        **members,
        "key": str(summary.key),
        "definition_key": str(summary.definition_key),
        "process_name": summary.process_name or summary.process_id,
        "state": summary.status.value,
        "duration_seconds": duration_seconds(summary),
        "active_elements": summary.active_elements or (),
        "active_count": summary.active_count or 0,
    }


def duration_seconds(summary: InstanceSummary) -> float:
    """Return how long an instance took, or has taken so far, in seconds."""
    return ((summary.ended_at or now()) - summary.started_at).total_seconds()


def _wanted(filters: dict[str, str]) -> InstanceFilter:
    state = _STATES.get(filters["state"])
    until = day("started_to")
    business_key = filters["business_key"] or None
    query = filters["q"]
    key = read_key(query) if query.isdigit() else None
    keys = None
    if key is not None and len(query) >= 15:  # noqa: PLR2004 -- a key, and no order number
        keys = frozenset({key})
    elif query and business_key is None:
        business_key = query
    return InstanceFilter(
        process_id=filters["process_id"] or None,
        definition_key=_definition_key(filters),
        statuses=None if state is None else frozenset({state}),
        business_key=business_key,
        has_incident={"true": True, "false": False}.get(filters["has_incident"]),
        started_after=day("started_from"),
        started_before=None if until is None else until + dt.timedelta(days=1),
        started_by=filters["started_by"] or None,
        keys=keys,
        visible_to=principal().caller,
    )


def _definition_key(filters: dict[str, str]) -> int | None:
    version = filters["version"]
    if not (version.isascii() and version.isdigit() and len(version) <= 9):  # noqa: PLR2004 -- 32 bits
        return None
    found = service().definition_by_id(filters["process_id"], int(version))
    return _NO_DEFINITION if isinstance(found, Problem) else found.summary.definition_key
