"""From syntax tree to closures: the operators."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bpmn_engine.expressions.expression import MisfitError
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.compiler import compile_node, compile_reference, node_code
from bpmn_engine.expressions.feel.moving import negate
from bpmn_engine.expressions.feel.operators import (
    ARITHMETICS,
    NUMBER_ARITHMETICS,
    ORDERS,
    compare,
)
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value, describe, equals, kind_of

_TEMPORAL_HINT = (
    "; text of a date or time becomes one with date(), time(), date and time() or duration()"
)


@node_code.register(syntax.Arithmetic)
def _arithmetic(node: syntax.Arithmetic, unit: Unit) -> Code:
    first = compile_node(node.first, unit)
    terms = tuple(
        [
            (term, compile_node(term.operand, unit), NUMBER_ARITHMETICS[term.operator])
            for term in node.terms
        ]
    )

    def compute(scope: Scope) -> Value:
        value = first(scope)
        for term, operand, of_numbers in terms:
            right = operand(scope)
            try:
                if type(value) is Decimal and type(right) is Decimal:
                    value = of_numbers(value, right)
                else:
                    value = _compute_others(node, unit, term, (value, right), scope)
            except ArithmeticError as error:
                problem = _overflow(term, value, right)
                if unit.is_strict:
                    raise problem from error
                value = unit.refuse(problem.message, problem.offset, scope)
        return value

    return compute


def _overflow(term: syntax.Term, left: Value, right: Value) -> MisfitError:
    if term.operator == "/" and right == 0:
        return MisfitError("Expected a divisor other than 0 right of /.", term.offset)
    message = (
        f"Expected a result in reach of {term.operator}, but there is none for "
        f"{describe(left)} and {describe(right)}."
    )
    return MisfitError(message, term.offset)


def _compute_others(
    node: syntax.Arithmetic,
    unit: Unit,
    term: syntax.Term,
    values: tuple[Value, Value],
    scope: Scope,
) -> Value:
    left, right = values
    if isinstance(left, str) and isinstance(right, str):
        length = len(left) + len(right)
        scope.evaluation.budget.check_text(length, term.offset)
        scope.evaluation.budget.spend_text(length, term.offset)
    result = ARITHMETICS[term.operator](left, right)
    if result is not None:
        return result
    index = node.terms.index(term)
    left_node = node.first if index == 0 else node.terms[index - 1].operand
    if index > 0:
        left_node = syntax.Name(start=node.first.start, end=left_node.end, name="")
    sign = term.operator
    if sign in "+-" and _is_temporal((left,)):
        return unit.misfit(term.operand, right, f"fitting duration or date right of {sign}", scope)
    expected = _expected_kind(sign, left, right)
    if right is None or (left is not None and expected == kind_of(left)):
        return unit.misfit(term.operand, right, f"{expected} right of {sign}", scope)
    return unit.misfit(left_node, left, f"{expected} left of {sign}", scope)


def _expected_kind(operator: str, left: Value, right: Value) -> str:
    """Return string where `+` has a string and no number beside it, else number."""
    is_joining = operator == "+" and any(isinstance(value, str) for value in (left, right))
    has_number = any(isinstance(value, bool | Decimal) for value in (left, right))
    return "string" if is_joining and not has_number else "number"


@node_code.register(syntax.Negation)
def _negation(node: syntax.Negation, unit: Unit) -> Code:
    operand = compile_node(node.operand, unit)

    def opposite(scope: Scope) -> Value:
        value = operand(scope)
        if isinstance(value, Decimal):
            return ARITHMETIC.minus(value)
        span = negate(value)
        if span is None:
            return unit.misfit(node.operand, value, "number right of -", scope)
        return span

    return opposite


@node_code.register(syntax.Comparison)
def _comparison(node: syntax.Comparison, unit: Unit) -> Code:
    if node.operator in {"=", "!="}:
        has_null = _is_null(node.left) or _is_null(node.right)
        compile_side = compile_reference if has_null else compile_node
        sides = compile_side(node.left, unit), compile_side(node.right, unit)
        return _equality(node, unit, *sides)
    left, right = compile_node(node.left, unit), compile_node(node.right, unit)
    of_numbers = ORDERS[node.operator]

    def order(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) is Decimal and type(second) is Decimal:
            return of_numbers(first, second)
        outcome = compare(first, second)
        if outcome is None:
            return _unordered(node, unit, (first, second), scope)
        return of_numbers(Decimal(outcome), Decimal(0))

    return order


def _unordered(
    node: syntax.Comparison, unit: Unit, values: tuple[Value, Value], scope: Scope
) -> Value:
    left, right = values
    sign, ordered = node.operator, _is_ordered
    if ordered(left) and not ordered(right):
        return unit.misfit(node.right, right, f"{kind_of(left)} right of {sign}", scope)
    if not ordered(left):
        kind = kind_of(right) if ordered(right) else "number"
        return unit.misfit(node.left, left, f"{kind} left of {sign}", scope)
    return _different_kinds(node, unit, values, scope)


def _different_kinds(
    node: syntax.Comparison, unit: Unit, values: tuple[Value, Value], scope: Scope
) -> Value:
    left, right = values
    hint = _TEMPORAL_HINT if {type(left), type(right)} & {str} and _is_temporal(values) else ""
    left_text = unit.source[node.left.start : node.left.end]
    right_text = unit.source[node.right.start : node.right.end]
    message = (
        f"Expected values of one kind around {node.operator}, but {left_text} is "
        f"{describe(left)} and {right_text} is {describe(right)}{hint}."
    )
    return unit.refuse(message, node.offset, scope)


def _is_temporal(values: Sequence[Value]) -> bool:
    return any("date" in kind_of(v) or "time" in kind_of(v) for v in values)


def _is_ordered(value: Value) -> bool:
    return compare(value, value) is not None


def _is_null(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Literal) and node.value is None


def _equality(node: syntax.Comparison, unit: Unit, left: Code, right: Code) -> Code:
    wanted = node.operator == "="

    def equal(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) is str and type(second) is str:
            scope.evaluation.budget.spend_text(len(first))
            return (first == second) is wanted
        outcome = equals(first, second, scope.evaluation.budget)
        if outcome is None:
            return _different_kinds(node, unit, (first, second), scope)
        return outcome is wanted

    return equal


@node_code.register(syntax.Logic)
def _logic(node: syntax.Logic, unit: Unit) -> Code:
    operands = tuple([(operand, compile_node(operand, unit)) for operand in node.operands])
    decisive = node.operator == "or"

    def decide(scope: Scope) -> Value:
        is_unknown = False
        for operand, code in operands:
            value = code(scope)
            if value is decisive:
                return decisive
            if not isinstance(value, bool):
                is_unknown = True
                if value is not None:
                    unit.misfit(operand, value, f"boolean beside {node.operator}", scope)
        return None if is_unknown else not decisive

    return decide


@node_code.register(syntax.Between)
def _between(node: syntax.Between, unit: Unit) -> Code:
    value = compile_node(node.value, unit)
    low, high = compile_node(node.low, unit), compile_node(node.high, unit)

    def lies_between(scope: Scope) -> Value:
        middle, first, last = value(scope), low(scope), high(scope)
        at_least, at_most = compare(middle, first), compare(middle, last)
        if at_least is not None and at_most is not None:
            return at_least >= 0 and at_most <= 0
        if not _is_ordered(middle):
            return unit.misfit(node.value, middle, "number left of between", scope)
        culprit, held = (node.low, first) if at_least is None else (node.high, last)
        return unit.misfit(culprit, held, f"{kind_of(middle)} right of between", scope)

    return lies_between
