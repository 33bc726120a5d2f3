"""Migrating running instances: the plan to look at and edit, its rehearsal, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

import marshmallow as ma
from flask import flash, render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.views import (
    DefinitionSummary,
    ElementMapping,
    InstanceFilter,
    InstanceStatus,
    MigrationPlan,
    MigrationProposalView,
    MigrationRequest,
    MigrationState,
    MigrationView,
    PageRequest,
    Problem,
    Rehearsal,
    Violation,
)
from bpmn_engine.values import JsonValue
from web.api.migration_schemas import PlanSchema, PlanValues, plan_of
from web.context import principal, service
from web.errors import FieldError, ProblemError, invalid_input
from web.keys import read_key
from web.pages.answers import argument, go, good, json_field, page_request, paging, reason, tell

REHEARSED: Final = 20
"""Instances that a rehearsal on the page looks at."""

AT_ONCE: Final = 20
"""Instances that are migrated before the page is answered; the workers do the others."""

_ROWS: Final = PageRequest(limit=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the last post of the form gave."""

    error: str | None = None
    violations: tuple[Violation, ...] = ()
    rehearsals: tuple[Rehearsal, ...] | None = None


def migrate_instances(process_id: str) -> Response | str | tuple[str, int]:
    """Show the plan between two versions; rehearse it or do it."""
    versions = service().definition_versions(process_id)
    if not versions:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"Expected the process {process_id[:80]!r}.")
    source, target = _chosen(versions, "from"), _chosen(versions, "to", default=versions[0])
    proposal = good(service().propose_migration(source.definition_key, target.definition_key))
    if request.method == "GET":
        return _page(versions, proposal, proposal.plan, _Answer())
    try:
        plan = _submitted(proposal)
    except ProblemError as error:
        answer = _Answer(error=error.errors[0].message)
        return _page(versions, proposal, proposal.plan, answer), HTTPStatus.UNPROCESSABLE_ENTITY
    wanted = MigrationRequest(
        source_key=source.definition_key, target_key=target.definition_key, plan=plan
    )
    done = _rehearse(wanted) if argument("what") != "apply" else _apply(wanted)
    if isinstance(done, MigrationView):
        return go(f"/migrations/{done.key}")
    page = _page(versions, proposal, plan, done)
    return page if done.error is None else (page, HTTPStatus.UNPROCESSABLE_ENTITY)


def migrations() -> str:
    """List the migrations, newest first."""
    page = good(service().migrations(page=page_request()))
    return render_template(
        "migrations.html",
        migrations=[_shown(each) for each in page.items],
        paging=paging(page, "/migrations", {}),
    )


def migration(key: int) -> str:
    """Show how far a migration has come, and what failed."""
    view = good(service().migration(key))
    failed = good(service().migration_items(key, state=MigrationState.FAILED, page=_ROWS))
    return render_template(
        "migration.html",
        migration=_shown(view),
        failed=[
            {"instance_key": str(each.instance_key), "message": each.message}
            for each in failed.items
        ],
    )


def retry_migration(key: int) -> Response:
    """Try the instances again that failed."""
    outcome = service().retry_migration(key)
    if tell(outcome, "The instances that failed are tried again."):
        _advance(key)
    return go(f"/migrations/{key}")


def _instance() -> int | None:
    """Return the only instance to migrate, if the address names one; else all are."""
    return read_key(argument("instance"))


def _chosen(
    versions: tuple[DefinitionSummary, ...], name: str, default: DefinitionSummary | None = None
) -> DefinitionSummary:
    """Return the version that the address names; without it the newest older one."""
    text = argument(name)
    for each in versions:
        if text == str(each.version):
            return each
    return default or (versions[1] if len(versions) > 1 else versions[0])


def _submitted(proposal: MigrationProposalView) -> MigrationPlan:
    """Return the plan of the form: a field for each element, and JSON for the rest.

    Raises:
        ProblemError: The JSON is none, or no plan (422).
    """
    mappings = tuple(
        ElementMapping(
            source=source,
            target=target,
            is_updated=request.form.get(f"update:{source}") is not None,
        )
        for source in proposal.choices
        if (target := request.form.get(f"map:{source}", ""))
    )
    parts: dict[str, JsonValue] = {
        name: json_field(name, request.form.get(name, "").strip() or "[]")
        for name in ("flows", "variables")
    }
    try:
        values = cast("PlanValues", PlanSchema().load(parts))
    except ma.ValidationError as error:
        raise _unusable(error.messages_dict) from error
    rest = plan_of(values)
    return MigrationPlan(mappings=mappings, flows=rest.flows, variables=rest.variables)


def _unusable(messages: Mapping[str, object]) -> ProblemError:
    from_name, words = next(iter(messages.items()))
    message = f"Expected {from_name} of a migration plan, but: {words}"
    return invalid_input([FieldError(field=from_name, message=message)])


def _rehearse(wanted: MigrationRequest) -> _Answer:
    only = _instance()
    where = InstanceFilter(
        definition_key=wanted.source_key, statuses=frozenset({InstanceStatus.ACTIVE})
    )
    found = good(service().instances(where, page=PageRequest(limit=REHEARSED)))
    keys = [each.key for each in found.items] if only is None else [only]
    outcome = service().rehearse_migration(wanted, keys, goes_on=True)
    if isinstance(outcome, Problem):
        return _Answer(error=outcome.message, violations=outcome.violations)
    return _Answer(rehearsals=outcome)


def _apply(wanted: MigrationRequest) -> MigrationView | _Answer:
    why = reason()
    if why is None:
        return _Answer(error="Expected a reason, but there is none.")
    only = _instance()
    keys = None if only is None else [only]
    started = service().start_migration(wanted, keys, reason=why, actor=principal().user_id)
    if isinstance(started, Problem):
        return _Answer(error=started.message, violations=started.violations)
    _advance(started.key)
    flash("The migration has begun.", "success")
    return started


def _advance(key: int) -> None:
    """Do the first instances now; what cannot be done now the workers do."""
    try:
        service().advance_migration(key, AT_ONCE + 1)
    except DatabaseUnavailableError:
        flash("The database is busy; the workers go on with the migration.", "error")


def _page(
    versions: tuple[DefinitionSummary, ...],
    proposal: MigrationProposalView,
    plan: MigrationPlan,
    answer: _Answer,
) -> str:
    chosen = {each.source: each for each in plan.mappings}
    diagram = service().definition_diagram(proposal.source.definition_key)
    counts = {} if isinstance(diagram, Problem) else diagram.elements
    rows = [
        {
            "element_id": source,
            "name": proposal.source_names[source],
            "count": counts[source].active if source in counts else 0,
            "is_guessed": source in proposal.guessed,
            "target": chosen[source].target if source in chosen else "",
            "is_updated": source in chosen and chosen[source].is_updated,
            "choices": [(one, _called(one, proposal.target_names[one])) for one in targets],
        }
        for source, targets in proposal.choices.items()
    ]
    return render_template(
        "migrate.html",
        process_id=proposal.source.process_id,
        versions=[(each.version, str(each.version)) for each in versions],
        source=proposal.source,
        target=proposal.target,
        instance=argument("instance"),
        instance_count=proposal.instance_count if _instance() is None else 1,
        rows=sorted(rows, key=lambda row: not row["count"]),
        added=[_called(one, proposal.target_names[one]) for one in proposal.added],
        flows=request.form.get("flows", "[]"),
        variables=request.form.get("variables", "[]"),
        reason=request.form.get("reason", ""),
        answer=answer,
        rehearsed=REHEARSED,
    )


def _called(element_id: str, name: str) -> str:
    return element_id if name == element_id else f"{name} ({element_id})"


def _shown(view: MigrationView) -> dict[str, object]:
    total = view.pending_count + view.migrated_count + view.failed_count
    return {
        "key": str(view.key),
        "process_id": view.target.process_id,
        "source": view.source,
        "target": view.target,
        "reason": view.reason,
        "created_at": view.created_at,
        "created_by": view.created_by,
        "ended_at": view.ended_at,
        "pending_count": view.pending_count,
        "migrated_count": view.migrated_count,
        "failed_count": view.failed_count,
        "total": total,
        "done": total - view.pending_count,
    }
