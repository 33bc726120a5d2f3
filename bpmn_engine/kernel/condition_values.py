"""What conditions read when they decided which flows a token leaves over.

It is kept with the visit, so that anybody can ask later why a token went there. What is long is
cut off; the mark `…` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from bpmn_engine.expressions.language import Expression
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import ComplexSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.values import JsonValue, Variables

CUT: Final = "…"
"""Ends a text that was cut off, and stands for what was left out of a list or a context."""

MAX_CHARACTERS: Final = 200
MAX_ITEMS: Final = 30
MAX_LEVELS: Final = 5
MAX_VALUES: Final = 300

_SHORT: Final = frozenset({bool, int, float, type(None)})


def values_read(
    draft: Draft, scope: ElementKey, node: Node, flows: tuple[int, ...], results: Variables
) -> Variables:
    """Return what the conditions read, as seen from a scope, that chose `flows`.

    What does not exist is left out. An exclusive gateway asks no further than the flow it takes.
    """
    view = draft.view(scope, results)
    edges, is_first_taken = draft.graph.edges, node.kind is NodeKind.EXCLUSIVE
    read: dict[str, JsonValue] = {}
    for index in node.outgoing:
        condition = edges[index].condition
        if index == node.default:
            continue
        if condition is not None:
            _read(condition, view, read)
        if is_first_taken and index in flows:
            break
    return read


def keeps_decision(node: Node) -> bool:
    """Tell whether conditions decide that a token leaves a node, or where it goes."""
    spec = node.spec
    is_activated = isinstance(spec, ComplexSpec) and spec.activation_condition is not None
    return node.has_conditions or (is_activated and len(node.incoming) > 1)


def activation_read(condition: Expression, view: Variables) -> Variables:
    """Return what an activation condition reads of the variables and the tokens counted."""
    read: dict[str, JsonValue] = {}
    _read(condition, view, read)
    return read


def _read(condition: Expression, view: Variables, read: dict[str, JsonValue]) -> None:
    for name in condition.names:
        value = view.get(name)
        if value is not None or name in view:
            read[name] = value if type(value) in _SHORT else _Cut().kept(value)


class _Cut:
    """How much of a value has been kept."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def kept(self, value: JsonValue, level: int = 0) -> JsonValue:
        """Return the value, long parts of it cut off."""
        self.count += 1
        if isinstance(value, str):
            is_short = len(value) <= MAX_CHARACTERS
            return value if is_short else value[:MAX_CHARACTERS] + CUT
        if isinstance(value, Mapping):
            return self._context(value, level)
        if isinstance(value, Sequence):
            return self._list(value, level)
        return value

    def _is_enough(self, level: int) -> bool:
        return level >= MAX_LEVELS or self.count >= MAX_VALUES

    def _context(self, value: Mapping[str, JsonValue], level: int) -> JsonValue:
        if self._is_enough(level):
            return CUT
        kept = {
            name[:MAX_CHARACTERS]: self.kept(entry, level + 1)
            for name, entry in islice(value.items(), MAX_ITEMS)
        }
        if len(value) > MAX_ITEMS:
            kept[CUT] = CUT
        return kept

    def _list(self, value: Sequence[JsonValue], level: int) -> JsonValue:
        if self._is_enough(level):
            return CUT
        kept = [self.kept(item, level + 1) for item in islice(value, MAX_ITEMS)]
        return [*kept, CUT] if len(value) > MAX_ITEMS else kept
