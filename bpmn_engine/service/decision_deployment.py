"""Decisions as a deployment stores and tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bpmn_engine.service.decision_files import CheckedDecision
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store.decisions import DecisionRow, NewDecision
from bpmn_engine.store.definitions import ResourceRow, content_hash
from bpmn_engine.views.definitions import DeployedDecision


def are_unchanged(checked: Sequence[CheckedDecision], stored: Mapping[str, DecisionRow]) -> bool:
    """Tell whether every decision is in the same file as its latest version."""
    return all(
        one.decision_id in stored
        and stored[one.decision_id].content_hash == content_hash(one.resource.content)
        for one in checked
    )


def new_decision(unit: UnitOfWork, item: CheckedDecision, resource: ResourceRow) -> NewDecision:
    """Return a decision as it is stored."""
    return NewDecision(
        key=unit.keys.next(),
        resource_key=resource.key,
        decision_id=item.decision_id,
        name=item.name,
        version_tag=item.version_tag,
        content_hash=resource.content_hash,
    )


def deployed(rows: Iterable[DecisionRow], *, is_new: bool) -> tuple[DeployedDecision, ...]:
    """Return stored decisions as a deployment tells them, by their ids."""
    return tuple(
        DeployedDecision(
            decision_key=row.key,
            decision_id=row.decision_id,
            name=row.name,
            version=row.version,
            version_tag=row.version_tag,
            resource_name=row.resource_name,
            is_new=is_new,
        )
        for row in sorted(rows, key=lambda row: row.decision_id)
    )
