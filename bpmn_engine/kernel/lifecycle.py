"""Lifecycles and their legal transitions (BPMN 2.0.2, section 13.3.2, figure 13.2).

The tables are consulted where states are written, in `bpmn_engine.kernel.draft`, and nowhere else.
The states failing and failed of figure 13.2 are not used: a failure is an incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class ElementState(Enum):
    """Where an element instance is in its life."""

    __hash__ = object.__hash__  #: members are single objects; that of Enum is Python code

    READY = "ready"  #: a token has arrived -> active, terminating
    ACTIVE = "active"  #: works, or waits for its work -> completing, terminating
    COMPLETING = "completing"  #: the work is done, results are put -> completed, terminating
    COMPLETED = "completed"  #: its tokens have left -> compensating
    TERMINATING = "terminating"  #: being stopped, its contents first -> terminated
    TERMINATED = "terminated"  #: stopped by an interrupting event or a command
    COMPENSATING = "compensating"  #: being undone by its handler -> compensated, terminating
    COMPENSATED = "compensated"  #: undone


LEGAL: Final[Mapping[ElementState, frozenset[ElementState]]] = {
    ElementState.READY: frozenset({ElementState.ACTIVE, ElementState.TERMINATING}),
    ElementState.ACTIVE: frozenset({ElementState.COMPLETING, ElementState.TERMINATING}),
    ElementState.COMPLETING: frozenset({ElementState.COMPLETED, ElementState.TERMINATING}),
    ElementState.COMPLETED: frozenset({ElementState.COMPENSATING}),
    ElementState.TERMINATING: frozenset({ElementState.TERMINATED}),
    ElementState.TERMINATED: frozenset(),
    ElementState.COMPENSATING: frozenset({ElementState.COMPENSATED, ElementState.TERMINATING}),
    ElementState.COMPENSATED: frozenset(),
}


class InstanceStatus(Enum):
    """Where a process instance is in its life."""

    __hash__ = object.__hash__  #: members are single objects; that of Enum is Python code

    CREATED = "created"  #: nothing has happened -> active
    ACTIVE = "active"  #: runs or waits -> suspended, completed, failed, terminated
    SUSPENDED = "suspended"  #: held by an operator -> active, terminated
    COMPLETED = "completed"  #: every token was consumed
    FAILED = "failed"  #: ended by a BPMN error that it handed to its caller
    TERMINATED = "terminated"  #: cancelled by a command


LEGAL_STATUS: Final[Mapping[InstanceStatus, frozenset[InstanceStatus]]] = {
    InstanceStatus.CREATED: frozenset({InstanceStatus.ACTIVE}),
    InstanceStatus.ACTIVE: frozenset(
        {
            InstanceStatus.SUSPENDED,
            InstanceStatus.COMPLETED,
            InstanceStatus.FAILED,
            InstanceStatus.TERMINATED,
        }
    ),
    InstanceStatus.SUSPENDED: frozenset({InstanceStatus.ACTIVE, InstanceStatus.TERMINATED}),
    InstanceStatus.COMPLETED: frozenset(),
    InstanceStatus.FAILED: frozenset(),
    InstanceStatus.TERMINATED: frozenset(),
}


class IllegalTransitionError(Exception):
    """Expected a legal lifecycle transition, but a behavior asked for another: always a bug."""

    def __init__(self, subject: str, current: Enum, wanted: Enum) -> None:
        super().__init__(
            f"Expected a legal transition of {subject}, but got {current.value} -> {wanted.value}."
        )
