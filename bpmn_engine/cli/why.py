"""`why`: the reasons for which an instance went where it went."""

from __future__ import annotations

from collections.abc import Iterator

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import or_fail
from bpmn_engine.cli.parameters import KEY
from bpmn_engine.cli.printing import print_json, print_line, short_time
from bpmn_engine.service.views import (
    ConsideredFlowView,
    Explained,
    FlowVerdict,
    GatewayDecisionView,
)

_WORDS = {
    FlowVerdict.TRUE: "true",
    FlowVerdict.FALSE: "false",
    FlowVerdict.NOT_ASKED: "not asked, a flow before it was taken",
    FlowVerdict.UNCONDITIONAL: "has no condition",
    FlowVerdict.DEFAULT: "default flow",
}


@click.command()
@click.argument("key", type=KEY)
@click.argument("element", required=False)
@click.option("--visit", type=click.IntRange(min=1), help="Only of the visit with this key.")
@click.option(
    "--limit",
    type=click.IntRange(1, 200),
    default=20,
    show_default=True,
    help="Decisions shown, the newest.",
)
@with_engine()
def why(
    engine: CommandContext, key: int, element: str | None, visit: int | None, limit: int
) -> None:
    """Show why an instance went where it went, at every gateway or at one ELEMENT.

    Each condition is shown with its result and with the value of every part of it.
    """
    found = or_fail(
        engine.service.gateway_decisions(key, element_id=element, visit=visit, limit=limit)
    )
    if engine.is_json:
        print_json(found)
        return
    if not found:
        print_line("No condition has decided anything.")
    for decision in found:
        for line in _lines(decision):
            print_line(line)


def _lines(decision: GatewayDecisionView) -> Iterator[str]:
    name = decision.element_name or decision.element_id
    yield f"{name} (visit {decision.visit}), {short_time(decision.at)}"
    if decision.activation is not None:
        yield "  It began: its activation condition was true"
        if decision.activation.explanation is not None:
            yield from _tree(decision.activation.explanation, 3)
        else:
            yield f"      {decision.activation.condition} (the values that were kept are cut)"
    for flow in decision.flows:
        mark = "->" if flow.is_taken else "  "
        yield f"  {mark} {_name(flow)}: {_WORDS[flow.verdict]}"
        if flow.explanation is not None:
            yield from _tree(flow.explanation, 3)
        elif flow.verdict in {FlowVerdict.TRUE, FlowVerdict.FALSE}:
            yield f"      {flow.condition} (the values that were kept are cut)"


def _name(flow: ConsideredFlowView) -> str:
    target = flow.target_element_name or flow.target_element_id
    return f"to {target}" if flow.flow_name is None else f"{flow.flow_name}, to {target}"


def _tree(explained: Explained, level: int) -> Iterator[str]:
    yield f"{'  ' * level}{explained.text} = {explained.value or 'failed'}"
    for part in explained.parts:
        yield from _tree(part, level + 1)
