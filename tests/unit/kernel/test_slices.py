"""Steps that end while tokens are on their way: the next one goes on.

Every other test of the kernel compares each of its steps with the same one in slices of one token
(`tests.kernel.Run.send`); here is what may come in between.
"""

from bpmn_engine.kernel.commands import (
    CancelInstance,
    GoOn,
    Rejection,
    RejectionReason,
    ResumeInstance,
    SetVariables,
    StartInstance,
    SuspendInstance,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, IncidentKind
from tests.diagrams import (
    boundary,
    each,
    end,
    event_subprocess,
    exclusive,
    parallel,
    process,
    script,
    service,
    start,
    subprocess,
    terminate,
    timer,
    times,
    user,
)
from tests.kernel import Run, compiled
from tests.unit.kernel.test_migration import refused

LOOP = process(
    "s -> m -> add -> x",
    "x -> m if n < limit",
    "x -> e default",
    s=start(),
    m=exclusive(),
    add=script("n + 1", "n"),
    x=exclusive(),
    e=end(),
)


def begun(xml, *, max_moves=5, max_flows=100_000, **variables):
    """Return an instance after the first slice of its first step."""
    run = Run(compiled(xml), max_moves=max_moves, max_flows=max_flows)
    run.do(StartInstance(variables=variables))
    return run


def slices(run):
    """Let an instance go on until it waits; return in how many slices."""
    count = 0
    while run.state.moving is not None:
        run.do(GoOn())
        count += 1
    return count


def test_a_long_loop_is_done_in_slices_and_ends_as_in_one_step():
    run = begun(LOOP, n=0, limit=20)

    assert run.state.status is InstanceStatus.ACTIVE
    assert slices(run) == 12
    assert run.is_completed
    assert run.variables["n"] == 20


def test_an_instance_that_waits_has_nothing_to_go_on_with():
    run = begun(process("s -> a -> e", s=start(), a=service("w"), e=end()))

    rejection = run.send(GoOn())

    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectionReason.WRONG_STATE


def test_any_command_goes_on_with_what_is_on_its_way():
    run = begun(LOOP, n=0, limit=20)
    before = run.variables["n"]

    run.set(limit=3)
    slices(run)

    assert before < 3
    assert run.is_completed
    assert run.variables["n"] == 3


def test_a_suspended_instance_keeps_what_is_on_its_way():
    run = begun(LOOP, n=0, limit=20)

    run.do(SuspendInstance())
    held = run.state.moving
    run.do(SetVariables(scope=ROOT, variables={"limit": 4}))
    assert run.state.moving == held
    assert run.send(GoOn()) is not None
    run.do(ResumeInstance())
    slices(run)

    assert run.variables["n"] == 4


def test_a_cancelled_instance_has_nothing_on_its_way():
    run = begun(LOOP, n=0, limit=20)

    run.do(CancelInstance())

    assert run.state.moving is None
    assert run.state.status is InstanceStatus.TERMINATED


def test_an_endless_loop_is_stopped_by_all_its_slices_together():
    run = begun(LOOP, n=0, limit=1_000_000, max_flows=40)

    assert 1 < slices(run) < 20
    assert run.incident.kind is IncidentKind.LIMIT


def test_what_an_interrupted_scope_has_on_its_way_is_gone():
    run = begun(
        process(
            "s -> a -> e",
            "late -> after -> e2",
            s=start(),
            a=subprocess(
                "f -> m -> add -> x",
                "x -> m if n < 1000",
                "x -> g default",
                f=start(),
                m=exclusive(),
                add=script("n + 1", "n"),
                x=exclusive(),
                g=end(),
            ),
            late=boundary("a", timer(duration="PT1H")),
            after=user(),
            e=end(),
            e2=end(),
        ),
        n=0,
    )

    run.fire("late")

    assert run.state.moving is None
    assert run.waiting == ["after"]


def test_a_terminate_end_takes_what_is_on_its_way_in_its_scope_only():
    run = begun(
        process(
            "s -> f -> a -> e",
            "f -> b -> e3",
            s=start(),
            f=parallel(),
            a=subprocess("i -> many", i=start(), many=script("1", "r", loop=times("50"))),
            b=subprocess(
                "j -> g -> more",
                "g -> t",
                j=start(),
                g=parallel(),
                more=script("1", "r", loop=times("50")),
                t=terminate(),
            ),
            e=end(),
            e3=end(),
        ),
        max_moves=3,
    )

    slices(run)

    assert run.is_completed


def test_a_parallel_multi_instance_begins_its_instances_slice_by_slice():
    run = begun(
        process("s -> a -> e", s=start(), a=service("w", loop=each("xs")), e=end()),
        max_moves=10,
        xs=list(range(100)),
    )

    assert len(run.waiting) < 10
    assert len(run.state.moving.arrivals) == 1
    slices(run)
    assert len(run.waiting) == 100
    for _ in range(100):
        run.complete("a")
        slices(run)

    assert run.is_completed


def test_an_event_sub_process_ends_a_scope_that_is_on_its_way():
    run = begun(
        process(
            "s -> m -> add -> x",
            "x -> m if n < 1000",
            "x -> e default",
            s=start(),
            m=exclusive(),
            add=script("n + 1", "n"),
            x=exclusive(),
            e=end(),
            stop=event_subprocess("t -> done", t=start(timer(duration="PT1H")), done=end()),
        ),
        n=0,
    )

    run.fire("t")
    slices(run)

    assert run.is_completed
    assert run.variables["n"] < 10


def test_an_instance_that_moves_is_not_migrated():
    run = begun(LOOP, n=0, limit=20)

    assert "it is moving" in refused(run, LOOP)
