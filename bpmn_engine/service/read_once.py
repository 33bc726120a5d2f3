"""What the parts of a page all need, read once for each session that only reads.

Such a session sees one moment of the database, so what it has read stays true. Never use this in a
unit of work, which changes what it has read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.store import instances, user_tasks
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.states import read_state
from bpmn_engine.store.user_tasks import UserTaskRow

Result = TypeVar("Result")


def instance_row(session: Session, key: Key) -> InstanceRow | None:
    """Return an instance."""
    return _once(session, ("instance", key), lambda: instances.find(session, key))


def instance_state(session: Session, graph: ProcessGraph, row: InstanceRow) -> InstanceState:
    """Return the state of an instance that runs by this graph."""
    return _once(session, ("state", row.key), lambda: read_state(session, graph, row))


def user_task_row(session: Session, key: Key) -> UserTaskRow | None:
    """Return a user task."""
    return _once(session, ("user task", key), lambda: user_tasks.find(session, key))


def _once(session: Session, what: Hashable, read: Callable[[], Result]) -> Result:
    if what not in session.kept:
        session.kept[what] = read()
    return cast("Result", session.kept[what])
