"""Jobs through Celery and a real Redis."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import InstanceSummary, Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.workers.catalogue import AdapterCatalogue, open_connections
from bpmn_engine.workers.celery_app import make_celery, queue_of, run_worker
from bpmn_engine.workers.celery_dispatcher import CeleryDispatcher
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings
from tests.diagrams import end, process, service, start
from tests.missing import missing

ROOT = Path(__file__).parents[3]
SHARE = "bpmn-engine:file-share:1"
PROCESS = process(
    "s -> a -> e",
    s=start(),
    a=service(
        SHARE,
        inputs={
            "profile": '"share"',
            "operation": '"write"',
            "path": '"hello.txt"',
            "content": '"Hello"',
        },
    ),
    e=end(),
)


@pytest.fixture
def redis_url(tmp_path):
    server = shutil.which("redis-server")
    if server is None:
        missing("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
    try:
        _until(lambda: _answers(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def engine(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/engine.db")
    database.migrate()
    made = EngineService(database, SystemClock(), EngineSettings())
    deployed = made.deploy([Resource(name="p.bpmn", content=PROCESS)])
    assert not isinstance(deployed, Problem), deployed
    yield made
    database.dispose()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(condition, seconds=60.0):
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "Expected it to become true in time."
        time.sleep(0.05)


def test_celery_keeps_a_message_until_its_job_is_done():
    app = make_celery(WorkerSettings(broker_url="redis://127.0.0.1:1/0"))

    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
    assert queue_of("sap:post") == "jobs.sap:post"


def test_worker_has_a_name_that_no_other_on_the_machine_has():
    started = []
    app = make_celery(WorkerSettings(broker_url="redis://127.0.0.1:1/0"))
    app.worker_main = started.append

    run_worker(app, ["sap:post"], process_count=1)

    (arguments,) = started
    assert arguments[arguments.index("--hostname") + 1] == f"bpmn-engine-{os.getpid()}@%h"


def test_job_is_done_by_a_celery_worker_of_another_process(tmp_path, redis_url, engine):
    (tmp_path / "share").mkdir()
    connections = tmp_path / "connections.toml"
    connections.write_text(
        f'[file_share.share]\nprotocol = "local"\nroot = "{tmp_path}/share"\n', encoding="utf-8"
    )
    settings = WorkerSettings(name="relay", connections=connections, broker_url=redis_url)
    runner = JobRunner(
        engine,
        settings,
        adapters=AdapterCatalogue(["file_share"]),
        connections=open_connections(connections, {}),
    )
    dispatcher = CeleryDispatcher(engine, runner, make_celery(settings))
    relay = EmbeddedWorker(engine, runner, settings, dispatcher=dispatcher)
    environment = {
        **os.environ,
        "BPMN_ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
        "BPMN_ENGINE_WORKER_BROKER_URL": redis_url,
        "BPMN_ENGINE_WORKER_CONNECTIONS": str(connections),
        "BPMN_ENGINE_WORKER_NAME": "celery",
        "BPMN_ENGINE_WORKER_THREADS": "1",
    }
    command = [sys.executable, "-m", "bpmn_engine.cli", "worker", "--celery"]
    with (tmp_path / "celery.log").open("wb") as log:
        other = subprocess.Popen(
            [*command, "--adapters", "file_share"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    relay.start()

    try:
        started = engine.start_instance("p")
        assert isinstance(started, InstanceSummary)
        _until(lambda: engine.instance(started.key).summary.ended_at is not None)
    finally:
        relay.stop()
        other.send_signal(signal.SIGTERM)
        other.wait(30)

    assert (tmp_path / "share" / "hello.txt").read_text(encoding="utf-8") == "Hello"
    journal = engine.instance_journal(started.key)
    assert "celery" in {entry.actor for entry in journal.items}


def test_broker_that_is_away_stops_nothing_else(engine, caplog):
    settings = WorkerSettings(broker_url="redis://127.0.0.1:1/0")
    runner = JobRunner(
        engine,
        settings,
        adapters=AdapterCatalogue(["file_share"]),
        connections=open_connections(Path("absent.toml"), {}),
    )
    dispatcher = CeleryDispatcher(engine, runner, make_celery(settings))
    engine.start_instance("p")

    dispatcher.dispatch_due()

    assert "outcome=broker_unavailable" in caplog.text
    dispatcher.stop(1)
