"""`bpmn-engine tasks`, `claim` and `complete`."""

from __future__ import annotations

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, or_fail
from bpmn_engine.cli.parameters import KEY, VARIABLES
from bpmn_engine.cli.printing import print_json, print_line, print_table
from bpmn_engine.service.views import PageRequest, TaskFilter, TaskScope
from bpmn_engine.values import Variables


@click.command()
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in TaskScope]),
    default=TaskScope.ALL.value,
    show_default=True,
    help="Which, seen from the account.",
)
@click.option("--process", "process_id", help="Only of this process.")
@click.option("--instance", "instance_key", type=KEY, help="Only of this instance.")
@click.option("--assignee", help="Only of this user.")
@click.option("--group", help="Only offered to this group.")
@click.option("--search", help="In the task's name and the business key.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def tasks(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    scope: str,
    process_id: str | None,
    instance_key: int | None,
    assignee: str | None,
    group: str | None,
    search: str | None,
    limit: int,
    cursor: str | None,
) -> None:
    """List user tasks, those due first; with --as, those the account may see."""
    where = TaskFilter(
        scope=TaskScope(scope),
        process_id=process_id,
        instance_key=instance_key,
        assignee=assignee,
        candidate_group=group,
        search=search,
    )
    page = or_fail(
        engine.service.user_tasks(
            where, caller=engine.caller(), page=PageRequest(cursor=cursor, limit=limit)
        )
    )
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "User tasks",
        ("key", "task", "process", "business key", "assignee", "offered to", "due"),
        (
            (
                one.key,
                one.name,
                one.process_id,
                one.business_key,
                one.assignee,
                ", ".join((*one.candidate_groups, *one.candidate_users)),
                one.due_at,
            )
            for one in page.items
        ),
    )
    if page.next_cursor is not None:
        print_line(f"There are more: --cursor {page.next_cursor}")


@click.command()
@click.argument("key", type=KEY)
@with_engine()
def claim(engine: CommandContext, key: int) -> None:
    """Take a user task for the account named by --as."""
    if engine.acts_as is None:
        raise CommandFailedError("Expected --as USER, but nobody is named.", ExitCode.USAGE)
    task = or_fail(engine.service.claim_task(key, caller=engine.caller()))
    if engine.is_json:
        print_json(task)
    else:
        print_line(f"{task.name} {task.key} is claimed by {task.assignee}.")


@click.command()
@click.argument("key", type=KEY)
@click.option(
    "--variables", type=VARIABLES, default="{}", help="JSON object, @file or @- (stdin)."
)
@with_engine()
def complete(engine: CommandContext, key: int, variables: Variables) -> None:
    """Complete a user task with what its form would give. Values are not checked by the form."""
    task = or_fail(engine.service.complete_task(key, variables, caller=engine.caller()))
    if engine.is_json:
        print_json(task)
    else:
        print_line(f"{task.name} {task.key} is completed.")
