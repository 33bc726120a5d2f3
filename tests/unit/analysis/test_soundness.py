"""Deadlocks and lack of synchronisation: what is found, what is not, and how far it looks."""

import time

import pytest

from bpmn_engine.analysis.process_analysis import analyse_process
from bpmn_engine.model.definitions import Severity
from tests.diagrams import (
    boundary,
    catch,
    end,
    error,
    event_based,
    exclusive,
    inclusive,
    message,
    parallel,
    process,
    service,
    signal,
    start,
    subprocess,
    task,
    terminate,
    timer,
)
from tests.unit.analysis.findings import compiled, findings, words


def split_and_join(split, join):
    """Return a diagram with two ways between two gateways."""
    first = ["x -> a", "x -> b"] if split is parallel else ["x -> a if n > 1", "x -> b default"]
    return process(
        "s -> x", *first, "a, b -> j", "j -> c -> e",
        s=start(), x=split(), a=task(), b=task(), j=join(), c=task(), e=end(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("split", "join", "expected"),
    [
        (exclusive, exclusive, set()),
        (parallel, parallel, set()),
        (inclusive, inclusive, set()),
        (exclusive, inclusive, set()),
        (parallel, inclusive, set()),
        (exclusive, parallel, {("deadlock", "j")}),
        (inclusive, parallel, {("deadlock", "j")}),
        (parallel, exclusive, {("lack-of-synchronisation", "j")}),
        (inclusive, exclusive, {("lack-of-synchronisation", "j")}),
    ],
)
def test_what_splits_is_joined_by_the_same_kind_of_gateway(split, join, expected):
    assert words(split_and_join(split, join)) == expected


def test_a_finding_names_element_line_and_what_to_do():
    (found,) = findings(split_and_join(exclusive, parallel))[:1]

    assert (found.rule, found.element_id, found.severity) == ("deadlock", "j", Severity.WARNING)
    assert found.line == 2
    assert "none comes over a_j, b_j" in found.message
    assert "exclusive gateway" in found.message


def test_a_loop_into_a_parallel_join_waits_for_ever():
    diagram = process(
        "s -> j -> a -> x", "x -> j if again", "x -> e default",
        s=start(), j=parallel(), a=task(), x=exclusive(), e=end(),
    )  # fmt: skip

    assert words(diagram) == {("deadlock", "j")}


def test_a_loop_into_an_exclusive_join_is_sound():
    diagram = process(
        "s -> j -> a -> x", "x -> j if again", "x -> e default",
        s=start(), j=exclusive(), a=task(), x=exclusive(), e=end(),
    )  # fmt: skip

    assert words(diagram) == set()


def test_parallel_ways_may_end_each_by_itself():
    diagram = process(
        "s -> f", "f -> a, b", "a, b -> e", s=start(), f=parallel(), a=task(), b=task(), e=end()
    )

    assert words(diagram) == set()


def test_a_task_that_parallel_ways_lead_to_is_done_twice():
    diagram = process(
        "s -> f", "f -> a, b", "a, b -> c", "c -> e",
        s=start(), f=parallel(), a=task(), b=task(), c=task(), e=end(),
    )  # fmt: skip

    assert words(diagram) == {("lack-of-synchronisation", "c")}


def test_an_interrupting_boundary_event_is_another_way_out():
    diagram = process(
        "s -> f", "f -> a, b", "a, b -> j", "j -> e", "failed -> r -> end2",
        s=start(), f=parallel(), a=service("x"), b=task(), j=parallel(), e=end(),
        failed=boundary("a", error("E")), r=task(), end2=end(),
    )  # fmt: skip

    assert words(diagram) == {("deadlock", "j")}


def test_a_boundary_event_that_leads_back_is_sound():
    diagram = process(
        "s -> f", "f -> m, b", "m -> a", "a, b -> j", "j -> e", "failed -> r -> m",
        s=start(), f=parallel(), m=exclusive(), a=service("x"), b=task(), j=parallel(), e=end(),
        failed=boundary("a", error("E")), r=task(),
    )  # fmt: skip

    assert words(diagram) == set()


def test_a_boundary_event_that_does_not_interrupt_adds_a_token():
    late = boundary("a", timer(duration="PT1H"), interrupting=False)
    sound = process(
        "s -> a -> e", "late -> r -> e2", s=start(), a=service("x"), e=end(), late=late,
        r=task(), e2=end(),
    )  # fmt: skip
    crowded = process(
        "s -> a -> c -> e", "late -> c", s=start(), a=service("x"), c=task(), e=end(), late=late
    )

    assert words(sound) == set()
    assert words(crowded) == {("lack-of-synchronisation", "c")}


def test_the_event_that_comes_first_is_a_choice():
    diagram = process(
        "s -> g", "g -> m, t", "m, t -> j", "j -> e",
        s=start(), g=event_based(), m=catch(message("m", "x")), t=catch(timer(duration="PT1H")),
        j=parallel(), e=end(),
    )  # fmt: skip

    assert words(diagram) == {("deadlock", "j")}


def test_a_terminate_end_event_takes_the_other_tokens_away():
    diagram = process(
        "s -> f", "f -> a, x", "x -> b if ok", "x -> t default", "a, b -> j", "j -> e",
        s=start(), f=parallel(), a=task(), x=exclusive(), b=task(), j=parallel(), t=terminate(),
        e=end(),
    )  # fmt: skip

    assert words(diagram) == set()


def test_either_start_event_is_enough():
    diagram = process("s, t -> a", "a -> e", s=start(), t=start(signal("go")), a=task(), e=end())

    assert words(diagram) == set()


def test_a_sub_process_is_looked_at_by_itself():
    inner = subprocess(
        "i -> x", "x -> a if n > 1", "x -> b default", "a, b -> j", "j -> o",
        i=start(), x=exclusive(), a=task(), b=task(), j=parallel(), o=end(),
    )  # fmt: skip
    diagram = process("s -> sub -> e", s=start(), sub=inner, e=end())

    assert words(diagram) == {("deadlock", "j")}


def test_crossing_ways_between_joins_are_explored():
    diagram = process(
        "s -> f", "f -> a, b", "a -> x", "x -> j if n > 1", "x -> m default", "b -> k",
        "k -> j, m", "j -> c -> e", "m -> d -> e",
        s=start(), f=parallel(), a=task(), b=task(), x=exclusive(), k=parallel(), j=parallel(),
        m=parallel(), c=task(), d=task(), e=end(),
    )  # fmt: skip

    assert words(diagram) == {("deadlock", "j"), ("deadlock", "m")}


def crossing(width):
    """Return parallel choices of which each may leave a join without its token."""
    return process(
        "s -> f", *[f"f -> x{i}" for i in range(width)],
        *[f"x{i} -> a{i} if n > {i}" for i in range(width)],
        *[f"x{i} -> b{i} default" for i in range(width)],
        *[f"a{i} -> j" for i in range(width)], *[f"b{i} -> e" for i in range(width)], "j -> e",
        s=start(), f=parallel(), j=parallel(), e=end(),
        **{f"x{i}": exclusive() for i in range(width)},
        **{f"{way}{i}": task() for i in range(width) for way in "ab"},
    )  # fmt: skip


def test_beyond_the_bound_it_says_that_it_does_not_know():
    found = {(one.rule, one.element_id, one.severity) for one in findings(crossing(16))}

    assert ("soundness-not-decided", "p", Severity.INFORMATION) in found


def test_within_the_bound_it_does_not():
    assert "soundness-not-decided" not in {one.rule for one in findings(crossing(8))}


WIDE = 1000


@pytest.mark.parametrize(
    "diagram",
    [
        process(
            *[f"n{i} -> n{i + 1}" for i in range(5000)],
            n0=start(), n5000=end(), **{f"n{i}": task() for i in range(1, 5000)},
        ),
        process(
            "s -> f", *[f"f -> t{i}" for i in range(WIDE)], *[f"t{i} -> j" for i in range(WIDE)],
            "j -> e", s=start(), f=parallel(), j=parallel(), e=end(),
            **{f"t{i}": task() for i in range(WIDE)},
        ),
        process(
            *[f"x{i} -> a{i} if n > {i}" for i in range(WIDE)],
            *[f"x{i} -> x{i + 1} default" for i in range(WIDE)],
            *[f"a{i} -> x{i + 1}" for i in range(WIDE)],
            **{f"x{i}": exclusive() for i in range(WIDE)},
            **{f"a{i}": task() for i in range(WIDE)}, **{f"x{WIDE}": end()},
        ),
        crossing(16),
    ],
    ids=["a chain of 5,000", "1,000 in parallel", "1,000 choices", "not decided"],
)  # fmt: skip
def test_big_diagrams_cost_less_than_a_second(diagram):
    ((model, graph),) = compiled(diagram)
    before = time.process_time()

    analyse_process(model, graph)

    assert time.process_time() - before < 1
