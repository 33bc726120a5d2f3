"""From boxed iterators and filters to closures (DMN 1.5, 10.2.2.8 to 10.2.2.11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from bpmn_engine.dmn.expressions import LoopKind
from bpmn_engine.dmn.feel import (
    FeelProgram,
    Names,
    Range,
    Value,
    compile_program,
    describe,
    items_of,
    lift,
)
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Code, Frame, Run

_RANGE_ITEMS = compile_program(
    "for item in source return item", Names(variables=frozenset({"source"}))
)
_PARTIAL_PER_STEP = 64  # items of `partial` that one step pays for


def filtering(source: Code, match: Code, spot: Spot) -> Code:
    """Return the code of a filter; a match that is no boolean makes the filter null."""

    def keep(frame: Frame, run: Run) -> Value:
        value = source(frame, run)
        if value is None:
            return None
        found = items_of(value)
        items: Sequence[Value] = (value,) if found is None else found
        kept: list[Value] = []
        for item in items:
            run.evaluation.budget.spend(1)
            lifted = lift(item)
            verdict = match(_around(frame, lifted), run)
            if isinstance(verdict, Decimal):
                return _at(items, verdict)
            if verdict is not None and not isinstance(verdict, bool):
                message = f"Expected a boolean in `match`, but it is {describe(verdict)}."
                run.note(ProblemKind.TYPE, message, spot)
                return None
            if verdict is True:
                kept.append(lifted)
        return kept

    return keep


def looping(kind: LoopKind, variable: str, source: Code, body: Code, spot: Spot) -> Code:
    """Return the code of a `for`, `every` or `some`."""
    iterate = _LOOPS[kind]

    def loop(frame: Frame, run: Run) -> Value:
        value = source(frame, run)
        if isinstance(value, Range) and isinstance(_RANGE_ITEMS, FeelProgram):
            value = run.ask(_RANGE_ITEMS, {"source": value}, spot)
        items = items_of(value)
        if items is None:
            message = f"Expected a list in `in`, but it is {describe(value)}."
            run.note(ProblemKind.TYPE, message, spot)
            return None
        return iterate(items, _Body(variable, body, frame, run, spot))

    return loop


def _around(frame: Frame, item: Value) -> Frame:
    """Return the names a filter sees: the item, and its entries when it is a context."""
    if isinstance(item, Mapping):
        return {**frame, **item, "item": item}
    return {**frame, "item": item}


def _at(items: Sequence[Value], index: Decimal) -> Value:
    place = int(index)
    if place != index or place == 0 or abs(place) > len(items):
        return None
    return lift(items[place - 1 if place > 0 else place])


class _Body:
    """The body of one loop, which is asked once for each item."""

    __slots__ = ("_code", "_frame", "_run", "_spot", "_variable")

    def __init__(self, variable: str, code: Code, frame: Frame, run: Run, spot: Spot) -> None:
        self._variable = variable
        self._code = code
        self._frame = frame
        self._run = run
        self._spot = spot

    def value(self, item: Value, partial: Sequence[Value]) -> Value:
        """Return what the body gives for an item and the results so far."""
        self._run.evaluation.budget.spend(1 + len(partial) // _PARTIAL_PER_STEP)
        frame = {**self._frame, "partial": tuple(partial), self._variable: lift(item)}
        return self._code(frame, self._run)

    def verdict(self, item: Value) -> Value:
        """Return what the body gives for an item; the frame has no results so far."""
        self._run.evaluation.budget.spend(1)
        return self._code({**self._frame, self._variable: lift(item)}, self._run)

    def refuse(self, verdict: Value) -> None:
        """Note that the body gives no boolean."""
        message = f"Expected a boolean in `satisfies`, but it is {describe(verdict)}."
        self._run.note(ProblemKind.TYPE, message, self._spot)


def _for(items: Sequence[Value], body: _Body) -> Value:
    done: list[Value] = []
    for item in items:
        done.append(body.value(item, done))
    return done


def _every(items: Sequence[Value], body: _Body) -> Value:
    return _verdict_of_all(items, body, decisive=False)


def _some(items: Sequence[Value], body: _Body) -> Value:
    return _verdict_of_all(items, body, decisive=True)


def _verdict_of_all(items: Sequence[Value], body: _Body, *, decisive: bool) -> Value:
    """Return `decisive` if any item gives it, null if any is undecided, else the opposite."""
    verdicts = [body.verdict(item) for item in items]
    for verdict in verdicts:
        if verdict is not None and not isinstance(verdict, bool):
            body.refuse(verdict)
            return None
    if decisive in verdicts:
        return decisive
    return None if None in verdicts else not decisive


_Iterate: TypeAlias = Callable[[Sequence[Value], _Body], Value]

_LOOPS: Final[Mapping[LoopKind, _Iterate]] = {
    LoopKind.FOR: _for,
    LoopKind.EVERY: _every,
    LoopKind.SOME: _some,
}
