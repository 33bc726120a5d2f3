"""Keys of what is counted within an instance, for clients that know keys of the whole cluster.

An element instance has a number within its process instance. Clients of Camunda 8 want one 64-bit
key instead. It is computed, not stored: it keeps the moment of the instance's key (its upper 41
bits), and adds to the lower 22 the number times a constant. Multiples of a constant near the
golden section lie far apart, so keys of instances that were made within one millisecond do not
meet while (instances) x (visits) stays below about a million. Number 0 is the instance itself.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

LOW_BITS: Final = 22
"""Of a key: worker and sequence; what is above tells the millisecond."""

SPAN: Final = 1 << LOW_BITS
"""How many keys one millisecond holds."""

FACTOR: Final = 2592223
"""Odd, near SPAN divided by the golden section."""

_VARIABLE_OFFSET: Final = 1 << 40


def element_key(instance_key: int, number: int) -> int:
    """Return the key of an element instance (or another thing that is counted) of an instance."""
    low = (instance_key + number * FACTOR) % SPAN
    return instance_key - instance_key % SPAN + low


def variable_key(instance_key: int, scope: int, name: str) -> int:
    """Return the key of a variable: of its instance, its scope and its name."""
    digest = blake2b(f"{scope}:{name}".encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return element_key(instance_key, _VARIABLE_OFFSET + int.from_bytes(digest))


def millisecond_of(key: int) -> tuple[int, int]:
    """Return the first and the last key of the millisecond that a key belongs to."""
    first = key - key % SPAN
    return first, first + SPAN - 1
