"""`cluster` with real servers: it comes up, works, comes again and ends."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.acceptance.server_process import ROOT, free_port
from tests.databases import binaries, quick_folder
from tests.diagrams import end, process, service, start, user
from tests.missing import missing

COMMAND = [sys.executable, "-m", "bpmn_engine.cli"]
SHARE = "bpmn-engine:file-share:1"
WRITING = process(
    "s -> write -> approve -> e",
    process_id="writing",
    s=start(),
    write=service(
        SHARE,
        inputs={
            "profile": '"share"',
            "operation": '"write"',
            "path": 'name + ".txt"',
            "content": '"Hello"',
        },
    ),
    approve=user(),
    e=end(),
)

NEEDED = {"none": (), "redis": ("redis-server",), "rabbitmq": ("/usr/sbin/rabbitmq-server",)}


def until(condition, seconds=90.0):
    """Wait for other processes; there is nothing to wait on but to ask again."""
    give_up_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up_at, "Expected it to become true in time."
        time.sleep(0.05)
    return found


class RunningCluster:
    """The command in a process of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        self.data = home / "data"
        self.port = free_port()
        self._out, self._err = home / "out", home / "err"
        (home / "share").mkdir()
        connections = home / "connections.toml"
        connections.write_text(
            f'[file_share.share]\nprotocol = "local"\nroot = "{home}/share"\n', encoding="utf-8"
        )
        environment = {**os.environ, "BPMN_ENGINE_WORKER_CONNECTIONS": str(connections)}
        environment["BPMN_ENGINE_WORKER_JOB_LOCK"] = "3"
        where = ["--data", str(self.data), "--port", str(self.port), "--json"]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*COMMAND, "cluster", *where, *options],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=err,
            )

    def told(self):
        """Return what it has said on standard output, when it is whole."""
        assert self.process.poll() is None, self.words()
        try:
            return json.loads(self._out.read_text("utf-8"))
        except json.JSONDecodeError:
            return None

    def words(self) -> str:
        return self._err.read_text("utf-8")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)


@contextlib.contextmanager
def cluster(*options: str):
    """Give a cluster in a folder that the user who runs PostgreSQL for root can reach."""
    home = Path(tempfile.mkdtemp(prefix="bpmn-cluster-", dir=quick_folder()))
    home.chmod(0o755)
    running = RunningCluster(home, *options)
    family = []
    try:
        yield running
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = running.family()
        if running.process.poll() is None:
            running.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(60)
        for left in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        shutil.rmtree(home, ignore_errors=True)


def need(broker: str) -> None:
    absent = [name for name in NEEDED[broker] if shutil.which(name) is None]
    if binaries() is None:
        absent.append("PostgreSQL")
    if absent:
        missing(f"not installed: {', '.join(absent)}")


def logged_in(told, user_id: str) -> httpx.Client:
    """Make a token as an operator would, in the database that the cluster has told."""
    made = subprocess.run(
        [
            *COMMAND,
            "tokens",
            "create",
            user_id,
            "--name",
            "test",
            "--database",
            told["database"],
            "--json",
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return httpx.Client(
        base_url=f"{told['address']}/api/v1",
        headers={"Authorization": f"Bearer {json.loads(made.stdout)['secret']}"},
        timeout=30,
        trust_env=False,
    )


def run_one(client: httpx.Client, name: str) -> str:
    """Start an instance, do its user task when it is there, and return its status at the end."""
    started = client.post(
        "/process-instances", json={"process_id": "writing", "variables": {"name": name}}
    )
    assert started.status_code == 201, started.text
    key = started.json()["key"]

    def task():
        listed = client.get("/user-tasks", params={"scope": "all"}).json()["items"]
        return next((one["key"] for one in listed if one["instance_key"] == key), None)

    found = until(task)
    assert client.post(f"/user-tasks/{found}/claim").is_success
    assert client.post(f"/user-tasks/{found}/completion", json={"variables": {}}).is_success
    return client.get(f"/process-instances/{key}").json()["status"]


@pytest.mark.parametrize("broker", ["none", "redis", "rabbitmq"])
def test_cluster_comes_up_works_comes_again_and_ends(broker):
    need(broker)
    with cluster("--broker", broker, "--web", "2", "--workers", "2") as running:
        told = until(running.told, 150)
        pids = {part["name"]: part["pid"] for part in told["parts"]}
        with logged_in(told, "admin") as client:
            files = {"files": ("writing.bpmn", WRITING)}
            deployed = client.post("/deployments", files=files)
            first = run_one(client, "first")

            os.kill(pids["worker-1"], signal.SIGKILL)
            until(lambda: "worker-1 was started again" in running.words())
            until(lambda: "worker-1: ok" in running.words())
            second = run_one(client, "second")
        family = running.family()
        code = running.end()

        servers = {"none": set(), "redis": {"redis"}, "rabbitmq": {"rabbitmq"}}[broker]
        sender = {"sender"} if broker != "none" else set()
        assert deployed.status_code == 201, deployed.text
        assert set(pids) == {"postgresql", "web", "worker-1", "worker-2"} | servers | sender
        assert {part["health"] for part in told["parts"]} == {"ok"}
        assert (first, second) == ("completed", "completed")
        assert sorted(path.name for path in (running.data.parent / "share").iterdir()) == [
            "first.txt",
            "second.txt",
        ]
        assert "worker-1 was ended by SIGKILL" in running.words()
        assert code == 0
        assert [one for one in family if one.is_running() and one.status() != "zombie"] == []
        assert all(Path(part["log"]).exists() for part in told["parts"])


def test_programs_of_a_cluster_end_when_the_command_was_killed():
    need("none")
    with cluster("--web", "1", "--workers", "1") as running:
        until(running.told, 150)
        family = running.family()

        running.process.kill()

        psutil.wait_procs(family, timeout=60)
        assert [one for one in family if one.is_running()] == []


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--database", "sqlite:///engine.db"], 2, "PostgreSQL"),
        (["--broker", "kafka"], 2, "none, redis, rabbitmq"),
    ],
)
def test_cluster_that_cannot_be_says_why(options, code, words):
    need("none")
    with cluster(*options) as running:
        assert running.process.wait(90) == code
        assert words in running.words()
        assert "Traceback" not in running.words()
