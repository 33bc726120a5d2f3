"""The connection profile of the script adapter: what may run, where, and how much of it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from bpmn_engine.ports import Profile


class ScriptProfile(Profile):
    """Commands an operator allows, and the bounds of each run."""

    commands: dict[str, tuple[str, ...]] = Field(min_length=1)  #: name to program and first words
    working_folder: Path  #: where commands run; must exist
    jobs_folder: Path  #: a folder of the worker's own, on a local disk; one folder per job
    environment: tuple[str, ...] = ("PATH", "LANG", "TZ")  #: names passed on from the worker
    variables: dict[str, SecretStr] = Field(default_factory=dict)  #: given as environment
    wall_seconds: float = Field(default=60, gt=0)
    detached_wall_seconds: float = Field(default=86_400, gt=0)
    cpu_seconds: int = Field(default=3_600, gt=0)  #: of each process
    memory_bytes: int = Field(default=1_073_741_824, ge=16_777_216)  #: address space of each
    output_bytes: int = Field(default=1_048_576, gt=0)  #: of stdout and of stderr
    keep_days: float = Field(default=7, gt=0)  #: how long a finished job's folder is kept
    poll_seconds: float = Field(default=5, gt=0)

    @field_validator("commands")
    @classmethod
    def _name_programs(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if any(not words or not Path(words[0]).is_absolute() for words in value.values()):
            raise ValueError("Expected each command to begin with an absolute path")
        return value
