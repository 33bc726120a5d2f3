"""Plays a random process: answers open waits in a drawn order, restarting after every step."""

from __future__ import annotations

from collections.abc import Callable

from bpmn_engine.graph.nodes import NodeKind, ProcessGraph
from bpmn_engine.kernel.commands import (
    CancelInstance,
    Command,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    DeliverSignal,
    FailJob,
    FireTimer,
    ResolveIncident,
    StartInstance,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.store.codec import decode_facts, decode_state, encode_facts, encode_state
from bpmn_engine.values import Variables
from tests.kernel import Run

Pick = Callable[[int], int]
"""Draws a whole number from 0 up to, but not, the one given."""

MOST_STEPS = 2000
"""No drawn process needs nearly as many."""


class Player:
    """One process instance whose waits are answered as `pick` says."""

    def __init__(self, graph: ProcessGraph, pick: Pick, *, restarts: bool = False) -> None:
        self.run = Run(graph)
        self.commands: list[Command] = []
        self._pick = pick
        self._restarts = restarts
        self._failures = 3  #: left

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
        self.run.do(command)
        if self._restarts:
            self._restart(before)

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
        open_commands: list[Command] = [
            self._answer(wait)
            for key, wait in sorted(state.waits.items())
            if (fires_boundaries or not self._is_boundary(wait))
            and key not in {incident.wait for incident in state.incidents.values()}
        ]
        open_commands += [ResolveIncident(incident=key) for key in sorted(state.incidents)]
        if not open_commands:
            return None
        return open_commands[self._pick(len(open_commands))]

    def _is_boundary(self, wait: Wait) -> bool:
        return self.run.graph.nodes[wait.node].kind is NodeKind.BOUNDARY

    def _answer(self, wait: Wait) -> Command:
        match wait.kind:
            case WaitKind.JOB:
                if self._failures and self._pick(4) == 3:
                    self._failures -= 1
                    return FailJob(wait=wait.key, message="out of paper")
                return CompleteJob(wait=wait.key)
            case WaitKind.USER_TASK:
                return CompleteUserTask(wait=wait.key)
            case WaitKind.TIMER:
                return FireTimer(wait=wait.key)
            case WaitKind.MESSAGE:
                return DeliverMessage(wait=wait.key)
            case WaitKind.SIGNAL:
                return DeliverSignal(wait=wait.key)
            case WaitKind.CHILD | WaitKind.CONDITION | WaitKind.DATA:
                raise AssertionError(f"no drawn process waits for a {wait.kind.value}")
