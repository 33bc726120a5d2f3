"""Metrics for Prometheus: counted after each commit, shown when they are scraped.

Labels are ids of processes, elements and job types, of which there are as many as were deployed.
Should that be too many, what comes late is counted under `other`: see `Series`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    Summary,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from typing_extensions import override

from bpmn_engine.kernel.facts import (
    ElementCompensated,
    ElementCompleted,
    ElementTerminated,
    Fact,
    IncidentRaised,
    IncidentResolved,
    InstanceStarted,
    StatusChanged,
)
from bpmn_engine.service.observing import (
    AdapterCall,
    Commit,
    JobEvent,
    JobNote,
    MessageNote,
    Note,
    TimerNote,
)
from bpmn_engine.store.applied import ENDED, AppliedStep
from bpmn_engine.store.history import is_loop_body
from bpmn_engine.telemetry.instruments import Meter
from bpmn_engine.telemetry.multiprocess import FOLDER_VARIABLE
from bpmn_engine.telemetry.series import Series
from bpmn_engine.views.queues import QueueSample

_QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_JOBS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200)
_LONG: Final = (0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)

_JOB_ENDS: Final = frozenset(
    {JobEvent.COMPLETED, JobEvent.THROWN, JobEvent.RETRIED, JobEvent.FAILED}
)
_VISIT_ENDS: Final[Mapping[type, str]] = {
    ElementCompleted: "completed",
    ElementTerminated: "terminated",
    ElementCompensated: "compensated",
}


class Metrics(Meter):
    """What one process has done, and how full the queues are."""

    def __init__(self, most_series: int = 2_000) -> None:
        # With gunicorn or Celery several processes are scraped as one, through files.
        self._folder = os.environ.get(FOLDER_VARIABLE)
        if self._folder and not values.ValueClass._multiprocess:  # noqa: SLF001 — its only mark
            values.ValueClass = values.MultiProcessValue()
        # When a series began is of no use here, and would be as many series again.
        disable_created_metrics()
        self._registry = CollectorRegistry()
        if not self._folder:
            ProcessCollector(registry=self._registry)
        self._most = most_series
        self._make_instances()
        self._make_jobs()
        self._make_work()
        self._make_queues()
        self._last_sample: dt.datetime | None = None

    @property
    @override
    def traced_part(self) -> float | None:
        return None

    @override
    def scrape(self) -> bytes:
        if self._folder is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self._folder)
        return generate_latest(registry)

    @override
    def answered(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        word = f"{status // 100}xx" if status != 429 else "429"  # noqa: PLR2004 — shown apart
        self._requests.of(method, endpoint, word).observe(seconds)

    @override
    def refused_start(self, queue: str) -> None:
        self._refused.of(queue).inc()

    @override
    def committed(self, commit: Commit) -> None:
        self._transaction_seconds.observe(commit.seconds)
        if commit.attempts > 1:
            self._retried.inc(commit.attempts - 1)
        if commit.steps:
            self._batches.observe(len({step.instance.key for step in commit.steps}))
        for step in commit.steps:
            for fact in step.facts:
                counted = self._counters.get(type(fact))
                if counted is not None:
                    counted(step, fact)
        for note in commit.notes:
            self._count_note(note)

    @override
    def lock_lost(self, note: JobNote) -> None:
        self._note_job(note)

    @override
    def called(self, call: AdapterCall) -> None:
        took = (call.ended_at - call.began_at).total_seconds()
        self._calls.of(call.job_type, call.operation, call.outcome).observe(took)

    @override
    def sampled(self, sample: QueueSample) -> None:
        if sample.sampled_at == self._last_sample:
            return
        self._last_sample = sample.sampled_at
        depth: dict[tuple[str, ...], float] = {}
        oldest: dict[tuple[str, ...], dt.datetime] = {}
        for queue in sample.jobs:
            labels = (queue.job_type,)
            depth[labels] = depth.get(labels, 0) + queue.open_count
            oldest[labels] = min(oldest.get(labels, queue.oldest_at), queue.oldest_at)
        _show(self._open_jobs, depth)
        ages = {labels: _age(at, sample.sampled_at) for labels, at in oldest.items()}
        _show(self._oldest_job, ages)
        _show(self._pool_taken, {(pool.name,): pool.taken_count for pool in sample.pools})
        _show(self._pool_waiting, {(pool.name,): pool.waiting_count for pool in sample.pools})
        sizes = {(pool.name,): pool.size for pool in sample.pools if pool.size is not None}
        _show(self._pool_size, sizes)
        _show(
            self._rows,
            {
                ("outbox",): sample.outbox_count,
                ("inbox",): sample.inbox_count,
                ("messages",): sample.messages_buffered,
                ("timers_due",): sample.timers_due,
                ("incidents",): sample.incidents_open,
            },
        )
        _show(
            self._row_ages,
            {
                ("outbox",): _age(sample.outbox_oldest_at, sample.sampled_at),
                ("inbox",): _age(sample.inbox_oldest_at, sample.sampled_at),
                ("timers_due",): sample.timer_lag_seconds,
            },
        )
        if sample.partitions_end_at is not None:
            ahead = sample.partitions_end_at - sample.sampled_at
            _show(self._partitions_ahead, {("history",): ahead.total_seconds()})

    def _make_instances(self) -> None:
        process = ("process",)
        self._started = self._counter("instances_started", "Instances started.", process)
        self._ended = self._histogram(
            "instance_seconds",
            "How long instances took that ended, by how they did.",
            ("process", "status"),
            _LONG,
        )
        self._visits = Series(
            Summary(
                "bpmn_element_visit_seconds",
                "Visits of elements that ended, and how long they took.",
                ("process", "element", "state"),
                registry=self._registry,
            ),
            self._most,
        )
        self._raised = self._counter("incidents_raised", "Incidents raised.", ("process", "kind"))
        self._resolved = self._counter("incidents_resolved", "Incidents resolved.", process)
        self._counters: Mapping[type, Callable[[AppliedStep, Fact], None]] = {
            InstanceStarted: self._count_start,
            StatusChanged: self._count_end,
            ElementCompleted: self._count_visit,
            ElementTerminated: self._count_visit,
            ElementCompensated: self._count_visit,
            IncidentRaised: self._count_incident,
            IncidentResolved: self._count_resolved,
        }

    def _make_jobs(self) -> None:
        self._jobs = self._counter("jobs", "What happened to jobs.", ("job_type", "event"))
        self._job_seconds = self._histogram(
            "job_seconds", "From a job's lock to its answer.", ("job_type", "event"), _JOBS
        )
        self._job_waits = self._histogram(
            "job_wait_seconds", "From a job's creation to its first lock.", ("job_type",), _JOBS
        )
        self._calls = self._histogram(
            "adapter_call_seconds",
            "Calls of adapters.",
            ("job_type", "operation", "outcome"),
            _JOBS,
        )

    def _make_work(self) -> None:
        self._timers = Histogram(
            "bpmn_timer_lag_seconds",
            "How late timers were fired.",
            buckets=_JOBS,
            registry=self._registry,
        )
        self._messages = self._counter(
            "messages", "Messages, by what became of them.", ("outcome",)
        )
        self._transaction_seconds = Histogram(
            "bpmn_transaction_seconds",
            "Transactions that were committed, with the waits for a busy database.",
            buckets=_QUICK,
            registry=self._registry,
        )
        self._batches = Histogram(
            "bpmn_transaction_instances",
            "Instances changed by one transaction.",
            buckets=_SIZES,
            registry=self._registry,
        )
        self._retried = Counter(
            "bpmn_transactions_retried",
            "Transactions that were run again because the database was busy.",
            registry=self._registry,
        )
        self._requests = self._histogram(
            "http_request_seconds",
            "HTTP requests, by endpoint.",
            ("method", "endpoint", "status"),
            _QUICK,
        )
        self._refused = self._counter(
            "starts_refused", "Starts answered with 429 because a queue is full.", ("queue",)
        )

    def _make_queues(self) -> None:
        pool = ("pool",)
        self._open_jobs = self._gauge("jobs_open", "Open jobs.", ("job_type",))
        self._oldest_job = self._gauge(
            "jobs_oldest_seconds", "Age of the oldest open job.", ("job_type",)
        )
        self._pool_taken = self._gauge("resource_pool_taken", "Parts given away.", pool)
        self._pool_size = self._gauge("resource_pool_size", "Parts there are.", pool)
        self._pool_waiting = self._gauge(
            "resource_pool_waiting", "Jobs that wait for a part.", pool
        )
        self._rows = self._gauge(
            "queue_rows",
            "What waits: rows of the outbox and inbox, buffered messages, overdue timers, "
            "open incidents.",
            ("queue",),
        )
        self._row_ages = self._gauge(
            "queue_oldest_seconds", "Age of what waits longest.", ("queue",)
        )
        self._partitions_ahead = self._gauge(
            "partitions_ahead_seconds", "How long the partitions there are will do.", ("of",)
        )

    def _counter(self, name: str, text: str, labels: Sequence[str]) -> Series[Counter]:
        made = Counter(f"bpmn_{name}", text, labels, registry=self._registry)
        return Series(made, self._most)

    def _gauge(self, name: str, text: str, labels: Sequence[str]) -> Series[Gauge]:
        # All processes show the same sample: the latest one is everybody's.
        made = Gauge(
            f"bpmn_{name}",
            text,
            labels,
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        return Series(made, self._most)

    def _histogram(
        self, name: str, text: str, labels: Sequence[str], buckets: Sequence[float]
    ) -> Series[Histogram]:
        made = Histogram(f"bpmn_{name}", text, labels, buckets=buckets, registry=self._registry)
        return Series(made, self._most)

    def _count_start(self, step: AppliedStep, _fact: Fact) -> None:
        self._started.of(step.instance.process_id).inc()

    def _count_end(self, step: AppliedStep, fact: Fact) -> None:
        if isinstance(fact, StatusChanged) and fact.status in ENDED:
            took = (step.at - step.instance.started_at).total_seconds()
            self._ended.of(step.instance.process_id, fact.status.value).observe(took)

    def _count_visit(self, step: AppliedStep, fact: Fact) -> None:
        if not isinstance(fact, ElementCompleted | ElementTerminated | ElementCompensated):
            return
        node = step.graph.nodes[fact.node]
        if not is_loop_body(node):
            took = (step.at - fact.entered_at).total_seconds()
            state = _VISIT_ENDS[type(fact)]
            self._visits.of(step.instance.process_id, node.element_id, state).observe(took)

    def _count_incident(self, step: AppliedStep, fact: Fact) -> None:
        if isinstance(fact, IncidentRaised):
            self._raised.of(step.instance.process_id, fact.incident.kind.value).inc()

    def _count_resolved(self, step: AppliedStep, _fact: Fact) -> None:
        self._resolved.of(step.instance.process_id).inc()

    def _count_note(self, note: Note) -> None:
        match note:
            case JobNote():
                self._note_job(note)
            case TimerNote(lag_seconds=lag):
                self._timers.observe(max(0.0, lag))
            case MessageNote(outcome=outcome):
                self._messages.of("refused" if outcome is None else outcome.value).inc()

    def _note_job(self, note: JobNote) -> None:
        self._jobs.of(note.job_type, note.event.value).inc()
        if note.seconds is None:
            return
        if note.event is JobEvent.ACTIVATED:
            self._job_waits.of(note.job_type).observe(note.seconds)
        elif note.event in _JOB_ENDS:
            self._job_seconds.of(note.job_type, note.event.value).observe(note.seconds)


def _age(since: dt.datetime | None, now: dt.datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _show(
    gauge: Series[Gauge], found: Mapping[tuple[str], float] | Mapping[tuple[str, ...], float]
) -> None:
    """Set a gauge; what was there before and is not any more is 0."""
    for labels in {*gauge.labels()} - found.keys():
        gauge.of(*labels).set(0)
    for labels, value in found.items():
        gauge.of(*labels).set(value)
