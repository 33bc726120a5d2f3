"""The grammar of one `${…}` (JSR 245, Expression Language 2.1, chapter 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from lark import Lark, Token

GRAMMAR = r"""
start: expression

?expression: ternary
?ternary: disjunction
        | disjunction "?" expression ":" expression -> conditional
?disjunction: conjunction (_OR conjunction)*
?conjunction: equality (_AND equality)*
?equality: relation
         | equality EQUALITY relation               -> equal
?relation: additive
         | relation ORDER additive                  -> order
?additive: product ((PLUS | MINUS) product)*
?product: unary ((STAR | SLASH | PERCENT) unary)*
?unary: MINUS unary                                 -> negation
      | _NOT unary                                  -> opposite
      | _EMPTY unary                                -> empty
      | value
?value: primary suffix*
suffix: "." NAME                                    -> dot
      | "." NAME "(" [arguments] ")"                -> method
      | "[" expression "]"                          -> index
arguments: expression ("," expression)*
?primary: NUMBER                                    -> number
        | STRING                                    -> string
        | TRUE                                      -> true
        | FALSE                                     -> false
        | NULL                                      -> null
        | NAME                                      -> name
        | NAME "(" [arguments] ")"                  -> function
        | "(" expression ")"

%declare NAME TRUE FALSE NULL _AND _OR _NOT _EMPTY

WORD: /[^\W\d][\w$]*/
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
STRING: /"(\\.|[^"\\])*"/s | /'(\\.|[^'\\])*'/s
SIGN: "&&" | "||" | "!"
EQUALITY.2: "==" | "!="
ORDER: "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
PERCENT: "%"

%import common.WS
%ignore WS
"""

_WORDS = {
    "and": "_AND",
    "&&": "_AND",
    "or": "_OR",
    "||": "_OR",
    "not": "_NOT",
    "!": "_NOT",
    "empty": "_EMPTY",
    "true": "TRUE",
    "false": "FALSE",
    "null": "NULL",
}
_OPERATORS = {
    "eq": ("EQUALITY", "=="),
    "ne": ("EQUALITY", "!="),
    "lt": ("ORDER", "<"),
    "le": ("ORDER", "<="),
    "gt": ("ORDER", ">"),
    "ge": ("ORDER", ">="),
    "div": ("SLASH", "/"),
    "mod": ("PERCENT", "%"),
}


class JuelTokens:
    """Tells the words that are operators from names; after a dot every word is a name."""

    always_accept: Iterable[str] = ("WORD", "SIGN")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens the grammar knows."""
        previous = ""
        for token in stream:
            text = str(token)
            kind, shown = token.type, text
            if kind in {"WORD", "SIGN"}:
                kind, shown = _OPERATORS.get(text, (_WORDS.get(text, "NAME"), text))
                if previous == "DOT":
                    kind, shown = "NAME", text
            previous = kind
            yield token.update(kind, shown)


@cache
def juel_parser() -> Lark:
    """Return the parser; it is built once and is safe to share between threads."""
    return Lark(
        GRAMMAR,
        parser="lalr",
        lexer="basic",
        postlex=JuelTokens(),
        propagate_positions=True,
        maybe_placeholders=False,
    )
