"""Who writes large states anew, with the changes that the journal has: not the steps themselves.

A state of ten thousand parts takes a good while to be written as text. It is made from what one
moment of the database shows, outside every transaction that writes, and then kept unless another
process was quicker; whoever changes the instance in between loses nothing, as changes are in the
journal. Any number of processes may do it.
"""

from __future__ import annotations

import logging
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import Key
from bpmn_engine.service.transactions import Transactions
from bpmn_engine.store import instances, states
from bpmn_engine.store.database import Session
from bpmn_engine.store.states import Condensed

_LOG = logging.getLogger(__name__)
_NONE: Final = Key(0)


class LargeStates:
    """Writes large states anew, in turn. Used by one thread at a time."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._last = _NONE

    def run(self, limit: int) -> int:
        """Look at the next `limit` large states; return how many were written anew.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        found = self._transactions.read(
            lambda session: states.large_ones(session, self._last, limit)
        )
        self._last = found[-1][0] if len(found) == limit else _NONE
        return sum(self._condense(key) for key, is_overdue in found if is_overdue)

    def _condense(self, key: Key) -> bool:
        try:
            new = self._transactions.read(lambda session: self._condensed(session, key))
            if new is None:
                return False
            is_kept, _ = self._transactions.commit(lambda unit: states.keep(unit.session, new))
        except DatabaseUnavailableError:
            raise
        except Exception:  # noqa: BLE001 -- an edge: one bad instance stops no other
            _LOG.exception("instance=%s outcome=not_condensed", key)
            return False
        return is_kept is True

    def _condensed(self, session: Session, key: Key) -> Condensed | None:
        rows = instances.load(session, (key,))
        if not rows:
            return None
        graph = self._transactions.environment.graphs.get(session, rows[0].definition_key)
        return states.condensed(session, graph, rows[0])
