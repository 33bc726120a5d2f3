"""The plain behavior, from which the others differ in one or two points."""

from __future__ import annotations

from itertools import islice

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete, default_flows
from bpmn_engine.kernel.passing import visit
from bpmn_engine.kernel.state import Incident, Wait
from bpmn_engine.values import Variables


class PlainBehavior:
    """Lets the token pass: plain and manual tasks, none events (section 13.3.3)."""

    def on_arrive(
        self,
        draft: Draft,
        node: Node,
        scope: ElementKey,
        flow: int | None,
        loop_index: int | None,
    ) -> None:
        """Each token opens a visit of its own (uncontrolled flow, section 13.3.1).

        An activity with a start quantity takes as many tokens at once (section 10.3).
        """
        if node.start_quantity > 1 and flow is not None:
            draft.park(scope, flow)
            if not _take_quantity(draft, node, scope):
                return
        visit(draft, node, scope, loop_index)

    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Nothing to do and nothing to wait for."""
        complete(draft, key)
        return None

    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """The answer ends the wait, and the visit."""
        complete(draft, wait.visit, variables, answered=wait.key)

    def choose_flows(
        self, draft: Draft, scope: ElementKey, node: Node, results: Variables
    ) -> tuple[int, ...] | Failure:
        """Leave over every flow whose condition holds."""
        return default_flows(draft, scope, node, results)

    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """Only bodies of loops have instances, and only throwing events compensate."""

    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Do the work again."""
        failure = self.on_activate(draft, key, node)
        if failure is not None:
            draft.raise_incident(key, failure)


def _take_quantity(draft: Draft, node: Node, scope: ElementKey) -> bool:
    """Take the tokens that the activity starts with, if there are enough before it."""
    parked = draft.parked(scope)
    if sum(parked.get(flow, 0) for flow in node.incoming) < node.start_quantity:
        return False
    waiting = (flow for flow in node.incoming for _ in range(parked.get(flow, 0)))
    draft.consume(scope, tuple(islice(waiting, node.start_quantity)))
    return True
