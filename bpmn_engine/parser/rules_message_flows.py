"""Rules about message flows between executable processes (BPMN 2.0.2, section 9.4): warnings."""

from __future__ import annotations

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.findings import warning
from bpmn_engine.parser.message_flows import MessageFlow, MessageFlows
from bpmn_engine.parser.namespaces import element_id_of
from bpmn_engine.parser.structure import Structure


def should_carry_one_message(structure: Structure) -> list[Violation]:
    """A message flow joins an element that sends a message with one that waits for it."""
    flows = structure.diagram.message_flows
    return [
        warning(
            flow.element,
            "message-flow-not-executed",
            f"{problem} So nothing is sent along this message flow; a message goes by its name.",
            "9.4",
        )
        for outgoing in flows.outgoing.values()
        for flow in outgoing
        if (problem := _problem(flows, flow)) is not None
    ]


def _problem(flows: MessageFlows, flow: MessageFlow) -> str | None:
    source, target = element_id_of(flow.source), element_id_of(flow.target)
    if not flows.can_be_sent(flow.source):
        return (
            f"{source} sends no message by itself: draw a send task or a message event, "
            "or let a task without a type only send or only receive."
        )
    if not flows.can_be_received(flow.target):
        return (
            f"{target} waits for no message by itself: draw a receive task or a message event, "
            "or let a task without a type only send or only receive."
        )
    sent, awaited = flows.names_at(flow.source), flows.names_at(flow.target)
    if sent.isdisjoint(awaited):
        return (
            f"{source} sends {_listed(sent)}, but {target} waits for {_listed(awaited)}: "
            "let both ends name the same message."
        )
    return None


def _listed(names: frozenset[str]) -> str:
    return " or ".join(repr(name) for name in sorted(names)) or "no message with a name"
