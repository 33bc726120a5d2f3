"""What operators decide about the jobs and timers of single elements: held, and how urgent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import definitions, due_changes, history, work_rules
from bpmn_engine.store.work_rules import WorkRule as WorkRule

_PART: Final = 200
"""Jobs and timers held in one transaction."""

_LOG: Final = logging.getLogger(__name__)


class WorkRuleUseCases(UseCases):
    """What operators decide for the work of elements that is still to come.

    A rule is for one version of a process, and stays until it is taken back; a later version has
    none.
    """

    def work_rules(self, definition_keys: Sequence[int]) -> Mapping[tuple[int, str], WorkRule]:
        """Return the rules of versions, by version and element; most have none."""
        keys = [Key(key) for key in definition_keys]
        found = self._read(lambda session: work_rules.rules(session, keys))
        return {(rule.definition_key, rule.element_id): rule for rule in found.values()}

    def hold_element_work(
        self,
        definition_key: int,
        element_id: str,
        *,
        is_held: bool,
        with_existing: bool = False,
        actor: str | None = None,
    ) -> Problem | None:
        """Hold the jobs and timers that an element will have, or let them go on.

        `with_existing` does the same to those that are there, some in each transaction; if this
        process dies in between, do it again. Those of a suspended instance stay as they are: when
        it is resumed, the rule says what becomes of them.
        """

        def work(unit: UnitOfWork) -> WorkRule:
            rule = replace(_rule(unit, definition_key, element_id), is_held=is_held)
            work_rules.write(unit.session, rule, at=unit.now, actor=actor)
            if with_existing:
                work_rules.hold_starts(unit.session, rule)
            unit.touch("jobs")
            return rule

        rule = self._commit(work)
        if isinstance(rule, Problem):
            return rule
        _LOG.info(
            "definition=%s element=%s outcome=%s existing=%s by=%s",
            *(definition_key, element_id, "held" if is_held else "released", with_existing, actor),
        )
        return self._hold_existing(rule, actor) if with_existing else None

    def _hold_existing(self, rule: WorkRule, actor: str | None) -> Problem | None:
        while True:
            done = self._commit(lambda unit: _hold_some(unit, rule, actor))
            if isinstance(done, Problem):
                return done
            if not done:
                return None

    def set_element_priority(
        self,
        definition_key: int,
        element_id: str,
        priority: int | None,
        *,
        with_existing: bool = False,
        actor: str | None = None,
    ) -> Problem | None:
        """Say how urgent the jobs are that an element will have; None: as they are drawn.

        `with_existing` sets it for those that are there, too.
        """
        if priority is not None and abs(priority) >= 2**31:
            return invalid("Expected a priority of at most 31 bits.", field_name="priority")
        if priority is None and with_existing:
            return invalid(
                "Expected a priority for the jobs that are there, but it is null.",
                field_name="priority",
            )

        def work(unit: UnitOfWork) -> None:
            rule = replace(_rule(unit, definition_key, element_id), priority=priority)
            work_rules.write(unit.session, rule, at=unit.now, actor=actor)
            if with_existing and priority is not None:
                work_rules.set_priorities(unit.session, rule, priority)
            unit.touch("jobs")

        return self._commit(work)

    def hold_start_timer(self, key: int, *, is_held: bool) -> Problem | None:
        """Hold the timer of a start event, so that it starts nothing, or let it go on.

        A date that passes meanwhile starts an instance as soon as it goes on.
        """

        def work(unit: UnitOfWork) -> None:
            if not due_changes.hold_start(unit.session, Key(key), is_held=is_held):
                raise AbandonedError(not_found("timer", key))
            unit.touch("jobs")

        return self._commit(work)


def _rule(unit: UnitOfWork, definition_key: int, element_id: str) -> WorkRule:
    """Return what holds now.

    Raises:
        AbandonedError: there is no such version or element.
    """
    key = Key(definition_key)
    if definitions.find_deployed(unit.session, key) is None:
        raise AbandonedError(not_found("process definition", definition_key))
    if unit.graph(key).node(element_id) is None:
        raise AbandonedError(not_found("element", element_id))
    found = work_rules.rules(unit.session, (key,)).get((key, element_id))
    return found or WorkRule(definition_key=key, element_id=element_id)


def _hold_some(unit: UnitOfWork, rule: WorkRule, actor: str | None) -> bool:
    """Hold some jobs and timers, or let them go on; return whether there were any."""
    wanted = work_rules.work_of(unit.session, rule, is_held=not rule.is_held, limit=_PART)
    unit.lock(each.instance_key for each in wanted)
    for each in wanted:
        # One that has ended meanwhile is not there any more.
        if not due_changes.hold(unit.session, each.instance_key, each.wait, is_held=rule.is_held):
            continue
        history.write_note(
            unit.session,
            instance_key=each.instance_key,
            at=unit.now,
            actor=actor,
            action="SuspendJob" if rule.is_held else "ResumeJob",
            detail={},
            wait=each.wait,
            element_id=rule.element_id,
        )
        unit.touch(f"instance:{each.instance_key}")
    unit.touch("jobs")
    return bool(wanted)
