"""The script adapter with real programs, real limits, and workers that die."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.script.adapter import ScriptAdapter
from adapters.script.errors import ERRORS
from adapters.script.folder import FolderState, JobFolder, sweep
from adapters.script.profile import ScriptProfile
from adapters.script.schema import ScriptInput
from bpmn_engine.ports import Accepted, Done, Failed, FailureKind, JobContext, Running

ADAPTER = ScriptAdapter()
SHELL = {"sh": ["/bin/sh", "-c"], "python": [sys.executable, "-c"], "gone": ["/no/such/program"]}


def context(key: str = "order-5-call-1") -> JobContext:
    return JobContext(
        job_key=7,
        process_instance_key=5,
        process_id="order",
        element_id="call",
        business_key=None,
        idempotency_key=key,
        attempt=1,
        deadline=None,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    return tmp_path


def profile(folder: Path, **changes: object) -> ScriptProfile:
    values = {
        "commands": SHELL,
        "working_folder": folder,
        "jobs_folder": folder / "jobs",
        "wall_seconds": 20,
        **changes,
    }
    return ScriptProfile.model_validate(values)


def sh(script: str, **changes: object) -> ScriptInput:
    return ScriptInput.model_validate({"command": "sh", "arguments": [script], **changes})


def failure(outcome: object) -> tuple[str, FailureKind]:
    assert isinstance(outcome, Failed)
    assert outcome.kind is ERRORS[outcome.code].kind
    return outcome.code, outcome.kind


def handle_of(outcome: object) -> Mapping[str, object]:
    assert isinstance(outcome, Accepted)
    assert isinstance(outcome.handle, Mapping)
    return outcome.handle


def ended(known: ScriptProfile, accepted: object) -> Done | Failed:
    """Wait for the runner, which holds the lock until it has written how the command ended."""
    waiting = threading.Event()
    assert isinstance(accepted, Accepted)
    for _ in range(400):
        outcome = ADAPTER.poll(context(), known, accepted.handle)
        if not isinstance(outcome, Running):
            return outcome
        waiting.wait(0.05)
    raise AssertionError("the command did not end")


def test_standard_input_and_output_are_json(folder: Path) -> None:
    outcome = ADAPTER.submit(context(), profile(folder), sh("cat", input={"who": ["Alice"]}))

    assert outcome == Done(output={"exitCode": 0, "result": {"who": ["Alice"]}, "stderr": ""})


def test_output_that_is_no_json_is_text(folder: Path) -> None:
    outcome = ADAPTER.submit(context(), profile(folder), sh("echo hello; echo NaN; echo w >&2"))

    assert outcome == Done(output={"exitCode": 0, "result": "hello\nNaN\n", "stderr": "w\n"})


def test_no_shell_reads_the_arguments(folder: Path) -> None:
    wanted = ScriptInput(command="echo", arguments=["$HOME; `id` *", "a b"])
    known = profile(folder, commands={"echo": ["/bin/echo", "-n", "first"]})

    outcome = ADAPTER.submit(context(), known, wanted)

    assert isinstance(outcome, Done)
    assert outcome.output["result"] == "first $HOME; `id` * a b"


def test_the_environment_is_what_the_profile_lists(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED", "yes")
    monkeypatch.setenv("FORBIDDEN", "yes")
    known = profile(
        folder,
        commands={"env": ["/usr/bin/env"]},
        environment=["ALLOWED"],
        variables={"PASSWORD": "pw"},
    )

    outcome = ADAPTER.submit(context("k"), known, ScriptInput(command="env"))

    assert isinstance(outcome, Done)
    lines = str(outcome.output["result"]).split()
    assert sorted(lines) == ["ALLOWED=yes", "BPMN_IDEMPOTENCY_KEY=k", "PASSWORD=pw"]


def test_a_command_runs_in_the_working_folder(folder: Path) -> None:
    outcome = ADAPTER.submit(context(), profile(folder), sh("pwd"))

    assert isinstance(outcome, Done)
    assert outcome.output["result"] == f"{folder}\n"


@pytest.mark.parametrize(
    ("exit_code", "rules", "code"),
    [
        (3, {}, "EXIT_RETRY"),
        (3, {"otherExitCodes": "permanent"}, "EXIT_PERMANENT"),
        (3, {"permanentExitCodes": "2, 3"}, "EXIT_PERMANENT"),
        (3, {"errorCodes": {"3": "STOCK_SHORT"}}, "EXIT_BUSINESS"),
        (3, {"errorCodes": '{"3": "STOCK_SHORT"}'}, "EXIT_BUSINESS"),
        (126, {}, "NOT_RUNNABLE"),
        (127, {}, "NOT_RUNNABLE"),
        (127, {"errorCodes": {"127": "STOCK_SHORT"}}, "EXIT_BUSINESS"),
    ],
)
def test_every_exit_code_has_its_row(
    folder: Path, exit_code: int, rules: dict[str, object], code: str
) -> None:
    wanted = sh(f"echo Bob said so >&2; exit {exit_code}", **rules)

    outcome = ADAPTER.submit(context(), profile(folder), wanted)

    assert failure(outcome)[0] == code
    assert isinstance(outcome, Failed)
    assert outcome.bpmn_error_code == ("STOCK_SHORT" if code == "EXIT_BUSINESS" else None)
    assert outcome.variables["exitCode"] == exit_code
    assert "Bob said so" in outcome.message


def test_a_program_that_is_missing_or_unknown_is_not_repeated(folder: Path) -> None:
    missing = ADAPTER.submit(context("a"), profile(folder), ScriptInput(command="gone"))
    unknown = ADAPTER.submit(context("b"), profile(folder), ScriptInput(command="rm"))

    assert failure(missing) == ("NOT_RUNNABLE", FailureKind.PERMANENT)
    assert failure(unknown) == ("COMMAND_UNKNOWN", FailureKind.PERMANENT)


def test_a_command_that_takes_too_long_is_killed_with_its_children(folder: Path) -> None:
    script = "sleep 60 & echo $! > child; wait"

    outcome = ADAPTER.submit(context(), profile(folder, wall_seconds=0.3), sh(script))

    assert failure(outcome) == ("TIMED_OUT", FailureKind.PERMANENT)
    assert not is_alive(int((folder / "child").read_text()))


def is_alive(number: int) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_command_that_ignores_the_polite_signal_is_killed_all_the_same(folder: Path) -> None:
    wanted = sh("trap '' TERM; while :; do sleep 1; done")

    outcome = ADAPTER.submit(context(), profile(folder, wall_seconds=0.2), wanted)

    assert failure(outcome) == ("TIMED_OUT", FailureKind.PERMANENT)


def test_a_command_that_writes_too_much_is_killed(folder: Path) -> None:
    outcome = ADAPTER.submit(context(), profile(folder, output_bytes=1_000), sh("yes"))

    assert failure(outcome) == ("OUTPUT_TOO_LARGE", FailureKind.PERMANENT)
    assert isinstance(outcome, Failed)
    assert len(str(outcome.variables["result"])) == 1_000


def test_processor_time_is_bounded(folder: Path) -> None:
    outcome = ADAPTER.submit(context(), profile(folder, cpu_seconds=1), sh("while :; do :; done"))

    assert failure(outcome) == ("KILLED", FailureKind.PERMANENT)


def test_memory_is_bounded(folder: Path) -> None:
    wanted = ScriptInput(command="python", arguments=["x = bytearray(400_000_000)"])

    outcome = ADAPTER.submit(context(), profile(folder, memory_bytes=200_000_000), wanted)

    assert isinstance(outcome, Failed)
    assert "MemoryError" in outcome.message


def test_an_unusable_folder_is_the_profiles_fault(folder: Path) -> None:
    outcome = ADAPTER.submit(context(), profile(folder, jobs_folder=folder / "no"), sh("true"))

    assert failure(outcome) == ("FOLDER_UNUSABLE", FailureKind.PROFILE)


def test_a_detached_command_is_polled_until_it_ends(folder: Path) -> None:
    known = profile(folder)
    os.mkfifo(folder / "gate")

    accepted = ADAPTER.submit(context(), known, sh("read x < gate; echo $x", mode="detach"))
    assert isinstance(accepted, Accepted)
    meanwhile = ADAPTER.poll(context(), known, accepted.handle)
    (folder / "gate").write_text("42\n", encoding="utf-8")

    assert isinstance(meanwhile, Running)
    assert ended(known, accepted) == Done(output={"exitCode": 0, "result": 42, "stderr": ""})


def test_a_second_submit_of_the_same_key_starts_nothing(folder: Path) -> None:
    known = profile(folder)
    os.mkfifo(folder / "gate")
    wanted = sh("echo run >> runs; read x < gate", mode="detach")

    first = ADAPTER.submit(context(), known, wanted)
    second = ADAPTER.submit(context(), known, wanted)
    found = ADAPTER.find(context(), known, wanted)
    (folder / "gate").write_text("go\n", encoding="utf-8")

    assert first == second == found
    assert isinstance(ended(known, first), Done)
    assert isinstance(ADAPTER.submit(context(), known, wanted), Done)
    assert isinstance(ADAPTER.find(context(), known, wanted), Done)
    assert (folder / "runs").read_text() == "run\n"


def test_of_many_who_start_at_once_one_starts(folder: Path) -> None:
    known, wanted = profile(folder), sh("echo run >> runs")
    threads = [
        threading.Thread(target=ADAPTER.submit, args=(context(), known, wanted)) for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (folder / "runs").read_text() == "run\n"


def test_a_failed_command_is_run_again_by_a_technical_retry(folder: Path) -> None:
    known, wanted = profile(folder), sh("test -e ready || { touch ready; exit 1; }")

    first = ADAPTER.submit(context(), known, wanted)
    found = ADAPTER.find(context(), known, wanted)
    second = ADAPTER.submit(context(), known, wanted)

    assert failure(first) == ("EXIT_RETRY", FailureKind.RETRY)
    assert found is None
    assert isinstance(second, Done)


def test_nothing_is_found_under_a_key_that_was_never_submitted(folder: Path) -> None:
    assert ADAPTER.find(context("new"), profile(folder), sh("true")) is None


def test_a_command_survives_the_worker_that_started_it(folder: Path) -> None:
    known = profile(folder)
    os.mkfifo(folder / "gate")
    wanted = sh("read x < gate; echo $x")
    worker = os.fork()
    if worker == 0:  # the worker: it waits for the command, and is killed while it does
        ADAPTER.submit(context(), known, wanted)
        os._exit(0)
    await_state(folder, FolderState.RUNNING)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)

    found = ADAPTER.find(context(), known, wanted)
    (folder / "gate").write_text("42\n", encoding="utf-8")

    assert ended(known, found) == Done(output={"exitCode": 0, "result": 42, "stderr": ""})


def await_state(folder: Path, wanted: FolderState) -> None:
    waiting = threading.Event()
    job = JobFolder.of_key(folder / "jobs", context().idempotency_key)
    for _ in range(400):
        if job.state() is wanted and (folder / "jobs" / job.name / "started").exists():
            return
        waiting.wait(0.02)
    raise AssertionError(f"the folder never became {wanted}")


def test_a_command_whose_runner_was_killed_is_of_unknown_outcome(folder: Path) -> None:
    known, wanted = profile(folder), sh("read x < gate", mode="detach")
    os.mkfifo(folder / "gate")
    accepted = ADAPTER.submit(context(), known, wanted)
    await_state(folder, FolderState.RUNNING)
    os.kill(runner_of(folder / "jobs" / str(handle_of(accepted)["folder"])), signal.SIGKILL)
    await_state(folder, FolderState.LOST)

    assert isinstance(accepted, Accepted)
    assert failure(ADAPTER.poll(context(), known, accepted.handle)) == (
        "LOST",
        FailureKind.UNKNOWN,
    )
    again = ADAPTER.submit(context(), known, wanted)
    assert isinstance(again, Accepted)
    assert failure(ADAPTER.poll(context(), known, again.handle))[0] == "LOST"
    (folder / "gate").write_text("go\n", encoding="utf-8")


def runner_of(job: Path) -> int:
    """Return the process that has this job's folder as its last argument."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(job).encode() in words:
            return int(entry.parent.name)
    raise AssertionError("nobody runs the job")


def test_cancel_stops_a_running_command(folder: Path) -> None:
    known = profile(folder)
    accepted = ADAPTER.submit(context(), known, sh("sleep 60", mode="detach"))
    assert isinstance(accepted, Accepted)

    asked = ADAPTER.cancel(context(), known, accepted.handle)
    outcome = ended(known, accepted)
    afterwards = ADAPTER.cancel(context(), known, accepted.handle)

    assert (asked, afterwards) == ("requested", "already_done")
    assert failure(outcome) == ("CANCELLED", FailureKind.PERMANENT)


def test_a_folder_that_is_gone_is_of_unknown_outcome(folder: Path) -> None:
    handle = {"folder": "0" * 64, "command": "sh"}

    polled = ADAPTER.poll(context(), profile(folder), handle)

    assert failure(polled) == ("LOST", FailureKind.UNKNOWN)
    assert ADAPTER.cancel(context(), profile(folder), handle) == "gone"


def test_a_handle_cannot_lead_to_another_folder(folder: Path) -> None:
    with pytest.raises(ValueError, match="Expected a handle of this adapter"):
        ADAPTER.poll(context(), profile(folder), {"folder": "../elsewhere", "command": "sh"})


def test_old_folders_are_swept_and_running_ones_stay(folder: Path) -> None:
    known = profile(folder)
    ADAPTER.submit(context("old"), known, sh("true"))
    running = ADAPTER.submit(context("running"), known, sh("sleep 60", mode="detach"))
    jobs = folder / "jobs"
    old = JobFolder.of_key(jobs, "old")
    os.utime(jobs / old.name / "rc", (1, 1))
    os.utime(jobs / ".swept", (1, 1))

    sweep(jobs, keep_days=7)

    assert old.state() is FolderState.ABSENT
    assert JobFolder.of_key(jobs, "running").state() is FolderState.RUNNING
    ADAPTER.cancel(context(), known, running.handle if isinstance(running, Accepted) else None)
    assert failure(ended(known, running))[0] == "CANCELLED"


def test_the_connection_test_looks_at_folders_and_programs(folder: Path) -> None:
    good = ADAPTER.test(profile(folder, commands={"sh": ["/bin/sh"]}))
    bad = [
        ADAPTER.test(profile(folder, working_folder=folder / "no")),
        ADAPTER.test(profile(folder, jobs_folder=folder / "no")),
        ADAPTER.test(profile(folder)),
    ]

    assert good.ok
    assert [health.ok for health in bad] == [False, False, False]
