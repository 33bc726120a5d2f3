"""What holds for every process and every order of answers (BPMN 2.0.2, section 13).

A failing example prints the diagram's blocks, the answers and one line per fact.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, note
from hypothesis import strategies as st

from bpmn_engine.graph.nodes import NodeKind, ProcessGraph
from bpmn_engine.kernel.effects import (
    ClearIncident,
    CloseWait,
    CreateJob,
    CreateUserTask,
    EndInstance,
    OpenSubscription,
    RaiseIncident,
    ScheduleTimer,
    StartChild,
)
from bpmn_engine.kernel.facts import (
    CompensationEntered,
    ElementCompensated,
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
    TokenParked,
    TokensConsumed,
)
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT
from tests.kernel import Run, compiled
from tests.properties.blocks import Block, blocks, calm_blocks, drawn
from tests.properties.effort import careful
from tests.properties.player import Player

JOINS = frozenset({NodeKind.PARALLEL, NodeKind.INCLUSIVE})


def started(
    block: Block,
    data: st.DataObject,
    *,
    restarts: bool = False,
    in_slices: bool = False,
) -> Player:
    """Draw the process of a block and start it."""
    picture = drawn(block)
    player = Player(
        compiled(picture.xml),
        lambda choices: data.draw(st.integers(0, choices - 1)),
        restarts=restarts,
        in_slices=in_slices,
    )
    player.start(picture.variables)
    return player


def where_every_token_stops(graph: ProcessGraph) -> ProcessGraph:
    """Return the same graph, in which a visit is opened for every token."""
    nodes = tuple(replace(node) for node in graph.nodes)
    for node in nodes:
        object.__setattr__(node, "passes", False)
    return replace(graph, nodes=nodes)


@careful(50)
@given(blocks, st.data())
def test_every_run_ends_and_leaves_nothing_open(block, data):
    player = started(block, data)

    player.play()

    note(player.run.trace())
    assert player.run.state.status is InstanceStatus.COMPLETED
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


@careful(50)
@given(blocks, st.data())
def test_answers_between_the_slices_of_a_step_leave_nothing_open(block, data):
    player = started(block, data, restarts=True, in_slices=True)

    player.play()

    note(player.run.trace())
    assert player.run.state.status is InstanceStatus.COMPLETED
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


@careful(50)
@given(blocks, st.integers(0, 12), st.data())
def test_an_instance_cancelled_in_slices_ends_whatever_comes_in_between(block, at, data):
    player = started(block, data, restarts=True, in_slices=True)
    player.play(at_most=at)
    if player.run.state.status is InstanceStatus.ACTIVE:
        player.cancel()

    player.play()

    note(player.run.trace())
    assert player.run.state.status in {InstanceStatus.COMPLETED, InstanceStatus.TERMINATED}
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


@careful(50)
@given(calm_blocks, st.data())
def test_no_token_appears_or_is_lost(block, data):
    player = started(block, data)

    player.play()

    note(player.run.trace())
    assert_tokens_conserved(player.run)


@careful(50)
@given(blocks, st.data())
def test_no_token_appears_whatever_is_interrupted(block, data):
    player = started(block, data)

    player.play()

    note(player.run.trace())
    assert_no_token_appears(player.run)


@careful(50)
@given(blocks, st.data())
def test_a_restart_after_every_step_changes_nothing(block, data):
    player = started(block, data, restarts=True)

    player.play()

    note(player.run.trace())
    assert player.run.is_completed
    assert fold(player.run.facts) == player.run.state


@careful(50)
@given(blocks, st.data())
def test_the_same_commands_give_the_same_facts_and_effects(block, data):
    player = started(block, data)
    player.play()

    again = Run(compiled(drawn(block).xml))
    for command in player.commands:
        again.do(command)

    note(player.run.trace())
    assert again.facts == player.run.facts
    assert again.effects == player.run.effects


@careful(50)
@given(blocks, st.data())
def test_a_token_that_passes_leaves_what_one_that_stops_leaves(block, data):
    player = started(block, data)
    player.play()

    stopping = Run(where_every_token_stops(player.run.graph))
    for command in player.commands:
        stopping.do(command)

    note(player.run.trace())
    assert any(node.passes for node in player.run.graph.nodes)
    assert stopping.facts == player.run.facts
    assert stopping.effects == player.run.effects
    assert stopping.state == player.run.state


@careful(50)
@given(calm_blocks, st.data())
def test_the_order_of_answers_does_not_change_what_is_visited(block, data):
    one, other = started(block, data), started(block, data)

    one.play()
    other.play()

    note(f"{one.run.trace()}\n\n{other.run.trace()}")
    assert Counter(one.run.passed) == Counter(other.run.passed)
    assert Counter(one.run.flows) == Counter(other.run.flows)


@careful(50)
@given(blocks, st.integers(0, 12), st.data())
def test_cancelling_at_any_moment_leaves_nothing_open(block, steps, data):
    player = started(block, data)
    player.play(at_most=steps)

    if player.run.state.status is InstanceStatus.ACTIVE:
        player.cancel()

    note(player.run.trace())
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


# What is asserted -------------------------------------------------------------------------------


def assert_nothing_open(run: Run) -> None:
    """Nothing is left but the variables of the instance."""
    state = run.state
    left = (
        state.visits,
        state.states,
        state.members,
        state.tokens,
        state.waits,
        state.waits_of,
        state.incidents,
        state.incidents_of,
        state.loops,
        state.items,
        state.outputs,
        state.completed,
        state.compensations,
    )
    assert [dict(part) for part in left] == [{}] * len(left), run.trace()
    assert set(state.scopes) == {ROOT}, run.trace()
    assert set(state.variables) <= {ROOT}, run.trace()


def assert_effects_balance(run: Run) -> None:
    """Whatever was asked of the outside was taken back or answered exactly once."""
    opened = {e.wait for e in run.sent(CreateJob)}
    opened |= {e.wait for e in run.sent(CreateUserTask)}
    opened |= {e.wait for e in run.sent(ScheduleTimer)}
    opened |= {e.wait for e in run.sent(OpenSubscription)}
    opened |= {e.wait for e in run.sent(StartChild)}
    closed = Counter(e.wait for e in run.sent(CloseWait))
    assert closed == Counter(opened), run.trace()
    raised = Counter(e.incident.key for e in run.sent(RaiseIncident))
    assert Counter(e.incident for e in run.sent(ClearIncident)) == raised, run.trace()
    assert len(run.sent(EndInstance)) == 1


def assert_tokens_conserved(run: Run) -> None:
    """A token sent over a flow enters one visit, or is parked; a join takes one from each flow."""
    graph = run.graph
    sent = Counter(flow for f in run.facts if isinstance(f, ElementCompleted) for flow in f.flows)
    entered = Counter(f.node for f in run.facts if isinstance(f, ElementEntered))
    undone = Counter(f.node for f in run.facts if isinstance(f, CompensationEntered))
    ended = Counter(
        f.node
        for f in run.facts
        if isinstance(f, ElementCompleted | ElementTerminated | ElementCompensated)
    )
    parked = Counter(f.flow for f in run.facts if isinstance(f, TokenParked))
    fired, consumed = joins_fired(run, graph)
    assert ended == entered + undone, run.trace()
    for node in graph.nodes:
        if not node.incoming:
            continue
        if node.kind in JOINS and len(node.incoming) > 1:
            assert entered[node.index] == fired[node.index], node.ref
            for flow in node.incoming:
                assert parked[flow] == sent[flow], graph.edges[flow].flow_id
                assert consumed[flow] <= parked[flow], graph.edges[flow].flow_id
                if node.kind is NodeKind.PARALLEL:
                    assert consumed[flow] == fired[node.index], graph.edges[flow].flow_id
        else:
            assert entered[node.index] == sum(sent[flow] for flow in node.incoming), node.ref


def assert_no_token_appears(run: Run) -> None:
    """What is interrupted takes its tokens along; none comes from nowhere, none is taken twice."""
    graph = run.graph
    sent = Counter(flow for f in run.facts if isinstance(f, ElementCompleted) for flow in f.flows)
    entered = Counter(f.node for f in run.facts if isinstance(f, ElementEntered))
    parked = Counter(f.flow for f in run.facts if isinstance(f, TokenParked))
    _, consumed = joins_fired(run, graph)
    assert consumed <= parked, run.trace()
    for node in graph.nodes:
        arrived = sum(sent[flow] for flow in node.incoming)
        assert not node.incoming or entered[node.index] <= arrived, node.ref


def joins_fired(run: Run, graph: ProcessGraph) -> tuple[Counter[int], Counter[int]]:
    """Return how often each join fired, and how many tokens were taken from each flow."""
    fired: Counter[int] = Counter()
    consumed: Counter[int] = Counter()
    for fact in run.facts:
        if isinstance(fact, TokensConsumed):
            fired[graph.edges[fact.flows[0]].target] += 1
            consumed.update(fact.flows)
    return fired, consumed
