"""Ad-hoc sub-process (BPMN 2.0.2, section 13.3.5)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.ad_hoc import begin
from bpmn_engine.kernel.ad_hoc_instances import ask_again, begin_inner, end_inner, take_answer
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.commands import CompleteAdHocJob
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.state import Incident, Wait
from bpmn_engine.values import Variables


class AdHocSubProcessBehavior(PlainBehavior):
    """Its activities begin in any order; what ends it is decided in `kernel.ad_hoc`."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Let what begins with it begin."""
        return begin(draft, key, node)

    @override
    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """Take an answer of its worker that says neither what begins nor that it is over."""
        take_answer(draft, wait, CompleteAdHocJob(wait=wait.key, variables=variables))

    @override
    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """What has begun in it has ended, with all that followed."""
        end_inner(draft, key, node)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Begin, or ask the completion condition again."""
        if key in draft.memory.loops:
            draft.touched[key] = None
            ask_again(draft, key, node)
        else:
            super().on_resolve(draft, key, node, incident)


class AdHocInstanceBehavior(PlainBehavior):
    """One element that begins in an ad-hoc sub-process, and all that follows it, in a scope."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Send a token to the element; it ends when nothing is left in its scope."""
        begin_inner(draft, key, node)
        return None
