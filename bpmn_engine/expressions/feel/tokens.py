"""From words to tokens: what the grammar of FEEL cannot say about its words and brackets.

Three things depend on what stands around a word or a bracket. Names and built-ins may have spaces
(`string length`, `Vacation Status`), so neighbouring words that are no keywords make one name. A
keyword after a dot or before a colon is a name. And `]1..5[` turns its brackets round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lark import Token

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

_PHRASES = (
    ("date", "and", "time"),
    ("years", "and", "months", "duration"),
    ("days", "and", "time", "duration"),
    ("get", "or", "else"),
)
_OPERANDS = frozenset(
    {"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "NULL", "RPAR", "RSQB", "RBRACE", "RANGE_CLOSE"}
)
_AFTER_OPERAND = frozenset(
    {"RPAR", "RSQB", "RBRACE", "COMMA", "COMPARE", "PLUS", "MINUS", "STAR", "SLASH", "POWER"}
)
_WORDS_AFTER_OPERAND = frozenset(
    {"and", "or", "then", "else", "return", "satisfies", "in", "between", "instance"}
)


class FeelTokens:
    """Turns the raw tokens into those the grammar knows; lark calls it after its lexer."""

    always_accept: Iterable[str] = ("WORD", "QUOTED")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens with names joined, keywords told apart and range brackets marked."""
        return _mark_ranges(_join_names(list(stream)))


def _join_names(raw: list[Token]) -> list[Token]:
    tokens: list[Token] = []
    index = 0
    while index < len(raw):
        token = raw[index]
        previous = tokens[-1].type if tokens else ""
        if token.type == "QUOTED":
            tokens.append(_token("NAME", token[1:-1], token, token))
            index += 1
        elif token.type != "WORD":
            tokens.append(token)
            index += 1
        else:
            length, kind = _phrase(raw, index, previous)
            words = raw[index : index + length]
            tokens.append(_token(kind, " ".join(words), words[0], words[-1]))
            index += length
    return tokens


def _phrase(raw: list[Token], index: int, previous: str) -> tuple[int, str]:
    """Return how many words make one token here, and which terminal it is."""
    length = _fixed_phrase(raw, index, previous)
    if length:
        return length, "NAME"
    if _is_words(raw, index, ("instance", "of")):
        return 2, "_INSTANCE_OF"
    if _is_keyword(raw, index) and previous not in {"DOT", "_INSTANCE_OF"}:
        return 1, KEYWORDS[raw[index]]
    end = index + 1
    while end < len(raw) and raw[end].type == "WORD" and not _ends_name(raw, end):
        end += 1
    return end - index, "NAME"


def _ends_name(raw: list[Token], index: int) -> bool:
    return _is_keyword(raw, index) or _is_words(raw, index, ("instance", "of"))


def _is_keyword(raw: list[Token], index: int) -> bool:
    if raw[index] not in KEYWORDS:
        return False
    return index + 1 == len(raw) or raw[index + 1].type != "COLON"


def _is_words(raw: list[Token], index: int, words: tuple[str, ...]) -> bool:
    found = raw[index : index + len(words)]
    return tuple(found) == words and all(token.type == "WORD" for token in found)


def _fixed_phrase(raw: list[Token], index: int, previous: str) -> int:
    for words in _PHRASES:
        end = index + len(words)
        is_call = end < len(raw) and raw[end].type == "LPAR"
        if (is_call or previous == "_INSTANCE_OF") and _is_words(raw, index, words):
            return len(words)
    return 0


def _mark_ranges(tokens: list[Token]) -> Iterator[Token]:
    is_range: list[bool] = [False]  # for every open bracket, whether `..` came since
    previous = ""
    for index, token in enumerate(tokens):
        kind = token.type
        if kind == "_DOTS":
            is_range[-1] = True
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
