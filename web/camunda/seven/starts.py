"""Starting instances of a process definition, from its start event or elsewhere, or once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.views import (
    InstanceSummary,
    Problem,
    RestartRequest,
    StartAfter,
    StartBefore,
    StartRequest,
    VariableOrigin,
)
from bpmn_engine.values import JsonValue
from bpmn_engine.views.runtime_records import DefinitionRecord
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.batches import batch_done
from web.camunda.seven.definition_texts import instance_json
from web.camunda.seven.definitions_found import PREFIX, by_definition, found_definition
from web.camunda.seven.ids import key_or_none, missing, refuse
from web.camunda.seven.queries import members
from web.camunda.typed_values import read_value, read_variables, write_variables
from web.context import principal, service
from web.errors import ProblemError, invalid_input
from web.forms import FormErrors
from web.starting import start_many

START_AT: Final = {"startBeforeActivity": StartBefore, "startAfterActivity": StartAfter}
SKIPS: Final = ("skip_custom_listeners", "skip_io_mappings")


class SkippingBody(Body):
    """What may ask to leave out what the diagram says, which is not done."""

    skip_custom_listeners = fields.Boolean(load_default=False, allow_none=True)
    skip_io_mappings = fields.Boolean(load_default=False, allow_none=True)


class StartBody(SkippingBody):
    """What starts an instance."""

    variables = fields.Raw(load_default=None, allow_none=True)
    business_key = fields.String(load_default=None, allow_none=True)
    case_instance_id = fields.String(load_default=None, allow_none=True)
    start_instructions = fields.List(fields.Raw(), load_default=None, allow_none=True)
    with_variables_in_return = fields.Boolean(load_default=False, allow_none=True)


class RestartBody(SkippingBody):
    """Which finished instances are done again, and from where on."""

    process_instance_ids = fields.List(fields.String(), load_default=None, allow_none=True)
    historic_process_instance_query = fields.Raw(load_default=None, allow_none=True)
    initial_variables = fields.Boolean(load_default=False, allow_none=True)
    without_business_key = fields.Boolean(load_default=False, allow_none=True)
    instructions = fields.List(fields.Raw(), load_default=None, allow_none=True)


@by_definition("POST", "/start")
def start(**place: str) -> Response:
    """Start an instance."""
    found, body = found_definition(**place), read_body(StartBody)
    refuse_skips(body)
    if body["case_instance_id"] is not None:
        raise refuse("Expected no caseInstanceId: cases are not executed.")
    instructions = body["start_instructions"]
    summary = (
        _start_elsewhere(found, body, instructions)
        if isinstance(instructions, Sequence) and instructions
        else unless_problem(
            service().start_instance(
                definition_key=found.key,
                variables=read_variables(body["variables"]),
                business_key=text_or_none(body["business_key"]),
                actor=principal().user_id,
                caller=principal().caller,
            )
        )
    )
    written = instance_json(summary)
    if body["with_variables_in_return"]:
        view = unless_problem(service().instance(summary.key))
        written["variables"] = write_variables(view.variables)
    return answer(written)


@by_definition("POST", "/submit-form")
def submit_start_form(**place: str) -> Response:
    """Start an instance with what was filled in; of staff it is held against the form."""
    found, body = found_definition(**place), read_body(StartBody)
    request = StartRequest(
        definition_key=found.key,
        variables=read_variables(body["variables"]),
        business_key=text_or_none(body["business_key"]),
    )
    (outcome,) = start_many([request], principal())
    if isinstance(outcome, FormErrors):
        raise invalid_input(outcome.errors)
    return answer(instance_json(unless_problem(outcome)))


@ENGINE_REST.post(f"{PREFIX}/<definition_id>/restart")
def restart(definition_id: str) -> Response:
    """Do finished instances again; all of them or none is not promised, the error tells."""
    _restart(definition_id)
    return no_content()


@ENGINE_REST.post(f"{PREFIX}/<definition_id>/restart-async")
def restart_async(definition_id: str) -> Response:
    """Do finished instances again; it is done when the batch is answered."""
    return answer(batch_done("instance-restart", _restart(definition_id)))


def refuse_skips(body: Mapping[str, JsonValue]) -> None:
    """Refuse to leave out listeners or mappings.

    Raises:
        ProblemError: it is asked for (400).
    """
    for name in SKIPS:
        if body[name]:
            raise refuse(f"Expected no {name}: what the diagram says is always done.")


def read_instruction(given: JsonValue, kinds: Sequence[str]) -> Mapping[str, JsonValue]:
    """Return one instruction, with a type that is offered.

    Raises:
        ProblemError: it has another type, or needs an activity and names none (400).
    """
    instruction = members(given, "an instruction")
    kind = instruction.get("type")
    if kind == "startTransition":
        raise refuse(
            "Expected no instruction of type startTransition: name the activity that the flow "
            "leads to, or the one that it comes from."
        )
    if kind not in kinds:
        raise refuse(f"Expected an instruction of type {' or '.join(kinds)}, but got {kind}.")
    return instruction


def start_move(instruction: Mapping[str, JsonValue]) -> StartBefore | StartAfter:
    """Return where an instruction starts, with the variables that it brings.

    Raises:
        ProblemError: it names no activity, or its variables are not usable (400, 422).
    """
    activity = instruction.get("activityId")
    if not isinstance(activity, str):
        raise refuse("Expected the activityId of an instruction that starts something.")
    given = members(instruction.get("variables"), "the variables of an instruction")
    variables = {name: read_value(value, f"variables.{name}") for name, value in given.items()}
    if START_AT[str(instruction["type"])] is StartBefore:
        return StartBefore(element_id=activity, variables=variables)
    return StartAfter(element_id=activity, variables=variables)


def _start_elsewhere(
    found: DefinitionRecord, body: Mapping[str, JsonValue], instructions: Sequence[JsonValue]
) -> InstanceSummary:
    if not principal().may_operate:
        raise ProblemError(403, "Expected the role operator for startInstructions.")
    moves = [start_move(read_instruction(each, tuple(START_AT))) for each in instructions]
    return unless_problem(
        service().start_elsewhere(
            found.key,
            moves,
            variables=read_variables(body["variables"]),
            business_key=text_or_none(body["business_key"]),
            caller=principal().caller,
        )
    )


def _restart(definition_id: str) -> int:
    found, body = found_definition(definition_id=definition_id), read_body(RestartBody)
    refuse_skips(body)
    if body["historic_process_instance_query"] is not None:
        raise refuse("Expected processInstanceIds and no historicProcessInstanceQuery.")
    if body["without_business_key"]:
        raise refuse("Expected no withoutBusinessKey: a new instance has that of the old one.")
    ids = body["process_instance_ids"]
    if not isinstance(ids, list) or not ids:
        raise refuse("processInstanceIds is empty")
    before, after = _places(body["instructions"])
    origin = VariableOrigin.START if body["initial_variables"] else VariableOrigin.END
    requests = [
        RestartRequest(
            instance_key=_of_definition(str(each), found),
            start_before=before,
            start_after=after,
            origin=origin,
        )
        for each in ids
    ]
    outcomes = service().restart_instances(requests, reason=None, actor=principal().user_id)
    problems = [each for each in outcomes if isinstance(each, Problem)]
    if problems:
        done = len(outcomes) - len(problems)
        raise refuse(f"{problems[0].message} {done} of {len(outcomes)} were restarted.")
    return len(outcomes)


def _places(given: JsonValue) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(given, list) or not given:
        raise refuse("Restart instructions cannot be empty")
    moves = [start_move(read_instruction(each, tuple(START_AT))) for each in given]
    return (
        tuple(each.element_id for each in moves if isinstance(each, StartBefore)),
        tuple(each.element_id for each in moves if isinstance(each, StartAfter)),
    )


def _of_definition(instance_id: str, found: DefinitionRecord) -> int:
    key = key_or_none(instance_id)
    view = None if key is None else service().instance(key)
    if view is None or isinstance(view, Problem):
        raise missing(f"Historic process instance cannot be found: {instance_id}")
    if view.summary.definition_key != found.key:
        raise refuse(
            f"Its process definition '{view.summary.definition_key}' does not match given process "
            f"definition '{found.key}'"
        )
    return view.summary.key
