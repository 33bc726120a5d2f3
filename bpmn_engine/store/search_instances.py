"""Searches over process instances and their element instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    String,
    Subquery,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import SuspendInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.columns import BIG_KEY, IndexedText, UtcDateTime
from bpmn_engine.store.instance_tags import has_tag
from bpmn_engine.store.searching import Searchable, exists_where
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    batch_operation_item,
    element_visit,
    incident,
    job,
    journal,
    open_visit,
    process_definition,
    process_instance,
)
from bpmn_engine.views.element_keys import FACTOR, SPAN, millisecond_of
from bpmn_engine.views.records import ElementRecord, InstanceRecord
from bpmn_engine.views.searching import Condition

_INSTANCE: Final = process_instance.c


def computed_key(instance_key: ColumnElement[Any], number: ColumnElement[Any]) -> Any:  # noqa: ANN401 -- a column of a computed type
    """Return `views.element_keys.element_key` as SQL."""
    low = (instance_key + cast(number, BigInteger) * FACTOR) % SPAN
    return type_coerce(instance_key - instance_key % SPAN + low, BIG_KEY)


def instance_state() -> ColumnElement[str]:
    """Return the state of an instance in the words of the search."""
    status = _INSTANCE.status
    return case(
        (status.in_((InstanceStatus.ACTIVE.value, InstanceStatus.CREATED.value)), "ACTIVE"),
        (status == InstanceStatus.SUSPENDED.value, "SUSPENDED"),
        (status == InstanceStatus.COMPLETED.value, "COMPLETED"),
        else_="TERMINATED",
    )


def _suspended_at() -> ColumnElement[Any]:
    last = (
        select(func.max(journal.c.at))
        .where(
            journal.c.instance_key == _INSTANCE.key,
            journal.c.action == SuspendInstance.__name__,
        )
        .correlate(process_instance)
        .scalar_subquery()
    )
    is_suspended = _INSTANCE.status == InstanceStatus.SUSPENDED.value
    return type_coerce(case((is_suspended, last), else_=null()), UtcDateTime)


def _of_message(view: Subquery, condition: Condition) -> ColumnElement[bool]:
    is_open = incident.c.resolved_at.is_(None) & (incident.c.instance_key == view.c.key)
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return select(incident.c.key).where(is_open, incident.c.message.in_(values)).exists()


def _at_element(view: Subquery, conditions: Sequence[Condition]) -> ColumnElement[bool]:
    """Whether an instance has a visit, open or ended, that meets all of the conditions."""
    is_open = select(open_visit.c.visit).where(open_visit.c.instance_key == view.c.key)
    has_ended = select(element_visit.c.visit).where(element_visit.c.instance_key == view.c.key)
    for one in conditions:
        values = one.value if isinstance(one.value, tuple) else (one.value,)
        match one.field:
            case "element_id":
                is_open = is_open.where(open_visit.c.element_id.in_(values))
                has_ended = has_ended.where(element_visit.c.element_id.in_(values))
            case "element_state":
                is_open = is_open.where(literal("ACTIVE").in_(values))
                has_ended = has_ended.where(_ended_state().in_(values))
            case _:
                is_open = is_open.where(exists_where(one, _is_stuck()))
                has_ended = has_ended.where(exists_where(one, false()))
    return is_open.exists() | has_ended.exists()


def _ended_state() -> ColumnElement[str]:
    is_completed = element_visit.c.state == literal("completed")
    return case((is_completed, "COMPLETED"), else_="TERMINATED")


def _is_stuck() -> ColumnElement[bool]:
    return (
        select(incident.c.key)
        .where(
            incident.c.instance_key == open_visit.c.instance_key,
            incident.c.visit == open_visit.c.visit,
            incident.c.resolved_at.is_(None),
        )
        .exists()
    )


def _with_retries(view: Subquery, condition: Condition) -> ColumnElement[bool]:
    failed = (
        select(job.c.key)
        .where(
            job.c.instance_key == view.c.key,
            job.c.last_failure.is_not(None),
            job.c.retries_left > 0,
            job.c.state != literal("failed"),
        )
        .exists()
    )
    return exists_where(condition, failed)


def _in_batch(view: Subquery, condition: Condition) -> ColumnElement[bool]:
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    keys = [int(str(value)) for value in values]
    return (
        select(batch_operation_item.c.instance_key)
        .where(
            batch_operation_item.c.instance_key == view.c.key,
            batch_operation_item.c.batch_key.in_(keys),
        )
        .exists()
    )


INSTANCES: Final[Searchable[InstanceRecord]] = Searchable(
    item=InstanceRecord,
    statement=select(
        _INSTANCE.key,
        _INSTANCE.definition_key,
        _INSTANCE.process_id,
        process_definition.c.name.label("process_name"),
        process_definition.c.version,
        process_definition.c.version_tag,
        _INSTANCE.business_key,
        instance_state().label("state"),
        (_INSTANCE.incident_count > 0).label("has_incident"),
        _INSTANCE.started_at,
        _INSTANCE.ended_at,
        _suspended_at().label("suspended_at"),
        _INSTANCE.parent_key,
        _INSTANCE.parent_wait,
        _INSTANCE.root_key,
    ).join(process_definition, process_definition.c.key == _INSTANCE.definition_key),
    special={
        "message": _of_message,
        "has_retries_left": _with_retries,
        "batch_key": _in_batch,
        "tag": lambda view, condition: has_tag(view.c.key, str(condition.value)),
    },
    together=frozenset({"element_id", "element_state", "element_incident"}),
    related=_at_element,
)
"""Process instances."""


def _visits() -> Any:  # noqa: ANN401 -- a compound select
    is_failed = incident.c.resolved_at.is_(None)
    return union_all(
        select(
            open_visit.c.instance_key,
            open_visit.c.visit,
            open_visit.c.element_id,
            open_visit.c.is_loop_body,
            literal("ACTIVE", String).label("state"),
            open_visit.c.entered_at.label("started_at"),
            type_coerce(null(), UtcDateTime).label("ended_at"),
            type_coerce(
                select(func.min(incident.c.key))
                .where(
                    incident.c.instance_key == open_visit.c.instance_key,
                    incident.c.visit == open_visit.c.visit,
                    is_failed,
                )
                .correlate(open_visit)
                .scalar_subquery(),
                BIG_KEY,
            ).label("incident_key"),
        ),
        select(
            element_visit.c.instance_key,
            element_visit.c.visit,
            element_visit.c.element_id,
            element_visit.c.is_loop_body,
            case((element_visit.c.state == literal("completed"), "COMPLETED"), else_="TERMINATED"),
            element_visit.c.entered_at,
            element_visit.c.ended_at,
            cast(null(), BigInteger),
        ),
        select(
            _INSTANCE.key,
            literal(0, Integer),
            type_coerce(_INSTANCE.process_id, IndexedText),
            literal(False, Boolean),  # noqa: FBT003 -- a value of a column
            case((instance_state() == "SUSPENDED", "ACTIVE"), else_=instance_state()),
            _INSTANCE.started_at,
            _INSTANCE.ended_at,
            cast(null(), BigInteger),
        ),
    ).subquery()


def _elements() -> Any:  # noqa: ANN401 -- a select over a compound one
    visits = _visits()
    return select(
        computed_key(visits.c.instance_key, visits.c.visit).label("key"),
        visits.c.instance_key,
        visits.c.visit,
        _INSTANCE.root_key,
        _INSTANCE.definition_key,
        _INSTANCE.process_id,
        visits.c.element_id,
        visits.c.is_loop_body,
        visits.c.state,
        visits.c.started_at,
        visits.c.ended_at,
        visits.c.incident_key,
        visits.c.incident_key.is_not(None).label("has_incident"),
    ).join(process_instance, process_instance.c.key == visits.c.instance_key)


ELEMENTS: Final[Searchable[ElementRecord]] = Searchable(
    item=ElementRecord,
    statement=_elements(),
    key=("instance_key", "visit"),
    within={"key": "instance_key"},
)
"""Element instances; without kind and name, which only the compiled process knows."""


def keys_of_millisecond(session: Session, key: int, limit: int) -> list[Key]:
    """Return the instances that a computed key may be of: those of its millisecond."""
    found = session.scalars(
        select(_INSTANCE.key)
        .where(_INSTANCE.key.between(*millisecond_of(key)))
        .order_by(_INSTANCE.key)
        .limit(limit)
    )
    return [Key(one) for one in found]
