"""Whether this process lives, and whether it can work; nobody has to log in to ask."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.telemetry.listener import readiness_json
from web.context import service, web_context

HEALTH = Blueprint("health", __name__)


@HEALTH.get("/health/live")
@HEALTH.get("/healthz")
def live() -> Response:
    """Answer that the process lives."""
    return jsonify({"status": "ok"})


@HEALTH.get("/readyz")
def ready() -> tuple[Response, int]:
    """Answer whether the database can be read; 503 when it cannot."""
    try:
        service().latest_change()
    except DatabaseUnavailableError:
        return jsonify({"status": "unavailable", "database": "unavailable"}), 503
    return jsonify({"status": "ok", "database": "ok"}), 200


@HEALTH.get("/health/ready")
def whole() -> tuple[Response, int]:
    """Answer whether every part of the process can work: database, migrations, worker."""
    found = web_context().readiness()
    return jsonify(readiness_json(found)), 200 if found.is_ready else 503
