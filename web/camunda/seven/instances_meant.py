"""Which open process instances a request about many means: by their ids, a query, or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marshmallow import fields

from bpmn_engine.service.listing import INSTANCES
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import InstanceRecord
from web.camunda.bodies import Body
from web.camunda.seven.ids import key_or_none, refuse
from web.camunda.seven.process_instances import matching_instances
from web.camunda.seven.queries import members, names_of
from web.context import service

MOST: Final = 1_000
"""Instances that one request may change, since it waits for all of them."""


class InstancesBody(Body):
    """Instances by id and by query."""

    process_instance_ids = fields.List(fields.String(), load_default=None, allow_none=True)
    process_instance_query = fields.Raw(load_default=None, allow_none=True)
    historic_process_instance_query = fields.Raw(load_default=None, allow_none=True)


def instances_meant(
    body: Mapping[str, JsonValue], *, most: int = MOST, ids: str = "process_instance_ids"
) -> tuple[InstanceRecord, ...]:
    """Return the open instances that a body names or finds, oldest first.

    Raises:
        ProblemError: it means none, or too many, or one that is not open (400).
    """
    if body["historic_process_instance_query"] is not None:
        raise refuse(
            "Expected processInstanceIds or a processInstanceQuery, and no "
            "historicProcessInstanceQuery: only open instances can be changed."
        )
    given = body[ids]
    found: dict[int, InstanceRecord] = {}
    if given is not None:
        found |= _named(names_of(ids, given))
    query = body["process_instance_query"]
    if query is not None:
        wanted = members(query, "processInstanceQuery")
        found |= {each.key: each for each in matching_instances(wanted)}
    if not found:
        raise refuse("processInstanceIds is empty")
    if len(found) > most:
        raise refuse(
            f"Expected at most {most} process instances, but {len(found)} are meant: the request "
            "would wait too long. Send several."
        )
    return tuple(found[key] for key in sorted(found))


def _named(ids: tuple[str, ...]) -> dict[int, InstanceRecord]:
    keys = tuple(key_or_none(each) or 0 for each in ids)
    wanted = Condition(field="key", comparison=Comparison.ANY_OF, value=keys)
    found = {each.key: each for each in service().listed(INSTANCES, Listing(conditions=(wanted,)))}
    missing = [text for text, key in zip(ids, keys, strict=True) if key not in found]
    if missing:
        raise refuse(f"Process instance with id {missing[0]} does not exist")
    return found
