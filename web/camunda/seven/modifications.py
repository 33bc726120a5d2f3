"""Changing by hand where instances are: cancel here, start there; one instance or many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.ids import ElementKey
from bpmn_engine.service.views import CancelVisits, Move, Problem, StartAfter, StartBefore
from bpmn_engine.service.visit_tree import VisitNode
from bpmn_engine.values import JsonValue
from bpmn_engine.views.runtime_records import InstanceRecord
from web.camunda.bodies import read_body, text_or_none
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.batches import batch_done
from web.camunda.seven.definitions_found import found_definition
from web.camunda.seven.ids import refuse, visit_of
from web.camunda.seven.instances_meant import InstancesBody, instances_meant
from web.camunda.seven.process_instances import PREFIX, found_instance
from web.camunda.seven.starts import SkippingBody, read_instruction, refuse_skips, start_move
from web.context import principal, service

_KINDS: Final = ("cancel", "startBeforeActivity", "startAfterActivity")


class ModificationBody(SkippingBody):
    """What changes in one instance."""

    instructions = fields.List(fields.Raw(), load_default=None, allow_none=True)
    annotation = fields.String(load_default=None, allow_none=True)


class ManyBody(InstancesBody, ModificationBody):
    """What changes in many instances of one definition."""

    process_definition_id = fields.String(load_default=None, allow_none=True)


@ENGINE_REST.post(f"{PREFIX}/<instance_id>/modification")
def modify(instance_id: str) -> Response:
    """Change one instance, all of the instructions or none."""
    _modify_one(instance_id)
    return no_content()


@ENGINE_REST.post(f"{PREFIX}/<instance_id>/modification-async")
def modify_async(instance_id: str) -> Response:
    """Change one instance; it is done when the batch is answered."""
    _modify_one(instance_id)
    return answer(batch_done("instance-modification", 1))


@ENGINE_REST.post("/modification/execute")
def modify_many() -> Response:
    """Change many instances, each of them all or nothing."""
    _modify_many()
    return no_content()


@ENGINE_REST.post("/modification/executeAsync")
def modify_many_async() -> Response:
    """Change many instances; they are when the batch is answered."""
    return answer(batch_done("instance-modification", _modify_many()))


def _modify_one(instance_id: str) -> None:
    found, body = found_instance(instance_id), read_body(ModificationBody)
    unless_problem(_apply(found, body))


def _modify_many() -> int:
    body = read_body(ManyBody)
    definition = found_definition(definition_id=text_or_none(body["process_definition_id"]))
    meant = instances_meant(body)
    strangers = [each.key for each in meant if each.definition_key != definition.key]
    if strangers:
        raise refuse(
            f"Expected instances of {body['process_definition_id']}, but {strangers[0]} is one of "
            "another process definition."
        )
    outcomes = [_apply(each, body) for each in meant]
    problems = [each for each in outcomes if isinstance(each, Problem)]
    if problems:
        done = len(outcomes) - len(problems)
        raise refuse(f"{problems[0].message} {done} of {len(outcomes)} were modified.")
    return len(outcomes)


def _apply(record: InstanceRecord, body: Mapping[str, JsonValue]) -> object | Problem:
    refuse_skips(body)
    instructions = body["instructions"]
    if not isinstance(instructions, Sequence) or not instructions:
        raise refuse("Expected at least one instruction.")
    tree = unless_problem(service().visit_tree(record.key))
    moves = [move for each in instructions for move in _moves(each, tree)]
    return service().modify_instance(
        record.key,
        moves,
        reason=text_or_none(body["annotation"]),
        actor=principal().user_id,
    )


def _moves(given: JsonValue, tree: Sequence[VisitNode]) -> list[Move]:
    instruction = read_instruction(given, _KINDS)
    if instruction["type"] == "cancel":
        return [_cancel(instruction)]
    start = _inside(start_move(instruction), instruction, tree)
    is_moved = instruction.get("cancelCurrentActiveActivityInstances") is True
    return [CancelVisits(element_id=start.element_id), start] if is_moved else [start]


def _cancel(instruction: Mapping[str, JsonValue]) -> CancelVisits:
    if instruction.get("transitionInstanceId") is not None:
        raise refuse("Expected no transitionInstanceId: there are no transition instances here.")
    activity = instruction.get("activityId")
    named = instruction.get("activityInstanceId")
    if named is None and isinstance(activity, str):
        return CancelVisits(element_id=activity)
    visit = visit_of(str(named))
    if visit is None:
        raise refuse("Expected the activityId or activityInstanceId of what is cancelled.")
    return CancelVisits(visit=ElementKey(visit))


def _inside(
    start: StartBefore | StartAfter,
    instruction: Mapping[str, JsonValue],
    tree: Sequence[VisitNode],
) -> StartBefore | StartAfter:
    """Return a start inside the activity instance that an instruction names as its ancestor."""
    ancestor = instruction.get("ancestorActivityInstanceId")
    if ancestor is None:
        return start
    visit = visit_of(str(ancestor))
    if visit is not None and ":" not in str(ancestor):
        visit = 0  # the root of the tree has the instance's id
    if visit is None or (visit and visit not in {node.visit for node in tree}):
        raise refuse(f"Expected an ancestorActivityInstanceId that is open, but got {ancestor}.")
    inside = ElementKey(visit)
    if isinstance(start, StartBefore):
        return StartBefore(element_id=start.element_id, inside=inside, variables=start.variables)
    return StartAfter(element_id=start.element_id, inside=inside, variables=start.variables)
