"""Correlation keys as texts (BPMN 2.0.2, section 8.4.2), so that equal keys are equal texts.

`OrderKey=["A-7",2]` has the values of the key's properties, in their order. `OrderKey=*` is any
value: no message has fixed the key yet. `OrderKey=?` is none: the process's data does not say it
yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final, Protocol

from immutables import Map

from bpmn_engine.kernel.facts import CorrelationKeySet, Fact
from bpmn_engine.values import JsonValue

LONGEST: Final = 160
"""Characters of a key's values that are written out; of longer ones a digest is."""


def composed(key_id: str, values: Sequence[JsonValue]) -> str:
    """Return the text of a key; numbers that are equal are written alike."""
    plain = [_plain(value) for value in values]
    written = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    encoded = written.encode("utf-8", "backslashreplace")
    if len(written) > LONGEST:
        return f"{key_id}=#{sha256(encoded).hexdigest()}"
    return f"{key_id}={encoded.decode()}"


def open_key(key_id: str) -> str:
    """Return the text that any value of the key meets."""
    return f"{key_id}=*"


def unknown_key(key_id: str) -> str:
    """Return the text that no value of the key meets."""
    return f"{key_id}=?"


def key_id_of(text: str) -> str:
    """Return the id of the key in a text that `composed` has written."""
    return text.partition("=")[0]


def open_keys(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what stands at a subscription that any value of one of these keys meets."""
    return tuple(open_key(key_id_of(text)) for text in texts)


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class _Remembering(Protocol):
    correlation_keys: Map[str, str]


def _key_set(memory: _Remembering, fact: CorrelationKeySet) -> None:
    memory.correlation_keys = memory.correlation_keys.set(fact.key_id, fact.text)


CORRELATION_APPLIERS: Final[Mapping[type[Fact], Callable[..., None]]] = {
    CorrelationKeySet: _key_set
}
"""What makes this package's facts true; part of the table in `memory`."""
