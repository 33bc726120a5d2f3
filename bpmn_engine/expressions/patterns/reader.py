r"""From the text of a regular expression to a program.

Understood are XPath's regular expressions as FEEL and Java diagrams use them: alternatives,
groups, greedy and lazy quantifiers, classes with ranges and subtraction, `\d \w \s \p{L}`,
`^ $ \b`, back-references and the flags `s m i x q`. Look-around is refused.
"""

from __future__ import annotations

import unicodedata

from bpmn_engine.expressions.patterns.blocks import BLOCKS
from bpmn_engine.expressions.patterns.characters import CLASSES, class_test, equal_to, same_as
from bpmn_engine.expressions.patterns.program import (
    Accept,
    Assert,
    CharacterTest,
    Consume,
    Fork,
    Instruction,
    Place,
    Program,
    SameAgain,
    Save,
)

MAX_INSTRUCTIONS = 2_000
"""Size of a program; a larger pattern, such as nested counted repeats, is refused."""

_MAX_GROUPS = 30
_MAX_REPEAT = 1_000
_MAX_CLASS_PARTS = 50
_FLAGS = frozenset("smixq")
_DIGITS = frozenset("123456789")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_SPECIAL = frozenset("\\|.?*+(){}[]^$-/ \"'#&~@=<>!:,;%`_")

Piece = list[Instruction]
"""Instructions with targets relative to the piece's own first instruction."""


class PatternError(Exception):
    """The text is no regular expression this engine knows."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_program(text: str, flags: str) -> Program:
    """Return the program of a regular expression.

    Raises:
        PatternError: the text or a flag is unknown, or the pattern is too large.
    """
    unknown = set(flags) - _FLAGS
    if unknown:
        raise PatternError(f"Expected flags of smixq, but found {min(unknown)}.")
    reader = _Reader(text, flags)
    piece: Piece = [Consume(same_as(character, flags)) for character in text]
    if "q" not in flags:
        piece = reader.read_all()
    instructions = (Save(0), *_moved(piece, 1), Save(1), Accept())
    return Program(
        instructions=instructions,
        group_count=reader.group_count,
        is_multiline="m" in flags,
        ignores_case="i" in flags,
    )


class _Reader:
    """Reads one pattern from left to right; it lives for that pattern only."""

    def __init__(self, text: str, flags: str) -> None:
        self.text = _without_blanks(text) if "x" in flags else text
        self.flags = flags
        self.index = 0
        self.depth = 0
        self.group_count = 0
        self.closed: set[int] = set()  # the groups that can be asked for again

    def read_all(self) -> Piece:
        piece = self.read_alternatives()
        if self.index < len(self.text):
            raise self.error("the end")
        return piece

    def error(self, expected: str) -> PatternError:
        found = self.peek() or "the end"
        return PatternError(
            f"Expected {expected} in the pattern {self.text}, but found {found} at character "
            f"{self.index + 1}."
        )

    def peek(self, length: int = 1) -> str:
        return self.text[self.index : self.index + length]

    def accept(self, text: str) -> bool:
        if not self.text.startswith(text, self.index):
            return False
        self.index += len(text)
        return True

    def take(self) -> str:
        if self.index == len(self.text):
            raise self.error("a character")
        self.index += 1
        return self.text[self.index - 1]

    def read_alternatives(self) -> Piece:
        alternatives = [self.read_sequence()]
        while self.accept("|"):
            alternatives.append(self.read_sequence())
        piece = alternatives.pop()
        while alternatives:
            first = alternatives.pop()
            # 0: fork to 1 or past `first`; after `first` jump over `piece`.
            jump = len(first) + len(piece) + 2
            piece = [
                Fork(1, len(first) + 2),
                *_moved(first, 1),
                Fork(jump, jump),
                *_moved(piece, len(first) + 2),
            ]
            self.check_size(piece)
        return piece

    def read_sequence(self) -> Piece:
        sequence: Piece = []
        while self.index < len(self.text) and self.peek() not in {"|", ")"}:
            piece = self.read_repeated()
            sequence.extend(_moved(piece, len(sequence)))
            self.check_size(sequence)
        return sequence

    def check_size(self, piece: Piece) -> None:
        if len(piece) > MAX_INSTRUCTIONS:
            message = f"Expected a smaller pattern than {self.text[:40]}."
            raise PatternError(message)

    def read_repeated(self) -> Piece:
        piece = self.read_atom()
        while self.peek() in {"*", "+", "?", "{"} and self.peek():
            least, most = self.read_quantifier()
            is_lazy = self.accept("?")
            size = len(piece) * max(least, most or 0, 1)
            if size > MAX_INSTRUCTIONS:
                raise PatternError(f"Expected a smaller pattern than {self.text[:40]}.")
            piece = _repeated(piece, least, most, is_lazy=is_lazy)
        return piece

    def read_quantifier(self) -> tuple[int, int | None]:
        match self.take():
            case "*":
                return 0, None
            case "+":
                return 1, None
            case "?":
                return 0, 1
            case _:
                return self.read_counts()

    def read_counts(self) -> tuple[int, int | None]:
        least = self.read_count()
        most: int | None = least
        if self.accept(","):
            most = None if self.peek() == "}" else self.read_count()
        if not self.accept("}") or (most is not None and most < least):
            raise self.error("a quantifier such as {2,5}")
        return least, most

    def read_count(self) -> int:
        start = self.index
        while self.peek().isascii() and self.peek().isdigit():
            self.index += 1
        digits = self.text[start : self.index]
        if not digits or len(digits) > len(str(_MAX_REPEAT)) or int(digits) > _MAX_REPEAT:
            raise self.error(f"a count up to {_MAX_REPEAT}")
        return int(digits)

    def read_atom(self) -> Piece:
        match self.peek():
            case "(":
                return self.read_group()
            case "[":
                self.index += 1
                return [Consume(self.folded(self.read_class()))]
            case "\\":
                return self.read_escape()
            case "^" | "$" as place:
                self.index += 1
                return [Assert(Place(place))]
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise self.error("a character or group")
            case _:
                return self.read_character()

    def read_character(self) -> Piece:
        if not self.accept("."):
            return [Consume(same_as(self.take(), self.flags))]
        if "s" in self.flags:
            return [Consume(lambda _: True)]
        return [Consume(lambda character: character not in "\n\r")]

    def read_group(self) -> Piece:
        self.index += 1
        is_capturing = not self.accept("?:")
        if self.peek() == "?":
            raise self.error("no look-around and no named group")
        self.depth += 1
        if self.depth > _MAX_GROUPS or self.group_count >= _MAX_GROUPS:
            raise self.error(f"at most {_MAX_GROUPS} groups")
        if is_capturing:
            self.group_count += 1
        number = self.group_count
        piece = self.read_alternatives()
        if not self.accept(")"):
            raise self.error(")")
        self.depth -= 1
        if not is_capturing:
            return piece
        self.closed.add(number)
        return [Save(2 * number), *_moved(piece, 1), Save(2 * number + 1)]

    def read_escape(self) -> Piece:
        following = self.peek(2)[1:]
        if following in {"b", "B"} and following:
            self.index += 2
            return [Assert(Place("\\" + following))]
        if following and following in _DIGITS:
            return self.read_reference()
        return [Consume(self.folded(self.read_escaped_test()))]

    def read_reference(self) -> Piece:
        """Read a back-reference: the longest number that a closed group has."""
        self.index += 1
        group = int(self.take())
        while (
            self.peek() and self.peek() in _DIGITS and group * 10 + int(self.peek()) in self.closed
        ):
            group = group * 10 + int(self.take())
        if group not in self.closed:
            self.index -= 1
            raise self.error("the number of a group before it")
        return [SameAgain(group)]

    def read_escaped_test(self) -> CharacterTest:
        self.index += 1
        character = self.take()
        if character in CLASSES:
            return CLASSES[character]
        if character in "pP":
            return self.read_category(is_negated=character == "P")
        if character in _CONTROLS:
            return equal_to(_CONTROLS[character])
        if character not in _SPECIAL:
            self.index -= 1
            raise self.error("a known escape")
        return equal_to(character)

    def read_category(self, *, is_negated: bool) -> CharacterTest:
        end = self.text.find("}", self.index)
        if not self.accept("{") or end < 0:
            raise self.error("a category such as \\p{L}")
        name = self.text[self.index : end]
        if name in BLOCKS:
            self.index = end + 1
            first, last = BLOCKS[name]
            return lambda character: (first <= ord(character) <= last) != is_negated
        if name[:1] not in set("LMNPSZC") or len(name) > 2:  # noqa: PLR2004 - such as Lu
            raise self.error("a category such as \\p{L}")
        self.index = end + 1
        return lambda character: unicodedata.category(character).startswith(name) != is_negated

    def folded(self, test: CharacterTest) -> CharacterTest:
        if "i" not in self.flags:
            return test
        return lambda c: test(c) or test(c.lower()) or test(c.upper())

    def read_class(self) -> CharacterTest:
        """Read a class after its `[`."""
        is_negated = self.accept("^")
        singles: set[str] = set()
        tests: list[CharacterTest] = []
        minus: CharacterTest | None = None
        while not (self.peek() == "]" and (tests or singles)):
            if self.index == len(self.text):
                raise self.error("]")
            if self.peek(2) == "-[":
                self.index += 2
                self.depth += 1
                if self.depth > _MAX_GROUPS:
                    raise self.error(f"at most {_MAX_GROUPS} classes")
                minus = self.read_class()
                break
            part = self.read_class_part()
            if isinstance(part, str):
                singles.add(part)
            else:
                tests.append(part)
            if len(tests) > _MAX_CLASS_PARTS:
                raise self.error(f"at most {_MAX_CLASS_PARTS} ranges in a class")
        if not self.accept("]"):
            raise self.error("]")
        return class_test((frozenset(singles).__contains__, *tests), minus, is_negated=is_negated)

    def read_class_part(self) -> CharacterTest | str:
        """Read one character, or a test of many, of a class."""
        if self.peek() == "\\":
            first_index = self.index
            test = self.read_escaped_test()
            escaped = self.text[first_index + 1 : self.index]
            if self.peek() != "-" or escaped in CLASSES or len(escaped) != 1:
                return test
            first = _CONTROLS.get(escaped, escaped)
        else:
            first = self.take()
        if self.peek() != "-" or self.peek(2) in {"-]", "-["}:
            return first
        self.index += 1
        last = self.take()
        if last == "\\":
            last = self.take()
            last = _CONTROLS.get(last, last)
        if last < first:
            raise self.error("a range that goes up")
        return lambda character: first <= character <= last


def _without_blanks(text: str) -> str:
    """Return the pattern without white space, except in classes."""
    kept, depth, is_escaped = [], 0, False
    for character in text:
        if character.isspace() and not depth:
            continue
        kept.append(character)
        if not is_escaped:
            depth += (character == "[") - (character == "]" and depth > 0)
        is_escaped = character == "\\" and not is_escaped
    return "".join(kept)


def _moved(piece: Piece, offset: int) -> Piece:
    """Return the piece with its targets moved by `offset`."""
    return [Fork(i.first + offset, i.second + offset) if isinstance(i, Fork) else i for i in piece]


def _repeated(piece: Piece, least: int, most: int | None, *, is_lazy: bool) -> Piece:
    result: Piece = []
    for _ in range(least):
        result.extend(_moved(piece, len(result)))
    if most is None:
        start, size = len(result), len(piece)
        result.append(_fork(start + 1, start + size + 2, is_lazy=is_lazy))
        result.extend(_moved(piece, start + 1))
        result.append(Fork(start, start))
        return result
    end = least * len(piece) + (most - least) * (len(piece) + 1)
    for _ in range(most - least):
        result.append(_fork(len(result) + 1, end, is_lazy=is_lazy))
        result.extend(_moved(piece, len(result)))
    return result


def _fork(into: int, past: int, *, is_lazy: bool) -> Fork:
    return Fork(past, into) if is_lazy else Fork(into, past)
