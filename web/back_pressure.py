"""Back-pressure: while a queue is full, whoever would make it longer is asked to come later."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Final

from flask import Flask, request

from bpmn_engine.values import JsonValue
from web.context import service, web_context
from web.errors import ProblemError

STARTERS: Final = frozenset(
    {
        "process-instances.start",
        "process-instances.start_batch",
        "conditions.evaluate",
        "engine-rest.start",
        "engine-rest.submit_start_form",
        "engine-rest.restart",
        "engine-rest.restart_async",
        "orchestration.create_instance",
        "pages.start_instance",
    }
)
"""Endpoints that do nothing but begin instances. What ends or answers something is not among them:
it makes queues shorter."""

_CAMUNDA_8_TITLE: Final = "RESOURCE_EXHAUSTED"


def register_back_pressure(app: Flask) -> None:
    """Make `app` answer 429 to starters while a queue is full."""
    app.before_request(_refuse_when_full)


def _refuse_when_full() -> None:
    if request.endpoint not in STARTERS or request.method == "OPTIONS":
        return
    full = service().full_queue()
    if full is None:
        return
    meter = web_context().instruments.meter
    if meter is not None:
        meter.refused_start(full.name)
    seconds = max(1, math.ceil(full.retry_after.total_seconds()))
    extra: dict[str, JsonValue] = {"queue": full.name, "count": full.count, "limit": full.limit}
    if request.blueprint == "orchestration":
        extra["title"] = _CAMUNDA_8_TITLE
    raise ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"Expected at most {full.limit} {_WORDS[full.name]}, but there are {full.count}. "
        f"Nothing was started; try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        extra=extra,
    )


_WORDS: Final = {
    "jobs": "open jobs",
    "outbox": "rows in the outbox",
    "inbox": "rows in the inbox",
}
