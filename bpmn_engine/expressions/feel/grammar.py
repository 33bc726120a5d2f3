"""The grammar of FEEL (DMN 1.5, 10.3.1.2), for the LALR parser of lark."""

from __future__ import annotations

from functools import cache

from lark import Lark

from bpmn_engine.expressions.feel.tokens import FeelTokens

GRAMMAR = r"""
start: expression

?expression: conditional | loop | quantified | function | disjunction

conditional: _IF expression _THEN expression _ELSE expression
loop: _FOR iterator ("," iterator)* _RETURN expression
quantified: (SOME | EVERY) iterator ("," iterator)* _SATISFIES expression
iterator: NAME _IN expression
        | NAME _IN additive _DOTS additive
function: _FUNCTION "(" [parameter ("," parameter)*] ")" expression
parameter: NAME [":" NAME]

?disjunction: conjunction (_OR conjunction)*
?conjunction: comparison (_AND comparison)*
?comparison: additive
           | comparison COMPARE additive           -> compare
           | comparison _BETWEEN additive _AND additive -> between
           | comparison _IN membership              -> member
           | comparison _INSTANCE_OF NAME           -> instance_of
membership: additive
          | unary_test
          | "(" unary_test ("," _test)* ")"
          | "(" additive ("," _test)+ ")"
_test: additive | unary_test
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
        | range
        | "[" [expression ("," expression)*] "]"   -> list
        | "{" [entry ("," entry)*] "}"             -> context
range: (LPAR | LSQB | RANGE_OPEN) additive _DOTS additive (RPAR | RSQB | RANGE_CLOSE)
entry: (NAME | STRING) ":" expression

%declare _IF _THEN _ELSE _FOR _IN _RETURN SOME EVERY _SATISFIES
%declare _OR _AND _BETWEEN _FUNCTION TRUE FALSE NULL
%declare NAME _INSTANCE_OF RANGE_OPEN RANGE_CLOSE

WORD: /[^\W\d][\w']*/
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
def feel_parser() -> Lark:
    """Return the parser; it is built once and is safe to share between threads."""
    return Lark(
        GRAMMAR,
        parser="lalr",
        lexer="basic",
        postlex=FeelTokens(),
        propagate_positions=True,
        maybe_placeholders=False,
    )
