"""What is done to one instance or to many: migrations, modifications, and batch operations.

An operation on many is written down first. What is left of it after `AT_ONCE` instances is done
by the workers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.ids import ElementKey
from bpmn_engine.service.searches import (
    BatchItemRecord,
    BatchRecord,
    BatchType,
    Condition,
    Search,
)
from bpmn_engine.service.views import CancelVisits, Move, StartBefore
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, object_or_empty, read_body
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.eight.elements import element_of
from web.camunda.eight.error_hashes import with_messages
from web.camunda.eight.filters import Filter, Filters, key, moment
from web.camunda.eight.instances import INSTANCE_FILTERS
from web.camunda.eight.searches import answer_found, read_criteria, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION, definition_key
from web.context import principal, service
from web.errors import ProblemError

AT_ONCE: Final = 100
"""Instances that an operation changes before it is answered."""

_BATCHES: Final[Filters] = {
    "batchOperationKey": key("key"),
    "operationType": Filter("type"),
    "state": Filter("state"),
    "actorId": Filter("created_by"),
    "startDate": moment("created_at"),
    "endDate": moment("ended_at"),
}
_ITEMS: Final[Filters] = {
    "batchOperationKey": key("batch_key"),
    "itemKey": key("instance_key"),
    "processInstanceKey": key("instance_key"),
    "state": Filter("state"),
    "operationType": Filter("type"),
    "processedDate": moment("ended_at"),
}


class BatchBody(Body):
    """Which instances."""

    filter = fields.Raw(required=True)


class MigrationBody(Body):
    """To which definition, and what becomes what."""

    target_process_definition_key = fields.Raw(required=True)
    mapping_instructions = fields.List(fields.Raw(), required=True)


class BatchMigrationBody(BatchBody):
    """Which instances, and how."""

    migration_plan = fields.Nested(MigrationBody, required=True)


class ModificationBody(Body):
    """What starts, moves and ends."""

    activate_instructions = fields.List(fields.Raw(), load_default=list, allow_none=True)
    move_instructions = fields.List(fields.Raw(), load_default=list, allow_none=True)
    terminate_instructions = fields.List(fields.Raw(), load_default=list, allow_none=True)


class BatchModificationBody(BatchBody):
    """Which instances, and what moves."""

    move_instructions = fields.List(fields.Raw(), required=True)


@ORCHESTRATION.post("/process-instances/<key:key>/migration")
def migrate_instance(key: int) -> Response:
    """Let an instance go on by another process definition."""
    detail = _plan(read_body(MigrationBody))
    return done(
        service().change_instance(BatchType.MIGRATE, key, detail, actor=principal().user_id)
    )


@ORCHESTRATION.post("/process-instances/<key:key>/modification")
@partly(
    "ancestors are named by their key or found where there is one only; variables are set in the "
    "scope that the token starts in, or in the instance when scopeId is the process"
)
def modify_instance(key: int) -> Response:
    """Start tokens, move them and end visits, all or nothing."""
    body = read_body(ModificationBody)
    starts = _objects(body["activate_instructions"], "activateInstructions")
    moves: list[Move] = [_activation(key, one) for one in starts]
    for one in _objects(body["move_instructions"], "moveInstructions"):
        moves += _moved(key, one)
    ends = _objects(body["terminate_instructions"], "terminateInstructions")
    moves += [_termination(key, one) for one in ends]
    unless_problem(service().modify_instance(key, moves, reason=None, actor=principal().user_id))
    return no_content()


@ORCHESTRATION.post("/process-instances/<key:key>/incident-resolution")
def resolve_of_instance(key: int) -> Response:
    """Try again everything at which an instance is stuck: an operation on one."""
    return _started(BatchType.RESOLVE_INCIDENTS, {"processInstanceKey": str(key)}, {})


@ORCHESTRATION.post("/process-instances/cancellation")
def cancel_many() -> Response:
    """End instances that match."""
    return _started(BatchType.CANCEL, read_body(BatchBody)["filter"], {})


@ORCHESTRATION.post("/process-instances/incident-resolution")
def resolve_many() -> Response:
    """Try again what instances that match are stuck at."""
    return _started(BatchType.RESOLVE_INCIDENTS, read_body(BatchBody)["filter"], {})


@ORCHESTRATION.post("/process-instances/deletion")
def delete_many() -> Response:
    """Delete instances that match and have ended."""
    return _started(BatchType.DELETE, read_body(BatchBody)["filter"], {})


@ORCHESTRATION.post("/process-instances/suspension")
def suspend_many() -> Response:
    """Hold instances that match."""
    return _started(BatchType.SUSPEND, read_body(BatchBody)["filter"], {})


@ORCHESTRATION.post("/process-instances/resumption")
def resume_many() -> Response:
    """Let instances that match go on."""
    return _started(BatchType.RESUME, read_body(BatchBody)["filter"], {})


@ORCHESTRATION.post("/process-instances/migration")
def migrate_many() -> Response:
    """Let instances that match go on by another process definition."""
    body = read_body(BatchMigrationBody)
    plan = object_or_empty(body["migration_plan"], "migrationPlan")
    return _started(BatchType.MIGRATE, body["filter"], _plan(plan))


@ORCHESTRATION.post("/process-instances/modification")
def modify_many() -> Response:
    """Move the tokens of instances that match."""
    body = read_body(BatchModificationBody)
    moves: list[JsonValue] = []
    for one in _objects(body["move_instructions"], "moveInstructions"):
        source, target = one.get("sourceElementId"), one.get("targetElementId")
        if not isinstance(source, str) or not isinstance(target, str):
            refuse("Expected sourceElementId and targetElementId in each of moveInstructions.")
        moves.append({"source": source, "target": target})
    return _started(BatchType.MODIFY, body["filter"], {"moves": moves})


@ORCHESTRATION.post("/batch-operations/search")
def search_batches() -> Response:
    """Return operations on many instances, newest first."""
    return answer_found(service().search_batches(read_search(_BATCHES)), _batch)


@ORCHESTRATION.get("/batch-operations/<key:key>")
def get_batch(key: int) -> Response:
    """Return one operation, and how far it has come."""
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_batches(search)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the batch operation {key}, but there is none."
        )
    return answer(_batch(found[0]))


@ORCHESTRATION.post("/batch-operation-items/search")
def search_items() -> Response:
    """Return the instances of operations, and what became of each."""
    return answer_found(service().search_batch_items(read_search(_ITEMS)), _item)


@ORCHESTRATION.post("/batch-operations/<key:key>/cancellation")
def cancel_batch(key: int) -> Response:
    """End an operation; what it has done stays done."""
    return done(service().cancel_batch(key))


@ORCHESTRATION.post("/batch-operations/<key:key>/suspension")
def suspend_batch(key: int) -> Response:
    """Hold an operation."""
    return done(service().suspend_batch(key))


@ORCHESTRATION.post("/batch-operations/<key:key>/resumption")
def resume_batch(key: int) -> Response:
    """Let an operation go on."""
    return done(service().resume_batch(key))


def _started(kind: BatchType, given: JsonValue, detail: Mapping[str, JsonValue]) -> Response:
    criteria = with_messages(read_criteria(given, INSTANCE_FILTERS))
    if not criteria:
        refuse("Expected a filter that says which instances: an empty one would mean all.")
    batch = unless_problem(
        service().start_batch(kind, criteria, detail, actor=principal().user_id)
    )
    service().advance_batch(batch, AT_ONCE)
    return answer({"batchOperationKey": str(batch), "batchOperationType": kind.value})


def _plan(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    target = definition_key(
        body.get("target_process_definition_key", body.get("targetProcessDefinitionKey"))
    )
    if target is None:
        refuse("Expected a targetProcessDefinitionKey.")
    mappings: list[JsonValue] = []
    given = body.get("mapping_instructions", body.get("mappingInstructions"))
    for one in _objects(given, "mappingInstructions"):
        source, becomes = one.get("sourceElementId"), one.get("targetElementId")
        if not isinstance(source, str) or not isinstance(becomes, str):
            refuse("Expected sourceElementId and targetElementId in each of mappingInstructions.")
        mappings.append({"source": source, "target": becomes})
    return {"target_key": target, "mappings": mappings}


def _activation(instance_key: int, one: Mapping[str, JsonValue]) -> StartBefore:
    element_id = one.get("elementId")
    if not isinstance(element_id, str):
        refuse("Expected an elementId in each of activateInstructions.")
    ancestor = one.get("ancestorElementInstanceKey")
    inside = None if ancestor in {None, "-1", -1} else _visit(instance_key, ancestor)
    return StartBefore(element_id=element_id, inside=inside, variables=_variables(one, element_id))


def _moved(instance_key: int, one: Mapping[str, JsonValue]) -> list[Move]:
    source = one.get("sourceElementInstruction")
    target = one.get("targetElementId")
    if not isinstance(source, Mapping) or not isinstance(target, str):
        refuse(
            "Expected sourceElementInstruction and targetElementId in each of moveInstructions."
        )
    start = StartBefore(element_id=target, variables=_variables(one, target))
    if source.get("sourceElementInstanceKey") is not None:
        visit = _visit(instance_key, source["sourceElementInstanceKey"])
        return [CancelVisits(visit=visit), start]
    element_id = source.get("sourceElementId")
    if not isinstance(element_id, str):
        refuse("Expected sourceElementId or sourceElementInstanceKey of what moves.")
    view = unless_problem(service().instance(instance_key))
    count = sum(visit.element_id == element_id for visit in view.open_visits)
    if not count:
        refuse(f"Expected the process instance {instance_key} to be at {element_id}.")
    return [CancelVisits(element_id=element_id), *([start] * count)]


def _termination(instance_key: int, one: Mapping[str, JsonValue]) -> CancelVisits:
    if one.get("elementInstanceKey") is not None:
        return CancelVisits(visit=_visit(instance_key, one["elementInstanceKey"]))
    element_id = one.get("elementId")
    if not isinstance(element_id, str):
        refuse("Expected elementInstanceKey or elementId in each of terminateInstructions.")
    return CancelVisits(element_id=element_id)


def _variables(one: Mapping[str, JsonValue], element_id: str) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for each in _objects(one.get("variableInstructions"), "variableInstructions"):
        scope = each.get("scopeId")
        if scope not in {None, ""} and scope == element_id:
            refuse(
                f"Expected no scopeId {element_id}: variables of an element that is about to "
                "start are those of its input mappings."
            )
        found |= object_or_empty(each.get("variables"), "variableInstructions.variables")
    return found


def _visit(instance_key: int, given: JsonValue) -> ElementKey:
    wanted = definition_key(given)
    record = element_of(wanted or 0)
    if record.instance_key != instance_key:
        refuse(f"Expected an element instance of {instance_key}, but {given} is of another.")
    return ElementKey(record.visit)


def _objects(given: JsonValue, name: str) -> list[Mapping[str, JsonValue]]:
    if given is None:
        return []
    if not isinstance(given, Sequence) or isinstance(given, str):
        refuse(f"Expected a list for {name}.")
    objects: list[Mapping[str, JsonValue]] = []
    for one in given:
        if not isinstance(one, Mapping):
            refuse(f"Expected objects in {name}.")
        objects.append(one)
    return objects


def _batch(record: BatchRecord) -> JsonValue:
    return {
        "batchOperationKey": str(record.key),
        "batchOperationType": record.type,
        "state": record.state,
        "startDate": written(record.created_at),
        "endDate": written(record.ended_at),
        "actorType": "UNKNOWN" if record.created_by is None else "USER",
        "actorId": record.created_by,
        "operationsTotalCount": record.total,
        "operationsFailedCount": record.failed,
        "operationsCompletedCount": record.completed,
        "errors": [],
    }


def _item(record: BatchItemRecord) -> JsonValue:
    return {
        "operationType": record.type,
        "batchOperationKey": str(record.batch_key),
        "itemKey": str(record.instance_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": None if record.root_key is None else str(record.root_key),
        "state": record.state,
        "processedDate": written(record.ended_at),
        "errorMessage": record.message,
    }
