"""Commands <-> versioned JSON: the name of the class, and its fields by name.

Fields that hold their default are left out. Renaming a class or field is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Final, cast, get_args

from bpmn_engine.kernel.commands import Command
from bpmn_engine.store.codec_envelope import Record, Upgrade, reading, upgraded
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.values import JsonValue

VERSION: Final = 1

UPGRADES: Final[Mapping[int, Upgrade]] = {}
"""Version -> what makes the next version of it."""

_CLASSES: Final[Mapping[str, type[Command]]] = {
    command_class.__name__: command_class for command_class in get_args(Command)
}


def command_record(command: Command) -> Record:
    """Return a command as a JSON object."""
    values: dict[str, JsonValue] = {
        field.name: getattr(command, field.name)
        for field in fields(command)
        if getattr(command, field.name) != _default(field)
    }
    return {"v": VERSION, "command": type(command).__name__, **values}


def read_command(record: JsonValue) -> Command:
    """Return the command of a record written by this or an earlier release.

    Raises:
        CodecError: the record is newer than this release.
    """
    with reading("a command"):
        values = dict(upgraded(record, VERSION, UPGRADES))
        del values["v"]
        make = cast("Callable[..., Command]", _CLASSES[cast("str", values.pop("command"))])
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


def _default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
