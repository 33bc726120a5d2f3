"""Escalations (BPMN 2.0.2, sections 10.5.1 and 10.5.5) and link events (10.5.5)."""

import pytest

from bpmn_engine.kernel.commands import (
    EscalateChild,
    Rejection,
    RejectionReason,
    StartInstance,
    ThrowEscalation,
)
from bpmn_engine.kernel.effects import CloseWait, EscalateToCaller
from bpmn_engine.kernel.facts import EscalationUncaught
from bpmn_engine.kernel.state import WaitKind
from tests.diagrams import (
    boundary,
    call,
    contents,
    end,
    escalation,
    event_subprocess,
    exclusive,
    inclusive,
    link,
    process,
    processes,
    script,
    service,
    start,
    subprocess,
    task,
    throw,
    user,
)
from tests.kernel import Run, compiled, started


def escalating(trigger, *, interrupting=True, thrown="LATE", inside=None, outside=None):
    """A sub-process that throws an escalation between two tasks, with a boundary event `b`."""
    return process(
        "s -> sub -> after -> e",
        "b -> bh",
        s=start(),
        sub=subprocess(
            "s2 -> one -> t -> two -> e2",
            s2=start(),
            one=task(),
            t=throw(escalation(thrown)),
            two=task(),
            e2=end(),
            **(inside or {}),
        ),
        after=task(),
        e=end(),
        b=boundary("sub", trigger, interrupting=interrupting),
        bh=task(),
        **(outside or {}),
    )


def test_an_interrupting_boundary_event_ends_the_thrower():
    run = started(escalating(escalation("LATE")))

    assert run.is_completed
    assert run.passed == ["s", "s2", "one", "t", "b", "bh"]
    assert run.terminated == ["sub"]


def test_a_non_interrupting_boundary_event_lets_the_thrower_go_on():
    run = started(escalating(escalation("LATE"), interrupting=False))

    assert run.is_completed
    assert run.terminated == []
    assert sorted(run.passed) == sorted(
        ["s", "s2", "one", "t", "b", "bh", "two", "e2", "sub", "after", "e"]
    )


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_boundary_event_without_a_code_catches_every_escalation(interrupting):
    run = started(escalating(escalation(), interrupting=interrupting))

    assert "bh" in run.passed


def test_another_code_is_not_caught_and_a_fact_tells_of_it():
    run = started(escalating(escalation("EARLY")))

    assert run.is_completed
    assert run.passed == ["s", "s2", "one", "t", "two", "e2", "sub", "after", "e"]
    uncaught = [fact for fact in run.facts if isinstance(fact, EscalationUncaught)]
    assert [(run.name(fact.node), fact.code) for fact in uncaught] == [("t", "LATE")]


def test_a_caught_escalation_is_not_told_as_uncaught():
    run = started(escalating(escalation("LATE")))

    assert not [fact for fact in run.facts if isinstance(fact, EscalationUncaught)]


def test_an_escalation_end_event_is_caught_before_the_sub_process_completes():
    run = started(
        process(
            "s -> sub -> after -> e",
            "b -> bh",
            s=start(),
            sub=subprocess("s2 -> e2", s2=start(), e2=end(escalation("LATE"))),
            after=task(),
            e=end(),
            b=boundary("sub", escalation("LATE")),
            bh=task(),
        )
    )

    assert run.passed == ["s", "s2", "e2", "b", "bh"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_sub_process_catches_before_the_boundary(interrupting):
    handler = event_subprocess(
        "es -> h -> ee",
        es=start(escalation("LATE"), interrupting=interrupting),
        h=task(),
        ee=end(),
    )
    run = started(escalating(escalation("LATE"), inside={"esp": handler}))

    assert run.is_completed
    assert "bh" not in run.passed
    assert "h" in run.passed
    assert ("two" in run.passed) is not interrupting


def test_an_escalation_inside_an_event_sub_process_goes_outwards():
    handler = event_subprocess(
        "es -> ee",
        es=start(escalation("LATE"), interrupting=False),
        ee=end(escalation("LATE")),
    )
    run = started(escalating(escalation("LATE"), inside={"esp": handler}))

    assert run.is_completed
    assert "bh" in run.passed
    assert run.passed.count("es") == 1


def test_it_goes_out_to_the_process_when_nothing_nearer_catches_it():
    handler = event_subprocess(
        "es -> h -> ee", es=start(escalation("LATE"), interrupting=False), h=task(), ee=end()
    )
    run = started(escalating(escalation("EARLY"), outside={"esp": handler}))

    assert run.is_completed
    assert {"h", "two", "after"} <= set(run.passed)


def test_what_an_input_mapping_puts_into_the_thrower_comes_with_it():
    run = started(
        process(
            "s -> sub -> e",
            "b -> bh",
            s=start(),
            sub=subprocess(
                "s2 -> t -> e2",
                s2=start(),
                t=throw(escalation("LATE"), inputs={"days": "1 + 2"}),
                e2=end(),
            ),
            e=end(),
            b=boundary("sub", escalation("LATE"), interrupting=False),
            bh=script("days + 1", "more"),
        )
    )

    assert run.variables == {"days": 3, "more": 4}


def test_camunda_puts_the_code_where_the_catcher_says():
    xml = escalating(escalation("LATE")).replace(
        b'<bpmn:boundaryEvent id="b" attachedToRef="sub"><bpmn:escalationEventDefinition ',
        b'<bpmn:boundaryEvent id="b" attachedToRef="sub"><bpmn:escalationEventDefinition '
        b'camunda:escalationCodeVariable="which" ',
    )
    run = started(xml)

    assert run.variables == {"which": "LATE"}


# Call activities ----------------------------------------------------------------------------


def calling(trigger, *, interrupting=True):
    return process(
        "s -> c -> e",
        "b -> bh",
        s=start(),
        c=call("other"),
        e=end(),
        b=boundary("c", trigger, interrupting=interrupting),
        bh=task(),
    )


def test_a_called_instance_hands_it_to_the_caller_and_goes_on():
    run = Run(
        compiled(
            processes(other=contents("s -> t -> e", s=start(), t=throw(escalation("X")), e=end()))
        )
    )
    run.do(StartInstance(has_parent=True))

    assert run.is_completed
    assert [effect.code for effect in run.sent(EscalateToCaller)] == ["X"]
    assert not [fact for fact in run.facts if isinstance(fact, EscalationUncaught)]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_boundary_event_of_the_call_activity_catches_it(interrupting):
    run = started(calling(escalation("X"), interrupting=interrupting))
    wait = run.wait("c", WaitKind.CHILD).key

    run.do(EscalateChild(wait=wait, code="X", variables={"why": "rain"}))

    assert "bh" in run.passed
    assert run.variables == {"why": "rain"}
    assert [effect.is_withdrawn for effect in run.sent(CloseWait)] == [True] * interrupting
    if not interrupting:
        run.end_child("c")
    assert run.is_completed


def test_a_caller_that_does_not_catch_it_goes_on_waiting():
    run = started(calling(escalation("Y")))

    run.do(EscalateChild(wait=run.wait("c", WaitKind.CHILD).key, code="X"))

    assert run.waiting == ["c"]
    uncaught = [fact for fact in run.facts if isinstance(fact, EscalationUncaught)]
    assert [run.name(fact.node) for fact in uncaught] == ["c"]


def test_an_escalation_of_a_call_that_is_over_is_rejected():
    run = started(calling(escalation("X")))
    wait = run.wait("c", WaitKind.CHILD).key
    run.end_child("c")

    rejection = run.send(EscalateChild(wait=wait, code="X"))

    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectionReason.WRONG_STATE


# Links --------------------------------------------------------------------------------------


def linked(*flows, **elements):
    """Return a process with a catching link event, then a task and its end."""
    return process(
        *flows,
        "catcher -> last -> e",
        **elements,
        catcher=link_catch("there"),
        last=task(),
        e=end(),
    )


def link_catch(name):
    found = throw(link(name))
    return type(found)("intermediateCatchEvent", found.attributes, "", found.children)


def test_a_token_goes_on_at_the_catching_link_of_the_name():
    run = started(linked("s -> a -> t", s=start(), a=task(), t=throw(link("there"))))

    assert run.is_completed
    assert run.passed == ["s", "a", "t", "catcher", "last", "e"]


def test_several_throwing_links_lead_to_one_catching_link():
    run = started(
        linked(
            "s -> x",
            "x -> t1 if left",
            "x -> t2 default",
            s=start(),
            x=exclusive(),
            t1=throw(link("there")),
            t2=throw(link("there")),
        ),
        {"left": False},
    )

    assert run.passed == ["s", "x", "t2", "catcher", "last", "e"]


def test_an_inclusive_join_waits_for_a_token_that_comes_by_a_link():
    run = started(
        process(
            "s -> f",
            "f -> a -> t if true",
            "f -> j if true",
            "c -> j",
            "j -> e",
            s=start(),
            f=inclusive(),
            a=service("x"),
            t=throw(link("there")),
            c=link_catch("there"),
            j=inclusive(),
            e=end(),
        )
    )

    assert "j" not in run.passed
    run.complete("a")

    assert run.is_completed
    assert run.passed.count("j") == 1


def at_a_person(*, interrupting=True):
    """A user task with a boundary event that catches an escalation."""
    return started(
        process(
            "s -> t -> e",
            "b -> n",
            s=start(),
            t=user(),
            e=end(),
            b=boundary("t", escalation("LATE"), interrupting=interrupting),
            n=end(),
        )
    )


@pytest.mark.parametrize("interrupting", [True, False])
def test_whoever_does_a_user_task_escalates(interrupting):
    run = at_a_person(interrupting=interrupting)

    run.do(
        ThrowEscalation(
            wait=run.wait("t", WaitKind.USER_TASK).key, code="LATE", variables={"a": 1}
        )
    )

    assert run.is_completed is interrupting
    assert ("t" in run.terminated) is interrupting
    assert {"b", "n"} <= set(run.passed)
    assert run.variables == {"a": 1}


def test_an_escalation_of_a_user_task_that_nothing_catches_is_rejected():
    run = at_a_person()
    before = run.state

    rejection = run.send(ThrowEscalation(wait=run.wait("t", WaitKind.USER_TASK).key, code="OTHER"))

    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectionReason.WRONG_VALUE
    assert "'OTHER'" in rejection.message
    assert run.state == before


def test_only_a_user_task_is_escalated_by_hand():
    run = started(process("s -> t -> e", s=start(), t=service("x"), e=end()))

    rejection = run.send(ThrowEscalation(wait=run.wait("t", WaitKind.JOB).key, code="LATE"))

    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectionReason.WRONG_KIND
