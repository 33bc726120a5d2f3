"""What a demo keeps in its data folder: database, passwords, connections, mails, files, logs."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from web.accounts import DEMO_USERS

_DOMAINS: Final = ("example.org", "example.com", "example.net")
_CONSONANTS: Final = "bdfgklmnprstvz"
_VOWELS: Final = "aeiou"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The data folder of one demo."""

    path: Path

    @property
    def database_url(self) -> str:
        """The demo's SQLite database."""
        return f"sqlite:///{self.path.resolve() / 'demo.db'}"

    @property
    def mails(self) -> Path:
        """Every mail the processes have sent, as .eml files."""
        return self.path / "mail"

    @property
    def share(self) -> Path:
        """What the processes see as a cloud file share."""
        return self.path / "share"

    @property
    def connections(self) -> Path:
        """The connection profiles."""
        return self.path / "connections.toml"

    def log(self, name: str) -> Path:
        """Return the log file of a child process."""
        return self.path / f"{name}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder and keep every other demo out of it.

        Raises:
            CommandFailedError: Another demo uses it, or it cannot be written.
        """
        try:
            for folder in (self.path, self.mails, self.share):
                folder.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "demo.lock").open("w", encoding="ascii")
        except OSError as error:
            raise CommandFailedError(f"Expected a writable data folder, but: {error}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CommandFailedError(
                    f"Expected a data folder of its own, but another demo runs in {self.path}.",
                    ExitCode.CONFLICT,
                ) from error
            yield

    def passwords(self) -> Mapping[str, str]:
        """Return the password of each demo account; made once, readable by the owner only."""
        file = self.path / "passwords.json"
        kept: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        missing = [user.user_id for user in DEMO_USERS if user.user_id not in kept]
        if missing:
            kept |= {user_id: _password() for user_id in missing}
            write_private(file, json.dumps(kept, indent=2) + "\n")
        return kept

    def write_connections(self, mail_port: int) -> None:
        """Write the profiles `demo-mail` and `demo-share`."""
        domains = ", ".join(json.dumps(domain) for domain in _DOMAINS)
        lines = (
            "# Written at each start of the demo.",
            "",
            "[mail.demo-mail]",
            'host = "127.0.0.1"',
            f"port = {mail_port}",
            'security = "none"',
            'sender = "processes@example.org"',
            f"allowed_recipient_domains = [{domains}]",
            "",
            "[file_share.demo-share]",
            'protocol = "local"',
            f"root = {json.dumps(str(self.share.resolve()))}",
            "",
        )
        write_private(self.connections, "\n".join(lines))


def write_private(file: Path, text: str) -> None:
    """Write a file in one go, readable by its owner only."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    draft.replace(file)


def _password() -> str:
    """Return a password that is easy to type, of about 40 bits."""
    syllables = (secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(5))
    return "".join(syllables) + f"-{secrets.randbelow(1000):03}"
