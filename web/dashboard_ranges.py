"""The ranges of time that a dashboard may show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

DEFAULT_RANGE: Final = "7d"

RANGES: Final[Mapping[str, dt.timedelta | None]] = {
    "1h": dt.timedelta(hours=1),
    "24h": dt.timedelta(hours=24),
    "7d": dt.timedelta(days=7),
    "30d": dt.timedelta(days=30),
    "all": None,
}
"""Word in the address -> how far back; None = all time."""
