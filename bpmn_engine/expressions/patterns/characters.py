"""Tests of one character."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bpmn_engine.expressions.patterns.program import CharacterTest


def class_test(
    tests: tuple[CharacterTest, ...], minus: CharacterTest | None, *, is_negated: bool
) -> CharacterTest:
    """Return the test of a class: one of the tests fits, or none, and `minus` does not."""

    def fits(character: str) -> bool:
        is_in = any(test(character) for test in tests) != is_negated
        return is_in and not (minus is not None and minus(character))

    return fits


def equal_to(wanted: str) -> CharacterTest:
    """Return the test for one character."""
    return lambda character: character == wanted


def same_as(wanted: str, flags: str) -> CharacterTest:
    """Return the test for one character, whatever its case when the flags say so."""
    if "i" not in flags:
        return equal_to(wanted)
    folded = wanted.casefold()
    return lambda character: character.casefold() == folded


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _not(test: Callable[[str], bool]) -> CharacterTest:
    return lambda character: not test(character)


def _starts_name(character: str) -> bool:
    return character.isalpha() or character in "_:"


def _continues_name(character: str) -> bool:
    return character.isalnum() or character in "_:.-\u00b7"


CLASSES: Mapping[str, CharacterTest] = {
    "i": _starts_name,
    "I": _not(_starts_name),
    "c": _continues_name,
    "C": _not(_continues_name),
    "d": str.isdecimal,
    "D": _not(str.isdecimal),
    "w": _is_word,
    "W": _not(_is_word),
    "s": str.isspace,
    "S": _not(str.isspace),
}
"""Letter after a backslash to what it fits."""
