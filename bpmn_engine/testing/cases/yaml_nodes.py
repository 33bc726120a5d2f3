"""YAML as a tree with positions, by the rules of JSON: nothing in it can surprise or run.

Read from the events of PyYAML's parser, not by its resolver, which follows YAML 1.1. Here a plain
scalar is a number, `true`, `false` or `null` where JSON would say so, and text otherwise: `no`,
`0123`, `1_000`, `12:30` and `2026-03-02` are text. Tags, anchors, aliases and several documents
in one file are refused, so that a small file stays small and constructs no objects.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import yaml

from bpmn_engine.values import JsonValue

MAX_BYTES: Final = 1024 * 1024
"""Largest file that is read, in bytes."""

_MAX_DEPTH: Final = 50
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where something stands in a file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Something in a test file that cannot be read. `message` reads "Expected …, but …."."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value; `text` is as it was written, so that a business key `007` keeps its zeros."""

    place: Place
    value: bool | int | float | str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a mapping with its value."""

    place: Place
    key: str
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """A mapping; its keys are text and different from each other."""

    place: Place
    entries: tuple[Entry, ...]

    def find(self, key: str) -> Node | None:
        """Return the value of a key."""
        return next((entry.value for entry in self.entries if entry.key == key), None)


Node = Scalar | Items | Entries


class _Mark(Protocol):
    """Where an event stands, both from 0."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


_TOP: Final = Place(line=1, column=1)


class _Unreadable(Exception):  # noqa: N818 - it carries a problem out of the recursion
    """Stops the reading at the first place that is no YAML for us."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = FileProblem(place=place, message=message)


def read_yaml(content: bytes) -> Node | FileProblem:
    """Return the one document of a file, or why it cannot be read."""
    if len(content) > MAX_BYTES:
        return FileProblem(place=_TOP, message=f"Expected at most {MAX_BYTES:,} bytes, but more.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = "Expected UTF-8, but these bytes are not. Save the file as UTF-8."
        return FileProblem(place=Place(line=line, column=1), message=message)
    try:
        return _Reader(text).document()
    except _Unreadable as error:
        return error.problem
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        return FileProblem(place=_place(mark), message=f"Expected YAML, but: {said}.{_hint(said)}")
    except yaml.YAMLError as error:
        return FileProblem(place=_TOP, message=f"Expected YAML, but: {error}.")


def to_json(node: Node) -> JsonValue:
    """Return a node as a JSON value."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [to_json(item) for item in node.items]
        case Entries():
            return {entry.key: to_json(entry.value) for entry in node.entries}


class _Reader:
    """Takes the parser's events one by one."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))

    def document(self) -> Node:
        """Return the root of the only document; an empty file is null."""
        next(self._events)  # the stream's start
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return Scalar(place=_TOP, value=None, text="")
        root = self._node(next(self._events), depth=0)
        next(self._events)  # the document's end
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Unreadable(
                _place(event.start_mark), "Expected one document, but `---` begins a second one."
            )
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = _place(event.start_mark)
        if depth > _MAX_DEPTH:
            raise _Unreadable(place, f"Expected at most {_MAX_DEPTH} levels, but there are more.")
        if isinstance(event, yaml.AliasEvent):
            raise _Unreadable(place, f"Expected a value, but *{event.anchor} is an alias.{_SHARE}")
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _Unreadable(
                place, f"Expected a value, but &{event.anchor} is an anchor.{_SHARE}"
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _Unreadable(
                place, f"Expected a value, but {tag} is a tag. Quote the value to make it text."
            )
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(place, event)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(place=place, items=tuple(self._items(depth)))
        return Entries(place=place, entries=tuple(self._entries(depth)))

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[Entry]:
        seen: dict[str, Place] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise _Unreadable(
                    key.place, "Expected a word as key, but found a list or mapping."
                )
            if key.text in seen:
                raise _Unreadable(
                    key.place,
                    f"Expected each key once, but {key.text!r} is also in line "
                    f"{seen[key.text].line}.",
                )
            seen[key.text] = key.place
            value = self._node(next(self._events), depth + 1)
            yield Entry(place=key.place, key=key.text, value=value)


_SHARE: Final = " What several cases share belongs into `variable sets`, `jobs` or `setup`."


def _scalar(place: Place, event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if event.style is not None:
        return Scalar(place=place, value=text, text=text)
    if text in _WORDS:
        return Scalar(place=place, value=_WORDS[text], text=text)
    if _INTEGER.fullmatch(text):
        return Scalar(place=place, value=int(text), text=text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if not math.isfinite(number) or ("." not in text and "e" not in text.lower()):
            raise _Unreadable(
                place, f"Expected a number of at most 18 digits, but got {text[:40]}. Quote it."
            )
        return Scalar(place=place, value=number, text=text)
    return Scalar(place=place, value=text, text=text)


def _place(mark: _Mark | None) -> Place:
    if mark is None:
        return _TOP
    return Place(line=mark.line + 1, column=mark.column + 1)


def _hint(said: str) -> str:
    if "mapping values are not allowed" in said:
        return " A text with a colon and a space in it must stand in quotes."
    if "cannot start any token" in said and "\\t" in said:
        return " Indent with spaces, not with tabs."
    if "flow " in said:
        return " Put a text with a character such as ? : # , [ { in it in quotes."
    if "block mapping" in said or "block collection" in said:
        return " Look at the indentation of this line and of the lines above it."
    return ""
