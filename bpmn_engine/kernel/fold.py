"""fold(facts) -> state: what was recorded is enough to know where an instance stands."""

from __future__ import annotations

from collections.abc import Iterable

from bpmn_engine.kernel.facts import Fact
from bpmn_engine.kernel.memory import APPLIERS, Memory
from bpmn_engine.kernel.state import EMPTY, InstanceState


def fold(facts: Iterable[Fact], state: InstanceState = EMPTY) -> InstanceState:
    """Apply facts, in their order, to a state (by default the one before the start)."""
    memory = Memory(state)
    for fact in facts:
        APPLIERS[type(fact)](memory, fact)
    return memory.freeze()
