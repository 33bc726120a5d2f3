"""Cases with examples: one case for each row, `<column>` replaced by the row's value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bpmn_engine.testing.cases.shapes import did_you_mean, in_words
from bpmn_engine.testing.cases.yaml_nodes import (
    Entries,
    Entry,
    FileProblem,
    Items,
    Node,
    Place,
    Scalar,
)

_PLACEHOLDER: Final = re.compile(r"<([^<>\s](?:[^<>]*[^<>\s])?)>")
_EXAMPLES: Final = "examples"
_NAME: Final = "name"
_MOST_CHARACTERS: Final = 20_000_000

Row = Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledCase:
    """A case whose placeholders have been replaced by one row of its examples."""

    name: str
    place: Place
    case: Node
    setup: Node | None


def fill_cases(cases: Items, setup: Node | None) -> Iterator[FilledCase | FileProblem]:
    """Yield each case as often as it has rows, and what is wrong with the tables."""
    for case in cases.items:
        rows = case.find(_EXAMPLES) if isinstance(case, Entries) else None
        if isinstance(case, Entries) and isinstance(rows, Items) and rows.items:
            yield from _filled(case, rows, setup)
        else:
            name = case.find(_NAME) if isinstance(case, Entries) else None
            yield FilledCase(
                name=name.text if isinstance(name, Scalar) else "",
                place=case.place,
                case=case,
                setup=setup,
            )


def _filled(case: Entries, table: Items, setup: Node | None) -> Iterator[FilledCase | FileProblem]:
    rows = [row for row in table.items if isinstance(row, Entries)]
    if len(rows) < len(table.items):
        wrong = next(row for row in table.items if not isinstance(row, Entries))
        yield FileProblem(
            place=wrong.place,
            message="Expected a row such as `- {quantity: 3, enough: true}`, but found another.",
        )
        return
    columns = [entry.key for entry in rows[0].entries]
    bare = Entries(
        place=case.place,
        entries=tuple(entry for entry in case.entries if entry.key != _EXAMPLES),
    )
    if _filled_size((bare, setup), rows) > _MOST_CHARACTERS:
        yield FileProblem(
            place=table.place, message="Expected a smaller table, or shorter values or steps."
        )
        return
    yield from _unknown_columns(bare, columns)
    for row in rows:
        if sorted(entry.key for entry in row.entries) != sorted(columns):
            yield _other_columns(row, columns)
            continue
        values = {entry.key: entry.value for entry in row.entries}
        filled = _fill(bare, values)
        yield FilledCase(
            name=_name(case, values),
            place=row.place,
            case=filled,
            setup=None if setup is None else _fill(setup, values),
        )


def _filled_size(parts: Sequence[Node | None], rows: Sequence[Entries]) -> int:
    """Return how many characters all rows make at most, so that a short file stays small."""
    texts = [text for part in parts if part is not None for text in _texts(part)]
    placeholders = sum(text.count("<") for text in texts)
    longest = max((len(text) for row in rows for text in _texts(row)), default=0)
    return len(rows) * (sum(map(len, texts)) + len(texts) + placeholders * longest)


def _texts(node: Node) -> Iterator[str]:
    match node:
        case Items():
            for item in node.items:
                yield from _texts(item)
        case Entries():
            for entry in node.entries:
                yield entry.key
                yield from _texts(entry.value)
        case Scalar():
            yield node.text


def _name(case: Entries, row: Row) -> str:
    written = case.find(_NAME)
    text = written.text if isinstance(written, Scalar) else ""
    named = _fill_text(text, row)
    if named != text:
        return named
    return f"{text} [{', '.join(f'{name}={_word(value)}' for name, value in row.items())}]"


def _fill(node: Node, row: Row) -> Node:
    match node:
        case Items():
            return replace(node, items=tuple(_fill(item, row) for item in node.items))
        case Entries():
            return replace(
                node,
                entries=tuple(
                    Entry(
                        place=entry.place,
                        key=_fill_text(entry.key, row),
                        value=_fill(entry.value, row),
                    )
                    for entry in node.entries
                ),
            )
        case Scalar(value=str() as text):
            whole = _PLACEHOLDER.fullmatch(text)
            if whole is not None and whole[1] in row:
                return replace(row[whole[1]], place=node.place)
            filled = _fill_text(text, row)
            return Scalar(place=node.place, value=filled, text=filled)
        case Scalar():
            return node


def _fill_text(text: str, row: Row) -> str:
    return _PLACEHOLDER.sub(
        lambda found: _word(row[found[1]]) if found[1] in row else found[0], text
    )


def _word(value: Node) -> str:
    return value.text if isinstance(value, Scalar) else "…"


def _other_columns(row: Entries, columns: list[str]) -> FileProblem:
    found = in_words([entry.key for entry in row.entries], "and")
    return FileProblem(
        place=row.place,
        message=f"Expected the columns of the first row ({in_words(columns, 'and')}), "
        f"but this one has {found}.",
    )


def _unknown_columns(node: Node, columns: list[str]) -> Iterator[FileProblem]:
    """Yield values that are a placeholder as a whole, but for no column."""
    match node:
        case Items():
            for item in node.items:
                yield from _unknown_columns(item, columns)
        case Entries():
            for entry in node.entries:
                yield from _unknown_columns(entry.value, columns)
        case Scalar():
            whole = _PLACEHOLDER.fullmatch(node.text)
            if whole is not None and whole[1] not in columns:
                yield FileProblem(
                    place=node.place,
                    message=f"Expected a column of the examples, but {whole[1]!r} is none."
                    f"{did_you_mean(whole[1], columns)} Columns are {in_words(columns, 'and')}.",
                )
