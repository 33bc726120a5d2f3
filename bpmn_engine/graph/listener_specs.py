"""What a node knows of its listeners: one plan, or none at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.juel.assignment import TaskChange
from bpmn_engine.expressions.juel.delegates import TASK
from bpmn_engine.expressions.language import Expression, Language
from bpmn_engine.graph.specs import JobSpec, TimerSpec
from bpmn_engine.model.listeners import ListenerEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerAction:
    """An expression that the engine evaluates; with a `target` its value becomes a variable.

    With a `change` it becomes an attribute of the user task, or goes into it or out of it.
    """

    value: Expression
    target: Expression | None = None  #: gives the variable's name
    is_local: bool = False  #: whether the variable is set where the listener is, wherever else
    change: TaskChange | None = None
    removes: bool = False  #: the variable whose name is the value is removed

    @property
    def asks_task(self) -> bool:
        """Whether it has to be told of the user task that its listener is called for."""
        asked = (self.value, self.target)
        is_asking = any(
            each is not None and each.language is Language.JUEL and TASK in each.names
            for each in asked
        )
        return is_asking or self.change is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSpec:
    """One listener: a job, or an action."""

    event: ListenerEvent
    number: int  #: from 1, among those of its event
    is_camunda7: bool
    job: JobSpec | None = None
    action: ListenerAction | None = None
    timer: TimerSpec | None = None  #: of a timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPlan:
    """The listeners of one node, by what calls them, each in the order it is called."""

    start: tuple[ListenerSpec, ...] = ()
    end: tuple[ListenerSpec, ...] = ()
    ends_before_outputs: bool = False  #: Camunda 7: the output parameters come after `end`
    creating: tuple[ListenerSpec, ...] = ()
    assigning: tuple[ListenerSpec, ...] = ()  #: those of the update first (Camunda 7)
    updating: tuple[ListenerSpec, ...] = ()
    completing: tuple[ListenerSpec, ...] = ()
    timeouts: tuple[ListenerSpec, ...] = ()
    farewell: int | None = None
    """The node that is visited when a visit of this one was terminated."""

    def asks_task(self, event: ListenerEvent) -> bool:
        """Tell whether a listener that an event calls has to be told of the user task."""
        return any(
            spec.action is not None and spec.action.asks_task for spec in self.called_by(event)
        )

    def called_by(self, event: ListenerEvent) -> tuple[ListenerSpec, ...]:
        """Return the listeners that one event calls."""
        match event:
            case ListenerEvent.START:
                return self.start
            case ListenerEvent.END:
                return self.end
            case ListenerEvent.CREATING:
                return self.creating
            case ListenerEvent.ASSIGNING:
                return self.assigning
            case ListenerEvent.UPDATING:
                return self.updating
            case ListenerEvent.COMPLETING:
                return self.completing
            case ListenerEvent.TIMEOUT:
                return self.timeouts
            case _:
                raise TypeError(f"Expected an event that calls listeners, but got {event}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessListeners:
    """The nodes that are visited where the process itself has listeners, or its end needs them."""

    starts: Mapping[int | None, int]
    """Start event -> the node before it; None: before what starts without being named."""
    end: int | None
    cancel: int | None  #: before a terminated instance is gone
