"""Connection profiles come from one file of the operator's, never from a diagram.

The file is TOML or JSON: a section per adapter folder, below it a table per profile name.

    [http.erp]
    base_url = "https://erp.example.com/api/"
    auth = { type = "bearer", token = { env = "ERP_TOKEN" } }

A value may be a reference: `{ env = "NAME" }` or `{ file = "/run/secrets/name" }`. Secrets must be
references. The file is read again when it changes; references are resolved at every use, so a
rotated secret needs no restart.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError
from typing_extensions import override

from adapters.loading import adapter_folder, load_adapter
from bpmn_engine.ports import Profile

DEFAULT_PROFILE = "default"
"""The profile of a task that names none, as tasks drawn with Camunda's own catalogue do."""

_Section = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileProblem:
    """A profile that cannot be used, and why; for a person, holds no secret."""

    job_type: str
    name: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """The file as it was read last."""

    stamp: tuple[int, int] | None  #: mtime in nanoseconds, size in bytes; None while absent
    sections: Mapping[str, object]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unresolved:
    """A reference that leads nowhere."""

    message: str


class _Referenced(str):
    """A text that came through a reference, and may therefore be a secret."""

    __slots__ = ()


class Connections:
    """The connection profiles of one file, by job type and name. Safe to share by threads."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ
        self._snapshot = _read(path)

    @override
    def __repr__(self) -> str:
        return f"Connections({str(self._path)!r})"

    def profile(self, job_type: str, name: str | None) -> Profile | ProfileProblem:
        """Return the profile, its secrets resolved, or the reason why there is none.

        Args:
            job_type: A job type or an alias of one.
            name: The name in the diagram; None or empty means `DEFAULT_PROFILE`.
        """
        wanted = name or DEFAULT_PROFILE
        found = self._find(job_type, wanted, is_named=bool(name))
        if isinstance(found, str):
            return ProfileProblem(job_type=job_type, name=wanted, message=found)
        return found

    def names(self, job_type: str) -> tuple[str, ...]:
        """Return the names of the profiles for this job type, in the order of the file."""
        return tuple(self._section(adapter_folder(job_type) or ""))

    def problems(self, job_types: Sequence[str]) -> tuple[ProfileProblem, ...]:
        """Return every problem of every profile of these job types; for a check at start."""
        profiles = (self.profile(one, name) for one in job_types for name in self.names(one))
        return tuple(found for found in profiles if isinstance(found, ProfileProblem))

    def _find(self, job_type: str, name: str, *, is_named: bool) -> Profile | str:
        adapter = load_adapter(job_type)
        if adapter is None:
            return f"Expected a job type that an adapter serves, but {job_type!r} has none."
        folder = adapter_folder(job_type) or ""
        section = self._section(folder)
        if self._snapshot.problem is not None:
            return self._snapshot.problem
        if name not in section and not is_named and not adapter.meta.needs_profile:
            return _validate(adapter.profile_type, {}, f"[{folder}.{name}]")
        if name not in section:
            known = ", ".join(section) or "none"
            return f"Expected a profile [{folder}.{name}] in {self._path}, but it has: {known}."
        resolved = self._resolve(section[name], f"[{folder}.{name}]")
        if isinstance(resolved, _Unresolved):
            return resolved.message
        return _validate(adapter.profile_type, resolved, f"[{folder}.{name}]")

    def _section(self, folder: str) -> _Section:
        if self._snapshot.stamp != _stamp(self._path):
            self._snapshot = _read(self._path)
        section = self._snapshot.sections.get(folder)
        return section if isinstance(section, Mapping) else {}

    def _resolve(self, value: object, place: str) -> object:
        """Replace references, in depth; the first that leads nowhere is returned instead."""
        if isinstance(value, Mapping):
            if len(value) == 1 and ("env" in value or "file" in value):
                return self._resolve_reference(value, place)
            table: dict[str, object] = {}
            for key, item in value.items():
                table[str(key)] = self._resolve(item, f"{place}.{key}")
            return _first_unresolved(table.values()) or table
        if isinstance(value, list):
            items = [self._resolve(item, f"{place}.{at}") for at, item in enumerate(value)]
            return _first_unresolved(items) or items
        return value

    def _resolve_reference(self, reference: _Section, place: str) -> _Referenced | _Unresolved:
        name = reference.get("env")
        if isinstance(name, str):
            if name not in self._environ:
                return _Unresolved(
                    message=f"{place}: Expected the environment variable {name}, but it is unset."
                )
            return _Referenced(self._environ[name])
        file = reference.get("file")
        if not isinstance(file, str):
            return _Unresolved(message=f"{place}: Expected the name in a reference to be a text.")
        try:
            return _Referenced(Path(file).read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            return _Unresolved(
                message=f"{place}: Expected a readable file {file}, but {_reason(error)}."
            )


def load_connections(path: Path, environ: Mapping[str, str]) -> Connections:
    """Return the profiles of a TOML or JSON file; a broken file is a problem of each profile."""
    return Connections(path, environ)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(path: Path) -> _Snapshot:
    stamp = _stamp(path)
    try:
        text = path.read_text(encoding="utf-8")
        parsed: object = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        problem = f"Expected connection profiles in {path}, but {_reason(error)}."
        return _Snapshot(stamp=stamp, sections={}, problem=problem)
    if not isinstance(parsed, dict):
        problem = f"Expected a table of adapters in {path}, but it holds something else."
        return _Snapshot(stamp=stamp, sections={}, problem=problem)
    return _Snapshot(stamp=stamp, sections=parsed)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)


def _first_unresolved(values: Iterable[object]) -> _Unresolved | None:
    return next((value for value in values if isinstance(value, _Unresolved)), None)


def _validate(profile_type: type[Profile], values: object, place: str) -> Profile | str:
    try:
        profile = profile_type.model_validate(values)
    except ValidationError as error:
        # The input is left out of the message: it may be a secret.
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(f"{_dotted(place, one['loc'])}: {one['msg']}" for one in problems)
        return f"Expected a valid profile, but {said}."
    literal = next(_literal_secrets(profile, values, place), None)
    if literal is not None:
        return (
            f'{literal}: Expected a reference such as {{ env = "NAME" }} or '
            f'{{ file = "/run/secrets/name" }}, but a secret is written out.'
        )
    return profile


def _dotted(place: str, path: tuple[int | str, ...]) -> str:
    return ".".join([place, *map(str, path)])


def _literal_secrets(value: object, raw: object, place: str) -> Iterator[str]:
    """Yield the place of every secret that did not come through a reference."""
    if isinstance(value, SecretStr):
        if isinstance(raw, str) and not isinstance(raw, _Referenced):
            yield place
        return
    for key, item, raw_item in _children(value, raw):
        yield from _literal_secrets(item, raw_item, f"{place}.{key}")


def _children(value: object, raw: object) -> Iterator[tuple[object, object, object]]:
    """Yield name, validated value and written value of everything directly inside."""
    if isinstance(raw, Mapping) and isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield name, getattr(value, name), raw.get(name)
    elif isinstance(raw, Mapping) and isinstance(value, Mapping):
        for key, item in value.items():
            yield key, item, raw.get(key)
    elif isinstance(raw, list) and isinstance(value, (list, tuple)):
        for at, (item, raw_item) in enumerate(zip(value, raw, strict=True)):
            yield at, item, raw_item
