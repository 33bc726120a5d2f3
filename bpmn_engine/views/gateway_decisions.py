"""Read models of why tokens went where they went."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.expressions.feel.explain import Explained
from bpmn_engine.values import Variables


class FlowVerdict(Enum):
    """Why a flow was taken or not."""

    TRUE = "true"  #: its condition was
    FALSE = "false"  #: its condition was
    NOT_ASKED = "not_asked"  #: a flow before it was taken
    UNCONDITIONAL = "unconditional"  #: it has no condition
    DEFAULT = "default"  #: it is the default flow


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsideredFlowView:
    """A flow that a token could leave over."""

    flow_id: str
    flow_name: str | None
    target_element_id: str
    target_element_name: str | None
    condition: str | None  #: as it is written
    is_taken: bool
    verdict: FlowVerdict
    explanation: Explained | None
    """None without a condition that was asked, or when the values kept are cut so short that they
    would give another result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationView:
    """The condition that let a complex gateway begin."""

    condition: str  #: as it is written
    values: Variables  #: what it read: variables, and the tokens counted
    explanation: Explained | None  #: None when the values kept are cut too short


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDecisionView:
    """One visit whose conditions decided where its tokens went."""

    visit: int  #: key within the instance
    element_id: str
    element_name: str | None
    element_type: str
    at: dt.datetime
    values: Variables  #: what the conditions read; long ones are cut off with a `…`
    flows: tuple[ConsideredFlowView, ...]  #: in document order
    activation: ActivationView | None = None
    """Of a complex gateway that waited for its condition, when it began; not when it was reset."""
