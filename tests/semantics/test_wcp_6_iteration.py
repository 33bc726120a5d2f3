"""Iteration."""

from __future__ import annotations

from tests.conformance.world import World
from tests.diagrams import again, call, end, exclusive, process, script, service, start
from tests.kernel import started


def test_a_cycle_may_have_several_ways_in_and_out():
    """WCP-10 Arbitrary Cycles. Directly: sequence flows that lead back."""
    diagram = process(
        "s -> x",
        "x -> m if first",
        "x -> k default",
        "m -> a -> y",
        "y -> d if done",
        "y -> k default",
        "k -> b -> z",
        "z -> d if done",
        "z -> m default",
        s=start(),
        x=exclusive(),
        m=exclusive(),
        k=exclusive(),
        y=exclusive(),
        z=exclusive(),
        a=service("a"),
        b=service("b"),
        d=service("d"),
    )
    run = started(diagram, {"first": False, "done": False})
    run.complete("b")
    run.complete("a")
    assert run.waiting == ["b"]

    run.complete("b", {"done": True})

    assert run.waiting == ["d"]
    assert run.passed.count("a") == 1


def test_an_activity_is_repeated_while_a_condition_holds():
    """WCP-21 Structured Loop. Directly: a standard loop, tested before or after."""
    while_loop = again("n > 0", tests_before=True)
    repeat_loop = again("n > 0")

    def runs(loop) -> int:
        a = service("a", loop=loop)
        run = started(process("s -> a -> d", s=start(), a=a, d=service("d")), {"n": 0})
        count = 0
        while run.waiting == ["a"]:
            run.complete("a")
            count += 1
        return count

    assert runs(while_loop) == 0
    assert runs(repeat_loop) == 1


def test_a_process_calls_itself_until_it_is_done():
    """WCP-22 Recursion. Directly: a call activity that calls its own process."""
    world = World(
        process(
            "s -> x",
            "x -> less if n > 0",
            "x -> e default",
            "less -> c -> e2",
            s=start(),
            x=exclusive(),
            less=script("n - 1", "n"),
            c=call("p"),
            e=end(),
            e2=end(),
        )
    )

    outer = world.start("p", {"n": 2})

    assert len(world.instances) == 3
    assert not outer.is_open
