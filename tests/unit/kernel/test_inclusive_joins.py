"""When an inclusive join fires, sentence by sentence (BPMN 2.0.2, section 13.4.3)."""

from __future__ import annotations

from tests.diagrams import (
    complex_gateway,
    end,
    exclusive,
    inclusive,
    parallel,
    process,
    service,
    start,
    task,
)
from tests.kernel import started


def test_it_waits_for_a_token_with_a_path_to_an_empty_flow_only():
    diagram = process(
        "s -> f -> a, b",
        "a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=service("a"),
        b=service("b"),
        j=inclusive(),
        e=end(),
    )
    run = started(diagram)

    run.complete("a")
    assert "j" not in run.passed
    run.complete("b")

    assert run.passed[-2:] == ["j", "e"]
    assert run.passed.count("j") == 1


def test_it_waits_for_a_token_that_may_come_over_several_empty_flows():
    diagram = process(
        "s -> f -> a, w",
        "a -> j",
        "w -> x",
        "x -> j if left",
        "x -> m default",
        "m -> j",
        "j -> e",
        s=start(),
        f=parallel(),
        a=task(),
        w=service("w"),
        x=exclusive(),
        m=task(),
        j=inclusive(),
        e=end(),
    )
    run = started(diagram, {"left": True})
    assert "j" not in run.passed

    run.complete("w")

    assert run.passed.count("j") == 1
    assert run.is_completed


def test_a_path_to_a_filled_flow_lets_it_fire_and_the_late_token_fires_it_again():
    diagram = process(
        "s -> f -> m, w",
        "w -> x",
        "x -> m if again",
        "x -> b default",
        "m -> j",
        "b -> j",
        "j -> e",
        s=start(),
        f=parallel(),
        m=exclusive(),
        w=service("w"),
        x=exclusive(),
        b=task(),
        j=inclusive(),
        e=end(),
    )
    run = started(diagram, {"again": False})
    assert run.passed.count("e") == 1

    run.complete("w")

    assert run.passed.count("e") == 2
    assert run.is_completed


def test_a_path_through_the_join_itself_does_not_count():
    diagram = process(
        "s -> m -> i",
        "i -> a if true",
        "i -> b if both",
        "a, b -> j -> w -> x",
        "x -> m if n < 3",
        "x -> e default",
        s=start(),
        m=exclusive(),
        i=inclusive(),
        a=task(),
        b=task(),
        j=inclusive(),
        w=service("w"),
        x=exclusive(),
        e=end(),
    )
    run = started(diagram, {"both": True, "n": 0})

    run.complete("w", {"both": False, "n": 1})
    run.complete("w", {"both": True, "n": 2})
    run.complete("w", {"n": 3})

    assert run.passed.count("j") == 3
    assert run.is_completed


def test_it_takes_one_token_from_each_flow_that_has_one_and_leaves_the_rest():
    diagram = process(
        "s -> f -> a, b",
        "a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=task(completionQuantity="3"),
        b=task(completionQuantity="2"),
        j=inclusive(),
        e=end(),
    )

    run = started(diagram)

    assert run.passed.count("j") == 3
    assert run.is_completed


def test_it_waits_for_a_token_that_waits_for_others_before_an_activity():
    diagram = process(
        "s -> f -> a, b, c",
        "b, c -> d",
        "a, d -> j -> e",
        s=start(),
        f=parallel(),
        a=task(),
        b=task(),
        c=service("c"),
        d=task(startQuantity="2"),
        j=inclusive(),
        e=end(),
    )
    run = started(diagram)
    assert "j" not in run.passed

    run.complete("c")

    assert run.passed.count("j") == 1
    assert run.is_completed


def test_joins_one_after_the_other_fire_in_their_order():
    diagram = process(
        "s -> f -> a, b, c",
        "a, b -> j",
        "j, c -> k -> e",
        s=start(),
        f=parallel(),
        a=service("a"),
        b=service("b"),
        c=task(),
        j=inclusive(),
        k=inclusive(),
        e=end(),
    )
    run = started(diagram)
    run.complete("a")
    assert not {"j", "k"} & set(run.passed)

    run.complete("b")

    assert run.passed[-3:] == ["j", "k", "e"]


def test_a_complex_gateway_that_resets_sends_it_no_second_token():
    diagram = process(
        "s -> f -> a, b, c",
        "a, b -> g",
        "g, c -> j -> e",
        s=start(),
        f=parallel(),
        a=task(),
        b=service("b"),
        c=task(),
        g=complex_gateway("activationCount >= 1"),
        j=inclusive(),
        e=end(),
    )
    run = started(diagram)
    assert run.passed.count("j") == 1

    run.complete("b")

    assert run.passed.count("j") == 1
    assert run.is_completed
