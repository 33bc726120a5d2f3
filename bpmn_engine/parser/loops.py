"""Standard loops and token quantities of activities (BPMN 2.0.2, sections 10.3 and 10.3.8)."""

from __future__ import annotations

from typing import Final, TypedDict

from lxml.etree import _Element as Element

from bpmn_engine.ids import FlowId
from bpmn_engine.model.flow_nodes import MultiInstance, StandardLoop
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.gateways import default_flow
from bpmn_engine.parser.multi_instance import read_multi_instance
from bpmn_engine.parser.namespaces import first_child, is_true

MOST_TOKENS: Final = 1_000
"""The most tokens that one visit may take or send over a flow: a diagram must not flood."""

_MOST_DIGITS: Final = 9
QUANTITIES: Final = ("startQuantity", "completionQuantity")


class ActivityFields(TypedDict):
    """The arguments that every activity of the model takes, beside those of every node."""

    default: FlowId | None
    multi_instance: MultiInstance | None
    standard_loop: StandardLoop | None
    start_quantity: int
    completion_quantity: int
    is_for_compensation: bool


def activity_fields(diagram: Diagram, activity: Element) -> ActivityFields:
    """Read what every activity has; a rule refuses quantities that are none."""
    return ActivityFields(
        default=default_flow(activity),
        multi_instance=read_multi_instance(diagram, activity),
        standard_loop=_standard_loop(diagram, activity),
        start_quantity=token_quantity(activity, "startQuantity") or 1,
        completion_quantity=token_quantity(activity, "completionQuantity") or 1,
        is_for_compensation=is_true(activity, "isForCompensation"),
    )


def _standard_loop(diagram: Diagram, activity: Element) -> StandardLoop | None:
    loop = first_child(activity, "standardLoopCharacteristics")
    if loop is None:
        return None
    condition = first_child(loop, "loopCondition")
    return StandardLoop(
        tests_before=is_true(loop, "testBefore"),
        maximum=_maximum(diagram, activity, loop),
        condition=None if condition is None else read_expression(diagram, condition),
    )


def _maximum(diagram: Diagram, activity: Element, loop: Element) -> int | None:
    text = (loop.get("loopMaximum") or "").strip()
    if not text:
        return None
    if text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) > 0:
        return int(text)
    diagram.findings.violate(
        activity,
        "loop-maximum",
        f"Expected the loop's maximum to be a whole number from 1, but it is {text!r}. "
        "Correct it, or remove it.",
        "10.3.8",
    )
    return None


def token_quantity(activity: Element, attribute: str) -> int | None:
    """Return a quantity of tokens, by default 1; None for what is none."""
    text = (activity.get(attribute) or "1").strip()
    count = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0
    return count if 0 < count <= MOST_TOKENS else None
