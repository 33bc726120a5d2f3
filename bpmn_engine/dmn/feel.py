"""All that decisions use of FEEL, in one place."""

from __future__ import annotations

from bpmn_engine.expressions.expression import FailingError as FailingError
from bpmn_engine.expressions.expression import SyntaxFailure as SyntaxFailure
from bpmn_engine.expressions.feel.durations import YearsMonths as YearsMonths
from bpmn_engine.expressions.feel.operators import compare as _compare
from bpmn_engine.expressions.feel.program import FeelProgram as FeelProgram
from bpmn_engine.expressions.feel.program import FeelWarning as FeelWarning
from bpmn_engine.expressions.feel.program import Names as Names
from bpmn_engine.expressions.feel.program import compile_program as compile_program
from bpmn_engine.expressions.feel.program import compile_unary_tests as compile_unary_tests
from bpmn_engine.expressions.feel.scope import Evaluation as Evaluation
from bpmn_engine.expressions.feel.temporals import parse_temporal as parse_temporal
from bpmn_engine.expressions.feel.types import ANY as ANY
from bpmn_engine.expressions.feel.types import SIMPLE_TYPES as SIMPLE_TYPES
from bpmn_engine.expressions.feel.types import ContextType as ContextType
from bpmn_engine.expressions.feel.types import FunctionType as FunctionType
from bpmn_engine.expressions.feel.types import ListType as ListType
from bpmn_engine.expressions.feel.types import Unfit as Unfit
from bpmn_engine.expressions.feel.types import coerce as coerce
from bpmn_engine.expressions.feel.values import FeelType as FeelType
from bpmn_engine.expressions.feel.values import Function as Function
from bpmn_engine.expressions.feel.values import Range as Range
from bpmn_engine.expressions.feel.values import Value as Value
from bpmn_engine.expressions.feel.values import describe as describe
from bpmn_engine.expressions.feel.values import equals as _equals
from bpmn_engine.expressions.feel.values import items_of as items_of
from bpmn_engine.expressions.feel.values import kind_of as kind_of
from bpmn_engine.expressions.feel.values import lift as lift
from bpmn_engine.expressions.feel.values import lower as _lower
from bpmn_engine.values import JsonValue


def is_equal(left: Value, right: Value, evaluation: Evaluation) -> bool:
    """Tell whether two values are equal; values of different kinds are not.

    Raises:
        FailingError: the budget is spent.
    """
    return _equals(left, right, evaluation.budget) is True


def order(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1 as the left value is less, equal or more; None without an order."""
    return _compare(left, right)


def to_json(value: Value, evaluation: Evaluation) -> JsonValue:
    """Return the value as JSON.

    Raises:
        FailingError: JSON cannot hold the value, or the budget is spent.
    """
    return _lower(value, evaluation.budget)
