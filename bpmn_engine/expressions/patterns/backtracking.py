"""Matching one way after the other: for back-references, which no linear matcher can follow."""

from __future__ import annotations

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.patterns.program import (
    Accept,
    Assert,
    Consume,
    Fork,
    Place,
    Program,
    SameAgain,
    Save,
)

Slots = tuple[int, ...]
"""Start and end of the match and of every group; -1 where a group took no part."""

_COST = 4
"""Steps that one instruction counts as: every way that was tried is remembered."""

_Way = tuple[int, int, Slots]


def search_each_way(
    program: Program, text: str, budget: Budget, start: int, *, is_anchored: bool
) -> Slots | None:
    """Return the first match from `start` on; of the whole text when it is anchored.

    Every instruction that is tried costs steps.

    Raises:
        FailingError: the budget is spent.
    """
    blank = (-1,) * (2 * program.group_count + 2)
    for begin in range(start, start + 1 if is_anchored else len(text) + 1):
        found = _first_way(program, text, budget, (0, begin, blank), is_anchored=is_anchored)
        if found is not None:
            return found
    return None


def _first_way(
    program: Program, text: str, budget: Budget, way: _Way, *, is_anchored: bool
) -> Slots | None:
    pending, seen = [way], {way}
    while pending:
        budget.spend(_COST)
        place, index, slots = pending.pop()
        if isinstance(program.instructions[place], Accept):
            if not is_anchored or index == len(text):
                return slots
            continue
        for following in _ways_on(program, text, (place, index, slots)):
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return None


def _ways_on(program: Program, text: str, way: _Way) -> tuple[_Way, ...]:
    """Return where a way goes on, the preferred one last."""
    place, index, slots = way
    match program.instructions[place]:
        case Consume(test) if index < len(text) and test(text[index]):
            return ((place + 1, index + 1, slots),)
        case Fork(first, second):
            return ((second, index, slots), (first, index, slots))
        case Save(slot):
            return ((place + 1, index, (*slots[:slot], index, *slots[slot + 1 :])),)
        case Assert(wanted) if is_at(wanted, text, index, is_multiline=program.is_multiline):
            return ((place + 1, index, slots),)
        case SameAgain(group):
            same = text[slots[2 * group] : slots[2 * group + 1]] if slots[2 * group] >= 0 else ""
            there = text[index : index + len(same)]
            if there == same or (program.ignores_case and there.casefold() == same.casefold()):
                return ((place + 1, index + len(same), slots),)
            return ()
        case _:
            return ()


def is_at(wanted: Place, text: str, index: int, *, is_multiline: bool) -> bool:
    """Tell whether the position is such a place."""
    match wanted:
        case Place.LINE_START:
            return index == 0 or (is_multiline and text[index - 1] == "\n")
        case Place.LINE_END:
            return index == len(text) or (is_multiline and text[index] == "\n")
        case Place.WORD_EDGE:
            return _is_word_at(text, index - 1) != _is_word_at(text, index)
        case Place.NOT_WORD_EDGE:
            return _is_word_at(text, index - 1) == _is_word_at(text, index)


def _is_word_at(text: str, index: int) -> bool:
    return 0 <= index < len(text) and (text[index].isalnum() or text[index] == "_")
