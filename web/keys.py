"""Keys in addresses: decimal strings outside, integers inside."""

from __future__ import annotations

from typing_extensions import override
from werkzeug.routing import BaseConverter, ValidationError

MAX_KEY = 2**63 - 1


class KeyConverter(BaseConverter):
    """Matches a decimal key in an address; one beyond 64 bits leads nowhere (404)."""

    regex = "[0-9]{1,19}"

    @override
    def to_python(self, value: str) -> int:
        """Return the key of its decimal string."""
        key = int(value)
        if key > MAX_KEY:
            raise ValidationError
        return key

    @override
    def to_url(self, value: object) -> str:
        """Return the decimal string of a key."""
        return str(value)


def read_key(text: str) -> int | None:
    """Return the key a decimal string stands for, or None if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):  # noqa: PLR2004 -- 64 bits
        return None
    key = int(text)
    return key if key <= MAX_KEY else None
