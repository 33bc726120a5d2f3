"""Tasks and throwing events that a worker does (BPMN 2.0.2, section 13.3.3)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import RetryJob
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.job_creation import create_job
from bpmn_engine.kernel.state import Incident


class JobBehavior(PlainBehavior):
    """Waits, active, until its job is completed."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Create the job."""
        if not isinstance(node.spec, JobSpec):
            raise TypeError(f"Expected {node.element_id} to have a job, but it has none.")
        return create_job(draft, key, node, node.spec)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Give the job new attempts, or create it if that is what failed."""
        if incident.wait is None:
            super().on_resolve(draft, key, node, incident)


def retry_job(draft: Draft, wait: ElementKey, retries: int) -> None:
    """Give a failed job new attempts."""
    draft.effects.append(RetryJob(wait=wait, retries=retries))
