"""From text to syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedToken

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.grammar import feel_lexer, feel_parser
from bpmn_engine.expressions.feel.temporals import parse_temporal
from bpmn_engine.expressions.feel.tokens import FeelTokens
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import checked_tree, unquote

Branch = Token | Tree[Token]


def parse_feel(text: str, known: FeelTokens) -> syntax.Node:
    """Return the syntax tree of a FEEL expression.

    Raises:
        MisreadError: the text is no FEEL expression, or nests too deep.
    """
    parser = feel_parser("start")
    tree = checked_tree(lambda: _parsed(parser, _lexed(text, known)), text, "FEEL")
    return _node(tree.children[0])


def parse_unary_tests(text: str, known: FeelTokens) -> syntax.UnaryTests:
    """Return the syntax tree of an input entry: `-`, tests, or `not(tests)`.

    Raises:
        MisreadError: the text is none, or nests too deep.
    """
    parser = feel_parser("unary_tests")
    is_negated = False

    def parse() -> Tree[Token]:
        nonlocal is_negated
        tokens = _lexed(text, known)
        is_negated = _is_negated(tokens)
        if [token.type for token in tokens] == ["MINUS"]:
            return Tree("unary_tests", [])
        return _parsed(parser, tokens[2:-1] if is_negated else tokens)

    tree = checked_tree(parse, text, "FEEL")
    return syntax.UnaryTests(start=0, end=len(text), tests=_nodes(tree), is_negated=is_negated)


def _lexed(text: str, known: FeelTokens) -> list[Token]:
    return list(known.read(feel_lexer().lex(text)))


def _parsed(parser: Lark, tokens: list[Token]) -> Tree[Token]:
    reading = parser.parse_interactive()
    last = tokens[-1] if tokens else Token("$END", "", 0, 1, 1)
    try:
        for token in tokens:
            reading.feed_token(token)
        tree: Tree[Token] = reading.feed_token(Token.new_borrow_pos("$END", "", last))
    except UnexpectedToken as error:
        error.interactive_parser = reading  # it knows what could have stood there
        raise
    return tree


_OPENING = frozenset({"LPAR", "LSQB", "LBRACE", "RANGE_OPEN"})
_CLOSING = frozenset({"RPAR", "RSQB", "RBRACE", "RANGE_CLOSE"})


def _is_negated(tokens: list[Token]) -> bool:
    """Tell whether one `not(…)` is around all the tokens."""
    if [str(token) for token in tokens[:2]] != ["not", "("]:
        return False
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        if index and not depth:
            return index + 1 == len(tokens)
    return False


def _node(branch: Branch) -> syntax.Node:
    if isinstance(branch, Token):  # the grammar puts no bare token where a node stands
        raise MisreadError(f"Expected an expression, but found `{branch}`.", branch.start_pos or 0)
    return _BUILDERS[str(branch.data)](branch)


def _nodes(tree: Tree[Token]) -> tuple[syntax.Node, ...]:
    return tuple([_node(child) for child in tree.children])


def _token(tree: Tree[Token], index: int = 0) -> Token:
    child = tree.children[index]
    if isinstance(child, Tree):
        raise MisreadError("Expected a word, but found an expression.", tree.meta.start_pos)
    return child


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _literal(tree: Tree[Token]) -> syntax.Node:
    token = _token(tree)
    match str(tree.data):
        case "number":
            value: syntax.Scalar = _number(token)
        case "string":
            value = unquote(token, keeps_others=True)
        case "temporal":
            return _temporal(tree, token)
        case word:
            value = {"true": True, "false": False}.get(word)
    return syntax.Literal(start=tree.meta.start_pos, end=tree.meta.end_pos, value=value)


def _temporal(tree: Tree[Token], token: Token) -> syntax.Literal | syntax.Nothing:
    value = parse_temporal(unquote(token, keeps_others=True))
    if value is None:
        message = f"Expected a date, a time or a duration, but found {token}."
        return syntax.Nothing(start=token.start_pos or 0, end=tree.meta.end_pos, message=message)
    return syntax.Literal(start=tree.meta.start_pos, end=tree.meta.end_pos, value=value)


def _number(token: Token) -> Decimal:
    number = Decimal(token)
    if number and abs(number.adjusted()) > 999:  # noqa: PLR2004 - the reach of ARITHMETIC
        raise MisreadError(f"Expected a smaller number, but found {token}.", token.start_pos or 0)
    return number


def _name(tree: Tree[Token]) -> syntax.Name:
    return syntax.Name(start=tree.meta.start_pos, end=tree.meta.end_pos, name=str(_token(tree)))


def _chain(tree: Tree[Token]) -> syntax.Arithmetic:
    first, *rest = tree.children
    terms = []
    for operator, operand in zip(rest[::2], rest[1::2], strict=True):
        offset = operator.start_pos if isinstance(operator, Token) else None
        terms.append(
            syntax.Term(operator=str(operator), offset=offset or 0, operand=_node(operand))
        )
    return syntax.Arithmetic(
        start=tree.meta.start_pos, end=tree.meta.end_pos, first=_node(first), terms=tuple(terms)
    )


def _negation(tree: Tree[Token]) -> syntax.Negation:
    return syntax.Negation(
        start=tree.meta.start_pos, end=tree.meta.end_pos, operand=_node(tree.children[1])
    )


def _compare(tree: Tree[Token]) -> syntax.Comparison:
    operator = _token(tree, 1)
    return syntax.Comparison(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        operator=str(operator),
        offset=operator.start_pos or 0,
        left=_node(tree.children[0]),
        right=_node(tree.children[2]),
    )


def _logic(tree: Tree[Token]) -> syntax.Logic:
    return syntax.Logic(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        operator="and" if tree.data == "conjunction" else "or",
        operands=_nodes(tree),
    )


def _between(tree: Tree[Token]) -> syntax.Between:
    value, low, high = _nodes(tree)
    return syntax.Between(
        start=tree.meta.start_pos, end=tree.meta.end_pos, value=value, low=low, high=high
    )


def _member(tree: Tree[Token]) -> syntax.Membership:
    value, tests = _trees(tree)
    return syntax.Membership(
        start=tree.meta.start_pos, end=tree.meta.end_pos, value=_node(value), tests=_nodes(tests)
    )


def _unary_test(tree: Tree[Token]) -> syntax.UnaryTest:
    return syntax.UnaryTest(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        operator=str(_token(tree)),
        operand=_node(tree.children[1]),
    )


def _instance_of(tree: Tree[Token]) -> syntax.InstanceOf:
    return syntax.InstanceOf(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        value=_node(tree.children[0]),
        type=_type(_token(tree, 1)),
    )


def _type(token: Token) -> syntax.TypeText:
    start = token.start_pos or 0
    return syntax.TypeText(start=start, end=token.end_pos or start, text=str(token))


def _postfix(tree: Tree[Token]) -> syntax.Node:
    node = _node(tree.children[0])
    for suffix in _trees(tree)[1:]:
        node = _SUFFIXES[str(suffix.data)](node, suffix)
    return node


def _dot(base: syntax.Node, suffix: Tree[Token]) -> syntax.Path:
    return syntax.Path(
        start=base.start, end=suffix.meta.end_pos, base=base, name=str(_token(suffix))
    )


def _filter(base: syntax.Node, suffix: Tree[Token]) -> syntax.Filter:
    return syntax.Filter(
        start=base.start,
        end=suffix.meta.end_pos,
        base=base,
        condition=_node(suffix.children[0]),
    )


def _call(base: syntax.Node, suffix: Tree[Token]) -> syntax.Call:
    trees = _trees(suffix)
    children = _trees(trees[0]) if trees else []
    named = [child for child in children if child.data == "named"]
    return syntax.Call(
        start=base.start,
        end=suffix.meta.end_pos,
        function=base,
        arguments=() if named else tuple([_node(child) for child in children]),
        named=tuple([(_key(child), _node(child.children[1])) for child in named]),
    )


def _key(tree: Tree[Token]) -> str:
    token = _token(tree)
    return unquote(token, keeps_others=True) if token.type == "STRING" else str(token)


def _range(tree: Tree[Token]) -> syntax.RangeLiteral:
    opening, closing = _token(tree, 0), _token(tree, 3)
    return syntax.RangeLiteral(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        low=_node(tree.children[1]),
        high=_node(tree.children[2]),
        low_included=opening.type == "LSQB",
        high_included=closing.type == "RSQB",
    )


def _list(tree: Tree[Token]) -> syntax.ListLiteral:
    return syntax.ListLiteral(start=tree.meta.start_pos, end=tree.meta.end_pos, items=_nodes(tree))


def _context(tree: Tree[Token]) -> syntax.Node:
    entries = tuple([(_key(entry), _node(entry.children[1])) for entry in _trees(tree)])
    names = [name for name, _ in entries]
    for index, name in enumerate(names):
        if name in names[:index]:
            offset = _trees(tree)[index].meta.start_pos
            message = f"Expected different keys, but `{name}` comes twice."
            return syntax.Nothing(start=offset, end=tree.meta.end_pos, message=message)
    return syntax.ContextLiteral(start=tree.meta.start_pos, end=tree.meta.end_pos, entries=entries)


def _conditional(tree: Tree[Token]) -> syntax.Conditional:
    condition, then, otherwise = _nodes(tree)
    return syntax.Conditional(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        condition=condition,
        then=then,
        otherwise=otherwise,
    )


def _iterators(trees: list[Tree[Token]]) -> tuple[syntax.Iterator, ...]:
    iterators = []
    for tree in trees:
        source, *last = [_node(child) for child in tree.children[1:]]
        iterators.append(
            syntax.Iterator(
                start=tree.meta.start_pos,
                end=tree.meta.end_pos,
                name=str(_token(tree)),
                source=source,
                last=last[0] if last else None,
            )
        )
    return tuple(iterators)


def _loop(tree: Tree[Token]) -> syntax.Loop:
    *iterators, body = _trees(tree)
    return syntax.Loop(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        iterators=_iterators(iterators),
        body=_node(body),
    )


def _quantified(tree: Tree[Token]) -> syntax.Quantified:
    *iterators, condition = _trees(tree)
    return syntax.Quantified(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        quantifier=str(_token(tree)),
        iterators=_iterators(iterators),
        condition=_node(condition),
    )


def _function(tree: Tree[Token]) -> syntax.FunctionLiteral:
    *parameters, body = _trees(tree)
    return syntax.FunctionLiteral(
        start=tree.meta.start_pos,
        end=tree.meta.end_pos,
        parameters=tuple([str(_token(parameter)) for parameter in parameters]),
        types=tuple(
            [_type(_token(each, 1)) if len(each.children) > 1 else None for each in parameters]
        ),
        is_external=any(isinstance(child, Token) for child in tree.children),
        body=_node(body),
    )


_SUFFIXES: Mapping[str, Callable[[syntax.Node, Tree[Token]], syntax.Node]] = {
    "dot": _dot,
    "filter": _filter,
    "call": _call,
}

_BUILDERS: Mapping[str, Callable[[Tree[Token]], syntax.Node]] = {
    "number": _literal,
    "string": _literal,
    "temporal": _literal,
    "true": _literal,
    "false": _literal,
    "null": _literal,
    "name": _name,
    "additive": _chain,
    "product": _chain,
    "power": _chain,
    "negation": _negation,
    "compare": _compare,
    "conjunction": _logic,
    "disjunction": _logic,
    "between": _between,
    "member": _member,
    "unary_test": _unary_test,
    "instance_of": _instance_of,
    "postfix": _postfix,
    "range": _range,
    "list": _list,
    "context": _context,
    "conditional": _conditional,
    "loop": _loop,
    "quantified": _quantified,
    "function": _function,
}
