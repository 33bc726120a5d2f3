"""Which faults a run has, and how often: drawn once from its seed.

Each run has some kinds of faults and not others, so that rare ones are not drowned by common ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

RATES: Final[Mapping[str, float]] = {
    "kill": 0.004,  # per pause: the process is gone
    "freeze": 0.004,  # per pause: it stops for longer than a lease
    "clock": 0.006,  # per pause: its clock jumps
    "kill_before_commit": 0.02,  # per commit
    "kill_after_commit": 0.02,
    "full": 0.03,  # per commit: the disk is full
    "lost_before_commit": 0.03,  # per commit: the connection is lost, nothing was written
    "lost_after_commit": 0.03,  # per commit: it was written, the answer is lost
    "statement": 0.02,  # per transaction: the connection is lost at one of its statements
    "busy": 0.03,  # per transaction: a deadlock, a lock that is not available
    "down": 0.004,  # per transaction: nobody reaches the database for a while
    "request": 0.05,  # per request: it does not arrive
    "answer": 0.08,  # per request: the answer does not arrive
    "twice": 0.08,  # per request: it arrives twice
    "slow": 0.15,  # per request or message: it arrives late
    "broker": 0.05,  # per message: the broker cannot be reached for a while
    "message_lost": 0.05,
    "message_twice": 0.1,
    "system_fails": 0.12,  # per call of an outside system: surely nothing happened
    "system_silent": 0.1,  # per call: it answers nothing, whether it happened or not
    "system_refuses": 0.05,  # per call: a BPMN error
    "system_slow": 0.1,  # per call: it takes longer than a lease
}
"""The faults there are, and the greatest rate of each."""


@dataclass(slots=True)
class Faults:
    """The faults of one run."""

    chance: Random
    rates: Mapping[str, float]
    is_over: bool = False
    happened: dict[str, int] = field(default_factory=dict)

    def happens(self, name: str) -> bool:
        """Draw whether a fault happens now, and count it."""
        rate = self.rates.get(name, 0.0)
        if self.is_over or not rate or self.chance.random() >= rate:
            return False
        self.happened[name] = self.happened.get(name, 0) + 1
        return True


def drawn(chance: Random, only: frozenset[str] | None = None) -> Faults:
    """Draw the faults of a run.

    Args:
        chance: of the run.
        only: no others; to find out which ones a failure needs.
    """
    rates: dict[str, float] = {}
    for name, greatest in RATES.items():
        rate = greatest * chance.choice((0.0, 0.5, 1.0, 2.0))
        if only is None or name in only:
            rates[name] = rate
    return Faults(chance, rates)
