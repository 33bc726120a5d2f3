"""What the journal of instances tells beyond its entries: values of variables, lives of waits.

Facts are read as they were written, by their tags: nothing here needs the compiled process.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from sqlalchemy import select

from bpmn_engine.store.columns import from_microseconds
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import journal
from bpmn_engine.values import JsonValue
from bpmn_engine.views.found_history import VariableChange, VariableRecord, WaitLog

_FactRecord = Sequence[JsonValue]

_ROOT: Final = 0
_STARTS: Final = frozenset({"StartInstance", "StartElsewhere"})
_FAILS: Final = frozenset({"ThrowBpmnError"})
_ATTEMPTS: Final = frozenset({"FailJobAttempt", "FailJob"})
"""An attempt that failed; after the last one (`FailJob`) the wait stays open, too."""

_LOGGED: Final = frozenset({"job", "timer"})


@dataclass(slots=True, kw_only=True)
class Told:
    """What the journal of one instance tells."""

    instance_key: int
    changes: list[VariableChange] = field(default_factory=list)
    variables: dict[tuple[int, str], VariableRecord] = field(default_factory=dict)
    waits: list[WaitLog] = field(default_factory=list)


def told(session: Session, keys: Sequence[int]) -> Iterator[Told]:
    """Return what the journals of instances tell, in the order of their keys."""
    for part in in_parts(sorted(set(keys))):
        rows = session.execute(
            select(journal)
            .where(journal.c.instance_key.in_(part))
            .order_by(journal.c.instance_key, journal.c.sequence)
        )
        reader: _Reader | None = None
        for row in rows:
            if reader is None or reader.told.instance_key != row.instance_key:
                if reader is not None:
                    yield reader.told
                reader = _Reader(row.instance_key)
            reader.read(row)
        if reader is not None:
            yield reader.told


class _Reader:
    """Reads the journal of one instance, entry by entry."""

    def __init__(self, instance_key: int) -> None:
        self.told = Told(instance_key=instance_key)
        self._elements: dict[int, str] = {}  # visit -> element
        self._revisions: dict[tuple[int, str], int] = {}
        self._waits: dict[int, WaitLog] = {}  # as they were opened

    def read(self, row: AnyRow) -> None:
        """Take in the next entry."""
        record = cast("Mapping[str, Sequence[_FactRecord]]", load_json(row.facts))
        if row.action in _ATTEMPTS:
            self._log(row, row.wait, "failed")
        for fact in record["facts"]:
            self._take(row, fact)

    def _take(self, row: AnyRow, fact: _FactRecord) -> None:
        tag, rest = fact[0], fact[1:]
        match tag:
            case "ElementEntered":
                self._elements[_number(rest[0])] = _element(rest[1])
            case "ScopeOpened":
                self._set(row, _number(rest[0]), rest[3])
            case "VariablesSet":
                self._set(row, _number(rest[0]), rest[1])
            case "VariablesRemoved":
                self._remove(_number(rest[0]), rest[1])
            case "ScopeClosed":
                self._close(_number(rest[0]))
            case "WaitOpened":
                self._open(row, cast("_FactRecord", rest[0]))
            case "WaitClosed":
                self._closed(row, _number(rest[0]))
            case _:
                pass

    def _set(self, row: AnyRow, scope: int, variables: JsonValue) -> None:
        if not isinstance(variables, Mapping):
            return
        for name, value in variables.items():
            at = (scope, name)
            known = self.told.variables.get(at)
            element = None if scope == _ROOT else self._elements.get(scope)
            revision = self._revisions.get(at, -1) + 1
            self._revisions[at] = revision
            self.told.variables[at] = VariableRecord(
                instance_key=row.instance_key,
                scope=scope,
                element_id=element,
                name=name,
                value=value,
                created_at=row.at if known is None else known.created_at,
                is_deleted=False,
            )
            self.told.changes.append(
                VariableChange(
                    instance_key=row.instance_key,
                    sequence=row.sequence,
                    position=len(self.told.changes),
                    at=row.at,
                    actor=row.actor,
                    scope=scope,
                    element_id=element,
                    visit=scope or self._visit_of(row.wait),
                    name=name,
                    value=value,
                    revision=revision,
                    is_initial=row.action in _STARTS and revision == 0 and scope == _ROOT,
                )
            )

    def _remove(self, scope: int, names: JsonValue) -> None:
        for name in names if isinstance(names, Sequence) else ():
            self._mark_deleted((scope, str(name)))

    def _close(self, scope: int) -> None:
        for at in [at for at in self.told.variables if at[0] == scope]:
            self._mark_deleted(at)

    def _mark_deleted(self, at: tuple[int, str]) -> None:
        known = self.told.variables.get(at)
        if known is not None:
            self.told.variables[at] = VariableRecord(
                instance_key=known.instance_key,
                scope=known.scope,
                element_id=known.element_id,
                name=known.name,
                value=known.value,
                created_at=known.created_at,
                is_deleted=True,
            )

    def _visit_of(self, wait: int | None) -> int | None:
        known = None if wait is None else self._waits.get(wait)
        return None if known is None else known.visit

    def _open(self, row: AnyRow, wait: _FactRecord) -> None:
        kind = str(wait[3])
        if kind not in _LOGGED:
            return
        schedule = wait[4]
        due_at: dt.datetime | None = None
        if isinstance(schedule, Sequence) and isinstance(schedule[0], int):
            due_at = from_microseconds(schedule[0])
        opened = WaitLog(
            instance_key=row.instance_key,
            sequence=row.sequence,
            position=len(self.told.waits),
            at=row.at,
            actor=row.actor,
            kind=kind,
            event="created",
            wait=_number(wait[0]),
            visit=_number(wait[1]),
            element_id=_element(wait[2]),
            name=None if wait[5] is None else str(wait[5]),
            due_at=due_at,
            message=None,
            retries_left=None,
        )
        self._waits[opened.wait] = opened
        self.told.waits.append(opened)

    def _closed(self, row: AnyRow, wait: int) -> None:
        if wait not in self._waits:
            return
        is_answered = row.wait == wait
        failed = is_answered and row.action in _FAILS
        self._log(row, wait, "failed" if failed else "succeeded" if is_answered else "withdrawn")
        del self._waits[wait]

    def _log(self, row: AnyRow, wait: int | None, event: str) -> None:
        opened = None if wait is None else self._waits.get(wait)
        if opened is None:
            return
        message = row.detail.get("message")
        left = 0 if row.action == "FailJob" else row.detail.get("retries_left")
        self.told.waits.append(
            WaitLog(
                instance_key=row.instance_key,
                sequence=row.sequence,
                position=len(self.told.waits),
                at=row.at,
                actor=row.actor,
                kind=opened.kind,
                event=event,
                wait=opened.wait,
                visit=opened.visit,
                element_id=opened.element_id,
                name=opened.name,
                due_at=opened.due_at,
                message=None if event != "failed" or message is None else str(message),
                retries_left=left if isinstance(left, int) else None,
            )
        )


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else _ROOT


def _element(ref: JsonValue) -> str:
    """Return the element that a node of the graph stands for: the part before its `#`."""
    return str(ref).partition("#")[0]
