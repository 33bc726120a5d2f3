"""Transactions and cancel events (BPMN 2.0.2, sections 10.3.5, 13.3.4 and 13.5.6)."""

from __future__ import annotations

from bpmn_engine.kernel.commands import CancelInstance
from tests.diagrams import (
    Element,
    boundary,
    cancel,
    compensate,
    end,
    error,
    exclusive,
    parallel,
    process,
    script,
    service,
    start,
    subprocess,
    task,
    timer,
    times,
    transaction,
    undone,
)
from tests.kernel import Run, started


def undos(run: Run) -> list[str]:
    """Return the handlers that ran to their end, in order."""
    return [name for name in run.passed if name.startswith("undo")]


def order(inside: Element, **elements: Element) -> bytes:
    """A transaction with a cancel event, and what follows either way."""
    return process(
        "s -> trip -> done",
        "cancelled -> sorry",
        s=start(),
        trip=inside,
        cancelled=boundary("trip", cancel()),
        done=end(),
        sorry=end(),
        **elements,
    )


def test_successful_transaction_goes_on_by_its_flow():
    run = started(
        order(transaction("a -> b -> e", a=start(), b=task(), e=end(), **undone("b", task())))
    )

    assert run.passed == ["s", "a", "b", "e", "trip", "done"]
    assert run.is_completed


def test_cancel_compensates_in_reverse_order_then_leaves_by_the_cancel_event():
    inside = transaction(
        "a -> b -> c -> e",
        a=start(),
        b=task(),
        c=task(),
        e=end(cancel()),
        **undone("b", service("b")),
        **undone("c", service("c")),
    )
    run = started(order(inside))
    assert run.waiting == ["undo_c"]

    run.complete("undo_c")
    assert run.waiting == ["undo_b"]
    run.complete("undo_b")

    assert run.passed[-2:] == ["cancelled", "sorry"]
    assert "done" not in run.passed
    assert run.terminated == ["trip"]
    assert run.is_completed


def test_cancel_without_anything_to_undo_leaves_at_once():
    run = started(order(transaction("a -> b -> e", a=start(), b=task(), e=end(cancel()))))

    assert run.passed == ["s", "a", "b", "e", "cancelled", "sorry"]


def test_cancel_terminates_what_is_active_before_it_compensates():
    inside = transaction(
        "a -> fork -> b, c",
        "c -> d -> e",
        a=start(),
        fork=parallel(),
        b=service("b"),
        c=task(),
        d=service("d"),
        e=end(cancel()),
        **undone("b", task()),
        **undone("c", task()),
    )
    run = started(order(inside))

    run.complete("d")

    assert run.terminated == ["b", "trip"]
    assert undos(run) == ["undo_c"]
    assert run.passed[-1] == "sorry"


def test_cancel_compensates_the_completed_part_of_an_active_sub_process():
    inside = transaction(
        "a -> fork -> sub, d",
        "d -> e",
        a=start(),
        fork=parallel(),
        sub=subprocess(
            "s2 -> b -> c -> e2",
            inputs={"mine": "5"},
            s2=start(),
            b=task(),
            c=service("c"),
            e2=end(),
            **undone("b", script("mine", "seen")),
            **undone("c", task()),
        ),
        d=service("d"),
        e=end(cancel()),
        **undone("sub", task()),
    )
    run = started(order(inside))

    run.complete("d")

    assert undos(run) == ["undo_b"]
    assert run.variables["seen"] == 5
    assert run.is_completed


def test_cancel_may_be_thrown_in_a_sub_process_of_the_transaction():
    inside = transaction(
        "a -> b -> sub -> e",
        a=start(),
        b=task(),
        sub=subprocess("s2 -> e2", s2=start(), e2=end(cancel())),
        e=end(),
        **undone("b", task()),
    )

    run = started(order(inside))

    assert undos(run) == ["undo_b"]
    assert run.passed[-1] == "sorry"


def test_error_is_a_hazard_and_leaves_without_compensation():
    inside = transaction(
        "a -> b -> e", a=start(), b=task(), e=end(error("E")), **undone("b", task())
    )
    run = started(
        process(
            "s -> trip -> done",
            "hazard -> sorry",
            s=start(),
            trip=inside,
            hazard=boundary("trip", error("E")),
            done=end(),
            sorry=end(),
        )
    )

    assert undos(run) == []
    assert run.passed[-1] == "sorry"


def test_error_of_a_handler_while_cancelling_is_a_hazard():
    inside = transaction(
        "a -> b -> e", a=start(), b=task(), e=end(cancel()), **undone("b", service("x"))
    )
    run = started(
        process(
            "s -> trip -> done",
            "cancelled -> sorry",
            "hazard -> worse",
            s=start(),
            trip=inside,
            cancelled=boundary("trip", cancel()),
            hazard=boundary("trip", error("E")),
            done=end(),
            sorry=end(),
            worse=end(),
        )
    )

    run.throw("undo_b", "E")

    assert run.passed[-2:] == ["hazard", "worse"]
    assert run.is_completed


def test_timer_of_the_transaction_is_withdrawn_while_it_is_cancelled():
    inside = transaction(
        "a -> b -> e", a=start(), b=task(), e=end(cancel()), **undone("b", service("x"))
    )
    run = started(
        process(
            "s -> trip -> done",
            "late -> sorry",
            s=start(),
            trip=inside,
            late=boundary("trip", timer(duration="PT1H")),
            done=end(),
            sorry=end(),
        )
    )

    assert run.waiting == ["undo_b"]


def test_cancelled_transaction_without_a_cancel_event_ends_there():
    run = started(
        process(
            "s -> trip -> done",
            s=start(),
            trip=transaction("a -> e", a=start(), e=end(cancel())),
            done=end(),
        )
    )

    assert "done" not in run.passed
    assert run.is_completed


def test_one_instance_cancels_all_instances_of_a_multi_instance_transaction():
    inside = transaction(
        "a -> b -> x",
        "x -> e if loopCounter = 2",
        "x -> f default",
        "f -> ok",
        loop=times("3"),
        a=start(),
        b=task(),
        x=exclusive(),
        f=service("f"),
        e=end(cancel()),
        ok=end(),
        **undone("b", task()),
    )

    run = started(order(inside))

    assert undos(run) == ["undo_b"] * 3
    assert run.passed[-1] == "sorry"
    assert run.is_completed


def test_completed_transaction_can_be_compensated():
    run = started(
        process(
            "s -> trip -> e",
            s=start(),
            trip=transaction("a -> b -> e2", a=start(), b=task(), e2=end(), **undone("b", task())),
            e=end(compensate()),
        )
    )

    assert undos(run) == ["undo_b"]


def test_handlers_that_run_when_the_transaction_is_cancelled_are_left_to_end():
    inside = transaction(
        "a -> b -> c -> fork -> t, d",
        "d -> e",
        a=start(),
        b=task(),
        c=task(),
        fork=parallel(),
        t=end(compensate("b")),
        d=service("d"),
        e=end(cancel()),
        **undone("b", service("b")),
        **undone("c", service("c")),
    )
    run = started(order(inside))
    run.complete("d")
    assert run.waiting == ["undo_b", "undo_c"]

    run.complete("undo_c")
    assert run.waiting == ["undo_b"]
    run.complete("undo_b")

    assert undos(run) == ["undo_c", "undo_b"]
    assert run.passed[-1] == "sorry"
    assert run.is_completed


def test_handler_that_runs_in_an_active_sub_process_is_left_to_end_too():
    inside = transaction(
        "a -> fork -> sub, d",
        "d -> e",
        a=start(),
        fork=parallel(),
        sub=subprocess(
            "s2 -> b -> c -> e2",
            s2=start(),
            b=task(),
            c=task(),
            e2=end(compensate()),
            **undone("b", service("b")),
            **undone("c", service("c")),
        ),
        d=service("d"),
        e=end(cancel()),
    )
    run = started(order(inside))
    assert run.waiting == ["d", "undo_c"]

    run.complete("d")
    assert run.waiting == ["undo_c"]
    run.complete("undo_c")
    run.complete("undo_b")

    assert undos(run) == ["undo_c", "undo_b"]
    assert run.terminated == ["e2", "sub", "trip"]
    assert run.passed[-1] == "sorry"
    assert run.is_completed


def test_transaction_inside_a_cancelled_one_is_not_left_by_its_own_cancel_event():
    inner = transaction(
        "s2 -> b -> e2", s2=start(), b=task(), e2=end(cancel()), **undone("b", service("b"))
    )
    inside = transaction(
        "a -> fork -> sub, d",
        "d -> e",
        "x -> e3",
        a=start(),
        fork=parallel(),
        sub=inner,
        x=boundary("sub", cancel()),
        d=service("d"),
        e=end(cancel()),
        e3=end(),
    )
    run = started(order(inside))
    assert run.waiting == ["d", "undo_b"]

    run.complete("d")
    run.complete("undo_b")

    assert "x" not in run.passed
    assert run.terminated == ["sub", "trip"]
    assert run.passed[-1] == "sorry"
    assert run.is_completed


def test_instance_may_be_cancelled_while_a_transaction_is():
    inside = transaction(
        "a -> b -> e", a=start(), b=task(), e=end(cancel()), **undone("b", service("x"))
    )
    run = started(order(inside))

    run.do(CancelInstance())

    assert not run.state.visits
    assert not run.state.completed
