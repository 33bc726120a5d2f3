"""Starts the confined program for one script and reads what it answers."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

from bpmn_engine.values import JsonValue, Variables

_PROGRAM: Final = Path(__file__).with_name("child.py")
_MEGABYTE: Final = 1_048_576


class ScriptLanguage(Enum):
    """A language that scripts of a diagram may be written in, beside FEEL and JUEL."""

    JAVASCRIPT = "javascript"
    PYTHON = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptBounds:
    """What one run may use. A script that needs more is for an external worker."""

    cpu_seconds: int = 2
    wall_seconds: float = 10
    memory_bytes: int = 256 * _MEGABYTE  #: address space
    output_bytes: int = _MEGABYTE  #: of the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRequest:
    """One script to run."""

    language: ScriptLanguage
    source: str
    variables: Variables = field(default_factory=dict)
    process_instance_id: str | None = None
    business_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCost:
    """What a run used."""

    cpu_ms: int
    memory_kb: int  #: most at any time, the interpreter included


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptResult:
    """The script ended well."""

    value: JsonValue  #: of its last expression
    variables: Variables  #: set by `execution.setVariable`
    cost: ScriptCost


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptError:
    """The script ended with a BPMN error."""

    code: str
    message: str
    cost: ScriptCost


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFailure:
    """The script failed, or was stopped; another run would do the same."""

    message: str  #: for a person, with the line where there is one
    cost: ScriptCost | None = None  #: None: it was stopped, or never begun


_NO_BOUNDS_GIVEN: Final = ScriptBounds()


def run_script(
    request: ScriptRequest, bounds: ScriptBounds = _NO_BOUNDS_GIVEN
) -> ScriptResult | ScriptError | ScriptFailure:
    """Run a script in a confined process of its own and wait for it.

    Raises:
        OSError: no process could be started; try again later.
    """
    if sys.platform != "linux":
        return ScriptFailure(
            message="Expected Linux, where scripts can be confined, but this worker runs on "
            f"{sys.platform}. Give the task a job type and let an external worker do it."
        )
    with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as answer:
        question.write(_written(request, bounds))
        question.seek(0)
        with subprocess.Popen(  # noqa: S603 — our own program, no shell, nothing of the diagram
            [sys.executable, "-I", *_without_site(request.language), str(_PROGRAM)],
            stdin=question,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        ) as child:
            if not _has_ended(child.pid, bounds.wall_seconds):
                child.kill()
                return _too_long(bounds)
            code = child.wait()
        answer.seek(0)
        return _read(answer.read(bounds.output_bytes), code, bounds)


def _has_ended(pid: int, seconds: float) -> bool:
    """Wait for a child of ours, without looking again and again."""
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def _without_site(language: ScriptLanguage) -> tuple[str, ...]:
    """Python needs nothing that is installed; its start takes a third of the time without."""
    return ("-S",) if language is ScriptLanguage.PYTHON else ()


def _written(request: ScriptRequest, bounds: ScriptBounds) -> bytes:
    asked = {
        "language": request.language.value,
        "source": request.source,
        "variables": request.variables,
        "execution": {
            "processInstanceId": request.process_instance_id,
            "processBusinessKey": request.business_key,
        },
        "cpu_seconds": bounds.cpu_seconds,
        "memory_bytes": bounds.memory_bytes,
        "output_bytes": bounds.output_bytes,
    }
    return json.dumps(asked).encode()


def _read(
    answer: bytes, code: int, bounds: ScriptBounds
) -> ScriptResult | ScriptError | ScriptFailure:
    if code != 0 or not answer:
        return _stopped(len(answer), code, bounds)
    try:
        return _understood(answer.decode())
    except (ValueError, KeyError, TypeError) as error:
        # Only a script that has left its language can write here beside our own program.
        return ScriptFailure(
            message=f"Expected an answer of the script, but it is garbled: {error}."
        )


def _understood(answer: str) -> ScriptResult | ScriptError | ScriptFailure:
    first, _, second = answer.partition("\n")
    cost = ScriptCost(**json.loads(first))
    said: Mapping[str, JsonValue] = json.loads(second)
    if "code" in said:
        return ScriptError(code=str(said["code"]), message=str(said["message"]), cost=cost)
    variables = said.get("variables")
    if not isinstance(variables, Mapping):
        line = said["line"]
        place = "" if line is None else f" (line {line})"
        return ScriptFailure(message=f"{said['message']}{place}", cost=cost)
    return ScriptResult(value=said["value"], variables=variables, cost=cost)


def _stopped(written: int, code: int, bounds: ScriptBounds) -> ScriptFailure:
    if written >= bounds.output_bytes:
        return ScriptFailure(
            message=f"Expected a result of at most {bounds.output_bytes:,} bytes, but it is "
            "longer. Store large values elsewhere and keep a reference."
        )
    if -code in _TIME_SIGNALS:
        return _too_long(bounds)
    return ScriptFailure(
        message=f"Expected the script to end, but its process was stopped ({code}): it may use "
        f"{bounds.memory_bytes // _MEGABYTE} MB of memory."
    )


_TIME_SIGNALS: Final = frozenset({9, 24})  #: SIGKILL by the limit, SIGXCPU


def _too_long(bounds: ScriptBounds) -> ScriptFailure:
    return ScriptFailure(
        message=f"Expected the script to end within {bounds.cpu_seconds} s of processor time, but "
        "it takes longer. Give the task a job type and let an external worker do it."
    )
