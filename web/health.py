"""Whether this process lives, and whether it can work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bpmn_engine.errors import DatabaseUnavailableError
from web.context import service

HEALTH = Blueprint("health", __name__)


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
