"""Why operations of Camunda 7's API are not offered, in one sentence each."""

from __future__ import annotations

import re
from typing import Final

_REASONS: Final[tuple[tuple[str, str], ...]] = (
    (r"\w+ authorization/.*", "what somebody may do follows from their role"),
    (r"\w+ tenant/.*", "there is one tenant, and everybody is in it"),
    (r"DELETE user/[^/]+", "an account is made inactive, not deleted: history names it"),
    (
        r"POST user/[^/]+/unlock",
        "no account is locked: wrong passwords count for one address, and only for some minutes",
    ),
    (
        r"DELETE metrics/task-worker",
        "who works on tasks is not counted: there is no licence to measure",
    ),
    (
        r"DELETE job/[^/]+",
        "its token would wait for good: move the token by a modification, or cancel the instance",
    ),
    (
        r"\w+ (history/)?decision-(instance|definition)/.*",
        "a decision is an entry of its instance's journal, and goes with the instance",
    ),
    (
        r"DELETE history/(process-instance/[^/]+/variable-instances|variable-instance/[^/]+)",
        "values are told by the journal, from which nothing is taken; delete the instance",
    ),
    (
        r"POST history/batch/set-removal-time",
        "records of batches are not removed by time; somebody deletes them",
    ),
)
"""Method and address below `/engine-rest` -> why; the first that fits."""


def reason(method: str, address: str) -> str | None:
    """Return why an operation below `/engine-rest` is not offered; None for what is no operation.

    An address may have its parameters in it, or their names in braces.
    """
    asked = f"{method} {address}"
    return next((why for shape, why in _REASONS if re.fullmatch(shape, asked)), None)
