"""The connection profile of the file-share adapter: which share, below which folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, JsonValue, SecretStr

from bpmn_engine.ports import Profile


class FileShareProfile(Profile):
    """A share and the folder on it that nobody leaves."""

    protocol: str = Field(pattern=r"^[a-z][a-z0-9+-]*$")  #: `local`, `webdav`, or one of fsspec's
    root: str = Field(min_length=1)  #: a folder; for WebDAV its address
    user: str | None = None  #: WebDAV
    password: SecretStr | None = None  #: WebDAV
    options: dict[str, JsonValue] = Field(default_factory=dict)  #: other protocols: fsspec's
    secrets: dict[str, SecretStr] = Field(default_factory=dict)  #: options that are secret
    verify_tls: bool = True
    ca_file: Path | None = None  #: PEM; trusted instead of the public authorities
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    max_file_bytes: int = Field(default=10_485_760, gt=0)
    max_entries: int = Field(default=1_000, gt=0)
    allows_overwrite: bool = False
    allows_delete: bool = False
