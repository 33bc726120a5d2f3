"""`serve` and `demo` as processes of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server_process import ROOT, ServerProcess, free_port

COMMAND = [sys.executable, "-m", "bpmn_engine.cli"]
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def demo(data: Path, port: int):
    """Give a running demo; at the end it is told to end as Ctrl-C would tell it."""
    ready = data.with_suffix(".ready")
    ready.unlink(missing_ok=True)
    options = ["--data", str(data), "--port", str(port), "--once-ready-file", str(ready)]
    with data.with_suffix(".out").open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, "demo", *options, "--json"], cwd=ROOT, stdout=out, stderr=out
        )
    try:
        give_up_at = time.monotonic() + 120
        while not ready.exists():
            assert process.poll() is None, data.with_suffix(".out").read_text("utf-8")
            assert time.monotonic() < give_up_at
            time.sleep(0.1)
        yield json.loads(data.with_suffix(".out").read_text("utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0


def questions(data: Path):
    """Ask the demo's database through the command."""

    def ask(*arguments: str):
        url = f"sqlite:///{data}/demo.db"
        answer = run(*arguments, "--json", BPMN_ENGINE_DATABASE_URL=url)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)["items"]

    return ask


def test_demo_shows_something_of_everything_and_keeps_it(tmp_path):
    data = tmp_path / "demo"
    port = free_port()
    ask = questions(data)

    with demo(data, port) as said:
        passwords = {one["user"]: one["password"] for one in said["users"]}
        with httpx.Client(base_url=said["address"], follow_redirects=True) as client:
            page = client.get("/login")
            form = {
                "username": "alice",
                "password": passwords["alice"],
                "csrf_token": CSRF.search(page.text)[1],
            }
            landed = client.post("/login", data=form, headers={"Origin": said["address"]})
        busy = run("demo", "--data", str(tmp_path / "other"), "--port", str(port))
        twice = run("demo", "--data", str(data), "--port", str(free_port()))
    first = ask("instances", "--limit", "200")
    with demo(data, port) as said_again:
        pass
    second = ask("instances", "--limit", "200")

    assert landed.status_code == 200
    assert "Alice Archer" in landed.text
    assert {one["process_id"] for one in first} == {
        "order_fulfilment",
        "employee_onboarding",
        "customer_value_stream",
    }
    assert {one["status"] for one in first} == {"active", "completed"}
    assert len(ask("incidents")) == 2
    assert len(ask("tasks")) >= 8
    assert list((data / "mail").glob("*.eml"))
    assert list((data / "share").rglob("*.txt"))
    assert "SIMULATION" in (data / "simulator.log").read_text("utf-8")
    assert (busy.returncode, twice.returncode) == (4, 4)
    assert "--port" in busy.stderr
    assert said_again["users"] == said["users"]
    assert {one["key"] for one in second} == {one["key"] for one in first}


def test_server_ends_gracefully(tmp_path):
    server = ServerProcess(
        tmp_path,
        {
            "BPMN_ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
            "BPMN_ENGINE_WEB_DEMO": "true",
        },
    )
    server.start()

    code = server.stop()

    assert code == 0
    assert "outcome=started" in server.log()
    assert "outcome=stopped" in server.log()
    assert "Traceback" not in server.log()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "BPMN_ENGINE_WEB_SECRET_KEY"),
        ({"BPMN_ENGINE_WORKER_THREADS": "0"}, "BPMN_ENGINE_"),
        ({"BPMN_ENGINE_BATCH_SIZE": "many"}, "BPMN_ENGINE_BATCH_SIZE"),
    ],
)
def test_server_with_a_wrong_setting_says_which_and_does_not_start(tmp_path, environment, words):
    answer = run(
        "serve",
        *("--port", str(free_port())),
        BPMN_ENGINE_DATABASE_URL=f"sqlite:///{tmp_path}/engine.db",
        **environment,
    )

    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_server_whose_port_is_in_use_says_so(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        answer = run(
            "serve",
            *("--port", port, "--instance-folder", str(tmp_path)),
            BPMN_ENGINE_DATABASE_URL=f"sqlite:///{tmp_path}/engine.db",
            BPMN_ENGINE_WEB_DEMO="true",
        )

    assert answer.returncode == 4
    assert f"127.0.0.1:{port}" in answer.stderr
