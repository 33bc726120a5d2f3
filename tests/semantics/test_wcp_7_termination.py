"""Termination."""

from __future__ import annotations

from tests.diagrams import end, process, service, start, terminate
from tests.kernel import started


def test_an_instance_ends_when_nothing_is_left_to_do():
    """WCP-11 Implicit Termination. Directly: every process ends when no token is left."""
    run = started(process("s -> a, b", s=start(), a=service("a"), b=service("b")))
    run.complete("a")
    assert not run.is_completed

    run.complete("b")

    assert run.is_completed


def test_an_instance_ends_when_a_certain_place_is_reached():
    """WCP-43 Explicit Termination. Directly: a terminate end event."""
    run = started(
        process(
            "s -> a -> t",
            "s -> b -> e",
            s=start(),
            a=service("a"),
            b=service("b"),
            t=terminate(),
            e=end(),
        )
    )

    run.complete("a")

    assert run.terminated == ["b"]
    assert run.is_completed
