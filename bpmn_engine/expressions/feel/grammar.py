"""The grammar of FEEL (DMN 1.5, 10.3.1.2), for the LALR parser of lark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from lark import Lark, Token

GRAMMAR = r"""
start: expression
unary_tests: _test ("," _test)*

?expression: disjunction

conditional: _IF expression _THEN expression _ELSE expression
loop: _FOR iterator ("," iterator)* _RETURN expression
quantified: (SOME | EVERY) iterator ("," iterator)* _SATISFIES expression
iterator: NAME _IN expression
        | NAME _IN additive _DOTS additive
function: _FUNCTION "(" [parameter ("," parameter)*] ")" [EXTERNAL] expression
parameter: NAME [":" TYPE]

?disjunction: conjunction (_OR conjunction)*
?conjunction: comparison (_AND comparison)*
?comparison: additive
           | comparison COMPARE additive           -> compare
           | comparison _BETWEEN additive _AND additive -> between
           | comparison _IN membership              -> member
           | comparison _INSTANCE_OF TYPE           -> instance_of
membership: additive
          | unary_test
          | "(" (expression | unary_test) ("," _test)+ ")"
_test: expression | unary_test
unary_test: COMPARE additive

?additive: product ((PLUS | MINUS) product)*
?product: power ((STAR | SLASH) power)*
?power: unary (POWER unary)*
?unary: MINUS unary -> negation
      | postfix
?postfix: primary suffix*
suffix: "." NAME                                   -> dot
      | "[" expression "]"                         -> filter
      | "(" [arguments] ")"                        -> call
arguments: expression ("," expression)*
         | named ("," named)*
named: (NAME | STRING) ":" expression

?primary: NUMBER                                   -> number
        | STRING                                   -> string
        | "@" STRING                               -> temporal
        | TRUE                                     -> true
        | FALSE                                    -> false
        | NULL                                     -> null
        | NAME                                     -> name
        | "(" expression ")"
        | "(" unary_test ")"
        | range
        | "[" [expression ("," expression)*] "]"   -> list
        | "{" [entry ("," entry)*] "}"             -> context
        | conditional
        | loop
        | quantified
        | function
range: (LPAR | LSQB | RANGE_OPEN) additive _DOTS additive (RPAR | RSQB | RANGE_CLOSE)
entry: (NAME | STRING) ":" expression

%declare _IF _THEN _ELSE _FOR _IN _RETURN SOME EVERY _SATISFIES
%declare _OR _AND _BETWEEN _FUNCTION TRUE FALSE NULL EXTERNAL
%declare NAME TYPE _INSTANCE_OF RANGE_OPEN RANGE_CLOSE

WORD: /(?!\d)[\w?\U00010000-\U000EFFFF\u2600-\u27BF][\w'\U00010000-\U000EFFFF\u2600-\u27BF]*/
QUOTED: /`[^`\n]+`/
NUMBER: /(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?/
STRING: /"(\\.|[^"\\])*"/s
COMPARE: "!=" | "<=" | ">=" | "=" | "<" | ">"
POWER: "**"
STAR: "*"
SLASH: "/"
PLUS: "+"
MINUS: "-"
_DOTS: ".."
LPAR: "("
RPAR: ")"
LSQB: "["
RSQB: "]"

COMMENT: /\/\/[^\n]*/ | /\/\*(.|\n)*?\*\//
%import common.WS
%ignore WS
%ignore COMMENT
"""


@cache
def feel_parser(start: str) -> Lark:
    """Return the parser of `start` or `unary_tests`; built once, safe to share between threads."""
    return Lark(
        GRAMMAR,
        start=start,
        parser="lalr",
        lexer="basic",
        postlex=_AnyToken(),
        propagate_positions=True,
        maybe_placeholders=False,
    )


@cache
def feel_lexer() -> Lark:
    """Return what divides a text into raw tokens."""
    return Lark(GRAMMAR, parser=None, lexer="basic", postlex=_AnyToken())


class _AnyToken:
    """Keeps the raw tokens that only `FeelTokens` reads; lark calls it after its lexer."""

    always_accept: Iterable[str] = ("WORD", "QUOTED")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Return the tokens as they are."""
        return stream
