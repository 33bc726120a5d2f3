"""What `explain` shows: every sub-expression that was evaluated, with its value."""

from __future__ import annotations

from dataclasses import dataclass, field

from bpmn_engine.expressions.feel.values import Value

MAX_TRACED = 1_000
"""Evaluated sub-expressions a trace holds; the rest of a long loop is left out."""


@dataclass(slots=True, kw_only=True)
class TracedNode:
    """One evaluation of one sub-expression; grows while its parts are evaluated."""

    start: int  #: offset of its first character in the source
    end: int  #: offset after its last character
    is_literal: bool  #: it says its value itself
    is_done: bool = False  #: it has its value; else the evaluation failed inside
    value: Value = None
    parts: list[TracedNode] = field(default_factory=list)  #: in the order of evaluation


class Tracing:
    """Where the trace of one evaluation is at."""

    __slots__ = ("count", "open")

    def __init__(self) -> None:
        self.open = [TracedNode(start=0, end=0, is_literal=False)]
        self.count = 0

    def enter(self, start: int, end: int, *, is_literal: bool = False) -> TracedNode | None:
        """Begin the evaluation of a piece; None when the trace is full and it is left out."""
        if self.count >= MAX_TRACED:
            return None
        self.count += 1
        entry = TracedNode(start=start, end=end, is_literal=is_literal)
        self.open[-1].parts.append(entry)
        self.open.append(entry)
        return entry

    def leave(self) -> None:
        """End the evaluation of the piece that was entered last."""
        self.open.pop()
