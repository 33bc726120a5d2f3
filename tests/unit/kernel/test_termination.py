"""Terminating in slices: what is being terminated does nothing more, and all else waits for it.

Every other test of the kernel compares each of its steps with the same one in slices
(`tests.kernel.Run.send`); here is what may come in between.
"""

import pytest

from bpmn_engine.kernel.commands import (
    CancelInstance,
    CancelVisits,
    CompleteJob,
    FailJob,
    FireTimer,
    GoOn,
    ModifyInstance,
    RejectionReason,
    SetVariables,
    StartInstance,
    SuspendInstance,
    ThrowBpmnError,
)
from bpmn_engine.kernel.effects import CloseWait, EndInstance
from bpmn_engine.kernel.facts import ElementTerminated, StatusChanged
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, WaitKind
from tests.diagrams import (
    boundary,
    condition,
    each,
    end,
    event_subprocess,
    parallel,
    process,
    service,
    signal,
    start,
    subprocess,
    terminate,
    throw,
    timer,
    user,
)
from tests.kernel import Run, compiled
from tests.unit.kernel.test_slices import slices

MANY = process(
    "s -> f -> a -> e",
    "f -> b -> e3",
    "late -> after -> e2",
    s=start(),
    f=parallel(),
    a=service("work", loop=each("xs")),
    b=service("other"),
    late=boundary("a", timer(duration="PT1H")),
    after=user(),
    e=end(),
    e2=end(),
    e3=end(),
)
COUNT = 20


def begun(xml=MANY, *, moves=3):
    """Return an instance that waits with many jobs; then a step moves so many tokens."""
    run = Run(compiled(xml))
    run.do(StartInstance(variables={"xs": list(range(COUNT))}))
    run.max_moves = moves
    return run


def jobs(run, element="a"):
    """Return the keys of the jobs of an element."""
    return [wait.key for wait in run.waits(element) if wait.kind is WaitKind.JOB]


def test_what_is_interrupted_goes_slice_by_slice_before_any_token_moves():
    run = begun()

    run.fire("late")

    assert len(jobs(run)) == COUNT - 3
    assert not run.waits("after")
    assert slices(run) == 7  # six for the rest, and one for the token
    assert run.waiting == ["after", "b"]


def test_a_slice_terminates_no_more_than_it_moves():
    run = begun()
    run.fire("late")

    before = len(run.facts)
    run.do(GoOn())

    ended = [fact for fact in run.facts[before:] if isinstance(fact, ElementTerminated)]
    assert len(ended) == 3


@pytest.mark.parametrize(
    "command",
    [
        lambda key: CompleteJob(wait=key, variables={"x": 1}),
        lambda key: FailJob(wait=key, message="no paper"),
        lambda key: ThrowBpmnError(wait=key, error_code="E", variables={}),
    ],
    ids=["complete", "fail", "throw"],
)
def test_who_works_on_what_is_being_terminated_is_told_that_it_is_gone(command):
    run = begun()
    run.fire("late")
    before = run.state

    rejection = run.send(command(jobs(run)[0]))

    assert rejection is not None
    assert rejection.reason is RejectionReason.NOT_FOUND
    assert run.state == before


def test_an_answer_to_something_else_is_taken_and_its_token_waits_its_turn():
    run = begun()
    run.fire("late")

    run.complete("b")

    assert "e3" not in run.passed
    slices(run)
    assert "e3" in run.passed
    assert run.waiting == ["after"]


def test_a_command_that_would_not_fit_is_applied_when_all_is_gone():
    run = begun()
    run.fire("late")

    run.do(SetVariables(scope=ROOT, variables={"y": 1}))

    assert not run.state.terminating
    assert jobs(run) == []


def test_an_instance_that_is_cancelled_ends_with_its_last_slice():
    run = begun()

    run.do(CancelInstance(reason="wrong order"))

    assert run.state.status is InstanceStatus.ACTIVE
    assert not any(isinstance(effect, EndInstance) for effect in run.effects)
    slices(run)
    assert run.state.status is InstanceStatus.TERMINATED
    assert (run.state.ending, run.state.moving, len(run.state.waits)) == (None, None, 0)
    ended = [effect for effect in run.effects if isinstance(effect, EndInstance)]
    assert [effect.message for effect in ended] == ["wrong order"]
    assert isinstance(run.facts[-1], StatusChanged)


def test_of_an_instance_that_is_being_cancelled_nothing_can_be_done_any_more():
    run = begun()
    run.do(CancelInstance())

    late = run.send(CompleteJob(wait=jobs(run)[0]))
    again = run.send(CancelInstance())

    assert late is not None
    assert late.reason is RejectionReason.NOT_FOUND
    assert again is not None
    assert again.reason is RejectionReason.WRONG_STATE


def test_a_suspended_instance_is_cancelled_at_once():
    run = begun()
    run.do(SuspendInstance())

    run.do(CancelInstance())

    assert run.state.status is InstanceStatus.TERMINATED
    assert run.state.moving is None


def test_an_instance_is_suspended_when_what_was_terminated_is_gone():
    run = begun()
    run.fire("late")

    run.do(SuspendInstance())

    assert not run.state.terminating
    assert run.state.status is InstanceStatus.SUSPENDED


def test_a_terminate_end_event_ends_the_instance_slice_by_slice():
    run = begun(
        process(
            "s -> f -> a -> e",
            "f -> b -> t",
            s=start(),
            f=parallel(),
            a=service("work", loop=each("xs")),
            b=service("other"),
            t=terminate(),
            e=end(),
        )
    )

    run.complete("b")

    assert run.state.status is InstanceStatus.ACTIVE
    assert slices(run) > 3
    assert run.is_completed


NESTED = process(
    "s -> f -> a -> e",
    "f -> b -> hey -> e3",
    "stop -> e2",
    s=start(),
    f=parallel(),
    a=subprocess(
        "i -> w -> j",
        "soon -> k",
        "heard -> l",
        i=start(),
        w=service("work"),
        soon=boundary("w", timer(duration="PT1M")),
        heard=boundary("w", signal("hey"), interrupting=False),
        j=end(),
        k=end(),
        l=end(),
        loop=each("xs"),
    ),
    stop=boundary("a", signal("hey")),
    b=service("other"),
    hey=throw(signal("hey")),
    e=end(),
    e2=end(),
    e3=end(),
)


def test_a_timer_of_what_is_being_terminated_does_not_fire():
    run = begun(NESTED)
    soon = run.waits("soon")[0].key
    run.deliver("stop")

    rejection = run.send(FireTimer(wait=soon))

    assert rejection is not None
    slices(run)
    assert run.waiting == ["b"]
    assert not {"hot", "soon", "k"} & set(run.passed)


def test_a_signal_that_interrupts_is_not_heard_by_what_it_interrupts():
    run = begun(NESTED, moves=20)

    run.complete("b")
    slices(run)

    assert run.is_completed
    assert "e2" in run.passed
    assert not {"heard", "l"} & set(run.passed)


def test_a_condition_that_interrupts_wakes_nothing_in_what_it_interrupts():
    run = begun(
        process(
            "s -> a -> e",
            "stop -> e2",
            s=start(),
            a=subprocess(
                "i -> w -> j",
                "hot -> k",
                i=start(),
                w=service("work"),
                hot=boundary("w", condition("t > 30")),
                j=end(),
                k=end(),
                loop=each("xs"),
            ),
            stop=boundary("a", condition("t > 20")),
            e=end(),
            e2=end(),
        )
    )

    run.set(t=40)
    slices(run)

    assert run.is_completed
    assert run.passed[-1] == "e2"
    assert not {"hot", "soon", "k"} & set(run.passed)


def test_an_event_sub_process_begins_when_the_scope_it_interrupts_is_empty():
    run = begun(
        process(
            "s -> a -> e",
            s=start(),
            a=service("work", loop=each("xs")),
            e=end(),
            stop=event_subprocess(
                "t -> u -> done", t=start(timer(duration="PT1H")), u=user(), done=end()
            ),
        )
    )

    run.fire("t")

    assert not run.waits("u")
    slices(run)
    assert run.waiting == ["u"]


def test_a_loop_that_has_enough_is_left_when_its_other_instances_are_gone():
    enough = each("xs", until="numberOfCompletedInstances = 1")
    run = begun(
        process("s -> a -> u -> e", s=start(), a=service("work", loop=enough), u=user(), e=end())
    )

    run.complete("a")

    assert not run.waits("u")
    slices(run)
    assert run.waiting == ["u"]


def test_what_is_cancelled_by_hand_goes_slice_by_slice_too():
    run = begun()

    run.do(ModifyInstance(moves=(CancelVisits(element_id="a"),)))

    assert len(jobs(run)) > 10
    slices(run)
    assert run.waiting == ["b"]


def test_every_wait_is_withdrawn_once():
    run = begun(NESTED)

    run.do(CancelInstance())
    slices(run)

    closed = [effect.wait for effect in run.effects if isinstance(effect, CloseWait)]
    assert len(closed) == len(set(closed)) == 3 * COUNT + 2
