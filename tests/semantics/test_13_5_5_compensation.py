"""13.5.5 Compensation."""

from __future__ import annotations

from bpmn_engine.kernel.state import WaitKind
from tests.diagrams import (
    ad_hoc,
    again,
    boundary,
    cancel,
    compensate,
    end,
    error,
    event_subprocess,
    message,
    parallel,
    process,
    script,
    service,
    start,
    subprocess,
    task,
    throw,
    times,
    transaction,
    undone,
)
from tests.kernel import Run, started
from tests.semantics.refusals import refused_by


def undoing(run: Run) -> list[str]:
    """Complete each handler that waits; return them in the order they began."""
    order = []
    while handlers := [name for name in run.waiting if name.startswith("undo_")]:
        order += handlers
        for name in handlers:
            run.complete(name)
    return order


def handler(name: str) -> dict:
    return undone(name, service("undo"))


TWO = process(
    "s -> a -> b -> t -> e",
    s=start(),
    a=task(),
    b=task(),
    t=throw(compensate()),
    e=end(),
    **handler("a"),
    **handler("b"),
)


def test_what_has_completed_is_undone():
    """13.5.5, 1st."""
    assert undoing(started(TWO)) == ["undo_b", "undo_a"]


def test_what_is_still_active_is_not_compensated():
    """13.5.5, 2nd."""
    run = started(
        process("s -> a, t", s=start(), a=service("a"), t=throw(compensate()), **handler("a"))
    )

    assert run.waiting == ["a"]


def test_cancelling_an_active_activity_undoes_what_had_completed_in_it():
    """13.5.5, 3rd."""
    part = subprocess("i2 -> a -> b", i2=start(), a=task(), b=service("b"), **handler("a"))
    inside = transaction(
        "i -> part, w", "w -> c", i=start(), part=part, w=service("w"), c=end(cancel())
    )
    diagram = process(
        "s -> sub -> e",
        "off -> x",
        s=start(),
        sub=inside,
        e=end(),
        off=boundary("sub", cancel()),
        x=end(),
    )

    run = started(diagram)

    run.complete("w")

    assert "b" in run.terminated
    assert undoing(run) == ["undo_a"]


def test_a_handler_is_the_activity_associated_at_the_boundary():
    """13.5.5, 4th."""
    run = started(TWO)

    assert run.waiting == ["undo_b"]


def with_event_sub_process(**inside) -> Run:
    sub = subprocess(
        "i -> a",
        i=start(),
        a=script("n + 1", "n"),
        inputs={"n": "1"},
        esp=event_subprocess(
            "es -> undo_sub",
            es=start(compensate()),
            undo_sub=service("undo", inputs={"seen": "n"}),
        ),
        **inside,
    )
    return started(
        process("s -> sub -> t -> e", s=start(), sub=sub, t=throw(compensate()), e=end())
    )


def test_a_handler_may_be_an_event_sub_process():
    """13.5.5, 5th."""
    run = with_event_sub_process()

    assert undoing(run) == ["undo_sub"]
    assert run.is_completed


def test_it_sees_the_data_of_its_sub_process_as_they_were_when_that_completed():
    """13.5.5, 6th."""
    run = with_event_sub_process()

    assert run.state.variables[run.wait("undo_sub", WaitKind.JOB).visit]["seen"] == 2


def test_a_handler_may_throw_compensation_itself():
    """13.5.5, 7th."""
    sub = subprocess(
        "i -> a",
        i=start(),
        a=task(),
        **handler("a"),
        esp=event_subprocess(
            "es -> t2 -> undo_rest",
            es=start(compensate()),
            t2=throw(compensate()),
            undo_rest=service("u"),
        ),
    )
    run = started(process("s -> sub -> t", s=start(), sub=sub, t=throw(compensate())))

    assert undoing(run) == ["undo_a", "undo_rest"]


def test_a_throwing_event_that_names_an_activity_undoes_only_that():
    """13.5.5, 8th."""
    diagram = process(
        "s -> a -> b -> t -> e",
        s=start(),
        a=task(),
        b=task(),
        t=throw(compensate("a")),
        e=end(),
        **handler("a"),
        **handler("b"),
    )

    assert undoing(started(diagram)) == ["undo_a"]


def test_a_throwing_event_that_names_none_undoes_all_of_its_scope():
    """13.5.5, 9th."""
    inner = subprocess("i -> b -> t", i=start(), b=task(), t=throw(compensate()), **handler("b"))
    run = started(process("s -> a -> sub", s=start(), a=task(), sub=inner, **handler("a")))

    assert undoing(run) == ["undo_b"]


def test_the_throwing_event_waits_until_the_handlers_have_ended():
    """13.5.5, 10th."""
    run = started(TWO)
    assert "t" not in run.passed

    undoing(run)

    assert run.passed[-2:] == ["t", "e"]


def test_a_throwing_event_that_does_not_wait_goes_on_at_once():
    """13.5.5, 11th."""
    diagram = process(
        "s -> a -> t -> e",
        s=start(),
        a=task(),
        t=throw(compensate(waits=False)),
        e=end(),
        **handler("a"),
    )

    run = started(diagram)

    assert run.passed[-2:] == ["t", "e"]
    assert run.waiting == ["undo_a"]


def test_compensating_what_never_completed_does_nothing():
    """13.5.5, 12th."""
    diagram = process(
        "s -> t -> e", s=start(), t=throw(compensate()), e=end(), a=task(), **handler("a")
    ).replace(
        b'<bpmn:sequenceFlow id="s_t"',
        b'<bpmn:sequenceFlow id="a_e" sourceRef="a" '
        b'targetRef="e"></bpmn:sequenceFlow><bpmn:sequenceFlow id="s_t"',
    )

    assert refused_by(diagram) == {"no-incoming-flow"}
    run = started(
        process(
            "s -> t -> a -> e", s=start(), t=throw(compensate()), a=task(), e=end(), **handler("a")
        )
    )
    assert run.passed == ["s", "t", "a", "e"]


def test_an_activity_that_failed_is_compensated_by_nothing():
    """13.5.5, 13th."""
    sub = subprocess("i -> a -> x", i=start(), a=task(), x=end(error("E")), **handler("a"))
    diagram = process(
        "s -> sub -> e",
        "b -> t -> y",
        s=start(),
        sub=sub,
        e=end(),
        b=boundary("sub", error("E")),
        t=throw(compensate()),
        y=end(),
    )

    run = started(diagram)

    assert run.passed[-3:] == ["b", "t", "y"]
    assert run.is_completed


def test_an_error_handler_inside_may_undo_what_completed_before_the_error():
    """13.5.5, 14th."""
    sub = subprocess(
        "i -> a -> x",
        i=start(),
        a=task(),
        x=end(error("E")),
        **handler("a"),
        esp=event_subprocess(
            "es -> t -> ee", es=start(error("E")), t=throw(compensate()), ee=end()
        ),
    )
    run = started(process("s -> sub -> e", s=start(), sub=sub, e=end()))

    assert undoing(run) == ["undo_a"]
    assert run.is_completed


def test_an_error_that_no_handler_inside_catches_undoes_nothing_by_itself():
    """13.5.5, 15th. Deviating: as in both Camundas; a throw event says where work is undone."""
    sub = subprocess("i -> a -> x", i=start(), a=task(), x=end(error("E")), **handler("a"))
    diagram = process(
        "s -> sub -> e",
        "b -> y",
        s=start(),
        sub=sub,
        e=end(),
        b=boundary("sub", error("E")),
        y=end(),
    )

    run = started(diagram)

    assert run.passed[-2:] == ["b", "y"]
    assert "undo_a" not in run.passed


def test_an_event_sub_process_for_compensation_is_enabled_when_its_parent_has_completed():
    """13.5.5, 16th."""
    sub = subprocess(
        "i -> a -> t2 -> b",
        i=start(),
        a=task(),
        t2=throw(compensate()),
        b=service("b"),
        esp=event_subprocess("es -> undo_sub", es=start(compensate()), undo_sub=service("undo")),
    )
    run = started(process("s -> sub -> t", s=start(), sub=sub, t=throw(compensate())))
    assert run.waiting == ["b"]

    run.complete("b")

    assert undoing(run) == ["undo_sub"]


def test_each_instance_of_a_loop_has_its_own_data_and_handler():
    """13.5.5, 17th."""
    sub = subprocess(
        "i -> a",
        loop=times("2", sequential=True),
        i=start(),
        a=task(),
        esp=event_subprocess(
            "es -> undo_sub",
            es=start(compensate()),
            undo_sub=service("undo", inputs={"nr": "loopCounter"}),
        ),
    )
    run = started(process("s -> sub -> t", s=start(), sub=sub, t=throw(compensate())))
    seen = []
    while run.waiting:
        seen.append(run.state.variables[run.wait("undo_sub", WaitKind.JOB).visit]["nr"])
        run.complete("undo_sub")

    assert seen == [2, 1]


def test_the_handler_of_an_activity_is_enabled_when_that_has_completed():
    """13.5.5, 18th."""
    diagram = process(
        "s -> a -> t", s=start(), a=service("a"), t=throw(compensate()), **handler("a")
    )
    run = started(diagram)
    assert not run.state.completed

    run.complete("a")

    assert undoing(run) == ["undo_a"]


def test_the_handler_of_a_multi_instance_activity_runs_for_each_instance():
    """13.5.5, 19th. Deviating: once for all says this section, once for each 10.7.2."""
    diagram = process(
        "s -> a -> t", s=start(), a=task(times("3")), t=throw(compensate()), **handler("a")
    )

    assert undoing(started(diagram)) == ["undo_a"] * 3


def test_a_sub_process_without_a_handler_is_undone_by_the_handlers_in_it():
    """13.5.5, 20th."""
    sub = subprocess("i -> a -> b", i=start(), a=task(), b=task(), **handler("a"), **handler("b"))
    run = started(process("s -> sub -> t", s=start(), sub=sub, t=throw(compensate())))

    assert undoing(run) == ["undo_b", "undo_a"]


def test_what_is_in_a_sub_process_with_a_handler_at_its_boundary_is_not_undone():
    """13.5.5, 21st."""
    sub = subprocess("i -> a", i=start(), a=task(), **handler("a"))
    run = started(
        process("s -> sub -> t", s=start(), sub=sub, t=throw(compensate()), **handler("sub"))
    )

    assert undoing(run) == ["undo_sub"]


def test_what_followed_by_a_sequence_flow_is_undone_before():
    """13.5.5, 22nd."""
    assert undoing(started(TWO)) == ["undo_b", "undo_a"]


def test_in_an_ad_hoc_sub_process_what_began_after_another_had_completed_is_undone_before():
    """13.5.5, 23rd."""
    free = ad_hoc(sequential=True, a=task(), b=task(), **handler("a"), **handler("b"))
    run = started(process("s -> free -> t", s=start(), free=free, t=throw(compensate())))

    assert run.passed[:3] == ["s", "a", "b"]
    assert undoing(run) == ["undo_b", "undo_a"]


def numbered(loop) -> list[object]:
    a = task(loop)
    undo = service("undo", inputs={"nr": "loopCounter"})
    run = started(
        process("s -> a -> t", s=start(), a=a, t=throw(compensate()), **undone("a", undo))
    )
    seen: list[object] = []
    while run.waiting:
        seen.append(run.state.variables[run.wait("undo_a", WaitKind.JOB).visit]["nr"])
        run.complete("undo_a")
    return seen


def test_iterations_and_sequential_instances_are_undone_in_reverse_order():
    """13.5.5, 24th."""
    assert numbered(again("loopCounter < 3")) == [3, 2, 1]
    assert numbered(times("3", sequential=True)) == [3, 2, 1]


def test_parallel_instances_may_be_undone_side_by_side():
    """13.5.5, 25th. Deviating: they may, but are undone one after the other."""
    assert sorted(numbered(times("3"))) == [1, 2, 3]


def test_what_an_event_at_the_boundary_led_to_is_undone_before_the_activity():
    """13.5.5, 26th."""
    diagram = process(
        "s -> a -> t -> e",
        "b -> h -> x",
        s=start(),
        a=service("a"),
        t=throw(compensate()),
        e=end(),
        b=boundary("a", message("m", '"k"'), interrupting=False),
        h=task(),
        x=end(),
        **handler("a"),
        **handler("h"),
    )
    run = started(diagram)
    run.deliver("b")
    run.deliver("b")
    run.complete("a")

    assert undoing(run) == ["undo_h", "undo_h", "undo_a"]


def test_without_the_event_only_the_activity_is_undone():
    """13.5.5, 27th."""
    diagram = process(
        "s -> a -> t -> e",
        "b -> h -> x",
        s=start(),
        a=service("a"),
        t=throw(compensate()),
        e=end(),
        b=boundary("a", message("m", '"k"'), interrupting=False),
        h=task(),
        x=end(),
        **handler("a"),
        **handler("h"),
    )
    run = started(diagram)

    run.complete("a")

    assert undoing(run) == ["undo_a"]


def test_in_a_loop_each_time_is_undone_with_what_its_boundary_event_led_to():
    """13.5.5, 28th."""
    diagram = process(
        "s -> a -> c -> t -> e",
        "b -> h -> x",
        s=start(),
        a=service("a", loop=times("2")),
        c=task(),
        t=throw(compensate()),
        e=end(),
        b=boundary("a", message("m", '"k"'), interrupting=False),
        h=task(),
        x=end(),
        **handler("a"),
        **handler("c"),
        **handler("h"),
    )
    run = started(diagram)
    run.complete("a")
    run.deliver("b")
    run.complete("a")

    assert undoing(run) == ["undo_c", "undo_h", "undo_a", "undo_a"]


def test_branches_are_undone_in_the_reverse_order_of_their_ends():
    """13.5.5, 29th."""
    diagram = process(
        "s -> f -> a, b -> j -> t",
        s=start(),
        f=parallel(),
        a=service("a"),
        b=service("b"),
        j=parallel(),
        t=throw(compensate()),
        **handler("a"),
        **handler("b"),
    )
    run = started(diagram)

    run.complete("b")
    run.complete("a")

    assert undoing(run) == ["undo_a", "undo_b"]


def test_nothing_is_undone_twice():
    """13.5.5, 30th."""
    diagram = process(
        "s -> a -> t -> t2 -> e",
        s=start(),
        a=task(),
        t=throw(compensate()),
        t2=throw(compensate()),
        e=end(),
        **handler("a"),
    )
    run = started(diagram)

    assert undoing(run) == ["undo_a"]
    assert run.is_completed
