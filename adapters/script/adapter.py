"""The script adapter: a command on the worker's own machine, as durable as a job elsewhere."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import time
from collections.abc import Mapping

from pydantic import BaseModel, JsonValue

from adapters.script.errors import ERRORS
from adapters.script.folder import Ended, FolderState, JobFolder, sweep
from adapters.script.profile import ScriptProfile
from adapters.script.runner import Job
from adapters.script.schema import Mode, OtherExitCodes, ScriptInput, ScriptOutput
from bpmn_engine import ports, values

_NOT_RUNNABLE = frozenset({126, 127})
_FIRST_LOOK_SECONDS = 0.02
_LONGEST_LOOK_SECONDS = 0.25
_BEYOND_WALL_SECONDS = 10
_SHOWN_CHARACTERS = 500
_CODES_BY_REASON = {
    "timeout": "TIMED_OUT",
    "output": "OUTPUT_TOO_LARGE",
    "cancel": "CANCELLED",
}


class ScriptAdapter:
    """Runs an allowed command through a runner that outlives the worker.

    Both modes start the command in the same way; `wait` then waits for its end in `submit`, so
    that a worker that dies meanwhile finds the command again. POSIX only.
    """

    meta = ports.AdapterMeta(
        job_type="bpmn-engine:script:1",
        name="Command",
        description="Run an allowed command on the worker's machine",
        capabilities=frozenset(
            {ports.Capability.POLL, ports.Capability.FIND, ports.Capability.CANCEL}
        ),
    )
    profile_type: type[ports.Profile] = ScriptProfile
    input_type: type[BaseModel] = ScriptInput
    output_type: type[BaseModel] = ScriptOutput
    errors = ERRORS

    def test(self, profile: ports.Profile) -> ports.Health:
        """Check that the folders can be used and that every program is executable."""
        known = _script_profile(profile)
        if not known.working_folder.is_dir():
            return ports.Health(ok=False, detail=f"{known.working_folder} is not a folder.")
        if not os.access(known.jobs_folder, os.W_OK | os.X_OK):
            return ports.Health(ok=False, detail=f"{known.jobs_folder} is not writable.")
        for name, words in known.commands.items():
            if not os.access(words[0], os.X_OK):
                return ports.Health(ok=False, detail=f"{name}: {words[0]} is not executable.")
        return ports.Health(ok=True, detail=f"{len(known.commands)} commands are executable.")

    def find(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | None:
        """Return the command that was started under this key, running or ended.

        A command that failed and may be repeated counts as absent, for `submit` runs it again. Of
        any other failure, and of a lost command, `poll` gives the reason.
        """
        known, wanted = _script_profile(profile), _script_input(job_input)
        folder = JobFolder.of_key(known.jobs_folder, context.idempotency_key)
        if folder.state() is FolderState.ABSENT:
            return None
        asked = _ask(known, wanted, folder)
        if isinstance(asked, ports.Done):
            return asked
        if isinstance(asked, ports.Failed) and asked.kind is ports.FailureKind.RETRY:
            return None
        return _accepted(known, wanted, folder)

    def submit(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | ports.Failed:
        """Start the command unless it was started under this key; in mode `wait`, await its end.

        A command that ended with a failure is started again: a technical retry has the same key.
        """
        known, wanted = _script_profile(profile), _script_input(job_input)
        if wanted.command not in known.commands:
            allowed = ", ".join(known.commands)
            return _failed(
                "COMMAND_UNKNOWN", f"Expected one of {allowed}, but got {wanted.command!r}."
            )
        folder = JobFolder.of_key(known.jobs_folder, context.idempotency_key)
        try:
            earlier = folder.ended() if folder.state() is FolderState.ENDED else None
            judged = None if earlier is None else _judge(wanted, earlier)
            if isinstance(judged, ports.Done):
                return judged
            sweep(known.jobs_folder, known.keep_days)
            environment = _environment(known, context)
            job = _job(known, wanted, environment)
            folder.start(job, wanted.input, environment, replaces=earlier)
        except OSError as error:
            return _failed("FOLDER_UNUSABLE", f"Expected usable folders, but {error}.")
        if wanted.mode is Mode.DETACH:
            return _accepted(known, wanted, folder)
        return _await_end(known, wanted, folder)

    def poll(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.Running | ports.Done | ports.Failed:
        """Read from the job's folder whether the command has ended."""
        del context
        known = _script_profile(profile)
        folder, rules = _read_handle(known, handle)
        try:
            return _ask(known, rules, folder)
        except OSError as error:
            return _failed("FOLDER_UNUSABLE", f"Expected a readable folder, but {error}.")

    def cancel(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.CancelOutcome:
        """Leave word for the runner, which stops the command's process group within seconds."""
        del context
        known = _script_profile(profile)
        folder, _ = _read_handle(known, handle)
        match folder.state():
            case FolderState.RUNNING:
                folder.ask_to_stop()
                return "requested"
            case FolderState.ENDED:
                return "already_done"
            case FolderState.ABSENT | FolderState.LOST:
                return "gone"


def _script_profile(profile: ports.Profile) -> ScriptProfile:
    if not isinstance(profile, ScriptProfile):
        raise TypeError(f"Expected ScriptProfile, but {type(profile).__name__} was given.")
    return profile


def _script_input(job_input: BaseModel) -> ScriptInput:
    if not isinstance(job_input, ScriptInput):
        raise TypeError(f"Expected ScriptInput, but {type(job_input).__name__} was given.")
    return job_input


def _failed(code: str, message: str) -> ports.Failed:
    return ports.Failed(kind=ERRORS[code].kind, code=code, message=message)


def _job(profile: ScriptProfile, wanted: ScriptInput, environment: Mapping[str, str]) -> Job:
    is_detached = wanted.mode is Mode.DETACH
    return Job(
        argv=[*profile.commands[wanted.command], *wanted.arguments],
        working_folder=str(profile.working_folder),
        environment=list(environment),
        wall_seconds=profile.detached_wall_seconds if is_detached else profile.wall_seconds,
        cpu_seconds=profile.cpu_seconds,
        memory_bytes=profile.memory_bytes,
        output_bytes=profile.output_bytes,
    )


def _environment(profile: ScriptProfile, context: ports.JobContext) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in profile.environment if name in os.environ}
    given = {name: value.get_secret_value() for name, value in profile.variables.items()}
    return {**passed_on, **given, "BPMN_IDEMPOTENCY_KEY": context.idempotency_key}


def _accepted(profile: ScriptProfile, wanted: ScriptInput, folder: JobFolder) -> ports.Accepted:
    """Return a handle with the folder and the rules for exit codes: `poll` has no input."""
    rules = wanted.model_dump(
        mode="json",
        by_alias=True,
        include={"error_codes", "permanent_exit_codes", "other_exit_codes", "command"},
    )
    return ports.Accepted(
        handle={"folder": folder.name, **rules},
        next_poll=dt.timedelta(seconds=min(1.0, profile.poll_seconds)),
    )


def _read_handle(
    profile: ScriptProfile, handle: values.JsonValue
) -> tuple[JobFolder, ScriptInput]:
    name = handle.get("folder") if isinstance(handle, Mapping) else None
    if not isinstance(name, str) or not re.fullmatch(r"[0-9a-f]{64}", name):
        raise ValueError("Expected a handle of this adapter, but it is something else.")
    return JobFolder(profile.jobs_folder, name), ScriptInput.model_validate(handle)


def _await_end(
    profile: ScriptProfile, wanted: ScriptInput, folder: JobFolder
) -> ports.Done | ports.Accepted | ports.Failed:
    """Look until the command has ended; the runner sees to it that it does."""
    give_up_at = time.monotonic() + profile.wall_seconds + _BEYOND_WALL_SECONDS
    pause = _FIRST_LOOK_SECONDS
    while time.monotonic() < give_up_at:
        asked = _ask(profile, wanted, folder)
        if not isinstance(asked, ports.Running):
            return asked
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)
    return _accepted(profile, wanted, folder)


def _ask(
    profile: ScriptProfile, rules: ScriptInput, folder: JobFolder
) -> ports.Running | ports.Done | ports.Failed:
    match folder.state():
        case FolderState.RUNNING:
            return ports.Running(next_poll=dt.timedelta(seconds=profile.poll_seconds))
        case FolderState.ENDED:
            return _judge(rules, folder.ended())
        case FolderState.LOST:
            return _failed("LOST", "Expected an exit code, but the command's runner is gone.")
        case FolderState.ABSENT:
            return _failed("LOST", f"Expected the job's folder {folder.name}, but it is gone.")


def _judge(rules: ScriptInput, ended: Ended) -> ports.Done | ports.Failed:
    output: values.Variables = {
        "exitCode": ended.exit_code,
        "result": _parse(ended.stdout),
        "stderr": ended.stderr,
    }
    if ended.reason in _CODES_BY_REASON:
        code = _CODES_BY_REASON[ended.reason]
    elif ended.exit_code == 0:
        return ports.Done(output=output)
    else:
        code = _code_of_exit(rules, ended.exit_code)
    is_business = code == "EXIT_BUSINESS"
    last_line = ended.stderr.strip().rpartition("\n")[2][-_SHOWN_CHARACTERS:]
    said = f": {last_line}" if last_line else ""
    return ports.Failed(
        kind=ERRORS[code].kind,
        code=code,
        message=f"{ERRORS[code].text} It ended with {ended.exit_code}{said}",
        bpmn_error_code=rules.error_codes[ended.exit_code] if is_business else None,
        variables=output,
    )


def _code_of_exit(rules: ScriptInput, exit_code: int) -> str:
    if exit_code in rules.error_codes:
        return "EXIT_BUSINESS"
    if exit_code in _NOT_RUNNABLE:
        return "NOT_RUNNABLE"
    if exit_code < 0:
        return "KILLED"
    may_repeat = rules.other_exit_codes is OtherExitCodes.RETRY
    if exit_code in rules.permanent_exit_codes or not may_repeat:
        return "EXIT_PERMANENT"
    return "EXIT_RETRY"


def _parse(stdout: str) -> JsonValue:
    """Return standard output as its JSON value if it is one, else as text."""
    try:
        parsed: JsonValue = json.loads(stdout, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return stdout
    return parsed


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(f"Expected JSON, but it holds {name}.")
