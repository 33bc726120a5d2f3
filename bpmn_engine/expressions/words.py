"""What the parsers of all languages share: words for messages, string escapes, the depth limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bpmn_engine.expressions.expression import MAX_DEPTH
from bpmn_engine.expressions.misread import MisreadError

_WORDS = {
    "$END": "the end",
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "COMMA": "a comma",
    "COLON": ":",
    "DOT": "a dot",
    "DOTS": "..",
    "AT": "@",
    "QMARK": "?",
    "RANGE_OPEN": "]",
    "RANGE_CLOSE": "[",
}
_STARTS_VALUE = frozenset({"NAME", "NUMBER", "STRING"})
_OPERATORS = frozenset({"PLUS", "COMPARE", "EQUALITY", "ORDER", "_AND", "_OR"})
_BRACKETS = (
    "RPAR",
    "RSQB",
    "RBRACE",
    "COMMA",
    "COLON",
    "_DOTS",
    "_THEN",
    "_ELSE",
    "_RETURN",
    "$END",
)
_QUOTES = {"FEEL": '"', "JUEL": "\"'"}
_FEEL_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LAST_CHARACTER = 0x10FFFF


def read_tree(parser: Lark, text: str, language: str) -> Tree[Token]:
    """Return the parse tree of a text.

    Raises:
        MisreadError: the text is no expression of the language, or nests too deep.
    """
    return checked_tree(lambda: parser.parse(text), text, language)


def checked_tree(parse: Callable[[], Tree[Token]], text: str, language: str) -> Tree[Token]:
    """Return the parse tree that `parse` makes of a text.

    Raises:
        MisreadError: the text is no expression of the language, or nests too deep.
    """
    try:
        root = parse()
    except UnexpectedToken as error:
        is_end = error.token.type == "$END"
        offset = len(text) if is_end else error.token.start_pos or 0
        found = "the text ends" if is_end else f"found `{error.token}`"
        message = f"Expected {expected_words(error.accepts)}, but {found}."
        raise MisreadError(message, offset) from error
    except UnexpectedCharacters as error:
        is_open_quote = error.char in _QUOTES[language]
        expected = "a closing quote" if is_open_quote else f"a {language} expression"
        message = f"Expected {expected}, but found `{error.char}`."
        lines = text.split("\n")[: error.line - 1]
        offset = sum(len(line) + 1 for line in lines) + error.column - 1
        raise MisreadError(message, offset) from error
    check_depth(root, MAX_DEPTH)
    return root


def expected_words(terminals: Iterable[str]) -> str:
    """Return in words what could have stood where the parser stopped."""
    names = set(terminals)
    if names >= _STARTS_VALUE:
        return "a value"
    if names & _OPERATORS:
        ends = [_word(name) for name in _BRACKETS if name in names]
        return " or ".join(["an operator", *ends])
    return " or ".join(sorted(_word(name) for name in names)[:6]) or "nothing more"


def _word(terminal: str) -> str:
    return _WORDS.get(terminal.lstrip("_"), terminal.lstrip("_").lower().replace("_", " "))


def unquote(token: Token, *, keeps_others: bool = False) -> str:
    r"""Return what a quoted string says, its escapes resolved.

    FEEL knows few escapes and keeps a backslash before anything else, such as in `"\s"`.

    Raises:
        MisreadError: a `\U` escape names no character.
    """
    offset = token.start_pos or 0

    def resolve(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        if digits is None:
            if keeps_others:
                return _FEEL_ESCAPES.get(match[3], match[0])
            return _ESCAPES.get(match[3], match[3])
        if int(digits, 16) > _LAST_CHARACTER:
            message = f"Expected a Unicode character, but found {match[0]}."
            raise MisreadError(message, offset + match.start() + 1)
        return chr(int(digits, 16))

    text = _ESCAPE.sub(resolve, token[1:-1])
    text = _SURROGATES.sub(lambda pair: _join_surrogates(pair[0]), text)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise MisreadError("Expected Unicode characters, but found half of a pair.", offset)
    return text


def _join_surrogates(pair: str) -> str:
    return pair.encode("utf-16", "surrogatepass").decode("utf-16")


def check_depth(root: Tree[Token], limit: int) -> None:
    """Refuse a parse tree that is deeper than `limit`; this walk needs no recursion.

    Raises:
        MisreadError: the tree is deeper.
    """
    level: list[Tree[Token]] = [root]
    for _ in range(limit):
        level = [child for tree in level for child in tree.children if isinstance(child, Tree)]
        if not level:
            return
    message = f"Expected at most {limit} levels, but the expression nests deeper."
    raise MisreadError(message, level[0].meta.start_pos if not level[0].meta.empty else 0)
