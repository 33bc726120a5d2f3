"""Migrating running instances to another process definition."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.views import (
    InstanceFilter,
    MigrationFindings,
    MigrationItemView,
    MigrationProposalView,
    MigrationRequest,
    MigrationView,
    Page,
    Problem,
)
from web.api.migration_schemas import (
    CheckBody,
    CheckValues,
    ChoiceValues,
    FindingsSchema,
    ItemQueryValues,
    MigrationItemQuery,
    MigrationItemSchema,
    MigrationSchema,
    MigrationValues,
    ProposalBody,
    ProposalSchema,
    ProposalValues,
    RehearsalBody,
    RehearsalSchema,
    RehearsalValues,
    StartMigrationBody,
    StartMigrationValues,
    plan_of,
)
from web.api.resource import Resource
from web.api.schemas import PageQuery, PageValues, list_of, page_of, page_request
from web.context import principal, service

MIGRATIONS = Resource(
    "migrations", "/migrations", "Running instances that go on by another version."
)

_AT_ONCE: Final = 20
"""Instances that are migrated before the answer; the workers do the others."""


@MIGRATIONS.endpoint("POST /plan", body=ProposalBody, answer=ProposalSchema)
def propose(body: ProposalValues) -> MigrationProposalView | Problem:
    """Compare two process definitions and return a plan for a person to look at.

    Elements are matched by id and kind, else by name and kind; nothing is changed.
    """
    return service().propose_migration(
        body["source_key"], body["target_key"], updates=body["update"]
    )


@MIGRATIONS.endpoint("POST /validation", body=CheckBody, answer=FindingsSchema)
def validate(body: CheckValues) -> MigrationFindings | Problem:
    """Hold a plan against both process definitions, and instances against the plan."""
    return service().validate_migration(_request(body), body["instance_keys"])


@MIGRATIONS.endpoint("POST /rehearsal", body=RehearsalBody, answer=list_of(RehearsalSchema))
def rehearse(body: RehearsalValues) -> dict[str, object] | Problem:
    """Say what a migration would do to instances, without doing it.

    422 with every violation when the plan does not fit the process definitions.
    """
    answers = service().rehearse_migration(
        _request(body), body["instance_keys"], goes_on=body["goes_on"]
    )
    return answers if isinstance(answers, Problem) else {"items": answers}


@MIGRATIONS.endpoint(
    "POST ", body=StartMigrationBody, answer=MigrationSchema, status=HTTPStatus.CREATED
)
def start(body: StartMigrationValues) -> MigrationView | Problem:
    """Migrate instances: those named, all that match, or all open ones of the source.

    Each is migrated in a transaction of its own; one that cannot be stays as it is and is listed.
    The first 20 are done before the answer, the others by the workers. 422 with every violation
    when the plan does not fit the process definitions.
    """
    started = service().start_migration(
        _request(body),
        body["instance_keys"],
        where=_filter(body["query"]),
        reason=body["reason"],
        actor=principal().user_id,
    )
    if isinstance(started, Problem):
        return started
    return _advanced(started)


@MIGRATIONS.endpoint("GET ", query=PageQuery, answer=page_of(MigrationSchema))
def list_migrations(query: PageValues) -> Page[MigrationView] | Problem:
    """List migrations, newest first."""
    return service().migrations(page=page_request(query))


@MIGRATIONS.endpoint("GET /<key:key>", answer=MigrationSchema)
def get_migration(key: int) -> MigrationView | Problem:
    """Return a migration and how far it has come."""
    return service().migration(key)


@MIGRATIONS.endpoint(
    "GET /<key:key>/instances", query=MigrationItemQuery, answer=page_of(MigrationItemSchema)
)
def list_items(query: ItemQueryValues, key: int) -> Page[MigrationItemView] | Problem:
    """List the instances of a migration and what became of each."""
    return service().migration_items(key, state=query["state"], page=page_request(query))


@MIGRATIONS.endpoint("POST /<key:key>/retry", answer=MigrationSchema)
def retry(key: int) -> MigrationView | Problem:
    """Try the instances again that failed."""
    started = service().retry_migration(key)
    return started if isinstance(started, Problem) else _advanced(started)


def _advanced(started: MigrationView) -> MigrationView | Problem:
    """Do the first instances now; what cannot be done now the workers do."""
    try:
        service().advance_migration(started.key, _AT_ONCE + 1)
    except DatabaseUnavailableError:
        return started
    return service().migration(started.key)


def _request(values: MigrationValues) -> MigrationRequest:
    return MigrationRequest(
        source_key=values["source_key"],
        target_key=values["target_key"],
        plan=plan_of(values["plan"]),
    )


def _filter(choice: ChoiceValues | None) -> InstanceFilter | None:
    if choice is None:
        return None
    status = choice["status"]
    return InstanceFilter(
        business_key=choice["business_key"],
        has_incident=choice["has_incident"],
        statuses=None if status is None else frozenset({status}),
        started_after=choice["started_after"],
        started_before=choice["started_before"],
    )
