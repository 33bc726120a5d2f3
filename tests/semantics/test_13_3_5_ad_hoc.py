"""13.3.5 Ad-hoc sub-process."""

from __future__ import annotations

from bpmn_engine.kernel.commands import ActivateElement
from tests.diagrams import (
    ad_hoc,
    catch,
    end,
    message,
    parallel,
    process,
    script,
    service,
    start,
    task,
    timer,
)
from tests.kernel import Run, started
from tests.semantics.refusals import refused_by


def running(element) -> Run:
    return started(process("s -> free -> e", s=start(), free=element, e=end()), {"done": False})


def test_activities_without_incoming_flow_are_enabled_at_the_beginning():
    """13.3.5, 1st."""
    run = running(ad_hoc("b -> c", a=service("a"), b=service("b"), c=service("c")))

    assert run.waiting == ["a", "b"]


def test_sequence_flows_in_it_order_as_anywhere():
    """13.3.5, 2nd."""
    run = running(ad_hoc("a -> b", a=service("a"), b=service("b")))
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["b"]


def test_in_sequence_only_one_activity_is_executed_at_a_time():
    """13.3.5, 3rd."""
    run = running(ad_hoc(sequential=True, a=service("a"), b=service("b")))
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["b"]


def test_in_parallel_several_activities_may_be_active_at_once():
    """13.3.5, 4th."""
    run = running(ad_hoc(a=service("a"), b=service("b")))

    run.do(ActivateElement(element_id="a"))

    assert run.waiting == ["a", "a", "b"]


def test_an_activity_may_be_executed_several_times():
    """13.3.5, 5th."""
    run = running(ad_hoc(until="done", a=service("a"), b=service("b")))
    run.complete("a")

    run.do(ActivateElement(element_id="a"))

    assert run.waiting == ["a", "b"]


def test_the_completion_condition_is_asked_whenever_an_activity_has_completed():
    """13.3.5, 6th."""
    run = running(ad_hoc(until="done", a=service("a"), b=service("b"), c=service("c")))
    run.complete("a")
    assert run.waiting == ["b", "c"]

    run.complete("b", {"done": True})

    assert run.is_completed


def test_a_true_completion_condition_ends_it_with_what_is_active():
    """13.3.5, 7th."""
    run = running(ad_hoc(until="done", a=service("a"), b=service("b")))

    run.complete("a", {"done": True})

    assert run.terminated == ["b"]
    assert run.passed[-2:] == ["free", "e"]


def test_without_cancelling_what_remains_it_waits_for_that():
    """13.3.5, 8th."""
    run = running(ad_hoc(until="done", cancels=False, a=service("a"), b=service("b")))
    run.complete("a", {"done": True})
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.terminated == []
    assert run.is_completed


def test_when_it_only_waits_for_the_rest_nothing_new_is_enabled():
    """13.3.5, 9th."""
    run = running(ad_hoc(until="done", cancels=False, a=service("a"), b=service("b")))
    run.complete("a", {"done": True})

    assert run.send(ActivateElement(element_id="a")) is not None
    assert run.waiting == ["b"]


def test_an_intermediate_event_with_outgoing_flow_may_stand_in_it():
    """13.3.5, 10th."""
    run = running(ad_hoc("m -> a", m=catch(message("m", '"k"')), a=service("a")))
    assert run.waiting == ["m"]

    run.deliver("m")

    assert run.waiting == ["a"]


def test_tokens_go_on_until_each_is_before_an_activity_a_join_or_an_event():
    """13.3.5, 11th."""
    run = running(
        ad_hoc(
            "a, b -> j -> c -> t -> d",
            a=service("a"),
            b=service("b"),
            j=parallel(),
            c=task(),
            t=catch(timer(duration="PT1H")),
            d=service("d"),
        )
    )
    run.complete("a")
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["t"]
    assert run.passed[-2:] == ["j", "c"]


def test_a_completed_activity_makes_as_many_tokens_as_its_completion_quantity():
    """13.3.5, 12th."""
    run = running(ad_hoc("a -> b", a=service("a", completionQuantity="2"), b=service("b")))

    run.complete("a")

    assert run.waiting == ["b", "b"]


def test_an_activity_with_incoming_flow_begins_when_enough_tokens_have_come():
    """13.3.5, 13th."""
    run = running(
        ad_hoc("a, b -> c", a=service("a"), b=service("b"), c=service("c", startQuantity="2"))
    )
    run.complete("a")
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["c"]


def test_there_is_no_start_or_end_event_in_it():
    """13.3.5, 14th."""
    inside = ad_hoc("i -> a", i=start(), a=task())

    assert "ad-hoc-content" in refused_by(process("s -> free", s=start(), free=inside))


def test_the_condition_is_asked_with_what_the_activity_left():
    """13.3.5, 15th."""
    run = running(
        ad_hoc(until="n >= 2", sequential=True, a=script("1", "n"), b=script("2", "n"), c=task())
    )

    assert run.passed == ["s", "a", "b", "free", "e"]
