"""The settings of the web application; every one is described in docs/settings.md."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bpmn_engine.errors import SettingError

PREFIX = "BPMN_ENGINE_WEB_"
"""What the names of the web's environment variables begin with."""

MIN_SECRET_CHARACTERS = 32

_DESKTOP = ("file://", "null")
"""The origins of a desktop program such as Camunda Modeler."""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the web application behaves. Durations are timedelta, sizes are bytes."""

    secret_key: str  #: signs session cookies; at least 32 characters
    secret_key_fallbacks: tuple[str, ...] = ()  #: earlier keys that still verify
    is_demo: bool = False  #: a secret key is made and kept; nothing else depends on it
    session_cookie_secure: bool = True  #: send the session cookie over https only
    session_idle: dt.timedelta = dt.timedelta(hours=2)
    session_lifetime: dt.timedelta = dt.timedelta(hours=12)
    login_attempts: int = 5  #: failures per user and address within `login_window`
    login_window: dt.timedelta = dt.timedelta(minutes=5)
    requests_per_minute: int = 1200  #: per user or address; 0 = no limit
    token_memory: dt.timedelta = dt.timedelta(seconds=1)  #: 0 = each request looks
    stream_cap: int = 100  #: live streams per process; more are told to poll
    max_body_bytes: int = 25_000_000
    allowed_origins: tuple[str, ...] = ()  #: further origins that may post with a session
    modeler_origins: tuple[str, ...] = ()  #: origins whose programs may call Camunda's APIs
    camunda_user: str | None = None  #: whose rights requests to Camunda's APIs have without log-in
    trusted_proxies: int = 0  #: reverse proxies whose X-Forwarded headers are believed

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, instance_folder: Path | None = None
    ) -> WebSettings:
        """Read the settings from environment variables.

        In the demo a missing secret key is made once and kept in `instance_folder`.

        Raises:
            SettingError: A variable is missing or has no usable value; correct it.
        """
        read = _Reader(environ)
        is_demo = read.flag("DEMO", default=False)
        return cls(
            secret_key=_secret_key(read, instance_folder if is_demo else None),
            secret_key_fallbacks=read.words("SECRET_KEY_FALLBACKS"),
            is_demo=is_demo,
            session_cookie_secure=read.flag("SESSION_COOKIE_SECURE", default=not is_demo),
            session_idle=dt.timedelta(minutes=read.count("SESSION_IDLE_MINUTES", 120, 1)),
            session_lifetime=dt.timedelta(minutes=read.count("SESSION_LIFETIME_MINUTES", 720, 1)),
            login_attempts=read.count("LOGIN_ATTEMPTS", 5, 1),
            login_window=dt.timedelta(minutes=read.count("LOGIN_WINDOW_MINUTES", 5, 1)),
            requests_per_minute=read.count("REQUESTS_PER_MINUTE", 1200, 0),
            token_memory=dt.timedelta(milliseconds=read.count("TOKEN_MEMORY_MS", 1000, 0)),
            stream_cap=read.count("STREAM_CAP", 100, 0),
            max_body_bytes=read.count("MAX_BODY_BYTES", 25_000_000, 1024),
            allowed_origins=read.words("ALLOWED_ORIGINS"),
            modeler_origins=read.words("MODELER_ORIGINS") or (_DESKTOP if is_demo else ()),
            camunda_user=read.text("CAMUNDA_USER") or None,
            trusted_proxies=read.count("TRUSTED_PROXIES", 0, 0),
        )


class _Reader:
    """Reads typed values of the web's environment variables."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        return self._environ.get(PREFIX + name, "").strip()

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name).split(",") if word.strip())

    def flag(self, name: str, *, default: bool) -> bool:
        if PREFIX + name not in self._environ:
            return default
        word = self.text(name).lower()
        if word not in _TRUE | _FALSE:
            raise SettingError(f"Expected {PREFIX}{name} to be true or false, but got {word!r}.")
        return word in _TRUE

    def count(self, name: str, default: int, minimum: int) -> int:
        word = self.text(name)
        if not word:
            return default
        if not (word.isascii() and word.isdigit()) or int(word) < minimum:
            raise SettingError(
                f"Expected {PREFIX}{name} to be a whole number from {minimum}, but got {word!r}."
            )
        return int(word)


def _secret_key(read: _Reader, demo_folder: Path | None) -> str:
    key = read.text("SECRET_KEY")
    if not key and demo_folder is not None:
        key = _kept_secret_key(demo_folder / "secret_key")
    if len(key) < MIN_SECRET_CHARACTERS:
        raise SettingError(
            f"Expected {PREFIX}SECRET_KEY to hold at least {MIN_SECRET_CHARACTERS} random "
            f"characters, but it has {len(key)}. Make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return key


def _kept_secret_key(path: Path) -> str:
    """Return the key in the file, written at the first call, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key
