"""`bpmn-engine migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, or_fail
from bpmn_engine.cli.migration_file import (
    DefinitionPart,
    plan_document,
    plan_text,
    read_migration_file,
)
from bpmn_engine.cli.parameters import KEY
from bpmn_engine.cli.printing import print_json, print_line, print_table, progress_bar
from bpmn_engine.service.views import (
    InstanceFilter,
    MigrationFindings,
    MigrationRequest,
    MigrationState,
    MigrationView,
    PageRequest,
    Rehearsal,
)

_CHUNK: Final = 50
_SHOWN: Final = 200


@click.group()
def migrate() -> None:
    """Let running instances go on by another version of their process."""


@migrate.command("generate")
@click.argument("process_id")
@click.option("--from", "source", type=click.IntRange(1), required=True, help="The version now.")
@click.option(
    "--to", "target", type=click.IntRange(1), help="The version then.  [default: the latest]"
)
@click.option("--to-process", metavar="ID", help="Of another process.")
@click.option("--update", is_flag=True, help="Update what is open everywhere; else nowhere.")
@click.option("--output", type=click.Path(dir_okay=False), help="A file to write the plan to.")
@with_engine()
def generate(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    process_id: str,
    source: int,
    target: int | None,
    to_process: str | None,
    update: bool,  # noqa: FBT001 — click passes options by name
    output: str | None,
) -> None:
    """Compare two versions and print a plan to look at and edit."""
    proposal = or_fail(
        engine.service.propose_migration(
            _definition_key(engine, process_id, source),
            _definition_key(engine, to_process or process_id, target),
            updates=update,
        )
    )
    if output is not None:
        Path(output).write_text(plan_text(proposal), encoding="utf-8")
    if engine.is_json:
        print_json(plan_document(proposal))
    elif output is None:
        print_line(plan_text(proposal).rstrip())
    else:
        print_line(
            f"{len(proposal.plan.mappings)} elements mapped, {len(proposal.guessed)} of them by "
            f"name; {len(proposal.unmapped)} are not. {proposal.instance_count} instances."
        )


@migrate.command("validate")
@click.argument("plan")
@click.option("--instance", "keys", type=KEY, multiple=True, help="An instance to check too.")
@with_engine()
def validate(engine: CommandContext, plan: str, keys: tuple[int, ...]) -> None:
    """Hold a plan against both diagrams, and instances against the plan."""
    found = or_fail(engine.service.validate_migration(_request(engine, plan), keys))
    if engine.is_json:
        print_json({**_findings(found), "is_valid": found.is_valid})
    else:
        for violation in found.violations:
            print_line(f"{violation.element_id or plan}: {violation.message}")
        for one in found.instances:
            for violation in one.violations:
                print_line(f"{one.instance_key}: {violation.message}")
    if not found.is_valid:
        raise CommandFailedError("Expected a plan that can be applied, but it cannot.")
    if not engine.is_json:
        print_line("The plan can be applied.")


@migrate.command("rehearse")
@click.argument("plan")
@click.argument("keys", metavar="KEYS...", type=KEY, nargs=-1, required=True)
@click.option("--go-on", is_flag=True, help="Play each to an end: all it waits for is answered.")
@with_engine()
def rehearse(
    engine: CommandContext,
    plan: str,
    keys: tuple[int, ...],
    go_on: bool,  # noqa: FBT001 — click passes options by name
) -> None:
    """Say what a plan would do to instances, without doing it."""
    answers = or_fail(
        engine.service.rehearse_migration(_request(engine, plan), keys, goes_on=go_on)
    )
    if engine.is_json:
        print_json(answers)
        return
    for answer in answers:
        _print_rehearsal(answer)


@migrate.command("apply")
@click.argument("plan")
@click.argument("keys", metavar="[KEYS...]", type=KEY, nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All open instances of the source.")
@click.option("--business-key", help="All open ones with this business key.")
@click.option("--later", is_flag=True, help="Write it down; the workers of a server do it.")
@click.option("--reason", required=True, help="Goes into the journal of each.")
@with_engine()
def apply(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    plan: str,
    keys: tuple[int, ...],
    is_all: bool,  # noqa: FBT001 — click passes options by name
    business_key: str | None,
    later: bool,  # noqa: FBT001 — as above
    reason: str,
) -> None:
    """Migrate instances by a plan, each in a transaction of its own."""
    if bool(keys) + is_all + (business_key is not None) != 1:
        raise click.UsageError("Expected keys, or --all, or --business-key: one of them.")
    started = or_fail(
        engine.service.start_migration(
            _request(engine, plan),
            keys or None,
            where=InstanceFilter(business_key=business_key),
            reason=reason,
            actor=engine.actor,
        )
    )
    _finish(engine, started, later=later)


@migrate.command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="Rows.")
@with_engine()
def list_migrations(engine: CommandContext, limit: int) -> None:
    """List migrations, newest first."""
    page = or_fail(engine.service.migrations(page=PageRequest(limit=limit)))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Migrations",
        ("key", "process", "from", "to", "left", "migrated", "failed", "by", "when", "reason"),
        (
            (
                one.key,
                one.target.process_id,
                one.source.version,
                one.target.version,
                one.pending_count or "",
                one.migrated_count,
                one.failed_count or "",
                one.created_by,
                one.created_at,
                one.reason,
            )
            for one in page.items
        ),
    )


@migrate.command("show")
@click.argument("key", type=KEY)
@with_engine()
def show(engine: CommandContext, key: int) -> None:
    """Show how far a migration has come, and what failed."""
    _print_migration(engine, or_fail(engine.service.migration(key)))


@migrate.command("continue")
@click.argument("key", type=KEY)
@click.option("--retry", is_flag=True, help="Try the instances again that failed.")
@with_engine()
def go_on(
    engine: CommandContext,
    key: int,
    retry: bool,  # noqa: FBT001 — click passes options by name
) -> None:
    """Go on with a migration that was stopped on its way."""
    service = engine.service
    _finish(engine, or_fail(service.retry_migration(key) if retry else service.migration(key)))


def _finish(engine: CommandContext, started: MigrationView, *, later: bool = False) -> None:
    if not later and started.pending_count:
        with progress_bar("Migrating", started.pending_count) as advance:
            while count := engine.service.advance_migration(started.key, _CHUNK):
                advance(count)
    done = or_fail(engine.service.migration(started.key))
    _print_migration(engine, done)
    if done.failed_count:
        raise CommandFailedError(
            f"{done.failed_count} instances were not migrated; they are as they were.",
            ExitCode.CONFLICT,
        )


def _print_migration(engine: CommandContext, view: MigrationView) -> None:
    failed = or_fail(
        engine.service.migration_items(
            view.key, state=MigrationState.FAILED, page=PageRequest(limit=_SHOWN)
        )
    )
    if engine.is_json:
        print_json({"migration": view, "failed": failed.items})
        return
    print_line(
        f"Migration {view.key} from {view.source.process_id} version {view.source.version} to "
        f"{view.target.process_id} version {view.target.version}: {view.migrated_count} migrated, "
        f"{view.failed_count} failed, {view.pending_count} left."
    )
    for item in failed.items:
        print_line(f"{item.instance_key}: {item.message}")


def _print_rehearsal(answer: Rehearsal) -> None:
    reasons = [violation.message for violation in answer.violations]
    if answer.problem is not None:
        reasons.append(answer.problem)
    if reasons:
        print_line(f"{answer.instance_key} would not be migrated: {' '.join(reasons)}")
        return
    print_line(f"{answer.instance_key} would be migrated.")
    parts = (
        ("moved", [f"{one} -> {other}" for one, other in answer.moved.items() if one != other]),
        ("no longer waited for", answer.withdrawn),
        ("waited for in addition", answer.opened),
        ("updated", answer.updated),
        ("done at once", answer.passed),
        ("waits then at", answer.waiting),
        ("variables gone", answer.removed),
    )
    for words, elements in parts:
        if elements:
            print_line(f"  {words}: {', '.join(elements)}")
    continuation = answer.continuation
    if continuation is not None:
        path = ", ".join(continuation.passed) or "nothing"
        said = "" if continuation.message is None else f" ({continuation.message})"
        print_line(f"  could go on over {path}: {continuation.outcome}{said}")


def _findings(found: MigrationFindings) -> dict[str, object]:
    return {"violations": found.violations, "instances": found.instances}


def _request(engine: CommandContext, path: str) -> MigrationRequest:
    file = read_migration_file(path)
    return MigrationRequest(
        source_key=_key_of(engine, file.source),
        target_key=_key_of(engine, file.target),
        plan=file.plan,
    )


def _key_of(engine: CommandContext, part: DefinitionPart) -> int:
    return _definition_key(engine, part.process_id, part.version)


def _definition_key(engine: CommandContext, process_id: str, version: int | None) -> int:
    found = or_fail(engine.service.definition_by_id(process_id, version))
    return found.summary.definition_key
