"""The settings of the engine, read once from the environment. docs/settings.md explains each."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from bpmn_engine.errors import SettingError

PREFIX: Final = "BPMN_ENGINE_"
"""The environment variable of a setting is this and its name in capitals."""


class PartitionWidth(StrEnum):
    """How much time one partition of the large tables of history holds (PostgreSQL)."""

    MONTH = "month"  #: from the first of a month, UTC
    WEEK = "week"  #: from Monday
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Everything the engine can be told. Durations are seconds in the environment."""

    database_url: str = "sqlite:///bpmn-engine.db"
    database_pool_size: int = 10  #: connections kept open by one process
    worker_number: int = 0  #: 0 to 1023, different in each process that makes keys
    default_retries: int = 3  #: attempts of a job whose diagram says nothing
    first_backoff: dt.timedelta = dt.timedelta(seconds=10)  #: before the second attempt; doubles
    longest_backoff: dt.timedelta = dt.timedelta(hours=1)
    backoff_jitter: float = 0.2  #: a wait is up to this part shorter, at random
    lock_duration: dt.timedelta = dt.timedelta(minutes=5)  #: of a job, when a worker does not say
    max_flows_per_step: int = 100_000  #: more without a wait is an endless loop: an incident
    moves_per_step: int = 200  #: tokens moved in one transaction of one instance; 0 = all of them
    largest_state: int = 500  #: parts of a state written whole each time; larger ones by changes
    batch_size: int = 200  #: instances in one transaction, at most
    batch_duration: dt.timedelta = dt.timedelta(milliseconds=20)
    """How long a transaction of many commands should compute; 0 = however long it takes."""
    graph_cache_size: int = 500  #: compiled process definitions kept in memory
    state_cache_size: int = 5000  #: states of open instances kept in memory
    database_attempts: int = (
        8  #: how often a unit of work meets a busy database before it gives up
    )
    thrown_message_time_to_live: dt.timedelta = dt.timedelta(hours=1)
    """How long a message thrown by a process waits for its receiver."""
    idempotency_key_time_to_live: dt.timedelta = dt.timedelta(hours=24)
    """How long a start is known again when its request is repeated."""
    data_stores: str = ""  #: file of the data stores that are tables of other databases
    strict_mappings: bool = True
    """Whether a mapping in FEEL that reads what does not exist is an incident; else null."""
    functions: str = ""  #: modules with the Python functions that JUEL may call
    max_resource_bytes: int = 20_000_000  #: of one file of a deployment
    history_time_to_live: dt.timedelta = dt.timedelta(0)
    """How long ended instances are kept whose diagram does not say; 0 = for good."""
    archive_history: bool = True
    """Whether they are put into the archive before they are deleted."""
    partition_width: PartitionWidth = PartitionWidth.MONTH
    """Of partitions made from now on."""
    resource_pools: str = ""  #: file of the limits that jobs share over all workers
    max_open_jobs: int = 1_000_000  #: more, and nothing new is started over HTTP; 0 = no limit
    max_outbox_rows: int = 100_000  #: as `max_open_jobs`
    max_inbox_rows: int = 100_000  #: as `max_open_jobs`
    queue_sample_interval: dt.timedelta = dt.timedelta(seconds=5)
    """How often one of the processes that share a database counts what waits."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> EngineSettings:
        """Read every setting whose variable is set; the others keep their defaults.

        Raises:
            SettingError: a value is not usable; the message names the variable.
        """
        given: dict[str, object] = {}
        for setting in fields(cls):
            variable = PREFIX + setting.name.upper()
            text = environ.get(variable)
            if text is not None:
                given[setting.name] = _read(variable, text, _READERS[type(setting.default)])
        return cls(**given)  # type: ignore[arg-type]  # each value was read by its field's type

    def backoff(self, attempt: int, chance: random.Random) -> dt.timedelta:
        """Return how long to wait after the failed `attempt` (from 1): doubling, with jitter."""
        wait = self.first_backoff
        for _ in range(1, attempt):
            if wait >= self.longest_backoff:
                break
            wait *= 2
        return min(wait, self.longest_backoff) * (1 - self.backoff_jitter * chance.random())


def _read(variable: str, text: str, reader: Callable[[str], object]) -> object:
    try:
        value = reader(text)
    except ValueError as error:
        raise SettingError(f"Expected {error} in {variable}, but found {text!r}.") from error
    return value


def _whole_number(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError("a whole number that is not negative")
    return int(text)


def _yes_or_no(text: str) -> bool:
    match text.strip().lower():
        case "true" | "yes" | "1":
            return True
        case "false" | "no" | "0":
            return False
        case _:
            raise ValueError("true or false")


def _part(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return value


def _seconds(text: str) -> dt.timedelta:
    try:
        value = float(text)
        length = dt.timedelta(seconds=value)
    except (ValueError, OverflowError):
        raise ValueError("a number of seconds") from None
    if value < 0:
        raise ValueError("a number of seconds that is not negative")
    return length


def _partition_width(text: str) -> PartitionWidth:
    try:
        return PartitionWidth(text.strip().lower())
    except ValueError:
        raise ValueError("month, week or day") from None


_READERS: Final[Mapping[type, Callable[[str], object]]] = {
    str: str,
    bool: _yes_or_no,
    int: _whole_number,
    float: _part,
    dt.timedelta: _seconds,
    PartitionWidth: _partition_width,
}
