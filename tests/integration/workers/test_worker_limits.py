"""Embedded workers under limits: what they share, and whether they are alive."""

import datetime as dt
import threading
import time

import pytest

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, Resource, StartRequest
from bpmn_engine.settings import EngineSettings
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings
from tests.diagrams import end, process, service, start

DRAWN = process("s -> a -> e", s=start(), a=service("sap", inputs={"profile": '"prod"'}), e=end())
POOLS = {
    "of a type": '[sessions]\njob_types = ["sap"]\nsize = 2\n',
    "of a profile": '[sessions]\njob_types = ["sap"]\nprofiles = ["prod"]\nsize = 2\n',
}
SETTINGS = WorkerSettings(
    threads=4, idle_pause=dt.timedelta(seconds=0.02), stop_grace=dt.timedelta(seconds=5)
)


class Sessions:
    """Counts how many jobs are done at the same time, and how many in all."""

    def __init__(self):
        self.lock = threading.Lock()
        self.busy = self.most = self.done = 0

    def work(self, job):
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        time.sleep(0.01)  # a system takes its time
        with self.lock:
            self.busy -= 1
            self.done += 1
        return {}


def until(condition, seconds=60.0):
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def make_worker(engine, sessions):
    workers = WorkerRegistry()
    workers.add("sap", sessions.work)
    return EmbeddedWorker(engine, JobRunner(engine, SETTINGS, workers=workers), SETTINGS)


@pytest.mark.parametrize("pool", POOLS)
def test_workers_of_two_processes_never_use_more_than_a_pool_has(database, tmp_path, pool):
    file = tmp_path / "pools.toml"
    file.write_text(POOLS[pool])
    sessions = Sessions()
    engines = [
        EngineService(
            database,
            SystemClock(),
            EngineSettings(resource_pools=str(file), worker_number=number),
        )
        for number in (1, 2)
    ]
    deployed = engines[0].deploy([Resource(name="p.bpmn", content=DRAWN)])
    assert not isinstance(deployed, Problem)
    workers = [make_worker(engine, sessions) for engine in engines]
    engines[0].start_instances([StartRequest(process_id="p", variables={})] * 12)

    for worker in workers:
        worker.start()
    until(lambda: sessions.done == 12)
    for worker in workers:
        worker.stop()

    assert sessions.done == 12
    assert 1 <= sessions.most <= 2


def test_a_worker_is_alive_from_its_start_to_its_end(database):
    engine = EngineService(database, SystemClock(), EngineSettings())
    worker = make_worker(engine, Sessions())
    before = worker.is_alive

    worker.start()
    while_it_runs = worker.is_alive
    worker.stop()

    assert (before, while_it_runs, worker.is_alive) == (False, True, False)
