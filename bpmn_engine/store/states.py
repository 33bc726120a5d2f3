"""Where states are kept: in the row of their instance, and large ones beside it.

A large state is not written whole in every transaction. The row says only that it is elsewhere;
`large_state` has it as it was at one entry of the journal, and the facts of later entries make the
rest. It is written anew after as many transactions as it is large, so that what an instance of n
parts costs grows with n, not with its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, cast

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.store.codec_facts import decode_facts
from bpmn_engine.store.codec_state import decode_state, encode_state
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.tables import journal, large_state

_ELSEWHERE: Final = '{"v":3,'
"""Begins what a row has instead of a large state; earlier releases refuse it by its version."""

_PARTS_A_TRANSACTION: Final = 100
"""Parts of a state that may be written anew, on average, for each transaction."""


class Base(NamedTuple):
    """A large state that is to be written whole."""

    key: Key
    content: str


class _Elsewhere(NamedTuple):
    version: int  #: of the instance's row when it was written whole
    size: int  #: in parts, at that time


def size_of(state: InstanceState) -> int:
    """Return how many parts a state has of which there may be thousands."""
    gathered = sum(len(outputs) for outputs in state.outputs.values())
    items = sum(len(each) for each in state.items.values())
    return len(state.visits) + len(state.waits) + len(state.completed) + gathered + items


def is_elsewhere(snapshot: str) -> bool:
    """Tell whether the row of an instance does not have its state."""
    return snapshot.startswith(_ELSEWHERE)


def written(
    row: InstanceRow, graph: ProcessGraph, state: InstanceState, *, largest: int
) -> tuple[str, Base | None]:
    """Return what the row is to have as its snapshot, and the large state to be written.

    Args:
        row: as it was loaded, but for its changes; a snapshot that is empty is not used again.
        graph: by which the instance runs.
        state: to be kept.
        largest: the most parts that are kept in the row.
    """
    size = size_of(state)
    if size <= largest:
        return encode_state(graph, state), None
    version = row.version + 1
    if is_elsewhere(row.snapshot):
        before = _read(row.snapshot)
        if version - before.version < before.size // _PARTS_A_TRANSACTION:
            return row.snapshot, None
    record = {"v": 3, "version": version, "size": size}
    return dump_json(record), Base(row.key, encode_state(graph, state))


def write(session: Session, bases: Sequence[Base], gone: Iterable[Key]) -> None:
    """Write large states after the journal of their transaction, and delete those that shrank."""
    for part in in_parts({*gone, *(base.key for base in bases)}):
        session.execute(delete(large_state).where(large_state.c.instance_key.in_(part)))
    for base in bases:
        through = session.scalar(
            select(func.max(journal.c.sequence)).where(journal.c.instance_key == base.key)
        )
        row = {"instance_key": base.key, "through": through, "content": base.content}
        session.execute(insert(large_state), [row])


def read_state(session: Session, graph: ProcessGraph, row: InstanceRow) -> InstanceState:
    """Return the state of an instance whose row was read in the same transaction.

    Raises:
        CodecError: it is newer than this release, or names what the graph does not have.
    """
    if not is_elsewhere(row.snapshot):
        return decode_state(graph, row.snapshot)
    columns = large_state.c
    base = session.execute(
        select(columns.content, columns.through).where(columns.instance_key == row.key)
    ).one()
    later = session.scalars(
        select(journal.c.facts)
        .where(journal.c.instance_key == row.key, journal.c.sequence > base.through)
        .order_by(journal.c.sequence)
    )
    facts = (fact for text in later for fact in decode_facts(graph, text))
    return fold(facts, decode_state(graph, base.content))


def _read(snapshot: str) -> _Elsewhere:
    record = cast("Mapping[str, int]", load_json(snapshot))
    return _Elsewhere(record["version"], record["size"])
