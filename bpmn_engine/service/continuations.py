"""Who lets instances go on whose last step was long enough: a slice each, in turn.

A slice is a transaction of its own, so that others get theirs in between, on the same instance
too. Any number of processes may do it; what one has locked the others leave out.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import GoOn
from bpmn_engine.service.transactions import Transactions
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import continuations

_LOG = logging.getLogger(__name__)
_PAUSE: Final = dt.timedelta(seconds=10)
_LOOK_SECONDS: Final = 1.0
_NONE: Final = Key(0)


class Continuations:
    """Works off what is on its way. Used by one thread at a time."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._last = _NONE
        self._next_look = 0.0  #: monotonic; other processes leave some, too

    def run(self, limit: int) -> int:
        """Let up to `limit` instances go on for a slice; return how many did.

        It looks for them once a second, or at once if this process has left some.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        environment = self._transactions.environment
        now = time.monotonic()
        if not (environment.has_moving or now >= self._next_look):
            return 0
        self._next_look = now + _LOOK_SECONDS
        environment.has_moving = False
        keys = self._keys(limit)
        environment.has_moving = environment.has_moving or bool(keys)
        return sum(self._go_on(key) for key in keys)

    def _keys(self, limit: int) -> tuple[Key, ...]:
        """Return the next instances in turn, beginning anew after the last one."""
        clock = self._transactions.clock
        keys = self._transactions.read(
            lambda session: continuations.next_keys(session, self._last, limit, clock.now())
        )
        if not keys and self._last != _NONE:
            self._last = _NONE
            return self._keys(limit)
        self._last = keys[-1] if keys else _NONE
        return keys

    def _go_on(self, key: Key) -> int:
        def work(unit: UnitOfWork) -> int:
            unit.lock((key,), skip_locked=True)
            state = unit.state(key)
            if state is None or state.moving is None:
                return 0
            unit.apply(key, GoOn(), actor=None)
            return 1

        try:
            done, _ = self._transactions.commit(work)
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 -- an edge: one bad instance stops no other
            _LOG.exception("instance=%s outcome=postponed", key)
            self._postpone(key, error)
            return 0
        return done if isinstance(done, int) else 0

    def _postpone(self, key: Key, error: Exception) -> None:
        failure = f"{type(error).__name__}: {error}"

        def work(unit: UnitOfWork) -> None:
            until = unit.now + _PAUSE
            continuations.postpone(unit.session, key, until=until, failure=failure)

        self._transactions.commit(work)
