"""Plays a random process: answers open waits in a drawn order, restarting after every step."""

from __future__ import annotations

from collections.abc import Callable

from bpmn_engine.graph.nodes import NodeKind, ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import (
    CancelInstance,
    Command,
    CompleteChild,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    DeliverSignal,
    FailJob,
    FireTimer,
    GoOn,
    RejectionReason,
    ResolveIncident,
    SetVariables,
    StartInstance,
    ThrowBpmnError,
)
from bpmn_engine.kernel.facts import ElementCompleted, ElementEntered, VariablesSet
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.listeners import plan_of
from bpmn_engine.kernel.state import ROOT, InstanceState, Wait, WaitKind
from bpmn_engine.store.codec import decode_facts, decode_state, encode_facts, encode_state
from bpmn_engine.values import Variables
from tests.kernel import Run

Pick = Callable[[int], int]
"""Draws a whole number from 0 up to, but not, the one given."""

MOST_STEPS = 2000
"""No drawn process needs nearly as many."""


def being_terminated(state: InstanceState) -> set[ElementKey]:
    """Return the visits that are being terminated, with those in them."""
    found = {visit for visits in state.terminating.values() for visit in visits}
    rest = list(found)
    while rest:
        inner = state.members.get(rest.pop(), ())
        found.update(inner)
        rest.extend(inner)
    return found


class Player:
    """One process instance whose waits are answered as `pick` says."""

    def __init__(
        self, graph: ProcessGraph, pick: Pick, *, restarts: bool = False, in_slices: bool = False
    ) -> None:
        self.run = Run(graph)
        self.commands: list[Command] = []
        self._pick = pick
        self._restarts = restarts
        self._in_slices = in_slices
        self._failures = 3  #: left
        self._repeats = 6  #: left, of events that may occur for ever

    def start(self, variables: Variables) -> None:
        """Start the instance."""
        self.apply(StartInstance(variables=variables))

    def play(self, *, at_most: int = MOST_STEPS, fires_boundaries: bool = True) -> None:
        """Answer waits until nothing waits any more, or `at_most` steps were taken."""
        for _ in range(at_most):
            command = self._next(fires_boundaries=fires_boundaries)
            if command is None:
                return
            self.apply(command)
        assert at_most < MOST_STEPS, f"the process does not end\n{self.run.trace()}"

    def cancel(self) -> None:
        """Cancel the instance."""
        self.apply(CancelInstance(reason="no longer wanted"))

    def apply(self, command: Command) -> None:
        """Apply one command and, if asked to, go on with what was written and read again."""
        before = len(self.run.facts)
        self.commands.append(command)
        if self._in_slices:  # none, unless nothing else would get on
            self.run.max_moves = self._pick(4) + isinstance(command, GoOn)
        if self.run.state.terminating:
            self._answer_late(command)
        else:
            self.run.do(command)
        if self._restarts:
            self._restart(before)

    def _answer_late(self, command: Command) -> None:
        """Apply a command that may be about what is being terminated, and then is rejected."""
        state, before = self.run.state, len(self.run.facts)
        rejection = self.run.send(command)
        reasons = {RejectionReason.NOT_FOUND, RejectionReason.WRONG_STATE}
        assert rejection is None or rejection.reason in reasons, rejection
        dying = being_terminated(state)
        for fact in self.run.facts[before:]:
            is_act = isinstance(fact, ElementEntered | ElementCompleted | VariablesSet)
            place = getattr(fact, "key", fact.scope) if is_act else None
            assert place not in dying, f"{fact}\n{self.run.trace()}"
            assert not (is_act and fact.scope in dying), f"{fact}\n{self.run.trace()}"

    def _restart(self, before: int) -> None:
        run, graph = self.run, self.run.graph
        state = decode_state(graph, encode_state(graph, run.state))
        assert state == run.state, run.trace()
        facts = run.facts[before:]
        assert list(decode_facts(graph, encode_facts(graph, facts))) == facts, run.trace()
        run.state = state

    def _next(self, *, fires_boundaries: bool) -> Command | None:
        state = self.run.state
        if state.status is not InstanceStatus.ACTIVE:
            return None
        stuck = {incident.wait for incident in state.incidents.values()}
        choices: list[Wait | ElementKey | GoOn] = [] if state.moving is None else [GoOn()]
        choices += [
            wait
            for key, wait in sorted(state.waits.items())
            if (fires_boundaries or not self._is_boundary(wait))
            and key not in stuck
            and (self._repeats or not self._stays(wait))
        ]
        choices += sorted(state.incidents)
        if not choices:
            return None
        chosen = choices[self._pick(len(choices))]
        if isinstance(chosen, GoOn):
            return chosen
        if not isinstance(chosen, Wait):
            return ResolveIncident(incident=chosen)
        self._repeats -= self._stays(chosen)
        return self._answer(chosen)

    def _is_boundary(self, wait: Wait) -> bool:
        return self.run.graph.nodes[wait.node].kind is NodeKind.BOUNDARY

    def _stays(self, wait: Wait) -> bool:
        """Return whether the wait may be answered again and again."""
        kind = self.run.graph.nodes[wait.node].kind
        return wait.kind is not WaitKind.TIMER and kind in {NodeKind.BOUNDARY, NodeKind.START}

    def _answer(self, wait: Wait) -> Command:  # noqa: C901 -- one case for each kind
        match wait.kind:
            case WaitKind.JOB:
                return self._work(wait)
            case WaitKind.USER_TASK:
                return CompleteUserTask(wait=wait.key)
            case WaitKind.TIMER:
                return FireTimer(wait=wait.key)
            case WaitKind.MESSAGE:
                return DeliverMessage(wait=wait.key)
            case WaitKind.SIGNAL:
                return DeliverSignal(wait=wait.key)
            case WaitKind.CHILD:
                return CompleteChild(wait=wait.key)
            case WaitKind.CONDITION:
                return self._change(wait)
            case WaitKind.DATA:
                raise AssertionError("no drawn process waits for data")

    def _work(self, wait: Wait) -> Command:
        """Complete a job, or now and then fail it, or throw an error that is caught."""
        if not self._failures or self._pick(4) < 3:
            return CompleteJob(wait=wait.key)
        self._failures -= 1
        node = self.run.graph.nodes[wait.node]
        if node.element_id.startswith("risky") and self._may_throw(wait):
            return ThrowBpmnError(wait=wait.key, error_code="E")
        return FailJob(wait=wait.key, message="out of paper")

    def _may_throw(self, wait: Wait) -> bool:
        """Return whether the job may end with a BPMN error: no listener of Camunda 8 may."""
        if wait.listener is None:
            return True
        plan = plan_of(self.run.graph.nodes[wait.node])
        return plan.called_by(wait.listener.event)[wait.listener.index].is_camunda7

    def _change(self, wait: Wait) -> Command:
        """Change the variable that a condition reads, so that it changes too."""
        name = str(wait.name).removeprefix("=").split()[0]
        value = self.run.state.variables.get(ROOT, {}).get(name)
        is_high = isinstance(value, int) and value > 1
        return SetVariables(scope=ROOT, variables={name: 0 if is_high else 2})
