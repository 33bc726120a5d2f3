"""Compensation: handlers, throw events, nested scopes (BPMN 2.0.2, sections 10.7 and 13.5.5)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import CancelInstance, CompleteJob
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.facts import ElementCompensated
from bpmn_engine.kernel.state import ROOT
from tests.diagrams import (
    Element,
    boundary,
    call,
    catch,
    compensate,
    each,
    end,
    error,
    event_based,
    event_subprocess,
    exclusive,
    inclusive,
    message,
    parallel,
    process,
    receive,
    script,
    service,
    start,
    subprocess,
    task,
    terminate,
    throw,
    timer,
    times,
    undone,
)
from tests.kernel import Run, started


def compensated(run: Run) -> list[str]:
    """Return the activities that were compensated, in order."""
    return [run.name(fact.node) for fact in run.facts if isinstance(fact, ElementCompensated)]


def undos(run: Run) -> list[str]:
    """Return the handlers that ran to their end, in order."""
    return [name for name in run.passed if name.startswith("undo")]


def booked(*names: str, last: Element | None = None) -> dict[str, Element]:
    """Services that are undone by tasks, between a start and an end event."""
    elements = {"s": start(), "e": end(compensate()) if last is None else last}
    for name in names:
        elements |= {name: service(name), **undone(name, task())}
    return elements


def test_end_event_compensates_in_reverse_order_of_completion():
    run = started(process("s -> a -> b -> c -> e", **booked("a", "b", "c")))

    for name in ("a", "b", "c"):
        run.complete(name)

    assert undos(run) == ["undo_c", "undo_b", "undo_a"]
    assert compensated(run) == ["c", "b", "a"]
    assert run.is_completed


def test_without_the_throw_event_no_handler_runs():
    run = started(process("s -> a -> b -> e", **booked("a", "b", last=end())))

    run.complete("a")
    run.complete("b")

    assert run.passed == ["s", "a", "b", "e"]
    assert not run.state.completed


def test_intermediate_event_waits_for_the_handlers_one_after_the_other():
    xml = process(
        "s -> a -> b -> t -> after -> e",
        s=start(),
        a=service("a"),
        b=service("b"),
        **undone("a", service("x")),
        **undone("b", service("y")),
        t=throw(compensate()),
        after=service("z"),
        e=end(),
    )
    run = started(xml)
    run.complete("a")
    run.complete("b")
    assert run.waiting == ["undo_b"]

    run.complete("undo_b")
    assert run.waiting == ["undo_a"]
    run.complete("undo_a")

    assert run.waiting == ["after"]
    run.complete("after")
    assert run.is_completed


def test_event_that_does_not_wait_goes_on_beside_the_handlers():
    xml = process(
        "s -> a -> t -> after -> e",
        s=start(),
        a=task(),
        **undone("a", service("x")),
        t=throw(compensate(waits=False)),
        after=service("z"),
        e=end(),
    )
    run = started(xml)
    assert run.waiting == ["after", "undo_a"]

    run.complete("after")
    assert not run.is_completed
    run.complete("undo_a")

    assert run.is_completed


def test_activity_reference_compensates_that_activity_only():
    run = started(process("s -> a -> b -> e", **booked("a", "b", last=end(compensate("a")))))

    run.complete("a")
    run.complete("b")

    assert undos(run) == ["undo_a"]


def test_activity_is_compensated_once():
    xml = process(
        "s -> a -> one -> two -> e",
        s=start(),
        a=task(),
        **undone("a", task()),
        one=throw(compensate()),
        two=throw(compensate("a")),
        e=end(compensate()),
    )

    run = started(xml)

    assert undos(run) == ["undo_a"]
    assert run.is_completed


def test_two_events_at_a_time_share_what_is_to_be_done():
    xml = process(
        "s -> a -> b -> fork -> one, two",
        s=start(),
        a=task(),
        b=task(),
        **undone("a", service("x")),
        **undone("b", service("y")),
        fork=parallel(),
        one=end(compensate("a")),
        two=end(compensate()),
    )
    run = started(xml)
    assert run.waiting == ["undo_a", "undo_b"]

    run.complete("undo_a")
    run.complete("undo_b")

    assert undos(run) == ["undo_a", "undo_b"]
    assert run.is_completed


def test_active_and_terminated_activities_are_not_compensated():
    xml = process(
        "s -> fork -> a, b, c",
        "a -> join",
        "c -> join -> t -> e",
        "late -> e2",
        s=start(),
        fork=parallel(),
        a=task(),
        b=service("b"),
        c=service("c"),
        late=boundary("c", error("E")),
        e2=end(compensate()),
        join=parallel(),
        t=task(),
        e=end(),
        **undone("a", task()),
        **undone("b", task()),
        **undone("c", task()),
    )
    run = started(xml)

    run.throw("c", "E")

    assert undos(run) == ["undo_a"]
    assert run.waiting == ["b"]


def test_activity_in_a_loop_is_compensated_once_for_each_time():
    xml = process(
        "s -> merge -> a -> split",
        "split -> merge if n < 3",
        "split -> e default",
        s=start(),
        merge=exclusive(),
        a=script("n + 1", "n", inputs={"round": "n"}),
        split=exclusive(),
        e=end(compensate()),
        **undone("a", service("undo", inputs={"seen": "round"})),
    )
    run = started(xml, {"n": 0})
    seen = []

    while run.waiting:
        seen.append(run.state.variables[run.waits("undo_a")[0].visit]["seen"])
        run.complete("undo_a")

    assert seen == [2, 1, 0]
    assert run.is_completed


@pytest.mark.parametrize("is_sequential", [True, False])
def test_each_instance_of_a_multi_instance_activity_is_compensated(is_sequential):
    xml = process(
        "s -> a -> e",
        s=start(),
        a=service("a", loop=each("list", "item", sequential=is_sequential)),
        e=end(compensate()),
        **undone("a", service("undo", inputs={"back": "item"})),
    )
    run = started(xml, {"list": [1, 2, 3]})
    while run.waits("a"):
        run.complete("a")
    seen = []

    while run.waiting:
        seen.append(run.state.variables[run.waits("undo_a")[0].visit]["back"])
        run.complete("undo_a")

    assert seen == [3, 2, 1]
    assert compensated(run) == ["a"] * 4
    assert run.is_completed


def test_parallel_instances_are_compensated_in_reverse_order_of_completion():
    xml = process(
        "s -> a -> e",
        s=start(),
        a=service("a", loop=each("list", "item")),
        e=end(compensate()),
        **undone("a", script("append(undone, item)", "undone")),
    )
    run = started(xml, {"list": [1, 2], "undone": []})
    first, second = run.waits("a")

    run.do(CompleteJob(wait=second.key))
    run.do(CompleteJob(wait=first.key))

    assert run.variables["undone"] == [1, 2]


def test_handler_sees_the_data_as_the_activity_left_it_and_current_outer_data():
    xml = process(
        "s -> a -> change -> e",
        s=start(),
        a=script("price * 2", "total", inputs={"price": "x"}, outputs={"kept": "total"}),
        change=script("100", "x"),
        e=end(compensate()),
        **undone("a", script("[price, total, x, kept]", "seen", outputs={"seen": "seen"})),
    )

    run = started(xml, {"x": 1})

    assert run.variables["seen"] == [1, 2, 100, 2]


# Nested scopes ----------------------------------------------------------------------------------


def trip(**elements: Element) -> Element:
    """A sub-process of two bookings, which keeps a variable of its own."""
    return subprocess(
        "s2 -> a -> b -> e2",
        inputs={"mine": "x"},
        s2=start(),
        a=task(),
        b=task(),
        e2=end(),
        **elements,
    )


def test_completed_sub_process_is_compensated_by_the_handlers_in_it():
    xml = process(
        "s -> before -> sub -> after -> e",
        s=start(),
        before=task(),
        sub=trip(
            **undone("a", script("append(seen, mine)", "seen")),
            **undone("b", script("append(seen, 20)", "seen")),
        ),
        after=script("2", "x"),
        e=end(compensate()),
        **undone("before", task()),
        **undone("after", task()),
    )

    run = started(xml, {"x": 1, "seen": []})

    assert undos(run) == ["undo_after", "undo_b", "undo_a", "undo_before"]
    assert compensated(run) == ["after", "b", "a", "sub", "before"]
    assert run.variables["seen"] == [20, 1]


def test_sub_process_with_a_handler_of_its_own_is_a_black_box():
    xml = process(
        "s -> sub -> e",
        s=start(),
        sub=trip(**undone("a", task()), **undone("b", task())),
        e=end(compensate()),
        **undone("sub", script("mine", "seen")),
    )

    run = started(xml, {"x": 7})

    assert undos(run) == ["undo_sub"]
    assert run.variables["seen"] == 7


def test_activities_inside_are_not_compensated_while_the_sub_process_is_active():
    xml = process(
        "s -> fork -> sub, t",
        s=start(),
        fork=parallel(),
        sub=subprocess(
            "s2 -> a -> b -> e2",
            s2=start(),
            a=task(),
            b=service("b"),
            e2=end(),
            **undone("a", task()),
        ),
        t=end(compensate()),
    )
    run = started(xml)
    assert undos(run) == []

    run.complete("b")

    assert run.is_completed
    assert undos(run) == []


def test_event_inside_a_sub_process_compensates_what_is_in_it_only():
    xml = process(
        "s -> before -> sub -> e",
        s=start(),
        before=task(),
        sub=subprocess(
            "s2 -> a -> e2", s2=start(), a=task(), e2=end(compensate()), **undone("a", task())
        ),
        e=end(),
        **undone("before", task()),
    )

    run = started(xml)

    assert undos(run) == ["undo_a"]


def test_sub_process_that_failed_is_not_compensated():
    xml = process(
        "s -> sub -> e",
        "caught -> e2",
        s=start(),
        sub=subprocess(
            "s2 -> a -> e3", s2=start(), a=task(), e3=end(error("E")), **undone("a", task())
        ),
        caught=boundary("sub", error("E")),
        e=end(),
        e2=end(compensate()),
    )

    run = started(xml)

    assert undos(run) == []
    assert run.is_completed


def test_handler_may_be_a_sub_process_or_a_call():
    xml = process(
        "s -> a -> b -> e",
        s=start(),
        a=task(),
        b=task(),
        e=end(compensate()),
        **undone("a", subprocess("s2 -> work -> e2", s2=start(), work=service("w"), e2=end())),
        **undone("b", call("other")),
    )
    run = started(xml)

    run.end_child("undo_b")
    run.complete("work")

    assert undos(run) == ["undo_b", "undo_a"]
    assert run.is_completed


def test_call_activity_is_compensated_by_its_handler():
    xml = process(
        "s -> a -> e", s=start(), a=call("other"), e=end(compensate()), **undone("a", task())
    )
    run = started(xml)

    run.end_child("a")

    assert undos(run) == ["undo_a"]


def test_handler_may_be_multi_instance():
    xml = process(
        "s -> a -> e", s=start(), a=task(), e=end(compensate()), **undone("a", task(times("2")))
    )

    run = started(xml)

    assert undos(run) == ["undo_a"] * 3
    assert run.is_completed


# Event sub-processes ----------------------------------------------------------------------------


def test_compensation_event_sub_process_runs_with_the_data_of_its_sub_process():
    xml = process(
        "s -> sub -> change -> e",
        s=start(),
        sub=trip(
            **undone("a", task()),
            **undone("b", task()),
            undo=event_subprocess(
                "s3 -> look -> t -> e3",
                s3=start(compensate()),
                look=script("mine", "seen"),
                t=throw(compensate("a")),
                e3=end(),
            ),
        ),
        change=script("2", "x"),
        e=end(compensate()),
    )

    run = started(xml, {"x": 1})

    assert undos(run) == ["undo_a", "undo"]
    assert run.variables["seen"] == 1
    assert compensated(run) == ["a", "sub"]
    assert run.is_completed


def test_compensation_event_sub_process_may_compensate_all_around_it():
    xml = process(
        "s -> sub -> e",
        s=start(),
        sub=trip(
            **undone("a", task()),
            **undone("b", task()),
            undo=event_subprocess(
                "s3 -> c -> e3",
                s3=start(compensate()),
                c=task(),
                e3=end(compensate()),
                **undone("c", task()),
            ),
        ),
        e=end(compensate()),
    )

    run = started(xml, {"x": 1})

    assert undos(run) == ["undo_c", "undo_b", "undo_a", "undo"]


def test_compensation_event_sub_process_does_not_run_by_itself():
    xml = process(
        "s -> sub -> e",
        s=start(),
        sub=trip(undo=event_subprocess("s3 -> e3", s3=start(compensate()), e3=end())),
        e=end(),
    )

    run = started(xml, {"x": 1})

    assert run.passed == ["s", "s2", "a", "b", "e2", "sub", "e"]


# What else may happen ---------------------------------------------------------------------------


def test_error_in_a_handler_is_not_caught_at_the_activity_it_undoes():
    xml = process(
        "s -> sub -> e",
        "outer -> e2",
        s=start(),
        sub=subprocess(
            "s2 -> a -> e3",
            "inner -> e4",
            s2=start(),
            a=task(),
            inner=boundary("a", error("E")),
            e3=end(compensate()),
            e4=end(),
            **undone("a", service("undo")),
        ),
        outer=boundary("sub", error("E")),
        e=end(),
        e2=end(),
    )
    run = started(xml)

    run.throw("undo_a", "E")

    assert "outer" in run.passed
    assert "inner" not in run.passed
    assert run.is_completed


def test_failing_handler_is_an_incident_and_the_rest_waits():
    run = started(
        process(
            "s -> a -> b -> e",
            s=start(),
            a=task(),
            b=task(),
            e=end(compensate()),
            **undone("a", task()),
            **undone("b", script("1 / missing", "y")),
        )
    )
    assert undos(run) == []

    run.set(missing=2)
    run.resolve()

    assert undos(run) == ["undo_b", "undo_a"]
    assert run.is_completed


def test_interrupted_compensation_leaves_nothing_open():
    xml = process(
        "s -> fork -> a, b",
        "a -> t -> e",
        "b -> stop",
        s=start(),
        fork=parallel(),
        a=task(),
        b=service("b"),
        t=throw(compensate()),
        e=end(),
        stop=terminate(),
        **undone("a", service("undo")),
    )
    run = started(xml)

    run.complete("b")

    assert run.is_completed
    assert run.terminated == ["t", "undo_a", "a"]
    assert not run.state.completed
    assert not run.state.compensations


def test_instance_may_be_cancelled_while_it_compensates():
    run = started(
        process(
            "s -> a -> e", s=start(), a=task(), e=end(compensate()), **undone("a", service("x"))
        )
    )

    run.do(CancelInstance())

    assert not run.state.visits
    assert not run.state.compensations


def test_compensating_activity_brings_no_token_to_an_inclusive_join():
    xml = process(
        "s -> a -> fork -> t, b",
        "t -> join",
        "b -> join -> e",
        s=start(),
        a=task(),
        fork=inclusive(),
        t=throw(compensate(waits=False)),
        b=task(),
        join=inclusive(),
        e=end(),
        **undone("a", service("undo")),
    )

    run = started(xml)

    assert run.waiting == ["undo_a"]
    assert "e" in run.passed


def test_diagram_without_compensation_keeps_no_record():
    xml = process(
        "s -> sub -> wait -> e", s=start(), sub=trip(), wait=service("wait"), e=end(compensate())
    )

    run = started(xml, {"x": 1})

    assert not run.state.completed


def test_records_go_with_the_instance():
    run = started(process("s -> a -> b -> e", **booked("a", "b", last=end())))
    run.complete("a")
    assert list(run.state.completed) == [ROOT]

    run.complete("b")

    assert not run.state.completed


def test_handlers_are_jobs_like_any_other():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=task(),
            e=end(compensate()),
            **undone("a", service("refund")),
        )
    )

    assert [job.job_type for job in run.sent(CreateJob)] == ["refund"]


def test_each_instance_of_a_multi_instance_sub_process_has_its_own_data_and_handlers():
    xml = process(
        "s -> sub -> e",
        s=start(),
        sub=subprocess(
            "s2 -> a -> e2",
            loop=each("list", "item", sequential=True),
            s2=start(),
            a=task(),
            e2=end(),
            undo=event_subprocess(
                "s3 -> look -> e3",
                s3=start(compensate()),
                look=script("append(undone, item)", "undone"),
                e3=end(compensate("a")),
            ),
            **undone("a", task()),
        ),
        e=end(compensate("sub")),
    )

    run = started(xml, {"list": [1, 2, 3], "undone": []})

    assert run.variables["undone"] == [3, 2, 1]
    assert undos(run) == ["undo_a", "undo"] * 3
    assert compensated(run) == ["a", "sub"] * 3 + ["sub"]
    assert run.is_completed


def test_instances_that_a_completion_condition_ended_are_not_compensated():
    xml = process(
        "s -> a -> e",
        s=start(),
        a=service("a", loop=each("[1, 2, 3]", until="numberOfCompletedInstances = 1")),
        e=end(compensate()),
        **undone("a", task()),
    )
    run = started(xml)

    run.complete("a")

    assert undos(run) == ["undo_a"]
    assert run.is_completed


def test_receive_task_after_an_event_based_gateway_is_compensated():
    xml = process(
        "s -> g -> a, late",
        "a -> e",
        "late -> e2",
        s=start(),
        g=event_based(),
        a=receive(message("paid", '"k"')),
        late=catch(timer(duration="PT1H")),
        e=end(compensate()),
        e2=end(),
        **undone("a", task()),
    )
    run = started(xml)

    run.deliver("a")

    assert undos(run) == ["undo_a"]


def test_handler_thrown_in_a_handler_compensates_what_is_in_the_handler_only():
    xml = process(
        "s -> a -> b -> e",
        s=start(),
        a=task(),
        b=task(),
        e=end(compensate("b")),
        **undone("a", task()),
        **undone("b", subprocess("s2 -> e2", s2=start(), e2=end(compensate()))),
    )

    run = started(xml)

    assert undos(run) == ["undo_b"]


def test_a_thousand_records_are_undone_without_recursion():
    xml = process(
        "s -> a -> e",
        s=start(),
        a=task(times("1000")),
        e=end(compensate()),
        **undone("a", task()),
    )

    run = started(xml)

    assert len(undos(run)) == 1000
    assert run.is_completed
