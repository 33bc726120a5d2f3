"""Metrics: what an engine does is counted after its commits; Prometheus' own parser reads it."""

import datetime as dt
import logging
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bpmn_engine.ports import AdapterMeta, Done, JobContext, Profile
from bpmn_engine.service.observing import Commit
from bpmn_engine.service.views import Problem
from bpmn_engine.telemetry.instruments import Observers
from bpmn_engine.telemetry.metrics import Metrics
from bpmn_engine.workers.observed_adapter import observed
from tests.diagrams import boundary, catch, each, end, error, process, service, start, timer, user

MINUTE = dt.timedelta(minutes=1)


def one_job(**options):
    return process("s -> a -> e", s=start(), a=service("check", **options), e=end())


class Scraped:
    """What a scrape shows."""

    def __init__(self, metrics):
        families = text_string_to_metric_families(metrics.scrape().decode())
        self.samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    def of(self, name, **labels):
        return self.samples.get((f"bpmn_{name}", tuple(sorted(labels.items()))))


def lock(engine, limit=10, job_type="check"):
    return engine.activate_jobs((job_type,), worker="w", limit=limit, lock=MINUTE)


def test_instances_and_visits_are_counted_with_their_durations(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    watched.deploy(engine, one_job())
    watched.start(engine)
    cancelled = watched.start(engine)
    watched.clock.advance(MINUTE)
    job, _ = lock(engine)
    watched.clock.advance(MINUTE / 2)

    engine.complete_job(job.key, lock_token=job.lock_token)
    engine.cancel_instance(cancelled)

    seen = Scraped(metrics)
    assert seen.of("instances_started_total", process="p") == 2
    assert seen.of("instance_seconds_count", process="p", status="completed") == 1
    assert seen.of("instance_seconds_sum", process="p", status="completed") == 90
    assert seen.of("instance_seconds_count", process="p", status="terminated") == 1
    visit = {"process": "p", "element": "a"}
    assert seen.of("element_visit_seconds_count", **visit, state="completed") == 1
    assert seen.of("element_visit_seconds_sum", **visit, state="completed") == 90
    assert seen.of("element_visit_seconds_count", **visit, state="terminated") == 1


def test_jobs_are_counted_by_what_happened_to_them(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    watched.deploy(engine, one_job(retries="2"))
    for _ in range(3):
        watched.start(engine)
    watched.clock.advance(dt.timedelta(seconds=20))
    first, second, third = lock(engine)
    watched.clock.advance(dt.timedelta(seconds=40))

    engine.complete_job(first.key, lock_token=first.lock_token)
    engine.fail_job(second.key, "no answer", lock_token=second.lock_token)
    engine.fail_job(third.key, "never", is_permanent=True, lock_token=third.lock_token)
    late = engine.complete_job(second.key, lock_token=second.lock_token)

    seen = Scraped(metrics)
    assert isinstance(late, Problem)
    events = ("activated", "completed", "retried", "failed", "lock_lost", "thrown")
    counts = [seen.of("jobs_total", job_type="check", event=event) for event in events]
    assert counts == [3, 1, 1, 1, 1, None]
    assert seen.of("job_wait_seconds_sum", job_type="check") == 60
    took = seen.of("job_seconds_sum", job_type="check", event="completed")
    assert took is not None
    assert abs(took - 40) < 0.01
    assert seen.of("incidents_raised_total", process="p", kind="job") == 1


def test_a_bpmn_error_is_counted_and_is_no_failure(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    drawn = process(
        "s -> a -> e",
        "b -> f",
        s=start(),
        a=service("check"),
        e=end(),
        b=boundary("a", error("SHUT")),
        f=end(),
    )
    watched.deploy(engine, drawn)
    watched.start(engine)
    (job,) = lock(engine)

    engine.throw_job_error(job.key, "SHUT", lock_token=job.lock_token)

    seen = Scraped(metrics)
    assert seen.of("jobs_total", job_type="check", event="thrown") == 1
    assert seen.of("jobs_total", job_type="check", event="failed") is None


def test_timers_messages_and_batches_are_counted(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    drawn = process("s -> t -> e", s=start(), t=catch(timer(duration="PT1M")), e=end())
    watched.deploy(engine, drawn)
    for _ in range(5):
        watched.start(engine)
    watched.clock.advance(MINUTE + dt.timedelta(seconds=3))

    engine.fire_due_timers(100)
    engine.correlate_message("paid", time_to_live=MINUTE)
    engine.correlate_message("paid", time_to_live=MINUTE, message_id="1")
    engine.correlate_message("paid", time_to_live=MINUTE, message_id="1")

    seen = Scraped(metrics)
    assert (seen.of("timer_lag_seconds_count"), seen.of("timer_lag_seconds_sum")) == (5, 15)
    assert seen.of("messages_total", outcome="buffered") == 2
    assert seen.of("messages_total", outcome="duplicate") == 1
    assert seen.of("transaction_instances_count") == 6
    assert seen.of("transaction_instances_sum") == 10
    count = seen.of("transaction_seconds_count")
    assert count is not None
    assert count >= 6


def test_queues_are_shown_and_vanish_to_zero(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    watched.deploy(engine, one_job())
    watched.start(engine)
    watched.clock.advance(MINUTE)
    engine.sample_queues()
    full = Scraped(metrics)
    (job,) = lock(engine)
    engine.complete_job(job.key, lock_token=job.lock_token)
    watched.clock.advance(MINUTE)
    engine.sample_queues()
    empty = Scraped(metrics)

    assert full.of("jobs_open", job_type="check") == 1
    assert abs((full.of("jobs_oldest_seconds", job_type="check") or 0) - 60) < 0.01
    assert empty.of("jobs_open", job_type="check") == 0
    assert empty.of("jobs_oldest_seconds", job_type="check") == 0
    queues = ("outbox", "inbox", "messages", "timers_due", "incidents")
    assert [empty.of("queue_rows", queue=queue) for queue in queues] == [0] * 5


def test_resource_pools_are_shown(watched, tmp_path):
    file = tmp_path / "pools.toml"
    file.write_text('[sessions]\njob_types = ["check"]\nsize = 2\n')
    metrics = Metrics()
    engine = watched.service(metrics, resource_pools=str(file))
    watched.deploy(engine, one_job())
    for _ in range(3):
        watched.start(engine)
    lock(engine)

    engine.sample_queues()

    seen = Scraped(metrics)
    assert seen.of("resource_pool_taken", pool="sessions") == 2
    assert seen.of("resource_pool_size", pool="sessions") == 2
    assert seen.of("resource_pool_waiting", pool="sessions") == 1


def test_how_long_partitions_will_do_is_shown(watched):
    metrics = Metrics()
    sample = watched.service(Metrics()).sample_queues()

    metrics.sampled(replace(sample, partitions_end_at=sample.sampled_at + MINUTE))

    assert Scraped(metrics).of("partitions_ahead_seconds", of="history") == 60


def test_labels_beyond_the_most_series_are_counted_together(watched):
    metrics = Metrics(most_series=3)
    engine = watched.service(metrics)
    watched.deploy(
        engine,
        *(process("s -> e", process_id=f"p{number}", s=start(), e=end()) for number in range(10)),
    )

    for number in range(10):
        watched.start(engine, f"p{number}")

    seen = Scraped(metrics)
    series = [name for name, _ in seen.samples if name == "bpmn_instances_started_total"]
    assert len(series) == 4
    assert seen.of("instances_started_total", process="other") == 7
    assert seen.of("instances_started_total", process="p0") == 1


def test_the_instances_of_a_loop_are_counted_and_its_body_is_not(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    watched.deploy(engine, one_job(loop=each("items")))
    watched.start(engine, items=[1, 2, 3])

    for job in lock(engine):
        engine.complete_job(job.key, lock_token=job.lock_token)

    seen = Scraped(metrics)
    assert seen.of("element_visit_seconds_count", process="p", element="a", state="completed") == 3


def test_what_was_given_up_is_not_counted(watched):
    metrics = Metrics()
    engine = watched.service(metrics)
    watched.deploy(engine, process("s -> u -> e", s=start(), u=user(), e=end()))
    key = watched.start(engine)
    before = Scraped(metrics).of("transaction_seconds_count")

    refused = engine.activate_element(key, "nothing")

    assert isinstance(refused, Problem)
    assert Scraped(metrics).of("transaction_seconds_count") == before


def test_without_an_observer_nothing_is_noted(watched):
    engine = watched.service(None)
    watched.deploy(engine, one_job())
    notes = []

    def look(unit):
        notes.append(unit.notes)
        return 0

    watched.start(engine)
    (job,) = lock(engine)
    engine._count(look)

    assert "traceparent" not in job.headers
    assert notes == [[]]


def test_an_observer_that_breaks_undoes_nothing(watched, caplog):
    class Broken(Metrics):
        def committed(self, commit: Commit) -> None:
            raise RuntimeError("broken")

    engine = watched.service(Observers([Broken(), Metrics()]))
    watched.deploy(engine, process("s -> e", s=start(), e=end()))

    with caplog.at_level(logging.ERROR):
        key = watched.start(engine)

    view = engine.instance(key)
    assert not isinstance(view, Problem)
    assert "outcome=not_observed" in caplog.text


class Fine:
    """An adapter that does what it is told."""

    meta = AdapterMeta(job_type="check", name="Check", description="")
    profile_type = Profile
    input_type = Profile
    output_type = Profile

    @property
    def errors(self):
        return {}

    def submit(self, context, profile, job_input):
        if context.element_id == "broken":
            raise RuntimeError("a bug")
        return Done()

    def cancel(self, context, profile, handle):
        return "requested"


def context(element_id):
    return JobContext(
        job_key=1,
        process_instance_key=2,
        process_id="p",
        element_id=element_id,
        business_key=None,
        idempotency_key="1",
        attempt=1,
        deadline=None,
    )


def test_calls_of_adapters_are_counted_with_their_outcome(watched):
    metrics = Metrics()
    adapter = observed(Fine(), watched.service(metrics))

    answer = adapter.submit(context("a"), Profile(), Profile())
    adapter.cancel(context("a"), Profile(), None)
    with pytest.raises(RuntimeError, match="a bug"):
        adapter.submit(context("broken"), Profile(), Profile())

    seen = Scraped(metrics)
    calls = [
        seen.of("adapter_call_seconds_count", job_type="check", operation=operation, outcome=word)
        for operation, word in (("submit", "done"), ("submit", "exception"), ("cancel", "done"))
    ]
    assert answer == Done()
    assert calls == [1, 1, 1]


def test_without_an_observer_an_adapter_is_itself(watched):
    adapter = Fine()

    assert observed(adapter, watched.service(None)) is adapter


_ONE_PROCESS = """
import sys
from bpmn_engine.telemetry.metrics import Metrics
metrics = Metrics()
metrics.answered("GET", "pages.home", 200, 0.5)
metrics.refused_start("jobs")
sys.stdout.write(metrics.scrape().decode())
"""


def test_several_processes_are_scraped_as_one(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    shown = [
        subprocess.run(
            [sys.executable, "-c", _ONE_PROCESS],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]

    counts = [
        sample.value
        for text in shown
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in {"bpmn_http_request_seconds_count", "bpmn_starts_refused_total"}
    ]
    assert counts == [1, 1, 2, 2]
