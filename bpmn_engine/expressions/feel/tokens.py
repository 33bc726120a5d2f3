"""From words to tokens: what the grammar of FEEL cannot say about its words and brackets.

Four things depend on what stands around a word or a bracket. Names may have spaces and operators
(`string length`, `Pre-Tax Income`): the longest name in scope wins, and neighbouring words that
are no keywords make one name. Contexts, loops and functions bring names of their own, which count
from there on. A keyword after a dot or before a colon is a name. And `]1..5[` turns its brackets
round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lark import Token

from bpmn_engine.expressions.feel.known import KnownNames, join_pieces

KEYWORDS = {
    "if": "_IF",
    "then": "_THEN",
    "else": "_ELSE",
    "for": "_FOR",
    "in": "_IN",
    "return": "_RETURN",
    "some": "SOME",
    "every": "EVERY",
    "satisfies": "_SATISFIES",
    "or": "_OR",
    "and": "_AND",
    "between": "_BETWEEN",
    "function": "_FUNCTION",
    "true": "TRUE",
    "false": "FALSE",
    "null": "NULL",
}
"""Word to terminal; every other word is a name or a part of one."""

_OPERANDS = frozenset(
    {"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "NULL", "RPAR", "RSQB", "RBRACE", "RANGE_CLOSE"}
)
_AFTER_OPERAND = frozenset(
    {"RPAR", "RSQB", "RBRACE", "COMMA", "COMPARE", "PLUS", "MINUS", "STAR", "SLASH", "POWER"}
)
_AFTER_RANGE = frozenset({"COMMA", "_RETURN", "_SATISFIES", "_THEN", "_ELSE"})
_WORDS_AFTER_OPERAND = frozenset(
    {"and", "or", "then", "else", "return", "satisfies", "in", "between", "instance"}
)
_NAME_PARTS = frozenset({"WORD", "NUMBER", "PLUS", "MINUS", "STAR", "SLASH", "DOT", "POWER"})
_TYPE_PHRASES = (
    ("date", "and", "time"),
    ("years", "and", "months", "duration"),
    ("days", "and", "time", "duration"),
)
_CALLED_PHRASES = frozenset(
    {
        "date and time",
        "years and months duration",
        "days and time duration",
        "get or else",
    }
)
_OPENING = {"LPAR": "(", "LSQB": "[", "LBRACE": "{"}
_CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})


class FeelTokens:
    """Turns the raw tokens into those the grammar knows; it lives for one text."""

    def __init__(self, variables: KnownNames, members: KnownNames) -> None:
        self._names = variables
        self._members = members

    def read(self, stream: Iterable[Token]) -> Iterator[Token]:
        """Yield the tokens with names joined, keywords told apart and range brackets marked."""
        names, members = KnownNames(behind=self._names), KnownNames(behind=self._members)
        reading = _Reading(list(stream), names, members)
        return _mark_ranges(reading.read_all())


class _Reading:
    """One way through the tokens of a text, from left to right."""

    def __init__(self, raw: list[Token], names: KnownNames, members: KnownNames) -> None:
        self.raw = raw
        self.words = [str(token) for token in raw]
        self.names = names
        self.members = members
        self.tokens: list[Token] = []
        self.index = 0
        self.brackets: list[str] = []  # open ones; `f` for the parameters of a function literal
        self.closed = ""  # the kind of the bracket closed last
        self.loops: list[int] = []  # depths of brackets at which iterators are being read

    def read_all(self) -> list[Token]:
        while self.index < len(self.raw):
            if not self._introduced():
                self._next()
        return self.tokens

    def _next(self) -> None:
        token = self.raw[self.index]
        match token.type:
            case "QUOTED":
                self._emit("NAME", 1, token[1:-1])
            case "WORD":
                self._word()
            case _:
                self._track(token.type)
                self.tokens.append(token)
                self.index += 1

    def _previous(self) -> str:
        return self.tokens[-1].type if self.tokens else ""

    def _track(self, kind: str) -> None:
        if kind in _OPENING:
            is_function = kind == "LPAR" and self._previous() == "_FUNCTION"
            self.brackets.append("f" if is_function else _OPENING[kind])
        elif kind in _CLOSING and self.brackets:
            self.closed = self.brackets.pop()
            self.loops = [depth for depth in self.loops if depth <= len(self.brackets)]

    def _emit(self, kind: str, length: int, text: str | None = None) -> None:
        first, last = self.raw[self.index], self.raw[self.index + length - 1]
        name = join_pieces(self.words[self.index : self.index + length]) if text is None else text
        self.tokens.append(_token(kind, name, first, last))
        self.index += length

    def _words_at(self, index: int, words: tuple[str, ...]) -> bool:
        return tuple(self.words[index : index + len(words)]) == words and all(
            token.type == "WORD" for token in self.raw[index : index + len(words)]
        )

    def _introduced(self) -> bool:
        """Read a name that is introduced here; tell whether there was one."""
        previous, bracket = self._previous(), self.brackets[-1] if self.brackets else ""
        if self.raw[self.index].type == "STRING":
            self._note_string_key(bracket)
            return False
        if previous in {"_FOR", "SOME", "EVERY"} or (
            previous == "COMMA" and self.loops and self.loops[-1] == len(self.brackets)
        ):
            return self._introduce(self._name_length(("in",)))
        if previous not in {"LBRACE", "COMMA", "LPAR"}:
            return previous == "COLON" and bracket == "f" and self._type()
        length = self._name_length((":", ")", ",") if bracket == "f" else (":",))
        return self._introduce(length) if bracket in {"f", "{", "("} else False

    def _note_string_key(self, bracket: str) -> None:
        following = self.words[self.index + 1 : self.index + 2]
        if bracket == "{" and following == [":"]:
            self.names.add(self.words[self.index][1:-1])
            self.members.add(self.words[self.index][1:-1])

    def _introduce(self, length: int) -> bool:
        if not length:
            return False
        self._emit("NAME", length)
        name = str(self.tokens[-1])
        self.names.add(name)
        self.members.add(name)
        return True

    def _name_length(self, ends: tuple[str, ...]) -> int:
        """Return how many tokens up to one of the ends make a name; 0 when they do not."""
        end = self.index
        while end < len(self.raw) and self.raw[end].type in _NAME_PARTS:
            if end > self.index and self.words[end] in ends:
                break
            end += 1
        is_name = end > self.index and end < len(self.raw) and self.words[end] in ends
        return end - self.index if is_name and self.raw[self.index].type == "WORD" else 0

    def _word(self) -> None:
        previous = self._previous()
        if previous == "_INSTANCE_OF" and self._type():
            return
        if previous == "RPAR" and self.closed == "f" and self.words[self.index] == "external":
            self._emit("EXTERNAL", 1)
            return
        if previous == "DOT":
            known = self.members.match(self.words, self.index)
        else:
            known = self.names.match(self.words, self.index)
            in_filter = "[" in self.brackets
            member = self.members.match(self.words, self.index) if in_filter else None
            known = max(filter(None, (known, member)), default=None, key=lambda found: found[0])
        if known is not None and self._is_name(known[0]):
            self._emit("NAME", known[0], known[1])
        elif self._words_at(self.index, ("instance", "of")):
            self._emit("_INSTANCE_OF", 2)
        elif self._is_keyword(self.index) and previous != "DOT":
            self._keyword()
        else:
            self._unknown()

    def _is_name(self, length: int) -> bool:
        """Tell whether a known name of that length is one here, and not the start of words."""
        end = self.index + length
        if length == 1 and self._is_keyword(self.index) and self._previous() != "DOT":
            return False
        if length > 1 and self._has_keyword(end) and not self._is_sign(end, "("):
            return False
        return not (
            end < len(self.raw)
            and self.raw[end - 1].type in {"WORD", "NUMBER"}
            and self._goes_on(end)
        )

    def _has_keyword(self, end: int) -> bool:
        """Tell whether a name up to `end` has a keyword in it, so that it may be two."""
        words = self.words[self.index : end]
        return any(word in KEYWORDS for word in words) and " ".join(words) in _CALLED_PHRASES

    def _keyword(self) -> None:
        word = self.words[self.index]
        self._emit(KEYWORDS[word], 1, word)
        if word in {"for", "some", "every"}:
            self.loops.append(len(self.brackets))
        elif word in {"return", "satisfies"} and self.loops:
            self.loops.pop()

    def _unknown(self) -> None:
        end = self.index + 1
        while end < len(self.raw) and self._goes_on(end):
            end += 1
        self._emit("NAME", end - self.index)

    def _goes_on(self, index: int) -> bool:
        """Tell whether a word, or a whole number as in `Score 1`, goes on with a name."""
        kind = self.raw[index].type
        if kind == "NUMBER":
            return self.words[index].isdecimal()
        return kind == "WORD" and not self._ends_name(index)

    def _ends_name(self, index: int) -> bool:
        return self._is_keyword(index) or self._words_at(index, ("instance", "of"))

    def _is_keyword(self, index: int) -> bool:
        if self.words[index] not in KEYWORDS:
            return False
        return index + 1 == len(self.raw) or self.raw[index + 1].type != "COLON"

    def _type(self) -> bool:
        """Read a type as one token; tell whether there was one."""
        end = self._type_end(self.index)
        if end == self.index:
            return False
        first, last = self.raw[self.index], self.raw[end - 1]
        text = " ".join(self.words[self.index : end])
        self.tokens.append(_token("TYPE", text, first, last))
        self.index = end
        return True

    def _type_end(self, index: int) -> int:
        start = index
        index = self._type_name_end(index)
        if self._is_sign(index, "<") and self.words[start] in _GENERIC and index == start + 1:
            index = self._close_type(index + 1)
        if self._is_sign(index, "-") and self._is_sign(index + 1, ">"):
            index = self._type_end(index + 2)
        return index

    def _type_name_end(self, index: int) -> int:
        for phrase in _TYPE_PHRASES:
            if self._words_at(index, phrase):
                return index + len(phrase)
        known = self.names.match(self.words, index) if index < len(self.raw) else None
        if known is not None and known[0] > 1:
            return index + known[0]
        while index < len(self.raw) and self.raw[index].type in {"WORD", "DOT"}:
            if self._is_keyword(index) and self.words[index] not in {"function", "null"}:
                break
            index += 1
        return index

    def _close_type(self, index: int) -> int:
        depth = 1
        while index < len(self.raw) and depth:
            if self._is_sign(index, "<"):
                depth += 1
            elif self._is_sign(index, ">") and not self._is_sign(index - 1, "-"):
                depth -= 1
            index += 1
        return index

    def _is_sign(self, index: int, sign: str) -> bool:
        return index < len(self.raw) and self.words[index] == sign


_GENERIC = frozenset({"list", "range", "context", "function"})


def _mark_ranges(tokens: list[Token]) -> Iterator[Token]:
    is_range: list[bool] = [False]  # for every open bracket, whether `..` came since
    previous = ""
    for index, token in enumerate(tokens):
        kind = token.type
        if kind == "_DOTS":
            is_range[-1] = len(is_range) > 1
        elif kind in _AFTER_RANGE:
            is_range[-1] = False
        elif kind == "RSQB" and previous not in _OPERANDS and previous != "LSQB":
            kind = "RANGE_OPEN"
        elif kind == "LSQB" and is_range[-1] and _closes_range(tokens, index):
            kind = "RANGE_CLOSE"
        if kind in {"LPAR", "LSQB", "LBRACE", "RANGE_OPEN"}:
            is_range.append(False)
        elif kind in {"RPAR", "RSQB", "RBRACE", "RANGE_CLOSE"} and len(is_range) > 1:
            is_range.pop()
        previous = kind
        yield token if kind == token.type else _token(kind, str(token), token, token)


def _closes_range(tokens: list[Token], index: int) -> bool:
    """Tell whether nothing that could stand inside a filter follows the `[` at `index`."""
    if index + 1 == len(tokens):
        return True
    following = tokens[index + 1]
    return following.type in _AFTER_OPERAND or following in _WORDS_AFTER_OPERAND


def _token(kind: str, text: str, first: Token, last: Token) -> Token:
    return Token(
        kind,
        text,
        start_pos=first.start_pos,
        line=first.line,
        column=first.column,
        end_line=last.end_line,
        end_column=last.end_column,
        end_pos=last.end_pos,
    )
