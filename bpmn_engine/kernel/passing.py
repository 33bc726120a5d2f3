"""A token that comes to a node: most go on at once, and nobody can look at them in between."""

from __future__ import annotations

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.condition_values import values_read
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import ElementCompleted, ElementEntered, StateChanged
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.moves import activate_at

_ACTIVE, _COMPLETING = ElementState.ACTIVE, ElementState.COMPLETING


def visit(draft: Draft, node: Node, scope: ElementKey, loop_index: int | None = None) -> None:
    """Open a visit and let it do what its node says, or let the token pass."""
    if node.passes and loop_index is None:
        pass_through(draft, node, scope)
    else:
        activate_at(draft, draft.enter(node, scope, loop_index), node)


def pass_through(draft: Draft, node: Node, scope: ElementKey) -> None:
    """Visit a node at which a token just goes on, over the flows that hold.

    The facts are those of every visit. What the first of them makes true, the last one takes
    back, so that the state is not written in between: only the key stays used. A visit that
    fails to choose its flows is opened, and fails in it: it has to stay there.
    """
    flows = node.outgoing
    if not node.takes_every_flow:
        chosen = draft.behaviors[node.kind].choose_flows(draft, scope, node, NOTHING)
        if isinstance(chosen, Failure):
            activate_at(draft, draft.enter(node, scope), node)
            return
        flows = chosen
    read = values_read(draft, scope, node, flows, NOTHING) if node.has_conditions else None
    key = draft.memory.use_key()
    draft.facts += (
        ElementEntered(key, node.index, scope, draft.now, None),
        StateChanged(key, _ACTIVE),
        StateChanged(key, _COMPLETING),
        ElementCompleted(key, node.index, scope, draft.now, flows, read),
    )
    draft.send(flows, scope)
