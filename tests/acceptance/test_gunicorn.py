"""The application under gunicorn, in two processes on one database."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests.acceptance.diagrams import APPROVAL
from web.accounts import AccountForm, NewToken, create_account, create_token
from web.permissions import Role

ROOT = Path(__file__).parents[2]


@contextmanager
def gunicorn(database_url: str, **settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run gunicorn until its address is known; yield that and the process."""
    environ = {
        **os.environ,
        "BPMN_ENGINE_DATABASE_URL": database_url,
        "BPMN_ENGINE_WEB_SECRET_KEY": "a key that is only used by tests, never elsewhere",
        "BPMN_ENGINE_WEB_SESSION_COOKIE_SECURE": "false",
        "BPMN_ENGINE_WEB_STREAM_CAP": "4",
        "BPMN_ENGINE_WEB_BIND": "127.0.0.1:0",
        "PYTHONWARNINGS": "default",
        **settings,
    }
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "python:web.gunicorn_config",
            "web.wsgi:create()",
        ],
        cwd=ROOT,
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        seen = []
        address = None
        for line in process.stderr:
            seen.append(line)
            found = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", line)
            if found:
                address = found.group(1)
                break
        assert address is not None, "".join(seen)
        yield address, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_two_processes_share_sessions_changes_and_keys(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/engine.db"
    database = Database(url)
    database.migrate()
    service = EngineService(database, SystemClock(), EngineSettings(worker_number=9))
    service.deploy([Resource(name="approval.bpmn", content=APPROVAL.encode())])
    form = AccountForm(user_id="alice", role=Role.STAFF, password="a long password", groups=())
    create_account(service, form)
    made = create_token(service, "alice", name="test", expires_at=None)
    assert isinstance(made, NewToken)
    token = {"Authorization": f"Bearer {made.secret}"}

    with gunicorn(url, BPMN_ENGINE_WEB_PROCESSES="2") as (address, _process):
        keys = set()
        with httpx.Client(base_url=address, timeout=30) as browser:
            for _ in range(20):
                with httpx.Client(base_url=address, timeout=30, headers=token) as client:
                    started = client.post(
                        "/api/v1/process-instances", json={"process_id": "approval"}
                    )
                    keys.add(started.json()["key"])
            with browser.stream("GET", "/live", headers=token) as answer:
                lines = answer.iter_lines()
                assert next(lines) == "retry: 3000"
                httpx.post(
                    f"{address}/api/v1/process-instances",
                    json={"process_id": "approval"},
                    headers=token,
                    timeout=30,
                )
                change = next(line for line in lines if line.startswith("data:"))
            ready = browser.get("/readyz")

    database.dispose()
    assert len(keys) == 20
    assert "instances" in json.loads(change.removeprefix("data:"))["topics"]
    assert ready.json() == {"status": "ok", "database": "ok"}


def test_a_database_that_was_not_migrated_stops_the_start(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "BPMN_ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/empty.db",
        "BPMN_ENGINE_WEB_SECRET_KEY": "a key that is only used by tests, never elsewhere",
    }

    done = subprocess.run(
        [sys.executable, "-c", "import web.wsgi; web.wsgi.create()"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "bpmn-engine migrate-db" in done.stderr


def answers(sock: socket.socket, count: int) -> list[bytes]:
    """Read so many answers without a body of unknown length; return their first lines."""
    seen = b""
    while seen.count(b"HTTP/1.1 ") < count or not seen.endswith(b"}\n"):
        part = sock.recv(65536)
        assert part, seen
        seen += part
    return re.findall(rb"HTTP/1\.1 (\d+)", seen)


def test_a_connection_asks_again_and_again_also_before_it_is_answered(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/engine.db"
    database = Database(url)
    database.migrate()
    database.dispose()
    ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with gunicorn(url) as (address, _):
        port = httpx.URL(address).port
        with ExitStack() as stack:
            sockets = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port or 0), 30))
                for _ in range(40)  # more than there are threads
            ]
            one_by_one, at_once = [], []
            for _ in range(3):
                for sock in sockets:
                    sock.sendall(ask)
                one_by_one += [answers(sock, 1) for sock in sockets]
            for sock in sockets:
                sock.sendall(ask * 3)
            at_once = [answers(sock, 3) for sock in sockets]

    assert one_by_one == [[b"200"]] * 120
    assert at_once == [[b"200"] * 3] * 40
