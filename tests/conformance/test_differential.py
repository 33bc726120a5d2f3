"""The same diagram on SpiffWorkflow's own runtime and on ours visits the same elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from bpmn_engine.values import JsonValue
from tests.conformance.spiff import Skeleton, skeleton, visited_by_spiff, visited_by_us
from tests.properties.blocks import (
    Block,
    Choice,
    Each,
    Failing,
    Fork,
    Inside,
    Leaf,
    Repeat,
    Sequence,
    Some,
    Traded,
    Watched,
    branching,
    drawn,
)
from tests.properties.effort import careful

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "processes").glob("*/*.bpmn"))

MOST_CHOICES = 24


def has_no_join(block: Block) -> bool:
    """SpiffWorkflow 3.2.0 goes wrong at joins inside a loop, so loops are compared without.

    An inclusive one ends with an AttributeError, and of nested parallel ones the inner tasks are
    left out in the second round.
    """
    match block:
        case Some() | Fork():
            return False
        case Choice(branches=inner) | Sequence(parts=inner):
            return all(has_no_join(one) for one in inner)
        case Repeat(body=body) | Inside(body=body) | Each(body=body):
            return has_no_join(body)
        case _:
            return True


comparable: st.SearchStrategy[Block] = st.recursive(
    st.just(Leaf("task")),
    lambda inner: (
        branching(inner)
        | st.builds(Inside, inner)
        | st.builds(Repeat, inner.filter(has_no_join), st.integers(1, 3))
        | st.builds(Each, inner, st.integers(1, 3), st.booleans())
    ),
    max_leaves=6,
)


@careful(60)
@given(comparable)
def test_random_processes_visit_the_same_elements(block):
    picture = drawn(block)

    ours = visited_by_us(picture.xml, picture.variables)

    note(picture.xml.decode())
    assert ours == visited_by_spiff(picture.xml, picture.variables)


def work(visited: Counter[str]) -> Counter[str]:
    """Leave out sub-processes and ends: there an interrupted one counts as completed, too."""
    return Counter({name: n for name, n in visited.items() if not name.startswith(("sub", "end"))})


exceptional: st.SearchStrategy[Block] = st.recursive(
    st.builds(Leaf, st.sampled_from(("task", "again", "twice", "escalation", "signal"))),
    lambda inner: (
        branching(inner)
        | st.builds(Inside, inner)
        | st.builds(Failing, inner, st.booleans())
        | st.builds(Traded, inner, st.booleans())
        | st.builds(Watched, inner, inner, st.just(False), st.just("escalation"))
    ),
    max_leaves=6,
)
"""Errors, cancels and escalations, caught; loops and multi-instance activities."""


@careful(60)
@given(exceptional)
def test_random_exceptions_visit_the_same_work(block):
    picture = drawn(block)

    ours = visited_by_us(picture.xml, picture.variables)

    note(picture.xml.decode())
    assert ours is not None
    assert work(ours) == work(visited_by_spiff(picture.xml, picture.variables))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_processes_visit_the_same_elements(path):
    drawing = skeleton(path.read_bytes())
    compared = 0

    for variables in islice(choices(drawing), MOST_CHOICES):
        ours = visited_by_us(drawing.xml, variables)
        if ours is not None:
            assert ours == visited_by_spiff(drawing.xml, variables), variables
            compared += 1

    assert compared


def choices(drawing: Skeleton) -> Iterator[dict[str, JsonValue]]:
    """Return the variables for one choice after the other; the gateway drawn first varies most."""
    flows = [flow for group in drawing.exclusive + drawing.inclusive for flow in group]
    several = [(group, group[:1]) for group in drawing.inclusive]
    single = [[(flow,) for flow in group] for group in drawing.exclusive]
    for taken in product(*reversed([*single, *several])):
        chosen = {flow for group in taken for flow in group}
        yield {f"take_{flow}": flow in chosen for flow in flows}
