"""`bpmn-engine message` and `bpmn-engine signal`."""

from __future__ import annotations

import datetime as dt

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import or_fail
from bpmn_engine.cli.parameters import DURATION, KEY, VARIABLES
from bpmn_engine.cli.printing import print_json, print_line
from bpmn_engine.ids import Key
from bpmn_engine.values import Variables


@click.command()
@click.argument("name")
@click.option("--correlation-key", help="Finds the waiting instance.")
@click.option("--business-key", help="Finds the waiting instance, or becomes the new one's.")
@click.option("--instance", "instance_key", type=KEY, help="Only for this instance.")
@click.option(
    "--matching",
    type=VARIABLES,
    default="{}",
    help="JSON object: only for an instance that sees these variables.",
)
@click.option(
    "--variables", type=VARIABLES, default="{}", help="JSON object, @file or @- (stdin)."
)
@click.option(
    "--time-to-live",
    type=DURATION,
    default="PT0S",
    show_default=True,
    help="How long the message is kept if nothing waits for it yet.",
)
@click.option("--id", "message_id", help="A message with the same id has no effect twice.")
@with_engine()
def message(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    name: str,
    correlation_key: str | None,
    business_key: str | None,
    instance_key: int | None,
    matching: Variables,
    variables: Variables,
    time_to_live: dt.timedelta,
    message_id: str | None,
) -> None:
    """Send a message to one waiting instance, or start one with it."""
    result = or_fail(
        engine.service.correlate_message(
            name,
            correlation_key=correlation_key,
            business_key=business_key,
            instance_key=None if instance_key is None else Key(instance_key),
            matching=matching,
            variables=variables,
            time_to_live=time_to_live,
            message_id=message_id,
            actor=engine.actor,
        )
    )
    if engine.is_json:
        print_json(result)
        return
    keys = " ".join(map(str, result.instance_keys))
    print_line(f"{name}: {result.outcome.value} {keys}".rstrip())


@click.command()
@click.argument("name")
@click.option(
    "--variables", type=VARIABLES, default="{}", help="JSON object, @file or @- (stdin)."
)
@with_engine()
def signal(engine: CommandContext, name: str, variables: Variables) -> None:
    """Send a signal to every instance that waits for it."""
    result = or_fail(
        engine.service.broadcast_signal(name, variables=variables, actor=engine.actor)
    )
    if engine.is_json:
        print_json(result)
        return
    print_line(f"{name}: delivered {result.delivered_count}, started {len(result.started_keys)}")
