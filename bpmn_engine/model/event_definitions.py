"""What triggers an event, or what it throws (BPMN 2.0.2, section 10.5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bpmn_engine.ids import ElementId
from bpmn_engine.model.extensions import (
    FormalExpression,
    JobDefinition,
    Script,
    VariableMapping,
)


class TimerKind(Enum):
    """Which child element a timer event definition has."""

    DATE = "date"
    DURATION = "duration"
    CYCLE = "cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerEventDefinition:
    """Fires at a date, after a duration, or again and again."""

    kind: TimerKind
    expression: FormalExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The element that a message flow leads to, in an executable process (section 9.4)."""

    process_id: str
    element_id: ElementId


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """How a message belongs to a correlation key of the standard (section 8.4.2)."""

    key_id: str  #: id of the correlation key
    message_paths: tuple[FormalExpression, ...]
    """What each property is in the message's content, in the order of the key's properties."""
    data_paths: tuple[FormalExpression, ...] = ()
    """What each property has to be, from the process's data: of a correlation subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEventDefinition:
    """Catches or throws one message.

    A throwing one with a `job` is done by a worker (Camunda's way of sending), one with a `script`
    evaluates that; without both, the engine itself publishes the message to whoever waits for its
    name and key.
    """

    message_name: FormalExpression
    correlation_key: FormalExpression | None = None  #: None = by business key
    job: JobDefinition | None = None
    script: Script | None = None
    correlations: tuple[Correlation, ...] = ()  #: one per key that the message may belong to
    receivers: tuple[Receiver, ...] = ()  #: throwing: where its message flows lead
    is_conversing: bool = False
    """Whether it is an end of a message flow that is executed: without any other key, the message
    stays in the conversation of its instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Variables that go with a signal beside those of the event itself."""

    takes_all: bool = False  #: all that the event sees
    mappings: tuple[VariableMapping, ...] = ()
    business_key: FormalExpression | None = None  #: of the instances that the signal starts


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalEventDefinition:
    """Catches or throws a signal; `payload` is what a thrown one takes along (camunda:in)."""

    signal_name: FormalExpression
    payload: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEventDefinition:
    """Throws a BPMN error, or catches one; a catcher without `error_code` catches every code."""

    error_code: FormalExpression | None = None
    error_message: str | None = None
    code_variable: str | None = None  #: catching: where the code is put
    message_variable: str | None = None  #: catching: where the message is put


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationEventDefinition:
    """Throws an escalation, or catches one; a catcher without a code catches every code."""

    escalation_code: FormalExpression | None = None
    code_variable: str | None = None  #: catching: where the code is put


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEventDefinition:
    """Goes on at the catching link event of the same name and scope: a flow not drawn."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateEventDefinition:
    """Ends the scope it stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensateEventDefinition:
    """Throws compensation, or starts what compensates an activity (section 10.7)."""

    activity: ElementId | None = None  #: throwing: what to compensate; None = all that is visible
    waits_for_completion: bool = True  #: throwing: whether it goes on after the handlers only


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEventDefinition:
    """Cancels a transaction, or catches that it was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalEventDefinition:
    """Occurs when its condition becomes true.

    It is asked again when a variable changes that it reads; with `variable_names`, when one of
    these does.
    """

    condition: FormalExpression
    variable_names: tuple[str, ...] = ()
    is_asked_on_create: bool = True  #: when a variable appears
    is_asked_on_update: bool = True  #: when the value of a variable changes


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleEventDefinition:
    """Several definitions of one event: catching any of them, or all; throwing all."""

    definitions: tuple[EventDefinition, ...]
    is_parallel: bool = False  #: catching: all of them have to occur


EventDefinition = (
    TimerEventDefinition
    | MessageEventDefinition
    | SignalEventDefinition
    | ErrorEventDefinition
    | EscalationEventDefinition
    | LinkEventDefinition
    | ConditionalEventDefinition
    | MultipleEventDefinition
    | TerminateEventDefinition
    | CompensateEventDefinition
    | CancelEventDefinition
)
