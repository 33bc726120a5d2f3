"""What commands print: JSON or tables on standard output, progress on standard error."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bpmn_engine.values import JsonValue

_WIDTH_OF_FILES: Final = 200
"""Characters in a line when the output is no terminal: nothing is cut off."""

_KEY_SUFFIXES: Final = ("key", "keys")
_SECRET_FIELDS: Final = frozenset({"password_hash", "token_hash"})


class Advance(Protocol):
    """Says how much of a long command is done."""

    def __call__(self, count: int) -> None:
        """Note that `count` more are done."""


def print_json(value: object) -> None:
    """Print one JSON document."""
    json.dump(as_json(value), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_line(text: str) -> None:
    """Print one line for a person."""
    sys.stdout.write(f"{text}\n")


def print_error_line(text: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(f"{text}\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for a person."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_OF_FILES)
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    if table.row_count:
        console.print(table, markup=False)
    else:
        console.print(f"{title}: none", markup=False)


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Advance]:
    """Show a progress bar on standard error while the block runs, if that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(label, total=total)

        def advance(count: int) -> None:
            progress.advance(task, count)

        yield advance


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """Show that something is going on, on standard error, if that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(label):
        yield


def as_json(value: object, *, is_key: bool = False) -> JsonValue:
    """Return a read model as JSON: keys as decimal strings, times as ISO 8601, no secrets."""
    match value:
        case Enum():
            return as_json(value.value)
        case None | bool() | str() | float():
            return value
        case int():
            return str(value) if is_key else value
        case dt.datetime():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): as_json(item) for key, item in value.items()}
        case _:
            return _parts_as_json(value, is_key=is_key)


def short_time(at: dt.datetime | None) -> str:
    """Return a time for a table, in the machine's time zone."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _parts_as_json(value: object, *, is_key: bool) -> JsonValue:
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in _SECRET_FIELDS]
        return {name: as_json(getattr(value, name), is_key=_names_keys(name)) for name in names}
    if isinstance(value, Iterable):
        return [as_json(item, is_key=is_key) for item in value]
    return str(value)


def _names_keys(name: str) -> bool:
    return name.rpartition("_")[2] in _KEY_SUFFIXES


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return short_time(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(as_json(value), ensure_ascii=False)
    return "" if value is None else str(value)
