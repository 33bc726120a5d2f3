"""Resource pools as an operator configures them: what jobs must share, over all workers.

The file is TOML, a table for each pool:

    [sap-sessions]
    job_types = ["bpmn-engine:sap:1"]
    profiles = ["production"]       # only with these connection profiles; left out: with any
    size = 8                        # jobs at a time

    [initiators]
    job_types = ["bpmn-engine:jcl:1"]
    size = 2
    holds_while_watched = true      # also while an outside system works on a job; the default

    [partner-api]
    job_types = ["io.camunda:http-json:1"]
    rate = 100                      # jobs that begin in …
    per_seconds = 60                # … so many seconds; 1 when it is left out
    burst = 20                      # at once after a rest; as `rate` when it is left out

A job needs a part of every pool that names its type and profile.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bpmn_engine.errors import SettingError
from bpmn_engine.store.resource_pools import PoolRow

_KNOWN: Final = frozenset(
    {"job_types", "profiles", "size", "holds_while_watched", "rate", "per_seconds", "burst"}
)
DEFAULT_PROFILE: Final = "default"
"""The connection profile of a task that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePool:
    """What some jobs must share."""

    name: str
    job_types: frozenset[str]
    profiles: frozenset[str]  #: empty = any
    size: int | None  #: jobs at a time; None = any number
    holds_while_watched: bool
    rate: float | None  #: jobs a second; None = as they come
    burst: float  #: jobs at once after a rest, when there is a rate

    def is_for(self, job_type: str, profile: str) -> bool:
        """Tell whether a job needs a part of it."""
        return job_type in self.job_types and (not self.profiles or profile in self.profiles)


@dataclass(frozen=True, slots=True)
class ResourcePools:
    """The configured pools."""

    pools: tuple[ResourcePool, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.pools)

    def of_types(self, types: frozenset[str] | None) -> tuple[ResourcePool, ...]:
        """Return the pools that jobs of these types may need; None = of any type."""
        if types is None:
            return self.pools
        return tuple(pool for pool in self.pools if pool.job_types & types)

    def of_every(self, job_type: str) -> frozenset[str]:
        """Return the names of the pools that every job of a type needs, whatever its profile."""
        return frozenset(
            pool.name for pool in self.pools if not pool.profiles and job_type in pool.job_types
        )

    def has_profiles(self, job_type: str) -> bool:
        """Tell whether the profile of a job decides which pools it needs."""
        return any(pool.profiles and job_type in pool.job_types for pool in self.pools)

    def of_job(self, job_type: str, profile: str) -> tuple[ResourcePool, ...]:
        """Return the pools that a job needs."""
        return tuple(pool for pool in self.pools if pool.is_for(job_type, profile))


NO_POOLS: Final = ResourcePools()


def filled_tokens(pool: ResourcePool, row: PoolRow | None, now: dt.datetime) -> float:
    """Return how many jobs a pool's rate lets begin now: it fills up while nothing begins.

    Args:
        pool: as configured.
        row: as it was used last; None before its first use.
        now: the current time.
    """
    if pool.rate is None or row is None or row.filled_at is None:
        return pool.burst
    elapsed = max(0.0, (now - row.filled_at).total_seconds())
    return min(pool.burst, row.tokens + elapsed * pool.rate)


def load_pools(path: str) -> ResourcePools:
    """Return the pools of a file; none without a file.

    Raises:
        SettingError: the file cannot be read, or a pool is not usable; the message names it.
    """
    if not path:
        return NO_POOLS
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"Expected resource pools in {path}, but: {error}") from error
    return ResourcePools(tuple(_pool(path, name, table) for name, table in tables.items()))


def _pool(path: str, name: str, table: object) -> ResourcePool:
    place = f"[{name}] in {path}"
    if not isinstance(table, Mapping):
        raise SettingError(f"Expected a table for each pool, but {place} is none.")
    strangers = sorted(set(table) - _KNOWN)
    if strangers:
        raise SettingError(
            f"Expected {', '.join(sorted(_KNOWN))} in {place}, but got {', '.join(strangers)}."
        )
    rate, size = table.get("rate"), table.get("size")
    if rate is None and size is None:
        raise SettingError(f"Expected a size or a rate in {place}, but it has neither.")
    per_second = None
    if rate is not None:
        per_second = _above_zero(place, "rate", rate) / _above_zero(
            place, "per_seconds", table.get("per_seconds", 1)
        )
    return ResourcePool(
        name=name,
        job_types=_names(place, "job_types", table.get("job_types"), is_needed=True),
        profiles=_names(place, "profiles", table.get("profiles", []), is_needed=False),
        size=None if size is None else _count(place, size),
        holds_while_watched=_flag(place, table.get("holds_while_watched", True)),
        rate=per_second,
        burst=max(1.0, _above_zero(place, "burst", table.get("burst", rate or 1))),
    )


def _names(place: str, key: str, value: object, *, is_needed: bool) -> frozenset[str]:
    is_list = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if not isinstance(value, list) or not is_list or (is_needed and not value):
        raise SettingError(f"Expected a list of names as {key} of {place}, but got {value!r}.")
    return frozenset(value)


def _above_zero(place: str, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise SettingError(f"Expected a number above 0 as {key} of {place}, but got {value!r}.")
    return float(value)


def _count(place: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SettingError(
            f"Expected a whole number from 1 as size of {place}, but got {value!r}."
        )
    return value


def _flag(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(
            f"Expected true or false as holds_while_watched of {place}, but got {value!r}."
        )
    return value
