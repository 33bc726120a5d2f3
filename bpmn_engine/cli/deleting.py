"""`bpmn-engine definitions`: which there are, deleting them, and what was deleted."""

from __future__ import annotations

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, or_fail
from bpmn_engine.cli.parameters import KEY
from bpmn_engine.cli.printing import print_json, print_line, print_table
from bpmn_engine.service.views import DeletionView, PageRequest, Problem

_LIMIT = click.IntRange(1, 200)


@click.group()
def definitions() -> None:
    """See and delete process definitions."""


@definitions.command("list")
@click.option("--all", "every", is_flag=True, help="Every version, not only the latest.")
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def list_definitions(
    engine: CommandContext,
    every: bool,  # noqa: FBT001 — click passes options by name
    limit: int,
    cursor: str | None,
) -> None:
    """List process definitions by process id, newest version first."""
    request = PageRequest(cursor=cursor, limit=limit)
    page = or_fail(engine.service.definitions(latest_only=not every, page=request))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Process definitions",
        ("process", "version", "key", "deployment", "deployed", "by", "running"),
        (
            (
                one.process_id,
                one.version,
                one.definition_key,
                one.deployment_key,
                one.deployed_at,
                one.deployed_by,
                one.running_count,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


@definitions.command("delete")
@click.argument("process_id", required=False)
@click.option("--version", type=click.IntRange(1), help="Only this one.  [default: every version]")
@click.option("--deployment", "deployment_key", type=KEY, help="A deployment, instead.")
@click.option(
    "--cascade", is_flag=True, help="Cancel the instances, and delete them with their history."
)
@click.option("--reason", help="Stands in the record.")
@with_engine()
def delete(
    engine: CommandContext,
    process_id: str | None,
    version: int | None,
    deployment_key: int | None,
    cascade: bool,  # noqa: FBT001 — click passes options by name
    reason: str | None,
) -> None:
    """Delete a version of a process, or every one, or a whole deployment.

    Refused while an instance has not ended, unless --cascade, and while a legal hold keeps what
    would go. Without --cascade the history of its instances stays.
    """
    if (process_id is None) == (deployment_key is None):
        raise CommandFailedError("Expected either a process id or --deployment.", ExitCode.USAGE)
    if process_id is None:
        deleted = engine.service.delete_deployment(
            deployment_key or 0, is_cascading=cascade, reason=reason, actor=engine.actor
        )
    elif version is None:
        deleted = engine.service.delete_versions(
            process_id, is_cascading=cascade, reason=reason, actor=engine.actor
        )
    else:
        view = or_fail(engine.service.definition_by_id(process_id, version))
        deleted = engine.service.delete_definitions(
            [view.summary.definition_key],
            is_cascading=cascade,
            reason=reason,
            actor=engine.actor,
        )
    _print_deleted(engine, deleted)


@definitions.command("deleted")
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def list_deleted(engine: CommandContext, limit: int, cursor: str | None) -> None:
    """List what was deleted, when, by whom and why, newest first."""
    page = or_fail(engine.service.deletions(page=PageRequest(cursor=cursor, limit=limit)))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Deletions",
        ("begun", "by", "what", "instances", "reason", "done"),
        (
            (
                one.begun_at,
                one.deleted_by,
                _words(one),
                one.instance_count,
                one.reason,
                one.ended_at,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


def _print_deleted(engine: CommandContext, deleted: DeletionView | Problem) -> None:
    view = or_fail(deleted)
    if engine.is_json:
        print_json(view)
    else:
        print_line(f"Deleted {_words(view)}; {view.instance_count} instances.")


def _words(view: DeletionView) -> str:
    processes = ", ".join(f"{one.process_id} version {one.version}" for one in view.definitions)
    whole = None if view.deployment_key is None else f"deployment {view.deployment_key}"
    return ": ".join(each for each in (whole, processes or view.name) if each)
