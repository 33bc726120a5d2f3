"""What a tag of a process instance may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MOST_TAGS: Final = 10
"""Of one instance, as with Camunda 8."""

_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_\-:.]{0,99}", re.ASCII)


def tag_problem(tags: Sequence[str]) -> str | None:
    """Return a sentence about the first thing that is wrong with tags, or None."""
    if len(tags) > MOST_TAGS:
        return f"Expected at most {MOST_TAGS} tags, but got {len(tags)}."
    if len(set(tags)) < len(tags):
        return "Expected each tag once, but one is there twice."
    wrong = next((tag for tag in tags if _TAG.fullmatch(tag) is None), None)
    if wrong is None:
        return None
    return (
        "Expected a tag that begins with a letter, goes on with letters, digits, _, -, : or . and "
        f"has at most 100 of them, but got {wrong!r}."
    )
