"""Batches: operations on many instances go on beside; short ones are done when answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.searches import BatchRecord, Search, SortField
from bpmn_engine.service.searches import Condition as Criterion
from bpmn_engine.service.views import MigrationView, PageRequest, Problem, ProblemKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchState, BatchType
from bpmn_engine.views.listing import Comparison, Condition, Listing
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven import queries
from web.camunda.seven.ids import key_or_none, missing, refuse
from web.camunda.seven.queries import Query, QueryTable, is_true, read_query
from web.camunda.times import written_time
from web.context import now, principal, service

PREFIX: Final = "/batch"
_MIGRATION: Final = "instance-migration"
NO_MIGRATIONS: Final = "migrations of many instances go on to their end"
_KINDS: Final[Mapping[str, str]] = {
    BatchType.CANCEL.value: "instance-deletion",
    BatchType.DELETE.value: "historic-instance-deletion",
    BatchType.SUSPEND.value: "instance-update-suspension-state",
    BatchType.RESUME.value: "instance-update-suspension-state",
    BatchType.MODIFY.value: "instance-modification",
    BatchType.MIGRATE.value: _MIGRATION,
    BatchType.RESOLVE_INCIDENTS.value: "set-job-retries",
}
"""What is done to each instance -> Camunda's type of the batch."""
_PAGE: Final = 200
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """An operation on many instances."""

    key: int
    kind: str  #: Camunda's type
    total: int
    completed: int
    failed: int
    created_at: dt.datetime
    created_by: str | None
    ended_at: dt.datetime | None
    is_suspended: bool
    is_migration: bool  #: cannot be held; what failed can be tried again

    @property
    def is_open(self) -> bool:
        """Tell whether it is in the lists of batches, and not of historic ones only."""
        return self.ended_at is None or (self.is_migration and self.failed > 0)


class HeldBody(Body):
    """Whether a batch is held."""

    suspended = fields.Boolean(required=True)


@ENGINE_REST.get(PREFIX)
def batches() -> Response:
    """List the batches that are not done, or have failures that can be tried again."""
    return answer([batch_json(each) for each in _page(read_query())])


@ENGINE_REST.get(f"{PREFIX}/count")
def count_batches() -> Response:
    """Count the batches that are not done, or have failures that can be tried again."""
    return answer({"count": len(_matching(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/statistics")
def batch_statistics() -> Response:
    """List the batches that are not done, and how far they have come."""
    return answer([_statistics(each) for each in _page(read_query())])


@ENGINE_REST.get(f"{PREFIX}/statistics/count")
def count_batch_statistics() -> Response:
    """Count the batches that are not done, or have failures that can be tried again."""
    return answer({"count": len(_matching(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/<batch_id>")
def batch(batch_id: str) -> Response:
    """Return a batch that is not done, or has failures that can be tried again."""
    return answer(batch_json(_open_batch(batch_id)))


@ENGINE_REST.put(f"{PREFIX}/<batch_id>/suspended")
@partly(NO_MIGRATIONS)
def suspend_batch(batch_id: str) -> Response:
    """Hold a batch, or let it go on."""
    found, is_suspended = _changeable(batch_id), read_body(HeldBody)["suspended"] is True
    if found.is_suspended is is_suspended:
        return done(None)
    change = service().suspend_batch if is_suspended else service().resume_batch
    return done(change(found.key))


@ENGINE_REST.delete(f"{PREFIX}/<batch_id>")
@partly(NO_MIGRATIONS)
def delete_batch(batch_id: str) -> Response:
    """End a batch; what it has done stays done. With `cascade` its record goes, too."""
    is_cascading = is_true("cascade", request.args.get("cascade", "false"))
    found = _changeable(batch_id)
    problem = service().cancel_batch(found.key)
    if problem is None and is_cascading:
        problem = service().delete_batch(found.key)
    return done(problem)


def batch_done(kind: str, count: int) -> dict[str, JsonValue]:
    """Write a batch whose work is done already, so that no list shows it any more."""
    at = written_time(now())
    return _batch(f"done-{kind}", kind, count, principal().user_id, at)


def batch_begun(kind: BatchType, keys: list[int], *, at_once: int = 100) -> Response:
    """Begin an operation on instances, do some of it, and answer with the batch."""
    key = unless_problem(service().start_batch_of_keys(kind, keys, actor=principal().user_id))
    service().advance_batch(key, at_once)
    search = Search(criteria=(Criterion(field="key", value=key),), limit=1)
    (record,) = unless_problem(service().search_batches(search)).items
    return answer(batch_json(_operation(record)))


def migration_batch(view: MigrationView) -> dict[str, JsonValue]:
    """Write a migration of many instances."""
    return batch_json(_migration(view))


def batch_json(found: Batch) -> dict[str, JsonValue]:
    """Write a batch."""
    at = written_time(found.created_at)
    written = _batch(str(found.key), found.kind, found.total, found.created_by, at)
    return {**written, "suspended": found.is_suspended}


def every_batch() -> Iterator[Batch]:
    """Yield all batches, newest first of each sort."""
    cursor: str | None = None
    while True:
        page = unless_problem(service().migrations(page=PageRequest(cursor=cursor, limit=_PAGE)))
        yield from map(_migration, page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    after: str | None = None
    newest = (SortField(field="key", is_descending=True),)
    while True:
        search = Search(order=newest, limit=_PAGE, after=after)
        found = unless_problem(service().search_batches(search))
        yield from map(_operation, found.items)
        after = found.end_cursor
        if len(found.items) < _PAGE or after is None:
            return


def batch_of(batch_id: str) -> Batch | None:
    """Return the batch with an id, done or not."""
    key = key_or_none(batch_id)
    if key is None:
        return None
    view = service().migration(key)
    if not isinstance(view, Problem):
        return _migration(view)
    if view.kind is not ProblemKind.NOT_FOUND:
        unless_problem(view)
    search = Search(criteria=(Criterion(field="key", value=key),), limit=1)
    found = unless_problem(service().search_batches(search)).items
    return _operation(found[0]) if found else None


def _open_batch(batch_id: str) -> Batch:
    found = batch_of(batch_id)
    if found is None or not found.is_open:
        raise missing(f"Batch with id '{batch_id}' does not exist")
    return found


def _changeable(batch_id: str) -> Batch:
    found = _open_batch(batch_id)
    if found.is_migration:
        raise refuse(f"Expected a batch other than a migration: {NO_MIGRATIONS}.")
    return found


def _migration(view: MigrationView) -> Batch:
    return Batch(
        key=view.key,
        kind=_MIGRATION,
        total=view.pending_count + view.migrated_count + view.failed_count,
        completed=view.migrated_count,
        failed=view.failed_count,
        created_at=view.created_at,
        created_by=view.created_by,
        ended_at=None if view.pending_count else view.ended_at or view.created_at,
        is_suspended=False,
        is_migration=True,
    )


def _operation(record: BatchRecord) -> Batch:
    return Batch(
        key=record.key,
        kind=_KINDS[record.type],
        total=record.total,
        completed=record.completed,
        failed=record.failed,
        created_at=record.created_at,
        created_by=record.created_by,
        ended_at=record.ended_at,
        is_suspended=record.state == BatchState.SUSPENDED.name,
        is_migration=False,
    )


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


def _statistics(found: Batch) -> JsonValue:
    return {
        **batch_json(found),
        "remainingJobs": found.total - found.completed,
        "completedJobs": found.completed,
        "failedJobs": found.failed,
    }


def _page(query: Query) -> list[Batch]:
    found, listing = _matching(query), _QUERIES.listing(query)
    is_descending = bool(listing.order) and listing.order[0].is_descending
    found.sort(key=lambda one: one.key, reverse=is_descending)
    end = None if listing.limit is None else listing.offset + listing.limit
    return found[listing.offset : end]


def _matching(query: Query) -> list[Batch]:
    listing: Listing = _QUERIES.listing(query)
    return [
        each
        for each in every_batch()
        if each.is_open
        and _is_meant(each, query)
        and all(_meets(each, one) for one in listing.conditions)
    ]


def _meets(found: Batch, condition: Condition) -> bool:
    at = condition.value
    if not isinstance(at, dt.datetime):
        return False
    is_before = condition.comparison is Comparison.LESS
    return found.created_at < at if is_before else found.created_at > at


def _is_meant(found: Batch, query: Query) -> bool:
    wanted = {
        name: is_true(name, query.get(name, "false"))
        for name in ("withFailures", "withoutFailures")
    }
    return (
        is_true("suspended", query.get("suspended", found.is_suspended)) is found.is_suspended
        and (not wanted["withFailures"] or found.failed > 0)
        and (not wanted["withoutFailures"] or found.failed == 0)
        and query.get("batchId", str(found.key)) == str(found.key)
        and query.get("type", found.kind) == found.kind
        and query.get("createdBy", found.created_by) == found.created_by
    )
