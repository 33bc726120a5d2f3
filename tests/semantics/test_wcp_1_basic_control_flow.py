"""Basic control flow."""

from __future__ import annotations

from tests.diagrams import exclusive, parallel, process, service, start
from tests.kernel import Run, started

WORK = {name: service(name) for name in "abc"}


def running(*flows: str, variables: dict | None = None, **elements) -> Run:
    drawn = {name: element for name, element in WORK.items() if any(name in f for f in flows)}
    return started(process(*flows, s=start(), **(drawn | elements)), variables)


def test_an_activity_begins_when_the_one_before_has_completed():
    """WCP-1 Sequence. Directly: a sequence flow."""
    run = running("s -> a -> b")
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["b"]


def test_all_branches_begin():
    """WCP-2 Parallel Split. Directly: a parallel gateway, or several flows out of an activity."""
    run, implicit = running("s -> f -> a, b, c", f=parallel()), running("s -> a, b, c")

    assert run.waiting == implicit.waiting == ["a", "b", "c"]


def test_what_follows_begins_when_all_branches_have_completed():
    """WCP-3 Synchronization. Directly: a parallel gateway."""
    run = running("s -> a, b -> j -> c", j=parallel())
    run.complete("b")
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.waiting == ["c"]


def test_exactly_one_branch_begins():
    """WCP-4 Exclusive Choice. Directly: an exclusive gateway."""
    flows = ("s -> x", "x -> a if n > 1", "x -> b default")

    assert running(*flows, x=exclusive(), variables={"n": 2}).waiting == ["a"]
    assert running(*flows, x=exclusive(), variables={"n": 0}).waiting == ["b"]


def test_branches_come_together_without_waiting():
    """WCP-5 Simple Merge. Directly: an exclusive gateway, or several flows into an activity."""
    flows = ("s -> x", "x -> a if true", "x -> b default", "a, b -> m -> c")
    run = running(*flows, x=exclusive(), m=exclusive())

    run.complete("a")

    assert run.waiting == ["c"]
