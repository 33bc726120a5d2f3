"""Gateways (BPMN 2.0.2, section 13.4)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.effects import CloseWait
from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import (
    boundary,
    catch,
    end,
    event_based,
    exclusive,
    inclusive,
    message,
    parallel,
    process,
    receive,
    service,
    signal,
    start,
    subprocess,
    task,
    timer,
)
from tests.kernel import started

# Exclusive (13.4.2) -----------------------------------------------------------------------------

CHOICE = process(
    "s -> x",
    "x -> low if n < 10",
    "x -> high if n > 5",
    "x -> other default",
    s=start(),
    x=exclusive(),
    low=end(),
    high=end(),
    other=end(),
)


@pytest.mark.parametrize(("n", "taken"), [(7, "low"), (70, "high"), (3, "low")])
def test_exclusive_takes_the_first_flow_that_holds_in_document_order(n, taken):
    assert started(CHOICE, {"n": n}).passed == ["s", "x", taken]


def test_exclusive_takes_its_default_when_nothing_holds():
    diagram = process(
        "s -> x",
        "x -> other default",
        "x -> a if n = 1",
        s=start(),
        x=exclusive(),
        a=end(),
        other=end(),
    )

    assert started(diagram, {"n": 2}).passed == ["s", "x", "other"]


def test_exclusive_passes_each_token_on_when_it_merges():
    run = started(
        process("s -> a, b -> x -> c", s=start(), a=task(), b=task(), x=exclusive(), c=task())
    )

    assert run.passed.count("x") == 2
    assert run.passed.count("c") == 2


def test_exclusive_without_a_flow_to_take_is_an_incident_until_a_variable_is_set():
    diagram = process("s -> x", "x -> a if n = 1", s=start(), x=exclusive(), a=end())
    run = started(diagram, {"n": 2})

    assert run.incident.kind is IncidentKind.NO_FLOW
    assert run.passed == ["s"]

    run.set(n=1)
    run.resolve()

    assert run.is_completed


def test_condition_that_is_not_a_boolean_is_an_incident_that_shows_the_value():
    diagram = process(
        "s -> x", "x -> a if n", "x -> b default", s=start(), x=exclusive(), a=end(), b=end()
    )

    incident = started(diagram, {"n": 12}).incident

    assert incident.kind is IncidentKind.EXPRESSION
    assert "true or false" in incident.message
    assert "12" in incident.message


# Parallel (13.4.1) ------------------------------------------------------------------------------


def test_join_waits_for_every_incoming_flow():
    run = started(
        process(
            "s -> fork -> a, b -> join -> e",
            s=start(),
            fork=parallel(),
            a=service("x"),
            b=service("y"),
            join=parallel(),
            e=end(),
        )
    )

    run.complete("b")

    assert "join" not in run.passed

    run.complete("a")

    assert run.passed[-2:] == ["join", "e"]
    assert run.is_completed


def test_join_keeps_excess_tokens_on_their_flow():
    diagram = process(
        "s -> fork -> a, b, c",
        "a, b -> merge -> join",
        "c -> join",
        "join -> d -> e",
        s=start(),
        fork=parallel(),
        a=task(),
        b=task(),
        c=service("x"),
        merge=exclusive(),
        join=parallel(),
        d=task(),
        e=end(),
    )
    run = started(diagram)

    run.complete("c")

    assert run.passed.count("join") == 1
    assert run.passed.count("d") == 1
    assert run.incident.kind is IncidentKind.STUCK_JOIN
    assert not run.is_completed


def test_join_that_can_never_fire_is_an_incident_that_names_the_missing_flow():
    diagram = process(
        "s -> x",
        "x -> a if true",
        "x -> b default",
        "a, b -> join -> e",
        s=start(),
        x=exclusive(),
        a=task(),
        b=task(),
        join=parallel(),
        e=end(),
    )

    incident = started(diagram).incident

    assert incident.kind is IncidentKind.STUCK_JOIN
    assert "b_join" in incident.message


# Inclusive (13.4.3) -----------------------------------------------------------------------------

INCLUSIVE = process(
    "s -> split",
    "split -> a if n > 1",
    "split -> b if n > 2",
    "split -> c default",
    "a, b, c -> join -> d -> e",
    s=start(),
    split=inclusive(),
    a=service("a"),
    b=service("b"),
    c=service("c"),
    join=inclusive(),
    d=task(),
    e=end(),
)


@pytest.mark.parametrize(("n", "taken"), [(3, ["a", "b"]), (2, ["a"]), (1, ["c"])])
def test_inclusive_joins_exactly_what_was_split(n, taken):
    run = started(INCLUSIVE, {"n": n})
    assert run.waiting == taken

    for element_id in taken:
        assert "join" not in run.passed
        run.complete(element_id)

    assert run.passed.count("d") == 1
    assert run.is_completed


def test_inclusive_join_waits_for_a_token_that_may_still_choose_to_come():
    diagram = process(
        "s -> fork -> a, b",
        "a -> join",
        "b -> x",
        "x -> join if come",
        "x -> away default",
        "join -> e",
        s=start(),
        fork=parallel(),
        a=task(),
        b=service("b"),
        x=exclusive(),
        away=end(),
        join=inclusive(),
        e=end(),
    )

    stays_away = started(diagram, {"come": False})
    assert "join" not in stays_away.passed
    stays_away.complete("b")
    assert stays_away.passed.count("e") == 1
    assert stays_away.is_completed

    comes = started(diagram, {"come": True})
    comes.complete("b")
    assert comes.passed.count("e") == 1
    assert comes.is_completed


def test_inclusive_join_does_not_wait_for_what_cannot_reach_it():
    diagram = process(
        "s -> x",
        "x -> c if false",
        "x -> fork default",
        "fork -> a, b",
        "a -> join -> e",
        "c -> join",
        "b -> other",
        s=start(),
        x=exclusive(),
        fork=parallel(),
        a=task(),
        b=service("b"),
        join=inclusive(),
        e=end(),
        other=end(),
        c=task(),
    )

    run = started(diagram)

    assert "e" in run.passed
    assert run.waiting == ["b"]


def test_inclusive_join_in_a_loop_does_not_wait_for_itself():
    diagram = process(
        "s -> join -> work -> x",
        "x -> join if n < 3",
        "x -> e default",
        s=start(),
        join=inclusive(),
        work=service("w"),
        x=exclusive(),
        e=end(),
    )
    run = started(diagram, {"n": 1})

    run.complete("work", {"n": 2})
    run.complete("work", {"n": 3})

    assert run.passed.count("join") == 2
    assert run.is_completed


def test_inclusive_join_waits_for_a_token_inside_a_sub_process_on_its_way():
    diagram = process(
        "s -> fork -> a, sub -> join -> e",
        s=start(),
        fork=parallel(),
        a=task(),
        join=inclusive(),
        e=end(),
        sub=subprocess("i -> w -> o", i=start(), w=service("w"), o=end()),
    )
    run = started(diagram)
    assert "join" not in run.passed

    run.complete("w")

    assert run.passed[-3:] == ["sub", "join", "e"]
    assert run.is_completed


def test_inclusive_join_takes_one_token_from_each_flow_and_fires_again_for_the_rest():
    diagram = process(
        "s -> x",
        "x -> c if false",
        "x -> fork default",
        "fork -> a, b",
        "a, b -> m -> join",
        "c -> join",
        "join -> d",
        s=start(),
        x=exclusive(),
        fork=parallel(),
        a=task(),
        b=task(),
        m=exclusive(),
        join=inclusive(),
        c=task(),
        d=task(),
    )

    run = started(diagram)

    assert run.passed.count("join") == 2
    assert run.passed.count("d") == 2
    assert run.is_completed


# Event-based (13.4.4) ---------------------------------------------------------------------------

RACE = process(
    "s -> g -> paid, late, stop",
    "paid -> e1",
    "late -> e2",
    "stop -> e3",
    s=start(),
    g=event_based(),
    paid=catch(message("payment", "orderId")),
    late=catch(timer(duration="PT1H")),
    stop=catch(signal("stop")),
    e1=end(),
    e2=end(),
    e3=end(),
)


@pytest.mark.parametrize(("winner", "last"), [("paid", "e1"), ("stop", "e3")])
def test_first_event_after_an_event_based_gateway_withdraws_the_others(winner, last):
    run = started(RACE, {"orderId": 7})
    assert run.waiting == ["late", "paid", "stop"]

    run.deliver(winner, {"x": 1})

    assert run.waiting == []
    assert run.passed == ["s", "g", winner, last]
    assert run.flows[1] == f"g_{winner}"
    assert run.variables["x"] == 1
    assert sorted(effect.is_withdrawn for effect in run.sent(CloseWait)) == [False, True, True]


def test_timer_after_an_event_based_gateway_wins_when_nothing_else_comes():
    run = started(RACE, {"orderId": 7})

    run.fire("late")

    assert run.passed == ["s", "g", "late", "e2"]
    assert run.is_completed


def test_event_based_gateway_opens_nothing_when_one_of_its_events_cannot_be_evaluated():
    run = started(RACE, {})

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.waiting == []

    run.set(orderId="A-1")
    run.resolve()

    assert run.waiting == ["late", "paid", "stop"]


def test_event_based_gateway_waits_for_receive_tasks_too():
    diagram = process(
        "s -> g -> answer, late",
        "answer -> e1",
        "late -> e2",
        s=start(),
        g=event_based(),
        answer=receive(message("answer", "orderId")),
        late=catch(timer(duration="PT1H")),
        e1=end(),
        e2=end(),
    )
    run = started(diagram, {"orderId": 7})

    run.deliver("answer")

    assert run.passed == ["s", "g", "answer", "e1"]


def racing_with_inputs() -> bytes:
    task = receive(message("offer"), inputs={"rate": "tax + 1"}, outputs={"sum": "price * rate"})
    return process(
        "s -> g -> r, t -> e",
        s=start(),
        g=event_based(),
        r=task,
        t=catch(timer(duration="PT1H")),
        e=end(),
    )


def test_a_receive_task_after_an_event_based_gateway_has_its_inputs_when_its_message_comes():
    run = started(racing_with_inputs(), {"tax": 1})

    run.deliver("r", {"price": 5})

    assert run.variables == {"sum": 10, "tax": 1}
    assert run.is_completed


def test_inputs_that_fail_there_keep_what_the_message_brought():
    run = started(racing_with_inputs(), {"tax": None})
    run.deliver("r", {"price": 5})
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.waiting == []
    run.resolve()
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(tax=2)
    run.resolve()

    assert run.variables["sum"] == 15
    assert run.is_completed


def test_inclusive_join_waits_for_an_activity_whose_boundary_event_came_first():
    run = started(
        process(
            "s -> a -> j",
            "b -> j",
            "j -> c -> e",
            s=start(),
            a=service("x"),
            b=boundary("a", message("news"), interrupting=False),
            j=inclusive(),
            c=task(),
            e=end(),
        )
    )

    run.deliver("b")
    run.deliver("b")
    assert "c" not in run.passed
    run.complete("a")

    assert run.is_completed
    assert run.passed.count("c") == 2
