"""What an operation does not do of what Camunda's does, written beside its route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

NOTES: Final[dict[str, str]] = {}
"""Module and name of a view -> what it does not do; read by the page on compatibility."""


def partly(
    note: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Say of a view what it leaves out; it answers an error to whoever asks for that."""

    def remember(view: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        NOTES[f"{view.__module__}.{view.__qualname__}"] = note
        return view

    return remember
