"""What the static analysis says of random processes, beside what happens when they run."""

from __future__ import annotations

from hypothesis import given, note
from hypothesis import strategies as st

from bpmn_engine.analysis.process_analysis import analyse_process
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.model.definitions import Definitions
from bpmn_engine.parser.reader import read_definitions
from tests.properties.blocks import blocks, drawn
from tests.properties.effort import careful
from tests.properties.test_any_graph import MOST_STEPS, graphs, started

NOT_DECIDED = "soundness-not-decided"
"""Said of complex gateways, whose conditions are not analysed."""

FLOW_RULES = {"deadlock", "lack-of-synchronisation", NOT_DECIDED, "unreachable"}


def found_in(xml):
    definitions = read_definitions(xml)
    if not isinstance(definitions, Definitions):
        return set()
    (process, *_) = definitions.processes
    graph = compile_process(process)
    assert isinstance(graph, ProcessGraph)
    return {one.rule for one in analyse_process(process, graph)} & FLOW_RULES


@careful(60)
@given(blocks)
def test_nothing_is_said_against_processes_drawn_in_blocks(block):
    xml = drawn(block).xml

    note(xml.decode())
    assert found_in(xml) <= {NOT_DECIDED}


@careful(100)
@given(graphs(), st.data())
def test_no_join_waits_for_ever_where_the_analysis_is_silent(xml, data):
    player = started(xml, data)

    player.play(at_most=MOST_STEPS)

    note(xml.decode())
    note(player.run.trace())
    kinds = {one.kind for one in player.run.state.incidents.values()}
    assert IncidentKind.STUCK_JOIN not in kinds or found_in(xml)
