"""Files of global tasks (BPMN 2.0.2, section 10.3.6): each is deployed by its id, to be called.

A file that has a process keeps its global tasks to itself; its call activities do them in place.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Process
from bpmn_engine.model.flow_nodes import AnyFlowNode, SequenceFlow
from bpmn_engine.parser.activities import GLOBAL_TASKS, read_task_as
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.namespaces import children, element_id_of, line_of, local_name
from bpmn_engine.parser.place import Place, documentation_of


def global_tasks(root: Element) -> list[Element]:
    """Return the global tasks of a file that has no process."""
    if children(root, "process"):
        return []
    return [task for task in children(root, *GLOBAL_TASKS) if task.get("id")]


def read_global_tasks(diagram: Diagram) -> tuple[Process, ...]:
    """Read each as a process of this one task, with the global task's id and name."""
    return tuple(_process(diagram, task) for task in global_tasks(diagram.root))


def _process(diagram: Diagram, element: Element) -> Process:
    diagram.findings.used.add(element)
    place = Place(incoming=(), outgoing=(), read_scope=_nothing)
    task = read_task_as(diagram, element, place, GLOBAL_TASKS[local_name(element)])
    return Process(
        id=element_id_of(element),
        line=line_of(element),
        name=element.get("name") or None,
        nodes=(task,),
        flows=(),
        documentation=documentation_of(element),
        is_startable_by_hand=False,
    )


def _nothing(_element: Element) -> tuple[tuple[AnyFlowNode, ...], tuple[SequenceFlow, ...]]:
    return (), ()
