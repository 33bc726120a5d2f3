"""`bpmn-engine incidents` and `bpmn-engine retry`."""

from __future__ import annotations

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import or_fail
from bpmn_engine.cli.parameters import KEY, VARIABLES
from bpmn_engine.cli.printing import print_json, print_line, print_table
from bpmn_engine.service.views import IncidentFilter, PageRequest
from bpmn_engine.values import Variables


@click.command()
@click.option("--process", "process_id", help="Only of this process.")
@click.option("--instance", "instance_key", type=KEY, help="Only of this instance.")
@click.option("--search", help="In the message.")
@click.option("--resolved", is_flag=True, help="Those that were resolved, instead.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def incidents(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    process_id: str | None,
    instance_key: int | None,
    search: str | None,
    resolved: bool,  # noqa: FBT001 — click passes options by name
    limit: int,
    cursor: str | None,
) -> None:
    """List open incidents: instances that need a person."""
    where = IncidentFilter(
        is_open=not resolved, process_id=process_id, instance_key=instance_key, search=search
    )
    page = or_fail(engine.service.incidents(where, page=PageRequest(cursor=cursor, limit=limit)))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Incidents",
        ("key", "instance", "process", "element", "message", "since"),
        (
            (
                one.key,
                one.instance_key,
                one.process_id,
                one.element_name or one.element_id,
                one.message,
                one.created_at,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


@click.command()
@click.argument("key", type=KEY)
@click.option(
    "--retries",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Attempts that the job gets.",
)
@click.option("--variables", type=VARIABLES, help="Set these first; JSON object, @file or @-.")
@click.option("--reason", help="Goes into the journal.")
@with_engine()
def retry(
    engine: CommandContext,
    key: int,
    retries: int,
    variables: Variables | None,
    reason: str | None,
) -> None:
    """Resolve an incident by trying again."""
    incident = or_fail(
        engine.service.resolve_incident(
            key, retries=retries, variables=variables, reason=reason, actor=engine.actor
        )
    )
    if engine.is_json:
        print_json(incident)
    else:
        print_line(f"Incident {incident.key} at {incident.element_id} is resolved; it runs again.")
