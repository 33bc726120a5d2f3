"""What clients ask of the engine itself: its release, its name, its schema, telemetry."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, no_content
from web.camunda.engine_rest import CAMUNDA_VERSION, ENGINE_REST
from web.camunda.seven.ids import refuse
from web.camunda.seven.queries import PAGING, read_query
from web.camunda.times import written_time
from web.context import now

_SCHEMA_PARAMETERS: Final = PAGING | {"version", "sortBy", "sortOrder", "sorting"}


class TelemetryBody(Body):
    """Whether something is to be sent."""

    enable_telemetry = fields.Boolean(load_default=False, allow_none=True)


@ENGINE_REST.get("/version")
def version() -> Response:
    """Say which release of Camunda this speaks like."""
    return answer({"version": CAMUNDA_VERSION})


@ENGINE_REST.get("/engine")
def engines() -> Response:
    """List the engines: there is one."""
    return answer([{"name": "default"}])


@ENGINE_REST.route("/schema/log", methods=["GET", "POST"])
def schema_log() -> Response:
    """List the changes of Camunda's schema: there is none of it here."""
    unknown = set(read_query()) - _SCHEMA_PARAMETERS
    if unknown:
        raise refuse(f"Expected no {', '.join(sorted(unknown))}.")
    return answer([])


@ENGINE_REST.get("/telemetry/configuration")
def telemetry_configuration() -> Response:
    """Say that nothing is ever sent to anybody."""
    return answer({"enableTelemetry": False})


@ENGINE_REST.post("/telemetry/configuration")
def configure_telemetry() -> Response:
    """Refuse to send anything to anybody; that nothing is sent needs no change."""
    if read_body(TelemetryBody)["enable_telemetry"]:
        raise refuse("Expected enableTelemetry false: nothing is ever sent to anybody.")
    return no_content()


@ENGINE_REST.get("/telemetry/data")
def telemetry_data() -> Response:
    """Say what would be sent: nothing is gathered."""
    product: JsonValue = {
        "name": "BPMN engine",
        "version": CAMUNDA_VERSION,
        "edition": "community",
        "internals": {
            "camunda-integration": [],
            "commands": {},
            "metrics": {},
            "webapps": [],
            "data-collection-start-date": written_time(now()),
        },
    }
    if request.args:
        raise refuse("Expected no parameters.")
    return answer({"installation": None, "product": product})
