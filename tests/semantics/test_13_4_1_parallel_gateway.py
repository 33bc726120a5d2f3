"""13.4.1 Parallel gateway (fork and join)."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import end, exclusive, parallel, process, service, start, task
from tests.kernel import started
from tests.semantics.refusals import refused_by

JOINED = process(
    "s -> a, b -> j -> c",
    s=start(),
    a=service("a", completionQuantity="2"),
    b=service("b"),
    j=parallel(),
    c=service("c"),
)


def test_it_fires_when_there_is_a_token_on_each_incoming_flow():
    """13.4.1, 1st."""
    run = started(JOINED)
    run.complete("a")
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["c"]


def test_it_takes_exactly_one_token_from_each_incoming_flow():
    """13.4.1, 2nd."""
    run = started(JOINED)

    run.complete("a")
    run.complete("b")

    assert run.passed.count("j") == 1
    assert sum(run.state.tokens[0].values()) == 1


def test_it_puts_exactly_one_token_on_each_outgoing_flow():
    """13.4.1, 3rd."""
    run = started(
        process("s -> f -> a, b, c", s=start(), f=parallel(), a=task(), b=task(), c=task())
    )

    assert run.flows == ["s_f", "f_a", "f_b", "f_c"]


def test_tokens_in_excess_stay_on_their_flow():
    """13.4.1, 4th."""
    diagram = process(
        "s -> a, b -> j -> c",
        s=start(),
        a=task(completionQuantity="2"),
        b=service("b", completionQuantity="2"),
        j=parallel(),
        c=service("c"),
    )
    run = started(diagram)
    assert dict(run.state.tokens[0]) == {run.graph.edge_by_id["a_j"]: 2}

    run.complete("b")

    assert run.waiting == ["c", "c"]


def test_several_tokens_on_one_flow_do_not_make_up_for_another():
    """13.4.1, 5th."""
    run = started(JOINED)

    run.complete("a")

    assert "j" not in run.passed


def test_it_throws_no_exception_and_asks_no_condition():
    """13.4.1, 6th."""
    diagram = process(
        "s -> f", "f -> a if false", "f -> b", s=start(), f=parallel(), a=task(), b=task()
    )

    assert refused_by(diagram) == set()
    assert started(diagram).flows == ["s_f", "f_a", "f_b"]


def test_a_token_that_can_never_come_is_waited_for():
    """13.4.1, 7th. Deviating: the token waits as it must, and a person is told by an incident."""
    diagram = process(
        "s -> x",
        "x -> a if true",
        "x -> b default",
        "a, b -> j -> e",
        s=start(),
        x=exclusive(),
        a=task(),
        b=task(),
        j=parallel(),
        e=end(),
    )

    run = started(diagram)

    assert run.incident.kind is IncidentKind.STUCK_JOIN
    assert not run.is_completed
