"""What is true of one process instance between two commands: immutable, compared with ==.

The maps are persistent (hash array mapped tries): a step shares everything it does not touch with
the state before it, so its cost follows what it touches and not the size of the state.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Final

from immutables import Map

from bpmn_engine.expressions.timers import TimerSchedule
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import JsonValue

ROOT: Final = ElementKey(0)
"""The key of the process instance's own scope."""

NO_NODE: Final = -1
"""The scope node of a scope that only holds an activity's local variables."""


@checked_frozen()
class ElementInstance:
    """One visit of one element; its lifecycle state stands in `InstanceState.states`."""

    node: int
    scope: ElementKey  #: the scope it lives in
    entered_at: dt.datetime
    loop_index: int | None = None  #: from 0, inside the body of a loop


@checked_frozen()
class Scope:
    """Owns variables, element instances, parked tokens; its key is that of its owner's visit."""

    node: int  #: scope node, or NO_NODE
    parent: ElementKey | None  #: None for the process instance's own scope


class WaitKind(Enum):
    """What an element instance waits for."""

    __hash__ = object.__hash__  #: members are single objects; that of Enum is Python code

    JOB = "job"
    USER_TASK = "user_task"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITION = "condition"  #: asked by the kernel itself, so that nothing outside waits for it
    CHILD = "child"  #: a called process instance
    DATA = "data"  #: values that no input set has yet; asked by the kernel itself


ASKED_INSIDE: Final = frozenset({WaitKind.CONDITION, WaitKind.DATA})
"""What the kernel asks itself, so that nothing outside waits for it."""

HEARD_INSIDE: Final = ASKED_INSIDE | {WaitKind.SIGNAL}
"""What may occur in the instance itself, in the step that another of its elements takes."""


@checked_frozen(kw_only=True)
class ListenerAt:
    """Which listener of a visit runs, or could not, and what is done after the last one."""

    event: ListenerEvent
    index: int = 0  #: from 0, among those that the event calls; past the last one: all are done
    variables: Map[str, JsonValue] = Map()  #: that came with the event, or complete a user task
    changes: Map[str, JsonValue] = Map()  #: of a user task's attributes, by name
    has_occurred: bool = False  #: the event that it stands before has occurred already
    task: Map[str, JsonValue] = Map()  #: the user task before its changes, where listeners ask


@checked_frozen()
class Wait:
    """One thing an active element instance waits for."""

    key: ElementKey
    visit: ElementKey  #: whose wait it is
    node: int  #: the node triggered: its own, a boundary event, an event after a gateway
    kind: WaitKind
    schedule: TimerSchedule | None = None  #: of a timer
    name: str | None = None  #: of what is waited for; a condition's text
    correlation_key: str | None = None  #: of a message
    is_met: bool = False
    """Of a condition: whether it held when it was last asked. Of another part of a parallel
    multiple event: whether it has occurred in this round (`kernel.rounds`)."""
    listener: ListenerAt | None = None  #: of a listener's job, or its timer


class IncidentKind(Enum):
    """Why a person is needed."""

    EXPRESSION = "expression"  #: an expression failed: condition, mapping, script, timer …
    NO_FLOW = "no_flow"  #: no condition was true and there is no default flow
    JOB = "job"  #: the attempts of a job are spent
    UNCAUGHT_ERROR = "uncaught_error"  #: a BPMN error that nothing catches
    CALL = "call"  #: the called process does not exist, or ended with an uncaught error
    LIMIT = "limit"  #: too many elements passed without a wait: probably an endless loop
    DATA = "data"  #: a value is not what its item definition says
    REPORTED = "reported"  #: somebody said so; the element goes on when its wait is answered
    STUCK_JOIN = "stuck_join"  #: a join waits for a token that nothing can bring any more


@checked_frozen(kw_only=True)
class Incident:
    """A stuck element instance. The instance stays where it is; nothing is lost."""

    key: ElementKey
    kind: IncidentKind
    visit: ElementKey | None  #: None for a stuck join, which has no visit yet
    scope: ElementKey
    node: int
    message: str  #: for a person
    wait: ElementKey | None = None  #: the job or called instance concerned
    error_code: str | None = None  #: of an uncaught BPMN error; what a reported one is called
    expression: str | None = None  #: its text
    position: tuple[int, int] | None = None  #: line and column in the expression, from 1
    values: Map[str, JsonValue] = Map()  #: what the expression read
    listener: ListenerAt | None = None  #: where to go on when it is resolved


@checked_frozen()
class Loop:
    """How far the body of a loop has come; `total` is 0 for a standard loop without a maximum."""

    total: int
    started: int
    completed: int

    @property
    def active(self) -> int:
        """The instances that run now."""
        return self.started - self.completed


@checked_frozen(kw_only=True)
class CompletedActivity:
    """A completed activity that can be compensated, with what its handler sees (section 13.5.5).

    Of a transaction that is cancelled, the completed part of an activity that was still active is
    kept likewise; it is undone by the handlers inside it only.
    """

    node: int
    is_whole: bool  #: False for the completed part of an activity that did not complete
    variables: Map[str, JsonValue] = Map()  #: of its own scope, as it left them
    inner: Map[ElementKey, CompletedActivity] = Map()  #: completed inside it, by key, oldest first


@checked_frozen()
class Claim:
    """An activity that is about to be compensated, once."""

    scope: ElementKey  #: it was completed in
    key: ElementKey  #: of its record
    activity: CompletedActivity


@checked_frozen(kw_only=True)
class Compensation:
    """Activities that are compensated one after the other, in reverse order of completion."""

    thrower: ElementKey | None  #: the visit that goes on when all are; None: nobody waits
    pending: Map[int, Claim] = Map()  #: from 0; the last one is next


@checked_frozen()
class Arriving:
    """Tokens on their way to a node."""

    node: int
    scope: ElementKey
    flow: int | None  #: over which edge; None at a start
    loop_index: int | None  #: as which instance of a loop, from 0
    count: int = 1  #: with a loop index: as so many instances from that one on


@checked_frozen()
class Moving:
    """What is on its way in an instance whose step was long enough; the next step goes on."""

    arrivals: tuple[Arriving, ...]  #: in their order
    touched: tuple[ElementKey, ...]  #: scopes that are still to be settled, in their order
    taken: int  #: flows taken since the instance last waited


@checked_frozen()
class Ending:
    """How an instance ends as soon as all that was in it is gone."""

    status: InstanceStatus
    error_code: str | None = None
    message: str | None = None


@checked_frozen()
class InstanceState:
    """One process instance. Its size follows open visits and variables, never history."""

    status: InstanceStatus = InstanceStatus.CREATED
    last_key: int = 0  #: the keys of visits, waits and incidents are counted here
    business_key: str | None = None
    has_parent: bool = False  #: whether a call activity waits for this instance
    instance_key: Key | None = None
    visits: Map[ElementKey, ElementInstance] = Map()
    states: Map[ElementKey, ElementState] = Map()  #: of every visit
    scopes: Map[ElementKey, Scope] = Map()
    members: Map[ElementKey, Map[ElementKey, None]] = Map()  #: scope -> open visits in it
    variables: Map[ElementKey, Map[str, JsonValue]] = Map()  #: scope -> its own variables
    tokens: Map[ElementKey, Map[int, int]] = Map()  #: scope -> edge -> parked tokens
    waits: Map[ElementKey, Wait] = Map()
    waits_of: Map[ElementKey, Map[ElementKey, None]] = Map()  #: visit -> its waits
    listening: Map[ElementKey, None] = Map()  #: waits that a step may trigger: `HEARD_INSIDE`
    incidents: Map[ElementKey, Incident] = Map()
    incidents_of: Map[ElementKey, Map[ElementKey, None]] = Map()  #: visit -> its incidents
    loops: Map[ElementKey, Loop] = Map()  #: multi-instance scope -> progress
    items: Map[ElementKey, tuple[JsonValue, ...]] = Map()  #: multi-instance scope -> its inputs
    outputs: Map[ElementKey, Map[int, JsonValue]] = Map()  #: multi-instance scope -> gathered
    resets: Map[ElementKey, Map[int, tuple[int, ...]]] = Map()
    """Scope -> complex gateway that waits for its reset -> flows without a token so far."""
    completed: Map[ElementKey, Map[ElementKey, CompletedActivity]] = Map()
    """Scope -> what was completed in it and can be compensated; the keys follow its order."""
    compensations: Map[ElementKey, Compensation] = Map()  #: by the visit compensated now
    correlation_keys: Map[str, str] = Map()  #: fixed by messages so far, by id of the key (8.4.2)
    ends_after: tuple[str, ...] = ()  #: element ids; the instance is terminated after one of them
    moving: Moving | None = None  #: what the last step has left to the next one
    terminating: Map[ElementKey, Map[ElementKey, None]] = Map()
    """Scope -> visits in it that are being terminated, with what they contain, in slices. They are
    no members any more, nothing in them acts, and no token moves before they are gone."""
    ending: Ending | None = None  #: the instance ends when they are


EMPTY: Final = InstanceState()
"""The state before StartInstance."""
