"""Trace context: ids that follow from keys, and the header that passes them on."""

import pytest

from bpmn_engine.views import trace_context
from bpmn_engine.views.trace_context import TraceParent, read_trace_parent, visit_parent


def test_ids_are_the_same_in_every_process_and_different_for_everything_else():
    ids = {
        trace_context.trace_id(1),
        trace_context.trace_id(2),
        trace_context.instance_span_id(1),
        trace_context.instance_span_id(2),
        trace_context.visit_span_id(1, 2),
        trace_context.visit_span_id(12, 2),
        trace_context.visit_span_id(1, 22),
    }

    assert len(ids) == 7
    assert f"{trace_context.trace_id(1):032x}" == "599736d48d04d1c9c9ff2768ad5efd6b"
    assert trace_context.trace_id(1) < 2**128
    assert trace_context.visit_span_id(1, 2) < 2**64


def test_a_header_says_what_it_was_made_of():
    parent = visit_parent(1, 2, 3, part=1.0)

    assert read_trace_parent(parent.text) == parent
    assert parent.text.startswith("00-")
    assert parent.text.endswith("-01")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        "01-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "a" * 31 + "-" + "b" * 16 + "-01",
        "00-" + "x" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "0" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "a" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "a" * 32 + "-" + "b" * 16 + "-01-more",
    ],
)
def test_what_is_no_header_is_none(text):
    assert read_trace_parent(text) is None


def test_a_part_of_the_traces_is_kept_and_no_trace_in_part():
    kept = [trace_context.is_kept(trace_context.trace_id(key), 0.25) for key in range(4_000)]

    assert 800 < sum(kept) < 1_200
    assert not any(trace_context.is_kept(trace_context.trace_id(key), 0) for key in range(99))
    assert all(trace_context.is_kept(trace_context.trace_id(key), 1) for key in range(99))
    first, second = (visit_parent(7, key, 1, part=0.25) for key in (7, 8))
    assert (first.trace_id, first.is_sampled) == (second.trace_id, second.is_sampled)


def test_a_trace_that_is_not_kept_says_so():
    parent = TraceParent(trace_id=1, span_id=2, is_sampled=False)

    assert parent.text == f"00-{1:032x}-{2:016x}-00"
    assert read_trace_parent(parent.text) == parent
