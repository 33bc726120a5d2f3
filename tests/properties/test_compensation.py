"""Handlers run once for each completed activity, the last one first (section 13.5.5)."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given, note
from hypothesis import strategies as st

from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.kernel.facts import (
    CompensationThrown,
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
)
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT
from tests.diagrams import compensate, end
from tests.kernel import Run, compiled
from tests.properties.blocks import Block, blocks, drawn, undone_blocks
from tests.properties.effort import careful
from tests.properties.player import Player
from tests.properties.test_kernel import assert_nothing_open


def started(block: Block, data: st.DataObject, *, restarts: bool) -> Player:
    """Draw the process of a block that ends with compensation, and start it."""
    picture = drawn(block, end(compensate()))
    player = Player(
        compiled(picture.xml),
        lambda choices: data.draw(st.integers(0, choices - 1)),
        restarts=restarts,
    )
    player.start(picture.variables)
    return player


@careful(60)
@given(undone_blocks, st.data())
def test_handlers_run_once_for_each_completed_activity_in_reverse_order(block, data):
    player = started(block, data, restarts=False)

    player.play()

    note(player.run.trace())
    run = player.run
    position = thrown_at(run)
    assert handlers_entered(run, position) == expected(run, position)
    assert run.is_completed
    assert_nothing_open(run)


@careful(40)
@given(undone_blocks, st.data())
def test_a_restart_after_every_step_of_compensation_changes_nothing(block, data):
    player = started(block, data, restarts=True)

    player.play()

    note(player.run.trace())
    run = player.run
    position = thrown_at(run)
    assert handlers_entered(run, position) == expected(run, position)
    assert fold(run.facts) == run.state


@careful(60)
@given(blocks, st.data())
def test_whatever_is_thrown_and_interrupted_nothing_is_undone_twice(block, data):
    player = started(block, data, restarts=True)

    player.play()

    note(player.run.trace())
    run = player.run
    entered = Counter(handlers_entered(run, 0))
    done = Counter(f"undo_{name}" for name in run.passed if name.startswith("undone"))
    assert entered <= done
    for fact in run.facts:
        if isinstance(fact, CompensationThrown):
            scopes = [scope for scope, _ in fact.claims]
            assert scopes == sorted(scopes)
            assert len(set(fact.claims)) == len(fact.claims)
    assert_nothing_open(run)


@careful(40)
@given(undone_blocks, st.integers(0, 20), st.data())
def test_cancelling_while_it_compensates_leaves_nothing_open(block, steps, data):
    player = started(block, data, restarts=False)
    player.play(at_most=steps)

    if player.run.state.status is InstanceStatus.ACTIVE:
        player.apply(CancelInstance())

    note(player.run.trace())
    assert_nothing_open(player.run)


# The standard's order, worked out from the visits alone -----------------------------------------


def thrown_at(run: Run) -> int:
    """Return where in the facts the end event of the process is reached."""
    nodes = run.graph.nodes
    return next(
        index
        for index, fact in enumerate(run.facts)
        if isinstance(fact, ElementEntered)
        and fact.scope == ROOT
        and nodes[fact.node].kind is NodeKind.COMPENSATION_THROW
        and not nodes[fact.node].outgoing
    )


def handlers_entered(run: Run, position: int) -> list[str]:
    """Return the handlers entered after a position, in order."""
    return [
        run.name(fact.node)
        for fact in run.facts[position:]
        if isinstance(fact, ElementEntered) and run.name(fact.node).startswith("undo_")
    ]


def expected(run: Run, position: int) -> list[str]:
    """Return the handlers of what had completed, inside out, in reverse order of completion."""
    inside: defaultdict[int, list[str]] = defaultdict(list)  #: scope -> handlers, oldest first
    for fact in run.facts[:position]:
        if isinstance(fact, ElementCompleted):
            name = run.name(fact.node)
            own = inside.pop(fact.key, [])
            if name.startswith("undone") and not own:
                own = [f"undo_{name}"]
            inside[fact.scope] += own
        elif isinstance(fact, ElementTerminated):
            inside.pop(fact.key, None)
    return inside[ROOT][::-1]
