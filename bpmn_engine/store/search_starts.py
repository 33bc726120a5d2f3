"""Searches over what stands beside instances: start events that wait, files that were deployed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import String, func, literal, null, select, type_coerce

from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText
from bpmn_engine.store.search_instances import computed_key
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.tables import deployment, process_definition, resource, start_subscription
from bpmn_engine.views.records import SubscriptionRecord
from bpmn_engine.views.wait_records import DeployedRecord

_START: Final = start_subscription.c
_DEFINITION: Final = process_definition.c

STARTS: Final[Searchable[SubscriptionRecord]] = Searchable(
    item=SubscriptionRecord,
    statement=select(
        computed_key(
            _START.definition_key,
            func.row_number().over(
                partition_by=_START.definition_key, order_by=(_START.element_id, _START.name)
            ),
        ).label("key"),
        type_coerce(null(), BIG_KEY).label("instance_key"),
        type_coerce(null(), BIG_KEY).label("root_key"),
        type_coerce(null(), BIG_KEY).label("wait"),
        type_coerce(null(), BIG_KEY).label("element_key"),
        _START.element_id,
        _START.process_id,
        _DEFINITION.name.label("process_name"),
        _START.definition_key,
        _DEFINITION.version,
        type_coerce(null(), IndexedText).label("business_key"),
        _START.name.label("message_name"),
        type_coerce(null(), FreeText).label("correlation_key"),
        deployment.c.deployed_at.label("created_at"),
        literal("CREATED", String).label("state"),
        literal("START_EVENT", String).label("type"),
    )
    .join(process_definition, _DEFINITION.key == _START.definition_key)
    .join(deployment, deployment.c.key == _DEFINITION.deployment_key)
    .where(_START.kind == WaitKind.MESSAGE.value),
)
"""Messages that begin an instance of the latest version of a process."""

DEPLOYED: Final[Searchable[DeployedRecord]] = Searchable(
    item=DeployedRecord,
    statement=select(
        resource.c.key,
        resource.c.name,
        resource.c.deployment_key,
        deployment.c.deployed_at.label("at"),
        deployment.c.deployed_by.label("actor"),
        literal("CREATE", String).label("operation"),
        literal("RESOURCE", String).label("entity"),
        literal("DEPLOYED_RESOURCES", String).label("category"),
        type_coerce(null(), BIG_KEY).label("instance_key"),
        type_coerce(null(), BIG_KEY).label("definition_key"),
        type_coerce(null(), IndexedText).label("process_id"),
        type_coerce(null(), BIG_KEY).label("task_key"),
        type_coerce(null(), BIG_KEY).label("job_key"),
    ).join(deployment, deployment.c.key == resource.c.deployment_key),
    newest_first=True,
)
"""Who deployed which file, as entries of an audit log."""
