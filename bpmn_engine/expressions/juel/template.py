"""A text with `${…}` or `#{…}` in it, cut into its literal and its computed segments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bpmn_engine.expressions.misread import MisreadError

_OPENING = re.compile(r"\\?[$#]\{")
_CLOSING = re.compile(r"""\}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One piece of a template."""

    text: str
    offset: int  #: of its first character in the whole text
    is_computed: bool  #: the inside of `${…}`, else literal text


def cut_template(text: str) -> tuple[Segment, ...]:
    r"""Return the segments in order; blanks around a lone `${…}` are dropped.

    `\${` stands for the literal `${`.

    Raises:
        MisreadError: a `${` is never closed.
    """
    segments: list[Segment] = []
    index = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < index:  # inside a string of the expression before
            continue
        _add_literal(segments, text[index : opening.start()], index)
        if opening[0].startswith("\\"):
            _add_literal(segments, opening[0][1:], opening.start())
            index = opening.end()
            continue
        end = _closing_index(text, opening.end())
        inside = text[opening.end() : end]
        segments.append(Segment(text=inside, offset=opening.end(), is_computed=True))
        index = end + 1
    _add_literal(segments, text[index:], index)
    computed = [segment for segment in segments if segment.is_computed]
    is_lone = len(computed) == 1 and not any(
        segment.text.strip() for segment in segments if not segment.is_computed
    )
    return tuple(computed if is_lone else segments)


def _closing_index(text: str, start: int) -> int:
    for match in _CLOSING.finditer(text, start):
        if match[0] == "}":
            return match.start()
    raise MisreadError("Expected } after ${, but the text ends.", start - 2)


def _add_literal(segments: list[Segment], text: str, offset: int) -> None:
    if text:
        segments.append(Segment(text=text, offset=offset, is_computed=False))
