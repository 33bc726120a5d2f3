"""Counts that can be searched: of instances, subscriptions and incidents."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, case, distinct, func, select

from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.tables import (
    incident,
    process_definition,
    process_instance,
    subscription,
)
from bpmn_engine.views.records import (
    ErrorCount,
    ProcessCount,
    StuckCount,
    SubscriptionCount,
    VersionCount,
)

_DEFINITION: Final = process_definition.c
_INSTANCE: Final = process_instance.c


def _open(*, is_stuck: bool) -> ColumnElement[int]:
    stuck = _INSTANCE.incident_count > 0
    return func.sum(case((stuck if is_stuck else ~stuck, 1), else_=0))


PROCESSES: Final[Searchable[ProcessCount]] = Searchable(
    item=ProcessCount,
    statement=select(
        _INSTANCE.process_id,
        func.max(case((_DEFINITION.is_latest, _DEFINITION.name))).label("name"),
        (func.count(distinct(_INSTANCE.definition_key)) > 1).label("has_versions"),
        _open(is_stuck=True).label("with_incident"),
        _open(is_stuck=False).label("without_incident"),
    )
    .join(process_definition, _DEFINITION.key == _INSTANCE.definition_key)
    .where(_INSTANCE.ended_at.is_(None))
    .group_by(_INSTANCE.process_id),
    key=("process_id",),
)
"""Open instances by process."""

VERSIONS: Final[Searchable[VersionCount]] = Searchable(
    item=VersionCount,
    statement=select(
        _DEFINITION.key,
        _DEFINITION.process_id,
        _DEFINITION.name,
        _DEFINITION.version,
        _open(is_stuck=True).label("with_incident"),
        _open(is_stuck=False).label("without_incident"),
    )
    .join(process_instance, _DEFINITION.key == _INSTANCE.definition_key)
    .where(_INSTANCE.ended_at.is_(None))
    .group_by(_DEFINITION.key, _DEFINITION.process_id, _DEFINITION.name, _DEFINITION.version),
)
"""Open instances by version of a process."""

SUBSCRIPTIONS: Final[Searchable[SubscriptionCount]] = Searchable(
    item=SubscriptionCount,
    statement=select(
        subscription.c.definition_key,
        subscription.c.process_id,
        func.count().label("subscriptions"),
        func.count(distinct(subscription.c.instance_key)).label("instances"),
    )
    .where(subscription.c.kind == WaitKind.MESSAGE.value)
    .group_by(subscription.c.definition_key, subscription.c.process_id),
    key=("definition_key",),
)
"""Messages that are waited for, by process definition."""

ERRORS: Final[Searchable[ErrorCount]] = Searchable(
    item=ErrorCount,
    statement=select(
        incident.c.message,
        func.count(distinct(incident.c.instance_key)).label("instances"),
    )
    .where(incident.c.resolved_at.is_(None))
    .group_by(incident.c.message),
    key=("message",),
)
"""Instances that are stuck, by message."""

STUCK: Final[Searchable[StuckCount]] = Searchable(
    item=StuckCount,
    statement=select(
        incident.c.message,
        incident.c.definition_key,
        incident.c.process_id,
        _DEFINITION.name,
        _DEFINITION.version,
        func.count(distinct(incident.c.instance_key)).label("instances"),
    )
    .join(process_definition, _DEFINITION.key == incident.c.definition_key)
    .where(incident.c.resolved_at.is_(None))
    .group_by(
        incident.c.message,
        incident.c.definition_key,
        incident.c.process_id,
        _DEFINITION.name,
        _DEFINITION.version,
    ),
    key=("definition_key", "message"),
)
"""Instances that are stuck, by message and process definition."""
