"""Starting an instance in the middle, when a finished one is done again."""

from __future__ import annotations

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    Rejection,
    RejectionReason,
    StartAfter,
    StartBefore,
    StartElsewhere,
)
from bpmn_engine.kernel.effects import OpenSubscription
from bpmn_engine.kernel.state import EMPTY
from tests.diagrams import (
    end,
    event_subprocess,
    exclusive,
    message,
    parallel,
    process,
    signal,
    start,
    subprocess,
    user,
)
from tests.kernel import Run, compiled

LINE = process(
    "s -> a -> x",
    "x -> b if ok",
    "x -> c default",
    "b, c -> e",
    s=start(),
    a=user(),
    x=exclusive(),
    b=user(),
    c=user(),
    e=end(),
)


def placed(xml, *moves, **variables):
    run = Run(compiled(xml))
    run.do(StartElsewhere(moves=moves, variables=variables, instance_key=Key(7)))
    return run


def refused(xml, *moves):
    run = Run(compiled(xml))
    rejection = run.send(StartElsewhere(moves=moves))
    assert isinstance(rejection, Rejection)
    assert run.state == EMPTY
    return rejection


def test_an_instance_begins_before_an_element_and_passes_no_start_event():
    run = placed(LINE, StartBefore(element_id="b"), amount=5)

    assert run.waiting == ["b"]
    assert run.passed == []
    assert run.variables == {"amount": 5}
    assert run.state.instance_key == 7
    run.complete("b")
    assert run.is_completed


def test_the_flows_after_an_element_are_chosen_by_the_variables():
    assert placed(LINE, StartAfter(element_id="x"), ok=True).waiting == ["b"]
    assert placed(LINE, StartAfter(element_id="x"), ok=False).waiting == ["c"]


def test_several_tokens_begin_at_once():
    xml = process(
        "s -> f -> a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        j=parallel(),
        e=end(),
    )

    run = placed(xml, StartBefore(element_id="a"), StartBefore(element_id="b"))

    run.complete("a")
    assert not run.is_completed
    run.complete("b")
    assert run.is_completed


def test_sub_processes_around_are_opened_and_event_sub_processes_wait():
    xml = process(
        "s -> h -> e",
        s=start(),
        h=subprocess("hs -> a -> he", hs=start(), a=user(), he=end()),
        x=event_subprocess("xs -> xe", xs=start(signal("stop")), xe=end()),
        e=end(),
    )

    run = placed(xml, StartBefore(element_id="a"))

    assert run.waiting == ["a", "xs"]
    assert len(run.sent(OpenSubscription)) == 1
    run.deliver("xs")
    assert run.terminated == ["a", "h"]


def test_what_cannot_be_begun_at_begins_nothing():
    assert refused(LINE).reason is RejectionReason.NOT_FOUND
    assert refused(LINE, StartBefore(element_id="nope")).reason is RejectionReason.NOT_FOUND
    assert refused(LINE, StartAfter(element_id="e")).reason is RejectionReason.WRONG_KIND


def test_an_event_that_cannot_be_waited_for_begins_nothing():
    xml = process(
        "s -> a -> e",
        s=start(),
        a=user(),
        x=event_subprocess("xs -> xe", xs=start(message("go", "a.b.c + 1")), xe=end()),
        e=end(),
    )

    assert refused(xml, StartBefore(element_id="a")).reason is RejectionReason.WRONG_STATE


def test_an_instance_begins_once():
    run = placed(LINE, StartBefore(element_id="b"))

    rejection = run.send(StartElsewhere(moves=(StartBefore(element_id="b"),)))

    assert rejection is not None
    assert rejection.message == ("Expected the process instance to be created, but it is active.")
