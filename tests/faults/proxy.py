"""A wire between the engine and a server that can be cut, blocked, or cut just after a commit."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

_CHUNK: Final = 65_536
_COMMIT: Final = b"COMMIT"


class Proxy:
    """Forwards TCP connections; what it does to them is up to the test."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._commits_to_cut = 0
        self._open = threading.Event()
        self._open.set()
        self.cut_count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> int:
        """Cut every connection; return how many there were."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            self._end(pair)
        self.cut_count += len(pairs)
        return len(pairs)

    def block(self, seconds: float) -> None:
        """Let nothing through for a while."""
        self._open.clear()
        time.sleep(seconds)
        self._open.set()

    def cut_after_commits(self, count: int) -> None:
        """Cut the next connections that commit: the server hears of it, the engine not of it."""
        with self._lock:
            self._commits_to_cut = count

    def close(self) -> None:
        """End it."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._to_server, args=(pair,), daemon=True).start()
            threading.Thread(target=self._to_client, args=(pair,), daemon=True).start()

    def _to_server(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with contextlib.suppress(OSError):
            while chunk := client.recv(_CHUNK):
                self._open.wait()
                is_cut = _COMMIT in chunk and self._takes_commit()
                if is_cut:
                    # From here on the server answers nobody.
                    client.shutdown(socket.SHUT_RDWR)
                server.sendall(chunk)
                if is_cut:
                    time.sleep(0.1)
        self._end(pair)

    def _to_client(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with contextlib.suppress(OSError):
            while chunk := server.recv(_CHUNK):
                self._open.wait()
                client.sendall(chunk)
        self._end(pair)

    def _takes_commit(self) -> bool:
        with self._lock:
            if not self._commits_to_cut:
                return False
            self._commits_to_cut -= 1
            self.cut_count += 1
            return True

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
