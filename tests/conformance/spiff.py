"""Runs a diagram on SpiffWorkflow's own runtime, as the oracle of the differential tests.

Both runtimes get the same file but for its expressions: ours FEEL, the other Python.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.values import JsonValue
from tests.conformance.world import World

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"

MOST_TASKS: Final = 5000
MOST_FLOWS: Final = 2000
_ENDLESS: Final = frozenset({IncidentKind.LIMIT, IncidentKind.STUCK_JOIN})


def visited_by_spiff(xml: bytes, variables: Mapping[str, JsonValue]) -> Counter[str]:
    """Return how often each element was completed on SpiffWorkflow's runtime."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(in_python(xml)))
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    for task in workflow.get_tasks(state=TaskState.READY):
        task.data.update(variables)
    for _ in range(MOST_TASKS):
        task = workflow.get_next_task(state=TaskState.READY)
        if task is None:
            break
        task.run()
        workflow.do_engine_steps()
    assert workflow.is_completed(), workflow.get_dump()
    completed = workflow.get_tasks(state=TaskState.COMPLETED)
    return _joins_once(
        xml, (t.task_spec.bpmn_id for t in completed if t.task_spec.bpmn_id is not None)
    )


def visited_by_us(xml: bytes, variables: Mapping[str, JsonValue]) -> Counter[str] | None:
    """Return how often each element was completed on our kernel.

    None if the choices make it move for ever, or let a join wait for ever.
    """
    instance = World(xml, max_flows=MOST_FLOWS).start("p", variables)
    if any(i.kind in _ENDLESS for i in instance.run.state.incidents.values()):
        return None
    assert instance.run.is_completed, instance.run.trace()
    return _joins_once(xml, instance.run.passed)


def _joins_once(xml: bytes, visited: Iterable[str]) -> Counter[str]:
    """Count visits, a join once: in a loop the other runtime counts tokens that came to it."""
    found = Counter(visited)
    for kind in ("parallelGateway", "inclusiveGateway"):
        for gateway in etree.fromstring(xml).iter(BPMN + kind):
            if found[gateway.get("id")]:
                found[gateway.get("id")] = 1
    return +found


def in_python(xml: bytes) -> bytes:
    """Return the diagram with its FEEL conditions and scripts in Python."""
    root = etree.fromstring(xml)
    for expression in (
        *root.iter(f"{BPMN}conditionExpression"),
        *root.iter(f"{BPMN}loopCardinality"),
    ):
        feel = (expression.text or "").strip().removeprefix("=")
        expression.text = re.sub(r"(?<![<>!])=", "==", feel).strip()
    for task in root.iter(f"{BPMN}scriptTask"):
        script = task.find(".//{*}script")
        assert script is not None
        source = (script.get("expression") or "").removeprefix("=").strip()
        etree.SubElement(task, f"{BPMN}script").text = f"{script.get('resultVariable')} = {source}"
    for extensions in list(root.iter(f"{BPMN}extensionElements")):
        parent = extensions.getparent()
        assert parent is not None
        parent.remove(extensions)
    return etree.tostring(root)


# Diagrams that were drawn for other things ----------------------------------------------------

_TASKS: Final = frozenset(
    {
        "serviceTask",
        "userTask",
        "scriptTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "manualTask",
        "callActivity",
    }
)
_DROPPED: Final = frozenset(
    {"extensionElements", "laneSet", "ioSpecification", "multiInstanceLoopCharacteristics"}
)
_KEPT: Final = frozenset({"incoming", "outgoing"})


@dataclass(frozen=True)
class Skeleton:
    """A process `p` of plain tasks, and the flows that a variable `take_<flow id>` opens."""

    xml: bytes
    exclusive: tuple[tuple[str, ...], ...]  #: of each gateway; one is to be taken
    inclusive: tuple[tuple[str, ...], ...]  #: of each gateway; at least one is to be taken


def skeleton(xml: bytes) -> Skeleton:
    """Return a drawn process with plain tasks for all work.

    Events that wait become tasks; boundary events, what only they lead to, and further start
    events are left out.
    """
    root = etree.fromstring(xml)
    for element in list(root):
        if element.tag != f"{BPMN}process":
            root.remove(element)
    for later in root.findall(f"{BPMN}process")[1:]:
        root.remove(later)
    process = root.find(f"{BPMN}process")
    assert process is not None
    process.set("id", "p")
    for element in list(process.iter()):
        if isinstance(element.tag, str) and element.tag.startswith(BPMN):
            _simplify(element)
    _drop_unreachable(process)
    exclusive = _condition_by_variable(process, "exclusiveGateway")
    inclusive = _condition_by_variable(process, "inclusiveGateway")
    return Skeleton(etree.tostring(root), exclusive, inclusive)


def _simplify(element: etree._Element) -> None:
    local = element.tag.removeprefix(BPMN)
    parent = element.getparent()
    if local in _DROPPED and parent is not None:
        parent.remove(element)
    elif local in _TASKS or local == "intermediateCatchEvent":
        element.tag = f"{BPMN}task"
        _keep_flows_only(element)
    elif local in {"startEvent", "endEvent", "intermediateThrowEvent"}:
        _keep_flows_only(element)
    elif local == "eventBasedGateway":
        element.tag = f"{BPMN}exclusiveGateway"


def _keep_flows_only(element: etree._Element) -> None:
    for name in set(element.attrib) - {"id"}:
        del element.attrib[name]
    for child in list(element):
        if child.tag not in {BPMN + kept for kept in _KEPT}:
            element.remove(child)


def _drop_unreachable(process: etree._Element) -> None:
    """Remove boundary events and what only they lead to."""
    for scope in [process, *process.iter(f"{BPMN}subProcess")]:
        _keep_reachable(scope)


def _keep_reachable(scope: etree._Element) -> None:
    flows = scope.findall(f"{BPMN}sequenceFlow")
    reached = {start.get("id") for start in scope.findall(f"{BPMN}startEvent")[:1]}
    pending = list(reached)
    while pending:
        source = pending.pop()
        targets = {flow.get("targetRef") for flow in flows if flow.get("sourceRef") == source}
        pending += targets - reached
        reached |= targets
    gone = {flow.get("id") for flow in flows if flow.get("sourceRef") not in reached}
    for child in list(scope):
        name = child.get("id")
        is_kept = name not in gone if child in flows else name is None or name in reached
        if not is_kept:
            scope.remove(child)
    for tag in ("incoming", "outgoing"):
        for reference in scope.findall(f"{BPMN}*/{BPMN}{tag}"):
            parent = reference.getparent()
            if parent is not None and (reference.text or "").strip() in gone:
                parent.remove(reference)


def _condition_by_variable(process: etree._Element, kind: str) -> tuple[tuple[str, ...], ...]:
    choices = []
    for gateway in process.iter(BPMN + kind):
        gateway.attrib.pop("default", None)
        flows = [
            flow
            for flow in process.iter(f"{BPMN}sequenceFlow")
            if flow.get("sourceRef") == gateway.get("id")
        ]
        for flow in flows:
            for child in list(flow):
                flow.remove(child)
            if len(flows) > 1:
                condition = etree.SubElement(flow, f"{BPMN}conditionExpression")
                condition.text = f"= take_{flow.get('id')}"
        if len(flows) > 1:
            choices.append(tuple(str(flow.get("id")) for flow in flows))
    return tuple(choices)
