"""A small HTTP listener for metrics and health, for processes that serve no web application."""

from __future__ import annotations

import hmac
import json
import socket
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

from typing_extensions import override

from bpmn_engine.errors import SettingError
from bpmn_engine.telemetry.instruments import Instruments
from bpmn_engine.telemetry.settings import PREFIX, Address
from bpmn_engine.views.queues import Readiness

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The content type of Prometheus' text format."""

_JSON: Final = "application/json"


def is_token(shown: str, wanted: str) -> bool:
    """Tell whether an Authorization header shows the token; always False when none is wanted."""
    scheme, _, token = shown.partition(" ")
    is_bearer = scheme.lower() == "bearer" and bool(wanted)
    return is_bearer and hmac.compare_digest(token.strip().encode(), wanted.encode())


class Listener:
    """Tells metrics at /metrics and health at /health/live and /health/ready."""

    def __init__(
        self, address: Address, instruments: Instruments, readiness: Callable[[], Readiness]
    ) -> None:
        """Listen; nothing is answered before `start`.

        Raises:
            SettingError: the address cannot be used.
        """

        class Handler(_Handler):
            telling = instruments
            ready = staticmethod(readiness)

        try:
            self._server = _Server((address.host, address.port), Handler)
        except OSError as error:
            raise SettingError(
                f"Expected a free address in {PREFIX}BIND, but {address.host}:{address.port} "
                f"cannot be used: {error.strerror}."
            ) from error
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.2,), name="telemetry", daemon=True
        )

    @property
    def port(self) -> int:
        """The port, also when 0 was asked for."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    telling: Instruments
    ready: Callable[[], Readiness]
    server_version = "bpmn-engine"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/metrics":
                self._tell_metrics()
            case "/health/live":
                self._answer(HTTPStatus.OK, _JSON, b'{"status": "ok"}')
            case "/health/ready":
                self._tell_readiness()
            case _:
                self._answer(HTTPStatus.NOT_FOUND, _JSON, b'{"status": "not found"}')

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: scrapes come every few seconds."""

    def _tell_metrics(self) -> None:
        wanted = self.telling.settings.metrics_token
        if wanted and not is_token(self.headers.get("Authorization", ""), wanted):
            body = json.dumps({"detail": "Expected the token of the metrics."}).encode()
            self._answer(HTTPStatus.UNAUTHORIZED, _JSON, body)
            return
        meter = self.telling.meter
        self._answer(HTTPStatus.OK, METRICS_TYPE, b"" if meter is None else meter.scrape())

    def _tell_readiness(self) -> None:
        found = type(self).ready()
        status = HTTPStatus.OK if found.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, _JSON, json.dumps(readiness_json(found)).encode())

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Bearer realm="metrics"')
        self.end_headers()
        self.wfile.write(body)


def readiness_json(readiness: Readiness) -> dict[str, str]:
    """Return readiness as it is answered: a status, each part, and what is to be looked at."""
    status = "ok" if readiness.is_ready else "unavailable"
    return {"status": status, **dict(readiness.parts), **dict(readiness.warnings)}
