"""64-bit keys, ordered by time, made without a round trip.

Milliseconds since 2024 (41 bits), worker (10 bits), sequence (12 bits): below 2**63 until 2093.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
from threading import Lock
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.ports import Clock

WORKER_COUNT: Final = 1024
_ORIGIN: Final = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_WORKER_BITS: Final = 10
_SEQUENCE_BITS: Final = 12
_SEQUENCE_COUNT: Final = 1 << _SEQUENCE_BITS
_REFUGES: Final = range(512, WORKER_COUNT)
"""Numbers of no process that stays, unless somebody chose so: commands that end soon have them."""

_CHANCE: Final = random.Random()  # noqa: S311 — chooses a number; no secret depends on it
if sys.platform != "win32":
    # Processes made by a fork would all choose the same number.
    os.register_at_fork(after_in_child=_CHANCE.seed)


class KeyGenerator:
    """Makes keys, each greater than the last, also when the clock stands still or steps back.

    Thread-safe. Two processes that write to one database need different worker numbers; who finds
    its keys taken moves away.
    """

    def __init__(self, clock: Clock, worker: int = 0) -> None:
        if not 0 <= worker < WORKER_COUNT:
            raise ValueError(f"Expected a worker number below {WORKER_COUNT}, but got {worker}.")
        self._clock = clock
        self._worker = worker << _SEQUENCE_BITS
        self._lock = Lock()
        self._milliseconds = 0
        self._sequence = -1

    def next(self) -> Key:
        """Return a new key."""
        return self.take(1)[0]

    def take(self, count: int) -> list[Key]:
        """Return new keys, ascending."""
        now = (self._clock.now() - _ORIGIN) // _MILLISECOND
        with self._lock:
            if now > self._milliseconds:
                self._milliseconds = now
                self._sequence = -1
            return [self._advance() for _ in range(count)]

    def move_away(self) -> None:
        """Make keys under another worker number from now on: another process makes those of this.

        The number is drawn, so when both of two processes of one number do this, they meet again
        once in 512 times; when one does, the other notices nothing. Keys go on ascending: the next
        one counts as made a millisecond later than the last.
        """
        with self._lock:
            now = self._worker >> _SEQUENCE_BITS
            number = _CHANCE.choice([other for other in _REFUGES if other != now])
            self._worker = number << _SEQUENCE_BITS
            self._milliseconds += 1  # in which a smaller number is greater than the last key
            self._sequence = -1

    def _advance(self) -> Key:
        self._sequence += 1
        if self._sequence == _SEQUENCE_COUNT:  # spent: borrow the next millisecond
            self._milliseconds += 1
            self._sequence = 0
        moment = self._milliseconds << (_WORKER_BITS + _SEQUENCE_BITS)
        return Key(moment | self._worker | self._sequence)


def key_time(key: Key) -> dt.datetime:
    """Return when a key was made, to the millisecond, UTC."""
    return _ORIGIN + (key >> (_WORKER_BITS + _SEQUENCE_BITS)) * _MILLISECOND


def first_key(moment: dt.datetime) -> Key:
    """Return the smallest key that can be made at a moment or later."""
    return Key(((moment - _ORIGIN) // _MILLISECOND) << (_WORKER_BITS + _SEQUENCE_BITS))
