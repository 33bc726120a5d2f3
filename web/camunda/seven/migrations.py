"""Migrating process instances to another process definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.views import (
    ElementMapping,
    MigrationPlan,
    MigrationRequest,
    MigrationView,
    Problem,
    ProblemKind,
    ScopeChange,
    Violation,
)
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven.batches import migration_batch
from web.camunda.seven.definitions_found import definition_with_key, found_definition
from web.camunda.seven.ids import refuse
from web.camunda.seven.instances_meant import InstancesBody, instances_meant
from web.camunda.seven.queries import members
from web.camunda.seven.starts import SkippingBody, refuse_skips
from web.camunda.typed_values import read_variables
from web.context import principal, service
from web.errors import ProblemError

PREFIX: Final = "/migration"
_MOST: Final = 1_000
_MOST_LATER: Final = 100_000


class GenerationBody(Body):
    """Two process definitions to compare."""

    source_process_definition_id = fields.String(load_default=None, allow_none=True)
    target_process_definition_id = fields.String(load_default=None, allow_none=True)
    update_event_triggers = fields.Boolean(load_default=False, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class PlanBody(Body):
    """A plan."""

    source_process_definition_id = fields.String(load_default=None, allow_none=True)
    target_process_definition_id = fields.String(load_default=None, allow_none=True)
    instructions = fields.List(fields.Raw(), load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class ExecutionBody(InstancesBody, SkippingBody):
    """A plan, and whom it is for."""

    migration_plan = fields.Nested(PlanBody, load_default=None, allow_none=True)


@ENGINE_REST.post(f"{PREFIX}/generate")
def generate_migration() -> Response:
    """Propose a plan; activities that are alike are mapped."""
    body = read_body(GenerationBody)
    source, target = _definition_key(body, "source"), _definition_key(body, "target")
    proposal = unless_problem(
        service().propose_migration(source, target, updates=body["update_event_triggers"] is True)
    )
    variables = members(body["variables"], "variables")
    read_variables(variables)
    return answer(
        {
            "sourceProcessDefinitionId": _written_id(source),
            "targetProcessDefinitionId": _written_id(target),
            "instructions": [_instruction(each) for each in proposal.plan.mappings],
            "variables": variables,
        }
    )


@ENGINE_REST.post(f"{PREFIX}/validate")
def validate_migration() -> Response:
    """Hold a plan against both process definitions."""
    request = _request(read_body(PlanBody))
    found = service().validate_migration(request)
    violations = (
        found.violations if isinstance(found, Problem) else unless_problem(found).violations
    )
    if isinstance(found, Problem) and found.kind is not ProblemKind.REFUSED:
        unless_problem(found)
    reports: list[JsonValue] = [
        _report(mapping, [each for each in violations if each.element_id in _ids(mapping)])
        for mapping in request.plan.mappings
    ]
    known = {one for mapping in request.plan.mappings for one in _ids(mapping)}
    reports += [
        {
            "instruction": {
                "sourceActivityIds": [] if each.element_id is None else [each.element_id],
                "targetActivityIds": [],
                "updateEventTrigger": False,
            },
            "failures": [each.message],
        }
        for each in violations
        if each.element_id not in known
    ]
    failed = [each for each in reports if isinstance(each, Mapping) and each["failures"]]
    return answer({"instructionReports": list(failed), "variableReports": {}})


@ENGINE_REST.post(f"{PREFIX}/execute")
def execute_migration() -> Response:
    """Migrate instances, each of them all or nothing; the error tells what was not."""
    view = _started(_MOST)
    service().advance_migration(view.key, _MOST + 1)
    done = unless_problem(service().migration(view.key))
    if done.failed_count:
        items = unless_problem(service().migration_items(view.key))
        message = next((each.message for each in items.items if each.message), "")
        raise refuse(
            f"Cannot migrate process instances: {message} {done.migrated_count} of "
            f"{done.migrated_count + done.failed_count} were migrated."
        )
    return no_content()


@ENGINE_REST.post(f"{PREFIX}/executeAsync")
def execute_migration_async() -> Response:
    """Have instances migrated by the workers; the batch says how far they have come."""
    return answer(migration_batch(_started(_MOST_LATER)))


def _started(most: int) -> MigrationView:
    body = read_body(ExecutionBody)
    refuse_skips(body)
    plan = body["migration_plan"]
    if not isinstance(plan, Mapping):
        raise refuse("migration plan is null")
    found = instances_meant(body, most=most)
    result = service().start_migration(
        _request(plan),
        [each.key for each in found],
        reason=None,
        actor=principal().user_id,
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.REFUSED:
        lines = "; ".join(each.message for each in result.violations)
        raise ProblemError(400, f"ENGINE-23001 Migration plan is not valid: {lines}")
    return unless_problem(result)


def _request(body: Mapping[str, JsonValue]) -> MigrationRequest:
    instructions = body["instructions"]
    given = instructions if isinstance(instructions, Sequence) else ()
    variables = read_variables(body["variables"])
    return MigrationRequest(
        source_key=_definition_key(body, "source"),
        target_key=_definition_key(body, "target"),
        plan=MigrationPlan(
            mappings=tuple(_mapping(each) for each in given),
            variables=(ScopeChange(values=variables),) if variables else (),
        ),
    )


def _definition_key(body: Mapping[str, JsonValue], which: str) -> int:
    given = text_or_none(body[f"{which}_process_definition_id"])
    if given is None:
        raise refuse(f"{which} process definition id is null")
    try:
        return found_definition(definition_id=given).key
    except ProblemError as error:
        raise refuse(f"{which} process definition with id '{given}' does not exist") from error


def _mapping(given: JsonValue) -> ElementMapping:
    instruction = members(given, "an instruction")
    source, target = _one(instruction, "source"), _one(instruction, "target")
    return ElementMapping(
        source=source,
        target=target,
        is_updated=instruction.get("updateEventTrigger") is True,
    )


def _one(instruction: Mapping[str, JsonValue], which: str) -> str:
    given = instruction.get(f"{which}ActivityIds")
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        raise refuse(f"Expected one {which} activity id in an instruction, but got {given}.")
    return given[0]


def _ids(mapping: ElementMapping) -> tuple[str, str]:
    return mapping.source, mapping.target


def _instruction(mapping: ElementMapping) -> dict[str, JsonValue]:
    return {
        "sourceActivityIds": [mapping.source],
        "targetActivityIds": [mapping.target],
        "updateEventTrigger": mapping.is_updated,
    }


def _report(mapping: ElementMapping, violations: Sequence[Violation]) -> JsonValue:
    return {
        "instruction": _instruction(mapping),
        "failures": [each.message for each in violations],
    }


def _written_id(key: int) -> str:
    found = definition_with_key(key)
    return definition_id(found.process_id, found.version, found.key)
