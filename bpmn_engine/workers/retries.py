"""What to do after a failure, and when to ask an outside system again. Pure."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.expressions.durations import parse_retry_cycle
from bpmn_engine.expressions.expression import EvaluationFailure
from bpmn_engine.ports import Failed, FailureKind
from bpmn_engine.views.work import JobPhase
from bpmn_engine.workers.outcomes import GiveUp, Thrown, TryAgain

BACKOFF_HEADER: Final = "retryBackoff"
"""A task header: how long to wait before another attempt, `PT30S` or `PT1M,PT5M`."""

DEFAULT_ERROR_CODE: Final = "BUSINESS_ERROR"
"""The BPMN error code of a business failure whose adapter names none."""

UNKNOWN_ADVICE: Final = "It may have happened; check, then retry or complete it by hand."

RetryDecision = Thrown | TryAgain | GiveUp
"""What a failure becomes."""

_FIRST_POLL: Final = dt.timedelta(seconds=1)
_LONGEST_POLL: Final = dt.timedelta(seconds=60)
_POLL_GROWTH: Final = 1.5
_POLL_JITTER: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How one task wants its failures to be treated."""

    waits: tuple[dt.timedelta, ...] = ()
    """Before the 2nd, 3rd … attempt; the last one holds for all further. Empty = the engine's."""

    def decide(self, attempt: int, failure: Failed) -> RetryDecision:
        """Return what a failure of the `attempt` (from 1) becomes."""
        match failure.kind:
            case FailureKind.BUSINESS:
                return Thrown(
                    error_code=failure.bpmn_error_code or DEFAULT_ERROR_CODE,
                    message=failure.message,
                    variables=failure.variables,
                )
            case FailureKind.RETRY:
                return TryAgain(
                    message=_worded(failure), after=failure.retry_after or self.wait(attempt)
                )
            case FailureKind.PERMANENT:
                return GiveUp(message=_worded(failure))
            case FailureKind.PROFILE:
                message = f"{_worded(failure)} Correct the connection profile, then retry."
                return GiveUp(message=message)
            case FailureKind.UNKNOWN:
                message = f"{_worded(failure)} {UNKNOWN_ADVICE}"
                return GiveUp(message=message, phase=JobPhase.UNKNOWN)

    def wait(self, attempt: int) -> dt.timedelta | None:
        """Return how long to wait after a failed attempt; None leaves it to the engine."""
        if not self.waits:
            return None
        return self.waits[min(max(attempt, 1), len(self.waits)) - 1]


def read_policy(headers: Mapping[str, str]) -> RetryPolicy | str:
    """Return the policy that task headers ask for, or why the header is not usable."""
    text = headers.get(BACKOFF_HEADER, "").strip()
    if not text:
        return RetryPolicy()
    waits = parse_retry_cycle(text)
    if isinstance(waits, EvaluationFailure):
        return f"Expected a usable task header {BACKOFF_HEADER}, but: {waits.message}"
    return RetryPolicy(waits=waits)


def poll_pause(poll_count: int, suggested: dt.timedelta, chance: random.Random) -> dt.timedelta:
    """Return how long to wait before the next poll: growing from 1 s to 60 s, with jitter.

    The system's own wish is never undercut.

    Args:
        poll_count: How often it was asked so far.
        suggested: What the adapter asks for.
        chance: Spreads polls, so that they do not come all at once.
    """
    exponent = min(max(poll_count, 0), 20)
    grown = min(_FIRST_POLL * _POLL_GROWTH**exponent, _LONGEST_POLL)
    return max(suggested, grown * (1 - _POLL_JITTER * chance.random()))


def _worded(failure: Failed) -> str:
    return f"{failure.code}: {failure.message}"
