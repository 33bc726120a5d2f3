"""Queries that are asked again and again: text once, then asked by the driver's own cursor.

SQLAlchemy makes a key of a query each time to find its text, and several objects for each answer;
that is several times what SQLite takes for the answer itself. What a query means is still
SQLAlchemy's: its text, its types, the names of its columns and the classes of its errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, cast
from weakref import WeakKeyDictionary

from sqlalchemy import CursorResult, Executable
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase

Answer = IteratorResult[*tuple[object, ...]]

_Convert = Callable[[object], object]

_LIST: Final = re.compile(r"__\[POSTCOMPILE_(\w+)\]")
"""Where SQLAlchemy's text has a list whose length is not known yet."""


class _Parameter(NamedTuple):
    """One place in the text that takes a value, or a list of them."""

    name: str  #: in the text
    key: str  #: under which its value is given
    usual: object  #: what it is when it is not given
    is_required: bool
    convert: _Convert | None  #: to what the driver takes
    is_list: bool

    def value(self, given: Mapping[str, object]) -> object:
        """Return its value as the driver takes it."""
        value = given[self.key] if self.is_required else given.get(self.key, self.usual)
        if self.convert is None:
            return value
        if self.is_list:
            return [self.convert(item) for item in cast("Sequence[object]", value)]
        return self.convert(value)


class Prepared:
    """One query in the words of one driver. Thread-safe."""

    def __init__(
        self,
        compiled: SQLCompiler,
        columns: SimpleResultMetaData,
        converters: Sequence[tuple[int, _Convert]],
    ) -> None:
        """Take what was compiled, and at which places what converts the values of columns."""
        self._text = compiled.string
        self._parameters = _parameters(compiled)
        self._is_named = not compiled.positional
        self._names = [one.name for one in self._parameters]
        self._lists = [one.key for one in self._parameters if one.is_list]
        self._columns = columns
        self._converters = converters

    def takes(self, given: Mapping[str, object]) -> bool:
        """Tell whether it can be asked: of an empty list only SQLAlchemy knows how to say it."""
        return all(given.get(key) for key in self._lists)

    def ask(self, cursor: DBAPICursor, given: Mapping[str, object]) -> Answer:
        """Return the rows for the values that are given.

        Raises:
            KeyError: a value is missing.
            Exception: as the driver raises it.
        """
        text = self._text
        values = [one.value(given) for one in self._parameters]
        if self._lists:
            text, names, values = self._with_lists(values)
        else:
            names = self._names
        cursor.execute(text, dict(zip(names, values, strict=True)) if self._is_named else values)
        rows = cursor.fetchall()
        return IteratorResult(self._columns, self._read(rows) if self._converters else iter(rows))

    def _with_lists(self, values: Sequence[object]) -> tuple[str, list[str], list[object]]:
        """Return the text with a place for each value of its lists, and all names and values."""
        texts: dict[str, str] = {}
        all_names: list[str] = []
        all_values: list[object] = []
        for one, value in zip(self._parameters, values, strict=True):
            items = cast("Sequence[object]", value) if one.is_list else [value]
            names = [f"{one.name} {n}" for n in range(len(items))] if one.is_list else [one.name]
            places = (f"%({name})s" if self._is_named else "?" for name in names)
            texts[one.name] = ", ".join(places)
            all_names.extend(names)
            all_values.extend(items)
        return _LIST.sub(lambda found: texts[found[1]], self._text), all_names, all_values

    def _read(self, rows: Sequence[Sequence[object]]) -> Iterator[tuple[object, ...]]:
        for row in rows:
            values = list(row)
            for place, convert in self._converters:
                values[place] = convert(values[place])
            yield tuple(values)


class Preparations:
    """The queries that were asked before of one kind of database. Thread-safe.

    A query is known by being the same object: constants are prepared, and what is put together
    for one question is forgotten with it.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[SelectBase, Prepared | None] = WeakKeyDictionary()

    def of(self, statement: Executable, given: Mapping[str, object]) -> Prepared | None:
        """Return what asks a query with these values; None where that is left to SQLAlchemy."""
        if not isinstance(statement, SelectBase):
            return None
        prepared = self._known.get(statement)
        return prepared if prepared is not None and prepared.takes(given) else None

    def note(self, statement: Executable, answer: CursorResult[*tuple[object, ...]]) -> None:
        """Note that SQLAlchemy has asked a query; the second time prepare it for the next one.

        Args:
            statement: any; what is no query is left alone.
            answer: of which no row has been read yet.
        """
        if not isinstance(statement, SelectBase) or statement.get_execution_options():
            return
        if statement not in self._known:
            self._known[statement] = None
        elif self._known[statement] is None:
            self._known[statement] = _prepared(statement, answer)


@lru_cache
def preparations(_dialect: str) -> Preparations:
    """Return those of a kind of database, such as `sqlite`, that this process talks to."""
    return Preparations()


def _prepared(statement: SelectBase, answer: CursorResult[*tuple[object, ...]]) -> Prepared:
    dialect = answer.dialect
    compiled = statement.compile(dialect=dialect)
    columns = list(statement.selected_columns)
    converters = [
        column.type.dialect_impl(dialect).result_processor(dialect, described[1])
        for column, described in zip(columns, answer.cursor.description, strict=True)
    ]
    return Prepared(
        compiled,
        SimpleResultMetaData(tuple(answer.keys()), [(column,) for column in columns]),
        [(place, convert) for place, convert in enumerate(converters) if convert is not None],
    )


def _parameters(compiled: SQLCompiler) -> list[_Parameter]:
    """Return what the text takes, in the order of its places where the driver goes by that."""
    dialect = compiled.dialect
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    lists = frozenset(_LIST.findall(compiled.string))
    places = (compiled.positiontup or ()) if compiled.positional else binds
    return [
        _Parameter(
            name=name,
            key=binds[name].key,
            usual=binds[name].effective_value,
            is_required=binds[name].required,
            convert=binds[name].type.dialect_impl(dialect).bind_processor(dialect),
            is_list=name in lists,
        )
        for name in places
    ]
