"""From a command to the first move: what fits the state is done, what does not is rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import StartSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.ad_hoc import activate_element
from bpmn_engine.kernel.ad_hoc_instances import complete_ad_hoc_job
from bpmn_engine.kernel.answering import Answer, answer, raise_about, throw
from bpmn_engine.kernel.behaviors.tasks import retry_job
from bpmn_engine.kernel.by_hand import change_by_hand
from bpmn_engine.kernel.closing import begin_all, end_early, start_process
from bpmn_engine.kernel.commands import (
    ActivateElement,
    AssignUserTask,
    CancelInstance,
    Command,
    CompleteAdHocJob,
    CompleteChild,
    CompleteJob,
    CompleteUserTask,
    CorrectUserTask,
    DeliverMessage,
    DeliverSignal,
    EscalateChild,
    FailChild,
    FailJob,
    FireTimer,
    GoOn,
    ModifyInstance,
    MoveTimer,
    Rejection,
    RejectionReason,
    ReportIncident,
    ResolveIncident,
    ResumeInstance,
    SetVariables,
    StartElsewhere,
    StartInstance,
    SuspendInstance,
    ThrowBpmnError,
    ThrowEscalation,
)
from bpmn_engine.kernel.conditions import ask_again, ask_first
from bpmn_engine.kernel.correlation import contradiction, remember_keys
from bpmn_engine.kernel.data_moves import wrong_answer, wrong_beginning
from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.escalation import catcher_of, escalate
from bpmn_engine.kernel.facts import InstanceStarted, ScopeOpened
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.instantiation import Occurrence, unmet
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.listening import finish_again, resume
from bpmn_engine.kernel.modification import modify
from bpmn_engine.kernel.moves import activate
from bpmn_engine.kernel.placement import start_elsewhere
from bpmn_engine.kernel.propagation import throw_error
from bpmn_engine.kernel.state import ROOT, Incident, IncidentKind, Wait, WaitKind

_ACTIVE: Final = InstanceStatus.ACTIVE
_HELD = frozenset({InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})


def apply_command(  # noqa: C901 -- one case a command
    draft: Draft, command: Command
) -> Rejection | None:
    """Do what the command says up to the first moves; the agenda holds the rest."""
    match command:
        case StartInstance():
            return _start(draft, command)
        case (
            CompleteJob()
            | CompleteUserTask()
            | FireTimer()
            | CompleteChild()
            | AssignUserTask()
            | CorrectUserTask()
            | DeliverSignal()
        ):
            return _answer(draft, command)
        case StartElsewhere():
            return start_elsewhere(draft, command)
        case SuspendInstance():
            return _change_status(draft, InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED)
        case ResumeInstance():
            rejection = _change_status(draft, InstanceStatus.SUSPENDED, InstanceStatus.ACTIVE)
            if rejection is None:
                ask_again(draft)
            return rejection
        case CancelInstance(reason=reason):
            return _cancel(draft, reason)
        case SetVariables() | MoveTimer() | ReportIncident():
            return change_by_hand(draft, command)
        case _:
            if draft.memory.status is not _ACTIVE:
                return _wrong_state(draft, "active")
            return _move(draft, command)


def _wrong_state(draft: Draft, expected: str) -> Rejection:
    return Rejection(
        reason=RejectionReason.WRONG_STATE,
        message=f"Expected the process instance to be {expected}, "
        f"but it is {draft.memory.status.value}.",
    )


def _move(  # noqa: C901, PLR0912 -- one case a command
    draft: Draft, command: Command
) -> Rejection | None:
    match command:
        case ThrowBpmnError():
            return _throw(draft, command)
        case ThrowEscalation():
            return _throw_escalation(draft, command)
        case FailJob(wait=key, message=message):
            return _fail_job(draft, key, message)
        case FailChild():
            return _fail_child(draft, command)
        case EscalateChild():
            return _escalate_child(draft, command)
        case ActivateElement():
            return activate_element(draft, command)
        case CompleteAdHocJob():
            return complete_ad_hoc_job(draft, command)
        case ModifyInstance(moves=moves):
            return modify(draft, moves)
        case ResolveIncident():
            return _resolve(draft, command)
        case GoOn():
            return None if draft.is_taken_up else _wrong_state(draft, "on its way")
        case DeliverMessage():
            return _deliver(draft, command)
        case _:
            raise TypeError(f"Expected a command that moves tokens, but got {command!r}.")


_ANSWERS: Final[Mapping[type, WaitKind]] = {
    FireTimer: WaitKind.TIMER,
    CompleteJob: WaitKind.JOB,
    AssignUserTask: WaitKind.USER_TASK,
    CorrectUserTask: WaitKind.USER_TASK,
    CompleteUserTask: WaitKind.USER_TASK,
    DeliverSignal: WaitKind.SIGNAL,
    CompleteChild: WaitKind.CHILD,
}


# Starting and ending --------------------------------------------------------------------------


def _start(draft: Draft, command: StartInstance) -> Rejection | None:
    if draft.memory.status is not InstanceStatus.CREATED:
        return _wrong_state(draft, "created")
    starts = _starts(draft, command.element_id)
    if isinstance(starts, Rejection):
        return starts
    rejection = unmet(draft, command, starts) or _wrong_beginning(draft, command)
    if rejection is not None:
        return rejection
    named = command.business_key, command.has_parent, command.instance_key
    draft.record(InstanceStarted(*named, command.ends_after))
    draft.change_status(InstanceStatus.ACTIVE)
    variables = {**draft.graph.declared, **command.variables}
    for start in starts:
        spec = start.spec
        if isinstance(spec, StartSpec) and spec.initiator_variable is not None:
            variables[spec.initiator_variable] = command.initiator
    draft.record(ScopeOpened(ROOT, 0, None, variables))
    remember_keys(draft, command.correlation_keys)
    occurred = Occurrence(command.trigger, command.trigger_name)
    start_process(draft, starts, occurred, is_named=command.element_id is not None)
    return None


def _wrong_beginning(draft: Draft, command: StartInstance) -> Rejection | None:
    """Say why the process cannot take a variable it starts with, whose type it declares."""
    wrong = wrong_beginning(draft, command.variables) if draft.graph.typed else None
    if wrong is None:
        return None
    return Rejection(reason=RejectionReason.WRONG_VALUE, message=wrong.message)


def _starts(draft: Draft, element_id: str | None) -> tuple[Node, ...] | Rejection:
    graph = draft.graph
    if element_id is not None:
        node = graph.node(element_id)
        if node is not None and node.index in graph.start_events:
            return (node,)
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected a start event {element_id!r} of {graph.process_id}, "
            "but there is none.",
        )
    starts = tuple([graph.nodes[index] for index in graph.scopes[0].starts])
    if not starts:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected {graph.process_id} to have a none start event, but it is started "
            "by a message, signal or timer only; name the start event to start at.",
        )
    if len(starts) > 1 and graph.start_events:
        names = ", ".join(start.element_id for start in starts)
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected the start event to be named, but {graph.process_id} has several: "
            f"{names}.",
        )
    return starts


def _change_status(
    draft: Draft, expected: InstanceStatus, status: InstanceStatus
) -> Rejection | None:
    if draft.memory.status is not expected:
        return _wrong_state(draft, expected.value)
    draft.change_status(status)
    return None


def _cancel(draft: Draft, reason: str | None) -> Rejection | None:
    if draft.memory.status not in _HELD:
        return _wrong_state(draft, "active or suspended")
    end_early(draft, InstanceStatus.TERMINATED, message=reason)
    return None


# Answering waits ------------------------------------------------------------------------------


def _find(draft: Draft, key: ElementKey, *kinds: WaitKind) -> Wait | Rejection:
    wait = draft.open_wait(key)
    if wait is None:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected an open wait {key}, but it was answered or withdrawn before.",
        )
    if wait.kind not in kinds:
        wanted = " or ".join(kind.value for kind in kinds)
        return Rejection(
            reason=RejectionReason.WRONG_KIND,
            message=f"Expected wait {key} to be a {wanted}, but it is a {wait.kind.value}.",
        )
    return wait


def _answer(draft: Draft, command: Answer) -> Rejection | None:
    if draft.memory.status is not _ACTIVE:
        return _wrong_state(draft, "active")
    wait = _find(draft, command.wait, _ANSWERS[type(command)])
    if isinstance(wait, Rejection):
        return wait
    if isinstance(command, CompleteUserTask):
        wrong = wrong_answer(draft, wait.visit, command.variables)
        if wrong is not None:
            return Rejection(reason=RejectionReason.WRONG_VALUE, message=wrong.message)
    return answer(draft, wait, command)


def _deliver(draft: Draft, command: DeliverMessage) -> Rejection | None:
    wait = _find(draft, command.wait, WaitKind.MESSAGE)
    if isinstance(wait, Rejection):
        return wait
    if command.correlation_keys:
        rejection = contradiction(draft, wait, command.correlation_keys)
        if rejection is not None:
            return rejection
        remember_keys(draft, command.correlation_keys)
    return answer(draft, wait, command)


def _throw(draft: Draft, command: ThrowBpmnError) -> Rejection | None:
    wait = _find(draft, command.wait, WaitKind.JOB, WaitKind.USER_TASK)
    return wait if isinstance(wait, Rejection) else throw(draft, wait, command)


def _throw_escalation(draft: Draft, command: ThrowEscalation) -> Rejection | None:
    wait = _find(draft, command.wait, WaitKind.USER_TASK)
    if isinstance(wait, Rejection):
        return wait
    caught = catcher_of(draft, wait.visit, command.code)
    if caught is None and not draft.memory.has_parent:
        return Rejection(
            reason=RejectionReason.WRONG_VALUE,
            message=f"Expected an event that catches the escalation {command.code!r}, but there "
            "is none.",
        )
    escalate(draft, caught, wait.node, command.code, command.variables)
    return None


def _fail_job(draft: Draft, key: ElementKey, message: str) -> Rejection | None:
    wait = _find(draft, key, WaitKind.JOB)
    if isinstance(wait, Rejection):
        return wait
    raise_about(draft, wait, Failure(kind=IncidentKind.JOB, message=message))
    return None


def _fail_child(draft: Draft, command: FailChild) -> Rejection | None:
    wait = _find(draft, command.wait, WaitKind.CHILD)
    if isinstance(wait, Rejection):
        return wait
    draft.close_wait(wait.key, is_withdrawn=False)
    failure: Failure | None = Failure(kind=IncidentKind.CALL, message=command.message)
    if command.error_code is not None:
        failure = throw_error(
            draft, wait.visit, command.error_code, command.message, command.variables
        )
    if failure is not None:
        draft.raise_incident(wait.visit, failure)
    return None


def _escalate_child(draft: Draft, command: EscalateChild) -> Rejection | None:
    wait = _find(draft, command.wait, WaitKind.CHILD)
    if isinstance(wait, Rejection):
        return wait
    caught = catcher_of(draft, wait.visit, command.code)
    escalate(draft, caught, wait.node, command.code, command.variables)
    return None


# Resolving ------------------------------------------------------------------------------------


def _resolve(draft: Draft, command: ResolveIncident) -> Rejection | None:
    incident = draft.memory.incidents.get(command.incident)
    if incident is None:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected an open incident {command.incident}, but it is resolved or gone.",
        )
    draft.clear_incident(incident.key)
    if incident.listener is not None:
        resume(draft, incident, incident.listener)
        return None
    wait = None if incident.wait is None else draft.memory.waits.get(incident.wait)
    if wait is not None and _goes_on_waiting(draft, wait, command.retries):
        return None
    if incident.visit is None:
        _release(draft, incident)
        return None
    if wait is not None and wait.name == DATA_STORE:
        retry_job(draft, wait.key, command.retries)
        return None
    match draft.memory.states[incident.visit]:
        case ElementState.READY:
            activate(draft, incident.visit)
        case ElementState.COMPLETING:
            finish_again(draft, incident.visit)
        case _:
            _resume(draft, incident, incident.visit, command.retries)
    return None


def _goes_on_waiting(draft: Draft, wait: Wait, retries: int) -> bool:
    """Let a condition be asked again, or a listener's job be tried again; else return False."""
    if wait.kind is WaitKind.CONDITION:
        ask_first(draft, wait.visit, wait.key)
    elif wait.listener is not None:
        retry_job(draft, wait.key, retries)
    else:
        # The key of a message is asked for again at the end of the step.
        return wait.kind is WaitKind.MESSAGE
    return True


def _resume(draft: Draft, incident: Incident, visit: ElementKey, retries: int) -> None:
    if incident.kind is IncidentKind.REPORTED:
        return
    wait = None if incident.wait is None else draft.memory.waits.get(incident.wait)
    if wait is not None and wait.kind is WaitKind.JOB:
        retry_job(draft, wait.key, retries)
        return
    node = draft.node_of(visit)
    draft.behaviors[node.kind].on_resolve(draft, visit, node, incident)


def _release(draft: Draft, incident: Incident) -> None:
    """Let a token that was parked arrive again, or begin again; look at a stuck join again."""
    draft.touched[incident.scope] = None
    if incident.kind is IncidentKind.STUCK_JOIN:
        return
    node = draft.graph.nodes[incident.node]
    parked = draft.parked(incident.scope)
    flow = next((index for index in node.incoming if index in parked), None)
    if flow is not None:
        draft.consume(incident.scope, (flow,))
        draft.arrive(node, incident.scope, flow)
    elif incident.kind is IncidentKind.EXPRESSION and incident.wait is None:
        is_named = node.index in draft.graph.start_events
        starts = draft.graph.scopes[0].starts
        begin_all(draft, (node,) if is_named else tuple(draft.graph.nodes[i] for i in starts))
