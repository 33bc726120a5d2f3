"""A migration on a copy of one instance in memory: what would be, and how it could go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from operator import itemgetter
from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import (
    Command,
    CompleteChild,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    DeliverSignal,
    FireTimer,
    Rejection,
)
from bpmn_engine.kernel.correspondence import Correspondence
from bpmn_engine.kernel.effects import UpdateJob, UpdateUserTask
from bpmn_engine.kernel.facts import ElementCompleted, Fact, WaitOpened
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.migration import migrate
from bpmn_engine.kernel.migration_check import obstacles
from bpmn_engine.kernel.state import ROOT, InstanceState, Wait, WaitKind
from bpmn_engine.kernel.step import Step, step
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.migrations import Continuation, Rehearsal

_MOST_STEPS: Final = 1000
"""Answers after which a continuation is given up: the process probably loops."""


def rehearse(
    key: Key,
    plan: Correspondence,
    state: InstanceState,
    now: dt.datetime,
    *,
    goes_on: bool,
    cluster: Variables,
) -> Rehearsal:
    """Migrate a copy and say what has changed; with `goes_on` play it to an end."""
    violations = obstacles(plan, state)
    done = migrate(plan, state, now, cluster=cluster)
    if isinstance(done, Rejection):
        return Rehearsal(
            instance_key=key,
            violations=violations,
            problem=None if violations else done.message,
            moved={},
            withdrawn=(),
            opened=(),
            updated=(),
            waiting=(),
            passed=(),
            variables={},
            removed=(),
            continuation=None,
        )
    before, after = plan.source, plan.target
    own, new = _own(state), _own(done.state)
    gone = [wait for one, wait in _sorted(state) if one not in done.state.waits]
    come = [wait for one, wait in _sorted(done.state) if one not in state.waits]
    return Rehearsal(
        instance_key=key,
        violations=(),
        problem=None,
        moved={
            _id(before, visit.node): _id(after, plan.nodes[visit.node])
            for visit in state.visits.values()
        },
        withdrawn=_ids(before, (wait.node for wait in gone)),
        opened=_ids(after, (wait.node for wait in come)),
        updated=_ids(after, _updated(done, state)),
        waiting=_ids(after, (wait.node for _, wait in _sorted(done.state))),
        passed=_passed(after, done.facts),
        variables=new,
        removed=tuple(sorted(set(own) - set(new))),
        continuation=_continuation(after, done.state, now, cluster) if goes_on else None,
    )


def _own(state: InstanceState) -> dict[str, JsonValue]:
    """Return the variables of the instance's own scope, by name."""
    own = state.variables.get(ROOT)
    return {} if own is None else dict(sorted(own.items(), key=itemgetter(0)))


def _sorted(state: InstanceState) -> list[tuple[ElementKey, Wait]]:
    return sorted(state.waits.items(), key=itemgetter(0))


def _id(graph: ProcessGraph, node: int) -> str:
    return str(graph.nodes[node].element_id)


def _ids(graph: ProcessGraph, nodes: Iterable[int]) -> tuple[str, ...]:
    return tuple(_id(graph, node) for node in nodes)


def _updated(done: Step, state: InstanceState) -> list[int]:
    nodes = [
        fact.wait.node
        for fact in done.facts
        if isinstance(fact, WaitOpened) and fact.wait.key in state.waits
    ]
    for effect in done.effects:
        if isinstance(effect, UpdateUserTask):
            nodes.append(effect.task.node)
        elif isinstance(effect, UpdateJob):
            nodes.append(effect.job.node)
    return list(dict.fromkeys(nodes))


def _passed(graph: ProcessGraph, facts: Iterable[Fact]) -> tuple[str, ...]:
    return _ids(graph, (fact.node for fact in facts if isinstance(fact, ElementCompleted)))


# Going on -------------------------------------------------------------------------------------


def _continuation(
    graph: ProcessGraph, state: InstanceState, now: dt.datetime, cluster: Variables
) -> Continuation:
    """Answer what an instance waits for, the oldest wait first, until it ends or cannot go on.

    Boundary events and event sub-processes do not occur: it is the way things should go.
    """
    passed: list[str] = []
    for _ in range(_MOST_STEPS):
        command = _next(graph, state)
        if command is None:
            break
        done = step(graph, state, command, now, cluster=cluster)
        if isinstance(done, Rejection):
            break
        passed.extend(_passed(graph, done.facts))
        state = done.state
        if state.incidents:
            break
    incident = next((one for _, one in sorted(state.incidents.items(), key=itemgetter(0))), None)
    if incident is not None:
        outcome = "incident"
    elif state.status is InstanceStatus.ACTIVE:
        outcome = "waiting"
    else:
        outcome = state.status.value
    message = None if incident is None else incident.message
    return Continuation(passed=tuple(passed), outcome=outcome, message=message)


def _next(graph: ProcessGraph, state: InstanceState) -> Command | None:
    if state.status is not InstanceStatus.ACTIVE:
        return None
    for key, wait in _sorted(state):
        own = state.visits.get(wait.visit)
        if own is None or wait.node in graph.nodes[own.node].boundaries:
            continue
        scope = graph.nodes[own.node].inner_scope
        if scope is not None and wait.node in graph.scopes[scope].event_starts:
            continue
        command = _answer(key, wait.kind)
        if command is not None:
            return command
    return None


def _answer(key: ElementKey, kind: WaitKind) -> Command | None:
    match kind:
        case WaitKind.JOB:
            return CompleteJob(wait=key)
        case WaitKind.USER_TASK:
            return CompleteUserTask(wait=key)
        case WaitKind.TIMER:
            return FireTimer(wait=key)
        case WaitKind.MESSAGE:
            return DeliverMessage(wait=key)
        case WaitKind.SIGNAL:
            return DeliverSignal(wait=key)
        case WaitKind.CHILD:
            return CompleteChild(wait=key)
        case WaitKind.CONDITION | WaitKind.DATA:
            return None
