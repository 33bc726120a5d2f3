"""Traces: spans of instances, visits and calls, as a collector receives them."""

import datetime as dt

import pytest

from bpmn_engine.ports import Done, Failed, FailureKind, JobContext, Profile
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.views import trace_context
from bpmn_engine.workers.observed_adapter import observed
from tests.diagrams import call, end, process, service, start, subprocess
from tests.integration.telemetry.receiver import receiving
from tests.integration.telemetry.test_metrics import Fine

MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


def traced(receiver, **more):
    settings = TelemetrySettings(otlp_endpoint=receiver.url, service_name="orders", **more)
    return open_instruments(settings)


def flows(*texts, **elements):
    return process(*texts, **elements)


CALLER = flows("s -> c -> e", process_id="outer", s=start(), c=call("p"), e=end())


def lock(engine):
    (job,) = engine.activate_jobs(("check",), worker="w", limit=1, lock=MINUTE)
    return job


def test_an_instance_is_a_trace_with_a_span_for_each_visit(watched, receiver):
    instruments = traced(receiver)
    engine = watched.service(instruments.observer)
    watched.deploy(engine, process("s -> a -> e", s=start(), a=service("check"), e=end()))
    began = watched.clock.now()
    key = watched.start(engine)
    watched.clock.advance(MINUTE)
    job = lock(engine)
    watched.clock.advance(MINUTE)

    engine.complete_job(job.key, lock_token=job.lock_token)
    instruments.tracer.close()

    spans = receiver.by_name()
    assert receiver.content_types == {"application/x-protobuf"}
    assert set(spans) == {"p", "s", "a", "e"}
    whole, task = spans["p"], spans["a"]
    assert {span.trace_id for span in spans.values()} == {f"{trace_context.trace_id(key):032x}"}
    assert (whole.parent_id, whole.seconds) == ("", 120.0)
    assert [spans[name].parent_id for name in "sae"] == [whole.span_id] * 3
    assert (task.seconds, task.began_at) == (120.0, began.timestamp())
    assert task.attributes["bpmn.element.type"] == "serviceTask"
    assert task.attributes["bpmn.element.state"] == "completed"
    assert whole.attributes["bpmn.process.instance.key"] == key
    assert whole.attributes["bpmn.process.status"] == "completed"
    assert {span.service_name for span in spans.values()} == {"orders"}


def test_a_trace_goes_on_in_another_process_and_in_called_instances(watched, receiver):
    first, second = traced(receiver), traced(receiver)
    alice = watched.service(first.observer)
    bob = watched.service(second.observer, number=2)
    called = process("s1 -> a -> e1", s1=start(), a=service("check"), e1=end())
    watched.deploy(alice, called, CALLER)
    outer = watched.start(alice, "outer")
    job = lock(bob)

    bob.complete_job(job.key, lock_token=job.lock_token)
    first.tracer.close()
    second.tracer.close()

    spans = receiver.by_name()
    assert set(spans) == {"outer", "s", "c", "e", "p", "s1", "a", "e1"}
    assert {span.trace_id for span in spans.values()} == {f"{trace_context.trace_id(outer):032x}"}
    assert spans["p"].parent_id == spans["outer"].span_id
    assert spans["a"].parent_id == spans["p"].span_id


def test_what_is_in_a_sub_process_is_inside_its_span(watched, receiver):
    instruments = traced(receiver)
    engine = watched.service(instruments.observer)
    drawn = process(
        "s -> sub -> e",
        s=start(),
        sub=subprocess("i -> a -> o", i=start(), a=service("check"), o=end()),
        e=end(),
    )
    watched.deploy(engine, drawn)
    watched.start(engine)
    job = lock(engine)

    engine.complete_job(job.key, lock_token=job.lock_token)
    instruments.tracer.close()

    spans = receiver.by_name()
    assert {spans[name].parent_id for name in "iao"} == {spans["sub"].span_id}
    assert spans["sub"].parent_id == spans["p"].span_id


def test_a_visit_that_is_stopped_ends_its_span(watched, receiver):
    instruments = traced(receiver)
    engine = watched.service(instruments.observer)
    watched.deploy(engine, process("s -> a -> e", s=start(), a=service("check"), e=end()))
    key = watched.start(engine)
    watched.clock.advance(SECOND)

    engine.cancel_instance(key)
    instruments.tracer.close()

    spans = receiver.by_name()
    assert spans["a"].attributes["bpmn.element.state"] == "terminated"
    assert (spans["p"].attributes["bpmn.process.status"], spans["p"].seconds) == ("terminated", 1)


def context_of(job):
    return JobContext(
        job_key=job.key,
        process_instance_key=job.process_instance_key,
        process_id=job.process_id,
        element_id=job.element_id,
        business_key=None,
        idempotency_key=job.idempotency_key,
        attempt=job.attempt,
        deadline=None,
        headers=job.headers,
    )


class Slow(Fine):
    """An adapter that takes a second, and fails when it is asked again."""

    def __init__(self, clock):
        self.clock = clock
        self.count = 0

    def submit(self, context, profile, job_input):
        self.clock.advance(SECOND)
        self.count += 1
        if self.count == 1:
            return Failed(kind=FailureKind.RETRY, code="BUSY", message="busy")
        return Done()


def test_a_call_of_an_adapter_is_a_span_of_its_visit(watched, receiver):
    instruments = traced(receiver)
    engine = watched.service(instruments.observer)
    watched.deploy(engine, process("s -> a -> e", s=start(), a=service("check"), e=end()))
    watched.start(engine)
    job = lock(engine)
    adapter = observed(Slow(watched.clock), engine)

    adapter.submit(context_of(job), Profile(), Profile())
    adapter.submit(context_of(job), Profile(), Profile())
    engine.complete_job(job.key, lock_token=job.lock_token)
    instruments.tracer.close()

    (visit,) = [span for span in receiver.spans if span.name == "a"]
    calls = [span for span in receiver.spans if span.name == "check submit"]
    assert [(one.seconds, one.is_error) for one in calls] == [(1.0, True), (1.0, False)]
    assert {one.parent_id for one in calls} == {visit.span_id}
    assert {one.trace_id for one in calls} == {visit.trace_id}
    assert calls[0].attributes["bpmn.job.key"] == job.key
    assert calls[0].attributes["bpmn.adapter.outcome"] == "retry"
    assert len({one.span_id for one in calls}) == 2


def test_workers_get_the_context_of_their_visit(watched, receiver):
    instruments = traced(receiver)
    engine = watched.service(instruments.observer)
    called = process("s1 -> a -> e1", s1=start(), a=service("check"), e1=end())
    watched.deploy(engine, called, CALLER)
    outer = watched.start(engine, "outer")

    job = lock(engine)

    parent = trace_context.read_trace_parent(job.headers["traceparent"])
    assert parent is not None
    assert parent.trace_id == trace_context.trace_id(outer)
    assert parent.span_id == trace_context.visit_span_id(job.process_instance_key, job.element_key)
    assert parent.is_sampled
    assert job.process_instance_key != outer
    instruments.tracer.close()


def test_a_trace_that_is_not_kept_sends_nothing_and_says_so(watched, receiver):
    instruments = traced(receiver, traced_part=0.0)
    engine = watched.service(instruments.observer)
    watched.deploy(engine, process("s -> a -> e", s=start(), a=service("check"), e=end()))
    watched.start(engine)
    job = lock(engine)

    observed(Fine(), engine).submit(context_of(job), Profile(), Profile())
    engine.complete_job(job.key, lock_token=job.lock_token)
    instruments.tracer.close()

    assert job.headers["traceparent"].endswith("-00")
    assert receiver.spans == []


def test_metrics_and_traces_go_together(watched, receiver):
    settings = TelemetrySettings(otlp_endpoint=receiver.url, metrics_token="x" * 16)
    instruments = open_instruments(settings)
    engine = watched.service(instruments.observer)
    watched.deploy(engine, process("s -> e", s=start(), e=end()))

    watched.start(engine)
    instruments.tracer.close()

    assert len(receiver.spans) == 3
    assert b'bpmn_instances_started_total{process="p"} 1.0' in instruments.meter.scrape()
