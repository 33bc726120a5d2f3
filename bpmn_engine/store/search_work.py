"""Searches over work: jobs, user tasks, incidents, subscriptions, the journal."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Text,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)

from bpmn_engine.kernel.state import IncidentKind, WaitKind
from bpmn_engine.store.instance_tags import has_tag
from bpmn_engine.store.queries_tasks import visible_to
from bpmn_engine.store.search_instances import computed_key
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.tables import (
    GROUP,
    LANE,
    USER,
    incident,
    job,
    journal,
    process_definition,
    process_instance,
    subscription,
    user_task,
    user_task_candidate,
)
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.records import (
    IncidentRecord,
    JobRecord,
    JournalRecord,
    SubscriptionRecord,
    TaskRecord,
)
from bpmn_engine.views.searching import Comparison, Condition
from bpmn_engine.views.work import JobState, TaskState

_JOB: Final = job.c
_TASK: Final = user_task.c
_INCIDENT: Final = incident.c
_SUBSCRIPTION: Final = subscription.c
_JOURNAL: Final = journal.c
_ROOT: Final = process_instance.c.root_key

_HAS_FAILED: Final = (_JOB.state == JobState.FAILED.value) | (
    _JOB.last_failure.is_not(None) & (_JOB.state == JobState.CREATED.value)
)

JOBS: Final[Searchable[JobRecord]] = Searchable(
    item=JobRecord,
    statement=select(
        _JOB.key,
        _JOB.instance_key,
        _ROOT,
        _JOB.visit,
        _JOB.wait,
        computed_key(_JOB.instance_key, _JOB.visit).label("element_key"),
        _JOB.element_id,
        _JOB.process_id,
        _JOB.definition_key,
        _JOB.business_key,
        _JOB.job_type,
        _JOB.locked_by.label("worker"),
        case((_HAS_FAILED, "FAILED"), else_="CREATED").label("state"),
        _JOB.retries_left.label("retries"),
        (
            _JOB.last_failure.is_not(None)
            & (_JOB.state != JobState.FAILED.value)
            & (_JOB.retries_left > 0)
        ).label("has_failed_with_retries_left"),
        _JOB.last_failure.label("error_message"),
        _JOB.locked_until.label("deadline"),
        _JOB.priority,
        _JOB.created_at,
        _JOB.headers,
    ).join(process_instance, process_instance.c.key == _JOB.instance_key),
    within={"element_key": "instance_key"},
)
"""Jobs that are open; those that have ended are gone."""


def _offered(view: Subquery, condition: Condition, kinds: tuple[str, ...]) -> ColumnElement[bool]:
    candidate = user_task_candidate.c
    offered = select(candidate.task_key).where(
        candidate.task_key == view.c.key, candidate.kind.in_(kinds)
    )
    value: Any = condition.value  # texts, as the caller has read them
    match condition.comparison:
        case Comparison.IN:
            return offered.where(candidate.candidate.in_(value)).exists() if value else false()
        case Comparison.EXISTS:
            return offered.exists() if value else ~offered.exists()
        case Comparison.NOT_EQUAL:
            return ~offered.where(candidate.candidate == value).exists()
        case _:
            return offered.where(candidate.candidate == value).exists()


def _offered_to_group(view: Subquery, condition: Condition) -> ColumnElement[bool]:
    return _offered(view, condition, (GROUP, LANE))


def _offered_to_user(view: Subquery, condition: Condition) -> ColumnElement[bool]:
    return _offered(view, condition, (USER,))


TASKS: Final[Searchable[TaskRecord]] = Searchable(
    item=TaskRecord,
    statement=select(
        _TASK.key,
        _TASK.instance_key,
        _ROOT,
        _TASK.visit,
        _TASK.wait,
        computed_key(_TASK.instance_key, _TASK.visit).label("element_key"),
        _TASK.element_id,
        _TASK.name,
        _TASK.process_id,
        process_definition.c.name.label("process_name"),
        _TASK.definition_key,
        process_definition.c.version,
        _TASK.business_key,
        case(
            (_TASK.state == TaskState.WITHDRAWN.value, "CANCELED"),
            else_=func.upper(_TASK.state),
        ).label("state"),
        _TASK.assignee,
        _TASK.candidate_users,
        _TASK.candidate_groups,
        _TASK.priority,
        _TASK.created_at,
        _TASK.ended_at,
        _TASK.due_at,
        _TASK.follow_up_at,
    )
    .join(process_instance, process_instance.c.key == _TASK.instance_key)
    .join(process_definition, process_definition.c.key == _TASK.definition_key),
    within={"element_key": "instance_key"},
    special={
        "candidate_group": _offered_to_group,
        "candidate_user": _offered_to_user,
        "tag": lambda view, condition: has_tag(view.c.instance_key, str(condition.value)),
    },
)
"""User tasks, open and ended, whoever may see them."""

_ERROR_TYPES: Final = {
    IncidentKind.JOB: "JOB_NO_RETRIES",
    IncidentKind.UNCAUGHT_ERROR: "UNHANDLED_ERROR_EVENT",
    IncidentKind.CALL: "CALLED_ELEMENT_ERROR",
    IncidentKind.EXPRESSION: "EXTRACT_VALUE_ERROR",
    IncidentKind.NO_FLOW: "CONDITION_ERROR",
    IncidentKind.DATA: "IO_MAPPING_ERROR",
}
"""Why a person is needed -> in Camunda's words; others are UNKNOWN."""


def _called_from(view: Subquery, condition: Condition) -> ColumnElement[bool]:
    """Whether an incident is of an instance, or of one that it has called."""
    called = (
        select(process_instance.c.key)
        .where(process_instance.c.key == condition.value)
        .cte("called", recursive=True)
    )
    called = called.union_all(
        select(process_instance.c.key).join(called, process_instance.c.parent_key == called.c.key)
    )
    return view.c.instance_key.in_(select(called.c.key))


INCIDENTS: Final[Searchable[IncidentRecord]] = Searchable(
    item=IncidentRecord,
    statement=select(
        _INCIDENT.key,
        _INCIDENT.instance_key,
        _ROOT,
        _INCIDENT.visit,
        computed_key(_INCIDENT.instance_key, func.coalesce(_INCIDENT.visit, 0)).label(
            "element_key"
        ),
        _INCIDENT.element_id,
        _INCIDENT.process_id,
        _INCIDENT.definition_key,
        case(
            *((_INCIDENT.kind == kind.value, word) for kind, word in _ERROR_TYPES.items()),
            else_="UNKNOWN",
        ).label("error_type"),
        _INCIDENT.message,
        case((_INCIDENT.resolved_at.is_(None), "ACTIVE"), else_="RESOLVED").label("state"),
        _INCIDENT.created_at,
        _INCIDENT.job_key,
    ).join(process_instance, process_instance.c.key == _INCIDENT.instance_key),
    within={"element_key": "instance_key"},
    special={"called_from": _called_from},
)
"""Incidents, open and resolved."""

SUBSCRIPTIONS: Final[Searchable[SubscriptionRecord]] = Searchable(
    item=SubscriptionRecord,
    statement=select(
        computed_key(_SUBSCRIPTION.instance_key, _SUBSCRIPTION.wait).label("key"),
        _SUBSCRIPTION.instance_key,
        _ROOT,
        _SUBSCRIPTION.wait,
        computed_key(_SUBSCRIPTION.instance_key, _SUBSCRIPTION.visit).label("element_key"),
        _SUBSCRIPTION.element_id,
        _SUBSCRIPTION.process_id,
        process_definition.c.name.label("process_name"),
        _SUBSCRIPTION.definition_key,
        process_definition.c.version,
        _SUBSCRIPTION.business_key,
        _SUBSCRIPTION.name.label("message_name"),
        _SUBSCRIPTION.correlation_key,
        _SUBSCRIPTION.created_at,
        literal("CREATED").label("state"),
        literal("PROCESS_EVENT").label("type"),
    )
    .join(process_instance, process_instance.c.key == _SUBSCRIPTION.instance_key)
    .join(process_definition, process_definition.c.key == _SUBSCRIPTION.definition_key)
    .where(_SUBSCRIPTION.kind == WaitKind.MESSAGE.value),
    key=("instance_key", "wait"),
    within={"key": "instance_key", "element_key": "instance_key"},
)
"""Messages that instances wait for now."""

_OPERATIONS: Final = {
    "StartInstance": ("CREATE", "PROCESS_INSTANCE"),
    "StartElsewhere": ("CREATE", "PROCESS_INSTANCE"),
    "RestartInstance": ("CREATE", "PROCESS_INSTANCE"),
    "CancelInstance": ("CANCEL", "PROCESS_INSTANCE"),
    "ModifyInstance": ("MODIFY", "PROCESS_INSTANCE"),
    "ActivateElement": ("MODIFY", "PROCESS_INSTANCE"),
    "MigrateInstance": ("MIGRATE", "PROCESS_INSTANCE"),
    "SuspendInstance": ("SUSPEND", "PROCESS_INSTANCE"),
    "ResumeInstance": ("RESUME", "PROCESS_INSTANCE"),
    "SetVariables": ("UPDATE", "VARIABLE"),
    "ResolveIncident": ("RESOLVE", "INCIDENT"),
    "ClaimUserTask": ("ASSIGN", "USER_TASK"),
    "AssignUserTask": ("ASSIGN", "USER_TASK"),
    "UnclaimUserTask": ("UNASSIGN", "USER_TASK"),
    "UpdateUserTask": ("UPDATE", "USER_TASK"),
    "CorrectUserTask": ("UPDATE", "USER_TASK"),
    "CompleteUserTask": ("COMPLETE", "USER_TASK"),
    "CompleteJob": ("COMPLETE", "JOB"),
    "CompleteAdHocJob": ("COMPLETE", "JOB"),
    "FailJob": ("UPDATE", "JOB"),
    "FailJobAttempt": ("UPDATE", "JOB"),
}
"""Action of the journal -> operation and entity of an audit log; others are no entries of one."""


_IS_GIVEN_BACK: Final = (_JOURNAL.action == "AssignUserTask") & type_coerce(
    _JOURNAL.detail, Text
).like('%"assignee":null%')


def _word(place: int, other: str) -> ColumnElement[str]:
    words = [(_JOURNAL.action == action, each[place]) for action, each in _OPERATIONS.items()]
    return case(*words, else_=other)


def _key_of(table: Any) -> ColumnElement[Any]:  # noqa: ANN401 -- the table of jobs or of tasks
    return (
        select(table.c.key)
        .where(table.c.instance_key == _JOURNAL.instance_key, table.c.wait == _JOURNAL.wait)
        .correlate(journal)
        .scalar_subquery()
    )


JOURNAL: Final[Searchable[JournalRecord]] = Searchable(
    item=JournalRecord,
    statement=select(
        computed_key(_JOURNAL.instance_key, _JOURNAL.sequence).label("key"),
        _JOURNAL.instance_key,
        _ROOT,
        _JOURNAL.sequence,
        _JOURNAL.at,
        _JOURNAL.actor,
        _JOURNAL.action,
        case((_IS_GIVEN_BACK, "UNASSIGN"), else_=_word(0, "UNKNOWN")).label("operation"),
        _word(1, "PROCESS_INSTANCE").label("entity"),
        case((_word(1, "") == "USER_TASK", "USER_TASKS"), else_="DEPLOYED_RESOURCES").label(
            "category"
        ),
        _JOURNAL.element_id,
        _key_of(user_task).label("task_key"),
        _key_of(job).label("job_key"),
        process_instance.c.process_id,
        process_instance.c.definition_key,
    )
    .join(process_instance, process_instance.c.key == _JOURNAL.instance_key)
    .where(_JOURNAL.action.in_(sorted(_OPERATIONS))),
    key=("instance_key", "sequence"),
    newest_first=True,
    within={"key": "instance_key"},
)
"""What was done to instances, by people and by programs."""


def seen_by(caller: Caller, key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a person may see the user task with a key, or has done it."""
    if caller.sees_all:
        return true()
    is_seen = or_(visible_to(caller), _TASK.completed_by == caller.user_id)
    return key.in_(select(_TASK.key).where(is_seen))
