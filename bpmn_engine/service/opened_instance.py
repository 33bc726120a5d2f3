"""Instances while the transaction lasts that has locked or created them, and their writing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import Command
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.kernel.step import is_patient
from bpmn_engine.store import continuations, instances, states
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingInstance:
    """Who called an instance."""

    key: Key
    wait: ElementKey
    root_key: Key


class TerminatingError(Exception):
    """Expected an instance of which nothing is being terminated; let it go on, then try again."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"Expected nothing of instance {key} to be terminated any more.")
        self.key = key


@dataclass(slots=True, kw_only=True)
class OpenedInstance:
    """An instance while its transaction lasts."""

    row: InstanceRow  #: as loaded or as last changed; `version` stays the loaded one
    graph: ProcessGraph
    state: InstanceState
    is_new: bool
    is_changed: bool = False
    was_moving: bool = False  #: as it was loaded
    was_terminating: bool = False  #: likewise: whether something of it was being terminated
    was_elsewhere: bool = False  #: its state was kept beside its row

    @property
    def is_moving(self) -> bool:
        """Whether its tokens are on their way between two steps."""
        return self.state.moving is not None

    def expect_patience(self, command: Command) -> None:
        """Check that a command need not wait for what was being terminated before.

        Raises:
            TerminatingError: it has to.
        """
        if self.was_terminating and self.state.terminating and not is_patient(command):
            raise TerminatingError(self.row.key)


def save_instances(
    session: Session, changed: Sequence[OpenedInstance], *, largest: int, now: dt.datetime
) -> tuple[list[states.Base], list[Key]]:
    """Write the rows of changed instances, and which of them are on their way.

    Returns the large states that are to be written when the journal is, and the instances whose
    state is no longer large: what `states.write` takes.
    """
    bases: list[states.Base] = []
    shrunk: list[Key] = []
    new: list[tuple[InstanceRow, str]] = []
    old: list[tuple[InstanceRow, str]] = []
    for each in changed:
        text, base = states.written(each.row, each.graph, each.state, largest=largest)
        (new if each.is_new else old).append((each.row, text))
        if base is not None:
            bases.append(base)
        elif each.was_elsewhere and not states.is_elsewhere(text):
            shrunk.append(each.row.key)
    instances.insert(session, new)
    instances.save(session, old)
    continuations.write(
        session,
        began=[each.row.key for each in changed if each.is_moving and not each.was_moving],
        ended=[each.row.key for each in changed if each.was_moving and not each.is_moving],
        now=now,
    )
    return bases, shrunk
