"""Seeds that once failed, and what they found. A change of the simulation gives them other runs;
what they found has a test of its own then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KEPT: Final[Mapping[int, str]] = {}
