"""A process with one wait of every kind, and a run of it against a real database."""

import datetime as dt
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY
from bpmn_engine.kernel.step import Step, step
from bpmn_engine.model.definitions import Process
from bpmn_engine.model.event_definitions import (
    MessageEventDefinition,
    TimerEventDefinition,
    TimerKind,
)
from bpmn_engine.model.extensions import (
    FormalExpression,
    FormDefinition,
    FormSource,
    JobDefinition,
    UserTaskDefinition,
)
from bpmn_engine.model.flow_nodes import (
    BoundaryEvent,
    CallActivity,
    EndEvent,
    SequenceFlow,
    StartEvent,
    Task,
    TaskKind,
)
from bpmn_engine.store import applied, codec, definitions, instances
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.definitions import NewDefinition, NewDeployment, ResourceRow
from bpmn_engine.store.effects import gathered, write_effects
from bpmn_engine.store.history import last_entries, write_history
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.keys import KeyGenerator

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    moment: dt.datetime = NOON

    def now(self):
        return self.moment

    def advance(self, by=MINUTE):
        self.moment += by
        return self.moment


def text(value):
    return FormalExpression(text=value)


def order_process():
    """Start, CheckStock (job, timer Late), Approve, Payment (message), Ship (call), End."""
    path = ("Start", "CheckStock", "Approve", "Payment", "Ship", "End")
    flows = [
        *((f"to{target}", source, target) for source, target in pairwise(path)),
        ("toLateEnd", "Late", "LateEnd"),
    ]

    def linked(element):
        return replace(
            element,
            incoming=tuple(FlowId(name) for name, _, target in flows if target == element.id),
            outgoing=tuple(FlowId(name) for name, source, _ in flows if source == element.id),
        )

    nodes = (
        StartEvent(id=ElementId("Start"), line=1),
        Task(
            id=ElementId("CheckStock"),
            name="Check stock",
            line=2,
            kind=TaskKind.SERVICE,
            job=JobDefinition(type=text("check-stock"), headers={"shelf": "7"}),
        ),
        Task(
            id=ElementId("Approve"),
            name="Approve order",
            line=3,
            kind=TaskKind.USER,
            user_task=UserTaskDefinition(
                candidate_groups=text("sales,finance"),
                candidate_users=text("alice"),
                due_at=text("=due"),
                form=FormDefinition(source=FormSource.FORM_KEY, reference="approve"),
            ),
        ),
        Task(
            id=ElementId("Payment"),
            line=4,
            kind=TaskKind.RECEIVE,
            message=MessageEventDefinition(message_name=text("payment-received")),
        ),
        CallActivity(
            id=ElementId("Ship"),
            line=5,
            called_process=text("shipping"),
            propagate_all_inputs=True,
        ),
        EndEvent(id=ElementId("End"), line=6),
        BoundaryEvent(
            id=ElementId("Late"),
            line=7,
            attached_to=ElementId("CheckStock"),
            is_interrupting=True,
            definition=TimerEventDefinition(kind=TimerKind.DURATION, expression=text("PT1H")),
        ),
        EndEvent(id=ElementId("LateEnd"), line=8),
    )
    return Process(
        id="order",
        line=1,
        name="Order",
        nodes=tuple(linked(node) for node in nodes),
        flows=tuple(
            SequenceFlow(id=FlowId(name), source=ElementId(source), target=ElementId(target))
            for name, source, target in flows
        ),
    )


def order_graph():
    graph = compile_process(order_process())
    assert isinstance(graph, ProcessGraph), graph
    return graph


def new_definition(keys, resource_key, process_id="order", content_hash="h", **changes):
    return replace(
        NewDefinition(
            key=keys.next(),
            resource_key=resource_key,
            process_id=process_id,
            name=process_id.title(),
            version_tag=None,
            content_hash=content_hash,
            is_startable=True,
            flavour="zeebe",
            documentation=None,
            certificate=(),
            warnings=(),
            element_names={},
            start_forms=(),
        ),
        **changes,
    )


def deploy(session, keys, at=NOON, **changes):
    """Deploy one process definition and return its row."""
    content = b"<definitions/>"
    file = ResourceRow(
        key=keys.next(),
        name="order.bpmn",
        kind="bpmn",
        content=content,
        content_hash=definitions.content_hash(content),
    )
    new = NewDeployment(
        key=keys.next(),
        name=None,
        at=at,
        actor="alice",
        resources=(file,),
        definitions=(new_definition(keys, file.key, **changes),),
    )
    return definitions.insert_deployment(session, new)[0]


@dataclass
class OrderRun:
    """Runs orders the way the service does, one unit of work for each call."""

    database: object
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self):
        self.graph = order_graph()
        self.keys = KeyGenerator(self.clock)
        with self.database.transaction() as session:
            self.definition = deploy(session, self.keys)

    def start(self, business_key="A-1", **changes):
        key = self.keys.next()
        row = replace(
            InstanceRow(
                key=key,
                definition_key=self.definition.key,
                process_id="order",
                business_key=business_key,
                status=InstanceStatus.CREATED,
                snapshot="",
                version=0,
                parent_key=None,
                parent_wait=None,
                root_key=key,
                started_at=self.clock.now(),
                started_by="alice",
                updated_at=self.clock.now(),
                ended_at=None,
                incident_count=0,
                error_code=None,
            ),
            **changes,
        )
        command = StartInstance(
            variables={"due": "2026-03-05T12:00:00Z", "amount": 10**20},
            business_key=business_key,
            has_parent=row.parent_key is not None,
        )
        with self.database.transaction() as session:
            done = self._step(EMPTY, command)
            applied_step = self._applied(row, done, command, "alice", None)
            text = codec.encode_state(self.graph, done.state)
            instances.insert(session, [(applied_step.instance, text)])
            self._write(session, [applied_step])
        return key

    def apply(self, key, *commands, actor="alice", reason=None):
        """Apply commands to one instance in one unit of work."""
        with self.database.transaction() as session:
            (row,) = instances.load_for_update(session, [key])
            state = codec.decode_state(self.graph, row.snapshot)
            steps = []
            for command in commands:
                done = self._step(state, command)
                applied_step = self._applied(row, done, command, actor, reason)
                row, state = applied_step.instance, done.state
                steps.append(applied_step)
            instances.save(session, [(row, codec.encode_state(self.graph, state))])
            return self._write(session, steps)

    def state(self, key):
        with self.database.reading() as session:
            (row,) = instances.load(session, [key])
        return codec.decode_state(self.graph, row.snapshot)

    def wait(self, key, kind):
        """Return the one open wait of a kind."""
        (wait,) = (wait.key for wait in self.state(key).waits.values() if wait.kind is kind)
        return wait

    def _step(self, state, command):
        done = step(self.graph, state, command, self.clock.now())
        assert isinstance(done, Step), done
        return done

    def _applied(self, row, done, command, actor, reason):
        at = self.clock.now()
        after = applied.row_after(row, done.state, done.effects, at)
        return AppliedStep(
            instance=after,
            graph=self.graph,
            state=done.state,
            effects=done.effects,
            facts=done.facts,
            command=command,
            actor=actor,
            reason=reason,
            at=at,
        )

    def _write(self, session, steps):
        written = write_effects(session, gathered(session, steps, keys=self.keys), steps[-1].at)
        write_history(session, steps, last_entries(session, steps))
        return written
