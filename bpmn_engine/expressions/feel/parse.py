"""From text to syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from lark import Token, Tree

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.grammar import feel_parser
from bpmn_engine.expressions.feel.temporals import parse_temporal
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import read_tree, unquote

Branch = Token | Tree[Token]


def parse_feel(text: str) -> syntax.Node:
    """Return the syntax tree of a FEEL expression.

    Raises:
        MisreadError: the text is no FEEL expression, or nests too deep.
    """
    return _node(read_tree(feel_parser(), text, "FEEL").children[0])


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


def _literal(tree: Tree[Token]) -> syntax.Literal:
    token = _token(tree)
    match str(tree.data):
        case "number":
            value: syntax.Scalar = _number(token)
        case "string":
            value = unquote(token)
        case "temporal":
            value = parse_temporal(unquote(token))
            if value is None:
                message = f"Expected a date, a time or a duration, but found {token}."
                raise MisreadError(message, token.start_pos or 0)
        case word:
            value = {"true": True, "false": False}.get(word)
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
        type_name=str(_token(tree, 1)),
    )


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
    if not isinstance(base, syntax.Name):
        message = "Expected the name of a function before (, but found another expression."
        raise MisreadError(message, base.start)
    trees = _trees(suffix)
    children = _trees(trees[0]) if trees else []
    named = [child for child in children if child.data == "named"]
    return syntax.Call(
        start=base.start,
        end=suffix.meta.end_pos,
        name=base.name,
        arguments=() if named else tuple([_node(child) for child in children]),
        named=tuple([(_key(child), _node(child.children[1])) for child in named]),
    )


def _key(tree: Tree[Token]) -> str:
    token = _token(tree)
    return unquote(token) if token.type == "STRING" else str(token)


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


def _context(tree: Tree[Token]) -> syntax.ContextLiteral:
    entries = tuple([(_key(entry), _node(entry.children[1])) for entry in _trees(tree)])
    names = [name for name, _ in entries]
    for index, name in enumerate(names):
        if name in names[:index]:
            offset = _trees(tree)[index].meta.start_pos
            raise MisreadError(f"Expected different keys, but `{name}` comes twice.", offset)
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
