"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from web.errors import FieldError

KEY: Final = "Idempotency-Key"
_REPLAYED: Final = "Idempotency-Replayed"

REQUEST_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        KEY: "1 to 255 printable ASCII characters, chosen by the caller, in quotes or without. "
        "The same request with the same key of the same user starts one instance, however often "
        "it is sent."
    }
)
ANSWER_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {_REPLAYED: "`true` when the request was met before; then nothing was started now."}
)
ONE_FOR_ALL: Final = FieldError(
    field=KEY,
    message="Expected an idempotency_key in each request of a batch, but got one in the header.",
)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
"""A string of structured fields (RFC 9651, section 3.3.3)."""

_ESCAPED: Final = re.compile(r'\\(["\\])')


def key_of(header: str | None) -> str | None:
    """Return the key in a header: the draft's quoted string, or the text as it is.

    Most clients send it without quotes; with or without, it is the same key.
    """
    if header is None:
        return None
    text = header.strip()
    quoted = _QUOTED.fullmatch(text)
    return text if quoted is None else _ESCAPED.sub(r"\1", quoted[1])


def headers(*, is_replayed: bool) -> dict[str, str]:
    """Return the headers of a good answer."""
    return {_REPLAYED: "true"} if is_replayed else {}
