"""Which process definition an address means: by id, by key, or by key and tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from flask import Response

from bpmn_engine.service.listing import DEFINITIONS
from bpmn_engine.views.listing import Condition, Listing
from bpmn_engine.views.runtime_records import DefinitionRecord
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.ids import definition_key_of, missing
from web.context import service

PREFIX: Final = "/process-definition"

View = TypeVar("View", bound=Callable[..., Response])


def by_definition(method: str, rest: str) -> Callable[[View], View]:
    """Offer an operation below the three addresses that a process definition has."""

    def register(view: View) -> View:
        for place in ("<definition_id>", "key/<key>", "key/<key>/tenant-id/<tenant_id>"):
            ENGINE_REST.add_url_rule(
                f"{PREFIX}/{place}{rest}", view.__name__, view, methods=[method]
            )
        return view

    return register


def found_definition(
    *, definition_id: str | None = None, key: str | None = None, tenant_id: str | None = None
) -> DefinitionRecord:
    """Return the definition of an address.

    Raises:
        ProblemError: there is none (404).
    """
    if tenant_id is not None:
        raise missing(f"No matching process definition with key: {key} and tenant-id: {tenant_id}")
    if key is not None:
        latest = Condition(field="is_latest", value=True)
        found = _first(Condition(field="process_id", value=key), latest)
        if found is None:
            raise missing(f"No matching process definition with key: {key} and no tenant-id")
        return found
    number = definition_key_of(definition_id or "")
    found = None if number is None else _first(Condition(field="key", value=number))
    if found is None:
        raise missing(f"No matching definition with id {definition_id}")
    return found


def definition_with_key(key: int) -> DefinitionRecord:
    """Return the definition with a key.

    Raises:
        ProblemError: there is none (404).
    """
    return found_definition(definition_id=str(key))


def _first(*conditions: Condition) -> DefinitionRecord | None:
    return next(iter(service().listed(DEFINITIONS, Listing(conditions=conditions))), None)
