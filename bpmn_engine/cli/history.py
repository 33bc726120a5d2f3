"""`bpmn-engine retention`, `hold`, `archive` and `history`."""

from __future__ import annotations

import datetime as dt

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import or_fail
from bpmn_engine.cli.parameters import KEY
from bpmn_engine.cli.printing import print_json, print_line, print_table, short_time
from bpmn_engine.service.views import ArchiveFilter, HoldFilter, PageRequest, RetentionView

_LIMIT = click.IntRange(1, 200)
_DAY = dt.timedelta(days=1)


@click.group()
def retention() -> None:
    """See and change how long ended instances are kept."""


@retention.command("list")
@with_engine()
def list_retention(engine: CommandContext) -> None:
    """List the processes: how long their ended instances are kept, and who says so."""
    found = engine.service.retention_policies()
    if engine.is_json:
        print_json(found)
        return
    print_table(
        "Retention",
        ("process", "kept", "said by", "archived", "held", "reason"),
        (
            (
                one.process_id,
                _kept(one),
                one.source,
                "yes" if one.is_archived else "no",
                "yes" if one.is_held else "",
                one.reason,
            )
            for one in found
        ),
    )


@retention.command("set")
@click.argument("process_id")
@click.option(
    "--days", type=click.IntRange(0, 365_000), help="After the end.  [default: for good]"
)
@click.option("--no-archive", is_flag=True, help="Delete without putting into the archive.")
@click.option("--reason", help="Stands beside the policy.")
@with_engine()
def set_retention(
    engine: CommandContext,
    process_id: str,
    days: int | None,
    no_archive: bool,  # noqa: FBT001 — click passes options by name
    reason: str | None,
) -> None:
    """Say how long ended instances of a process are kept; above the diagram and the setting."""
    view = or_fail(
        engine.service.set_retention(
            process_id,
            None if days is None else days * _DAY,
            is_archived=not no_archive,
            reason=reason,
            actor=engine.actor,
        )
    )
    if engine.is_json:
        print_json(view)
    else:
        print_line(f"Ended instances of {process_id} are kept {_kept(view)}.")


@retention.command("clear")
@click.argument("process_id")
@with_engine()
def clear_retention(engine: CommandContext, process_id: str) -> None:
    """Let the diagram, or the setting, say again how long they are kept."""
    or_fail(engine.service.clear_retention(process_id))
    if engine.is_json:
        print_json({"process_id": process_id})
    else:
        print_line(f"No policy for {process_id} any more.")


@retention.command("run")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many.  [default: all]")
@with_engine()
def run_retention(engine: CommandContext, limit: int | None) -> None:
    """Archive and delete now what is not kept any longer; the worker does so by itself."""
    removed = 0
    while limit is None or removed < limit:
        batch = 200 if limit is None else min(200, limit - removed)
        count = engine.service.remove_old_history(batch)
        removed += count
        if not count:
            break
    if engine.is_json:
        print_json({"removed": removed})
    else:
        print_line(f"Removed {removed} ended instances.")


@click.group()
def hold() -> None:
    """See, place and lift legal holds: what must not be deleted."""


@hold.command("list")
@click.option("--lifted", is_flag=True, help="Those that were lifted, instead.")
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def list_holds(
    engine: CommandContext,
    lifted: bool,  # noqa: FBT001 — click passes options by name
    limit: int,
    cursor: str | None,
) -> None:
    """List legal holds, newest first."""
    where = HoldFilter(is_lifted=lifted)
    page = or_fail(engine.service.holds(where, page=PageRequest(cursor=cursor, limit=limit)))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Legal holds",
        ("key", "instance", "process", "placed", "by", "reason", "lifted", "by"),
        (
            (
                one.key,
                one.instance_key,
                one.process_id,
                one.placed_at,
                one.placed_by,
                one.reason,
                one.lifted_at,
                one.lifted_by,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


@hold.command("place")
@click.option("--instance", "instance_key", type=KEY, help="This instance and what it called.")
@click.option("--process", "process_id", help="All instances of this process.")
@click.option("--reason", required=True, help="Goes into the record and the journal.")
@with_engine()
def place_hold(
    engine: CommandContext, instance_key: int | None, process_id: str | None, reason: str
) -> None:
    """Keep an instance, or all of a process, until the hold is lifted."""
    placed = or_fail(
        engine.service.place_hold(
            instance_key=instance_key, process_id=process_id, reason=reason, actor=engine.actor
        )
    )
    if engine.is_json:
        print_json(placed)
    else:
        print_line(f"Placed the legal hold {placed.key}.")


@hold.command("lift")
@click.argument("key", type=KEY)
@click.option("--reason", help="Goes into the record and the journal.")
@with_engine()
def lift_hold(engine: CommandContext, key: int, reason: str | None) -> None:
    """Lift a legal hold; the record of it stays."""
    lifted = or_fail(engine.service.lift_hold(key, reason=reason, actor=engine.actor))
    if engine.is_json:
        print_json(lifted)
    else:
        print_line(f"Lifted the legal hold {key}.")


@click.group()
def archive() -> None:
    """See archived instances, and take them out of the archive."""


@archive.command("list")
@click.option("--process", "process_id", help="Only of this process.")
@click.option("--business-key", help="Only with this business key.")
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def list_archived(
    engine: CommandContext,
    process_id: str | None,
    business_key: str | None,
    limit: int,
    cursor: str | None,
) -> None:
    """List archived instances, those that ended last first."""
    where = ArchiveFilter(process_id=process_id, business_key=business_key)
    request = PageRequest(cursor=cursor, limit=limit)
    page = or_fail(engine.service.archived_instances(where, page=request))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Archived instances",
        ("key", "process", "version", "business key", "status", "started", "ended", "archived"),
        (
            (
                one.key,
                one.process_id,
                one.version,
                one.business_key,
                one.status,
                one.started_at,
                one.ended_at,
                one.archived_at,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


@archive.command("show")
@click.argument("key", type=KEY)
@with_engine()
def show_archived(engine: CommandContext, key: int) -> None:
    """Show one archived instance: variables, history, journal."""
    view = or_fail(engine.service.archived_instance(key))
    if engine.is_json:
        print_json(view)
        return
    one = view.summary
    print_line(f"{one.process_id} version {one.version}, {one.key}: {one.status.value}")
    print_line(f"Ended {short_time(one.ended_at)}, archived {short_time(one.archived_at)}")
    print_table("Variables", ("name", "value"), sorted(view.variables.items()))
    print_table(
        "History",
        ("element", "type", "state", "entered", "ended"),
        (
            (
                visit.element_name or visit.element_id,
                visit.element_type,
                visit.state,
                visit.entered_at,
                visit.ended_at,
            )
            for visit in view.visits
        ),
    )
    print_table(
        "Journal",
        ("at", "by", "what", "reason"),
        ((entry.at, entry.actor, entry.summary, entry.reason) for entry in view.journal),
    )


@archive.command("restore")
@click.argument("key", type=KEY)
@click.option("--reason", required=True, help="Goes into the journal, and into the legal hold.")
@with_engine()
def restore(engine: CommandContext, key: int, reason: str) -> None:
    """Take an instance out of the archive with all its history; a legal hold keeps it then."""
    summary = or_fail(engine.service.restore_instance(key, reason=reason, actor=engine.actor))
    if engine.is_json:
        print_json(summary)
    else:
        print_line(f"Restored {summary.process_id} {summary.key}; a legal hold keeps it.")


@click.group()
def history() -> None:
    """Keep the tables of history in order."""


@history.command("recount")
@with_engine()
def recount(engine: CommandContext) -> None:
    """Count the figures of dashboards anew, from the instances and the archive.

    Needed once after an upgrade during which processes of an older release went on writing.
    """
    or_fail(engine.service.recount_figures())
    if engine.is_json:
        print_json({"recounted": True})
    else:
        print_line("The figures were counted anew.")


def _kept(view: RetentionView) -> str:
    if view.keep is None:
        return "for good"
    days = view.keep / _DAY
    return f"{days:g} day{'' if days == 1 else 's'}"
