"""Batches: migrations of many instances go on beside; other ones are done when answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from flask import Response

from bpmn_engine.service.views import MigrationView, PageRequest
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Comparison, Condition, Listing
from web.camunda.dialect import answer, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven import queries
from web.camunda.seven.ids import missing
from web.camunda.seven.queries import Query, QueryTable, is_true, read_query
from web.camunda.times import written_time
from web.context import now, principal, service

PREFIX: Final = "/batch"
_MIGRATION: Final = "instance-migration"
_APART: Final = (
    "batchId",
    "type",
    "suspended",
    "createdBy",
    "withFailures",
    "withoutFailures",
)
_QUERIES: Final = QueryTable(
    parameters={
        **dict.fromkeys(_APART, queries.APART),
        "startedBefore": queries.moment("started", Comparison.LESS),
        "startedAfter": queries.moment("started", Comparison.GREATER),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
    },
    sorts={"batchId": "id", "tenantId": "id", "startTime": "id"},
)


@ENGINE_REST.get(PREFIX)
def batches() -> Response:
    """List the migrations that are not done, or have failures."""
    return answer([migration_batch(each) for each in _page(read_query())])


@ENGINE_REST.get(f"{PREFIX}/count")
def count_batches() -> Response:
    """Count the migrations that are not done, or have failures."""
    return answer({"count": len(_matching(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/statistics")
def batch_statistics() -> Response:
    """List the migrations that are not done, and how far they have come."""
    return answer([_statistics(each) for each in _page(read_query())])


@ENGINE_REST.get(f"{PREFIX}/statistics/count")
def count_batch_statistics() -> Response:
    """Count the migrations that are not done, or have failures."""
    return answer({"count": len(_matching(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/<batch_id>")
def batch(batch_id: str) -> Response:
    """Return a migration that is not done, or has failures."""
    for each in _open():
        if str(each.key) == batch_id:
            return answer(migration_batch(each))
    raise missing(f"Batch with id '{batch_id}' does not exist")


def batch_done(kind: str, count: int) -> dict[str, JsonValue]:
    """Write a batch whose work is done already, so that no list shows it any more."""
    at = written_time(now())
    return _batch(f"done-{kind}", kind, count, principal().user_id, at)


def migration_batch(view: MigrationView) -> dict[str, JsonValue]:
    """Write a migration of many instances."""
    total = view.pending_count + view.migrated_count + view.failed_count
    at = written_time(view.created_at)
    return _batch(str(view.key), _MIGRATION, total, view.created_by, at)


def _batch(
    batch_id: str, kind: str, total: int, actor: str | None, at: str
) -> dict[str, JsonValue]:
    return {
        "id": batch_id,
        "type": kind,
        "totalJobs": total,
        "jobsCreated": total,
        "batchJobsPerSeed": 100,
        "invocationsPerBatchJob": 1,
        "seedJobDefinitionId": None,
        "monitorJobDefinitionId": None,
        "batchJobDefinitionId": None,
        "suspended": False,
        "tenantId": None,
        "createUserId": actor,
        "startTime": at,
        "executionStartTime": at,
    }


def _statistics(view: MigrationView) -> JsonValue:
    return {
        **migration_batch(view),
        "remainingJobs": view.pending_count + view.failed_count,
        "completedJobs": view.migrated_count,
        "failedJobs": view.failed_count,
    }


def _open() -> Iterator[MigrationView]:
    """Yield the migrations with something left to do, newest first."""
    cursor: str | None = None
    while True:
        request = PageRequest(cursor=cursor, limit=200)
        page = unless_problem(service().migrations(page=request))
        for each in page.items:
            if each.pending_count or each.failed_count:
                yield each
        cursor = page.next_cursor
        if cursor is None:
            return


def _page(query: Query) -> list[MigrationView]:
    found, listing = _matching(query), _QUERIES.listing(query)
    is_descending = bool(listing.order) and listing.order[0].is_descending
    found.sort(key=lambda one: one.key, reverse=is_descending)
    end = None if listing.limit is None else listing.offset + listing.limit
    return found[listing.offset : end]


def _matching(query: Query) -> list[MigrationView]:
    listing: Listing = _QUERIES.listing(query)
    return [
        each
        for each in _open()
        if _is_meant(each, query) and all(_meets(each, one) for one in listing.conditions)
    ]


def _meets(view: MigrationView, condition: Condition) -> bool:
    at = condition.value
    if not isinstance(at, dt.datetime):
        return False
    is_before = condition.comparison is Comparison.LESS
    return view.created_at < at if is_before else view.created_at > at


def _is_meant(view: MigrationView, query: Query) -> bool:
    failures = {
        name: is_true(name, query.get(name, "false"))
        for name in ("suspended", "withFailures", "withoutFailures")
    }
    return (
        not failures["suspended"]
        and (not failures["withFailures"] or view.failed_count > 0)
        and (not failures["withoutFailures"] or view.failed_count == 0)
        and query.get("batchId", str(view.key)) == str(view.key)
        and query.get("type", _MIGRATION) == _MIGRATION
        and query.get("createdBy", view.created_by) == view.created_by
    )
