"""How large a value is as an answer; a value may hold one long text many times over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from bpmn_engine.expressions.feel.values import Value

MAX_ANSWER: Final = 1_000_000
"""Characters that what is answered may have as JSON, about."""

_CHARACTERS_OF_AN_ITEM: Final = 8
_BITS_OF_A_CHARACTER: Final = 4


def is_too_large(values: Iterable[Value]) -> bool:
    """Tell whether values have more than `MAX_ANSWER` characters together; looks no further."""
    length = 0
    pending = list(values)
    while pending and length <= MAX_ANSWER:
        found = pending.pop()
        length += _CHARACTERS_OF_AN_ITEM
        if isinstance(found, str):
            length += len(found)
        elif isinstance(found, int):
            length += found.bit_length() // _BITS_OF_A_CHARACTER
        elif isinstance(found, Decimal):
            length += abs(found.adjusted())
        elif isinstance(found, Mapping):
            length += sum(map(len, found))
            pending.extend(found.values())
        elif isinstance(found, list | tuple):
            pending.extend(found)
    return length > MAX_ANSWER
