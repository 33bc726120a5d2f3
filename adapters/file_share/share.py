"""What every share can do, whatever protocol it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class ShareError(Exception):
    """A share could not do what it was asked to; `code` is a row of the table of errors."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name in a folder."""

    name: str
    is_folder: bool


class Share(Protocol):
    """A share below its root. A path is a tuple of checked names; the empty one is the root.

    Every method raises ShareError, and no other error of the outside.
    """

    def check(self) -> None:
        """Return if the root is a folder that answers and accepts the log-in."""

    def create(self, path: tuple[str, ...], content: bytes) -> bool:
        """Write a file that is not there yet, and its folders; False if it is there.

        The question and the write are one step on the share: of two who create the same file at
        the same time, one gets False.
        """

    def replace(self, path: tuple[str, ...], content: bytes) -> None:
        """Write a file, there or not, and its folders."""

    def read(self, path: tuple[str, ...], bound: int) -> bytes:
        """Return at most `bound` + 1 bytes of a file; FILE_NOT_FOUND if it is absent."""

    def entries(self, path: tuple[str, ...], bound: int) -> list[Entry]:
        """Return at most `bound` + 1 entries of a folder; FILE_NOT_FOUND if it is absent."""

    def exists(self, path: tuple[str, ...]) -> bool:
        """Return whether a file or a folder has this path."""

    def delete(self, path: tuple[str, ...]) -> None:
        """Delete a file; return as well if it is absent already."""
