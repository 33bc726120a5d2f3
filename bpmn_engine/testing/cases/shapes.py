"""Shapes: what may stand where. One definition checks test files and makes the schema."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.testing.cases.yaml_nodes import Entries, Entry, FileProblem, Items, Node, Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class TextShape:
    """A text; a number or word is taken as it was written."""

    what: str = "text"  #: for messages: "a duration such as `2 days`"
    is_valid: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordShape:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountShape:
    """A whole number that is not negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingShape:
    """Null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyShape:
    """Any JSON value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapShape:
    """A mapping with keys of the writer's choice."""

    values: Shape
    what: str = "a mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """A list of things alike."""

    items: Shape
    at_least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a record."""

    name: str
    shape: Shape
    about: str  #: a sentence; editors show it
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShape:
    """A mapping with keys that are known."""

    what: str  #: for messages: "a case"
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceShape:
    """One of several shapes, told apart by whether a text, list, mapping or null stands there."""

    choices: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbShape:
    """A record whose verb, its only key that is one of the names here, says what else may stand.

    The first key of each record is its verb. Without a verb, `otherwise` counts, if there is one.
    """

    what: str
    records: tuple[RecordShape, ...]
    otherwise: MapShape | None = None


Shape = (
    TextShape
    | WordShape
    | CountShape
    | NothingShape
    | AnyShape
    | MapShape
    | ListShape
    | RecordShape
    | ChoiceShape
    | VerbShape
)


def find_problems(node: Node, shape: Shape) -> Iterator[FileProblem]:
    """Yield what is wrong with a node, in the order of the file."""
    match shape:
        case RecordShape():
            yield from _in_record(node, shape)
        case VerbShape():
            yield from _in_verb(node, shape)
        case ChoiceShape():
            yield from _in_choice(node, shape)
        case MapShape():
            yield from _in_map(node, shape)
        case ListShape():
            yield from _in_list(node, shape)
        case _:
            if not _fits(node, shape):
                yield _mismatch(node, _expected(shape), _suggested(node, shape))


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return " Did you mean …?" for the known text that looks most like the one found, or ""."""
    by_plain: dict[str, str] = {}
    for one in known:
        by_plain.setdefault(_plain(one), one)
    near = difflib.get_close_matches(_plain(found), list(by_plain), n=1, cutoff=0.6)
    return f" Did you mean {by_plain[near[0]]!r}?" if near else ""


def in_words(words: Sequence[str], last: str = "or") -> str:
    """Return words as people list them: `a, b or c`."""
    if len(words) < _TWO:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


_TWO: Final = 2


def _in_record(node: Node, shape: RecordShape) -> Iterator[FileProblem]:
    if not isinstance(node, Entries):
        yield _mismatch(node, f"{shape.what} (keys and values)")
        return
    known = {key.name: key for key in shape.keys}
    for entry in node.entries:
        key = known.get(entry.key)
        if key is None:
            yield _unknown(entry, list(known), shape.what)
        else:
            yield from find_problems(entry.value, key.shape)
    present = {entry.key for entry in node.entries}
    for key in shape.keys:
        if key.is_required and key.name not in present:
            message = f"Expected {shape.what} to have the key {key.name!r}, but it is missing."
            yield FileProblem(place=node.place, message=message)


def _in_verb(node: Node, shape: VerbShape) -> Iterator[FileProblem]:
    verbs = {record.keys[0].name: record for record in shape.records}
    if not isinstance(node, Entries):
        found = f"Expected {shape.what} such as `- {next(iter(verbs))}: …`, but {_found(node)}."
        yield FileProblem(place=node.place, message=found + _suggested_word(node, list(verbs)))
        return
    spoken = [entry for entry in node.entries if entry.key in verbs]
    if not spoken and shape.otherwise is not None:
        yield from _in_otherwise(node, shape.otherwise, list(verbs), shape.what)
    elif not spoken:
        yield _without_verb(node, shape, list(verbs))
    elif len(spoken) > 1:
        message = (
            f"Expected one thing to do in {shape.what}, but found {spoken[0].key!r} and "
            f"{spoken[1].key!r}. Begin a new line with `- ` for the second."
        )
        yield FileProblem(place=spoken[1].place, message=message)
    else:
        yield from _in_record(node, verbs[spoken[0].key])


def _in_otherwise(
    node: Entries, shape: MapShape, verbs: list[str], what: str
) -> Iterator[FileProblem]:
    """A key of several words that is nearly a verb is a verb with a slip, and no variable."""
    for entry in node.entries:
        if " " in entry.key and did_you_mean(entry.key, verbs):
            yield _unknown(entry, verbs, what)
    yield from _in_map(node, shape)


def _without_verb(node: Entries, shape: VerbShape, verbs: list[str]) -> FileProblem:
    if not node.entries:
        return FileProblem(place=node.place, message=f"Expected {shape.what}, but it is empty.")
    near = [entry for entry in node.entries if did_you_mean(entry.key, verbs)]
    return _unknown((near or list(node.entries))[0], verbs, shape.what)


def _in_choice(node: Node, shape: ChoiceShape) -> Iterator[FileProblem]:
    fitting = [one for one in shape.choices if _kind_fits(node, one)]
    if not fitting:
        yield _mismatch(node, in_words([_expected(one) for one in shape.choices]))
        return
    yield from find_problems(node, fitting[0])


def _in_map(node: Node, shape: MapShape) -> Iterator[FileProblem]:
    if not isinstance(node, Entries):
        yield _mismatch(node, f"{shape.what} (keys and values)")
        return
    for entry in node.entries:
        yield from find_problems(entry.value, shape.values)


def _in_list(node: Node, shape: ListShape) -> Iterator[FileProblem]:
    if not isinstance(node, Items):
        yield _mismatch(node, "a list (each line begins with `- `)")
        return
    if len(node.items) < shape.at_least:
        yield _mismatch(node, "a list with something in it")
    for item in node.items:
        yield from find_problems(item, shape.items)


def _fits(node: Node, shape: Shape) -> bool:
    match shape:
        case AnyShape():
            return True
        case NothingShape():
            return isinstance(node, Scalar) and node.value is None
        case TextShape():
            return _is_text(node) and (shape.is_valid is None or shape.is_valid(_text(node)))
        case WordShape():
            return _text(node) in shape.words
        case CountShape():
            value = node.value if isinstance(node, Scalar) else None
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case _:
            return _kind_fits(node, shape)


def _kind_fits(node: Node, shape: Shape) -> bool:
    match shape:
        case RecordShape() | VerbShape() | MapShape():
            return isinstance(node, Entries)
        case ListShape():
            return isinstance(node, Items)
        case ChoiceShape():
            return any(_kind_fits(node, one) for one in shape.choices)
        case TextShape():
            return _is_text(node)
        case WordShape():
            return _is_text(node) and _text(node) in shape.words
        case _:
            return _fits(node, shape)


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is not None


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _expected(shape: Shape) -> str:
    match shape:
        case TextShape() | RecordShape() | VerbShape() | MapShape():
            return shape.what
        case WordShape():
            return in_words([repr(word) for word in shape.words])
        case CountShape():
            return "a whole number"
        case NothingShape():
            return "nothing"
        case AnyShape():
            return "a value"
        case ListShape():
            return "a list"
        case ChoiceShape():
            return in_words([_expected(one) for one in shape.choices])


def _suggested(node: Node, shape: Shape) -> str:
    return _suggested_word(node, shape.words) if isinstance(shape, WordShape) else ""


def _suggested_word(node: Node, words: Sequence[str]) -> str:
    return did_you_mean(_text(node).partition(":")[0], words) if isinstance(node, Scalar) else ""


def _mismatch(node: Node, expected: str, suggestion: str = "") -> FileProblem:
    message = f"Expected {expected}, but {_found(node)}.{suggestion}"
    return FileProblem(place=node.place, message=message)


def _found(node: Node) -> str:
    match node:
        case Items():
            return "found a list" if node.items else "found an empty list"
        case Entries():
            return "found a mapping" if node.entries else "found an empty mapping"
        case Scalar(value=None):
            return "found nothing"
        case Scalar():
            return f"found {_short(node.text)!r}"


def _unknown(entry: Entry, known: Sequence[str], what: str) -> FileProblem:
    names = in_words([repr(name) for name in known])
    message = (
        f"Expected a key of {what}, but {_short(entry.key)!r} is none."
        f"{did_you_mean(entry.key, known)} Known are {names}."
    )
    return FileProblem(place=entry.place, message=message)


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").replace("-", " ").strip()


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_SHOWN: Final = 60
