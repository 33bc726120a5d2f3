"""State-based."""

from __future__ import annotations

from bpmn_engine.kernel.commands import ActivateElement
from tests.diagrams import (
    ad_hoc,
    boundary,
    catch,
    event_based,
    message,
    process,
    service,
    start,
    subprocess,
    timer,
)
from tests.kernel import started


def test_what_happens_first_outside_decides():
    """WCP-16 Deferred Choice. Directly: an event-based gateway."""
    diagram = process(
        "s -> g -> m -> a",
        "g -> t -> b",
        s=start(),
        g=event_based(),
        m=catch(message("m")),
        t=catch(timer(duration="PT1H")),
        a=service("a"),
        b=service("b"),
    )
    answered, late = started(diagram), started(diagram)

    answered.deliver("m")
    late.fire("t")

    assert answered.waiting == ["a"]
    assert late.waiting == ["b"]


def test_a_partial_order_is_kept_and_never_two_run_at_once():
    """WCP-17 Interleaved Parallel Routing. Directly: a sequential ad-hoc sub-process."""
    free = ad_hoc("a -> b", sequential=True, a=service("a"), b=service("b"), c=service("c"))
    run = started(process("s -> free -> d", s=start(), free=free, d=service("d")))
    seen = []
    while run.waiting != ["d"]:
        (name,) = run.waiting
        seen.append(name)
        run.complete(name)

    assert sorted(seen) == ["a", "b", "c"]
    assert seen.index("a") < seen.index("b")


def test_an_activity_may_begin_only_while_the_process_is_in_a_state():
    """WCP-18 Milestone. Partly: a state has no symbol; an event that does not interrupt, at the
    border of the activity that stands for the state.
    """
    diagram = process(
        "s -> before -> state -> after",
        "asked -> a",
        s=start(),
        before=service("x"),
        state=service("x"),
        after=service("x"),
        asked=boundary("state", message("m", '"k"'), interrupting=False),
        a=service("a"),
    )
    run = started(diagram)
    assert run.waits("asked") == []
    run.complete("before")

    run.deliver("asked")

    assert "a" in run.waiting
    run.complete("state")
    assert run.waits("asked") == []


def test_two_sections_never_run_at_once():
    """WCP-39 Critical Section. Partly: nothing keeps two sections in different branches apart; a
    sequential ad-hoc sub-process around them does.
    """
    sections = ad_hoc(
        sequential=True,
        one=subprocess("i1 -> a, b", i1=start(), a=service("a"), b=service("b")),
        two=subprocess("i2 -> c", i2=start(), c=service("c")),
    )
    run = started(process("s -> free -> d", s=start(), free=sections, d=service("d")))
    assert run.waiting == ["a", "b"]
    run.complete("b")
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["c"]


def test_each_runs_once_in_any_order_and_never_two_at_once():
    """WCP-40 Interleaved Routing. Directly: a sequential ad-hoc sub-process."""
    free = ad_hoc(
        sequential=True, by_hand=True, until="done", a=service("a"), b=service("b"), c=service("c")
    )
    run = started(process("s -> free -> d", s=start(), free=free, d=service("d")), {"done": False})
    for name in ("b", "c"):
        run.do(ActivateElement(element_id=name))
        assert run.send(ActivateElement(element_id="a")) is not None
        run.complete(name)

    run.do(ActivateElement(element_id="a"))
    run.complete("a", {"done": True})

    assert [name for name in run.passed if name in "abc"] == ["b", "c", "a"]
    assert run.waiting == ["d"]
