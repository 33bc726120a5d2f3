"""What compiling one FEEL text needs everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.values import Value
from bpmn_engine.expressions.feel.wording import words_for

Code = Callable[[Scope], Value]
"""One compiled node: evaluates in a scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The text, the names it reads, and the local names at the place being compiled."""

    source: str
    names: set[str] = field(default_factory=set)  #: grows as names are found
    local_names: frozenset[str] = frozenset()
    is_nested: bool = False  #: inside a scope of its own, so that names need a walk

    def inside(self, *names: str) -> Unit:
        """Return the unit for a place where `names` are local."""
        return replace(self, local_names=self.local_names | set(names), is_nested=True)

    def misfit(self, node: syntax.Node, value: Value, expected: str, scope: Scope) -> FailingError:
        """Return the failure that an operand is not what was expected: `a number left of +`."""
        article = "an" if expected[0] in "aeiou" else "a"
        held = words_for(self.source, node, value, scope)
        return FailingError(f"Expected {article} {expected}, but {held}.", node.start)
