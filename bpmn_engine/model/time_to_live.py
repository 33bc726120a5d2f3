"""How long a diagram says that ended instances are to be kept."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

_DURATION: Final = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,6})S)?)?"
)


def read_time_to_live(text: str) -> dt.timedelta | None:
    """Return a number of days, or a duration in weeks and less such as `P30D`; None of others.

    Months and years are none: they differ in length.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 6:  # noqa: PLR2004 -- 2,700 years
        return dt.timedelta(days=int(text))
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return dt.timedelta(**{name: int(count or 0) for name, count in found.groupdict().items()})
