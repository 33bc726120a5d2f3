"""How often Python looks for garbage in a process that serves or works.

A unit of work makes tens of thousands of objects that live until it ends; with Python's defaults
the collector looks at them again and again, which takes up to a quarter of the time in large
batches. Few of them are in a cycle, so they go when their last reference does.
"""

from __future__ import annotations

import gc
from typing import Final

_THRESHOLDS: Final = (50_000, 20, 20)
"""New objects before the youngest are looked at, and how often before older ones are, too."""


def collect_seldom() -> None:
    """Look for garbage seldom, and never again among what is here now. Call it when ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
