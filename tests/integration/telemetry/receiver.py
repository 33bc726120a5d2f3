"""A receiver of spans: OTLP over HTTP, as a collector speaks it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, kw_only=True)
class SeenSpan:
    """A span as it arrived."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    seconds: float
    began_at: float  #: seconds since 1970
    is_error: bool
    attributes: dict[str, str | int]
    service_name: str


@dataclass(kw_only=True)
class Receiver:
    """What was received."""

    url: str = ""
    spans: list[SeenSpan] = field(default_factory=list)
    content_types: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def by_name(self) -> dict[str, SeenSpan]:
        """Return the spans by name; one that came twice is a failure."""
        with self.lock:
            found = {span.name: span for span in self.spans}
            assert len(found) == len(self.spans), self.spans
            return found

    def take(self, body: bytes) -> None:
        """Decode a request."""
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        with self.lock:
            for one in request.resource_spans:
                resource = _attributes(one.resource.attributes)
                for scope in one.scope_spans:
                    self.spans += [_seen(span, resource) for span in scope.spans]


def _seen(span, resource) -> SeenSpan:
    return SeenSpan(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        began_at=span.start_time_unix_nano / 1e9,
        is_error=span.status.code == 2,
        attributes=_attributes(span.attributes),
        service_name=str(resource["service.name"]),
    )


def _attributes(pairs) -> dict[str, str | int]:
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in pairs}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.content_types.add(self.headers["Content-Type"])
            receiver.take(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
