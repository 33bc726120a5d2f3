"""Metrics and health over HTTP: of the web application, of a worker, of several processes."""

import json
import os
import signal
import subprocess
import sys
import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.views.queues import Readiness
from tests.acceptance.server_process import ROOT, ServerProcess, free_port
from tests.acceptance.site import deploy_approval, running_site, start_approval
from tests.acceptance.test_gunicorn import gunicorn
from tests.diagrams import end, process, service, start
from tests.integration.telemetry.receiver import receiving

TOKEN = "sixteen-characters-at-least"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


def samples(text):
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text, name, **labels):
    return samples(text).get((name, frozenset(labels.items())))


def test_the_web_application_shows_metrics_to_whoever_has_the_token(tmp_path):
    instruments = open_instruments(TelemetrySettings(metrics_token=TOKEN))
    with running_site(tmp_path, instruments=instruments) as site:
        deploy_approval(site)
        start_approval(site.worker("carol"))
        client = site.anonymous()

        answer = client.get("/metrics", headers=SHOWN)

        wrong = [
            client.get("/metrics"),
            client.get("/metrics", headers={"Authorization": "Bearer another-token-of-someone"}),
            client.get("/metrics", headers={"Authorization": f"Basic {TOKEN}"}),
            site.worker("alice").get("/metrics"),
            site.browser("alice").get("/metrics"),
        ]
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert value(answer.text, "bpmn_instances_started_total", process="approval") == 1
    assert [each.status_code for each in wrong] == [401] * 5
    assert "bpmn_" not in "".join(each.text for each in wrong)


def test_requests_are_counted_by_endpoint_and_never_by_address(tmp_path):
    instruments = open_instruments(TelemetrySettings(metrics_token=TOKEN))
    with running_site(tmp_path, instruments=instruments) as site:
        client = site.worker("carol")
        for number in range(5):
            client.get(f"/api/v1/process-instances/{number}")
            client.get(f"/nowhere/{number}")

        text = client.get("/metrics", headers=SHOWN).text

    name = "bpmn_http_request_seconds_count"
    found = {"endpoint": "process-instances.get_instance", "method": "GET", "status": "4xx"}
    assert value(text, name, **found) == 5
    assert value(text, name, endpoint="none", method="any", status="4xx") == 5
    assert "nowhere" not in text


def test_without_a_token_there_is_nothing_to_see(tmp_path):
    with running_site(tmp_path) as site:
        plain = site.anonymous().get("/metrics")
        shown = site.anonymous().get("/metrics", headers=SHOWN)

    assert (plain.status_code, shown.status_code) == (404, 404)
    assert "BPMN_ENGINE_TELEMETRY_METRICS_TOKEN" in plain.json()["detail"]


def test_health_tells_each_part_to_everybody(tmp_path):
    with running_site(tmp_path) as site:
        client = site.anonymous()
        live, ready = client.get("/health/live"), client.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    parts = {"status": "ok", "database": "ok", "migrations": "ok"}
    assert (ready.status_code, ready.json()) == (200, parts)


def test_a_part_that_cannot_work_makes_the_process_not_ready(tmp_path):
    with running_site(tmp_path) as site:
        context = site.app.extensions["bpmn_engine"]
        stuck = Readiness(parts=(("database", "ok"), ("worker", "stuck")))
        object.__setattr__(context, "readiness", lambda: stuck)
        ready = site.anonymous().get("/health/ready")

    assert ready.status_code == 503
    assert ready.json() == {"status": "unavailable", "database": "ok", "worker": "stuck"}


@pytest.fixture
def database_url(tmp_path):
    url = f"sqlite:///{tmp_path}/engine.db"
    database = Database(url)
    database.migrate()
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=9))
    drawn = process("s -> e", process_id="quick", s=start(), e=end())
    engine.deploy([Resource(name="quick.bpmn", content=drawn)])
    database.dispose()
    return url


def await_answer(url, process, headers=None):
    """Ask until another process answers; there is nothing else to wait on."""
    give_up_at = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < give_up_at
        try:
            answer = httpx.get(url, timeout=60, trust_env=False, headers=headers)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            if answer.status_code != 503:
                return answer


def test_a_worker_tells_metrics_and_health_at_an_address_of_its_own(tmp_path, database_url):
    port = free_port()
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bpmn_engine.cli", "worker", "--database", database_url],
            cwd=ROOT,
            env={
                **os.environ,
                "BPMN_ENGINE_TELEMETRY_BIND": f"127.0.0.1:{port}",
                "BPMN_ENGINE_TELEMETRY_LOG_FORMAT": "json",
            },
            stdout=log,
            stderr=log,
        )
        try:
            ready = await_answer(f"http://127.0.0.1:{port}/health/ready", process)
            live = await_answer(f"http://127.0.0.1:{port}/health/live", process)
            metrics = await_answer(f"http://127.0.0.1:{port}/metrics", process)
            absent = await_answer(f"http://127.0.0.1:{port}/other", process)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)

    lines = [json.loads(line) for line in (tmp_path / "worker.log").read_text().splitlines()]
    assert code == 0
    assert ready.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "worker": "ok",
    }
    assert live.json() == {"status": "ok"}
    assert (value(metrics.text, "bpmn_transaction_seconds_count") or 0) > 0
    assert absent.status_code == 404
    assert {"started", "stopped", "telemetry_listens"} <= {line.get("outcome") for line in lines}


def test_two_web_processes_are_scraped_as_one(tmp_path, database_url):
    settings = {
        "BPMN_ENGINE_WEB_PROCESSES": "2",
        "BPMN_ENGINE_TELEMETRY_METRICS_TOKEN": TOKEN,
    }

    with gunicorn(database_url, **settings) as (address, _):
        for _ in range(20):
            with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
                client.get("/healthz")
        seen = {
            value(
                httpx.get(f"{address}/metrics", headers=SHOWN, trust_env=False, timeout=60).text,
                "bpmn_http_request_seconds_count",
                endpoint="health.live",
                method="GET",
                status="2xx",
            )
            for _ in range(6)
        }

    assert seen == {20.0}


def await_counts(folder, process, *, of):
    """Wait until each of several processes of a server has counted something in its own files."""
    give_up_at = time.monotonic() + 60
    while True:
        counts = [file.stem for file in folder.glob("bpmn-engine-metrics-*/*.db")]
        if len({name.rpartition("_")[2] for name in counts}) == of:
            return
        assert process.poll() is None
        assert time.monotonic() < give_up_at, counts
        time.sleep(0.1)


def test_two_processes_of_one_server_are_scraped_as_one_and_leave_nothing(tmp_path, database_url):
    port, address = free_port(), f"127.0.0.1:{free_port()}"
    folder = tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-m", "bpmn_engine.cli", "serve", "--workers", "2"]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--instance-folder", str(tmp_path)],
            cwd=ROOT,
            env={
                **os.environ,
                "TMPDIR": str(folder),
                "BPMN_ENGINE_DATABASE_URL": database_url,
                "BPMN_ENGINE_WEB_DEMO": "true",
                "BPMN_ENGINE_TELEMETRY_BIND": address,
            },
            stdout=log,
            stderr=log,
        )
        try:
            await_answer(f"http://{address}/health/ready", process)
            await_answer(f"http://127.0.0.1:{port}/health/ready", process)
            await_counts(folder, process, of=2)
            for _ in range(10):
                await_answer(f"http://127.0.0.1:{port}/healthz", process)
            seen = {
                value(
                    await_answer(f"http://{address}/metrics", process).text,
                    "bpmn_http_request_seconds_count",
                    endpoint="health.live",
                    method="GET",
                    status="2xx",
                )
                for _ in range(3)
            }
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)

    assert seen == {10.0}
    assert code == 0
    assert list(folder.glob("bpmn-engine-metrics-*")) == []


def test_a_listener_that_others_reach_needs_a_token(tmp_path, database_url):
    done = subprocess.run(
        [sys.executable, "-m", "bpmn_engine.cli", "worker", "--database", database_url],
        cwd=ROOT,
        env={**os.environ, "BPMN_ENGINE_TELEMETRY_BIND": "0.0.0.0:9464"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "BPMN_ENGINE_TELEMETRY_METRICS_TOKEN" in done.stderr


SHARE = "bpmn-engine:file-share:1"
WRITE = process(
    "s -> a -> e",
    process_id="write",
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


def test_a_server_traces_what_its_worker_does_and_says_that_it_works(tmp_path, database_url):
    (tmp_path / "share").mkdir()
    connections = tmp_path / "connections.toml"
    connections.write_text(
        f'[file_share.share]\nprotocol = "local"\nroot = "{tmp_path}/share"\n', encoding="utf-8"
    )
    port = free_port()
    with receiving() as receiver:
        server = ServerProcess(
            tmp_path,
            {
                "BPMN_ENGINE_DATABASE_URL": database_url,
                "BPMN_ENGINE_WEB_DEMO": "true",
                "BPMN_ENGINE_WORKER_CONNECTIONS": str(connections),
                "BPMN_ENGINE_TELEMETRY_OTLP_ENDPOINT": receiver.url,
                "BPMN_ENGINE_TELEMETRY_BIND": f"127.0.0.1:{port}",
            },
        )
        server.start()
        try:
            ready = httpx.get(f"{server.url}/health/ready", trust_env=False, timeout=60)
            database = Database(database_url)
            engine = EngineService(database, SystemClock(), EngineSettings(worker_number=7))
            engine.deploy([Resource(name="write.bpmn", content=WRITE)])
            started = engine.start_instance("write")
            await_end(engine, started.key)
            database.dispose()
            metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=60)
        finally:
            code = server.stop()

    spans = receiver.by_name()
    call = spans[f"{SHARE} submit"]
    assert code == 0
    assert ready.json()["worker"] == "ok"
    assert {"a", "e", "write"} <= set(spans)
    assert call.parent_id == spans["a"].span_id
    assert call.attributes["bpmn.adapter.outcome"] == "done"
    labels = {"job_type": SHARE, "operation": "submit", "outcome": "done"}
    assert value(metrics.text, "bpmn_adapter_call_seconds_count", **labels) == 1
    assert value(metrics.text, "bpmn_jobs_total", job_type=SHARE, event="completed") == 1


def await_end(engine, key):
    """Ask until another process has ended an instance."""
    give_up_at = time.monotonic() + 60
    while engine.instance(key).summary.ended_at is None:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
