"""Where a process instance begins, and by what event (BPMN 2.0.2, section 13.2)."""

from __future__ import annotations

from typing import NamedTuple

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import (
    ConditionSpec,
    EventGatewaySpec,
    MessageSpec,
    SignalSpec,
    StartSpec,
    TriggerSpec,
    needs_all,
    triggers_of,
)
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import Rejection, RejectionReason, StartInstance
from bpmn_engine.kernel.data_moves import began_with
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.moves import complete, occur
from bpmn_engine.kernel.state import ROOT, WaitKind
from bpmn_engine.kernel.waiting import open_wait, plan, text_of
from bpmn_engine.values import Variables


class Occurrence(NamedTuple):
    """What occurred at a start event; no kind: somebody starts there."""

    kind: WaitKind | None = None
    name: str | None = None


def unmet(draft: Draft, command: StartInstance, starts: tuple[Node, ...]) -> Rejection | None:
    """Say why a conditional start event does not start an instance with these variables.

    Of several definitions one is enough; that it is a condition has to be said.
    """
    if not draft.graph.watches_variables:
        return None
    for start in starts:
        triggers = triggers_of(start.spec)
        conditions = [spec for spec in triggers if isinstance(spec, ConditionSpec)]
        if len(conditions) < len(triggers) and command.trigger is not WaitKind.CONDITION:
            continue
        said = [_not_true(draft, spec, command.variables) for spec in conditions]
        if said and None not in said:
            return Rejection(
                reason=RejectionReason.WRONG_STATE,
                message=f"Expected {start.element_id} to be met by the given variables, but "
                f"{'; '.join(filter(None, said))}",
            )
    return None


def _not_true(draft: Draft, spec: ConditionSpec, variables: Variables) -> str | None:
    value = spec.condition.evaluate(variables, draft.now)
    if value is True:
        return None
    shown = value.message if isinstance(value, EvaluationFailure) else repr(value)
    return f"its condition {spec.condition.source!r} is not true: {shown}"


def begin(draft: Draft, node: Node, occurred: Occurrence) -> None:
    """Let a start event begin, or let what starts the process in its place have occurred."""
    is_start = node.kind is NodeKind.START
    if is_start and needs_all(node.spec):
        _await_others(draft, node, occurred)
        return
    if is_start or node.index in draft.graph.scopes[0].starts:
        draft.arrive(node, ROOT)
        return
    for flow in node.incoming:
        before = draft.graph.nodes[draft.graph.edges[flow].source]
        if isinstance(before.spec, EventGatewaySpec):
            _pass(draft, before, flow, awaits_all=before.spec.awaits_all)
        elif isinstance(before.spec, StartSpec):
            _pass(draft, before, flow, awaits_all=True)
        break
    occur(draft, node, ROOT, {} if node.data is None else began_with(draft, ROOT, node.data))


def _pass(draft: Draft, before: Node, flow: int, *, awaits_all: bool) -> None:
    """Visit what stands before an event that has occurred; its other flows get a token too.

    At a parallel gateway the other events are waited for (section 10.6.6), at an exclusive one
    they are not.
    """
    key = draft.enter(before, ROOT)
    draft.change(key, ElementState.ACTIVE)
    draft.change(key, ElementState.COMPLETING)
    others = tuple(other for other in before.outgoing if other != flow)
    draft.pass_over(key, flow, others if awaits_all else ())


def _await_others(draft: Draft, start: Node, occurred: Occurrence) -> None:
    """Let a start event that needs all of its definitions wait for those that did not occur."""
    key = draft.enter(start, ROOT)
    draft.change(key, ElementState.ACTIVE)
    failure = await_all(draft, key, start, occurred)
    if failure is not None:
        draft.raise_incident(key, failure)


def await_all(draft: Draft, key: ElementKey, start: Node, occurred: Occurrence) -> Failure | None:
    """Wait for every definition of a start event but one that has occurred.

    A returned failure has opened nothing.
    """
    planned = []
    is_found = False
    for spec in triggers_of(start.spec):
        if not is_found and _is_what_occurred(draft, spec, occurred):
            is_found = True
            continue
        wait = plan(draft, key, start, spec)
        if isinstance(wait, Failure):
            return wait
        planned.append(wait)
    if not planned:
        complete(draft, key)
    for wait in planned:
        open_wait(draft, key, wait)
    return None


def _is_what_occurred(draft: Draft, spec: TriggerSpec, occurred: Occurrence) -> bool:
    if not isinstance(spec, MessageSpec | SignalSpec):
        return False
    kind = WaitKind.MESSAGE if isinstance(spec, MessageSpec) else WaitKind.SIGNAL
    if kind is not occurred.kind:
        return False
    return text_of(draft, ROOT, spec.name, "The name") == occurred.name
