"""Modifying a random process at random moments: it stays a process instance like any other."""

from __future__ import annotations

from hypothesis import event, given, note
from hypothesis import strategies as st

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.commands import (
    CancelInstance,
    CancelVisits,
    ModifyInstance,
    Move,
    Rejection,
    StartAfter,
    StartBefore,
)
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.kernel.step import step
from tests.kernel import Run, compiled
from tests.properties.blocks import blocks, drawn
from tests.properties.effort import careful
from tests.properties.player import Player
from tests.properties.test_any_graph import graphs
from tests.properties.test_any_graph import started as started_graph
from tests.properties.test_kernel import assert_effects_balance, assert_nothing_open

ROUNDS = 4
MOST_PLAYED = 4
"""Answers between two modifications."""
MOST_FLOWS = 2_000
"""A token put into a loop without the variables that would end it runs for so many."""


@careful(60)
@given(blocks, st.data())
def test_modifications_at_any_moment_keep_a_sound_process_whole(block, data):
    picture = drawn(block)
    player = Player(
        compiled(picture.xml),
        lambda choices: data.draw(st.integers(0, choices - 1)),
        restarts=True,
    )
    player.run.max_flows = MOST_FLOWS
    player.start(picture.variables)

    modify_and_play(player, data)

    note(player.run.trace())
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


@careful(60)
@given(graphs(), st.data())
def test_modifications_at_any_moment_keep_any_graph_whole(xml, data):
    player = started_graph(xml, data)

    modify_and_play(player, data)

    note(xml.decode())
    note(player.run.trace())
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


def modify_and_play(player: Player, data: st.DataObject) -> None:
    """Modify, play on, and so forth; then cancel what is left."""
    run = player.run
    for _ in range(ROUNDS):
        player.play(at_most=data.draw(st.integers(0, MOST_PLAYED)))
        if run.state.status is not InstanceStatus.ACTIVE:
            break
        command = ModifyInstance(moves=data.draw(moves(run.graph, run.state)))
        if not is_rejected(run, command):
            player.apply(command)
        assert_at_rest(run)
    assert fold(run.facts) == run.state
    if run.state.status is InstanceStatus.ACTIVE:
        player.apply(CancelInstance())


@st.composite
def moves(draw: st.DrawFn, graph: ProcessGraph, state: InstanceState) -> tuple[Move, ...]:
    """Draw moves that name what is there, and now and then what is not."""
    ids = st.sampled_from([node.ref for node in graph.nodes])
    open_keys = st.sampled_from(sorted(state.visits) or [1])
    inside = st.none() | st.sampled_from(sorted(state.scopes))
    here = st.sampled_from(
        [graph.nodes[visit.node].element_id for visit in state.visits.values()] or ["none"]
    )
    move = st.one_of(
        st.builds(CancelVisits, element_id=here),
        st.builds(CancelVisits, visit=open_keys),
        st.builds(StartBefore, element_id=ids, inside=inside, variables=st.just({"moved": 1})),
        st.builds(StartAfter, element_id=ids, inside=inside),
    )
    return tuple(draw(st.lists(move, min_size=1, max_size=4)))


def is_rejected(run: Run, command: ModifyInstance) -> bool:
    """Return whether a modification is rejected, in words and without changing anything."""
    before = run.state
    result = step(run.graph, run.state, command, run.now, max_flows=run.max_flows)
    assert run.state == before
    if isinstance(result, Rejection):
        event(f"rejected: {result.reason.value}")
        return True
    event("accepted")
    return False


def assert_at_rest(run: Run) -> None:
    """Each open visit waits, holds others, is stuck with an incident, or is being undone."""
    state = run.state
    if state.status is not InstanceStatus.ACTIVE:
        return
    assert state.waits or state.incidents, run.trace()
    for key, visit in state.visits.items():
        is_held = (
            state.waits_of.get(key)
            or state.members.get(key)
            or state.incidents_of.get(key)
            or state.tokens.get(key)
        )
        node = run.graph.nodes[visit.node]
        assert is_held or state.states[key] is not ElementState.COMPLETING, run.trace()
        assert visit.scope in state.scopes, node.ref
        assert is_held or state.compensations or node.inner_scope is not None, run.trace()
