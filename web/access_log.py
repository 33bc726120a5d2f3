"""The access log: one line per request, key=value, without secrets or query strings."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request

from web.context import now, principal_or_none, request_id

LOG = logging.getLogger("bpmn_engine.web.access")

REQUEST_ID_HEADER = "X-Request-Id"


def register_access_log(app: Flask) -> None:
    """Log every request of `app` when its response is ready."""
    app.after_request(_log)


def _log(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = request_id()
    began_at = g.get("began_at")
    took_ms = round((now() - began_at).total_seconds() * 1000) if began_at else 0
    who = principal_or_none()
    LOG.info(
        "method=%s path=%s endpoint=%s status=%s took_ms=%s user=%s token_key=%s request_id=%s",
        request.method,
        _quoted(request.path),
        request.endpoint or "-",
        response.status_code,
        took_ms,
        who.user_id if who else "-",
        who.token_key if who and who.token_key is not None else "-",
        request_id(),
    )
    return response


def _quoted(path: str) -> str:
    """Return the path on one line, without spaces or control characters."""
    return "".join(sign if sign.isprintable() and sign != " " else "%" for sign in path)[:500]
