"""SpiffWorkflow with its own serialiser on PostgreSQL: start, one service task, end, as ours.

Each instance is a `BpmnWorkflow`, serialised by `BpmnWorkflowSerializer` into a row after each of
its steps: the start, which leaves a service task open, and each completion. One process, one
thread. No journal, no visits, no job rows, no locks: what SpiffWorkflow does not do is left out.
`bench_throughput` calls it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

import psycopg
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.util.task import TaskState

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS spiff_workflow (key bigint PRIMARY KEY, business_key text,"
    " started_at timestamptz DEFAULT now(), ended_at timestamptz, state text NOT NULL)"
)
_INSERT: Final = "INSERT INTO spiff_workflow (key, business_key, state) VALUES (%s, %s, %s)"
_UPDATE: Final = (
    "UPDATE spiff_workflow SET state = %s, ended_at = CASE WHEN %s THEN now() END WHERE key = %s"
)
_SELECT: Final = "SELECT state FROM spiff_workflow WHERE key = %s"


class SpiffSite:
    """SpiffWorkflow on one database, with the diagram parsed once."""

    def __init__(self, url: str, diagram: bytes) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(diagram))
        self._spec = parser.get_spec("p")
        self._subprocesses = parser.get_subprocess_specs("p")
        # The default leaves the plain service task out.
        classes = {**DEFAULT_CONFIG, ServiceTask: BpmnTaskSpecConverter}
        registry = BpmnWorkflowSerializer.configure(classes)
        self._serializer = BpmnWorkflowSerializer(registry)
        self._connection = psycopg.connect(url)
        self._connection.execute(_TABLE)
        self._connection.commit()
        self._next_key = 1
        self._jobs = diagram.count(b"taskDefinition ")

    def run(self, count: int, *, batch: int, reads_back: bool) -> float:
        """Run instances to their end; return how many a second.

        Args:
            count: How many instances.
            batch: Steps in one commit: the starts of so many, then their completions.
            reads_back: Whether the completion reads the workflow from its row, as another process
                has to; else it is kept in memory.
        """
        begun_at = time.perf_counter()
        for keys in self._batches(count, batch):
            workflows = self._start(keys)
            self._connection.commit()
            for _ in range(self._jobs):
                self._complete(keys, None if reads_back else workflows)
                self._connection.commit()
        return count / (time.perf_counter() - begun_at)

    def completed(self) -> int:
        """Return how many instances have ended."""
        rows = self._connection.execute(
            "SELECT count(*) FROM spiff_workflow WHERE ended_at IS NOT NULL"
        )
        (count,) = rows.fetchone() or (0,)
        return int(count)

    def size(self) -> int:
        """Return the average length of a stored state, in bytes."""
        rows = self._connection.execute("SELECT avg(length(state)) FROM spiff_workflow")
        (length,) = rows.fetchone() or (0,)
        return int(length)

    def close(self) -> None:
        """Leave the database."""
        self._connection.close()

    def _batches(self, count: int, batch: int) -> Iterator[range]:
        for _ in range(0, count, batch):
            keys = range(self._next_key, self._next_key + batch)
            self._next_key += batch
            yield keys

    def _start(self, keys: Sequence[int]) -> list[BpmnWorkflow]:
        workflows, rows = [], []
        for key in keys:
            workflow = BpmnWorkflow(self._spec, self._subprocesses)
            workflow.get_next_task(state=TaskState.READY).data.update(amount=5, customer="Alice")
            _go_on(workflow)
            workflows.append(workflow)
            rows.append((key, f"order {key}", self._serializer.serialize_json(workflow)))
        self._connection.cursor().executemany(_INSERT, rows)
        return workflows

    def _complete(self, keys: Sequence[int], kept: Sequence[BpmnWorkflow] | None) -> None:
        rows = []
        for key, workflow in zip(keys, kept or map(self._read, keys), strict=True):
            task = workflow.get_next_task(state=TaskState.STARTED)
            task.data["ok"] = True
            task.complete()
            _go_on(workflow)
            is_done = workflow.is_completed()
            rows.append((self._serializer.serialize_json(workflow), is_done, key))
        self._connection.cursor().executemany(_UPDATE, rows)

    def _read(self, key: int) -> BpmnWorkflow:
        (state,) = self._connection.execute(_SELECT, (key,)).fetchone() or ("",)
        return self._serializer.deserialize_json(state)


def _go_on(workflow: BpmnWorkflow) -> None:
    """Run all but service tasks; to SpiffWorkflow a plain task is one that a person does."""
    workflow.do_engine_steps()
    while (task := workflow.get_next_task(state=TaskState.READY)) is not None:
        task.run()
        workflow.do_engine_steps()


def measure(url: str, diagram: bytes, count: int, batch: int) -> dict[str, float]:
    """Return instances a second, by how it was committed."""
    site = SpiffSite(url, diagram)
    try:
        site.run(batch, batch=batch, reads_back=False)  # warm
        figures = {
            "SpiffWorkflow, a commit for each step": site.run(count, batch=1, reads_back=False),
            "SpiffWorkflow, a commit for each step, read back": site.run(
                count, batch=1, reads_back=True
            ),
            f"SpiffWorkflow, batches of {batch}": site.run(count, batch=batch, reads_back=False),
            f"SpiffWorkflow, batches of {batch}, read back": site.run(
                count, batch=batch, reads_back=True
            ),
        }
        if site.completed() != batch + 4 * count:
            raise RuntimeError(f"Expected all to be completed, but {site.completed()} are.")
        print(f"(SpiffWorkflow stores {site.size():,} bytes for an instance)")
    finally:
        site.close()
    return figures
