"""Multiple and parallel multiple events (BPMN 2.0.2, section 10.5.5)."""

import pytest

from bpmn_engine.kernel.commands import DeliverMessage, DeliverSignal, Rejection
from bpmn_engine.kernel.effects import BroadcastSignal, CloseWait, PublishMessage
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Trigger,
    boundary,
    cancel,
    catch,
    compensate,
    condition,
    end,
    error,
    escalation,
    event_based,
    event_subprocess,
    message,
    needing_all,
    process,
    service,
    several,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
    transaction,
    undone,
)
from tests.kernel import started

ANY = several(message("m"), signal("g"), timer(duration="PT1H"))


def answer(run, element_id, kind, variables=None):
    """Let one definition of an event occur."""
    wait = run.wait(element_id, kind)
    if kind is WaitKind.TIMER:
        run.fire(element_id)
    elif kind is WaitKind.MESSAGE:
        run.deliver(element_id, variables)
    else:
        run.do(DeliverSignal(wait=wait.key, variables=variables or {}))


KINDS = [WaitKind.MESSAGE, WaitKind.SIGNAL, WaitKind.TIMER]


# Any of them --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_catching_event_goes_on_with_the_first_and_withdraws_the_others(kind):
    run = started(process("s -> c -> e", s=start(), c=catch(ANY), e=end()))

    answer(run, "c", kind)

    assert run.is_completed
    assert [e.kind for e in run.sent(CloseWait) if e.is_withdrawn] == [
        other for other in KINDS if other is not kind
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interrupting", [True, False])
def test_a_boundary_event_occurs_with_any_of_them(kind, interrupting):
    run = started(
        process(
            "s -> a -> e",
            "b -> bh",
            s=start(),
            a=service("x"),
            e=end(),
            b=boundary("a", ANY, interrupting=interrupting),
            bh=task(),
        )
    )

    answer(run, "b", kind)

    assert run.passed == ["s", "b", "bh"]
    assert run.is_completed is interrupting


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_sub_process_starts_with_any_of_them(kind):
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            esp=event_subprocess("es -> h -> ee", es=start(ANY), h=service("y"), ee=end()),
        )
    )

    answer(run, "es", kind)

    assert run.waiting == ["h"]


def test_a_boundary_event_may_wait_for_a_message_or_an_error():
    run = started(
        process(
            "s -> a -> e",
            "b -> bh",
            s=start(),
            a=service("x"),
            e=end(),
            b=boundary("a", several(message("m"), error("E"))),
            bh=task(),
        )
    )

    run.throw("a", "E")

    assert run.passed == ["s", "b", "bh"]
    assert not run.state.waits


def test_none_of_them_occurring_nothing_happens():
    run = started(
        process(
            "s -> a -> e",
            "b -> bh",
            s=start(),
            a=service("x"),
            e=end(),
            b=boundary("a", ANY),
            bh=task(),
        )
    )

    run.complete("a")

    assert run.passed == ["s", "a", "e"]


def test_an_event_based_gateway_may_lead_to_one():
    run = started(
        process(
            "s -> g",
            "g -> c -> e",
            "g -> t -> e",
            s=start(),
            g=event_based(),
            c=catch(several(message("m"), signal("g"))),
            t=catch(timer(duration="PT1H")),
            e=end(),
        )
    )

    answer(run, "c", WaitKind.SIGNAL)

    assert run.passed == ["s", "g", "c", "e"]


# All of them --------------------------------------------------------------------------------


def test_a_parallel_multiple_event_waits_for_all_in_any_order():
    run = started(
        process(
            "s -> c -> e",
            s=start(),
            c=needing_all(catch(several(message("m"), signal("g"), condition("ready")))),
            e=end(),
        ),
        {"ready": False},
    )

    answer(run, "c", WaitKind.SIGNAL, {"from": "g"})
    run.set(ready=True)
    assert run.waiting == ["c"]
    answer(run, "c", WaitKind.MESSAGE, {"too": "m"})

    assert run.is_completed
    assert run.variables == {"ready": True, "from": "g", "too": "m"}


def test_what_has_occurred_does_not_count_twice():
    run = started(
        process(
            "s -> c -> e",
            s=start(),
            c=needing_all(catch(several(message("m"), signal("g")))),
            e=end(),
        )
    )
    wait = run.wait("c", WaitKind.MESSAGE)
    run.deliver("c")

    assert isinstance(run.send(DeliverMessage(wait=wait.key)), Rejection)
    assert run.waiting == ["c"]


def test_a_parallel_multiple_boundary_event_interrupts_when_all_have_occurred():
    run = started(
        process(
            "s -> a -> e",
            "b -> bh",
            s=start(),
            a=service("x"),
            e=end(),
            b=needing_all(boundary("a", several(message("m"), signal("g")))),
            bh=task(),
        )
    )

    answer(run, "b", WaitKind.MESSAGE)
    assert run.waiting == ["a", "b"]
    answer(run, "b", WaitKind.SIGNAL)

    assert run.is_completed
    assert run.passed == ["s", "b", "bh"]


def test_a_parallel_multiple_start_event_starts_an_event_sub_process():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            esp=event_subprocess(
                "es -> h -> ee",
                es=needing_all(start(several(message("m"), signal("g")))),
                h=service("y"),
                ee=end(),
            ),
        )
    )

    answer(run, "es", WaitKind.MESSAGE)
    assert run.waiting == ["a", "es"]
    answer(run, "es", WaitKind.SIGNAL)

    assert run.waiting == ["h"]


# Throwing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [throw, end])
def test_a_throwing_event_throws_all(make):
    thrown = make(several(message("m"), signal("g"), escalation("X")))
    flows = ["s2 -> t -> e2"] if make is throw else ["s2 -> t"]
    last = {"e2": end()} if make is throw else {}
    run = started(
        process(
            "s -> sub -> e",
            "b -> bh",
            s=start(),
            e=end(),
            sub=subprocess(*flows, s2=start(), t=thrown, **last),
            b=boundary("sub", escalation("X"), interrupting=False),
            bh=task(),
        )
    )

    assert run.is_completed
    assert [effect.name for effect in run.sent(PublishMessage)] == ["m"]
    assert [effect.name for effect in run.sent(BroadcastSignal)] == ["g"]
    assert run.passed.count("b") == 1


TERMINATION = Trigger("<bpmn:terminateEventDefinition/>")


def ending_with(*triggers, inside=subprocess, caught=None, **more):
    """A sub-process with work beside an end event that has several definitions."""
    sub = inside(
        "i -> w, a -> x", i=start(), w=service("w"), a=task(), x=end(several(*triggers)), **more
    )
    drawn = {"b": boundary("sub", caught), "h": service("h")} if caught else {}
    flows = ["b -> h"] if caught else []
    return started(process("s -> sub -> e", *flows, s=start(), sub=sub, e=end(), **drawn))


def test_an_end_event_throws_a_message_before_its_error_ends_the_scope():
    run = ending_with(error("E"), message("m"), caught=error("E"))

    assert [effect.name for effect in run.sent(PublishMessage)] == ["m"]
    assert "w" in run.terminated
    assert run.waiting == ["h"]


def test_the_error_of_a_multiple_end_event_that_nothing_catches_is_thrown_again_alone():
    run = ending_with(message("m"), error("E"))
    assert run.incident.error_code == "E"

    run.resolve()

    assert run.incident.error_code == "E"
    assert len(run.sent(PublishMessage)) == 1


def test_an_end_event_throws_a_signal_before_it_terminates_the_scope():
    run = ending_with(signal("g"), TERMINATION)

    assert [effect.name for effect in run.sent(BroadcastSignal)] == ["g"]
    assert run.terminated == ["w"]
    assert run.is_completed


def test_an_end_event_throws_an_escalation_and_goes_on_to_terminate_if_that_does_not_interrupt():
    sub = subprocess(
        "i -> w, x", i=start(), w=service("w"), x=end(several(escalation("X"), TERMINATION))
    )
    diagram = process(
        "s -> sub -> e",
        "b -> h",
        s=start(),
        sub=sub,
        e=end(),
        h=service("h"),
        b=boundary("sub", escalation("X"), interrupting=False),
    )

    run = started(diagram)

    assert run.terminated == ["w"]
    assert run.waiting == ["h"]
    assert "sub_e" in run.flows


def test_an_escalation_that_interrupts_takes_the_end_event_with_it():
    run = ending_with(escalation("X"), TERMINATION, caught=escalation("X"))

    assert run.terminated[-1] == "sub"
    assert run.waiting == ["h"]
    assert "x" not in run.passed


def test_an_end_event_that_does_not_wait_for_its_compensation_goes_on_at_once():
    run = ending_with(message("m"), compensate(waits=False), **undone("a", service("undo")))

    assert "x" in run.passed
    assert run.waiting == ["undo_a", "w"]


def test_an_end_event_compensates_before_it_throws_its_error():
    run = ending_with(error("E"), compensate(), caught=error("E"), **undone("a", service("undo")))
    assert run.waiting == ["undo_a", "w"]

    run.complete("undo_a")

    assert run.waiting == ["h"]


def test_an_end_event_sends_a_message_before_it_cancels_its_transaction():
    run = ending_with(
        message("m"), cancel(), inside=transaction, caught=cancel(), **undone("a", service("undo"))
    )
    assert [effect.name for effect in run.sent(PublishMessage)] == ["m"]
    assert run.waiting == ["undo_a"]

    run.complete("undo_a")

    assert run.waiting == ["h"]


def test_a_multiple_throw_event_compensates_and_goes_on():
    diagram = process(
        "s -> a -> t -> e",
        s=start(),
        a=task(),
        t=throw(several(message("m"), compensate())),
        e=end(),
        **undone("a", service("undo")),
    )
    run = started(diagram)
    assert [effect.name for effect in run.sent(PublishMessage)] == ["m"]
    assert run.waiting == ["undo_a"]

    run.complete("undo_a")

    assert run.passed[-2:] == ["t", "e"]


def test_two_compensations_of_one_event_undo_each_activity_once():
    diagram = process(
        "s -> a -> c -> t -> e",
        s=start(),
        a=task(),
        c=task(),
        t=throw(several(compensate("a"), compensate("a"))),
        e=end(),
        **undone("a", service("undo")),
        **undone("c", service("undo")),
    )
    run = started(diagram)

    run.complete("undo_a")

    assert run.is_completed
    assert "undo_c" not in run.passed


# What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "rule"),
    [
        ({"s": start(), "c": needing_all(catch(several(message("m"), error("E"))))}, "event"),
        ({"s": start(), "c": end(several(error("E"), TERMINATION))}, "event-definition"),
        ({"s": start(), "c": throw(several(message("m"), error("E")))}, "event-definition"),
        (
            {
                "s": needing_all(start(several(timer(duration="PT1H"), timer(duration="PT2H")))),
                "c": task(),
            },
            "event-definition",
        ),
    ],
)
def test_what_is_not_executed_is_refused_by_name(elements, rule):
    outcome = read_definitions(process("s -> c", **elements))

    assert isinstance(outcome, Refusal)
    assert any(found.rule.startswith(rule) for found in outcome.violations)
