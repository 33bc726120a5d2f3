"""Metrics: counted for every request, and shown at /metrics to whoever has their token."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, request

from bpmn_engine.telemetry.instruments import Instruments, Meter
from bpmn_engine.telemetry.listener import METRICS_TYPE, is_token
from bpmn_engine.telemetry.settings import PREFIX
from web.context import web_context
from web.errors import ProblemError

METRICS = Blueprint("metrics", __name__)

_NO_ENDPOINT = "none"
"""The endpoint of a request for an address that does not exist."""


@METRICS.get("/metrics")
def show() -> Response:
    """Show what was measured, in Prometheus' text format."""
    instruments = web_context().instruments
    wanted = instruments.settings.metrics_token
    if not wanted or instruments.meter is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected a token of the metrics to be set, but there is none. Set "
            f"{PREFIX}METRICS_TOKEN to show metrics here.",
        )
    if not is_token(request.headers.get("Authorization", ""), wanted):
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "Expected the token of the metrics.",
            headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
        )
    return Response(instruments.meter.scrape(), content_type=METRICS_TYPE)


def register_request_metrics(app: Flask, instruments: Instruments) -> None:
    """Count every request of `app`; nothing is registered when nobody wants to know."""
    meter = instruments.meter
    if meter is None:
        return
    app.before_request(_begin)

    def count(response: Response) -> Response:
        _count(meter, response)
        return response

    app.after_request(count)


def _begin() -> None:
    g.measured_since = time.perf_counter()


def _count(meter: Meter, response: Response) -> None:
    since = g.get("measured_since")
    took = 0.0 if since is None else time.perf_counter() - since
    endpoint = request.endpoint or _NO_ENDPOINT
    method = request.method if request.endpoint else "any"
    meter.answered(method, endpoint, response.status_code, took)
