"""What compiling one FEEL text needs everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bpmn_engine.expressions.expression import MisfitError
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.values import FeelType, Value
from bpmn_engine.expressions.feel.wording import root_name, words_for
from bpmn_engine.expressions.misread import MisreadError

Code = Callable[[Scope], Value]
"""One compiled node: evaluates in a scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The text, the names it reads, and the local names at the place being compiled."""

    source: str
    is_strict: bool = True  #: what goes wrong is a failure, not null and a warning
    allows_absence: bool = False  #: what does not exist is null here, without a word
    is_traced: bool = False  #: every node notes its value, for `explain`
    types: Mapping[str, FeelType] = field(default_factory=dict)  #: item definitions by name
    names: set[str] = field(default_factory=set)  #: grows as names are found
    outer_names: frozenset[str] = frozenset()  #: variables that are known to be in scope
    local_names: frozenset[str] = frozenset()  #: introduced by the text itself
    is_nested: bool = False  #: inside a scope of its own, so that names need a walk

    def inside(self, *names: str) -> Unit:
        """Return the unit for a place where `names` are local."""
        return replace(self, local_names=self.local_names | set(names), is_nested=True)

    def misfit(self, node: syntax.Node, value: Value, expected: str, scope: Scope) -> Value:
        """Return null with the warning that an operand is not what was expected.

        Raises:
            MisfitError: the unit is strict.
        """
        if not self.is_strict and (scope.evaluation.is_silent or _is_told(node, value, scope)):
            return None
        article = "an" if expected[0] in "aeiou" else "a"
        held = words_for(self.source, node, value, scope)
        return self.refuse(f"Expected {article} {expected}, but {held}.", node.start, scope)

    def refuse(self, message: str, offset: int, scope: Scope) -> Value:
        """Return null with a warning.

        Raises:
            MisfitError: the unit is strict.
        """
        if self.is_strict:
            raise MisfitError(message, offset)
        scope.evaluation.warn(message, self.source, offset)
        return None

    def absent(self, message: str, offset: int, scope: Scope) -> Value:
        """Return null for what does not exist, with a warning where that is not allowed."""
        if not self.allows_absence:
            scope.evaluation.warn(message, self.source, offset)
        return None

    def nothing(self, message: str, offset: int) -> Code:
        """Return the code of a piece that can have no value.

        Raises:
            MisreadError: the unit is strict.
        """
        if self.is_strict:
            raise MisreadError(message, offset)
        return lambda scope: self.refuse(message, offset, scope)


def _is_told(node: syntax.Node, value: Value, scope: Scope) -> bool:
    """Tell whether a warning has said already why the operand is null: no such variable."""
    return value is None and root_name(node) in scope.evaluation.missing


def cost_of(node: syntax.Node) -> int:
    """Return the steps one evaluation of the node counts as: about one an operator."""
    return 1 + (node.end - node.start) // 8
