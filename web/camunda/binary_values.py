"""Values of Camunda 7 that are bytes: File and Bytes, as JSON objects that the engine can keep.

`{"@type": "camunda:File", "filename": "a.txt", "mimeType": "text/plain", "content": "<Base64>"}`.
Expressions and forms may read the name and the type of a file by these members.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.values import JsonValue

_MARK: Final = "@type"
_FILE: Final = "camunda:File"
_BYTES: Final = "camunda:Bytes"
_DEFAULT_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """The bytes of a variable; those of a file have its name."""

    content: bytes
    filename: str | None = None  #: None: the variable is of type Bytes
    mime_type: str | None = None
    encoding: str | None = None  #: such as `utf-8`

    @property
    def text(self) -> str:
        """Return the bytes in Base64."""
        return base64.b64encode(self.content).decode("ascii")

    @property
    def content_type(self) -> str:
        """Return the content type of an answer that holds the bytes."""
        if self.mime_type is None or not self.mime_type.isprintable():
            return _DEFAULT_TYPE
        if self.encoding is None or not self.encoding.isprintable():
            return self.mime_type
        return f"{self.mime_type};charset={self.encoding}"


def read_content(text: JsonValue) -> bytes | None:
    """Return bytes written in Base64, with or without line breaks; None gives no bytes.

    Anything that is not Base64 is None.
    """
    if text is None:
        return b""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def binary_value(binary: Binary) -> dict[str, JsonValue]:
    """Return the value that keeps bytes in a variable."""
    if binary.filename is None:
        return {_MARK: _BYTES, "content": binary.text}
    told: dict[str, JsonValue] = {_MARK: _FILE, "filename": binary.filename}
    if binary.mime_type is not None:
        told["mimeType"] = binary.mime_type
    if binary.encoding is not None:
        told["encoding"] = binary.encoding
    return {**told, "content": binary.text}


def read_binary(value: JsonValue) -> Binary | None:
    """Return the bytes that a variable keeps; None when it keeps none."""
    if not isinstance(value, Mapping) or value.get(_MARK) not in {_FILE, _BYTES}:
        return None
    content = read_content(value.get("content"))
    if content is None:
        return None
    name, mime_type, encoding = (
        value.get(member) for member in ("filename", "mimeType", "encoding")
    )
    is_file = value[_MARK] == _FILE
    return Binary(
        content=content,
        filename=str(name or "file") if is_file else None,
        mime_type=mime_type if isinstance(mime_type, str) else None,
        encoding=encoding if isinstance(encoding, str) else None,
    )
