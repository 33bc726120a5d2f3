"""Several process instances in memory, with everything between them and a clock that is set.

    world = World(xml)
    world.start("order", {"quantity": 1})
    world.advance(dt.timedelta(hours=1))

Messages, signals, called processes and timers work as with the engine; nothing is stored. Jobs
stay open unless `on_job` says how to answer them.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass, replace

from bpmn_engine.expressions.language import Expression
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.graph.specs import MessageSpec, SignalSpec
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import (
    Command,
    CompleteChild,
    DeliverMessage,
    DeliverSignal,
    EscalateChild,
    FailChild,
    FireTimer,
    StartInstance,
)
from bpmn_engine.kernel.correlation_keys import open_keys
from bpmn_engine.kernel.effects import (
    BroadcastSignal,
    CreateJob,
    Effect,
    EndInstance,
    EscalateToCaller,
    OpenSubscription,
    PublishMessage,
    StartChild,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.model.definitions import Definitions, Refusal, Severity, Violation
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.values import Variables
from tests.kernel import MONDAY, Run


class RefusedError(Exception):
    """Expected a file that can be deployed, but it is refused."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("; ".join(f"{v.element_id}: {v.message}" for v in violations))
        self.violations = violations


def reasons(refused: RefusedError) -> str:
    """Return what is not executed, shortly."""
    errors = [v for v in refused.violations if v.severity is Severity.ERROR]
    return " ".join(dict.fromkeys(v.message.split(". ")[0] + "." for v in errors))


def deploy(xml: bytes) -> dict[str, ProcessGraph]:
    """Read a file and compile its processes.

    Raises:
        RefusedError: the engine would refuse the deployment.
    """
    definitions = read_definitions(xml)
    if isinstance(definitions, Refusal):
        raise RefusedError(definitions.violations)
    assert isinstance(definitions, Definitions)
    graphs = {}
    for process in definitions.processes:
        graph = compile_process(process)
        if not isinstance(graph, ProcessGraph):
            raise RefusedError(graph)
        graphs[process.id] = graph
    return graphs


@dataclass(eq=False)
class Instance:
    """One process instance, and which call activity waits for it."""

    process_id: str
    run: Run
    parent: tuple[Instance, ElementKey] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.run.state.status is InstanceStatus.ACTIVE


JobAnswer = Callable[[Instance, CreateJob], Command | None]


class World:
    """Every instance of some files."""

    def __init__(
        self, *files: bytes, on_job: JobAnswer | None = None, max_flows: int = 100_000
    ) -> None:
        self.graphs: dict[str, ProcessGraph] = {}
        for xml in files:
            self.graphs.update(deploy(xml))
        self.instances: list[Instance] = []
        self.now = MONDAY
        self._on_job = on_job
        self._max_flows = max_flows
        self._pending: deque[tuple[Instance, Effect]] = deque()
        self._kept: list[
            tuple[PublishMessage, Instance | None]
        ] = []  #: messages that nobody waited for yet

    # What happens from outside ----------------------------------------------------------------

    def start(
        self, process_id: str, variables: Variables | None = None, *, at: str | None = None
    ) -> Instance:
        """Start an instance and let everything happen that follows from it."""
        instance = self._start(process_id, StartInstance(variables=variables or {}, element_id=at))
        self._settle()
        return instance

    def answer(self, instance: Instance, command: Command) -> None:
        """Apply a command to an instance and let everything happen that follows from it."""
        self._apply(instance, command)
        self._settle()

    def publish(self, name: str, variables: Variables | None = None) -> None:
        """Publish a message without a correlation key."""
        self._publish(
            PublishMessage(node=0, name=name, correlation_key=None, variables=variables or {})
        )
        self._settle()

    def advance(self, duration: dt.timedelta) -> None:
        """Let time pass; timers fire in the order they are due."""
        until = self.now + duration
        while (due := self._next_timer(until)) is not None:
            instance, wait, at = due
            self.now = max(self.now, at)
            self.answer(instance, FireTimer(wait=wait.key))
        self.now = until

    # What follows -----------------------------------------------------------------------------

    def _next_timer(self, until: dt.datetime) -> tuple[Instance, Wait, dt.datetime] | None:
        due = [
            (instance, wait, wait.schedule.due_at)
            for instance in self.instances
            if instance.is_open
            for _, wait in sorted(instance.run.state.waits.items())
            if wait.schedule is not None and wait.schedule.due_at <= until
        ]
        return min(due, key=lambda found: found[2]) if due else None

    def _start(
        self,
        process_id: str,
        command: StartInstance,
        parent: tuple[Instance, ElementKey] | None = None,
    ) -> Instance:
        instance = Instance(
            process_id, Run(self.graphs[process_id], max_flows=self._max_flows), parent
        )
        self.instances.append(instance)
        self._apply(instance, replace(command, instance_key=Key(len(self.instances))))
        return instance

    def _apply(self, instance: Instance, command: Command) -> None:
        run = instance.run
        before = len(run.effects)
        run.now = self.now
        run.do(command)
        self._pending.extend((instance, effect) for effect in run.effects[before:])

    def _settle(self) -> None:
        while self._pending:
            instance, effect = self._pending.popleft()
            self._carry_out(instance, effect)

    def _carry_out(self, instance: Instance, effect: Effect) -> None:
        match effect:
            case CreateJob():
                self._answer_job(instance, effect)
            case PublishMessage():
                self._send(instance, effect)
            case BroadcastSignal():
                self._broadcast(instance, effect)
            case OpenSubscription(kind=WaitKind.MESSAGE):
                self._deliver_kept()
            case StartChild():
                self._start_child(instance, effect)
            case EscalateToCaller():
                self._escalate(instance, effect)
            case EndInstance():
                self._tell_parent(instance, effect)
            case _:
                pass

    def _answer_job(self, instance: Instance, effect: CreateJob) -> None:
        command = None if self._on_job is None else self._on_job(instance, effect)
        if command is not None:
            self._apply(instance, command)

    def _start_child(self, instance: Instance, effect: StartChild) -> None:
        if effect.wait not in instance.run.state.waits:
            return
        if effect.process_id not in self.graphs:
            message = f"There is no process {effect.process_id}."
            self._apply(instance, FailChild(wait=effect.wait, message=message))
            return
        command = StartInstance(
            variables=effect.variables, business_key=effect.business_key, has_parent=True
        )
        self._start(effect.process_id, command, (instance, effect.wait))

    def _escalate(self, instance: Instance, effect: EscalateToCaller) -> None:
        if instance.parent is not None:
            caller, wait = instance.parent
            if wait in caller.run.state.waits:
                command = EscalateChild(wait=wait, code=effect.code, variables=effect.variables)
                self._apply(caller, command)

    def _tell_parent(self, instance: Instance, effect: EndInstance) -> None:
        if instance.parent is None:
            return
        caller, wait = instance.parent
        if wait not in caller.run.state.waits:
            return
        if effect.status is InstanceStatus.COMPLETED:
            self._apply(caller, CompleteChild(wait=wait, variables=effect.variables))
            return
        failed = FailChild(
            wait=wait,
            message=effect.message or "The called instance did not complete.",
            error_code=effect.error_code,
        )
        self._apply(caller, failed)

    def _send(self, source: Instance, message: PublishMessage) -> None:
        for receiver in message.receivers:
            self._publish(replace(message, receivers=(receiver,)), source)
        if not message.receivers:
            self._publish(message, source)

    def _publish(self, message: PublishMessage, source: Instance | None = None) -> None:
        for instance, wait in self._waiting(message, source):
            self._deliver(instance, wait.key, message)
            return
        if not self._start_by(MessageSpec, message.name, message.variables, message):
            self._kept.append((message, source))

    def _waiting(
        self, message: PublishMessage, source: Instance | None
    ) -> list[tuple[Instance, Wait]]:
        """Return who waits for a message: by key, else the one that it can only be meant for."""
        at_receiver = [
            (instance, wait)
            for instance in self.instances
            for _, wait in sorted(instance.run.state.waits.items())
            if wait.kind is WaitKind.MESSAGE
            and wait.name == message.name
            and _is_receiver(message, instance.process_id, instance.run.name(wait.node))
        ]
        found = [(instance, wait) for instance, wait in at_receiver if _meets(message, wait)]
        if found or source is None or not message.receivers:
            return found
        own_key = str(source.run.state.instance_key)
        is_first = own_key == message.conversation == message.correlation_key
        is_known = any(
            instance.process_id == message.receivers[0].process_id
            and instance.run.state.business_key == own_key
            for instance in self.instances
        )
        is_alone = len(at_receiver) == 1 and at_receiver[0][0].run.state.business_key is None
        return at_receiver if is_first and is_alone and not is_known else []

    def _deliver(self, instance: Instance, wait: ElementKey, message: PublishMessage) -> None:
        command = DeliverMessage(
            wait=wait, variables=message.variables, correlation_keys=message.correlation_keys
        )
        self._apply(instance, command)

    def _deliver_kept(self) -> None:
        for kept in self._kept:
            message, source = kept
            for instance, wait in self._waiting(message, source):
                self._kept.remove(kept)
                self._deliver(instance, wait.key, message)
                return

    def _broadcast(self, source: Instance, signal: BroadcastSignal) -> None:
        waiting = [
            (instance, key, wait.node)
            for instance in self.instances
            for key, wait in sorted(instance.run.state.waits.items())
            if not (instance is source and key <= signal.heard_until)
            if wait.kind is WaitKind.SIGNAL and wait.name == signal.name
        ]
        for instance, key, _ in waiting:
            if key in instance.run.state.waits:
                self._apply(instance, DeliverSignal(wait=key, variables=signal.variables))
        but = {(instance.process_id, node) for instance, _, node in waiting}
        self._start_by(SignalSpec, signal.name, signal.variables, but=but)

    def _start_by(
        self,
        kind: type[MessageSpec | SignalSpec],
        name: str,
        variables: Variables,
        message: PublishMessage | None = None,
        but: Container[tuple[str, int]] = (),
    ) -> bool:
        """Start at each start event of that trigger, but where an instance waits for it."""
        begun = [
            (process_id, graph.nodes[index])
            for process_id, graph in self.graphs.items()
            for index in graph.start_events
            if (process_id, index) not in but
            and any(
                isinstance(trigger, kind) and self._name(trigger.name) == name
                for trigger in graph.instantiating_triggers(index)
            )
        ]
        if message is not None:
            begun = [
                (process_id, node)
                for process_id, node in begun
                if _is_receiver(message, process_id, node.element_id)
            ]
        for process_id, node in begun:
            command = StartInstance(
                variables=variables,
                element_id=node.element_id,
                trigger=WaitKind.MESSAGE if kind is MessageSpec else WaitKind.SIGNAL,
                trigger_name=name,
            )
            if message is not None:
                command = replace(
                    command,
                    business_key=message.conversation,
                    correlation_keys=message.correlation_keys,
                )
            self._start(process_id, command)
        return bool(begun)

    def _name(self, expression: Expression) -> object:
        return expression.evaluate({}, self.now)


def _is_receiver(message: PublishMessage, process_id: str, element_id: str) -> bool:
    """Tell whether a message that is sent along a message flow is for an element."""
    return all(
        (receiver.process_id, receiver.element_id) == (process_id, element_id)
        for receiver in message.receivers
    )


def _meets(message: PublishMessage, wait: Wait) -> bool:
    if message.correlation_keys:
        keys = message.correlation_keys
        return wait.correlation_key in {*keys, *open_keys(keys)}
    return wait.correlation_key == message.correlation_key
