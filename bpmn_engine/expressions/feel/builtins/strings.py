"""The built-in functions on strings (DMN 1.5, 10.3.4.3)."""

from __future__ import annotations

import re
from decimal import Decimal

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.values import Value, describe
from bpmn_engine.expressions.patterns.pattern import Pattern, PatternError, compile_pattern


def _substring(given: Arguments) -> Value:
    text, start = given.text(0), given.integer(1)
    if start == 0:
        raise given.fail("Expected a start position from 1 or from -1 down, but it is 0.", 1)
    begin = start - 1 if start > 0 else max(len(text) + start, 0)
    if given.get(2) is None:
        return text[begin:]
    return text[begin : begin + max(given.integer(2), 0)]


def _substring_before(given: Arguments) -> Value:
    before, found, _ = _partition(given.text(0), given.text(1))
    return before if found else ""


def _substring_after(given: Arguments) -> Value:
    _, found, after = _partition(given.text(0), given.text(1))
    return after if found else ""


def _partition(text: str, mark: str) -> tuple[str, bool, str]:
    index = text.find(mark)
    return text[: max(index, 0)], index >= 0, text[index + len(mark) :]


def _pattern(given: Arguments, index: int, flags_index: int | None = None) -> Pattern:
    has_flags = flags_index is not None and given.get(flags_index) is not None
    flags = given.text(flags_index) if has_flags and flags_index is not None else ""
    try:
        return compile_pattern(given.text(index), flags)
    except PatternError as error:
        raise given.fail(error.message, index) from error


_REPLACEMENT = re.compile(r"(?:[^\\$]|\\[\\$]|\$[0-9])*", re.DOTALL)


def _must_not_fit_nothing(given: Arguments, pattern: Pattern) -> None:
    """Refuse, as the standard does, a pattern that fits the empty string.

    Raises:
        MisfitError: it does.
    """
    if not given.is_strict and pattern.full_match("", given.budget) is not None:
        raise given.fail("Expected a pattern that does not fit the empty string.", 1)


def _matches(given: Arguments) -> Value:
    return _pattern(given, 1, 2).search(given.text(0), given.budget) is not None


def _replace(given: Arguments) -> Value:
    pattern = _pattern(given, 1, 3)
    _must_not_fit_nothing(given, pattern)
    has_signs = not given.is_strict and ("$" in given.text(2) or "\\" in given.text(2))
    if has_signs and not _REPLACEMENT.fullmatch(given.text(2)):
        raise given.misfit("replacement with $ before a digit, or after a backslash,", 2)
    return pattern.replace(given.text(0), given.text(2), given.budget)


def _split(given: Arguments) -> Value:
    pattern = _pattern(given, 1)
    _must_not_fit_nothing(given, pattern)
    return pattern.split(given.text(0), given.budget)


def _extract(given: Arguments) -> Value:
    return _pattern(given, 1).find_all(given.text(0), given.budget)


def _string_join(given: Arguments) -> Value:
    delimiter = given.text(1) if given.has(1) else ""
    parts: list[str] = []
    for item in given.items(0):
        if item is None:
            continue
        if not isinstance(item, str):
            raise given.fail(
                f"Expected strings in the list of string join(), but found {describe(item)}."
            )
        parts.extend((delimiter, item))
    prefix = given.text(2) if given.has(2) else ""
    suffix = given.text(3) if given.has(3) else ""
    return given.joined((prefix, *parts[1:], suffix))


STRING_BUILTINS: tuple[Builtin, ...] = (
    builtin(
        "string length(string)", lambda given: Decimal(len(given.text(0))), "Characters in it."
    ),
    builtin(
        "substring(string, start position, length?)",
        _substring,
        "The part from a position, counted from 1 or, negative, from the end.",
    ),
    builtin(
        "substring before(string, match)",
        _substring_before,
        "What stands before the first match; empty when there is none.",
    ),
    builtin(
        "substring after(string, match)",
        _substring_after,
        "What stands after the first match; empty when there is none.",
    ),
    builtin("upper case(string)", lambda given: given.text(0).upper(), "In capitals."),
    builtin("lower case(string)", lambda given: given.text(0).lower(), "In small letters."),
    builtin("contains(string, match)", lambda given: given.text(1) in given.text(0), "Has it."),
    builtin(
        "starts with(string, match)",
        lambda given: given.text(0).startswith(given.text(1)),
        "Begins with it.",
    ),
    builtin(
        "ends with(string, match)",
        lambda given: given.text(0).endswith(given.text(1)),
        "Ends with it.",
    ),
    builtin(
        "matches(input, pattern, flags?)",
        _matches,
        "Has a part that fits the regular expression; flags are of `smix`.",
    ),
    builtin(
        "replace(input, pattern, replacement, flags?)",
        _replace,
        "Every fitting part replaced; `$1` is the first group.",
    ),
    builtin("split(string, delimiter)", _split, "The parts between the fitting delimiters."),
    builtin("extract(string, pattern)", _extract, "Every part that fits the pattern."),
    builtin(
        "string join(list, delimiter?, prefix?, suffix?)",
        _string_join,
        "The strings joined; nulls left out.",
    ),
    builtin(
        "is blank(string)", lambda given: not given.text(0).strip(), "Has no letter or sign in it."
    ),
    builtin("trim(string)", lambda given: given.text(0).strip(), "Without spaces at the ends."),
)
"""Regular expressions match in linear time, with back-references within the budget."""
