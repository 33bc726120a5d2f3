"""SIMULATION: a worker that answers for systems which are not connected. For the demo only.

    python -m processes.simulator_worker

It is a program like any other external worker: it asks the REST API for jobs and completes them.
The environment says where: BPMN_ENGINE_SIMULATOR_URL, and BPMN_ENGINE_SIMULATOR_TOKEN, the API
token of an operator. It ends when its standard input does, or on SIGTERM.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Final, TypedDict

import httpx

from processes.simulator import (
    SIMULATIONS,
    BpmnError,
    Complete,
    Failure,
    JsonValue,
    SimulatedResult,
    Variables,
    answer,
)

_LOG = logging.getLogger("simulation")
_WORKER: Final = "simulator"
_LIMIT: Final = 20
_WAIT_SECONDS: Final = 10
_LOCK_SECONDS: Final = 30
_PAUSE_SECONDS: Final = 1.0


class _Job(TypedDict):
    """What we read of an activated job."""

    key: str
    lock_token: str
    job_type: str
    element_id: str
    process_instance_key: str
    variables: Variables


class SimulatorWorker:
    """Asks for jobs and answers them, until it is told to stop."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End after the jobs in hand."""
        self._stopped.set()

    def run(self) -> None:
        """Work until `stop` is called."""
        _LOG.info("SIMULATION outcome=started job_types=%s", len(SIMULATIONS))
        while not self._stopped.is_set():
            try:
                for job in self._activate():
                    self._do(job)
            except httpx.HTTPError as error:
                _LOG.warning("SIMULATION outcome=engine_unreachable reason=%r", str(error))
                self._stopped.wait(_PAUSE_SECONDS)
        _LOG.info("SIMULATION outcome=stopped")

    def _activate(self) -> list[_Job]:
        response = self._client.post(
            "/api/v1/jobs/activation",
            json={
                "types": list(SIMULATIONS),
                "worker": _WORKER,
                "limit": _LIMIT,
                "lock_seconds": _LOCK_SECONDS,
                "wait_seconds": _WAIT_SECONDS,
            },
        )
        response.raise_for_status()
        jobs: list[_Job] = response.json()["items"]
        return jobs

    def _do(self, job: _Job) -> None:
        result = answer(job["job_type"], job["variables"])
        word, body = _report(result)
        response = self._client.post(
            f"/api/v1/jobs/{job['key']}/{word}", json={**body, "lock_token": job["lock_token"]}
        )
        _LOG.info(
            "SIMULATION instance=%s element=%s job=%s type=%s outcome=%s status=%s",
            job["process_instance_key"],
            job["element_id"],
            job["key"],
            job["job_type"],
            word,
            response.status_code,
        )


def _report(result: SimulatedResult) -> tuple[str, Mapping[str, JsonValue]]:
    match result:
        case Complete(variables=variables):
            return "completion", {"variables": variables}
        case BpmnError(code=code, message=message, variables=variables):
            return "error", {"error_code": code, "message": message, "variables": variables}
        case Failure(message=message, retries=retries):
            return "failure", {"message": message, "retries_left": retries}


def main() -> None:
    """Run until told to end."""
    logging.basicConfig(
        level=logging.INFO, format="time=%(asctime)s level=%(levelname)s %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    headers = {"Authorization": f"Bearer {os.environ['BPMN_ENGINE_SIMULATOR_TOKEN']}"}
    client = httpx.Client(
        base_url=os.environ["BPMN_ENGINE_SIMULATOR_URL"],
        headers=headers,
        timeout=_WAIT_SECONDS + 20,
        trust_env=False,
    )
    with client:
        worker = SimulatorWorker(client)
        signal.signal(signal.SIGTERM, lambda _number, _frame: worker.stop())
        signal.signal(signal.SIGINT, lambda _number, _frame: worker.stop())
        threading.Thread(target=_await_end_of_input, args=(worker,), daemon=True).start()
        worker.run()


def _await_end_of_input(worker: SimulatorWorker) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    worker.stop()
    # A request for jobs may be held open for seconds; nothing is lost by not waiting for it.
    time.sleep(_PAUSE_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
