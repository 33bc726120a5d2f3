"""An SMTP server that delivers nothing: every mail becomes an .eml file. For the demo only."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"


class MailSink:
    """Listens on loopback; `start` it, `stop` it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._controller = Controller(_Keeper(folder), hostname=HOST, port=port)

    def start(self) -> None:
        """Listen; returns when it does."""
        self._controller.start()

    def stop(self) -> None:
        """Listen no more."""
        self._controller.stop()


class _Keeper:
    """Writes each mail to a file named by its number and a digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1 + len(list(folder.glob("*.eml"))))

    async def handle_DATA(  # noqa: N802 — aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail."""
        content = envelope.content
        data = content if isinstance(content, bytes) else (content or "").encode()
        digest = hashlib.sha256(data).hexdigest()[:12]
        (self._folder / f"{next(self._numbers):05d}-{digest}.eml").write_bytes(data)
        return "250 OK"
