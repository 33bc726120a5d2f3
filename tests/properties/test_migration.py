"""Migrating a random process at a random moment: it goes on as if nothing had happened."""

from __future__ import annotations

from collections import Counter

from hypothesis import assume, event, given, note
from hypothesis import strategies as st
from lxml import etree

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.commands import Rejection
from bpmn_engine.kernel.correspondence import Correspondence, correspond
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.migration import migrate
from bpmn_engine.kernel.migration_check import obstacles
from bpmn_engine.kernel.migration_proposal import propose
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.kernel.step import Step
from bpmn_engine.store.codec import decode_facts, decode_state, encode_facts, encode_state
from tests.kernel import MONDAY, compiled
from tests.properties.blocks import blocks, drawn
from tests.properties.effort import careful
from tests.properties.player import Player
from tests.properties.test_any_graph import graphs
from tests.properties.test_any_graph import started as started_graph
from tests.properties.test_kernel import assert_effects_balance, assert_nothing_open

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
REFERENCES = ("id", "sourceRef", "targetRef", "attachedToRef", "default", "activityRef")
MOST_PLAYED = 5
"""Answers before the migration."""


@careful(60)
@given(blocks, st.data())
def test_migrating_to_the_same_diagram_changes_nothing(block, data):
    picture = drawn(block)
    player = played(picture.xml, picture.variables, data)
    before = player.run.state

    result = migrated(player.run.graph, compiled(picture.xml), before)

    note(player.run.trace())
    if isinstance(result, Step):
        assert result.state == before
        assert result.effects == ()


@careful(60)
@given(blocks, st.data())
def test_a_migrated_instance_comes_to_the_same_end(block, data):
    """The other diagram has other ids, and its elements in another order."""
    picture = drawn(block)
    xml, other = named(picture.xml), renamed(picture.xml)
    player = played(xml, picture.variables, data)
    result = migrated(player.run.graph, compiled(other), player.run.state)
    if isinstance(result, Rejection):
        return
    target = compiled(other)
    moved = Player(target, lambda _: 0, restarts=True)
    moved.run.state, moved.run.facts = result.state, []
    moved.run.effects = [*player.run.effects, *result.effects]
    stayed = Player(player.run.graph, lambda _: 0)
    stayed.run.state = player.run.state

    stayed.play()
    moved.play()

    note(stayed.run.trace())
    note(moved.run.trace())
    assert stayed.run.state.status is moved.run.state.status is InstanceStatus.COMPLETED
    assert Counter(moved.run.passed) == Counter(f"new_{one}" for one in stayed.run.passed)
    assert moved.run.variables == stayed.run.variables
    assert_nothing_open(moved.run)
    assert_effects_balance(moved.run)


@careful(60)
@given(graphs(), graphs(), st.data())
def test_any_graph_is_refused_for_another_or_stays_whole(xml, other, data):
    player = started_graph(xml, data)
    player.play(at_most=data.draw(st.integers(0, MOST_PLAYED)))
    target = started_graph(other, data).run.graph

    result = migrated(player.run.graph, target, player.run.state)

    note(xml.decode())
    note(other.decode())
    if isinstance(result, Step):
        assert all(visit.scope in result.state.scopes for visit in result.state.visits.values())
        assert all(wait.visit in {0, *result.state.visits} for wait in result.state.waits.values())


def played(xml: bytes, variables, data: st.DataObject) -> Player:
    """Start a process and answer some of what it waits for."""
    player = Player(compiled(xml), lambda choices: data.draw(st.integers(0, choices - 1)))
    player.start(variables)
    player.play(at_most=data.draw(st.integers(0, MOST_PLAYED)))
    assume(player.run.state.status is InstanceStatus.ACTIVE)
    return player


def migrated(source: ProcessGraph, target: ProcessGraph, state: InstanceState) -> Step | Rejection:
    """Migrate by the proposed plan; what was written can be read again."""
    plan = correspond(source, target, propose(source, target).plan)
    assert isinstance(plan, Correspondence), plan
    result = migrate(plan, state, MONDAY)
    if isinstance(result, Rejection):
        event(f"rejected: {', '.join(one.rule for one in obstacles(plan, state)[:1])}")
        return result
    event("migrated")
    assert fold(result.facts, state) == result.state
    assert decode_facts(target, encode_facts(target, result.facts)) == result.facts
    assert decode_state(target, encode_state(target, result.state)) == result.state
    return result


def named(xml: bytes) -> bytes:
    """Return a diagram in which each element has its id for a name."""
    root = etree.fromstring(xml)
    for process in root.iter(f"{BPMN}process"):
        for element in process.iter():
            if is_node(element):
                element.set("name", element.get("id"))
    return etree.tostring(root)


def renamed(xml: bytes) -> bytes:
    """Return the named diagram with other ids, and the elements of each scope the other way."""
    root = etree.fromstring(named(xml))
    for process in root.iter(f"{BPMN}process"):
        for element in process.iter():
            for name in REFERENCES:
                if element.get(name) is not None and element is not process:
                    element.set(name, f"new_{element.get(name)}")
        for scope in process.iter(f"{BPMN}process", f"{BPMN}subProcess", f"{BPMN}transaction"):
            nodes = [child for child in scope if is_node(child)]
            for one, other in zip(nodes, reversed(nodes), strict=True):
                scope.replace(one, etree.Element("place", id=other.get("id")))
            by_id = {node.get("id"): node for node in nodes}
            for place in list(scope.iter("place")):
                scope.replace(place, by_id[place.get("id")])
    return etree.tostring(root)


def is_node(element: etree._Element) -> bool:
    """Return whether an element is a flow node."""
    tag = element.tag.removeprefix(BPMN)
    return element.get("id") is not None and tag not in {"sequenceFlow", "association"}
