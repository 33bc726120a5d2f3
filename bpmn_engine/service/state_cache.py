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

MOST_VISITS: Final = 50
"""Open visits of a state that is kept; a larger one would fill the memory."""


class StateCache:
    """The states written last. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
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
            if state is None or len(state.visits) > MOST_VISITS:
                self._states.pop(key, None)
                return
            self._states[key] = (version, state)
            self._states.move_to_end(key)
            if len(self._states) > self._size:
                self._states.popitem(last=False)
