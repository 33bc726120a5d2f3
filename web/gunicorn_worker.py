"""gunicorn's worker with threads, whose threads stay with a busy connection for a moment.

gunicorn's own gives a connection back to its main loop after each answer. For a client that sends
one request after the other that is two more turns between threads for each request, a fifth of
what Python does for an instance over REST (docs/performance.md).
"""

from __future__ import annotations

import select
from threading import BoundedSemaphore
from typing import Final

from gunicorn.http import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker
from typing_extensions import override

_LINGER_MS: Final = 20
_MOST_LINGERING: Final = 16
"""Threads that wait for a next request at the same time; what is beyond them, the loop does."""


class LingeringWorker(ThreadWorker):
    """Answers the next request of a connection in the same thread if it comes soon enough."""

    @override
    def init_process(self) -> None:
        self._lingering = BoundedSemaphore(_MOST_LINGERING)
        super().init_process()

    @override
    def handle(self, conn: TConn) -> bool:
        while True:
            keeps = super().handle(conn)
            # A connection without a request yet is told by a value of gunicorn's own, not True.
            if keeps is not True or not self.alive or not self._is_next_there(conn):
                return keeps

    def _is_next_there(self, conn: TConn) -> bool:
        """Wait a moment for the next request of a connection; tell whether it has begun."""
        if not isinstance(conn.parser, RequestParser) or self.cfg.is_ssl:
            return False  # HTTP/2 has a loop of its own, and TLS may have read the request already
        if conn.parser.unreader.buf.getvalue():
            return True
        if not self._lingering.acquire(blocking=False):
            return False
        try:
            readable = select.poll()
            readable.register(conn.sock, select.POLLIN)
            return bool(readable.poll(_LINGER_MS))
        finally:
            self._lingering.release()
