"""13.4.3 Inclusive gateway (inclusive decision and merge)."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import (
    end,
    exclusive,
    inclusive,
    parallel,
    process,
    service,
    start,
    subprocess,
    task,
)
from tests.kernel import Run, started


def split_and_joined(**variables) -> Run:
    diagram = process(
        "s -> i",
        "i -> a if a",
        "i -> b if b",
        "i -> c default",
        "a, b, c -> j -> e",
        s=start(),
        i=inclusive(),
        a=service("a"),
        b=service("b"),
        c=service("c"),
        j=inclusive(),
        e=end(),
    )
    return started(diagram, variables)


def test_it_fires_when_an_incoming_flow_has_a_token_and_none_can_come_to_the_empty_ones():
    """13.4.3, 1st."""
    run = split_and_joined(a=True, b=False)

    run.complete("a")

    assert run.passed[-2:] == ["j", "e"]


def test_it_waits_while_a_token_can_come_to_an_empty_flow():
    """13.4.3, 2nd."""
    run = split_and_joined(a=True, b=True)
    run.complete("a")
    assert "j" not in run.passed

    run.complete("b")

    assert run.passed[-2:] == ["j", "e"]


def test_a_token_that_can_as_well_come_to_a_flow_with_a_token_is_not_waited_for():
    """13.4.3, 3rd."""
    diagram = process(
        "s -> f -> a, w",
        "w -> x",
        "x -> a if again",
        "x -> b default",
        "a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=service("a"),
        w=service("w"),
        x=exclusive(),
        b=task(),
        j=inclusive(),
        e=end(),
    )
    run = started(diagram, {"again": False})

    run.complete("a")

    assert run.passed[-2:] == ["j", "e"]
    assert run.waiting == ["w"]


def test_a_token_that_would_pass_the_gateway_itself_first_is_not_waited_for():
    """13.4.3, 4th."""
    diagram = process(
        "s -> i -> a -> x",
        "x -> i if again",
        "x -> e default",
        s=start(),
        i=inclusive(),
        a=service("a"),
        x=exclusive(),
        e=end(),
    )
    run = started(diagram, {"again": True})
    assert run.waiting == ["a"]

    run.complete("a")
    assert run.passed.count("i") == 2
    run.complete("a", {"again": False})

    assert run.is_completed


def test_inside_a_sub_process_only_tokens_in_it_count():
    """13.4.3, 5th."""
    inside = subprocess(
        "t -> i",
        "i -> a if true",
        "i -> b if false",
        "a, b -> j -> c",
        t=start(),
        i=inclusive(),
        a=task(),
        b=task(),
        j=inclusive(),
        c=service("c"),
    )
    run = started(process("s -> sub, w", s=start(), sub=inside, w=service("w")))

    assert run.waiting == ["c", "w"]


def test_it_takes_one_token_from_each_incoming_flow_that_has_one():
    """13.4.3, 6th."""
    run = split_and_joined(a=True, b=True)

    run.complete("a")
    run.complete("b")

    assert run.passed.count("j") == 1
    assert not run.state.tokens


def test_a_token_goes_to_every_flow_whose_condition_is_true():
    """13.4.3, 7th."""
    assert split_and_joined(a=True, b=True).flows == ["s_i", "i_a", "i_b"]
    assert split_and_joined(a=False, b=True).flows == ["s_i", "i_b"]


def test_every_condition_is_asked():
    """13.4.3, 8th."""
    diagram = process(
        "s -> i",
        "i -> a if true",
        "i -> b if nothing.at.all > 1",
        s=start(),
        i=inclusive(),
        a=task(),
        b=task(),
    )

    run = started(diagram)

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.flows == ["s_i"]


def test_only_when_no_condition_is_true_the_default_flow_gets_a_token():
    """13.4.3, 9th."""
    assert split_and_joined(a=False, b=False).flows == ["s_i", "i_c"]
    assert "i_c" not in split_and_joined(a=True, b=False).flows


def test_no_true_condition_and_no_default_flow_is_an_exception():
    """13.4.3, 10th."""
    diagram = process(
        "s -> i",
        "i -> a if n > 1",
        "i -> b if n > 2",
        s=start(),
        i=inclusive(),
        a=task(),
        b=task(),
    )

    run = started(diagram, {"n": 0})

    assert run.incident.kind is IncidentKind.NO_FLOW


def test_it_fires_again_for_tokens_that_come_later():
    """13.4.3, 11th."""
    diagram = process(
        "s -> a, b -> j -> c",
        s=start(),
        a=task(completionQuantity="2"),
        b=service("b", completionQuantity="2"),
        j=inclusive(),
        c=service("c"),
    )
    run = started(diagram)
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["c", "c"]
