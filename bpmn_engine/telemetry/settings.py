"""The settings of what operators measure with; docs/settings.md explains each."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.errors import SettingError

PREFIX: Final = "BPMN_ENGINE_TELEMETRY_"
"""The environment variable of a setting is this and its name in capitals."""

_MIN_TOKEN: Final = 16
_LEVELS: Final = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})
_FORMATS: Final = frozenset({"text", "json"})
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the metrics and the health of a process are told, beside or without a web server."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """What is measured, and who may see it. By default nothing is, and it costs nothing."""

    metrics_token: str = ""  #: whoever shows it sees the metrics, also in the web application
    bind: Address | None = None  #: where a listener of its own tells metrics and health
    most_series: int = 2_000  #: combinations of labels of one metric; the rest is `other`
    otlp_endpoint: str = ""  #: where spans go, such as `http://collector:4318/v1/traces`
    traced_part: float = 1.0  #: the part of traces that is kept, 0 to 1
    service_name: str = "bpmn-engine"  #: of the spans' resource
    log_format: str = "text"  #: or `json`
    log_level: str = "INFO"

    @property
    def has_metrics(self) -> bool:
        """Whether anybody can see metrics, so that there are any."""
        return bool(self.metrics_token) or self.bind is not None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> TelemetrySettings:
        """Read every setting whose variable is set; the others keep their defaults.

        Raises:
            SettingError: a value is not usable; the message names the variable.
        """
        default = cls()
        settings = cls(
            metrics_token=_token(environ),
            bind=_address(environ),
            most_series=_count(environ, "MOST_SERIES", default.most_series),
            otlp_endpoint=_endpoint(environ),
            traced_part=_part(environ, "TRACED_PART", default.traced_part),
            service_name=_text(environ, "SERVICE_NAME", default.service_name),
            log_format=_choice(environ, "LOG_FORMAT", default.log_format, _FORMATS),
            log_level=_choice(environ, "LOG_LEVEL", default.log_level, _LEVELS),
        )
        if settings.bind is not None and not settings.bind.is_loopback:
            _ensure(
                bool(settings.metrics_token),
                f"Expected a token in {PREFIX}METRICS_TOKEN, as {PREFIX}BIND is no address of "
                "this machine alone, but it is not set.",
            )
        return settings

    @property
    def level(self) -> int:
        """The level of `log_level` as the standard library counts it."""
        return logging.getLevelNamesMapping()[self.log_level]


def _text(environ: Mapping[str, str], name: str, default: str = "") -> str:
    return environ.get(PREFIX + name, "").strip() or default


def _token(environ: Mapping[str, str]) -> str:
    token = _text(environ, "METRICS_TOKEN")
    _ensure(
        not token or len(token) >= _MIN_TOKEN,
        f"Expected at least {_MIN_TOKEN} characters in {PREFIX}METRICS_TOKEN, "
        f"but it has {len(token)}.",
    )
    return token


def _address(environ: Mapping[str, str]) -> Address | None:
    text = _text(environ, "BIND")
    if not text:
        return None
    host, _, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and int(port) <= _LAST_PORT
    _ensure(
        bool(host) and is_port,
        f"Expected an address such as 127.0.0.1:9464 in {PREFIX}BIND, but found {text!r}.",
    )
    return Address(host=host.strip("[]"), port=int(port))


def _endpoint(environ: Mapping[str, str]) -> str:
    text = _text(environ, "OTLP_ENDPOINT")
    _ensure(
        not text or text.startswith(("http://", "https://")),
        f"Expected an address such as http://collector:4318/v1/traces in {PREFIX}OTLP_ENDPOINT, "
        f"but found {text!r}.",
    )
    return text


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = _text(environ, name, str(default))
    is_count = text.isascii() and text.isdigit() and int(text) > 0
    _ensure(is_count, f"Expected a whole number from 1 in {PREFIX}{name}, but found {text!r}.")
    return int(text)


def _part(environ: Mapping[str, str], name: str, default: float) -> float:
    text = _text(environ, name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    _ensure(
        0 <= value <= 1, f"Expected a number from 0 to 1 in {PREFIX}{name}, but found {text!r}."
    )
    return value


def _choice(environ: Mapping[str, str], name: str, default: str, choices: frozenset[str]) -> str:
    text = _text(environ, name, default)
    known = {choice.lower(): choice for choice in choices}
    _ensure(
        text.lower() in known,
        f"Expected one of {', '.join(sorted(choices))} in {PREFIX}{name}, but found {text!r}.",
    )
    return known[text.lower()]


def _ensure(is_fine: bool, message: str) -> None:  # noqa: FBT001 — an assertion for settings
    if not is_fine:
        raise SettingError(message)
