"""`bpmn-engine start`, `instances`, `show`, `cancel`, `suspend` and `resume`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, code_of, or_fail
from bpmn_engine.cli.parameters import KEY, VARIABLES
from bpmn_engine.cli.printing import (
    print_json,
    print_line,
    print_table,
    progress_bar,
    short_time,
)
from bpmn_engine.service.views import (
    IncidentFilter,
    IncidentView,
    InstanceFilter,
    InstanceStatus,
    InstanceSummary,
    InstanceView,
    PageRequest,
    Problem,
    StartRequest,
    VariableView,
    VisitView,
    WaitView,
)
from bpmn_engine.values import JsonValue, Variables

_BATCH: Final = 200
_LIMIT: Final = click.IntRange(1, 200)


@click.command()
@click.argument("process_id")
@click.option(
    "--variables", type=VARIABLES, default="{}", help="JSON object, @file or @- (stdin)."
)
@click.option("--business-key", help="A name of your own for the instance.")
@click.option("--version", type=click.IntRange(1), help="Of the process.  [default: the latest]")
@click.option("--start-element", metavar="ID", help="The start event, where there are several.")
@click.option("--count", type=click.IntRange(1, 1_000_000), default=1, help="How many.")
@with_engine()
def start(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    process_id: str,
    variables: Variables,
    business_key: str | None,
    version: int | None,
    start_element: str | None,
    count: int,
) -> None:
    """Start instances of a process."""
    request = StartRequest(
        process_id=process_id,
        version=version,
        variables=variables,
        business_key=business_key,
        start_element_id=start_element,
    )
    started: list[InstanceSummary] = []
    with progress_bar(f"Starting {process_id}", count) as advance:
        while len(started) < count:
            batch = [request] * min(_BATCH, count - len(started))
            answers = engine.service.start_instances(batch, actor=engine.actor)
            problem = next((one for one in answers if isinstance(one, Problem)), None)
            started += (one for one in answers if not isinstance(one, Problem))
            if problem is not None:
                said = f" {len(started)} were started before." if started else ""
                raise CommandFailedError(problem.message + said, code_of(problem))
            advance(len(batch))
    if engine.is_json:
        print_json(started[0] if count == 1 else started)
    elif count == 1:
        print_line(f"Started {process_id} version {started[0].version}: {started[0].key}")
    else:
        print_line(f"Started {count} instances of {process_id} version {started[0].version}.")


@click.command()
@click.option("--process", "process_id", help="Only of this process.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in InstanceStatus]),
    help="Only with this status; may be given several times.",
)
@click.option("--business-key", help="Only with this business key.")
@click.option(
    "--incident/--no-incident", "has_incident", default=None, help="With incidents, or without."
)
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def instances(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    process_id: str | None,
    statuses: tuple[str, ...],
    business_key: str | None,
    has_incident: bool | None,  # noqa: FBT001 — click passes options by name
    limit: int,
    cursor: str | None,
) -> None:
    """List process instances, newest first."""
    where = InstanceFilter(
        process_id=process_id,
        statuses=frozenset(map(InstanceStatus, statuses)) or None,
        business_key=business_key,
        has_incident=has_incident,
    )
    page = or_fail(engine.service.instances(where, page=PageRequest(cursor=cursor, limit=limit)))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Instances",
        ("key", "process", "version", "business key", "status", "incidents", "started", "ended"),
        (
            (
                one.key,
                one.process_id,
                one.version,
                one.business_key,
                one.status,
                one.incident_count or "",
                one.started_at,
                one.ended_at,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


@click.command()
@click.argument("key", type=KEY)
@click.option("--history", type=_LIMIT, default=50, show_default=True, help="Visits shown.")
@with_engine()
def show(engine: CommandContext, key: int, history: int) -> None:
    """Show one instance: where it is, why it waits, incidents, variables, history."""
    service = engine.service
    view = or_fail(service.instance(key))
    waits = or_fail(service.instance_waits(key))
    variables = or_fail(service.instance_variables(key))
    visits = or_fail(service.instance_history(key, page=PageRequest(limit=history)))
    found = or_fail(service.incidents(IncidentFilter(instance_key=key)))
    if engine.is_json:
        print_json(
            {
                "instance": view,
                "waits": waits,
                "incidents": found.items,
                "variables": variables,
                "history": visits,
            }
        )
        return
    _print_instance(view)
    _print_waits(waits)
    _print_incidents(found.items)
    _print_variables(variables)
    _print_history(visits.items)


@click.command()
@click.argument("key", type=KEY)
@click.option("--reason", required=True, help="Goes into the journal.")
@with_engine()
def cancel(engine: CommandContext, key: int, reason: str) -> None:
    """End an instance for good, and what it called."""
    _change(engine, engine.service.cancel_instance, key, reason)


@click.command()
@click.argument("key", type=KEY)
@click.option("--reason", help="Goes into the journal.")
@with_engine()
def suspend(engine: CommandContext, key: int, reason: str | None) -> None:
    """Hold an instance: nothing happens in it until it is resumed."""
    _change(engine, engine.service.suspend_instance, key, reason)


@click.command()
@click.argument("key", type=KEY)
@click.option("--reason", help="Goes into the journal.")
@with_engine()
def resume(engine: CommandContext, key: int, reason: str | None) -> None:
    """Let a suspended instance go on."""
    _change(engine, engine.service.resume_instance, key, reason)


def _change(
    engine: CommandContext,
    use_case: Callable[..., InstanceSummary | Problem],
    key: int,
    reason: str | None,
) -> None:
    summary = or_fail(use_case(key, reason=reason, actor=engine.actor))
    if engine.is_json:
        print_json(summary)
    else:
        print_line(f"{summary.process_id} {summary.key} is {summary.status.value}.")


def _print_instance(view: InstanceView) -> None:
    one = view.summary
    key = "" if one.business_key is None else f", business key {one.business_key}"
    print_line(f"{one.process_id} version {one.version}, {one.key}{key}: {one.status.value}")
    ended = "" if one.ended_at is None else f", ended {short_time(one.ended_at)}"
    print_line(f"Started {short_time(one.started_at)} by {one.started_by or 'the engine'}{ended}")
    if view.parent is not None:
        print_line(f"Called by {view.parent.process_id} {view.parent.key}")
    for child in view.children:
        print_line(f"Called {child.process_id} {child.key}: {child.status.value}")


def _print_waits(waits: tuple[WaitView, ...]) -> None:
    print_table(
        "Why it waits",
        ("element", "what for", "since", "due", "last failure"),
        (
            (one.element_name or one.element_id, one.text, one.since, one.due_at, one.last_failure)
            for one in waits
        ),
    )


def _print_incidents(found: tuple[IncidentView, ...]) -> None:
    if found:
        print_table(
            "Incidents",
            ("key", "element", "message", "since"),
            (
                (one.key, one.element_name or one.element_id, one.message, one.created_at)
                for one in found
            ),
        )


def _print_variables(variables: tuple[VariableView, ...]) -> None:
    print_table(
        "Variables",
        ("name", "value", "scope"),
        ((one.name, _shown(one.value), one.scope_element_id or "instance") for one in variables),
    )


def _print_history(visits: tuple[VisitView, ...]) -> None:
    print_table(
        "History",
        ("element", "type", "state", "entered", "ended"),
        (
            (
                one.element_name or one.element_id,
                one.element_type,
                one.state,
                one.entered_at,
                one.ended_at,
            )
            for one in visits
        ),
    )


def _shown(value: JsonValue) -> object:
    """Return a variable's value so that a text can be told from a number."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return dict(value) if isinstance(value, Mapping) else value
