"""One step of one instance, with everything that `effects` and `history` need to write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.commands import Command
from bpmn_engine.kernel.effects import Effect, EndInstance
from bpmn_engine.kernel.facts import Fact
from bpmn_engine.kernel.lifecycle import LEGAL_STATUS
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.store.instances import InstanceRow

ENDED: Final = frozenset(status for status, following in LEGAL_STATUS.items() if not following)
"""The statuses that nothing follows."""


@checked_frozen(kw_only=True)
class AppliedStep:
    """One command that was applied to one instance."""

    instance: InstanceRow  #: as it is after the step, but for its snapshot
    graph: ProcessGraph
    state: InstanceState  #: after the step
    effects: tuple[Effect, ...]
    facts: tuple[Fact, ...]
    command: Command
    actor: str | None  #: user id or worker; None = the engine itself
    reason: str | None  #: given by a person
    at: dt.datetime


def row_after(
    row: InstanceRow, state: InstanceState, effects: Iterable[Effect], at: dt.datetime
) -> InstanceRow:
    """Return the row of an instance after a step.

    `version` and the snapshot stay the loaded ones: both are written once for all steps of a
    transaction.
    """
    codes = [effect.error_code for effect in effects if isinstance(effect, EndInstance)]
    return replace(
        row,
        status=state.status,
        business_key=state.business_key,
        incident_count=len(state.incidents),
        updated_at=at,
        ended_at=at if state.status in ENDED and row.ended_at is None else row.ended_at,
        error_code=codes[-1] if codes else row.error_code,
    )
