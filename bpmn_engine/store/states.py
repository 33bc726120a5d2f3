"""Where states are kept: in the row of their instance, and large ones beside it.

A large state is not written whole in every transaction. The row says only that it is elsewhere;
`large_state` has it as it was at one entry of the journal, and the facts of later entries make the
rest. A worker writes it anew after as many transactions as it is large (`Condensed`), so that what
an instance of n parts costs grows with n, not with its square, and no step waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, cast

from sqlalchemy import bindparam, delete, func, insert, select, update

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.store.codec_facts import decode_facts
from bpmn_engine.store.codec_state import decode_state, encode_state
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import changed_count, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal, large_state, process_instance

_ELSEWHERE: Final = '{"v":3,'
"""Begins what a row has instead of a large state; earlier releases refuse it by its version."""

_PARTS_A_TRANSACTION: Final = 100
"""Parts of a state that may be written anew, on average, for each transaction."""

_LATE: Final = 20
"""So many times later than a worker would have, a step writes the state itself: there is none."""


class Base(NamedTuple):
    """A large state that is to be written whole."""

    key: Key
    content: str


class _Elsewhere(NamedTuple):
    version: int  #: of the instance's row when it was written whole
    size: int  #: in parts, at that time

    @property
    def wait(self) -> int:
        """After how many transactions it is to be written anew."""
        return max(1, self.size // _PARTS_A_TRANSACTION)

    @property
    def text(self) -> str:
        """What the instance's row has instead of its state."""
        return dump_json({"v": 3, "version": self.version, "size": self.size})


class Condensed(NamedTuple):
    """A large state with all of its changes, to be kept instead of what is kept."""

    key: Key
    through: int  #: entry of the journal
    content: str
    pointer_before: str  #: in the instance's row; another one: somebody else was quicker
    pointer: str


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
        if version - before.version < before.wait * _LATE:
            return row.snapshot, None
    return _Elsewhere(version, size).text, Base(row.key, encode_state(graph, state))


def write(session: Session, bases: Sequence[Base], gone: Iterable[Key]) -> None:
    """Write large states after the journal of their transaction, and delete those that shrank."""
    for part in in_parts({*gone, *(base.key for base in bases)}):
        session.execute(delete(large_state).where(large_state.c.instance_key.in_(part)))
    for base in bases:
        through = _last_entry(session, base.key)
        row = {"instance_key": base.key, "through": through, "content": base.content}
        session.execute(insert(large_state), [row])


_CONTENT: Final = select(large_state.c.content, large_state.c.through).where(
    large_state.c.instance_key == bindparam("key")
)
_LATER_FACTS: Final = (
    select(journal.c.facts)
    .where(journal.c.instance_key == bindparam("key"), journal.c.sequence > bindparam("through"))
    .order_by(journal.c.sequence)
)


def read_state(session: Session, graph: ProcessGraph, row: InstanceRow) -> InstanceState:
    """Return the state of an instance whose row was read in the same transaction.

    Raises:
        CodecError: it is newer than this release, or names what the graph does not have.
    """
    if not is_elsewhere(row.snapshot):
        return decode_state(graph, row.snapshot)
    base = session.execute(_CONTENT, {"key": row.key}).one()
    later = session.scalars(_LATER_FACTS, {"key": row.key, "through": base.through})
    facts = (fact for text in later for fact in decode_facts(graph, text))
    return fold(facts, decode_state(graph, base.content))


_NEXT_LARGE: Final = (
    select(large_state.c.instance_key, process_instance.c.version, process_instance.c.snapshot)
    .join(process_instance, process_instance.c.key == large_state.c.instance_key)
    .where(large_state.c.instance_key > bindparam("after"))
    .order_by(large_state.c.instance_key)
    .limit(bindparam("most"))
)


def large_ones(session: Session, after: Key, limit: int) -> list[tuple[Key, bool]]:
    """Return the next large states by key, and of each whether it is to be written anew."""
    found = session.execute(_NEXT_LARGE, {"after": after, "most": limit})
    return [(Key(key), _is_overdue(snapshot, version)) for key, version, snapshot in found]


def condensed(session: Session, graph: ProcessGraph, row: InstanceRow) -> Condensed | None:
    """Return a large state with all its changes; None if its row has it by now.

    The session sees one moment of the database.
    """
    if not is_elsewhere(row.snapshot):
        return None
    state = read_state(session, graph, row)
    return Condensed(
        key=row.key,
        through=_last_entry(session, row.key),
        content=encode_state(graph, state),
        pointer_before=row.snapshot,
        pointer=_Elsewhere(row.version, size_of(state)).text,
    )


def keep(session: Session, new: Condensed) -> bool:
    """Keep a large state with its changes; tell whether it was still the one that was read."""
    columns = process_instance.c
    is_same = (columns.key == new.key, columns.snapshot == new.pointer_before)
    pointed = update(process_instance).where(*is_same).values(snapshot=new.pointer)
    if not changed_count(session.execute(pointed)):
        return False
    kept = {"through": new.through, "content": new.content}
    session.execute(update(large_state).where(large_state.c.instance_key == new.key).values(kept))
    return True


def _is_overdue(snapshot: str, version: int) -> bool:
    if not is_elsewhere(snapshot):
        return False
    base = _read(snapshot)
    return version - base.version >= base.wait


def _last_entry(session: Session, key: Key) -> int:
    last = session.scalar(
        select(func.max(journal.c.sequence)).where(journal.c.instance_key == key)
    )
    return int(last or 0)


def _read(snapshot: str) -> _Elsewhere:
    record = cast("Mapping[str, int]", load_json(snapshot))
    return _Elsewhere(record["version"], record["size"])
