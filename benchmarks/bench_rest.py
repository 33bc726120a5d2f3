"""How many instances a second over REST: one request for each start, workers of other processes.

    python -m benchmarks.bench_rest [--instances N] [--callers N] [--processes N] [--database KIND]

`bpmn-engine serve` runs as it is documented, with an API token; a caller starts instances one
after the other, and asks for every tenth until it is seen. A worker takes jobs and completes them,
many in one request. Callers and worker share the machine with the server.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from statistics import quantiles

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests import databases
from tests.acceptance.server_process import ServerProcess
from tests.diagrams import end, process, service, start
from web.accounts import AccountForm, NewToken, create_account, create_token
from web.permissions import Role

DIAGRAM = process("s -> work -> e", process_id="p", s=start(), work=service("work"), e=end())
ROOT = Path(__file__).parents[1]
_LOOKED_FOR = 10
_WORKER_PAUSE_SECONDS = 0.1  #: Camunda's clients wait 0.3 s between two fetches unless told


class Client:
    """One connection that stays open, with a token."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def post(self, path: str, body: object) -> tuple[int, dict[str, object]]:
        """Send a body, and return the status and the answer."""
        return self._ask("POST", path, json.dumps(body))

    def get(self, path: str) -> tuple[int, dict[str, object]]:
        """Return the status and the answer."""
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, dict[str, object]]:
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}


def work(port: int, secret: str) -> None:
    """Do jobs until the process is killed."""
    client = Client(port, secret)
    wanted = {
        "types": ["work"],
        "worker": "bench",
        "limit": 100,
        "lock_seconds": 60,
        "wait_seconds": 5,
    }
    while True:
        status, answer = client.post("/api/v1/jobs/activation", wanted)
        if status != HTTPStatus.OK:
            raise SystemExit(f"Expected jobs, but got {status}: {answer}")
        jobs = answer["items"]
        if isinstance(jobs, list) and jobs:
            done = [
                {"key": job["key"], "lock_token": job["lock_token"], "variables": {"ok": True}}
                for job in jobs
            ]
            client.post("/api/v1/jobs/completion/batch", {"jobs": done})
        time.sleep(_WORKER_PAUSE_SECONDS)


class Callers:
    """Start instances over several connections and note how long every tenth took to be seen."""

    def __init__(self, port: int, secret: str, count: int) -> None:
        self._port = port
        self._secret = secret
        self._left = self._count = count
        self._turn = threading.Lock()
        self.seconds: list[float] = []

    def run(self, callers: int) -> float:
        """Start them all; return how many a second."""
        threads = [threading.Thread(target=self._call) for _ in range(callers)]
        begun_at = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._count / (time.perf_counter() - begun_at)

    def _call(self) -> None:
        client = Client(self._port, self._secret)
        while True:
            with self._turn:
                if not self._left:
                    return
                self._left -= 1
                is_looked_for = self._left % _LOOKED_FOR == 0
            begun_at = time.perf_counter()
            status, answer = client.post(
                "/api/v1/process-instances", {"process_id": "p", "variables": {"amount": 5}}
            )
            if status != HTTPStatus.CREATED:
                raise SystemExit(f"Expected an instance, but got {status}: {answer}")
            if not is_looked_for:
                continue
            while client.get(f"/api/v1/process-instances/{answer['key']}")[0] != HTTPStatus.OK:
                time.sleep(0.001)
            self.seconds.append(time.perf_counter() - begun_at)


def prepare(url: str) -> str:
    """Fill a new database, and return the secret of a token."""
    database = Database(url)
    database.migrate()
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=900))
    deployed = engine.deploy([Resource(name="p.bpmn", content=DIAGRAM)])
    password = secrets.token_urlsafe()
    form = AccountForm(user_id="bob", role=Role.OPERATOR, password=password, groups=())
    create_account(engine, form)
    token = create_token(engine, "bob", name="bench", expires_at=None)
    database.dispose()
    if isinstance(deployed, Problem) or not isinstance(token, NewToken):
        raise SystemExit(f"Expected a deployment and a token, but got {deployed} and {token}.")
    return token.secret


def measure(url: str, folder: Path, given: argparse.Namespace) -> None:
    """Run the server, the worker and the callers, and print what they did."""
    secret = prepare(url)
    settings: Mapping[str, str] = {
        "BPMN_ENGINE_DATABASE_URL": url,
        "BPMN_ENGINE_WEB_SECRET_KEY": "a key that is only used by benchmarks, never elsewhere",
        "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
    }
    server = ServerProcess(folder, settings, options=["--workers", str(given.processes)])
    server.start()
    command = [sys.executable, "-m", "benchmarks.bench_rest", "--work", str(server.port), secret]
    worker = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ))
    try:
        Callers(server.port, secret, 50).run(given.callers)  # warm
        callers = Callers(server.port, secret, given.instances)
        rate = callers.run(given.callers)
        cuts = quantiles(callers.seconds, n=100)
        print(
            f"{url.partition(':')[0]}: {rate:.0f} /s; start until seen: "
            f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
        )
    finally:
        worker.terminate()
        worker.wait(30)
        server.stop()


def main() -> None:
    """Measure, or be the worker."""
    if sys.argv[1:2] == ["--work"]:
        work(int(sys.argv[2]), sys.argv[3])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=3000)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bpmn-bench-")))
        url = f"sqlite:///{folder}/engine.db"
        if given.database == "postgresql":
            postgres = stack.enter_context(databases.postgres_server(is_durable=True))
            databases.make_template(postgres)
            url = stack.enter_context(databases.postgres_database(postgres))
        measure(url, folder, given)


if __name__ == "__main__":
    main()
