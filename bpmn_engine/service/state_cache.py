"""States of instances as this process has left them, so that they need not be read again.

A state belongs to one version of its instance's row. Whoever uses one has read that version in its
own transaction, so another process's change is never missed.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.state import InstanceState

_PARTS: Final = 50
"""Open visits that count like one more state: a large one takes the room of many."""


class StateCache:
    """The states written last. Thread-safe."""

    def __init__(self, size: int) -> None:
        """Prepare to keep `size` states of up to 50 open visits, or fewer larger ones."""
        self._room = size
        self._lock = Lock()
        self._states: OrderedDict[Key, tuple[int, InstanceState]] = OrderedDict()

    def get(self, key: Key, version: int) -> InstanceState | None:
        """Return the state of this version of an instance, if it is known."""
        with self._lock:
            found = self._states.get(key)
        return None if found is None or found[0] != version else found[1]

    def keep(self, key: Key, version: int, state: InstanceState | None) -> None:
        """Keep the state that was committed as a version; None: it is not needed again."""
        with self._lock:
            self._forget(key)
            if state is None:
                return
            self._states[key] = (version, state)
            self._room -= _weight(state)
            while self._room < 0:
                self._forget(next(iter(self._states)))

    def _forget(self, key: Key) -> None:
        known = self._states.pop(key, None)
        if known is not None:
            self._room += _weight(known[1])


def _weight(state: InstanceState) -> int:
    return 1 + len(state.visits) // _PARTS
