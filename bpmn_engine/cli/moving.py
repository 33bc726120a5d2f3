"""`bpmn-engine move`."""

from __future__ import annotations

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import or_fail
from bpmn_engine.cli.parameters import KEY, VARIABLES
from bpmn_engine.cli.printing import print_json, print_line
from bpmn_engine.ids import ElementKey
from bpmn_engine.service.views import CancelVisits, Move, StartAfter, StartBefore
from bpmn_engine.values import Variables


@click.command()
@click.argument("key", type=KEY)
@click.option("--from", "source", metavar="ELEMENT", help="Cancel here, to go on at --to.")
@click.option("--to", "target", metavar="ELEMENT", help="Start before this element.")
@click.option(
    "--cancel",
    "cancelled",
    metavar="ELEMENT",
    multiple=True,
    help="Cancel all visits of an element, or the one with this key; may be given several times.",
)
@click.option(
    "--before",
    "before",
    metavar="ELEMENT",
    multiple=True,
    help="Start before an element; may be given several times.",
)
@click.option(
    "--after",
    "after",
    metavar="ELEMENT",
    multiple=True,
    help="Start after an element, on its flows; may be given several times.",
)
@click.option("--inside", type=KEY, help="The open sub-process visit to start in, of several.")
@click.option(
    "--variables",
    type=VARIABLES,
    default="{}",
    help="JSON object, @file or @- (stdin); set in the scope of each start.",
)
@click.option("--reason", help="Goes into the journal.")
@with_engine()
def move(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    key: int,
    source: str | None,
    target: str | None,
    cancelled: tuple[str, ...],
    before: tuple[str, ...],
    after: tuple[str, ...],
    inside: int | None,
    variables: Variables,
    reason: str | None,
) -> None:
    """Change where an instance is: cancel here, start there, all or nothing.

    What is cancelled is cancelled first; then tokens start, and sub-processes around them open.
    """
    if (source is None) != (target is None):
        raise click.UsageError("Expected --from and --to together, but got one of them.")
    sources = (*cancelled, *(() if source is None else (source,)))
    targets = (*before, *(() if target is None else (target,)))
    scope = None if inside is None else ElementKey(inside)
    moves: list[Move] = [_cancel(element) for element in sources]
    moves += (StartBefore(element_id=one, inside=scope, variables=variables) for one in targets)
    moves += (StartAfter(element_id=one, inside=scope, variables=variables) for one in after)
    if not moves:
        raise click.UsageError("Expected --from and --to, or --cancel, --before or --after.")
    summary = or_fail(
        engine.service.modify_instance(key, moves, reason=reason, actor=engine.actor)
    )
    if engine.is_json:
        print_json(summary)
    else:
        print_line(f"{summary.process_id} {summary.key} is {summary.status.value}.")


def _cancel(element: str) -> CancelVisits:
    """Return the move for an element id, which never begins with a digit, or for a key."""
    if element.isascii() and element.isdigit():
        return CancelVisits(visit=ElementKey(int(element)))
    return CancelVisits(element_id=element)
