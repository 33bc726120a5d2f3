"""Which instance does again what which finished one did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import sqlalchemy as sa
from sqlalchemy import Integer, Select, bindparam, select

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import Command
from bpmn_engine.store.codec_commands import read_command
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.rows import optional_key
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import instance_restart, journal
from bpmn_engine.values import JsonValue

_TABLE = instance_restart.c
_RESTARTED: Final = select(_TABLE.restarted_key).where(_TABLE.instance_key == bindparam("key"))
_RESTARTED_AS: Final = (
    select(_TABLE.instance_key)
    .where(_TABLE.restarted_key == bindparam("key"))
    .order_by(_TABLE.instance_key)
    .limit(bindparam("most", type_=Integer()))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRow:
    """One restart."""

    instance_key: Key  #: of the new instance
    restarted_key: Key  #: of the finished instance
    request_key: str | None  #: the same one, of the same instance, restarts once


def insert(session: Session, rows: Sequence[RestartRow]) -> None:
    """Insert restarts; their new instances must exist."""
    if rows:
        session.execute(
            sa.insert(instance_restart),
            [
                {
                    "instance_key": row.instance_key,
                    "restarted_key": row.restarted_key,
                    "request_key": row.request_key,
                }
                for row in rows
            ],
        )


def find(session: Session, restarted_key: Key, request_key: str) -> Key | None:
    """Return what an instance was restarted as for a request before. Lock the instance first."""
    return optional_key(
        session.scalar(
            select(_TABLE.instance_key).where(
                _TABLE.restarted_key == restarted_key, _TABLE.request_key == request_key
            )
        )
    )


def restart_of(session: Session, instance_key: Key) -> Key | None:
    """Return the finished instance that an instance was restarted from."""
    return optional_key(session.scalar(_RESTARTED, {"key": instance_key}))


def restarted_as(session: Session, restarted_key: Key, limit: int = 200) -> tuple[Key, ...]:
    """Return the instances that a finished one was restarted as, oldest first."""
    found = session.scalars(_RESTARTED_AS, {"key": restarted_key, "most": limit})
    return tuple(map(Key, found))


def first_command(session: Session, instance_key: Key) -> Command | None:
    """Return the command that an instance began with; None: its journal is gone."""
    detail = session.scalar(_first(instance_key).with_only_columns(journal.c.detail))
    return None if detail is None else read_command(detail)


def first_variables(session: Session, instance_key: Key) -> dict[str, JsonValue]:
    """Return the variables that an instance began with."""
    text = session.scalar(_first(instance_key).with_only_columns(journal.c.facts))
    if text is None:
        return {}
    record = cast("dict[str, list[list[JsonValue]]]", load_json(text))
    for fact in record["facts"]:
        if fact[0] == "ScopeOpened" and fact[1] == 0:
            return dict(cast("dict[str, JsonValue]", fact[4]))
    return {}


def _first(instance_key: Key) -> Select[*tuple[object, ...]]:
    return (
        select(journal)
        .where(journal.c.instance_key == instance_key)
        .order_by(journal.c.sequence)
        .limit(1)
    )
