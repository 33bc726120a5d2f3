"""Processes (BPMN 2.0.2, section 10): which are executed, and what they say about themselves."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Process
from bpmn_engine.model.flow_nodes import AnyFlowNode, SequenceFlow
from bpmn_engine.model.time_to_live import read_time_to_live
from bpmn_engine.parser.data_associations import data_of_process
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.listeners import read_listeners
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    full_name,
    is_for_camunda,
    is_true,
    line_of,
    text_of,
)
from bpmn_engine.parser.place import documentation_of
from bpmn_engine.parser.user_tasks import split_owners


def executable_processes(root: Element) -> tuple[Element, ...]:
    """Return the process elements that are executed, in document order.

    A process that does not say is executed when there is anything in it, as in Camunda 7; an
    empty one is a black box.
    """
    return tuple(process for process in children(root, "process") if _is_executable(process))


def _is_executable(process: Element) -> bool:
    if process.get("isExecutable") is not None:
        return is_true(process, "isExecutable")
    return any(child.get("id") for child in process if child.tag not in _NOT_FLOW)


_NOT_FLOW = frozenset(
    full_name(local) for local in ("documentation", "extensionElements", "laneSet", "property")
)


def read_process(
    diagram: Diagram,
    element: Element,
    *,
    nodes: tuple[AnyFlowNode, ...],
    flows: tuple[SequenceFlow, ...],
) -> Process:
    """Read what the process element itself says."""
    users, groups = _starters(diagram, element)
    return Process(
        id=element_id_of(element),
        line=line_of(element),
        name=element.get("name") or None,
        nodes=nodes,
        flows=flows,
        version_tag=_version_tag(diagram, element),
        documentation=documentation_of(element),
        history_time_to_live=_history_time_to_live(diagram, element),
        candidate_starter_groups=groups,
        candidate_starter_users=users,
        listeners=read_listeners(diagram, element),
        is_startable_by_hand=diagram.take(element, "camunda:isStartableInTasklist") != "false",
        starts_all_alone=not is_for_camunda(diagram.root),
        data=data_of_process(diagram, element),
    )


def _history_time_to_live(diagram: Diagram, element: Element) -> str | None:
    """Take it if it can be read; else it is documentation."""
    text = element.get(full_name("camunda:historyTimeToLive"))
    if text is None or read_time_to_live(text) is None:
        return None
    return diagram.take(element, "camunda:historyTimeToLive")


def _version_tag(diagram: Diagram, element: Element) -> str | None:
    extension = diagram.extension(element, "zeebe:versionTag")
    if extension is not None and extension.get("value"):
        return extension.get("value")
    return diagram.take(element, "camunda:versionTag")


def _starters(diagram: Diagram, element: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    users = list(_names(diagram.take(element, "camunda:candidateStarterUsers")))
    groups = list(_names(diagram.take(element, "camunda:candidateStarterGroups")))
    for starter in diagram.extensions(element, "camunda:potentialStarter"):
        more_users, more_groups = split_owners(text_of(starter))
        users += more_users
        groups += more_groups
    return tuple(users), tuple(groups)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
