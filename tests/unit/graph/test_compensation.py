"""Which activities get a compensation plan, and which pay nothing (section 10.7.1)."""

from __future__ import annotations

from bpmn_engine.graph.nodes import CompensationPlan, ProcessGraph
from tests.diagrams import (
    compensate,
    end,
    event_subprocess,
    process,
    start,
    subprocess,
    task,
    times,
    undone,
)
from tests.kernel import compiled


def plans(graph: ProcessGraph) -> dict[str, CompensationPlan]:
    """Return the plans by node."""
    return {node.ref: node.compensation for node in graph.nodes if node.compensation is not None}


def index(graph: ProcessGraph, ref: str) -> int:
    """Return the index of a node."""
    return graph.node_by_ref[ref]


def test_only_an_activity_with_a_handler_has_a_plan():
    graph = compiled(
        process("s -> a -> b -> e", s=start(), a=task(), b=task(), e=end(), **undone("a", task()))
    )

    assert plans(graph) == {
        "a": CompensationPlan(boundary=index(graph, "on_a"), handler=index(graph, "undo_a"))
    }


def test_diagram_without_handlers_has_no_plan():
    inside = subprocess("b -> c", b=start(), c=end())

    graph = compiled(process("s -> a -> e", s=start(), a=inside, e=end(compensate())))

    assert plans(graph) == {}


def test_what_is_around_an_activity_with_a_handler_has_a_plan_too():
    inner = subprocess("b -> c -> d", b=start(), c=task(), d=end(), **undone("c", task()))
    outer = subprocess("x -> y -> z", x=start(), y=inner, z=end())

    graph = compiled(process("s -> a -> e", s=start(), a=outer, e=end()))

    assert set(plans(graph)) == {"a", "y", "c"}
    assert not plans(graph)["a"].has_handler
    assert plans(graph)["c"].has_handler


def test_handler_of_a_multi_instance_activity_belongs_to_its_instances():
    graph = compiled(
        process("s -> a -> e", s=start(), a=task(times("2")), e=end(), **undone("a", task()))
    )

    assert not plans(graph)["a"].has_handler
    assert plans(graph)["a#instance"].handler == index(graph, "undo_a")


def test_event_sub_process_is_the_handler_of_the_sub_process_around_it():
    inside = subprocess(
        "b -> c",
        b=start(),
        c=end(),
        undo=event_subprocess("d -> f", d=start(compensate()), f=end()),
    )

    graph = compiled(process("s -> a -> e", s=start(), a=inside, e=end()))

    assert plans(graph) == {"a": CompensationPlan(event_sub_process=index(graph, "undo"))}


def test_handlers_and_event_sub_processes_do_not_start_by_themselves():
    inside = subprocess(
        b=task(),
        undo=event_subprocess("d -> f", d=start(compensate()), f=end()),
        **undone("b", task()),
    )

    graph = compiled(process(a=inside))

    scope = graph.scopes[graph.nodes[index(graph, "a")].inner_scope]
    assert scope.starts == (index(graph, "b"),)
    undo = graph.scopes[graph.nodes[index(graph, "undo")].inner_scope]
    assert undo.starts == (index(graph, "d"),)
    assert graph.scopes[0].starts == (index(graph, "a"),)
