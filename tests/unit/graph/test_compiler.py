"""Compiling a process: numbering, connections, scopes, starts, and what is refused."""

from __future__ import annotations

import pytest

from bpmn_engine.graph.compiler import compile_process, flow_ids
from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.graph.specs import MultiInstanceSpec
from bpmn_engine.model.definitions import Definitions
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
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
    throw,
    timer,
    user,
)
from tests.kernel import compiled, started


def violations_of(xml):
    """Return what compiling the only process of a file says is wrong."""
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions.violations
    found = compile_process(definitions.processes[0])
    assert isinstance(found, tuple)
    return found


def test_nodes_and_edges_are_numbered_in_document_order():
    graph = compiled(process("s -> a -> b -> e", s=start(), a=task(), b=task(), e=end()))

    assert [node.ref for node in graph.nodes] == ["s", "a", "b", "e"]
    assert [node.index for node in graph.nodes] == [0, 1, 2, 3]
    assert [edge.flow_id for edge in graph.edges] == ["s_a", "a_b", "b_e"]
    assert graph.edge_by_id == {"s_a": 0, "a_b": 1, "b_e": 2}
    assert flow_ids(graph, (2, 0)) == ("b_e", "s_a")


def test_the_same_file_is_numbered_the_same():
    xml = process(
        "s -> f -> a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=task(),
        b=task(),
        j=parallel(),
        e=end(),
    )

    one, other = compiled(xml), compiled(xml)

    assert one.node_by_ref == other.node_by_ref
    assert one.edge_by_id == other.edge_by_id


def test_a_node_knows_its_flows_its_default_and_whether_any_has_a_condition():
    graph = compiled(
        process(
            "s -> x",
            "x -> a if n = 1",
            "x -> b default",
            "a, b -> e",
            s=start(),
            x=exclusive(),
            a=task(),
            b=task(),
            e=end(),
        )
    )
    split, last = graph.node("x"), graph.node("e")
    assert split is not None
    assert last is not None

    assert flow_ids(graph, split.incoming) == ("s_x",)
    assert flow_ids(graph, split.outgoing) == ("x_a", "x_b")
    assert split.default == graph.edge_by_id["x_b"]
    assert split.has_conditions
    assert flow_ids(graph, last.incoming) == ("a_e", "b_e")
    assert not last.has_conditions


def test_a_sub_process_opens_a_scope_whose_starts_are_known():
    graph = compiled(
        process(
            "s -> sub -> e",
            s=start(),
            e=end(),
            sub=subprocess("b -> c -> d", b=start(), c=task(), d=end()),
        )
    )
    host, inner = graph.node("sub"), graph.node("b")
    assert host is not None
    assert inner is not None
    assert host.inner_scope is not None
    scope = graph.scopes[host.inner_scope]

    assert (scope.parent, scope.owner, scope.starts) == (0, host.index, (inner.index,))
    assert inner.scope == scope.index
    assert [graph.nodes[index].ref for index in graph.scopes[0].starts] == ["s"]


def test_a_multi_instance_activity_is_a_body_and_one_instance_inside_it():
    graph = compiled(
        process(
            "s -> a -> e",
            "b -> e",
            s=start(),
            a=service("x", loop=each("items")),
            b=boundary("a", timer(duration="PT1H")),
            e=end(),
        )
    )
    body, instance = graph.node("a"), graph.node("a#instance")
    assert body is not None
    assert instance is not None
    assert isinstance(body.spec, MultiInstanceSpec)

    assert body.kind is NodeKind.MULTI_INSTANCE
    assert instance.kind is NodeKind.JOB
    assert body.element_id == instance.element_id == "a"
    assert body.spec.inner == instance.index
    assert instance.scope == body.inner_scope
    assert graph.scopes[instance.scope].starts == ()
    assert [graph.nodes[index].ref for index in body.boundaries] == ["b"]
    assert flow_ids(graph, body.outgoing) == ("a_e",)
    assert instance.boundaries == instance.incoming == instance.outgoing == ()


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (task(), NodeKind.PLAIN),
        (service("x"), NodeKind.JOB),
        (user(), NodeKind.USER),
        (exclusive(), NodeKind.EXCLUSIVE),
        (parallel(), NodeKind.PARALLEL),
        (inclusive(), NodeKind.INCLUSIVE),
        (throw(), NodeKind.NONE_THROW),
        (throw(signal("alarm")), NodeKind.SIGNAL_THROW),
        (throw(message("m")), NodeKind.MESSAGE_THROW),
        (catch(timer(duration="PT1H")), NodeKind.CATCH),
    ],
)
def test_each_element_has_its_kind(element, kind):
    graph = compiled(process("s -> n -> e", s=start(), n=element, e=end()))

    found = graph.node("n")

    assert found is not None
    assert found.kind is kind


def test_terminate_and_event_based_gateways_have_kinds_of_their_own():
    graph = compiled(
        process(
            "s -> g -> t, m -> e",
            s=start(),
            g=event_based(),
            t=catch(timer(duration="PT1H")),
            m=catch(message("m")),
            e=terminate(),
        )
    )

    kinds = {node.ref: node.kind for node in graph.nodes}

    assert kinds["g"] is NodeKind.EVENT_BASED
    assert kinds["e"] is NodeKind.TERMINATE_END


def test_an_expression_that_cannot_be_compiled_names_its_element():
    found = violations_of(
        process(
            "s -> x",
            "x -> a if n >",
            "x -> e default",
            "a -> e",
            s=start(),
            x=exclusive(),
            a=service("w", inputs={"y": "1 +"}),
            e=end(),
        )
    )

    assert [violation.element_id for violation in found] == ["a", "x_a"]
    assert {violation.rule for violation in found} == {"expression"}


def test_a_cycle_whose_plain_text_is_no_cycle_is_refused():
    found = violations_of(
        process(
            "s -> a -> e",
            "b -> e",
            s=start(),
            a=service("x"),
            b=boundary("a", timer(cycle="R3/often"), interrupting=False),
            e=end(),
        )
    )

    assert [violation.element_id for violation in found] == ["b"]


def test_a_join_knows_who_reaches_it_with_and_without_boundary_events():
    graph = compiled(
        process(
            "s -> a -> j",
            "b -> j",
            "j -> e",
            s=start(),
            a=service("x"),
            b=boundary("a", message("m"), interrupting=False),
            j=inclusive(),
            e=end(),
        )
    )

    def reaching(sources, flow):
        bits = sources[graph.edge_by_id[flow]]
        return {node.ref for node in graph.nodes if bits >> node.index & 1}

    assert reaching(graph.reaches, "b_j") == {"s", "a", "b"}
    assert reaching(graph.leads_to, "b_j") == {"b"}
    assert reaching(graph.reaches, "a_j") == reaching(graph.leads_to, "a_j") == {"s", "a"}


def test_a_chain_of_five_thousand_elements_compiles_and_runs():
    names = [f"t{index}" for index in range(4998)]
    elements = {name: task() for name in names}
    xml = process(" -> ".join(["s", *names, "e"]), s=start(), e=end(), **elements)

    run = started(xml)

    assert run.is_completed
    assert len(run.passed) == 5000
