"""The adapters and connection profiles this process works with, loaded by name.

The engine does not import adapters: they are beside it, and an installation may have others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from bpmn_engine.ports import Adapter, Profile
from bpmn_engine.values import JsonValue

Template = Mapping[str, JsonValue]


class ProfileTrouble(Protocol):
    """Why there is no usable profile."""

    @property
    def message(self) -> str:
        """For a person; holds no secret."""


class Connections(Protocol):
    """The connection profiles that an operator has configured."""

    def profile(self, job_type: str, name: str | None) -> Profile | ProfileTrouble:
        """Return the profile of that name for a job type, or why there is none."""


class AdapterCatalogue:
    """Some or all adapters of this installation."""

    def __init__(self, folders: Collection[str] | None = None) -> None:
        """Choose adapters.

        Args:
            folders: Names of adapter folders, such as `http`; None means all.

        Raises:
            ValueError: There is no adapter folder of that name.
        """
        table: Mapping[str, str] = import_module("adapters").ADAPTERS
        folder_of: Callable[[str], str | None] = import_module("adapters.loading").adapter_folder
        known = {str(folder_of(job_type)) for job_type in table}
        strangers = sorted(set(folders or ()) - known)
        if strangers:
            raise ValueError(
                f"Expected adapters among {', '.join(sorted(known))}, "
                f"but got {', '.join(strangers)}."
            )
        self.job_types: tuple[str, ...] = tuple(
            job_type for job_type in table if folders is None or folder_of(job_type) in folders
        )
        self._load: Callable[[str], Adapter | None] = import_module(
            "adapters.loading"
        ).load_adapter

    def find(self, job_type: str) -> Adapter | None:
        """Return the adapter that does jobs of this type; None if it is not one of these."""
        return self._load(job_type) if job_type in self.job_types else None

    def adapters(self) -> tuple[Adapter, ...]:
        """Return each adapter once, in the order of the table."""
        found = {id(adapter): adapter for one in self.job_types if (adapter := self.find(one))}
        return tuple(found.values())


def open_connections(path: Path, environ: Mapping[str, str]) -> Connections:
    """Return the connection profiles of a file; it is read again when it changes."""
    load: Callable[[Path, Mapping[str, str]], Connections] = import_module(
        "adapters.connections"
    ).load_connections
    return load(path, environ)


def element_template(adapter: Adapter, *, is_camunda_8: bool) -> Template:
    """Return the element template of an adapter, for one of the two flavours of diagrams."""
    name = "camunda8_template" if is_camunda_8 else "camunda7_template"
    make: Callable[[Adapter], Template] = getattr(import_module("adapters.templates"), name)
    return make(adapter)
