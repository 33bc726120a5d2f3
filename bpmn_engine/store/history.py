"""History: where tokens are and were, and who did what. Insert only, apart from open visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import StartElsewhere, StartInstance
from bpmn_engine.kernel.facts import (
    CompensationEntered,
    ElementCompensated,
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
    Fact,
    IncidentRaised,
)
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.bulk import delete_rows, insert_rows
from bpmn_engine.store.codec_commands import command_record
from bpmn_engine.store.codec_facts import encode_facts
from bpmn_engine.store.effect_batch import Values, WaitId
from bpmn_engine.store.json_text import dump_json
from bpmn_engine.store.rollups import record_rollups
from bpmn_engine.store.rows import among, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import element_visit, journal, open_visit
from bpmn_engine.values import JsonValue

_OF_VISITS: Final = frozenset(
    {
        ElementEntered,
        CompensationEntered,
        ElementCompleted,
        ElementTerminated,
        ElementCompensated,
    }
)
"""Facts that begin or end a visit."""

_FIRST: Final = (StartInstance, StartElsewhere)
"""What the journal of an instance begins with."""

_SCOPES: Final = frozenset(
    {
        NodeKind.SUB_PROCESS,
        NodeKind.AD_HOC,
        NodeKind.AD_HOC_INSTANCE,
        NodeKind.MULTI_INSTANCE,
        NodeKind.STANDARD_LOOP,
    }
)
"""Kinds of elements whose tokens are inside them."""

_NOT_COUNTED: Final = frozenset(
    {NodeKind.MULTI_INSTANCE, NodeKind.STANDARD_LOOP, NodeKind.AD_HOC_INSTANCE}
)

_NO_FACTS: Final = dump_json({"v": 1, "facts": []})


@dataclass(slots=True)
class _Visits:
    """What one unit of work writes about visits; one that begins and ends in it is never open."""

    opened: dict[WaitId, Values] = field(default_factory=dict)
    ended: list[Values] = field(default_factory=list)
    closed: list[Values] = field(default_factory=list)

    def add(self, step: AppliedStep, fact: Fact) -> None:
        """Take in one fact, in order."""
        kind = type(fact)
        if kind not in _OF_VISITS:
            return
        if isinstance(fact, ElementEntered | CompensationEntered):
            self.opened[WaitId(step.instance.key, fact.key)] = _open(step, fact)
        elif isinstance(fact, ElementCompleted | ElementTerminated | ElementCompensated):
            self.ended.append(_ended(step, fact))
            if self.opened.pop(WaitId(step.instance.key, fact.key), None) is None:
                self.closed.append({"at_instance_key": step.instance.key, "at_visit": fact.key})


def write_history(
    session: Session, steps: Sequence[AppliedStep], last: Mapping[object, int]
) -> None:
    """Write the visits and the journal of steps, in order. The instances' rows must exist.

    Args:
        session: the unit of work.
        steps: of instances that are locked, or new.
        last: their last entries, as `last_entries` has returned them in this transaction.
    """
    visits = _Visits()
    for step in steps:
        for fact in step.facts:
            visits.add(step, fact)
    delete_rows(session, open_visit, visits.closed)
    insert_rows(session, open_visit, visits.opened.values())
    insert_rows(session, element_visit, visits.ended)
    _write_journal(session, [_entry(step) for step in steps], last)
    record_rollups(session, steps)


def write_note(  # noqa: PLR0913 -- one for each column
    session: Session,
    *,
    instance_key: Key,
    at: dt.datetime,
    actor: str | None,
    action: str,
    detail: Mapping[str, JsonValue],
    wait: ElementKey | None = None,
    element_id: str | None = None,
    reason: str | None = None,
) -> None:
    """Write into the journal what somebody did beside the kernel, such as `ClaimUserTask`.

    Lock the instance before: its journal is numbered.
    """
    entry = {
        "instance_key": instance_key,
        "at": at,
        "actor": actor,
        "action": action,
        "wait": wait,
        "element_id": element_id,
        "detail": detail,
        "facts": _NO_FACTS,
        "reason": reason,
    }
    _write_journal(session, [entry], _last_entries(session, {instance_key}))


_LAST_ENTRIES: Final = (
    select(journal.c.instance_key, func.max(journal.c.sequence))
    .where(among(journal.c.instance_key, "keys"))
    .group_by(journal.c.instance_key)
)


def last_entries(session: Session, steps: Sequence[AppliedStep]) -> dict[object, int]:
    """Return the numbers of the last entries of instances, which are locked; none of new ones."""
    begun = {step.instance.key for step in steps if isinstance(step.command, _FIRST)}
    return _last_entries(session, {step.instance.key for step in steps} - begun)


def _last_entries(session: Session, keys: Iterable[Key]) -> dict[object, int]:
    return {
        row[0]: row[1]
        for part in in_parts(sorted(keys))
        for row in session.execute(_LAST_ENTRIES, {"keys": part})
    }


def _write_journal(
    session: Session, entries: Sequence[Values], last: Mapping[object, int]
) -> None:
    """Number entries after the last ones of their instances, and write them."""
    numbers = dict(last)
    for entry in entries:
        number = numbers.get(entry["instance_key"], 0) + 1
        numbers[entry["instance_key"]] = entry["sequence"] = number
    insert_rows(session, journal, entries)


def _open(step: AppliedStep, fact: ElementEntered | CompensationEntered) -> Values:
    node = step.graph.nodes[fact.node]
    return {
        "instance_key": step.instance.key,
        "visit": fact.key,
        "definition_key": step.instance.definition_key,
        "element_id": node.element_id,
        "element_name": node.name,
        "is_loop_body": is_loop_body(node),
        "is_scope": isinstance(fact, CompensationEntered) or is_scope(node),
        "entered_at": fact.at,
    }


def _ended(
    step: AppliedStep, fact: ElementCompleted | ElementTerminated | ElementCompensated
) -> Values:
    node = step.graph.nodes[fact.node]
    flows: list[str] | None = None
    state = ElementState.TERMINATED
    if isinstance(fact, ElementCompleted):
        flows = [step.graph.edges[edge].flow_id for edge in fact.flows] or None
        state = ElementState.COMPLETED
    elif isinstance(fact, ElementCompensated):
        state = ElementState.COMPENSATED
    return {
        "instance_key": step.instance.key,
        "visit": fact.key,
        "element_id": node.element_id,
        "is_loop_body": is_loop_body(node),
        "state": state.value,
        "entered_at": fact.entered_at,
        "ended_at": step.at,
        "flows": flows,
    }


def is_loop_body(node: Node) -> bool:
    """Tell whether counts leave the visit out, as another visit of its element has them.

    Of a loop the instances are counted; of an ad-hoc sub-process the sub-process, and not what
    begins in it.
    """
    return node.kind in _NOT_COUNTED


def is_scope(node: Node) -> bool:
    """Tell whether what is inside a node says where tokens are."""
    return node.kind in _SCOPES


def _entry(step: AppliedStep) -> Values:
    return {
        "instance_key": step.instance.key,
        "at": step.at,
        "actor": step.actor,
        "action": type(step.command).__name__,
        "wait": getattr(step.command, "wait", None),
        "element_id": _first_element(step, step.facts),
        "detail": command_record(step.command),
        "facts": encode_facts(step.graph, step.facts),
        "reason": step.reason,
    }


def _first_element(step: AppliedStep, facts: Sequence[Fact]) -> str | None:
    """Return the element that a step began with, for people."""
    for fact in facts:
        if isinstance(fact, ElementEntered | ElementCompleted | CompensationEntered):
            return step.graph.nodes[fact.node].element_id
        if isinstance(fact, IncidentRaised):
            return step.graph.nodes[fact.incident.node].element_id
    return None
