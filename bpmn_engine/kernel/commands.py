"""What the kernel is asked to do; what does not fit the state is rejected, as a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.migration_plan import MigrationPlan
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.values import Variables


@checked_frozen(kw_only=True)
class StartInstance:
    """Start at a start event; `element_id` None is the none start event (or implicit starts).

    Of a start event with several definitions `trigger` says which one occurred, by kind and name.
    """

    variables: Variables = field(default_factory=dict)
    element_id: str | None = None
    business_key: str | None = None
    initiator: str | None = None  #: user id
    has_parent: bool = False
    instance_key: Key | None = None  #: what `execution.processInstanceId` answers
    trigger: WaitKind | None = None  #: what occurred; None: somebody starts it there
    trigger_name: str | None = None  #: of the message or signal
    correlation_keys: tuple[str, ...] = ()  #: of the message that starts it (8.4.2)
    ends_after: tuple[str, ...] = ()  #: element ids; it is terminated after one of them


@checked_frozen(kw_only=True)
class CompleteJob:
    """A worker did the job; that of a user task's listener may deny the change, or correct it."""

    wait: ElementKey
    variables: Variables = field(default_factory=dict)
    is_denied: bool = False
    corrections: Variables = field(default_factory=dict)  #: of the task, by `user_task_changes`
    cost: Mapping[str, int] = field(default_factory=dict)
    """What the work has used, by the names of `views.work.JobCost`; for the journal."""


@checked_frozen(kw_only=True)
class ElementStart:
    """An element of an ad-hoc sub-process that is to begin, with variables of its own."""

    element_id: str
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class CompleteAdHocJob:
    """The worker that leads an ad-hoc sub-process says what begins, or that it is over."""

    wait: ElementKey
    variables: Variables = field(default_factory=dict)
    elements: tuple[ElementStart, ...] = ()
    is_fulfilled: bool = False  #: nothing begins any more; not together with `elements`
    cancels_remaining: bool = False  #: with `is_fulfilled`: what runs is terminated


@checked_frozen(kw_only=True)
class FailJob:
    """The attempts of a job are spent (the store counts them): an incident."""

    wait: ElementKey
    message: str


@checked_frozen(kw_only=True)
class ThrowBpmnError:
    """A job or user task ends with a BPMN error instead of a result."""

    wait: ElementKey
    error_code: str
    message: str | None = None
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class ThrowEscalation:
    """Whoever does a user task escalates; the task ends only if what catches it interrupts."""

    wait: ElementKey
    code: str | None = None
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class CompleteUserTask:
    """A person did the user task."""

    wait: ElementKey
    variables: Variables = field(default_factory=dict)
    task: Variables = field(default_factory=dict)  #: its attributes, where its listeners ask


@checked_frozen(kw_only=True)
class AssignUserTask:
    """Somebody is to have a user task that has listeners; None gives it back."""

    wait: ElementKey
    assignee: str | None = None
    task: Variables = field(default_factory=dict)  #: its attributes, where its listeners ask


@checked_frozen(kw_only=True)
class CorrectUserTask:
    """A user task that has listeners is to have other attributes, by Camunda 8's names.

    With `assignee` among them its assigning listeners are called, else the updating ones.
    """

    wait: ElementKey
    changes: Variables
    task: Variables = field(default_factory=dict)  #: its attributes, where its listeners ask


@checked_frozen(kw_only=True)
class FireTimer:
    """A timer is due."""

    wait: ElementKey


@checked_frozen(kw_only=True)
class GoOn:
    """Move the tokens on that the last step has left on their way."""


@checked_frozen(kw_only=True)
class MoveTimer:
    """A timer is due at another time; later firings of a cycle stay where they are."""

    wait: ElementKey
    due_at: dt.datetime  #: aware, UTC


@checked_frozen(kw_only=True)
class DeliverMessage:
    """A message was correlated to this subscription."""

    wait: ElementKey
    variables: Variables = field(default_factory=dict)
    correlation_keys: tuple[str, ...] = ()  #: that it carries, of the standard (8.4.2)


@checked_frozen(kw_only=True)
class DeliverSignal:
    """A signal was broadcast to this subscription."""

    wait: ElementKey
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class CompleteChild:
    """The called instance ended; `variables` are all of its own."""

    wait: ElementKey
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class FailChild:
    """The called instance ended with a BPMN error; without a code: it is missing or cancelled.

    Without a code it becomes an incident; resolving that calls the process again.
    """

    wait: ElementKey
    message: str
    error_code: str | None = None
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class EscalateChild:
    """The called instance threw an escalation that it does not catch; it has gone on."""

    wait: ElementKey
    code: str | None = None
    variables: Variables = field(default_factory=dict)


@checked_frozen(kw_only=True)
class ActivateElement:
    """Let an element inside an active ad-hoc sub-process begin."""

    element_id: str
    visit: ElementKey | None = None  #: of the sub-process; None is the only one that has it
    variables: Variables = field(default_factory=dict)  #: set in the sub-process
    cancels_remaining: bool = False  #: whether what runs in the sub-process is terminated before


@checked_frozen(kw_only=True)
class CancelVisits:
    """A move: terminate one visit, or all of an element with the tokens that wait before it."""

    element_id: str | None = None
    visit: ElementKey | None = None  #: this one only; one of the two is named


@checked_frozen(kw_only=True)
class StartBefore:
    """A move: let a token arrive at an element. At a join it waits for no other."""

    element_id: str
    inside: ElementKey | None = None
    """Visit of an open scope around the element, 0 for the instance; None is the only one."""
    variables: Variables = field(default_factory=dict)  #: set in the scope the token starts in


@checked_frozen(kw_only=True)
class StartAfter:
    """A move: let tokens leave an element over the flows that it would take now."""

    element_id: str
    inside: ElementKey | None = None  #: as in `StartBefore`
    variables: Variables = field(default_factory=dict)  #: set before conditions are evaluated


Move = CancelVisits | StartBefore | StartAfter


@checked_frozen(kw_only=True)
class ModifyInstance:
    """Change by hand where an active instance is: every move in its order, or none at all."""

    moves: tuple[Move, ...]


@checked_frozen(kw_only=True)
class StartElsewhere:
    """Start where the moves say, as if everything before had happened."""

    moves: tuple[StartBefore | StartAfter, ...]
    variables: Variables = field(default_factory=dict)
    business_key: str | None = None
    instance_key: Key | None = None
    ends_after: tuple[str, ...] = ()  #: element ids; it is terminated after one of them


@checked_frozen(kw_only=True)
class MigrateInstance:
    """Go on by another process definition, as a plan says.

    It needs two process graphs: `bpmn_engine.kernel.migration` does it, not `step`.
    """

    plan: MigrationPlan
    source_key: Key | None = None  #: of the process definition before
    target_key: Key | None = None
    process_id: str | None = None  #: of the target, for the journal, as are the versions
    source_version: int | None = None
    target_version: int | None = None
    migration_key: Key | None = None  #: of the migration of many that it is part of


@checked_frozen(kw_only=True)
class SetVariables:
    """Set variables of a scope, where they are (no propagation), and remove others from it.

    A visit that has no scope of its own gets one: they are its local variables.
    """

    scope: ElementKey
    variables: Variables
    removed: tuple[str, ...] = ()  #: those that are not there stay away


@checked_frozen(kw_only=True)
class ReportIncident:
    """Raise an incident at an open visit by hand; nothing stops."""

    visit: ElementKey
    name: str  #: what sort of incident it is, for whoever reports it
    message: str
    configuration: str | None = None  #: what whoever reports it wants to know again


@checked_frozen(kw_only=True)
class ResolveIncident:
    """Try again what failed: the same phase of the same visit."""

    incident: ElementKey
    retries: int = 1  #: attempts given to the job, when it is about a job


@checked_frozen(kw_only=True)
class CancelInstance:
    """Terminate everything."""

    reason: str | None = None


@checked_frozen(kw_only=True)
class SuspendInstance:
    """Hold the instance: commands that move tokens are rejected until it is resumed."""


@checked_frozen(kw_only=True)
class ResumeInstance:
    """Let a suspended instance go on."""


Command = (
    StartInstance
    | CompleteJob
    | CompleteAdHocJob
    | FailJob
    | ThrowBpmnError
    | ThrowEscalation
    | CompleteUserTask
    | AssignUserTask
    | CorrectUserTask
    | FireTimer
    | GoOn
    | MoveTimer
    | DeliverMessage
    | DeliverSignal
    | CompleteChild
    | FailChild
    | EscalateChild
    | ActivateElement
    | ModifyInstance
    | StartElsewhere
    | MigrateInstance
    | SetVariables
    | ReportIncident
    | ResolveIncident
    | CancelInstance
    | SuspendInstance
    | ResumeInstance
)


class RejectionReason(Enum):
    """Why a command does not fit."""

    NOT_FOUND = "not_found"  #: no such wait, incident, scope or start event (any more)
    WRONG_STATE = "wrong_state"  #: the instance has ended, is suspended, or has started already
    WRONG_KIND = "wrong_kind"  #: the wait is of another kind
    WRONG_VALUE = "wrong_value"  #: a value is not what its item definition says


@checked_frozen(kw_only=True)
class Rejection:
    """The command changed nothing."""

    reason: RejectionReason
    message: str  #: "Expected <this>, but <that>."
