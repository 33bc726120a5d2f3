"""Changing by hand where an instance is; the standard leaves it to the engine."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import (
    CancelVisits,
    ModifyInstance,
    Move,
    Rejection,
    RejectionReason,
    StartAfter,
    StartBefore,
    SuspendInstance,
)
from bpmn_engine.kernel.effects import CloseWait, CreateJob, EndInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, IncidentKind, WaitKind
from tests.diagrams import (
    ad_hoc,
    again,
    boundary,
    call,
    catch,
    compensate,
    condition,
    each,
    end,
    event_based,
    event_subprocess,
    exclusive,
    inclusive,
    link,
    message,
    parallel,
    process,
    service,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
    undone,
    user,
)
from tests.kernel import Run, key, started

LINE = process(
    "s -> a -> b -> c -> e", s=start(), a=service("a"), b=user(), c=service("c"), e=end()
)

NESTED = process(
    "s -> a -> outer -> e",
    s=start(),
    a=user(),
    outer=subprocess(
        "os -> inner -> oe",
        os=start(),
        inner=subprocess("is_ -> b -> c -> ie", is_=start(), b=user(), c=user(), ie=end()),
        oe=end(),
    ),
    late=boundary("outer", timer(duration="PT1H"), interrupting=False),
    e=end(),
)


def modify(run: Run, *moves: Move) -> None:
    run.do(ModifyInstance(moves=moves))


def rejected(run: Run, *moves: Move) -> Rejection:
    before = run.state
    rejection = run.send(ModifyInstance(moves=moves))
    assert rejection is not None
    assert run.state == before
    return rejection


# Move, skip, repeat -----------------------------------------------------------------------------


def test_a_move_cancels_here_and_starts_there():
    run = started(LINE)
    job = run.wait("a", WaitKind.JOB)

    modify(run, CancelVisits(element_id="a"), StartBefore(element_id="c"))

    assert run.waiting == ["c"]
    assert run.terminated == ["a"]
    assert CloseWait(wait=job.key, kind=WaitKind.JOB, is_withdrawn=True) in run.effects
    assert [effect.node for effect in run.sent(CreateJob)] == [
        run.graph.node("a").index,
        run.graph.node("c").index,
    ]
    run.complete("c")
    assert run.is_completed


def test_the_order_of_start_and_cancel_does_not_matter_for_what_goes_on():
    run = started(LINE)

    modify(run, StartBefore(element_id="c"), CancelVisits(element_id="a"))

    assert run.waiting == ["c"]


def test_a_skip_takes_the_flows_out_of_the_element():
    run = started(LINE)

    modify(run, StartAfter(element_id="a"), CancelVisits(element_id="a"))

    assert run.waiting == ["b"]
    assert run.passed == ["s"]


def test_a_completed_element_is_repeated_beside_what_runs():
    run = started(LINE)
    run.complete("a")

    modify(run, StartBefore(element_id="a"))

    assert run.waiting == ["a", "b"]


def test_variables_are_set_in_the_scope_the_token_starts_in():
    run = started(NESTED)

    modify(run, StartBefore(element_id="b", variables={"x": 1}))

    inner = run.wait("b", WaitKind.USER_TASK).visit
    scope = run.state.visits[inner].scope
    assert dict(run.state.variables[scope]) == {"x": 1}
    assert run.variables == {}


def test_the_flows_after_a_gateway_are_chosen_by_the_variables_given():
    run = started(
        process(
            "s -> a -> x",
            "x -> b if ok",
            "x -> c default",
            s=start(),
            a=user(),
            x=exclusive(),
            b=user(),
            c=user(),
        )
    )

    modify(run, StartAfter(element_id="x", variables={"ok": True}), CancelVisits(element_id="a"))
    modify(run, StartAfter(element_id="x", variables={"ok": False}))

    assert run.waiting == ["b", "c"]


def test_a_condition_that_fails_rejects_the_start():
    run = started(
        process("s -> a -> x", "x -> b if ok", s=start(), a=user(), x=exclusive(), b=user())
    )

    assert "ok" in rejected(run, StartAfter(element_id="x")).message
    assert (
        "no condition"
        in rejected(run, StartAfter(element_id="x", variables={"ok": False})).message
    )


def test_all_flows_of_a_fork_are_taken():
    run = started(
        process("s -> a -> f -> b, c", s=start(), a=user(), f=parallel(), b=user(), c=user())
    )

    modify(run, StartAfter(element_id="f"), CancelVisits(element_id="a"))

    assert run.waiting == ["b", "c"]


# All or nothing ---------------------------------------------------------------------------------


def test_when_one_move_is_rejected_none_is_done():
    run = started(LINE)

    rejection = rejected(run, CancelVisits(element_id="a"), StartBefore(element_id="nothing"))

    assert rejection.reason is RejectionReason.NOT_FOUND
    assert "'nothing'" in rejection.message
    assert run.waiting == ["a"]


def test_a_suspended_or_ended_instance_is_not_modified():
    run = started(LINE)
    run.do(SuspendInstance())

    rejection = rejected(run, StartBefore(element_id="b"))

    assert rejection.reason is RejectionReason.WRONG_STATE
    assert "suspended" in rejection.message


# Cancelling -------------------------------------------------------------------------------------


def test_an_instance_in_which_nothing_is_left_is_terminated():
    run = started(LINE)

    modify(run, CancelVisits(element_id="a"))

    assert run.state.status is InstanceStatus.TERMINATED
    assert [end.status for end in run.sent(EndInstance)] == [InstanceStatus.TERMINATED]
    assert not run.state.waits


def test_a_scope_in_which_nothing_is_left_is_cancelled_with_it_from_the_inside_out():
    run = started(NESTED)
    run.complete("a")

    modify(run, CancelVisits(element_id="b"))

    assert run.terminated == ["b", "inner", "outer"]
    assert run.state.status is InstanceStatus.TERMINATED


def test_two_scopes_that_are_emptied_together_end_the_instance_once():
    inside = subprocess("i -> a", i=start(), a=service("a"))
    run = started(process("s -> t -> sub", s=start(), t=task(completionQuantity="2"), sub=inside))
    assert run.waiting == ["a", "a"]

    modify(run, CancelVisits(element_id="a"))

    assert run.state.status is InstanceStatus.TERMINATED
    assert run.terminated == ["a", "a", "sub", "sub"]


def test_a_scope_in_which_something_else_starts_stays_open():
    run = started(NESTED)
    run.complete("a")
    inner = run.state.visits[run.wait("b", WaitKind.USER_TASK).visit].scope

    modify(run, CancelVisits(element_id="b"), StartBefore(element_id="c"))

    assert run.terminated == ["b"]
    assert run.state.visits[run.wait("c", WaitKind.USER_TASK).visit].scope == inner


def test_leaving_a_sub_process_closes_it_with_its_boundary_events():
    run = started(NESTED)
    run.complete("a")
    assert run.waiting == ["b", "late"]

    modify(run, CancelVisits(element_id="b"), StartBefore(element_id="a"))

    assert run.waiting == ["a"]
    assert run.terminated == ["b", "inner", "outer"]


def test_a_cancelled_sub_process_takes_everything_in_it_along():
    run = started(NESTED)
    run.complete("a")

    modify(run, CancelVisits(element_id="outer"), StartAfter(element_id="outer"))

    assert run.is_completed
    assert run.terminated == ["b", "inner", "outer"]


def test_one_of_several_visits_is_cancelled_by_its_key():
    run = started(LINE)
    modify(run, StartBefore(element_id="a"))
    first, second = (wait.visit for wait in run.waits("a"))

    modify(run, CancelVisits(visit=first))

    assert [wait.visit for wait in run.waits("a")] == [second]
    assert rejected(run, CancelVisits(visit=first)).reason is RejectionReason.NOT_FOUND
    assert rejected(run, CancelVisits(visit=second, element_id="b")).message.endswith(
        "of b, but there is none."
    )


def test_cancelling_an_element_that_nothing_is_at_is_rejected():
    run = started(LINE)

    assert rejected(run, CancelVisits(element_id="b")).reason is RejectionReason.NOT_FOUND
    assert rejected(run, CancelVisits(element_id="gone")).reason is RejectionReason.NOT_FOUND
    assert rejected(run, CancelVisits()).reason is RejectionReason.NOT_FOUND


def test_a_called_instance_is_withdrawn_with_its_call_activity():
    run = started(process("s -> k -> e", s=start(), k=call("other"), e=end()))
    child = run.wait("k", WaitKind.CHILD)

    modify(run, CancelVisits(element_id="k"), StartAfter(element_id="k"))

    assert CloseWait(wait=child.key, kind=WaitKind.CHILD, is_withdrawn=True) in run.effects
    assert run.is_completed


# Joins ------------------------------------------------------------------------------------------

JOINED = process(
    "s -> f -> a, b -> j -> c -> e",
    s=start(),
    f=parallel(),
    a=user(),
    b=user(),
    j=parallel(),
    c=user(),
    e=end(),
)


def test_a_join_whose_branch_was_cancelled_is_stuck_and_says_so():
    run = started(JOINED)
    run.complete("a")

    modify(run, CancelVisits(element_id="b"))

    assert run.incident.kind is IncidentKind.STUCK_JOIN


def test_a_start_after_the_missing_branch_completes_the_stuck_join():
    run = started(JOINED)
    run.complete("a")
    modify(run, CancelVisits(element_id="b"))

    modify(run, StartAfter(element_id="b"))

    assert run.waiting == ["c"]
    assert not run.state.incidents


def test_tokens_that_wait_before_a_join_are_moved_away_with_its_incident():
    run = started(JOINED)
    run.complete("a")
    modify(run, CancelVisits(element_id="b"))

    modify(run, CancelVisits(element_id="j"), StartBefore(element_id="c"))

    assert run.waiting == ["c"]
    assert not run.state.incidents
    assert not run.state.tokens


def test_a_start_before_a_join_does_not_wait_for_the_others():
    run = started(JOINED)

    modify(run, StartBefore(element_id="j"))

    assert run.waiting == ["a", "b", "c"]


# Scopes around the start ------------------------------------------------------------------------


def test_starting_inside_a_closed_sub_process_opens_all_around_it_but_not_their_starts():
    run = started(NESTED)

    modify(run, StartBefore(element_id="c"), CancelVisits(element_id="a"))

    assert run.waiting == ["c", "late"]
    run.complete("c")
    assert run.passed == ["s", "c", "ie", "inner", "oe", "outer", "e"]
    assert run.is_completed


def test_the_boundary_events_and_event_sub_processes_of_opened_scopes_are_waited_for():
    run = started(
        process(
            "s -> a -> h -> e",
            s=start(),
            a=user(),
            h=subprocess(
                "hs -> b -> he",
                hs=start(),
                b=user(),
                he=end(),
                on=event_subprocess("os -> o", os=start(signal("stop")), o=user()),
            ),
            bell=boundary("h", message("bell", "key"), interrupting=True),
            e=end(),
        ),
        {"key": "A"},
    )

    modify(run, CancelVisits(element_id="a"), StartBefore(element_id="b"))

    assert run.waiting == ["b", "bell", "os"]
    run.deliver("os")
    assert run.waiting == ["bell", "o"]


def test_input_mappings_of_opened_scopes_are_evaluated_or_the_start_is_rejected():
    diagram = process(
        "s -> a -> h -> e",
        s=start(),
        a=user(),
        h=subprocess("hs -> b", inputs={"total": "price * 2"}, hs=start(), b=user()),
        e=end(),
    )
    run, without = started(diagram, {"price": 4}), started(diagram, {"price": "x"})

    modify(run, StartBefore(element_id="b"))

    scope = run.state.visits[run.wait("b", WaitKind.USER_TASK).visit].scope
    assert dict(run.state.variables[scope]) == {"total": 8}
    assert rejected(without, StartBefore(element_id="b")).reason is RejectionReason.WRONG_STATE


def test_a_second_start_joins_the_sub_process_the_first_one_opened():
    run = started(NESTED)

    modify(run, StartBefore(element_id="b"), StartBefore(element_id="c"))

    b, c = (run.wait(name, WaitKind.USER_TASK).visit for name in "bc")
    assert run.state.visits[b].scope == run.state.visits[c].scope


def test_with_several_open_sub_processes_the_one_meant_must_be_named():
    run = started(NESTED)
    run.complete("a")
    modify(run, StartBefore(element_id="b", inside=ROOT))
    first, second = (run.state.visits[wait.visit].scope for wait in run.waits("b"))

    rejection = rejected(run, StartBefore(element_id="c"))
    modify(run, StartBefore(element_id="c", inside=second))

    assert "there are 2: name the one" in rejection.message
    assert first != second
    assert run.state.visits[run.wait("c", WaitKind.USER_TASK).visit].scope == second


def test_a_scope_named_that_is_not_around_the_element_is_rejected():
    run = started(NESTED)
    run.complete("a")
    inner = run.state.visits[run.wait("b", WaitKind.USER_TASK).visit].scope

    assert "does not" in rejected(run, StartBefore(element_id="a", inside=inner)).message
    assert "open scope 99" in rejected(run, StartBefore(element_id="b", inside=key(99))).message


def test_a_scope_that_an_event_has_interrupted_takes_nothing_until_that_is_cancelled():
    run = started(
        process(
            "s -> a -> b",
            s=start(),
            a=user(),
            b=user(),
            on=event_subprocess("os -> o", os=start(signal("stop")), o=user()),
        )
    )
    run.deliver("os")

    assert "on has interrupted it" in rejected(run, StartBefore(element_id="b")).message
    modify(run, CancelVisits(element_id="on"), StartBefore(element_id="b"))

    assert run.waiting == ["b"]


# What has no clear meaning ----------------------------------------------------------------------

ODD = process(
    "s -> a -> g -> m, t",
    "m -> many -> one -> h -> e",
    "t -> tl",
    "ll -> e",
    "late -> e",
    s=start(),
    a=user(),
    g=event_based(),
    m=catch(message("m", "1")),
    t=catch(timer(duration="PT1H")),
    tl=throw(link("x")),
    ll=catch(link("x")),
    many=subprocess("ms -> mt", loop=each("[1, 2]"), ms=start(), mt=user()),
    one=subprocess("ls -> lt", loop=again("true", maximum="2"), ls=start(), lt=user()),
    h=ad_hoc(x=user(), y=user()),
    late=boundary("a", timer(duration="PT1H")),
    on=event_subprocess("os -> o", os=start(signal("stop"), interrupting=False), o=user()),
    **undone("a", service("undo")),
    e=end(),
)


@pytest.mark.parametrize(
    ("element_id", "why"),
    [
        ("late", "a boundary event belongs to its activity"),
        ("on", "an event sub-process begins with its event only"),
        ("os", "an event sub-process begins with its event only"),
        ("o", "an event sub-process begins with its event only"),
        ("m", "an event-based gateway waits for it"),
        ("mt", "it is multi-instance"),
        ("lt", "it is a loop"),
        ("x", "it is an ad-hoc sub-process"),
        ("undo_a", "it is a compensation handler"),
        ("on_a", "a boundary event belongs to its activity"),
        ("many#instance", "there is none"),
    ],
)
def test_starting_before_what_begins_in_another_way_is_rejected(element_id, why):
    run = started(ODD)

    rejection = rejected(run, StartBefore(element_id=element_id))

    assert why in rejection.message


@pytest.mark.parametrize(
    ("element_id", "why"),
    [("e", "no flow leaves it"), ("g", "start after one of these"), ("on_a", "no flow leaves it")],
)
def test_starting_after_what_no_flow_leaves_is_rejected(element_id, why):
    run = started(ODD)

    assert why in rejected(run, StartAfter(element_id=element_id)).message


@pytest.mark.parametrize("move", [StartBefore, StartAfter])
@pytest.mark.parametrize("element_id", ["tl", "ll"])
def test_links_are_started_at_like_the_flows_they_stand_for(element_id, move):
    run = started(ODD)

    modify(run, CancelVisits(element_id="a"), move(element_id=element_id))

    assert run.is_completed


def test_a_boundary_event_is_started_after():
    run = started(ODD)

    modify(run, StartAfter(element_id="late"), CancelVisits(element_id="a"))

    assert run.is_completed


def test_the_instances_of_an_activity_are_cancelled_together_only():
    run = started(process("s -> m -> e", s=start(), m=user(loop=each("[1, 2]")), e=end()))
    first, second = (wait.visit for wait in run.waits("m"))

    rejection = rejected(run, CancelVisits(visit=first))
    modify(run, CancelVisits(visit=first), CancelVisits(visit=second), StartAfter(element_id="m"))

    assert "all instances of m to be cancelled together" in rejection.message
    assert run.terminated == ["m", "m", "m"]
    assert run.is_completed


def test_inside_an_instance_that_is_named_something_starts():
    run = started(
        process(
            "s -> m -> e",
            s=start(),
            m=subprocess("ms -> a -> b", loop=each("[1, 2]"), ms=start(), a=user(), b=user()),
            e=end(),
        )
    )
    (_, second) = (run.state.visits[wait.visit].scope for wait in run.waits("a"))

    modify(run, StartBefore(element_id="b", inside=second))

    assert run.waiting == ["a", "a", "b"]


def test_what_is_being_compensated_is_left_to_end():
    run = started(
        process(
            "s -> a -> t -> e",
            s=start(),
            a=service("book"),
            **undone("a", service("undo")),
            t=throw(compensate()),
            e=end(),
        )
    )
    run.complete("a")
    assert run.waiting == ["undo_a"]

    rejection = rejected(run, CancelVisits(element_id="undo_a"))

    assert "it is part of a compensation" in rejection.message


def test_another_instance_of_an_activity_is_not_started():
    run = started(
        process(
            "s -> m", s=start(), m=subprocess("ms -> a", loop=each("[1]"), ms=start(), a=user())
        )
    )
    instance = run.state.visits[run.wait("a", WaitKind.USER_TASK).visit].scope
    body = run.state.visits[instance].scope

    rejection = rejected(run, StartBefore(element_id="a", inside=body))

    assert rejection.message == (
        "Expected to start something in m, but it is multi-instance: start before it."
    )


def test_a_sub_process_that_has_not_begun_takes_nothing():
    run = started(
        process(
            "s -> h",
            s=start(),
            h=subprocess("hs -> b", inputs={"y": "price * 2"}, hs=start(), b=user()),
        ),
        {"price": "x"},
    )
    assert run.incident.kind is IncidentKind.EXPRESSION

    rejection = rejected(run, StartBefore(element_id="b"))
    modify(run, CancelVisits(element_id="h"))

    assert rejection.message == "Expected to start something in h, but it is ready."
    assert run.state.status is InstanceStatus.TERMINATED


@pytest.mark.parametrize("inner", [{}, {"on": None}], ids=["boundary", "event sub-process"])
def test_an_event_of_a_scope_that_cannot_be_waited_for_rejects_the_start(inner):
    bell = message("bell", "key")
    inside = {"on": event_subprocess("os -> o", os=start(bell), o=user())} if inner else {}
    outside = {} if inner else {"bell": boundary("h", bell)}
    run = started(
        process(
            "s -> a -> h",
            s=start(),
            a=user(),
            h=subprocess("hs -> b", hs=start(), b=user(), **inside),
            **outside,
        )
    )

    rejection = rejected(run, StartBefore(element_id="b"))

    assert rejection.reason is RejectionReason.WRONG_STATE
    assert "correlation key" in rejection.message


def test_after_an_inclusive_gateway_every_flow_whose_condition_holds_is_taken():
    run = started(
        process(
            "s -> a -> x",
            "x -> b if n > 1",
            "x -> c if n > 2",
            "x -> d if n > 3",
            s=start(),
            a=user(),
            x=inclusive(),
            b=user(),
            c=user(),
            d=user(),
        )
    )

    modify(run, CancelVisits(element_id="a"), StartAfter(element_id="x", variables={"n": 3}))

    assert run.waiting == ["b", "c"]


def test_a_condition_that_is_neither_true_nor_false_rejects_the_start():
    run = started(
        process("s -> a -> x", "x -> b if n", s=start(), a=user(), x=exclusive(), b=user()),
        {"n": 1},
    )

    assert "true or false" in rejected(run, StartAfter(element_id="x")).message


def test_a_condition_at_an_opened_sub_process_is_asked_at_once():
    run = started(
        process(
            "s -> a -> h -> e",
            "full -> c",
            s=start(),
            a=user(),
            h=subprocess("hs -> b", hs=start(), b=user()),
            full=boundary("h", condition("n > 1")),
            c=user(),
            e=end(),
        ),
        {"n": 2},
    )

    modify(run, CancelVisits(element_id="a"), StartBefore(element_id="b"))

    assert run.waiting == ["c"]
    assert run.terminated == ["a", "h"]


def test_the_last_of_several_instances_takes_the_activity_along():
    run = started(
        process("s -> m -> e", s=start(), m=user(loop=each("[1, 2]", sequential=True)), e=end())
    )
    (first,) = (wait.visit for wait in run.waits("m"))

    modify(run, CancelVisits(visit=first))

    assert run.terminated == ["m", "m"]
    assert run.state.status is InstanceStatus.TERMINATED


def test_an_element_instance_that_holds_nothing_is_no_scope_to_start_in():
    run = started(process("s -> a -> b -> e", s=start(), a=service("w"), b=user(), e=end()))
    (visit,) = run.state.visits

    rejection = rejected(run, StartBefore(element_id="b", inside=visit))

    assert rejection.reason is RejectionReason.NOT_FOUND
    assert f"an open scope {visit}" in rejection.message
