"""Every stored text says its version; older ones are brought up to date, one version at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bpmn_engine.store.errors import CodecError
from bpmn_engine.values import JsonValue

Record = Mapping[str, JsonValue]
Upgrade = Callable[[Record], Record]
"""Turns a record of one version into the same of the next."""


def upgraded(record: JsonValue, current: int, upgrades: Mapping[int, Upgrade]) -> Record:
    """Return `record` as one of version `current`; `upgrades` holds one function per old version.

    Raises:
        CodecError: it is no record, or of a later version than this release knows.
    """
    while isinstance(record, Mapping):
        version = record.get("v")
        if version == current:
            return record
        if not isinstance(version, int) or version not in upgrades:
            raise CodecError(f"Expected version {current} or older, but the text has {version!r}.")
        record = {**upgrades[version](record), "v": version + 1}
    raise CodecError(f"Expected an object, but the text holds {type(record).__name__}.")


@contextmanager
def reading(subject: str) -> Iterator[None]:
    """Turn what goes wrong while a text is taken apart into a `CodecError`."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        message = f"Expected {subject} this release can read, but {type(error).__name__}: {error}."
        raise CodecError(message) from error
