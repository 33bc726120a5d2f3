"""Tasks and throwing events that a worker does (BPMN 2.0.2, section 13.3.3)."""

from __future__ import annotations

from dataclasses import replace

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import RetryJob
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.job_creation import create_job
from bpmn_engine.kernel.job_errors import error_of_completion
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.propagation import throw_error
from bpmn_engine.kernel.state import Incident, Wait
from bpmn_engine.values import Variables


class JobBehavior(PlainBehavior):
    """Waits, active, until its job is completed."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Create the job."""
        if not isinstance(node.spec, JobSpec):
            raise TypeError(f"Expected {node.element_id} to have a job, but it has none.")
        return create_job(draft, key, node, node.spec)

    @override
    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """Take the results, or throw the error that the diagram makes of them."""
        spec = draft.graph.nodes[wait.node].spec
        if isinstance(spec, JobSpec) and (spec.errors or spec.is_connector):
            _answer(draft, wait, spec, variables)
        else:
            complete(draft, wait.visit, variables, answered=wait.key)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Give the job new attempts, or create it if that is what failed."""
        if incident.wait is None:
            super().on_resolve(draft, key, node, incident)


def retry_job(draft: Draft, wait: ElementKey, retries: int) -> None:
    """Give a failed job new attempts."""
    draft.effects.append(RetryJob(wait=wait, retries=retries))


def _answer(draft: Draft, wait: Wait, spec: JobSpec, variables: Variables) -> None:
    error = error_of_completion(draft, wait, spec, variables) if spec.errors else None
    failure: Failure | None = None
    if error is None:
        is_lost = spec.is_connector and not draft.node_of(wait.visit).outputs
        complete(draft, wait.visit, NOTHING if is_lost else variables, answered=wait.key)
    elif isinstance(error, EvaluationFailure):
        failure = of_expression(error, "The condition of an error")
    else:
        failure = throw_error(draft, wait.visit, error.error_code, error.message, error.variables)
    if failure is not None:
        draft.clear_incidents(wait.visit)
        draft.raise_incident(wait.visit, replace(failure, wait=wait.key))
