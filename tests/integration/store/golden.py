"""What the golden files hold. Never change an example: add files of a new version."""

import datetime as dt

from immutables import Map

from bpmn_engine.expressions.timers import TimerSchedule
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel import commands as c
from bpmn_engine.kernel import facts as f
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.migration_plan import (
    ElementMapping,
    FlowMapping,
    MigrationPlan,
    ScopeChange,
)
from bpmn_engine.kernel.state import (
    NO_NODE,
    Arriving,
    Claim,
    Compensation,
    CompletedActivity,
    ElementInstance,
    Ending,
    Incident,
    IncidentKind,
    InstanceState,
    ListenerAt,
    Loop,
    Moving,
    Scope,
    Wait,
    WaitKind,
)
from bpmn_engine.model.listeners import ListenerEvent
from tests.integration.store.orders import NOON, order_graph


def golden_graph():
    return order_graph()


_GRAPH = order_graph()
JOB = _GRAPH.node_by_ref["CheckStock"]
TIMER = _GRAPH.node_by_ref["Late"]
FLOW = _GRAPH.edge_by_id["toApprove"]
ROOT, VISIT, WAIT, CLOCK, STUCK = (ElementKey(number) for number in range(5))
SCHEDULE = TimerSchedule(due_at=NOON, repetitions=2, text="R3/PT1M")
JOB_WAIT = Wait(key=WAIT, visit=VISIT, node=JOB, kind=WaitKind.JOB, name="check-stock")
TIMER_WAIT = Wait(key=CLOCK, visit=VISIT, node=TIMER, kind=WaitKind.TIMER, schedule=SCHEDULE)
INCIDENT = Incident(
    key=STUCK,
    kind=IncidentKind.EXPRESSION,
    visit=VISIT,
    scope=ROOT,
    node=JOB,
    message="No.",
    wait=WAIT,
    error_code="E1",
    expression="amount > 1",
    position=(1, 8),
    values=Map({"amount": None}),
)

STATE = InstanceState(
    status=InstanceStatus.ACTIVE,
    last_key=9,
    business_key="A-1",
    has_parent=True,
    visits=Map({VISIT: ElementInstance(JOB, ROOT, NOON, 3)}),
    states=Map({VISIT: ElementState.ACTIVE}),
    scopes=Map({ROOT: Scope(0, None), VISIT: Scope(NO_NODE, ROOT)}),
    members=Map({ROOT: Map({VISIT: None}), VISIT: Map()}),
    variables=Map({ROOT: Map({"amount": 5, "list": [1, {"a": None}]}), VISIT: Map()}),
    tokens=Map({ROOT: Map({FLOW: 2})}),
    waits=Map({WAIT: JOB_WAIT, CLOCK: TIMER_WAIT}),
    waits_of=Map({VISIT: Map({WAIT: None, CLOCK: None})}),
    incidents=Map({STUCK: INCIDENT}),
    incidents_of=Map({VISIT: Map({STUCK: None})}),
    loops=Map({VISIT: Loop(3, 2, 1)}),
    items=Map({VISIT: ("a", 2, None)}),
    outputs=Map({VISIT: Map({0: "x"})}),
)

FACTS = (
    f.InstanceStarted("A-1", True),
    f.StatusChanged(InstanceStatus.ACTIVE),
    f.ScopeOpened(ROOT, 0, None, {"amount": 5}),
    f.ScopeOpened(VISIT, NO_NODE, ROOT, {}),
    f.ElementEntered(VISIT, JOB, ROOT, NOON, 1),
    f.StateChanged(VISIT, ElementState.COMPLETING),
    f.VariablesSet(ROOT, {"list": [1]}),
    f.WaitOpened(TIMER_WAIT),
    f.IncidentRaised(INCIDENT),
    f.IncidentResolved(STUCK),
    f.WaitClosed(CLOCK),
    f.LoopStarted(VISIT, ("a", 2)),
    f.LoopAdvanced(VISIT, Loop(2, 1, 0)),
    f.OutputGathered(VISIT, 0, {"x": 1}),
    f.ResetAwaited(ROOT, JOB, (FLOW,)),
    f.ScopeClosed(VISIT),
    f.ElementCompleted(VISIT, JOB, ROOT, NOON, (FLOW,)),
    f.ElementTerminated(VISIT, JOB, ROOT, NOON),
    f.TokenParked(ROOT, FLOW),
    f.TokensConsumed(ROOT, (FLOW,)),
    f.EscalationUncaught(JOB, "LATE"),
)

INNER = CompletedActivity(node=JOB, is_whole=False)
COMPLETED = CompletedActivity(
    node=JOB,
    is_whole=True,
    variables=Map({"amount": 5, "list": [1, None]}),
    inner=Map({ElementKey(5): INNER}),
)

COMPENSATION_STATE = InstanceState(
    status=InstanceStatus.ACTIVE,
    last_key=9,
    scopes=Map({ROOT: Scope(0, None)}),
    completed=Map({ROOT: Map({ElementKey(6): COMPLETED, ElementKey(7): INNER})}),
    compensations=Map(
        {
            VISIT: Compensation(
                thrower=WAIT,
                pending=Map(
                    {0: Claim(ROOT, ElementKey(7), COMPLETED), 1: Claim(ROOT, STUCK, INNER)}
                ),
            ),
            CLOCK: Compensation(thrower=None),
        }
    ),
)
"""What compensation added to a state; a text without it has nothing of it."""

COMPENSATION_FACTS = (
    f.CompensationEnabled(WAIT, VISIT, JOB, ROOT, True),
    f.CompensationThrown(CLOCK, VISIT, ((ROOT, WAIT), (VISIT, STUCK))),
    f.CompensationThrown(CLOCK, None, ((ROOT, WAIT),)),
    f.CompensationEntered(CLOCK, JOB, ROOT, NOON, NO_NODE),
    f.CompensationEntered(CLOCK, JOB, ROOT, NOON, 0),
    f.ElementCompensated(CLOCK, JOB, ROOT, NOON, WAIT),
    f.ElementCompensated(CLOCK, JOB, ROOT, NOON, None),
)

CORRELATION_STATE = InstanceState(
    status=InstanceStatus.ACTIVE,
    last_key=9,
    scopes=Map({ROOT: Scope(0, None)}),
    correlation_keys=Map({"OrderKey": 'OrderKey=["A-7",2]', "Ätsch": "Ätsch=[true]"}),
)
"""What correlation keys added to a state; a text without them has nothing of it."""

CORRELATION_FACTS = (f.CorrelationKeySet("OrderKey", 'OrderKey=["A-7",2]'),)

COMMANDS = (
    c.StartInstance(variables={"a": 1}, business_key="A-1", initiator="alice", has_parent=True),
    c.CompleteJob(wait=WAIT, variables={"a": 1}),
    c.FailJob(wait=WAIT, message="No."),
    c.ThrowBpmnError(wait=WAIT, error_code="E1", message="No."),
    c.CompleteUserTask(wait=WAIT),
    c.FireTimer(wait=WAIT),
    c.DeliverMessage(wait=WAIT, variables={"a": None}),
    c.DeliverSignal(wait=WAIT),
    c.CompleteChild(wait=WAIT, variables={"a": []}),
    c.FailChild(wait=WAIT, message="No.", error_code="E1"),
    c.ActivateElement(element_id="CheckStock", visit=VISIT, variables={"a": 1}),
    c.SetVariables(scope=ROOT, variables={"a": {}}),
    c.ResolveIncident(incident=STUCK, retries=3),
    c.CancelInstance(reason="No."),
    c.SuspendInstance(),
    c.ResumeInstance(),
    c.EscalateChild(wait=WAIT, code="LATE", variables={"a": 1}),
    c.ThrowEscalation(wait=WAIT, code="LATE", variables={"a": 1}),
    c.ModifyInstance(
        moves=(
            c.CancelVisits(element_id="CheckStock"),
            c.CancelVisits(visit=VISIT),
            c.StartBefore(element_id="CheckStock", inside=ROOT, variables={"a": 1}),
            c.StartAfter(element_id="CheckStock"),
        )
    ),
    c.AssignUserTask(wait=WAIT, assignee="alice"),
    c.CompleteJob(wait=WAIT, is_denied=True, corrections={"priority": 80}),
    c.CompleteAdHocJob(
        wait=WAIT,
        variables={"a": 1},
        elements=(c.ElementStart(element_id="CheckStock", variables={"b": 2}),),
    ),
    c.MoveTimer(wait=WAIT, due_at=dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)),
    c.SetVariables(scope=ROOT, variables={}, removed=("a", "b")),
)


DELEGATE_FACTS = (
    f.GatewayActivated(VISIT, JOB, {"activationCount": 2, "x1": 1}),
    f.WaitOpened(
        Wait(
            key=WAIT,
            visit=VISIT,
            node=JOB,
            kind=WaitKind.JOB,
            name="audit",
            listener=ListenerAt(
                event=ListenerEvent.COMPLETING,
                index=1,
                changes=Map({"priority": 80}),
                task=Map({"assignee": "alice", "priority": 50}),
            ),
        )
    ),
)
"""Activation conditions that are kept, and listeners that ask what their user task is."""

DELEGATE_COMMANDS = (
    c.CompleteUserTask(wait=WAIT, variables={"a": 1}, task={"assignee": "alice", "priority": 50}),
    c.AssignUserTask(wait=WAIT, assignee="bob", task={"assignee": None}),
    c.CompleteJob(wait=WAIT, cost={"cpu_ms": 31, "memory_kb": 24000}),
)

MOVING = Moving(
    (
        Arriving(JOB, ROOT, FLOW, None),
        Arriving(JOB, ROOT, None, None),
        Arriving(JOB, VISIT, None, 7, 93),
    ),
    (VISIT, ROOT),
    512,
)
MOVING_STATE = InstanceState(
    status=InstanceStatus.ACTIVE,
    last_key=9,
    scopes=Map({ROOT: Scope(0, None)}),
    moving=MOVING,
)
"""A step that ended while tokens were on their way; such a state is of version 2."""

MOVING_FACTS = (f.MovesPaused(None), f.MovesPaused(MOVING))

TERMINATING_STATE = InstanceState(
    status=InstanceStatus.ACTIVE,
    last_key=9,
    visits=Map(
        {
            VISIT: ElementInstance(JOB, ROOT, NOON),
            WAIT: ElementInstance(JOB, ROOT, NOON),
            CLOCK: ElementInstance(JOB, ROOT, NOON),
        }
    ),
    states=Map(
        {
            VISIT: ElementState.ACTIVE,
            WAIT: ElementState.ACTIVE,
            CLOCK: ElementState.TERMINATING,
        }
    ),
    scopes=Map({ROOT: Scope(0, None)}),
    members=Map({ROOT: Map({VISIT: None})}),
    moving=Moving((), (ROOT,), 0),
    terminating=Map({ROOT: Map({WAIT: None, CLOCK: None})}),
    ending=Ending(InstanceStatus.FAILED, "E1", "No."),
)
"""What is terminated in slices; such a state is of version 4."""

TERMINATING_FACTS = (
    f.TerminationBegun(ROOT),
    f.TerminationBegun(ROOT, VISIT, JOB),
    f.EndingBegun(Ending(InstanceStatus.TERMINATED, None, "Wrong order.")),
    f.EndingBegun(Ending(InstanceStatus.FAILED, "E1", None)),
)

MOVING_COMMANDS = (
    c.GoOn(),
    c.CorrectUserTask(wait=WAIT, changes={"priority": 80}, task={"priority": 50}),
)

REPORT_COMMANDS = (
    c.ReportIncident(visit=VISIT, name="lost", message="no box", configuration="A-1"),
)

MIGRATION_FACTS = (
    f.InstanceMigrated(
        visits=((VISIT, JOB),),
        scopes=((VISIT, NO_NODE),),
        waits=((WAIT, JOB), (CLOCK, TIMER)),
        incidents=((STUCK, JOB),),
        tokens=((ROOT, FLOW, 2),),
        resets=((ROOT, JOB, (FLOW,)),),
        records=((ElementKey(6), JOB),),
    ),
    f.InstanceMigrated((), (), (), (), (), (), ()),
    f.VariablesRemoved(ROOT, ("amount",)),
)

MIGRATION_COMMANDS = (
    c.MigrateInstance(
        plan=MigrationPlan(
            mappings=(
                ElementMapping(source="Check", target="CheckStock"),
                ElementMapping(source="Late", target="Late", is_updated=True),
            ),
            flows=(FlowMapping(source="Flow_1", target="toApprove"),),
            variables=(
                ScopeChange(values={"a": None}, expressions={"b": "= a"}, removed=("c",)),
                ScopeChange(element_id="CheckStock", values={"a": [1]}),
            ),
        ),
        source_key=Key(1),
        target_key=Key(2),
        process_id="order",
        source_version=1,
        target_version=2,
        migration_key=Key(3),
    ),
    c.MigrateInstance(plan=MigrationPlan()),
    c.StartElsewhere(
        moves=(
            c.StartBefore(element_id="CheckStock", variables={"a": 1}),
            c.StartAfter(element_id="Approve"),
        ),
        variables={"amount": 5},
        business_key="A-1",
        instance_key=Key(4),
    ),
)
