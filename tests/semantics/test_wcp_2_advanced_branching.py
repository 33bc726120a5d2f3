"""Advanced branching and synchronization."""

from __future__ import annotations

from tests.diagrams import (
    complex_gateway,
    exclusive,
    inclusive,
    parallel,
    process,
    service,
    start,
    subprocess,
    task,
    terminate,
)
from tests.kernel import Run, started

WORK = {name: service(name) for name in "abcd"}


def joining(count: int, *, rounds: bool = False) -> Run:
    """Three branches, of which so many are waited for; `d` follows."""
    follow = ("d -> x", "x -> m if again", "x -> z default") if rounds else ()
    more = {"x": exclusive(), "z": task()} if rounds else {}
    diagram = process(
        "s -> m -> f -> a, b, c -> j -> d",
        *follow,
        s=start(),
        m=exclusive(),
        f=parallel(),
        j=complex_gateway(f"activationCount >= {count}"),
        **WORK,
        **more,
    )
    return started(diagram, {"again": True})


def test_several_branches_may_begin():
    """WCP-6 Multi-Choice. Directly: an inclusive gateway, or conditions after an activity."""
    diagram = process(
        "s -> i",
        "i -> a if n > 1",
        "i -> b if n > 2",
        "i -> c default",
        s=start(),
        i=inclusive(),
        a=service("a"),
        b=service("b"),
        c=service("c"),
    )

    assert started(diagram, {"n": 3}).waiting == ["a", "b"]
    assert started(diagram, {"n": 2}).waiting == ["a"]
    assert started(diagram, {"n": 0}).waiting == ["c"]


def test_exactly_the_branches_that_began_are_waited_for():
    """WCP-7 Structured Synchronizing Merge. Directly: an inclusive gateway."""
    diagram = process(
        "s -> i",
        "i -> a if true",
        "i -> b if true",
        "i -> c if false",
        "a, b, c -> j -> d",
        s=start(),
        i=inclusive(),
        j=inclusive(),
        **WORK,
    )
    run = started(diagram)
    run.complete("b")
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["d"]


def test_what_follows_begins_for_each_branch():
    """WCP-8 Multi-Merge. Directly: several flows into an activity, or an exclusive gateway."""
    diagram = process("s -> a, b -> d", s=start(), a=service("a"), b=service("b"), d=service("d"))
    run = started(diagram)

    run.complete("a")
    run.complete("b")

    assert run.waiting == ["d", "d"]


def test_the_first_branch_goes_on_and_the_others_only_reset():
    """WCP-9 Structured Discriminator. Directly: a complex gateway."""
    run = joining(1)
    run.complete("b")
    assert run.waiting == ["a", "c", "d"]

    run.complete("a")
    run.complete("c")

    assert run.waiting == ["d"]


def test_a_second_round_waits_until_the_first_has_come_to_its_end():
    """WCP-28 Blocking Discriminator. Directly: a complex gateway, which keeps tokens in excess."""
    diagram = process(
        "s -> a, b -> j -> d",
        s=start(),
        a=task(completionQuantity="2"),
        b=service("b"),
        j=complex_gateway("activationCount >= 1"),
        d=service("d"),
    )
    run = started(diagram)
    assert run.waiting == ["b", "d"]

    run.complete("b")

    assert run.waiting == ["d", "d"]


def cancelling(count: int) -> Run:
    inside = subprocess(
        "i -> a, b, c -> j -> t",
        i=start(),
        a=service("a"),
        b=service("b"),
        c=service("c"),
        j=complex_gateway(f"activationCount >= {count}"),
        t=terminate(),
    )
    return started(process("s -> sub -> d", s=start(), sub=inside, d=service("d")))


def test_the_first_branch_goes_on_and_the_others_are_cancelled():
    """WCP-29 Cancelling Discriminator. Directly: a complex gateway, then a terminate end event."""
    run = cancelling(1)

    run.complete("b")

    assert sorted(run.terminated) == ["a", "c"]
    assert run.waiting == ["d"]


def test_some_branches_go_on_together_and_the_others_only_reset():
    """WCP-30 Structured Partial Join. Directly: a complex gateway."""
    run = joining(2)
    run.complete("c")
    assert run.waiting == ["a", "b"]
    run.complete("b")
    assert run.waiting == ["a", "d"]

    run.complete("a")

    assert run.waiting == ["d"]


def test_a_partial_join_keeps_what_comes_before_its_reset_for_the_next_round():
    """WCP-31 Blocking Partial Join. Directly: a complex gateway, which keeps tokens in excess."""
    run = joining(2, rounds=True)
    run.complete("a")
    run.complete("b")
    run.complete("d")
    run.complete("a")
    assert run.waiting == ["b", "c", "c"]

    run.complete("c")
    run.complete("c")

    assert run.waiting == ["b", "d"]


def test_some_branches_go_on_together_and_the_others_are_cancelled():
    """WCP-32 Cancelling Partial Join. Directly: a complex gateway, then a terminate end event."""
    run = cancelling(2)
    run.complete("c")
    assert run.waiting == ["a", "b"]

    run.complete("a")

    assert run.terminated == ["b"]
    assert run.waiting == ["d"]


def test_a_join_takes_one_token_from_each_branch_however_many_have_come():
    """WCP-33 Generalized AND-Join. Directly: a parallel gateway, which keeps tokens in excess."""
    diagram = process(
        "s -> a, b -> j -> d",
        s=start(),
        a=service("a", completionQuantity="2"),
        b=service("b"),
        j=parallel(),
        d=service("d"),
    )
    run = started(diagram)
    run.complete("a")
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["d"]
    assert sum(run.state.tokens[0].values()) == 1


def test_a_merge_knows_from_its_own_flows_what_to_wait_for():
    """WCP-37 Local Synchronizing Merge. Directly: an inclusive gateway."""
    diagram = process(
        "s -> f -> i, c",
        "i -> a if true",
        "i -> b if false",
        "a, b -> j -> d",
        s=start(),
        f=parallel(),
        i=inclusive(),
        j=inclusive(),
        **WORK,
    )
    run = started(diagram)
    assert run.waiting == ["a", "c"]

    run.complete("a")

    assert run.waiting == ["c", "d"]


def test_a_merge_in_a_loop_waits_for_what_may_still_come():
    """WCP-38 General Synchronizing Merge. Directly: an inclusive gateway, also in loops."""
    diagram = process(
        "s -> f -> a, m",
        "m -> b -> x",
        "x -> m if again",
        "x -> j default",
        "a -> j -> d",
        s=start(),
        f=parallel(),
        m=exclusive(),
        x=exclusive(),
        j=inclusive(),
        a=service("a"),
        b=service("b"),
        d=service("d"),
    )
    run = started(diagram, {"again": True})
    run.complete("a")
    run.complete("b")
    assert run.waiting == ["b"]

    run.complete("b", {"again": False})

    assert run.waiting == ["d"]


def test_as_many_tokens_of_one_branch_become_one():
    """WCP-41 Thread Merge. Directly: a start quantity."""
    diagram = process(
        "s -> a -> d",
        s=start(),
        a=service("a", completionQuantity="3"),
        d=service("d", startQuantity="3"),
    )
    run = started(diagram)

    run.complete("a")

    assert run.waiting == ["d"]


def test_one_token_becomes_as_many_of_one_branch():
    """WCP-42 Thread Split. Directly: a completion quantity."""
    diagram = process(
        "s -> a -> d", s=start(), a=service("a", completionQuantity="3"), d=service("d")
    )
    run = started(diagram)

    run.complete("a")

    assert run.waiting == ["d", "d", "d"]
