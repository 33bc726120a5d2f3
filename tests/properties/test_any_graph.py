"""Graphs drawn at random, sound or not: the kernel always comes to rest and can be cancelled."""

from __future__ import annotations

from hypothesis import assume, given, note
from hypothesis import strategies as st

from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Element,
    ad_hoc,
    again,
    complex_gateway,
    end,
    exclusive,
    inclusive,
    parallel,
    process,
    service,
    start,
    subprocess,
    task,
    terminate,
)
from tests.properties.effort import careful
from tests.properties.player import Player
from tests.properties.test_kernel import assert_nothing_open

KINDS = {
    "task": task,
    "service": lambda: service("work"),
    "exclusive": exclusive,
    "parallel": parallel,
    "inclusive": inclusive,
    "complex": lambda: complex_gateway("activationCount >= 2"),
    "discriminator": lambda: complex_gateway("activationCount >= 1"),
    "loop": lambda: task(loop=again(maximum="3")),
    "quantity": lambda: task(startQuantity="2", completionQuantity="2"),
    "adhoc": lambda: ad_hoc(sequential=True, a=service("work"), b=task()),
    "sub": lambda: subprocess("a -> b", a=start(), b=end()),
}
CHOOSING = ("exclusive", "inclusive")
MOST_FLOWS = 30
MOST_STEPS = 12


@st.composite
def graphs(draw: st.DrawFn) -> bytes:
    """Draw a process whose elements are connected in any way."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
    names = [f"{kind}{index}" for index, kind in enumerate(kinds)]
    elements: dict[str, Element] = {
        "start": start(),
        "end": draw(st.sampled_from([end(), terminate()])),
    }
    elements |= {name: KINDS[kind]() for name, kind in zip(names, kinds, strict=True)}
    flows = [f"start -> {names[0]}"]
    for name, kind in zip(names, kinds, strict=True):
        targets = draw(
            st.lists(st.sampled_from([*names, "end"]), min_size=1, max_size=3, unique=True)
        )
        for index, target in enumerate(targets):
            if kind not in CHOOSING or len(targets) == 1:
                flows.append(f"{name} -> {target}")
            elif index == 0:
                flows.append(f"{name} -> {target} default")
            else:
                flows.append(f"{name} -> {target} if {str(draw(st.booleans())).lower()}")
    return process(*flows, **elements)


@careful(60)
@given(graphs(), st.data())
def test_every_step_comes_to_rest_and_survives_a_restart(xml, data):
    player = started(xml, data)

    player.play(at_most=MOST_STEPS)

    note(xml.decode())
    note(player.run.trace())
    run = player.run
    assert fold(run.facts) == run.state
    if run.state.status is InstanceStatus.ACTIVE:
        assert run.state.waits or run.state.incidents, "it waits for nothing"
        player.apply(CancelInstance())
    assert_nothing_open(run)


def started(xml: bytes, data: st.DataObject) -> Player:
    """Start the process, if it can be deployed."""
    definitions = read_definitions(xml)
    assume(not isinstance(definitions, Refusal))
    graph = compile_process(definitions.processes[0])
    assert isinstance(graph, ProcessGraph)
    player = Player(graph, lambda choices: data.draw(st.integers(0, choices - 1)), restarts=True)
    player.run.max_flows = MOST_FLOWS
    player.start({})
    return player
