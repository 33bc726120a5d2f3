"""The connection profile of the mail adapter: the server, the sender, the recipients."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bpmn_engine.ports import Profile


class Security(Enum):
    """How the connection to the server is protected."""

    STARTTLS = "starttls"  #: plain at first, then encrypted (RFC 3207), usually port 587
    TLS = "tls"  #: encrypted from the start (RFC 8314), usually port 465
    NONE = "none"  #: for a relay on the same machine


class MailProfile(Profile):
    """An SMTP server and the bounds of what is sent through it."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, gt=0, lt=65_536)
    security: Security = Security.STARTTLS
    ca_file: Path | None = None  #: PEM; trusted instead of the machine's authorities
    user: str | None = None
    password: SecretStr | None = None
    sender: str = Field(pattern=r"^[^@\s<>\x00-\x1f]+@[A-Za-z0-9.-]+$")
    sender_name: str | None = Field(default=None, pattern=r"^[^\x00-\x1f\x7f]*$")
    allowed_recipient_domains: tuple[str, ...] = ()  #: `example.com`; none means all
    max_message_bytes: int = Field(default=10_485_760, gt=0)
    timeout_seconds: float = Field(default=30, gt=0, le=600)

    @field_validator("allowed_recipient_domains")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower() for domain in value)

    @model_validator(mode="after")
    def _log_in_with_both(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("Expected user and password, but only one of them is given")
        return self
