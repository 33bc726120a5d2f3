"""What the outside must now do. The store turns each effect into rows of the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import Incident, WaitKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.model.extensions import FormDefinition
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.values import Variables


@checked_frozen()
class CreateJob:
    """Have a worker do a job."""

    wait: ElementKey
    visit: ElementKey
    node: int
    job_type: str
    retries: int | None  #: attempts; None = the engine's default
    retry_waits: tuple[dt.timedelta, ...]  #: before the 2nd, 3rd … attempt; () = default
    priority: int
    headers: Mapping[str, str]


@checked_frozen(kw_only=True)
class RetryJob:
    """Give a failed job new attempts, at once."""

    wait: ElementKey
    retries: int


@checked_frozen(kw_only=True)
class CreateUserTask:
    """Offer a task to people."""

    wait: ElementKey
    visit: ElementKey
    node: int
    assignee: str | None
    candidate_users: tuple[str, ...]
    candidate_groups: tuple[str, ...]
    due_at: dt.datetime | None
    follow_up_at: dt.datetime | None
    priority: int  #: 0 to 100
    form: FormDefinition | None
    is_by_lane: bool = False  #: the group is a lane's: nobody being in it, anybody may do it


@checked_frozen(kw_only=True)
class ChangeUserTask:
    """Change a user task that is offered, by what its listeners were called for or corrected.

    The names of the changes are those of `kernel.user_task_changes`.
    """

    wait: ElementKey
    changes: Variables
    transition: str | None = None  #: what listeners are called for; None: it is open to people


@checked_frozen(kw_only=True)
class UpdateJob:
    """Have an open job say what its element says now; locks, attempts and its key stay."""

    job: CreateJob


@checked_frozen(kw_only=True)
class UpdateUserTask:
    """Have an open user task say what its element says now; its key and who claimed it stay."""

    task: CreateUserTask


@checked_frozen(kw_only=True)
class ScheduleTimer:
    """Send FireTimer at `due_at` (UTC). A second one for the same wait moves it."""

    wait: ElementKey
    visit: ElementKey
    node: int
    due_at: dt.datetime


@checked_frozen(kw_only=True)
class OpenSubscription:
    """Wait for a message or signal."""

    wait: ElementKey
    visit: ElementKey
    node: int
    kind: WaitKind  #: MESSAGE or SIGNAL
    name: str
    correlation_key: str | None


@checked_frozen(kw_only=True)
class StartChild:
    """Start an instance of another process whose end this one waits for."""

    wait: ElementKey
    visit: ElementKey
    node: int
    process_id: str
    binding: Binding
    binding_value: str | None
    business_key: str | None
    variables: Variables


@checked_frozen()
class CloseWait:
    """The wait is over; remove its row, and cancel what it stands for if `is_withdrawn`."""

    wait: ElementKey
    kind: WaitKind
    is_withdrawn: bool  #: True when it was not answered: interrupted, or lost the race


@checked_frozen(kw_only=True)
class PublishMessage:
    """Correlate a message to another waiting or starting instance.

    With receivers it is sent once along each message flow, to that element only.
    """

    node: int
    name: str
    correlation_key: str | None
    variables: Variables
    correlation_keys: tuple[str, ...] = ()  #: of the standard, each with its value (8.4.2)
    conversation: str | None = None  #: business key of what it starts
    receivers: tuple[Receiver, ...] = ()


@checked_frozen(kw_only=True)
class BroadcastSignal:
    """Deliver a signal to everything that waits for it, and start what starts by it.

    This instance's own waits up to `heard_until` heard it in the step; those opened afterwards,
    on branches that run at the same time, hear it as other instances do.
    """

    node: int
    name: str
    variables: Variables
    heard_until: ElementKey
    business_key: str | None = None  #: of the instances that start by it


@checked_frozen(kw_only=True)
class EscalateToCaller:
    """Tell the calling instance of an escalation that nothing in this one catches."""

    node: int
    code: str | None
    variables: Variables


@checked_frozen(kw_only=True)
class RaiseIncident:
    """Show an incident to operators."""

    incident: Incident


@checked_frozen(kw_only=True)
class ClearIncident:
    """The incident is resolved, or its element instance is gone."""

    incident: ElementKey


@checked_frozen()
class EndInstance:
    """The instance has ended; a calling instance is to be told."""

    status: InstanceStatus  #: COMPLETED, FAILED or TERMINATED
    variables: Variables  #: of the instance's own scope, at the end
    error_code: str | None = None
    message: str | None = None


Effect = (
    CreateJob
    | RetryJob
    | CreateUserTask
    | ChangeUserTask
    | UpdateJob
    | UpdateUserTask
    | ScheduleTimer
    | OpenSubscription
    | StartChild
    | CloseWait
    | PublishMessage
    | BroadcastSignal
    | EscalateToCaller
    | RaiseIncident
    | ClearIncident
    | EndInstance
)
