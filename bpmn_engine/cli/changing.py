"""`bpmn-engine skip`, `repeat` and `restart`."""

from __future__ import annotations

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, code_of, or_fail
from bpmn_engine.cli.parameters import KEY, VARIABLES
from bpmn_engine.cli.printing import print_json, print_line
from bpmn_engine.service.views import InstanceSummary, Problem, RestartRequest, VariableOrigin
from bpmn_engine.values import Variables

_VARIABLES_HELP = "JSON object, @file or @- (stdin)"


@click.command()
@click.argument("key", type=KEY)
@click.argument("element")
@click.option("--visit", type=KEY, help="Only the visit with this key, of several.")
@click.option(
    "--variables", type=VARIABLES, default="{}", help=f"{_VARIABLES_HELP}: what it would give."
)
@click.option("--reason", required=True, help="Goes into the journal.")
@with_engine()
def skip(
    engine: CommandContext,
    key: int,
    element: str,
    visit: int | None,
    variables: Variables,
    reason: str,
) -> None:
    """Let an instance go on after ELEMENT, where it waits, as if that were done."""
    _told(
        engine,
        engine.service.skip_element(
            key, element, visit=visit, variables=variables, reason=reason, actor=engine.actor
        ),
    )


@click.command()
@click.argument("key", type=KEY)
@click.argument("element")
@click.option("--inside", type=KEY, help="The open sub-process visit to start in, of several.")
@click.option(
    "--variables", type=VARIABLES, default="{}", help=f"{_VARIABLES_HELP}, set where it starts."
)
@click.option("--reason", required=True, help="Goes into the journal.")
@with_engine()
def repeat(
    engine: CommandContext,
    key: int,
    element: str,
    inside: int | None,
    variables: Variables,
    reason: str,
) -> None:
    """Do ELEMENT once more, where the instance has been, beside what runs."""
    _told(
        engine,
        engine.service.repeat_element(
            key, element, inside=inside, variables=variables, reason=reason, actor=engine.actor
        ),
    )


@click.command()
@click.argument("keys", metavar="KEYS...", type=KEY, nargs=-1, required=True)
@click.option(
    "--before",
    "before",
    metavar="ELEMENT",
    multiple=True,
    help="Start before an element; may be given several times.  [default: where it began]",
)
@click.option(
    "--after",
    "after",
    metavar="ELEMENT",
    multiple=True,
    help="Start after an element, on its flows; may be given several times.",
)
@click.option(
    "--variables-from",
    "origin",
    type=click.Choice([origin.value for origin in VariableOrigin]),
    default=VariableOrigin.END.value,
    show_default=True,
    help="Take over those the instance ended with, those it began with, or none.",
)
@click.option(
    "--variables",
    type=VARIABLES,
    default="{}",
    help=f"{_VARIABLES_HELP}; beside and instead of those.",
)
@click.option("--latest", is_flag=True, help="The latest version, not that of the instance.")
@click.option("--request-key", help="The same one restarts the same instance once.")
@click.option("--reason", required=True, help="Goes into the journals.")
@with_engine()
def restart(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    keys: tuple[int, ...],
    before: tuple[str, ...],
    after: tuple[str, ...],
    origin: str,
    variables: Variables,
    latest: bool,  # noqa: FBT001 — click passes options by name
    request_key: str | None,
    reason: str,
) -> None:
    """Do finished instances again: new ones, with their variables, from any element on."""
    requests = [
        RestartRequest(
            instance_key=key,
            start_before=before,
            start_after=after,
            origin=VariableOrigin(origin),
            variables=variables,
            uses_latest=latest,
            request_key=request_key,
        )
        for key in keys
    ]
    answers = engine.service.restart_instances(requests, reason=reason, actor=engine.actor)
    started = [one for one in answers if not isinstance(one, Problem)]
    if engine.is_json:
        print_json(started)
    else:
        for key, one in zip(keys, answers, strict=True):
            if not isinstance(one, Problem):
                print_line(f"Restarted {key} as {one.process_id} {one.key}.")
    problem = next((one for one in answers if isinstance(one, Problem)), None)
    if problem is not None:
        said = f" {len(started)} of {len(keys)} were restarted." if started else ""
        raise CommandFailedError(problem.message + said, code_of(problem))


def _told(engine: CommandContext, answer: InstanceSummary | Problem) -> None:
    summary = or_fail(answer)
    if engine.is_json:
        print_json(summary)
    else:
        print_line(f"{summary.process_id} {summary.key} is {summary.status.value}.")
