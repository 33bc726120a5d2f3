"""What became true, in order; `bpmn_engine.kernel.fold` makes the state again from it alone."""

from __future__ import annotations

import datetime as dt

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import Ending, Incident, Loop, Moving, Wait
from bpmn_engine.values import JsonValue, Variables


@checked_frozen()
class InstanceStarted:
    """The instance exists."""

    business_key: str | None
    has_parent: bool
    instance_key: Key | None = None
    ends_after: tuple[str, ...] = ()  #: element ids


@checked_frozen()
class StatusChanged:
    """The instance as a whole went on to `status`."""

    status: InstanceStatus


@checked_frozen()
class ScopeOpened:
    """A scope exists, with its first variables."""

    key: ElementKey
    node: int
    parent: ElementKey | None
    variables: Variables


@checked_frozen()
class ScopeClosed:
    """A scope is gone, with its variables and parked tokens."""

    key: ElementKey


@checked_frozen()
class ElementEntered:
    """A token arrived: the visit is ready."""

    key: ElementKey
    node: int
    scope: ElementKey
    at: dt.datetime
    loop_index: int | None


@checked_frozen()
class StateChanged:
    """A visit went from one lifecycle state to the next, not to an end."""

    key: ElementKey
    state: ElementState


@checked_frozen()
class ElementCompleted:
    """A visit ended and its tokens took these flows."""

    key: ElementKey
    node: int
    scope: ElementKey
    entered_at: dt.datetime
    flows: tuple[int, ...]
    read: Variables | None = None  #: what the conditions of its flows read; None without any


@checked_frozen()
class ElementTerminated:
    """A visit was stopped."""

    key: ElementKey
    node: int
    scope: ElementKey
    entered_at: dt.datetime


@checked_frozen()
class TokenParked:
    """A token waits on a flow into a join."""

    scope: ElementKey
    flow: int


@checked_frozen()
class TokensConsumed:
    """One parked token was taken from each of these flows."""

    scope: ElementKey
    flows: tuple[int, ...]


@checked_frozen()
class VariablesSet:
    """Variables of one scope have new values."""

    scope: ElementKey
    variables: Variables


@checked_frozen()
class WaitOpened:
    """A visit waits; a second one with the same key replaces the first (a repeating timer)."""

    wait: Wait


@checked_frozen()
class WaitClosed:
    """A wait is over."""

    key: ElementKey


@checked_frozen()
class IncidentRaised:
    """A visit is stuck."""

    incident: Incident


@checked_frozen()
class IncidentResolved:
    """An incident is gone."""

    key: ElementKey


@checked_frozen()
class LoopStarted:
    """A multi-instance body knows its items."""

    scope: ElementKey
    items: tuple[JsonValue, ...]


@checked_frozen()
class LoopAdvanced:
    """Instances of a multi-instance body were started or completed."""

    scope: ElementKey
    loop: Loop


@checked_frozen()
class OutputGathered:
    """One instance of a multi-instance body gave its result."""

    scope: ElementKey
    index: int
    value: JsonValue


@checked_frozen()
class ResetAwaited:
    """A complex gateway has fired and waits for tokens on the other flows; none: it is reset."""

    scope: ElementKey
    node: int
    flows: tuple[int, ...]


@checked_frozen()
class CompensationEnabled:
    """A visit that is about to end can be compensated; its data is kept as it is now."""

    key: ElementKey  #: of the record
    visit: ElementKey
    node: int
    scope: ElementKey
    is_whole: bool  #: False for the completed part of a visit that is terminated


@checked_frozen()
class CompensationThrown:
    """Completed activities are to be compensated, the last one first, and by nobody else."""

    key: ElementKey  #: of the visit that is compensated first
    thrower: ElementKey | None  #: the visit that waits for the end
    claims: tuple[tuple[ElementKey, ElementKey], ...]  #: scope and record, oldest first


@checked_frozen()
class CompensationEntered:
    """The next activity is compensating, in a scope with the data it left."""

    key: ElementKey
    node: int
    scope: ElementKey
    at: dt.datetime
    inner: int  #: scope node, or NO_NODE for one that only holds the data


@checked_frozen()
class ElementCompensated:
    """An activity was compensated."""

    key: ElementKey
    node: int
    scope: ElementKey
    entered_at: dt.datetime
    following: ElementKey | None  #: the visit that is compensated next


@checked_frozen()
class CorrelationKeySet:
    """The first message of a conversation fixed the value of a correlation key (8.4.2)."""

    key_id: str
    text: str  #: as `correlation_keys.composed` writes it


@checked_frozen()
class EscalationUncaught:
    """Nothing caught an escalation, here or in a calling instance; the thrower went on."""

    node: int  #: what threw it, or called the instance that did
    code: str | None


@checked_frozen()
class InstanceMigrated:
    """The instance runs by another process graph; everything open in it has its place there."""

    visits: tuple[tuple[ElementKey, int], ...]  #: with their nodes
    scopes: tuple[tuple[ElementKey, int], ...]  #: with their scope nodes
    waits: tuple[tuple[ElementKey, int], ...]  #: with the nodes they trigger
    incidents: tuple[tuple[ElementKey, int], ...]  #: with their nodes
    tokens: tuple[tuple[ElementKey, int, int], ...]  #: scope, flow and how many are parked
    resets: tuple[tuple[ElementKey, int, tuple[int, ...]], ...]  #: as in `ResetAwaited`
    records: tuple[tuple[ElementKey, int], ...]  #: completed activities, with their nodes


@checked_frozen()
class VariablesRemoved:
    """Variables of one scope are gone."""

    scope: ElementKey
    names: tuple[str, ...]


@checked_frozen()
class GatewayActivated:
    """The activation condition of a complex gateway was true, and a visit of it begins."""

    key: ElementKey  #: of the visit
    node: int
    read: Variables  #: what the condition read, tokens counted


@checked_frozen()
class MovesPaused:
    """A step ended while tokens were on their way; None: the next one has taken them up."""

    moving: Moving | None


@checked_frozen()
class TerminationBegun:
    """What is too much for one step will be terminated by this and the next ones."""

    scope: ElementKey
    visit: ElementKey | None = None  #: in it; None: all that are
    node: int | None = None  #: where that visit is


@checked_frozen()
class EndingBegun:
    """The instance ends when all that is being terminated is gone."""

    ending: Ending


Fact = (
    InstanceStarted
    | StatusChanged
    | ScopeOpened
    | ScopeClosed
    | ElementEntered
    | StateChanged
    | ElementCompleted
    | ElementTerminated
    | TokenParked
    | TokensConsumed
    | VariablesSet
    | WaitOpened
    | WaitClosed
    | IncidentRaised
    | IncidentResolved
    | LoopStarted
    | LoopAdvanced
    | OutputGathered
    | ResetAwaited
    | CompensationEnabled
    | CompensationThrown
    | CompensationEntered
    | ElementCompensated
    | EscalationUncaught
    | CorrelationKeySet
    | InstanceMigrated
    | VariablesRemoved
    | GatewayActivated
    | MovesPaused
    | TerminationBegun
    | EndingBegun
)
