"""Compiled decision models, kept in memory: read and compile once for each stored file."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from bpmn_engine.dmn.decisions import DecisionModel, compile_decisions
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.reading.reader import read_definitions
from bpmn_engine.ids import Key
from bpmn_engine.store import decisions
from bpmn_engine.store.database import Session
from bpmn_engine.store.decisions import DecisionRow


class DecisionCache:
    """The decision models used last, by the key of their file. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._models: OrderedDict[Key, DecisionModel] = OrderedDict()

    def get(self, session: Session, row: DecisionRow) -> DecisionModel:
        """Return the model of a stored decision, compiled now if need be."""
        with self._lock:
            found = self._models.get(row.resource_key)
            if found is not None:
                self._models.move_to_end(row.resource_key)
                return found
        # Two threads may both compile; the first one kept wins, so that everybody shares it.
        return self._keep(row.resource_key, _compile(session, row))

    def _keep(self, resource_key: Key, model: DecisionModel) -> DecisionModel:
        with self._lock:
            kept = self._models.setdefault(resource_key, model)
            self._models.move_to_end(resource_key)
            while len(self._models) > self._size:
                self._models.popitem(last=False)
            return kept


def _compile(session: Session, row: DecisionRow) -> DecisionModel:
    """Compile the file of a decision, with the others of its deployment for what it imports."""
    found = {
        file.key: read
        for file in decisions.files(session, row.deployment_key)
        if isinstance(read := read_definitions(file.content), Definitions)
    }
    main = found.pop(row.resource_key)
    return compile_decisions(main, found.values())
