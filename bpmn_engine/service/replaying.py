"""Where an instance stood before an entry of its journal: the facts until then, applied again."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn_engine.ids import Key
from bpmn_engine.kernel.facts import Fact
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.store import codec, replayed_journal
from bpmn_engine.store.database import Session


def state_before(
    session: Session, graphs: GraphCache, instance_key: Key, definition_key: Key, sequence: int
) -> InstanceState:
    """Return the state of an instance before the entry `sequence` of its journal.

    `definition_key` is the process definition that it runs by now; entries before a migration are
    read by the one that it ran by then.
    """

    def facts() -> Iterator[Fact]:
        entries = replayed_journal.before(session, instance_key, definition_key, sequence)
        for entry in entries:
            yield from codec.decode_facts(graphs.get(session, entry.definition_key), entry.facts)

    return fold(facts())
