"""The names a text may use, found longest match first (DMN 1.5, 10.3.1.4).

A name may have spaces and the signs `. / - ' + *` in it, so only the names in scope tell whether
`a-b` is one name or a subtraction. A name is held as the words and signs it is read as.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PIECE = re.compile(
    r"(?!\d)[\w?\U00010000-\U000EFFFF\u2600-\u27BF][\w'\U00010000-\U000EFFFF\u2600-\u27BF]*"
    r"|\d+(?:\.\d+)?|\*\*|\.\.|\S"
)
"""A word, a number or a sign, as the lexer divides a text."""

_TIGHT = frozenset("./-'+*")


def join_pieces(pieces: Sequence[str]) -> str:
    """Return the name that words and signs make together."""
    name = ""
    for piece in pieces:
        is_tight = not name or piece in _TIGHT or name[-1] in _TIGHT
        name += piece if is_tight else f" {piece}"
    return name


class _Branch:
    """The names that go on alike up to here, and the one that ends here."""

    __slots__ = ("following", "name")

    def __init__(self) -> None:
        self.following: dict[str, _Branch] = {}
        self.name: str | None = None


class KnownNames:
    """A growing set of names, with another one behind it, asked which one a text goes on with."""

    __slots__ = ("_behind", "_root")

    def __init__(self, names: Iterable[str] = (), behind: KnownNames | None = None) -> None:
        self._root = _Branch()
        self._behind = behind
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Note a name."""
        branch = self._root
        for piece in PIECE.findall(name):
            branch = branch.following.setdefault(piece, _Branch())
        branch.name = name

    def match(self, words: Sequence[str], index: int) -> tuple[int, str] | None:
        """Return how many words make the longest name at `index`, and that name as given."""
        best = None if self._behind is None else self._behind.match(words, index)
        branch: _Branch | None = self._root
        end = index
        while branch is not None:
            if branch.name is not None and (best is None or best[0] <= end - index):
                best = (end - index, branch.name)
            branch = branch.following.get(words[end]) if end < len(words) else None
            end += 1
        return best if best is not None and best[0] else None
