"""From the parse tree of one `${…}` to closures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

from lark import Token, Tree

from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.operators import ORDERS, compare
from bpmn_engine.expressions.feel.trace import Tracing
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value, describe, equals, items_of, lift
from bpmn_engine.expressions.juel.calls import Call
from bpmn_engine.expressions.juel.delegates import TASK
from bpmn_engine.expressions.juel.functions import FUNCTIONS
from bpmn_engine.expressions.juel.moment_methods import as_moment
from bpmn_engine.expressions.juel.reading import Code, Reading, as_boolean, as_number
from bpmn_engine.expressions.juel.registered import (
    compile_call,
    compile_missing,
    not_registered,
)
from bpmn_engine.expressions.juel.suffixes import (
    Place,
    check_count,
    compile_arguments,
    compile_delegate,
    compile_suffix,
)
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import unquote

_NUMBER_OPERATORS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
    "div": ARITHMETIC.divide,
    "%": ARITHMETIC.remainder,
}


_Run = Callable[[Reading], Value]


def compile_tree(tree: Tree[Token], place: Place) -> Code:
    """Return the closure of a parse tree.

    Raises:
        MisreadError: it calls what is not on the allow-list.
    """
    run = _COMPILERS[str(tree.data)](tree, place)
    start, end = tree.meta.start_pos, tree.meta.end_pos
    is_literal = str(tree.data) in {"number", "string", "true", "false", "null"}
    if place.tracing is not None:
        span = (place.offset + start, place.offset + end)
        run = _traced(run, span, place.tracing, is_literal=is_literal)
    return Code(
        run=run,
        text=" ".join(place.text[start:end].split()),
        offset=place.offset + start,
        is_literal=is_literal,
    )


def _traced(run: _Run, span: tuple[int, int], tracing: Tracing, *, is_literal: bool) -> _Run:
    """Return a closure that notes what the piece gave."""

    def note(reading: Reading) -> Value:
        entry = tracing.enter(*span, is_literal=is_literal)
        if entry is None:
            return run(reading)
        try:
            entry.value = run(reading)
            entry.is_done = True
        finally:
            tracing.leave()
        return entry.value

    return note


def _codes(tree: Tree[Token], place: Place) -> list[Code]:
    return [compile_tree(child, place) for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _literal(tree: Tree[Token], place: Place) -> _Run:
    token = _tokens(tree)[0]
    value: Value
    match str(tree.data):
        case "number":
            value = as_number(str(token))
            if value is None:
                message = f"Expected a smaller number, but found {token}."
                raise MisreadError(message, place.offset + tree.meta.start_pos)
        case "string":
            value = unquote(token)
        case word:
            value = {"true": True, "false": False}.get(word)
    return lambda _reading: value


def _name(tree: Tree[Token], place: Place) -> _Run:
    name, offset = str(_tokens(tree)[0]), place.offset + tree.meta.start_pos
    place.names.add(name)
    if name == TASK and place.is_delegate(name):
        return compile_delegate(name, place)

    def read(reading: Reading) -> Value:
        value = reading.variables.get(name)
        if value is None and name not in reading.variables:
            raise reading.undefined(name, offset)
        return lift(value)

    return read


def _function(tree: Tree[Token], place: Place) -> _Run:
    name, offset = str(_tokens(tree)[0]), place.offset + tree.meta.start_pos
    arguments = compile_arguments(tree, place, compile_tree)
    function = FUNCTIONS.get(name)
    if function is None:
        return _registered(name, arguments, place, offset)
    check_count(name, function.counts, len(arguments), offset)

    def call(reading: Reading) -> Value:
        values = [argument.run(reading) for argument in arguments]
        reading.budget.spend(1, offset)
        return function.body(
            Call(
                name=name,
                receiver=None,
                arguments=values,
                budget=reading.budget,
                now=reading.now,
                offset=offset,
            )
        )

    return call


def _registered(name: str, arguments: list[Code], place: Place, offset: int) -> _Run:
    """Return the call of a registered function without a bean."""
    registered = place.functions.find(name)
    if registered is not None:
        return compile_call(registered, arguments, offset)
    if not place.functions.is_complete:
        return compile_missing(name, offset)
    known = ", ".join(f"{each}()" for each in sorted(FUNCTIONS))
    message = f"Expected a variable or one of {known}, but found {name}()."
    raise MisreadError(f"{message} {not_registered(name, place.functions)}", offset)


def _conditional(tree: Tree[Token], place: Place) -> _Run:
    condition, then, otherwise = _codes(tree, place)
    return lambda reading: (
        then.run(reading) if condition.boolean(reading, "before ?") else otherwise.run(reading)
    )


def _disjunction(tree: Tree[Token], place: Place) -> _Run:
    operands = _codes(tree, place)
    return lambda reading: any(operand.boolean(reading, "beside ||") for operand in operands)


def _conjunction(tree: Tree[Token], place: Place) -> _Run:
    operands = _codes(tree, place)
    return lambda reading: all(operand.boolean(reading, "beside &&") for operand in operands)


def _opposite(tree: Tree[Token], place: Place) -> _Run:
    (operand,) = _codes(tree, place)
    return lambda reading: not operand.boolean(reading, "right of !")


def _equal(tree: Tree[Token], place: Place) -> _Run:
    left, right = _codes(tree, place)
    wanted = _tokens(tree)[0] == "=="

    def test(reading: Reading) -> Value:
        first, second = left.run(reading), right.run(reading)
        return _are_equal((first, second), left, right, reading) is wanted

    return test


def _are_equal(values: tuple[Value, Value], left: Code, right: Code, reading: Reading) -> bool:
    first, second = values
    if first is None or second is None:
        return first is second
    for read, kind, word in ((as_boolean, bool, "boolean"), (as_number, Decimal, "number")):
        if isinstance(first, kind) and isinstance(second, str):
            if read(second) is None:
                raise right.misfit(second, f"{word} right of ==")
            return read(second) == first
        if isinstance(second, kind) and isinstance(first, str):
            if read(first) is None:
                raise left.misfit(first, f"{word} left of ==")
            return read(first) == second
    return bool(equals(first, second, reading.budget))


def _order(tree: Tree[Token], place: Place) -> _Run:
    left, right = _codes(tree, place)
    sign = str(_tokens(tree)[0])
    of_numbers = ORDERS[sign]

    def test(reading: Reading) -> Value:
        first, second = left.run(reading), right.run(reading)
        if isinstance(first, dt.datetime) or isinstance(second, dt.datetime):
            first, second = _moments((first, second), left, right, sign)
            return of_numbers(Decimal(compare(first, second) or 0), Decimal(0))
        if isinstance(first, str) and isinstance(second, str):
            return of_numbers(Decimal(compare(first, second) or 0), Decimal(0))
        number, other = as_number(first), as_number(second)
        if number is None:
            raise left.misfit(first, f"number left of {sign}")
        if other is None:
            raise right.misfit(second, f"number right of {sign}")
        return of_numbers(number, other)

    return test


def _moments(
    values: tuple[Value, Value], left: Code, right: Code, sign: str
) -> tuple[dt.datetime, dt.datetime]:
    first, second = as_moment(values[0]), as_moment(values[1])
    if first is None:
        raise left.misfit(values[0], f"date and time left of {sign}")
    if second is None:
        raise right.misfit(values[1], f"date and time right of {sign}")
    return first, second


def _chain(tree: Tree[Token], place: Place) -> _Run:
    first, *rest = _codes(tree, place)
    signs = _tokens(tree)
    terms = [
        (str(sign), place.offset + (sign.start_pos or 0), _NUMBER_OPERATORS[str(sign)], operand)
        for sign, operand in zip(signs, rest, strict=True)
    ]
    place_of_first = f"left of {signs[0]}"

    def compute(reading: Reading) -> Value:
        value = first.number(reading, place_of_first)
        for sign, offset, operator, operand in terms:
            right = operand.number(reading, f"right of {sign}")
            try:
                value = operator(value, right)
            except ArithmeticError as error:
                raise _overflow(sign, offset, value, right) from error
        return value

    return compute


def _overflow(sign: str, offset: int, left: Decimal, right: Decimal) -> FailingError:
    if right == 0:
        return FailingError(f"Expected a divisor other than 0 right of {sign}.", offset)
    message = (
        f"Expected a result in reach of {sign}, but there is none for "
        f"{describe(left)} and {describe(right)}."
    )
    return FailingError(message, offset)


def _negation(tree: Tree[Token], place: Place) -> _Run:
    (operand,) = _codes(tree, place)
    return lambda reading: ARITHMETIC.minus(operand.number(reading, "right of -"))


def _empty(tree: Tree[Token], place: Place) -> _Run:
    (operand,) = _codes(tree, place)
    child = next(child for child in tree.children if isinstance(child, Tree))
    root = _root_name(child)

    def test(reading: Reading) -> Value:
        if root and root not in reading.variables:
            return True
        value = operand.run(reading)
        return value is None or value == "" or _has_no_items(value)

    return test


def _has_no_items(value: Value) -> bool:
    if isinstance(value, Mapping):
        return not value
    items = items_of(value)
    return items is not None and not items


def _root_name(tree: Tree[Token]) -> str:
    """Return the variable that `name` or `name.property` begins with."""
    while tree.data == "value" and isinstance(tree.children[0], Tree):
        tree = tree.children[0]
    return str(_tokens(tree)[0]) if tree.data == "name" else ""


def _value(tree: Tree[Token], place: Place) -> _Run:
    children = [child for child in tree.children if isinstance(child, Tree)]
    return compile_suffix(children, place, compile_tree)


_COMPILERS: Mapping[str, Callable[[Tree[Token], Place], _Run]] = {
    "number": _literal,
    "string": _literal,
    "true": _literal,
    "false": _literal,
    "null": _literal,
    "name": _name,
    "function": _function,
    "conditional": _conditional,
    "disjunction": _disjunction,
    "conjunction": _conjunction,
    "opposite": _opposite,
    "equal": _equal,
    "order": _order,
    "additive": _chain,
    "product": _chain,
    "negation": _negation,
    "empty": _empty,
    "value": _value,
}
