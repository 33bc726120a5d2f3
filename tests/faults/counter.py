"""The system outside: an HTTP service of the test's own that counts what is done, by key.

It never fails by itself and forgets nothing, so what it says is the truth. `/once/` ignores a
second call with a key, as services that honor `Idempotency-Key` do; `/plain/` does it again.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_SILENCE: Final = 0.03
"""Part of the calls that are done and not answered."""


class EffectCounter:
    """Counts effects; thread-safe."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 -- repeated on purpose
        self._lock = threading.Lock()
        self.by_key: Counter[str] = Counter()  #: by kind and idempotency key
        self.by_place: Counter[tuple[str, str]] = Counter()  #: by mark of the instance and step
        self.ignored = 0
        counter = self

        class Handler(BaseHTTPRequestHandler):
            """Answers POST /once/<step> and /plain/<step>."""

            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Count it; now and then say nothing."""
                _, kind, step = self.path.split("/")[:3]
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers["Idempotency-Key"]
                if counter.count(kind, step, str(body["mark"]), key):
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"{}")
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            """Takes many connections at once."""

            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Expect callers to be killed."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def count(self, kind: str, step: str, mark: str, key: str) -> bool:
        """Let it happen; tell whether the caller hears of it."""
        with self._lock:
            name = f"{kind}:{key}"
            if kind == "once" and self.by_key[name]:
                self.ignored += 1
                return True
            self.by_key[name] += 1
            self.by_place[mark, step] += 1
            return self._chance.random() >= _SILENCE

    def happened(self, key: str) -> bool:
        """Tell whether something was done under a key."""
        with self._lock:
            return any(self.by_key[f"{kind}:{key}"] for kind in ("once", "plain"))

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
