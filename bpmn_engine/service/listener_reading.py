"""Whether ending an instance calls listeners."""

from __future__ import annotations

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session


class ListenerReading(UseCases):
    """What would hear of the end of an instance."""

    def has_listeners(self, instance_key: int) -> bool:
        """Return whether a process has some: that of an instance, or of one it calls now."""

        def query(session: Session) -> bool:
            pending = list(instances.load(session, (Key(instance_key),)))
            while pending:
                row = pending.pop()
                if _has_some(self._graphs.get(session, row.definition_key)):
                    return True
                pending.extend(instances.children(session, row.key))
            return False

        return self._read(query)


def _has_some(graph: ProcessGraph) -> bool:
    return graph.listeners is not None or any(node.listeners is not None for node in graph.nodes)
