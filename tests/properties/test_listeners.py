"""Random processes whose elements have listeners, of either Camunda, wherever they may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, note
from hypothesis import strategies as st
from lxml import etree

from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.facts import ElementCompleted
from bpmn_engine.kernel.lifecycle import InstanceStatus
from tests.kernel import Run, compiled
from tests.listeners import camunda_xml, on_process, zeebe_xml
from tests.properties.blocks import Drawn, blocks, calm_blocks, drawn
from tests.properties.effort import careful
from tests.properties.player import Player
from tests.properties.test_kernel import assert_effects_balance, assert_nothing_open

ADDED = frozenset(
    {NodeKind.LISTENERS, NodeKind.PROCESS_START, NodeKind.PROCESS_END, NodeKind.PROCESS_CANCEL}
)
"""Nodes that only listeners bring."""
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway"})
TASKS = frozenset({"serviceTask", "userTask", "task", "scriptTask", "subProcess"})
LISTENERS = {
    "old": camunda_xml("start class before", "end class after"),
    "new": zeebe_xml("start before", "end after"),
    "gateway": zeebe_xml("start before"),
    "flow": camunda_xml("take class taken"),
    "process": camunda_xml("start class opened", "end class closed"),
}


def listened(picture: Drawn, choose: Callable[[int], int]) -> bytes:
    """Give some elements of a drawn process listeners; the process itself, too."""
    root = etree.fromstring(picture.xml)
    untaken = {node.get("id") for node in root.iter(f"{BPMN}eventBasedGateway")}
    for element in list(root.iter(etree.Element)):
        name = etree.QName(element).localname
        kinds = ("old", "new") if name in TASKS else ()
        kinds = ("gateway",) if name in GATEWAYS else kinds
        if name == "sequenceFlow" and element.get("sourceRef") not in untaken:
            kinds = ("flow",)
        chosen = choose(len(kinds) + 2) if kinds and element.tag.startswith(BPMN) else len(kinds)
        if chosen < len(kinds):
            _extend(element, LISTENERS[kinds[chosen]])
    return on_process(etree.tostring(root).replace(b"&gt;", b"&#62;"), LISTENERS["process"])


def _extend(element, extensions: str) -> None:
    namespaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in element.nsmap.items())
    inside = etree.fromstring(f"<box {namespaces}>{extensions}</box>")
    box = element.find(f"{BPMN}extensionElements")
    if box is None:
        box = etree.Element(f"{BPMN}extensionElements")
        element.insert(0, box)
    box.extend(list(inside))


def started(block, data: st.DataObject, *, restarts: bool = False) -> Player:
    """Draw a process, give it listeners and start it."""

    def choose(choices: int) -> int:
        return data.draw(st.integers(0, choices - 1))

    picture = drawn(block)
    player = Player(compiled(listened(picture, choose)), choose, restarts=restarts)
    player.start(picture.variables)
    return player


def jobs(run: Run, job_type: str) -> Counter[str]:
    """Count the jobs of a type by their element."""
    created = (job for job in run.sent(CreateJob) if job.job_type == job_type)
    return Counter(run.name(job.node) for job in created)


@careful(40)
@given(blocks, st.data())
def test_every_run_with_listeners_ends_and_leaves_nothing_open(block, data):
    player = started(block, data)

    player.play()

    note(player.run.trace())
    assert player.run.state.status is InstanceStatus.COMPLETED
    assert_nothing_open(player.run)
    assert_effects_balance(player.run)


@careful(40)
@given(calm_blocks, st.data())
def test_listeners_are_called_once_for_each_visit_and_change_no_way(block, data):
    player = started(block, data, restarts=True)
    plain = Player(
        compiled(drawn(block).xml), lambda choices: data.draw(st.integers(0, choices - 1))
    )
    plain.start(drawn(block).variables)

    player.play()
    plain.play()

    run = player.run
    note(run.trace())
    assert _passed(run) == _passed(plain.run)
    completed = Counter(fact.node for fact in run.facts if isinstance(fact, ElementCompleted))
    called = Counter(job.node for job in run.sent(CreateJob) if job.job_type == "after")
    for node in run.graph.nodes:
        if node.listeners is not None and node.listeners.end:
            assert called[node.index] == completed[node.index], node.ref
    assert jobs(run, "opened") == jobs(run, "closed") == {"p": 1}


def _passed(run: Run) -> Counter[str]:
    """Count what was completed and drawn, by its ref."""
    nodes = (run.graph.nodes[f.node] for f in run.facts if isinstance(f, ElementCompleted))
    return Counter(node.ref for node in nodes if node.kind not in ADDED)


@careful(40)
@given(blocks, st.integers(0, 20), st.data())
def test_a_cancelled_instance_with_listeners_ends_as_terminated(block, steps, data):
    player = started(block, data, restarts=True)
    player.play(at_most=steps)

    if player.run.state.status is InstanceStatus.ACTIVE:
        player.cancel()
        player.play()

        note(player.run.trace())
        assert player.run.state.status is InstanceStatus.TERMINATED
        assert_nothing_open(player.run)
        assert_effects_balance(player.run)
