"""Messages that no process of a deployment sends, or none waits for: good to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bpmn_engine.analysis.elements import Subject, label
from bpmn_engine.expressions.language import Expression, Language
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import (
    CallSpec,
    ErrorSpec,
    JobSpec,
    MessageSpec,
    MultiInstanceSpec,
    ProcessStartSpec,
    ScriptSpec,
    SignalSpec,
    StartSpec,
    TimerSpec,
    UserTaskSpec,
)
from bpmn_engine.model.definitions import Violation

_WITHOUT_MESSAGES: Final = (
    JobSpec,
    UserTaskSpec,
    ScriptSpec,
    TimerSpec,
    SignalSpec,
    ErrorSpec,
    StartSpec,
    CallSpec,
    MultiInstanceSpec,
    ProcessStartSpec,
)
"""What names no message; an event with several triggers may name any."""

_Places = dict[str | None, tuple[Subject, Node]]


def analyse_messages(subjects: Sequence[Subject]) -> tuple[Violation, ...]:
    """Compare the messages that processes deployed together send and wait for.

    Said once for each name. A name that an expression makes could be any: then nothing is said
    of the other side.
    """
    sent: _Places = {}
    awaited: _Places = {}
    for subject in subjects:
        for node in subject.graph.nodes:
            message = _message(node)
            if message is not None:
                places = sent if node.kind is NodeKind.MESSAGE_THROW else awaited
                places.setdefault(_name(message.name), (subject, node))
            elif node.spec is not None and not isinstance(node.spec, _WITHOUT_MESSAGES):
                sent.setdefault(None, (subject, node))
                awaited.setdefault(None, (subject, node))
    found: list[Violation] = []
    if None not in awaited:
        found += [
            subject.information(
                "message-without-receiver",
                str(node.element_id),
                f"{label(node)} sends the message {name!r}, which no process of this deployment "
                "waits for. Deploy the receiver too, or check the name.",
            )
            for name, (subject, node) in sent.items()
            if name is not None and name not in awaited
        ]
    if None not in sent:
        found += [
            subject.information(
                "message-without-sender",
                str(node.element_id),
                f"{label(node)} waits for the message {name!r}, which no process of this "
                "deployment sends: another system has to send it.",
            )
            for name, (subject, node) in awaited.items()
            if name is not None and name not in sent
        ]
    return tuple(found)


def _message(node: Node) -> MessageSpec | None:
    spec = node.spec.trigger if isinstance(node.spec, StartSpec) else node.spec
    return spec if isinstance(spec, MessageSpec) else None


def _name(expression: Expression) -> str | None:
    return expression.source if expression.language is Language.LITERAL else None
