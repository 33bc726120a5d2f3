"""Execution and task listeners of both Camundas, in neutral form.

The standard has no word for them: work that is done when an element begins or ends, when a flow
is taken, or when something happens to a user task.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bpmn_engine.model.event_definitions import TimerEventDefinition
from bpmn_engine.model.extensions import FormalExpression, JobDefinition


class ListenerEvent(Enum):
    """When a listener is called."""

    __hash__ = object.__hash__  #: members are single objects; that of Enum is Python code

    START = "start"  #: after the input mappings, before the element works or waits
    END = "end"  #: after the element has worked, before its tokens leave
    BEFORE_ALL = "beforeAll"  #: before the instances of a multi-instance activity
    TAKE = "take"  #: a token is on a sequence flow
    CANCEL = "cancel"  #: the process instance is terminated
    CREATING = "creating"  #: before a user task is offered
    ASSIGNING = "assigning"  #: before its assignee changes
    UPDATING = "updating"  #: before any of its attributes changes
    COMPLETING = "completing"  #: before it is complete
    CANCELING = "canceling"  #: it was interrupted
    TIMEOUT = "timeout"  #: the listener's own timer is due


OF_USER_TASKS: Final = frozenset(
    {
        ListenerEvent.CREATING,
        ListenerEvent.ASSIGNING,
        ListenerEvent.UPDATING,
        ListenerEvent.COMPLETING,
        ListenerEvent.CANCELING,
        ListenerEvent.TIMEOUT,
    }
)
"""What only user tasks have listeners for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One listener: a job for a worker, or an expression that the engine evaluates."""

    event: ListenerEvent
    job: JobDefinition | None = None
    expression: FormalExpression | None = None  #: its value is dropped, unless it sets a variable
    timer: TimerEventDefinition | None = None  #: of a timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """The listeners of one element, flow or process, in document order.

    Those of Camunda 7 may throw BPMN errors; their END comes before the output parameters, and
    when the element is interrupted, too. Those of Camunda 8 do neither.
    """

    listeners: tuple[Listener, ...]
    is_camunda7: bool = False
