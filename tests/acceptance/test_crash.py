"""kill -9 at random moments: nothing acknowledged is lost, done twice, or left hanging."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests.acceptance.server_process import ServerProcess
from tests.diagrams import end, process, service, start, user
from web.accounts import AccountForm, NewToken, create_account, create_token
from web.permissions import Role

SEED = 20260301
KILLS = 22
WHOLE_SERVER_EVERY = 11  # kills; between them, only the process that serves and works
INSTANCES = 40
SETTLE_SECONDS = 60


def effect(step: str):
    """Return a service task that leaves one line in a file."""
    return service(
        "bpmn-engine:script:1",
        inputs={
            "profile": '"effects"',
            "command": '"leave-mark"',
            "arguments": f'[mark, "{step}"]',
        },
    )


PROCESS = process(
    "s -> before -> approve -> after -> e",
    s=start(),
    before=effect("before"),
    approve=user(),
    after=effect("after"),
    e=end(),
)


class Driver:
    """People and programs that go on using the engine, whatever happens to it."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(
            base_url=f"{url}/api/v1", headers=headers, timeout=10, trust_env=False
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._drive)
        self.answered = 0
        self.started: dict[str, str] = {}  # key -> mark, acknowledged
        self.claimed: set[str] = set()  # task keys, acknowledged
        self.completed: set[str] = set()
        self.unexpected: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> dict:
        answer = self._client.get(path)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    def _drive(self) -> None:
        number = 0
        while not self._stopped.is_set():
            if len(self.started) < INSTANCES:
                number += 1
                self._start(f"M-{number}")
            self._work_off_tasks()

    def _start(self, mark: str) -> None:
        answer = self._ask(
            "POST", "/process-instances", {"process_id": "p", "variables": {"mark": mark}}
        )
        if answer is not None and answer.is_success:
            self.started[answer.json()["key"]] = mark

    def _work_off_tasks(self) -> None:
        listed = self._ask("GET", "/user-tasks?scope=all&limit=3")
        if listed is None or not listed.is_success:
            return
        for task in listed.json()["items"]:
            claimed = self._ask("POST", f"/user-tasks/{task['key']}/claim")
            if claimed is None or not claimed.is_success:
                continue
            self.claimed.add(task["key"])
            done = self._ask("POST", f"/user-tasks/{task['key']}/completion", {"variables": {}})
            if done is not None and done.is_success:
                self.completed.add(task["key"])

    def _ask(self, method: str, path: str, body: dict | None = None) -> httpx.Response | None:
        """Return the answer, or None when the server is away: then nothing is known."""
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError:
            self._stopped.wait(0.02)
            return None
        self.answered += 1
        # A request may have been done by a server that died before it could say so.
        if answer.status_code not in {200, 201, 204, 404, 409, 503}:
            self.unexpected.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    marks = tmp_path / "marks.txt"
    script = f'printf "%s %s %s\\n" "$BPMN_IDEMPOTENCY_KEY" "$1" "$2" >> {marks}'
    (tmp_path / "connections.toml").write_text(
        "[script.effects]\n"
        f'working_folder = "{tmp_path}"\n'
        f'jobs_folder = "{tmp_path}/jobs"\n'
        f"commands = {{ leave-mark = ['/bin/sh', '-c', '''{script}''', 'sh'] }}\n",
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture
def token(folder: Path) -> str:
    """An operator's token on a database with the process deployed."""
    database = Database(f"sqlite:///{folder}/engine.db")
    database.migrate()
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=1000))
    deployed = engine.deploy([Resource(name="p.bpmn", content=PROCESS)])
    assert not isinstance(deployed, Problem), deployed
    form = AccountForm(user_id="carol", role=Role.OPERATOR)
    assert not isinstance(create_account(engine, form), Problem)
    made = create_token(engine, "carol", name="crash", expires_at=None)
    assert isinstance(made, NewToken)
    database.dispose()
    return made.secret


@pytest.fixture
def server(folder: Path):
    made = ServerProcess(
        folder,
        {
            "BPMN_ENGINE_DATABASE_URL": f"sqlite:///{folder}/engine.db",
            "BPMN_ENGINE_WEB_DEMO": "true",
            "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
            "BPMN_ENGINE_WEB_STREAM_CAP": "4",
            "BPMN_ENGINE_WORKER_CONNECTIONS": str(folder / "connections.toml"),
            "BPMN_ENGINE_WORKER_JOB_LOCK": "2",
        },
    )
    yield made
    if made.is_running():
        made.kill()


def _wait_for_answers(driver: Driver, count: int) -> None:
    """Wait until the engine has answered so many more requests: that is a random moment."""
    wanted = driver.answered + count
    give_up_at = time.monotonic() + 30
    while driver.answered < wanted:
        assert time.monotonic() < give_up_at, "Expected the server to answer, but it does not."
        time.sleep(0.001)


def _is_at_rest(driver: Driver) -> bool:
    """Tell whether every instance has ended or needs a person for an incident."""
    active = driver.get("/process-instances?status=active&limit=200")["items"]
    enough = len(driver.started) >= INSTANCES
    return enough and all(instance["incident_count"] for instance in active)


def _kill_again_and_again(server: ServerProcess, driver: Driver) -> None:
    chance = random.Random(SEED)  # noqa: S311
    for kill in range(1, KILLS + 1):
        _wait_for_answers(driver, chance.randint(1, 12))
        if kill % WHOLE_SERVER_EVERY == 0:
            server.kill()
            server.start()
        else:
            while not server.kill_engine():
                time.sleep(0.005)


def test_engine_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice(
    folder, token, server
):
    server.start()
    driver = Driver(server.url, token)
    driver.start()

    try:
        _kill_again_and_again(server, driver)
        server.await_ready()
        give_up_at = time.monotonic() + SETTLE_SECONDS
        while not _is_at_rest(driver):
            assert time.monotonic() < give_up_at, driver.get("/process-instances?status=active")
            time.sleep(0.2)
    finally:
        driver.stop()

    assert driver.unexpected == []
    _assert_nothing_is_lost(driver)
    _assert_nothing_is_done_twice(driver, folder)
    driver.close()
    assert server.stop() == 0


def _assert_nothing_is_lost(driver: Driver) -> None:
    for key in driver.started:
        instance = driver.get(f"/process-instances/{key}")
        if instance["status"] != "completed":
            assert driver.get(f"/process-instances/{key}/waits")["items"], instance
    for key in driver.completed:
        assert driver.get(f"/user-tasks/{key}")["state"] == "completed"
    for key in driver.claimed:
        task = driver.get(f"/user-tasks/{key}")
        assert "carol" in {task["assignee"], task["completed_by"]}


def _assert_nothing_is_done_twice(driver: Driver, folder: Path) -> None:
    marks = [
        tuple(line.split()) for line in (folder / "marks.txt").read_text("utf-8").splitlines()
    ]
    assert max(Counter(key for key, _, _ in marks).values()) == 1
    steps = Counter((mark, step) for _, mark, step in marks)
    assert max(steps.values()) == 1
    for key, mark in driver.started.items():
        if driver.get(f"/process-instances/{key}")["status"] == "completed":
            assert steps[mark, "before"] == steps[mark, "after"] == 1
