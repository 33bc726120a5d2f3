"""User task (BPMN 2.0.2, section 13.3.3): offered, claimed, completed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.expressions.timers import TimerKind, first_firing
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ResourceSpec, UserTaskSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import CreateUserTask
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.state import Incident, Wait, WaitKind
from bpmn_engine.values import JsonValue

DEFAULT_PRIORITY: Final = 50
HIGHEST_PRIORITY: Final = 100


class UserTaskBehavior(PlainBehavior):
    """Waits, active, until a person completes it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Work out who may do it and by when, and offer it."""
        if not isinstance(node.spec, UserTaskSpec):
            raise TypeError(f"Expected {node.element_id} to be a user task, but it is not.")
        effect = _Offer(draft, key, node.spec).effect(draft.next_key(), node)
        if isinstance(effect, Failure):
            return effect
        draft.record(
            WaitOpened(Wait(key=effect.wait, visit=key, node=node.index, kind=WaitKind.USER_TASK))
        )
        draft.effects.append(effect)
        return None

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """A task that is still offered just goes on being offered."""
        if not any(
            draft.memory.waits[wait].kind is WaitKind.USER_TASK
            for wait in draft.memory.waits_of.get(key, ())
        ):
            super().on_resolve(draft, key, node, incident)


class _Offer:
    """Evaluates the attributes of one user task; the first failure wins."""

    def __init__(self, draft: Draft, key: ElementKey, spec: UserTaskSpec) -> None:
        self._draft = draft
        self._scope = draft.scope_seen_by(key)
        self._key = key
        self._spec = spec
        self._failure: Failure | None = None

    def effect(self, wait: ElementKey, node: Node) -> CreateUserTask | Failure:
        spec = self._spec
        assignees = self._names(spec.assignee, "The assignee")
        resources = tuple(self._resource(resource) for resource in spec.resources)
        is_by_lane = any(resource.is_lane for resource in spec.resources)
        effect = CreateUserTask(
            wait=wait,
            visit=self._key,
            node=node.index,
            assignee=assignees[0] if assignees else None,
            candidate_users=(
                *self._names(spec.candidate_users, "The candidate users"),
                *(() if is_by_lane else resources),
            ),
            candidate_groups=(
                *self._names(spec.candidate_groups, "The candidate groups"),
                *resources,
            ),
            is_by_lane=is_by_lane,
            due_at=self._moment(spec.due_at, "The due date"),
            follow_up_at=self._moment(spec.follow_up_at, "The follow-up date"),
            priority=self._priority(spec.priority),
            form=spec.form,
        )
        return effect if self._failure is None else self._failure

    def _resource(self, resource: ResourceSpec) -> str:
        """Return the name of a resource with the values of its parameters."""
        parts = [resource.name]
        for parameter in resource.parameters:
            value = self._value(parameter, "The parameter of a resource")
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                parts.append(str(value))
            else:
                expected = "a text or a whole number"
                self._fail(
                    of_value(parameter.source, "The parameter of a resource", expected, value)
                )
        return "/".join(parts)

    def _value(self, expression: Expression | None, purpose: str) -> JsonValue:
        if expression is None:
            return None
        value = self._draft.evaluate(expression, self._scope)
        if isinstance(value, EvaluationFailure):
            self._fail(of_expression(value, purpose))
            return None
        return value

    def _fail(self, failure: Failure) -> None:
        self._failure = self._failure or failure

    def _names(self, expression: Expression | None, purpose: str) -> tuple[str, ...]:
        value = self._value(expression, purpose)
        if expression is None or value is None:
            return ()
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        if isinstance(value, Sequence) and all(isinstance(name, str) for name in value):
            return tuple(str(name) for name in value)
        self._fail(of_value(expression.source, purpose, "a text or a list of texts", value))
        return ()

    def _moment(self, expression: Expression | None, purpose: str) -> dt.datetime | None:
        value = self._value(expression, purpose)
        if value is None or value == "":
            return None
        is_duration = isinstance(value, str) and value.lstrip("\"'").startswith("P")
        kind = TimerKind.DURATION if is_duration else TimerKind.DATE
        schedule = first_firing(kind, value, self._draft.now)
        if isinstance(schedule, EvaluationFailure):
            self._fail(of_expression(schedule, purpose))
            return None
        return schedule.due_at

    def _priority(self, expression: Expression | None) -> int:
        value = self._value(expression, "The priority")
        if expression is None or value is None:
            return DEFAULT_PRIORITY
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if type(value) is int and 0 <= value <= HIGHEST_PRIORITY:
            return value
        self._fail(of_value(expression.source, "The priority", "a number from 0 to 100", value))
        return DEFAULT_PRIORITY
