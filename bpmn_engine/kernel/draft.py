"""WHERE A TOKEN MOVES: the notebook of one step, and the verbs behaviors move tokens with.

A `Draft` lives for one step. Arrivals are put on an agenda, so no behavior calls another and a
chain or loop of any length needs no recursion. Every verb records facts; `Memory` applies them.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Final, Protocol

from immutables import Map

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.expressions.literal import LiteralExpression
from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.effects import ClearIncident, CloseWait, Effect, RaiseIncident
from bpmn_engine.kernel.facts import (
    ElementCompleted,
    ElementEntered,
    Fact,
    IncidentRaised,
    IncidentResolved,
    ScopeClosed,
    ScopeOpened,
    StateChanged,
    StatusChanged,
    TokenParked,
    TokensConsumed,
    VariablesSet,
    WaitClosed,
)
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.farewells import Farewell
from bpmn_engine.kernel.lifecycle import (
    LEGAL,
    LEGAL_STATUS,
    ElementState,
    IllegalTransitionError,
    InstanceStatus,
)
from bpmn_engine.kernel.memory import APPLIERS, NO_TOKENS, Memory
from bpmn_engine.kernel.state import ASKED_INSIDE, NO_NODE, ROOT, Incident, InstanceState, Wait
from bpmn_engine.kernel.variables import (
    Change,
    VisibleVariables,
    loop_variables,
    owner_of,
    seen_by,
)
from bpmn_engine.values import JsonValue, Variables

NOTHING: Final[Variables] = {}
_COMPLETED: Final = ElementState.COMPLETED


Indexes = int | range | None
Arrival = tuple[Node, ElementKey, int | None, Indexes]
"""A token on its way: to which node, in which scope, over which edge (None at a start), and as
which instance in the body of a loop (from 0); a range: as so many, one after the other."""


class Behavior(Protocol):
    """What a BPMN element does when a token reaches it, its trigger fires, its work is done.

    Behaviors are stateless: what they know comes in, what they do goes to the draft. They call the
    verbs of `Draft` and the functions of `moves`, `waiting` and `propagation`; never one another.
    """

    def on_arrive(
        self,
        draft: Draft,
        node: Node,
        scope: ElementKey,
        flow: int | None,
        loop_index: int | None,
    ) -> None:
        """A token arrived."""

    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """The visit is active, inputs mapped, boundary events open: work, or open waits.

        A returned failure must have written nothing; it becomes an incident, and this is called
        again when that is resolved.
        """

    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """A wait of the visit (not of a boundary event) was answered."""

    def choose_flows(
        self, draft: Draft, scope: ElementKey, node: Node, results: Variables
    ) -> tuple[int, ...] | Failure:
        """Return the edges that tokens leave over, as decided by what is seen from a scope.

        `results` are about to be assigned. The visit need not be open.
        """

    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """An instance in this body of a loop, or what this event compensates, has ended."""

    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """An incident of the active visit was resolved: do again what failed."""


class Draft:
    """One instance while one command is applied to it."""

    __slots__ = (
        "agenda",
        "arrived",
        "behaviors",
        "changes",
        "cleared",
        "cluster",
        "effects",
        "facts",
        "farewells",
        "graph",
        "is_taken_up",
        "memory",
        "now",
        "room",
        "touched",
    )

    def __init__(
        self,
        graph: ProcessGraph,
        state: InstanceState,
        now: dt.datetime,
        behaviors: Mapping[NodeKind, Behavior],
    ) -> None:
        self.graph = graph
        self.now = now
        self.behaviors = behaviors
        self.memory = Memory(state)
        self.agenda: deque[Arrival] = deque()
        self.is_taken_up = False  #: whether the step before has left tokens on their way
        self.arrived = 0  #: how many entries the agenda has let go
        self.cleared: dict[ElementKey, int] = {}  #: scope -> how many arrived, or never will
        self.touched: dict[ElementKey, None] = {}  #: scopes in which something ended or was parked
        self.changes: list[Change] = []  #: news for conditional events
        self.effects: list[Effect] = []
        self.facts: list[Fact] = []
        self.cluster: Variables = NOTHING  #: cluster variables, to expressions in FEEL
        self.farewells: list[Farewell] = []  #: of terminated visits whose listeners still run
        self.room: int | None = None  #: visits that this step may terminate at once; None: all

    # Writing --------------------------------------------------------------------------------

    def record(self, fact: Fact) -> None:
        """Make a fact true and keep it."""
        self.facts.append(fact)
        APPLIERS[type(fact)](self.memory, fact)

    def next_key(self) -> ElementKey:
        """Return a key that nothing in this instance has had."""
        return ElementKey(self.memory.last_key + 1)

    def change(self, key: ElementKey, state: ElementState) -> None:
        """Change a visit's state to one that is not an end; raises IllegalTransitionError."""
        if state not in LEGAL[self.memory.states[key]]:
            raise IllegalTransitionError(f"visit {key}", self.memory.states[key], state)
        self.record(StateChanged(key, state))

    def change_status(self, status: InstanceStatus) -> None:
        """Change the status of the process instance; raises as `change` does."""
        if status not in LEGAL_STATUS[self.memory.status]:
            raise IllegalTransitionError("the process instance", self.memory.status, status)
        self.record(StatusChanged(status))

    def may_end(self, key: ElementKey, state: ElementState) -> None:
        """Check that a visit may end in a state; raises as `change` does."""
        if state not in LEGAL[self.memory.states[key]]:
            raise IllegalTransitionError(f"visit {key}", self.memory.states[key], state)

    # Reading --------------------------------------------------------------------------------

    def node_of(self, key: ElementKey) -> Node:
        """Return the node a visit is at."""
        return self.graph.nodes[self.memory.visits[key].node]

    def is_open(self, place: ElementKey) -> bool:
        """Return whether a visit or scope is there, and not within what is being terminated."""
        memory = self.memory
        while place != ROOT:
            if place not in memory.visits:
                return False
            scope = memory.visits[place].scope
            if memory.terminating and place in memory.terminating.get(scope, ()):
                return False
            place = scope
        return True

    def open_wait(self, key: ElementKey) -> Wait | None:
        """Return a wait that may still be answered, if it is there."""
        wait = self.memory.waits.get(key)
        return wait if wait is not None and self.is_open(wait.visit) else None

    def scope_seen_by(self, key: ElementKey) -> ElementKey:
        """Return the innermost scope of a visit: its own, or the one it lives in."""
        return key if key in self.memory.scopes else self.memory.visits[key].scope

    def view(self, scope: ElementKey, extra: Variables = NOTHING) -> VisibleVariables:
        """Return the variables that a scope sees."""
        return VisibleVariables(self.memory, scope, extra)

    def evaluate(
        self, expression: Expression, scope: ElementKey, extra: Variables = NOTHING
    ) -> JsonValue | EvaluationFailure:
        """Evaluate an expression with the variables of a scope."""
        if isinstance(expression, LiteralExpression):
            return expression.source
        seen = seen_by(expression, self.memory, scope, extra, self.cluster)
        return expression.evaluate(seen, self.now)

    # Tokens ---------------------------------------------------------------------------------

    def arrive(
        self, node: Node, scope: ElementKey, flow: int | None = None, loop_index: Indexes = None
    ) -> None:
        """Announce a token at a node; its behavior runs when the agenda reaches it."""
        self.agenda.append((node, scope, flow, loop_index))

    def send(self, flows: tuple[int, ...], scope: ElementKey) -> None:
        """Send a token over each flow out of a visit that has left this scope."""
        for flow in flows:
            self.agenda.append(
                (self.graph.nodes[self.graph.edges[flow].target], scope, flow, None)
            )
        self.touched[scope] = None

    def enter(self, node: Node, scope: ElementKey, loop_index: int | None = None) -> ElementKey:
        """Open a visit of a node, ready, with a scope of its own where it needs one."""
        key = ElementKey(self.memory.last_key + 1)
        self.record(ElementEntered(key, node.index, scope, self.now, loop_index))
        variables: Variables = NOTHING if node.data is None else node.data.declared
        if loop_index is not None:
            items = self.memory.items.get(scope, ())
            variables = loop_variables(self.node_of(scope).spec, items, loop_index, variables)
        if node.inner_scope is not None or node.inputs or node.outputs or variables:
            inner = NO_NODE if node.inner_scope is None else node.inner_scope
            self.record(ScopeOpened(key, inner, scope, variables))
        return key

    def leave(self, key: ElementKey, flows: tuple[int, ...], read: Variables | None) -> None:
        """Complete a visit and send one token over each of `flows`."""
        visit = self.memory.visits[key]
        self.may_end(key, _COMPLETED)
        if key in self.memory.scopes:
            self.record(ScopeClosed(key))
        self.record(ElementCompleted(key, visit.node, visit.scope, visit.entered_at, flows, read))
        self.send(flows, visit.scope)

    def pass_over(self, key: ElementKey, flow: int, others: tuple[int, ...] = ()) -> None:
        """Complete a visit: a token goes to an event that has happened, others to ones to come."""
        visit = self.memory.visits[key]
        self.may_end(key, ElementState.COMPLETED)
        flows = (flow, *others)
        self.record(ElementCompleted(key, visit.node, visit.scope, visit.entered_at, flows))
        for other in others:
            self.arrive(self.graph.nodes[self.graph.edges[other].target], visit.scope, other)

    def is_moving(self, scope: ElementKey) -> bool:
        """Return whether a token is on its way in a scope."""
        after = self.cleared.get(scope, 0) - self.arrived
        return any(place == scope for _, place, *_ in islice(self.agenda, max(after, 0), None))

    def park(self, scope: ElementKey, flow: int) -> None:
        """Leave a token waiting on its flow."""
        self.record(TokenParked(scope, flow))
        self.touched[scope] = None

    def consume(self, scope: ElementKey, flows: tuple[int, ...]) -> None:
        """Take one parked token from each of `flows`."""
        self.record(TokensConsumed(scope, flows))

    def parked(self, scope: ElementKey) -> Map[int, int]:
        """Return how many tokens are parked on which edges of a scope."""
        return self.memory.tokens.get(scope, NO_TOKENS)

    # Variables ------------------------------------------------------------------------------

    def set_variables(self, scope: ElementKey, variables: Variables) -> None:
        """Set variables in exactly this scope."""
        if variables:
            self._set(scope, variables)

    def assign(self, scope: ElementKey, variables: Variables) -> None:
        """Set each variable where it is nearest, seen from `scope`; new ones in the instance."""
        by_scope: dict[ElementKey, dict[str, JsonValue]] = {}
        for name, value in variables.items():
            by_scope.setdefault(owner_of(self.memory, scope, name), {})[name] = value
        for owner, values in by_scope.items():
            self._set(owner, values)

    def _set(self, scope: ElementKey, variables: Variables) -> None:
        if self.graph.watches_variables:
            self.changes.append(Change.by_setting(self.memory, scope, variables))
        self.record(VariablesSet(scope, variables))

    # Ends -----------------------------------------------------------------------------------

    def close_waits(self, key: ElementKey, answered: ElementKey | None = None) -> None:
        """Close every wait of a visit; those not answered are withdrawn."""
        if key not in self.memory.waits_of:
            return
        for wait in sorted(self.memory.waits_of[key]):
            self.close_wait(wait, is_withdrawn=wait != answered)

    def close_wait(self, wait: ElementKey, *, is_withdrawn: bool) -> None:
        """Close one wait."""
        kind = self.memory.waits[wait].kind
        self.record(WaitClosed(wait))
        if kind not in ASKED_INSIDE:
            self.effects.append(CloseWait(wait, kind, is_withdrawn))

    # Incidents ------------------------------------------------------------------------------

    def raise_incident(self, key: ElementKey, failure: Failure) -> None:
        """Stop at a visit until a person resolves what is wrong."""
        visit = self.memory.visits[key]
        self._raise(failure, visit=key, scope=visit.scope, node=visit.node)

    def raise_in_scope(self, scope: ElementKey, node: Node, failure: Failure) -> None:
        """Stop tokens that are in no visit, on their way to `node`."""
        self._raise(failure, visit=None, scope=scope, node=node.index)

    def _raise(
        self, failure: Failure, *, visit: ElementKey | None, scope: ElementKey, node: int
    ) -> None:
        incident = Incident(
            key=self.next_key(),
            kind=failure.kind,
            visit=visit,
            scope=scope,
            node=node,
            message=failure.message,
            wait=failure.wait,
            error_code=failure.error_code,
            expression=failure.expression,
            position=failure.position,
            values=failure.values,
            listener=failure.listener,
        )
        self.record(IncidentRaised(incident))
        self.effects.append(RaiseIncident(incident=incident))

    def clear_incidents(self, place: ElementKey) -> None:
        """Clear the incidents of a visit or of a scope."""
        if place not in self.memory.incidents_of:
            return
        for incident in sorted(self.memory.incidents_of[place]):
            self.clear_incident(incident)

    def clear_incident(self, incident: ElementKey) -> None:
        """Clear one incident."""
        self.record(IncidentResolved(incident))
        self.effects.append(ClearIncident(incident=incident))
