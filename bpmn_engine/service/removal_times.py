"""When single ended instances are removed, whatever the policy of their process says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import history, removal_times
from bpmn_engine.store.applied import ENDED

_PART: Final = 200
"""Instances changed in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalTime:
    """When an ended instance is removed."""

    is_own: bool  #: False: when the policy of its process says
    at: dt.datetime | None = None  #: of its own; None = never


class RemovalTimes(UseCases):
    """What administrators decide about the history of single instances."""

    def set_removal_time(
        self,
        keys: Sequence[int],
        removal: RemovalTime,
        *,
        reason: str | None = None,
        actor: str | None = None,
    ) -> int | Problem:
        """Say when ended instances are removed; return how many were changed.

        Instances that have not ended, or are not there any more, are left out. It stands above the
        policy of the process, never above a legal hold, and stands in the journal. Some are
        changed in each transaction: if this process dies in between, do it again.
        """
        count = 0
        for first in range(0, len(keys), _PART):
            part = [Key(key) for key in keys[first : first + _PART]]

            def work(unit: UnitOfWork, part: Sequence[Key] = part) -> int:
                return _set(unit, part, removal, actor=actor, reason=reason)

            done = self._commit(work)
            if isinstance(done, Problem):
                return done
            count += done
        return count

    def removal_times(self, keys: Sequence[int]) -> Mapping[int, dt.datetime | None]:
        """Return the own removal times of instances; most have none, and None is never."""
        wanted = [Key(key) for key in keys]
        found = self._read(lambda session: removal_times.find(session, wanted))
        return {int(key): at for key, at in found.items()}


def _set(
    unit: UnitOfWork,
    keys: Sequence[Key],
    removal: RemovalTime,
    *,
    actor: str | None,
    reason: str | None,
) -> int:
    unit.lock(keys)
    count = 0
    for key in keys:
        row = unit.row(key)
        if row is None or row.status not in ENDED:
            continue
        if removal.is_own:
            removal_times.write(unit.session, key, removal.at)
        else:
            removal_times.clear(unit.session, key)
        history.write_note(
            unit.session,
            instance_key=key,
            at=unit.now,
            actor=actor,
            action="SetRemovalTime",
            detail={"removal": _words(removal)},
            reason=reason,
        )
        unit.touch(f"instance:{key}")
        count += 1
    return count


def _words(removal: RemovalTime) -> str:
    if not removal.is_own:
        return "when the policy of the process says"
    return "never" if removal.at is None else f"from {removal.at.isoformat()}"
