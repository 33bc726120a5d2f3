"""The exception that ends a compilation; `expression` turns it into a syntax failure."""

from __future__ import annotations


class MisreadError(Exception):
    """The text is no expression; caught where compilation began."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset  #: into the source, from 0
