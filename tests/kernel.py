"""Runs one process in memory, in tests: completes jobs, fires timers, keeps every fact.

run = start(process("s -> a -> e", s=start(), a=service("check"), e=end()))
run.complete("a", {"ok": True})
assert run.passed == ["s", "a", "e"]
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import (
    Command,
    CompleteChild,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    DeliverSignal,
    FailJob,
    FireTimer,
    GoOn,
    Rejection,
    ResolveIncident,
    SetVariables,
    StartInstance,
    ThrowBpmnError,
)
from bpmn_engine.kernel.effects import Effect
from bpmn_engine.kernel.facts import (
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
    EndingBegun,
    Fact,
    MovesPaused,
    TerminationBegun,
)
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY, ROOT, Incident, InstanceState, Wait, WaitKind
from bpmn_engine.kernel.step import Step, step
from bpmn_engine.model.definitions import Definitions
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.values import JsonValue, Variables

MONDAY = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
"""When every test begins."""

_MOST_FACTS = 2_000
"""Longer steps are not done in slices, too: it would take too long."""

_OF_SLICES = (MovesPaused, TerminationBegun, EndingBegun)

E = TypeVar("E")


def assert_scopes_lead_out(state: InstanceState) -> None:
    """Whatever is open, or is being terminated, sees the scopes around it."""
    for visit in state.visits.values():
        scope: ElementKey | None = visit.scope
        while scope is not None:
            scope = state.scopes[scope].parent


@lru_cache(maxsize=256)
def compiled(xml: bytes, process_id: str | None = None) -> ProcessGraph:
    """Parse and compile the (named, or only) process of a file."""
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions.violations
    processes = {process.id: process for process in definitions.processes}
    process = processes[process_id] if process_id else definitions.processes[0]
    graph = compile_process(process)
    assert isinstance(graph, ProcessGraph), graph
    return graph


class Run:
    """One process instance in memory. After each step, folding the facts must give the state."""

    def __init__(
        self, graph: ProcessGraph, *, max_flows: int = 100_000, max_moves: int | None = None
    ) -> None:
        self.graph = graph
        self.state: InstanceState = EMPTY
        self.facts: list[Fact] = []
        self.effects: list[Effect] = []
        self.now = MONDAY
        self.max_flows = max_flows
        self.max_moves = max_moves

    def send(self, command: Command) -> Rejection | None:
        """Apply a command; return why it was rejected, or None."""
        result = step(
            self.graph,
            self.state,
            command,
            self.now,
            max_flows=self.max_flows,
            max_moves=self.max_moves,
        )
        if isinstance(result, Rejection):
            return result
        self.facts.extend(result.facts)
        self.effects.extend(result.effects)
        assert fold(result.facts, self.state) == result.state, self.trace()
        if self.max_moves is None and len(result.facts) < _MOST_FACTS:
            self._do_in_slices(command, result)
        self.state = result.state
        return None

    def _do_in_slices(self, command: Command, whole: Step) -> None:
        """Compare a step with the same one when it ends after each token and each termination.

        What is terminated in slices is gone later than what the move does next: the same happens,
        in another order.
        """
        state, facts, effects = self._in_slices(command)
        is_late = any(isinstance(fact, TerminationBegun) for fact in facts)
        facts = [fact for fact in facts if not isinstance(fact, _OF_SLICES)]
        assert state == whole.state, self.trace()
        if is_late:
            assert Counter(map(repr, facts)) == Counter(map(repr, whole.facts))
            assert Counter(map(repr, effects)) == Counter(map(repr, whole.effects))
        else:
            assert (tuple(facts), tuple(effects)) == (whole.facts, whole.effects)

    def _in_slices(self, command: Command) -> tuple[InstanceState, list[Fact], list[Effect]]:
        """Return what becomes of a command when the step ends after each token it moves."""
        state, facts, effects = self.state, list[Fact](), list[Effect]()
        while True:
            result = step(
                self.graph, state, command, self.now, max_flows=self.max_flows, max_moves=1
            )
            assert isinstance(result, Step), result
            assert fold(result.facts, state) == result.state
            assert_scopes_lead_out(result.state)
            facts += result.facts
            effects += result.effects
            state = result.state
            if state.moving is None:
                return state, facts, effects
            command = GoOn()

    def do(self, command: Command) -> None:
        """Apply a command that must be accepted."""
        rejection = self.send(command)
        assert rejection is None, f"{rejection}\n{self.trace()}"

    # Answers, by element id -------------------------------------------------------------------

    def complete(self, element_id: str, variables: Variables | None = None) -> None:
        """Complete the (first) job or user task of an element."""
        wait = self.wait(element_id, WaitKind.JOB, WaitKind.USER_TASK)
        if wait.kind is WaitKind.JOB:
            self.do(CompleteJob(wait=wait.key, variables=variables or {}))
        else:
            self.do(CompleteUserTask(wait=wait.key, variables=variables or {}))

    def fail(self, element_id: str, message: str = "out of paper") -> None:
        """Fail the job of an element for good."""
        self.do(FailJob(wait=self.wait(element_id, WaitKind.JOB).key, message=message))

    def throw(self, element_id: str, code: str, variables: Variables | None = None) -> None:
        """Throw a BPMN error from the job of an element."""
        wait = self.wait(element_id, WaitKind.JOB, WaitKind.USER_TASK)
        self.do(ThrowBpmnError(wait=wait.key, error_code=code, variables=variables or {}))

    def fire(self, element_id: str) -> None:
        """Move the clock to the timer of an element and fire it."""
        wait = self.wait(element_id, WaitKind.TIMER)
        assert wait.schedule is not None
        self.now = max(self.now, wait.schedule.due_at)
        self.do(FireTimer(wait=wait.key))

    def deliver(self, element_id: str, variables: Variables | None = None) -> None:
        """Deliver the message or signal that an element waits for."""
        wait = self.wait(element_id, WaitKind.MESSAGE, WaitKind.SIGNAL)
        if wait.kind is WaitKind.MESSAGE:
            self.do(DeliverMessage(wait=wait.key, variables=variables or {}))
        else:
            self.do(DeliverSignal(wait=wait.key, variables=variables or {}))

    def end_child(self, element_id: str, variables: Variables | None = None) -> None:
        """End the called instance of a call activity."""
        wait = self.wait(element_id, WaitKind.CHILD)
        self.do(CompleteChild(wait=wait.key, variables=variables or {}))

    def resolve(self, retries: int = 1) -> None:
        """Resolve the only incident."""
        self.do(ResolveIncident(incident=self.incident.key, retries=retries))

    def set(self, **variables: JsonValue) -> None:
        """Set variables of the process instance."""
        self.do(SetVariables(scope=ROOT, variables=variables))

    # Questions --------------------------------------------------------------------------------

    def wait(self, element_id: str, *kinds: WaitKind) -> Wait:
        """Return the first open wait of an element."""
        found = [wait for wait in self.waits(element_id) if wait.kind in kinds]
        assert found, f"nothing waits at {element_id}\n{self.trace()}"
        return found[0]

    def waits(self, element_id: str) -> list[Wait]:
        """Return the open waits of an element, oldest first."""
        return [
            wait
            for _, wait in sorted(self.state.waits.items())
            if self.graph.nodes[wait.node].element_id == element_id
        ]

    @property
    def waiting(self) -> list[str]:
        """The elements that something is waited for at, sorted, one entry a wait."""
        return sorted(self.graph.nodes[wait.node].element_id for wait in self.state.waits.values())

    @property
    def passed(self) -> list[str]:
        """The elements completed, in order; a multi-instance body stands after its instances."""
        return [self.name(f.node) for f in self.facts if isinstance(f, ElementCompleted)]

    @property
    def terminated(self) -> list[str]:
        """The elements terminated, in order."""
        return [self.name(f.node) for f in self.facts if isinstance(f, ElementTerminated)]

    @property
    def flows(self) -> list[str]:
        """The flows taken, in order."""
        return [
            str(self.graph.edges[flow].flow_id)
            for fact in self.facts
            if isinstance(fact, ElementCompleted)
            for flow in fact.flows
        ]

    @property
    def is_completed(self) -> bool:
        """Whether the instance has completed."""
        return self.state.status is InstanceStatus.COMPLETED

    @property
    def variables(self) -> Mapping[str, JsonValue]:
        """The variables of the process instance itself."""
        return dict(sorted(self.state.variables.get(ROOT, {}).items()))

    @property
    def incident(self) -> Incident:
        """The only incident."""
        incidents = list(self.state.incidents.values())
        assert len(incidents) == 1, f"{incidents}\n{self.trace()}"
        return incidents[0]

    def sent(self, kind: type[E]) -> list[E]:
        """Return the effects of a kind, in order."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def name(self, node: int) -> str:
        """Return the element id of a node."""
        return str(self.graph.nodes[node].element_id)

    def trace(self) -> str:
        """Return one short line per fact."""
        return "\n".join(self._line(fact) for fact in self.facts)

    def _line(self, fact: Fact) -> str:
        named = (
            f" {self.name(fact.node)}"
            if isinstance(fact, ElementEntered | ElementCompleted | ElementTerminated)
            else ""
        )
        return f"{type(fact).__name__}{named} {fact}"


def started(
    xml: bytes,
    variables: Variables | None = None,
    *,
    at: str | None = None,
    business_key: str | None = None,
    has_parent: bool = False,
    max_flows: int = 100_000,
) -> Run:
    """Start an instance of the (first) process of a file."""
    run = Run(compiled(xml), max_flows=max_flows)
    run.do(
        StartInstance(
            variables=variables or {},
            element_id=at,
            business_key=business_key,
            has_parent=has_parent,
        )
    )
    return run


def key(number: int) -> ElementKey:
    """Return an element key."""
    return ElementKey(number)
