"""Tokens that just go on: the state is not written for them, and nobody can tell."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.kernel.facts import ElementCompleted, ElementEntered, StateChanged
from bpmn_engine.kernel.lifecycle import LEGAL, ElementState
from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import (
    boundary,
    compensate,
    end,
    exclusive,
    inclusive,
    message,
    parallel,
    process,
    receive,
    script,
    service,
    start,
    subprocess,
    task,
    throw,
    times,
    undone,
)
from tests.kernel import Run, compiled, started


def test_a_token_passes_what_has_nothing_to_do():
    graph = compiled(
        process(
            "s -> t -> x -> fork -> a, b",
            "a, b -> i -> n -> e",
            s=start(),
            t=task(),
            x=exclusive(),
            fork=parallel(),
            a=task(),
            b=task(),
            i=inclusive(),
            n=throw(),
            e=end(),
        )
    )

    assert [node.element_id for node in graph.nodes if not node.passes] == []


@pytest.mark.parametrize(
    "element",
    [
        pytest.param(service("x"), id="a job is waited for"),
        pytest.param(script("1", "y"), id="a script is evaluated"),
        pytest.param(receive(message("m")), id="a message is waited for"),
        pytest.param(throw(message("m")), id="a message is thrown"),
        pytest.param(end(compensate()), id="compensation is thrown"),
        pytest.param(subprocess("s2 -> e2", s2=start(), e2=end()), id="a scope opens"),
        pytest.param(task(startQuantity="2"), id="several tokens are taken"),
        pytest.param(task(completionQuantity="2"), id="several tokens leave"),
        pytest.param(task(times("1")), id="a loop is begun"),
    ],
)
def test_a_token_does_not_pass_what_does_more_than_let_it_go_on(element):
    graph = compiled(process("s -> a", s=start(), a=element))

    node = graph.node("a")

    assert node is not None
    assert not node.passes


def choosing() -> bytes:
    """A process whose token goes to one of two ends, by a variable."""
    return process(
        "s -> x",
        "x -> a if n > 1",
        "x -> b default",
        "a -> e1 if n > 2",
        "a -> e2 if n > 3",
        "b -> y -> e1, e2",
        s=start(),
        x=exclusive(),
        a=task(),
        b=task(),
        y=exclusive(),
        e1=end(),
        e2=end(),
    )


def test_a_token_that_passes_takes_the_flows_that_hold():
    graph = compiled(choosing())
    run = Run(graph)

    run.do(StartInstance(variables={"n": 3}))

    assert all(node.passes for node in graph.nodes)
    assert run.passed == ["s", "x", "a", "e1"]
    assert [fact.read for fact in run.facts if isinstance(fact, ElementCompleted)] == [
        None,
        {"n": 3},
        {"n": 3},
        None,
    ]


def test_a_token_passes_over_one_of_several_flows_without_a_condition():
    run = Run(compiled(choosing()))

    run.do(StartInstance(variables={"n": 1}))

    assert run.passed == ["s", "x", "b", "y", "e1"]


def test_a_token_that_finds_no_flow_stops_at_the_element():
    run = Run(compiled(choosing()))

    run.do(StartInstance(variables={"n": 2}))

    (visit,) = run.state.visits
    assert run.name(run.state.visits[visit].node) == "a"
    assert run.state.states[visit] is ElementState.COMPLETING
    assert run.incident.kind is IncidentKind.NO_FLOW

    run.set(n=4)
    run.resolve()

    assert run.is_completed
    assert run.passed == ["s", "x", "a", "e1", "e2"]


def test_a_token_does_not_pass_what_has_a_boundary_event_or_a_handler():
    graph = compiled(
        process(
            "s -> a -> b -> e",
            "late -> e",
            s=start(),
            a=task(),
            b=task(),
            e=end(),
            late=boundary("a", message("m")),
            **undone("b", task()),
        )
    )

    stops = {node.element_id for node in graph.nodes if not node.passes}

    assert {"a", "b"} <= stops
    assert not stops & {"s", "e"}


def test_a_visit_that_passes_takes_the_states_of_every_visit():
    run = started(process("s -> e", s=start(), e=end()))

    key = next(fact.key for fact in run.facts if isinstance(fact, ElementEntered))
    states = [
        ElementState.READY,
        *(f.state for f in run.facts if isinstance(f, StateChanged) and f.key == key),
        ElementState.COMPLETED,
    ]

    assert next(f.key for f in run.facts if isinstance(f, ElementCompleted)) == key
    assert len(states) == 4
    assert all(after in LEGAL[before] for before, after in pairwise(states))


def test_a_visit_that_passes_uses_up_its_key():
    run = started(process("s -> t -> a", s=start(), t=task(), a=service("x")))

    entered = [fact.key for fact in run.facts if isinstance(fact, ElementEntered)]

    assert entered == [1, 2, 3]
    assert list(run.state.visits) == [3]
