"""What holds for every shipped diagram: drawn in full, and nothing it names is missing."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from lxml import etree
from lxml.etree import _Element as Element

from adapters import ADAPTERS
from processes.simulator import SIMULATIONS

PROCESSES = Path(__file__).parents[3] / "processes"
FOLDERS = sorted(path.parent for path in PROCESSES.glob("*/*.bpmn"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
FLOW_NODE_ENDINGS = ("Event", "Task", "task", "Gateway", "subProcess", "callActivity")
GROUPS = {"sales", "warehouse", "hr", "it", "managers", "finance"}
BESIDE_LABEL = 4  # pixels that two neighbours may share

Box = tuple[float, float, float, float]  # left, top, right, bottom

every_process = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


def diagram(folder: Path) -> Element:
    return etree.parse(folder / f"{folder.name}.bpmn").getroot()


def flow_nodes(root: Element) -> list[Element]:
    return [
        node
        for process in root.iter(f"{BPMN}process")
        for node in process.iter()
        if isinstance(node.tag, str)
        and node.tag.startswith(BPMN)
        and node.tag.endswith(FLOW_NODE_ENDINGS)
    ]


def job_types(root: Element) -> set[str]:
    zeebe = {task.get("type", "") for task in root.iter(f"{ZEEBE}taskDefinition")}
    camunda = {task.get(f"{CAMUNDA}topic", "") for task in root.iter(f"{BPMN}serviceTask")}
    return (zeebe | camunda) - {""}


def form_ids(root: Element) -> set[str]:
    zeebe = {form.get("formId", "") for form in root.iter(f"{ZEEBE}formDefinition")}
    camunda = {node.get(f"{CAMUNDA}formRef", "") for node in flow_nodes(root)}
    return (zeebe | camunda) - {""}


def bounds_of(shape: Element) -> Box:
    bounds = next(shape.iterchildren(f"{DC}Bounds"))
    x, y, width, height = (float(bounds.get(key, "")) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def overlap(one: Box, other: Box) -> bool:
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > BESIDE_LABEL
        and min(one[3], other[3]) - max(one[1], other[1]) > BESIDE_LABEL
    )


def test_all_three_processes_are_shipped() -> None:
    names = [folder.name for folder in FOLDERS]

    assert names == ["customer_value_stream", "employee_onboarding", "order_fulfilment"]


@every_process
def test_folder_names_the_one_executable_process(folder: Path) -> None:
    processes = list(diagram(folder).iter(f"{BPMN}process"))

    assert [process.get("id") for process in processes] == [folder.name]
    assert processes[0].get("isExecutable") == "true"


@every_process
def test_every_flow_node_flow_and_note_is_drawn(folder: Path) -> None:
    root = diagram(folder)
    shown = {shape.get("bpmnElement") for shape in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge")}

    modelled = {node.get("id") for node in flow_nodes(root)}
    modelled |= {flow.get("id") for flow in root.iter(f"{BPMN}sequenceFlow")}
    modelled |= {note.get("id") for note in root.iter(f"{BPMN}textAnnotation")}

    assert shown == modelled


@every_process
def test_every_element_has_a_name_and_an_id_that_speaks(folder: Path) -> None:
    nodes = flow_nodes(diagram(folder))

    unnamed = [node.get("id") for node in nodes if not node.get("name")]
    generated = [node.get("id") for node in nodes if "_" in node.get("id", "")]

    assert unnamed == []
    assert generated == []


@every_process
def test_every_flow_out_of_a_splitting_gateway_has_a_name(folder: Path) -> None:
    root = diagram(folder)
    flows = {flow.get("id"): flow for flow in root.iter(f"{BPMN}sequenceFlow")}
    gateways = [node for node in flow_nodes(root) if str(node.tag).endswith("Gateway")]

    unnamed = [
        out.text
        for gateway in gateways
        for out in gateway.findall(f"{BPMN}outgoing")
        if len(gateway.findall(f"{BPMN}outgoing")) > 1 and not flows[out.text].get("name")
    ]

    assert unnamed == []


@every_process
def test_every_choice_has_a_default_and_conditions_elsewhere(folder: Path) -> None:
    root = diagram(folder)
    flows = {flow.get("id"): flow for flow in root.iter(f"{BPMN}sequenceFlow")}

    for gateway in root.iter(f"{BPMN}exclusiveGateway", f"{BPMN}inclusiveGateway"):
        outgoing = [out.text for out in gateway.findall(f"{BPMN}outgoing")]
        if len(outgoing) == 1:
            continue
        bare = [
            flow_id
            for flow_id in outgoing
            if flows[flow_id].find(f"{BPMN}conditionExpression") is None
        ]

        assert bare == [gateway.get("default")]


@every_process
def test_no_two_shapes_overlap(folder: Path) -> None:
    root = diagram(folder)
    containers = {node.get("id") for node in root.iter(f"{BPMN}subProcess")}
    attached = {node.get("id") for node in root.iter(f"{BPMN}boundaryEvent")}
    shapes = [
        (shape.get("bpmnElement"), bounds_of(shape))
        for shape in root.iter(f"{DI}BPMNShape")
        if shape.get("bpmnElement") not in containers | attached
    ]

    clashes = [
        (name, other)
        for index, (name, bounds) in enumerate(shapes)
        for other, other_bounds in shapes[index + 1 :]
        if overlap(bounds, other_bounds)
    ]

    assert clashes == []


@every_process
def test_no_label_covers_a_shape_or_another_label(folder: Path) -> None:
    root = diagram(folder)
    containers = {node.get("id") for node in root.iter(f"{BPMN}subProcess")}
    shapes = [
        (shape.get("bpmnElement"), bounds_of(shape))
        for shape in root.iter(f"{DI}BPMNShape")
        if shape.get("bpmnElement") not in containers
    ]
    labels = [
        (shape.get("bpmnElement"), bounds_of(label))
        for shape in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge")
        for label in shape.iterchildren(f"{DI}BPMNLabel")
        if label.find(f"{DC}Bounds") is not None
    ]

    clashes = [
        (name, other)
        for index, (name, bounds) in enumerate(labels)
        for other, other_bounds in [*shapes, *labels[index + 1 :]]
        if overlap(bounds, other_bounds)
    ]

    assert clashes == []


@every_process
def test_every_flow_runs_in_straight_horizontal_and_vertical_lines(folder: Path) -> None:
    for edge in diagram(folder).iter(f"{DI}BPMNEdge"):
        points = [
            (float(point.get("x", "")), float(point.get("y", "")))
            for point in edge.iterchildren(f"{WAYPOINT}waypoint")
        ]

        slanted = [
            (one, other)
            for one, other in itertools.pairwise(points)
            if one[0] != other[0] and one[1] != other[1]
        ]

        assert slanted == [], edge.get("bpmnElement")


@every_process
def test_every_form_is_used_and_has_its_own_id(folder: Path) -> None:
    forms = {path.stem: json.loads(path.read_text()) for path in folder.glob("forms/*.form")}

    used = form_ids(diagram(folder))

    assert used == set(forms)
    assert {name: form["id"] for name, form in forms.items()} == {name: name for name in forms}


def test_form_ids_are_unique_over_all_processes() -> None:
    names = [path.stem for path in PROCESSES.glob("*/forms/*.form")]

    assert sorted(set(names)) == sorted(names)


@every_process
def test_form_fields_have_unique_ids_and_labels(folder: Path) -> None:
    for path in folder.glob("forms/*.form"):
        components = json.loads(path.read_text())["components"]
        ids = [component["id"] for component in components]

        assert len(set(ids)) == len(ids)
        assert all(
            component.get("label") or component.get("dateLabel")
            for component in components
            if component["type"] != "text"
        )


@every_process
def test_every_job_type_is_served_by_an_adapter_or_the_simulator(folder: Path) -> None:
    served = set(ADAPTERS) | set(SIMULATIONS)

    assert job_types(diagram(folder)) - served == set()


def test_every_simulation_answers_a_job_type_of_some_diagram() -> None:
    asked = {job_type for folder in FOLDERS for job_type in job_types(diagram(folder))}

    assert set(SIMULATIONS) - asked == set()


@every_process
def test_people_are_asked_by_known_groups(folder: Path) -> None:
    root = diagram(folder)
    zeebe = {task.get("candidateGroups") for task in root.iter(f"{ZEEBE}assignmentDefinition")}
    camunda = {task.get(f"{CAMUNDA}candidateGroups") for task in root.iter(f"{BPMN}userTask")}

    assert (zeebe | camunda) - {None} <= GROUPS
    assert len(list(root.iter(f"{BPMN}userTask"))) > 0


@every_process
def test_readme_names_every_job_type_form_message_signal_and_error_code(folder: Path) -> None:
    root = diagram(folder)
    readme = (folder / "README.md").read_text()
    names = {message.get("name", "") for message in root.iter(f"{BPMN}message")}
    names |= {signal.get("name", "") for signal in root.iter(f"{BPMN}signal")}
    names |= {error.get("errorCode", "") for error in root.iter(f"{BPMN}error")}

    unnamed = [
        name
        for name in sorted(names | job_types(root) | form_ids(root))
        if f"`{name}`" not in readme
    ]

    assert unnamed == []
