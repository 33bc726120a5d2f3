"""Seeds that once failed, and what they found.

A change of the simulation, or of the engine, gives a seed another run; what it found has a test of
its own then (test_findings, tests/integration/service/test_concurrency).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_COMMIT: Final = "a commit whose answer was lost was taken for undone and made again"
_DENIED: Final = "what follows could not be done at once, and the answer denied what was committed"
_KEYS: Final = "a process with the worker number of another ended with a key that was taken"
_KEYS_AGAIN: Final = "such keys were taken more often than a transaction is tried again"
_SCOPES: Final = "no job was taken, as one of what was terminated looked for a closed scope"

KEPT: Final[Mapping[int, str]] = {
    24: _COMMIT,
    27: _COMMIT,
    28: _DENIED,
    33: _DENIED,
    25: _KEYS,
    37: _KEYS,
    1_000_002: _KEYS_AGAIN,
    1_000_361: _KEYS_AGAIN,
    339: _SCOPES,
}
