"""Ad-hoc sub-processes whose elements each begin in a scope of their own, and their worker.

What begins, with all that follows it, is an *inner instance*: of a node inside the sub-process.
A worker may lead the sub-process (Camunda 8): it has a job when the sub-process begins and a new
one whenever an inner instance has ended, and its answer says what begins next or that it is over.
`InstanceState.items` has the element and the variables of each inner instance, in order.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import AdHocSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import CompleteAdHocJob, Rejection, RejectionReason
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import LoopAdvanced, LoopStarted
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.job_creation import create_job
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import Loop, Wait, WaitKind
from bpmn_engine.kernel.termination import clear_scope
from bpmn_engine.values import JsonValue, Variables

ELEMENTS = "adHocSubProcessElements"
"""The variable that tells the worker what may begin."""


def spec_of(node: Node) -> AdHocSpec:
    """Return the spec of an ad-hoc sub-process."""
    if not isinstance(node.spec, AdHocSpec):
        raise TypeError(f"Expected {node.element_id} to be an ad-hoc sub-process, but it is not.")
    return node.spec


def is_closing(loop: Loop) -> bool:
    """Return whether nothing begins any more."""
    return loop.started > 0 and loop.completed == loop.started


def item_of(element_id: str, variables: Variables | None = None) -> dict[str, JsonValue]:
    """Return what is kept of one inner instance."""
    return {"elementId": element_id, "variables": dict(variables or {})}


# Inner instances --------------------------------------------------------------------------------


def start_inner(
    draft: Draft, key: ElementKey, spec: AdHocSpec, element_id: str, variables: Variables
) -> None:
    """Let an element begin, in a scope with these variables."""
    if spec.inner is None:
        raise TypeError("Expected an ad-hoc sub-process with inner instances.")
    loop, items = draft.memory.loops[key], draft.memory.items.get(key, ())
    item = item_of(element_id, variables)
    items = (*items[: loop.started], item, *items[loop.started :])
    draft.record(LoopStarted(key, items))
    draft.record(LoopAdvanced(key, Loop(len(items), loop.started + 1, loop.completed)))
    draft.arrive(draft.graph.nodes[spec.inner], key, loop_index=loop.started)


def begin_inner(draft: Draft, key: ElementKey, node: Node) -> None:
    """Send a token to the element that an inner instance begins with.

    What the output element reads and nothing around has is made in its scope, so that results go
    there and not to another one.
    """
    visit = draft.memory.visits[key]
    item = draft.memory.items[visit.scope][visit.loop_index or 0]
    if not isinstance(item, Mapping) or node.inner_scope is None:
        raise TypeError(f"Expected what begins in {node.element_id} to have a name.")
    given = item["variables"]
    variables: dict[str, JsonValue] = {}
    output = spec_of(draft.node_of(visit.scope)).output_element
    if output is not None:
        seen = draft.view(key)
        variables |= dict.fromkeys(name for name in sorted(output.names) if name not in seen)
    draft.set_variables(key, variables | (dict(given) if isinstance(given, Mapping) else {}))
    starts = (draft.graph.nodes[index] for index in draft.graph.scopes[node.inner_scope].starts)
    draft.arrive(next(one for one in starts if one.element_id == item["elementId"]), key)


def end_inner(draft: Draft, key: ElementKey, node: Node) -> None:
    """Take an inner instance's output into the collection, and ask the worker what is next."""
    spec = spec_of(node)
    if spec.output_collection is not None:
        draft.set_variables(key, {spec.output_collection: _gathered(draft, key)})
    if spec.job is not None and not is_closing(draft.memory.loops[key]):
        _withdraw_job(draft, key, node)
        failure = create_job(draft, key, node, spec.job)
        if failure is not None:
            draft.raise_incident(key, failure)


def end(draft: Draft, key: ElementKey, spec: AdHocSpec) -> None:
    """Complete the sub-process; the output collection goes to where it stands."""
    if spec.output_collection is not None:
        gathered = {spec.output_collection: _gathered(draft, key)}
        draft.assign(draft.memory.visits[key].scope, gathered)
    complete(draft, key)


def _gathered(draft: Draft, key: ElementKey) -> list[JsonValue]:
    outputs = draft.memory.outputs.get(key)
    return [] if outputs is None else [outputs[index] for index in range(len(outputs))]


# The worker -------------------------------------------------------------------------------------


def begin_led(draft: Draft, key: ElementKey, node: Node, spec: AdHocSpec) -> Failure | None:
    """Tell the worker what may begin, and ask it for the first time."""
    if spec.job is None:
        return None
    names = _enabled(draft, spec)
    told: list[JsonValue] = [one for one in spec.elements if one["elementId"] in names]
    draft.set_variables(key, {ELEMENTS: told})
    return create_job(draft, key, node, spec.job)


def ask_again(draft: Draft, key: ElementKey, node: Node) -> None:
    """Create the job that could not be created, if that is what failed."""
    spec = spec_of(node)
    has_job = any(
        draft.memory.waits[wait].kind is WaitKind.JOB
        for wait in draft.memory.waits_of.get(key, ())
    )
    if spec.job is not None and not has_job and not is_closing(draft.memory.loops[key]):
        failure = create_job(draft, key, node, spec.job)
        if failure is not None:
            draft.raise_incident(key, failure)


def complete_ad_hoc_job(draft: Draft, command: CompleteAdHocJob) -> Rejection | None:
    """Do what the worker of an ad-hoc sub-process says."""
    wait = draft.memory.waits.get(command.wait)
    if wait is None:
        return Rejection(
            reason=RejectionReason.NOT_FOUND,
            message=f"Expected an open wait {command.wait}, but it was answered or withdrawn "
            "before.",
        )
    node = draft.node_of(wait.visit)
    if node.kind is not NodeKind.AD_HOC or wait.kind is not WaitKind.JOB:
        return Rejection(
            reason=RejectionReason.WRONG_KIND,
            message=f"Expected the job of an ad-hoc sub-process, but wait {command.wait} is of "
            f"{node.element_id}, a {node.element_type}.",
        )
    problem = _problem(draft, spec_of(node), command)
    if problem is not None:
        return Rejection(reason=RejectionReason.WRONG_STATE, message=problem)
    take_answer(draft, wait, command)
    return None


def take_answer(draft: Draft, wait: Wait, command: CompleteAdHocJob) -> None:
    """Close the job, take its results, let elements begin or the sub-process end."""
    key, node = wait.visit, draft.node_of(wait.visit)
    spec = spec_of(node)
    draft.close_wait(wait.key, is_withdrawn=False)
    draft.clear_incidents(key)
    if node.outputs:
        draft.set_variables(key, command.variables)
    else:
        draft.assign(key, command.variables)
    for start in command.elements:
        start_inner(draft, key, spec, start.element_id, start.variables)
    if not command.is_fulfilled:
        return
    if command.cancels_remaining or not draft.memory.members.get(key):
        clear_scope(draft, key)
        end(draft, key, spec)
        return
    loop = draft.memory.loops[key]
    draft.record(LoopAdvanced(key, Loop(loop.started, loop.started, loop.started)))


def _problem(draft: Draft, spec: AdHocSpec, command: CompleteAdHocJob) -> str | None:
    if command.elements and command.is_fulfilled:
        return "Expected elements to begin or the sub-process to be over, but not both at once."
    names = _enabled(draft, spec)
    unknown = [one.element_id for one in command.elements if one.element_id not in names]
    if unknown:
        return f"Expected ids of {', '.join(names)}, but {unknown[0]!r} is none of them."
    return None


def _enabled(draft: Draft, spec: AdHocSpec) -> tuple[str, ...]:
    inner = None if spec.inner is None else draft.graph.nodes[spec.inner].inner_scope
    starts = () if inner is None else draft.graph.scopes[inner].starts
    return tuple(str(draft.graph.nodes[index].element_id) for index in starts)


def _withdraw_job(draft: Draft, key: ElementKey, node: Node) -> None:
    for wait in sorted(draft.memory.waits_of.get(key, ())):
        found = draft.memory.waits[wait]
        if found.kind is WaitKind.JOB and found.node == node.index:
            draft.close_wait(wait, is_withdrawn=True)
