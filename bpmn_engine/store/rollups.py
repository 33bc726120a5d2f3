"""record_rollups(): the figures that one transaction adds, in that transaction.

Rows are only inserted, so that transactions never wait for each other's. `rollup_compaction` adds
them to the sums; whoever reads adds what is not in the sums yet, so a read after a write has it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import MigrateInstance, StartElsewhere, StartInstance
from bpmn_engine.kernel.effects import EndInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.bulk import insert_rows
from bpmn_engine.store.columns import EPOCH
from bpmn_engine.store.durations import bin_of, bins_record
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import rollup_delta

MINUTE: Final = dt.timedelta(minutes=1)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(slots=True)
class _Figures:
    """What is added to one process definition."""

    started: int = 0
    ended: Counter[InstanceStatus] = field(default_factory=Counter)
    open_change: int = 0
    duration_ms: int = 0
    bins: Counter[int] = field(default_factory=Counter)


def record_rollups(session: Session, steps: Sequence[AppliedStep]) -> None:
    """Write the figures of steps that belong to one transaction, and so to one moment."""
    figures: dict[Key, _Figures] = {}
    for step in steps:
        _count(figures, step)
    rows = [
        {
            "definition_key": key,
            "at": minute_of(steps[-1].at),
            "started": found.started,
            "completed": found.ended[InstanceStatus.COMPLETED],
            "failed": found.ended[InstanceStatus.FAILED],
            "terminated": found.ended[InstanceStatus.TERMINATED],
            "open_change": found.open_change,
            "duration_ms": found.duration_ms,
            "durations": bins_record(found.bins),
        }
        for key, found in figures.items()
    ]
    insert_rows(session, rollup_delta, rows)


def minute_of(moment: dt.datetime) -> dt.datetime:
    """Return the begin of a moment's minute."""
    return EPOCH + (moment - EPOCH) // MINUTE * MINUTE


def _count(figures: dict[Key, _Figures], step: AppliedStep) -> None:
    instance = step.instance
    command = step.command
    if isinstance(command, StartInstance | StartElsewhere):
        found = figures.setdefault(instance.definition_key, _Figures())
        found.started += 1
        found.open_change += 1
    elif isinstance(command, MigrateInstance) and command.source_key is not None:
        figures.setdefault(command.source_key, _Figures()).open_change -= 1
        figures.setdefault(instance.definition_key, _Figures()).open_change += 1
    if instance.ended_at is None or not any(
        isinstance(effect, EndInstance) for effect in step.effects
    ):
        return
    found = figures.setdefault(instance.definition_key, _Figures())
    found.ended[instance.status] += 1
    found.open_change -= 1
    if instance.status is InstanceStatus.COMPLETED:
        took = (instance.ended_at - instance.started_at) // _MILLISECOND
        found.duration_ms += took
        found.bins[bin_of(took)] += 1
