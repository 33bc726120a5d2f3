"""From syntax tree to closures: `in`, ranges with one end, and the tests of input entries.

A test is an expression, or an operator and its right operand (DMN 1.5, 10.3.2.8 and table 55).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.compiler import compile_node, node_code
from bpmn_engine.expressions.feel.operators import ORDERS, compare, includes, satisfies
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import Range, Value, describe, equals, kind_of, lift

INPUT = "?"
"""The name of the value that an input entry tests."""

_Test = Callable[[Value, Scope], bool | None]
_ZERO = Decimal(0)


@node_code.register(syntax.Membership)
def _membership(node: syntax.Membership, unit: Unit) -> Code:
    value = compile_node(node.value, unit)
    tests = [_test(node.value, test, unit) for test in node.tests]
    return lambda scope: _any_holds(tests, value(scope), scope)


def _any_holds(tests: Sequence[_Test], candidate: Value, scope: Scope) -> Value:
    is_unknown = False
    for test in tests:
        outcome = test(candidate, scope)
        if outcome:
            return True
        is_unknown = is_unknown or outcome is None
    return None if is_unknown else False


def _test(tested: syntax.Node, test: syntax.Node, unit: Unit) -> _Test:
    if isinstance(test, syntax.UnaryTest):
        return _operator_test(tested, test, unit)
    operand = compile_node(test, unit)
    is_null = isinstance(test, syntax.Literal)

    def holds(candidate: Value, scope: Scope) -> bool | None:
        against = operand(scope)
        if against is None and candidate is not None and not is_null:
            return None  # a range or list that has no value holds nobody knows what
        outcome = satisfies(candidate, against, scope.evaluation.budget)
        if outcome is None:
            unit.misfit(tested, candidate, f"value fitting {describe(against)}", scope)
        return outcome

    return holds


def _operator_test(tested: syntax.Node, test: syntax.UnaryTest, unit: Unit) -> _Test:
    operand, operator = compile_node(test.operand, unit), test.operator
    if operator in {"=", "!="}:
        return _equality_test(tested, test, operand, unit)
    fits = ORDERS[operator]

    def holds(candidate: Value, scope: Scope) -> bool | None:
        against = operand(scope)
        if type(candidate) is Decimal and type(against) is Decimal:
            return fits(candidate, against)
        order = compare(candidate, against)
        if order is None:
            kind = "number" if against is None else kind_of(against)
            unit.misfit(tested, candidate, f"{kind} left of {operator}", scope)
            return None
        return fits(Decimal(order), _ZERO)

    return holds


def _equality_test(
    tested: syntax.Node, test: syntax.UnaryTest, operand: Code, unit: Unit
) -> _Test:
    wanted = test.operator == "="

    def holds(candidate: Value, scope: Scope) -> bool | None:
        against = operand(scope)
        outcome = equals(candidate, against, scope.evaluation.budget)
        if outcome is None:
            unit.misfit(tested, candidate, f"value of the kind of {describe(against)}", scope)
            return None
        return outcome is wanted

    return holds


@node_code.register(syntax.UnaryTest)
def _open_range(node: syntax.UnaryTest, unit: Unit) -> Code:
    """Return the code of `(< 10)`: a range with one end, or for `=` and `!=` with one value."""
    operand, operator = compile_node(node.operand, unit), node.operator
    is_low, is_high = operator in {">", ">=", "="}, operator in {"<", "<=", "="}

    def make(scope: Scope) -> Value:
        end = operand(scope)
        is_plain = isinstance(end, bool) and operator in {"=", "!="}
        if end is not None and not is_plain and compare(end, end) is None:
            return unit.misfit(node.operand, end, f"value with an order after {operator}", scope)
        return Range(
            low=end if is_low or operator == "!=" else None,
            high=end if is_high or operator == "!=" else None,
            low_included=operator in {">=", "="},
            high_included=operator in {"<=", "="},
            operator=operator,
        )

    return make


@node_code.register(syntax.UnaryTests)
def _unary_tests(node: syntax.UnaryTests, unit: Unit) -> Code:
    if not node.tests:
        return lambda _scope: True
    tested = syntax.Name(start=0, end=0, name=INPUT)
    tests = [_entry_test(tested, test, unit) for test in node.tests]

    def meets(scope: Scope) -> Value:
        outcome = _any_holds(tests, scope.read(INPUT), scope)
        if not node.is_negated:
            return outcome
        return None if outcome is None else not outcome

    return meets


def _entry_test(tested: syntax.Node, test: syntax.Node, unit: Unit) -> _Test:
    """Return the test of an input entry: an expression with `?` in it has to be true itself."""
    if isinstance(test, syntax.UnaryTest):
        return _operator_test(tested, test, unit)
    names = set(unit.names)
    unit.names.discard(INPUT)
    operand = compile_node(test, unit)
    is_condition = INPUT in unit.names
    unit.names.update(names)

    def holds(candidate: Value, scope: Scope) -> bool | None:
        against = operand(scope)
        if is_condition and (isinstance(against, bool) or against is None):
            return against
        if isinstance(against, bool) and not isinstance(candidate, bool):
            return against
        return _meets(candidate, against, scope)

    return holds


def _meets(candidate: Value, against: Value, scope: Scope) -> bool | None:
    """Tell whether the input equals the value, lies in the range or is in the list."""
    if isinstance(against, Range):
        return includes(against, lift(candidate))
    return satisfies(candidate, against, scope.evaluation.budget)
