"""Commands <-> versioned JSON: the name of the class, and its fields by name.

Fields that hold their default are left out. Renaming a class or field is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Final, TypedDict, cast, get_args

from bpmn_engine.kernel.commands import (
    Command,
    CompleteAdHocJob,
    ElementStart,
    MigrateInstance,
    ModifyInstance,
    Move,
    MoveTimer,
    StartElsewhere,
)
from bpmn_engine.store.codec_envelope import Record, Upgrade, reading, upgraded
from bpmn_engine.store.codec_migration import plan_record, read_plan
from bpmn_engine.store.columns import from_microseconds, to_microseconds
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.values import JsonValue

VERSION: Final = 1


class _ElementRecord(TypedDict):
    element_id: str
    variables: Mapping[str, JsonValue]


UPGRADES: Final[Mapping[int, Upgrade]] = {}
"""Version -> what makes the next version of it."""

_CLASSES: Final[Mapping[str, type[Command]]] = {
    command_class.__name__: command_class for command_class in get_args(Command)
}
_MOVES: Final[Mapping[str, type[Move]]] = {
    move_class.__name__: move_class for move_class in get_args(Move)
}


def command_record(command: Command) -> Record:
    """Return a command as a JSON object."""
    values = _values(command)
    if isinstance(command, MigrateInstance):
        values["plan"] = plan_record(command.plan)
    if isinstance(command, ModifyInstance | StartElsewhere):
        values["moves"] = [
            {"move": type(move).__name__, **_values(move)} for move in command.moves
        ]
    if isinstance(command, MoveTimer):
        values["due_at"] = to_microseconds(command.due_at)
    if isinstance(command, CompleteAdHocJob):
        values["elements"] = [
            {"element_id": one.element_id, "variables": one.variables} for one in command.elements
        ]
    return {"v": VERSION, "command": type(command).__name__, **values}


def read_command(record: JsonValue) -> Command:
    """Return the command of a record written by this or an earlier release.

    Raises:
        CodecError: the record is newer than this release.
    """
    with reading("a command"):
        values = dict(upgraded(record, VERSION, UPGRADES))
        del values["v"]
        command_class = _CLASSES[cast("str", values.pop("command"))]
        make = cast("Callable[..., Command]", command_class)
        if "ends_after" in values:
            values["ends_after"] = tuple(cast("Sequence[JsonValue]", values["ends_after"]))
        if command_class in {ModifyInstance, StartElsewhere}:
            moves = cast("Sequence[Mapping[str, JsonValue]]", values.pop("moves"))
            return make(moves=tuple(map(_read_move, moves)), **values)
        if command_class is MigrateInstance:
            return make(plan=read_plan(values.pop("plan")), **values)
        if command_class is MoveTimer:
            return make(due_at=from_microseconds(cast("int", values.pop("due_at"))), **values)
        if command_class is CompleteAdHocJob:
            elements = cast("Sequence[_ElementRecord]", values.pop("elements"))
            return make(elements=tuple(ElementStart(**each) for each in elements), **values)
        for name in ("correlation_keys", "removed"):
            if name in values:
                values[name] = tuple(cast("Sequence[JsonValue]", values[name]))
        return make(**values)


def encode_command(command: Command) -> str:
    """Return a command as text."""
    return dump_json(command_record(command))


def decode_command(text: str) -> Command:
    """Return the command of a text written by this or an earlier release.

    Raises:
        CodecError: the text is newer than this release.
    """
    with reading("a command"):
        return read_command(load_json(text))


def _values(value: Command | Move) -> dict[str, JsonValue]:
    members = _MEMBERS[type(value).__name__]
    return {
        name: member for name, default in members if (member := getattr(value, name)) != default
    }


def _read_move(record: Mapping[str, JsonValue]) -> Move:
    values = dict(record)
    make = cast("Callable[..., Move]", _MOVES[cast("str", values.pop("move"))])
    return make(**values)


def _default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


_MEMBERS: Final[Mapping[str, tuple[tuple[str, object], ...]]] = {
    name: tuple((field.name, _default(field)) for field in fields(kind))
    for kinds in (_CLASSES, _MOVES)
    for name, kind in kinds.items()
}
"""Name of the class -> its fields with their defaults."""
