"""13.5.4 Event sub-processes."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.effects import OpenSubscription
from bpmn_engine.kernel.state import WaitKind
from tests.diagrams import (
    boundary,
    end,
    error,
    escalation,
    event_subprocess,
    message,
    process,
    receive,
    service,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
)
from tests.kernel import Run, started
from tests.semantics.refusals import refused_by


def handling(trigger, *, interrupting: bool = True, handler=None, **more) -> Run:
    inside = subprocess(
        "i -> w -> o",
        i=start(),
        w=service("w"),
        o=end(),
        esp=event_subprocess(
            "es -> h -> ee",
            es=start(trigger, interrupting=interrupting),
            h=handler or service("h"),
            ee=end(),
        ),
        **more,
    )
    return started(process("s -> sub -> e", s=start(), sub=inside, e=end()))


def test_it_begins_with_its_start_event():
    """13.5.4, 1st."""
    run = handling(message("m", '"k"'))

    run.deliver("es")

    assert run.passed == ["s", "i", "es"]
    assert run.waiting == ["h"]


def test_no_sequence_flow_begins_it():
    """13.5.4, 2nd."""
    esp = event_subprocess("es -> h", es=start(message("m")), h=task())

    assert "event-sub-process" in refused_by(process("s -> esp", s=start(), esp=esp))


def test_it_begins_only_when_its_event_occurs():
    """13.5.4, 3rd."""
    run = handling(message("m", '"k"'))

    run.complete("w")

    assert run.passed == ["s", "i", "w", "o", "sub", "e"]


def test_it_is_waited_for_only_while_what_contains_it_is_active():
    """13.5.4, 4th."""
    inside = subprocess(
        "i -> w",
        i=start(),
        w=service("w"),
        esp=event_subprocess("es -> h", es=start(message("m", '"k"')), h=task()),
    )
    run = started(
        process("s -> a -> sub -> b", s=start(), a=service("a"), sub=inside, b=service("b"))
    )
    seen = [run.waiting]
    for name in ("a", "w"):
        run.complete(name)
        seen.append(run.waiting)

    assert seen == [["a"], ["es", "w"], ["b"]]


def test_it_has_exactly_one_start_event_with_a_trigger():
    """13.5.4, 5th."""
    none = event_subprocess("es -> h", es=start(), h=task())
    two = event_subprocess("es, et -> h", es=start(message("m")), et=start(signal("g")), h=task())

    for wrong in (none, two):
        diagram = process("s -> a", s=start(), a=task(), esp=wrong)
        assert "event-sub-process-start" in refused_by(diagram)


def test_an_interrupting_one_ends_what_runs_in_the_activity():
    """13.5.4, 6th."""
    run = handling(message("m", '"k"'))

    run.deliver("es")

    assert run.terminated == ["w"]


def test_one_that_does_not_interrupt_runs_beside_it():
    """13.5.4, 7th."""
    run = handling(message("m", '"k"'), interrupting=False)

    run.deliver("es")

    assert run.terminated == []
    assert run.waiting == ["es", "h", "w"]


def test_several_that_do_not_interrupt_may_begin_at_different_times():
    """13.5.4, 8th."""
    other = event_subprocess("et -> k", et=start(signal("g"), interrupting=False), k=service("k"))
    run = handling(message("m", '"k"'), interrupting=False, other=other)

    run.deliver("es")
    run.deliver("et")

    assert run.waiting == ["es", "et", "h", "k", "w"]


def test_one_that_does_not_interrupt_may_run_several_times_at_once():
    """13.5.4, 9th."""
    run = handling(message("m", '"k"'), interrupting=False)

    run.deliver("es")
    run.deliver("es")

    assert run.waiting == ["es", "h", "h", "w"]


def test_its_message_is_correlated_as_that_of_a_receive_task():
    """13.5.4, 10th."""
    waited = handling(message("m", '"k"')).wait("es", WaitKind.MESSAGE)
    task_run = started(process("s -> r", s=start(), r=receive(message("m", '"k"'))))
    received = task_run.wait("r", WaitKind.MESSAGE)

    assert (waited.name, waited.correlation_key) == (received.name, received.correlation_key)


def test_an_interrupting_one_begins_once():
    """13.5.4, 11th."""
    run = handling(message("m", '"k"'))

    run.deliver("es")

    assert run.waits("es") == []


def test_once_an_interrupting_one_runs_no_other_begins():
    """13.5.4, 12th."""
    other = event_subprocess("et -> k", et=start(signal("g"), interrupting=False), k=task())
    run = handling(message("m", '"k"'), other=other)
    assert run.waiting == ["es", "et", "w"]

    run.deliver("es")

    assert run.waiting == ["h"]


def test_it_completes_when_all_its_tokens_have_ended():
    """13.5.4, 13th."""
    run = handling(message("m", '"k"'))
    run.deliver("es")

    run.complete("h")

    assert run.passed == ["s", "i", "es", "h", "ee", "esp", "sub", "e"]


def test_what_contains_it_completes_only_when_all_that_run_have_completed():
    """13.5.4, 14th."""
    run = handling(message("m", '"k"'), interrupting=False)
    run.deliver("es")

    run.complete("w")
    assert "sub" not in run.passed
    run.complete("h")

    assert run.passed[-2:] == ["sub", "e"]


def test_another_may_begin_while_only_event_sub_processes_are_left():
    """13.5.4, 15th. Deviating: as in both Camundas the events are heard until nothing is left."""
    run = handling(message("m", '"k"'), interrupting=False)
    run.deliver("es")
    run.complete("w")

    run.deliver("es")

    assert run.waiting == ["es", "h", "h"]


def test_an_error_is_caught_by_the_one_inside_before_the_boundary():
    """13.5.4, 16th."""
    inside = subprocess(
        "i -> w",
        i=start(),
        w=service("w"),
        esp=event_subprocess("es -> h", es=start(error("E")), h=service("h")),
    )
    diagram = process(
        "s -> sub -> e",
        "b -> x",
        s=start(),
        sub=inside,
        e=end(),
        b=boundary("sub", error("E")),
        x=end(),
    )
    run = started(diagram)

    run.throw("w", "E")
    run.complete("h")

    assert "b" not in run.passed
    assert run.passed[-2:] == ["sub", "e"]


def test_an_error_that_it_throws_again_is_caught_at_the_boundary():
    """13.5.4, 17th."""
    inside = subprocess(
        "i -> w",
        i=start(),
        w=service("w"),
        esp=event_subprocess("es -> again", es=start(error("E")), again=end(error("E"))),
    )
    diagram = process(
        "s -> sub -> e",
        "b -> x",
        s=start(),
        sub=inside,
        e=end(),
        b=boundary("sub", error("E")),
        x=end(),
    )
    run = started(diagram)

    run.throw("w", "E")

    assert run.passed[-2:] == ["b", "x"]
    assert "sub" in run.terminated


def test_while_one_handles_an_error_no_new_one_begins():
    """13.5.4, 18th."""
    other = event_subprocess(
        "et -> k", et=start(message("m", '"k"'), interrupting=False), k=task()
    )
    run = handling(error("E"), other=other)

    run.throw("w", "E")

    assert run.waiting == ["h"]


def test_it_sees_and_changes_the_data_of_what_contains_it():
    """13.5.4, 19th."""
    inside = subprocess(
        "i -> w -> o",
        i=start(),
        w=service("w"),
        o=end(),
        inputs={"n": "1"},
        esp=event_subprocess(
            "es -> h",
            es=start(message("m", '"k"'), interrupting=False),
            h=service("h", inputs={"seen": "n"}),
        ),
    )
    run = started(process("s -> sub", s=start(), sub=inside))

    run.deliver("es")

    assert run.state.variables[run.wait("h", WaitKind.JOB).visit]["seen"] == 1


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_begins_one_and_interrupts_only_if_that_says_so(interrupting):
    """13.5.4, 20th."""
    inside = subprocess(
        "i -> t -> w",
        i=start(),
        t=throw(escalation("E")),
        w=service("w"),
        esp=event_subprocess(
            "es -> h", es=start(escalation("E"), interrupting=interrupting), h=service("h")
        ),
    )

    run = started(process("s -> sub", s=start(), sub=inside))

    assert run.waiting == (["h"] if interrupting else ["h", "w"])


def test_one_of_the_process_is_waited_for_from_its_beginning():
    """13.5.4, 21st."""
    diagram = process(
        "s -> a",
        s=start(),
        a=service("a"),
        esp=event_subprocess("es -> h", es=start(message("m", '"k"')), h=task()),
    )
    run = started(diagram)
    assert [one.name for one in run.sent(OpenSubscription)] == ["m"]

    run.deliver("es")

    assert run.terminated == ["a"]
    assert run.is_completed


def test_a_cycle_begins_one_again_and_again():
    """13.5.4, 22nd."""
    run = handling(timer(cycle="R2/PT1H"), interrupting=False, handler=task())

    run.fire("es")
    run.fire("es")

    assert run.passed.count("h") == 2
    assert run.waits("es") == []
