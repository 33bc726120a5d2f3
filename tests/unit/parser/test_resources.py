"""Lanes and resource roles, as they are read (BPMN 2.0.2, sections 10.3.1 and 10.8)."""

from __future__ import annotations

import pytest

from bpmn_engine.model.definitions import Coverage, Definitions, Refusal
from bpmn_engine.model.extensions import Resource, UserTaskDefinition
from bpmn_engine.model.flow_nodes import SubProcess, Task
from bpmn_engine.parser.reader import read_definitions
from tests.unit.parser.reading import CAMUNDA, PLAIN, file

FLOWS = '<sequenceFlow id="f" sourceRef="s" targetRef="u"/>'
TASK = '<startEvent id="s"/><userTask id="u">{roles}</userTask>' + FLOWS
RESOURCES = '<resource id="r" name="Clerks"/><resource id="m" name="Manager"/>'


def lane(
    name: str = "", *nodes: str, inner: str = "", lane_id: str = "l", **attributes: str
) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    named = f' name="{name}"' if name else ""
    references = "".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes)
    child = f'<childLaneSet id="{lane_id}_set">{inner}</childLaneSet>' if inner else ""
    return f'<lane id="{lane_id}"{named}{written}>{references}{child}</lane>'


def lanes(*drawn: str) -> str:
    return f'<laneSet id="ls">{"".join(drawn)}</laneSet>'


def role(tag: str, inner: str) -> str:
    return f'<{tag} id="{tag}_1">{inner}</{tag}>'


def reference(resource: str = "r", bindings: str = "") -> str:
    return f"<resourceRef>{resource}</resourceRef>{bindings}"


def expression(text: str) -> str:
    return (
        f"<resourceAssignmentExpression><formalExpression>{text}</formalExpression>"
        "</resourceAssignmentExpression>"
    )


def accepted(body: str, **options: str) -> Definitions:
    definitions = read_definitions(file(body, **{"namespaces": PLAIN, **options}))
    assert isinstance(definitions, Definitions), definitions.violations
    return definitions


def task_of(definitions: Definitions, element_id: str = "u") -> UserTaskDefinition:
    pending = list(definitions.processes[0].nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, SubProcess):
            pending.extend(node.nodes)
        elif isinstance(node, Task) and node.id == element_id:
            assert node.user_task is not None
            return node.user_task
    raise AssertionError(element_id)


def fate(definitions: Definitions, element_id: str) -> Coverage:
    return next(
        entry.coverage
        for entry in definitions.certificate.entries
        if entry.element_id == element_id
    )


# Lanes ------------------------------------------------------------------------------------------


def test_a_lane_offers_its_user_task_to_the_group_of_its_name():
    definitions = accepted(lanes(lane("Sales", "s", "u")) + TASK.format(roles=""))

    assert task_of(definitions).resources == (Resource(name="Sales", is_lane=True),)
    assert fate(definitions, "l") is Coverage.EXECUTED
    assert fate(definitions, "ls") is Coverage.EXECUTED


def test_the_innermost_lane_holds():
    inner = lane("Invoices", "u", lane_id="i")
    definitions = accepted(lanes(lane("Sales", "s", "u", inner=inner)) + TASK.format(roles=""))

    assert task_of(definitions).resources == (Resource(name="Invoices", is_lane=True),)


def test_a_lane_without_a_name_leaves_it_to_the_lane_around_it():
    inner = lane("", "u", lane_id="i")
    definitions = accepted(lanes(lane("Sales", "s", inner=inner)) + TASK.format(roles=""))

    assert task_of(definitions).resources == (Resource(name="Sales", is_lane=True),)


def test_a_lane_names_the_resource_it_partitions_by():
    drawn = lanes(lane("Row 1", "u", partitionElementRef="r"))
    definitions = accepted(drawn + TASK.format(roles=""), roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Clerks", is_lane=True),)
    assert fate(definitions, "r") is Coverage.EXECUTED


def test_a_lane_names_the_resource_of_the_role_in_it():
    role_in_it = (
        '<partitionElement id="pe" xsi:type="tPotentialOwner"><resourceRef>m</resourceRef>'
        "</partitionElement>"
    )
    drawn = lanes(lane("Row 1", "u")).replace("<flowNodeRef>", f"{role_in_it}<flowNodeRef>")
    definitions = accepted(drawn + TASK.format(roles=""), roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Manager", is_lane=True),)


def test_a_lane_that_partitions_by_something_else_is_known_by_its_name():
    drawn = lanes(lane("Sales", "u", partitionElementRef="x"))
    definitions = accepted(drawn + TASK.format(roles=""), roots='<message id="x" name="y"/>')

    assert task_of(definitions).resources == (Resource(name="Sales", is_lane=True),)


def test_a_task_in_a_sub_process_is_in_the_lane_of_the_sub_process():
    body = lanes(lane("Sales", "sub")) + '<subProcess id="sub"><userTask id="u"/></subProcess>'

    definitions = accepted(body)

    assert task_of(definitions).resources == (Resource(name="Sales", is_lane=True),)


def test_a_task_in_no_lane_is_offered_to_nobody_in_particular():
    definitions = accepted(lanes(lane("Sales", "s")) + TASK.format(roles=""))

    assert task_of(definitions).resources == ()
    assert fate(definitions, "l") is Coverage.DOCUMENTATION


def test_in_a_diagram_for_camunda_lanes_are_documentation():
    definitions = accepted(
        lanes(lane("Sales", "s", "u")) + TASK.format(roles=""), namespaces=CAMUNDA
    )

    assert task_of(definitions).resources == ()
    assert fate(definitions, "l") is Coverage.DOCUMENTATION


def test_a_role_of_the_task_holds_against_its_lane():
    drawn = lanes(lane("Sales", "u"))
    roles = role("potentialOwner", reference())
    definitions = accepted(drawn + TASK.format(roles=roles), roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Clerks"),)
    assert fate(definitions, "l") is Coverage.DOCUMENTATION


# Roles ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["performer", "humanPerformer", "potentialOwner"])
def test_a_role_names_a_resource(tag):
    roles = role(tag, reference())
    definitions = accepted(TASK.format(roles=roles), roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Clerks"),)
    assert fate(definitions, f"{tag}_1") is Coverage.EXECUTED
    assert fate(definitions, "r") is Coverage.EXECUTED


def test_a_role_that_says_nobody_leaves_it_to_the_lane():
    drawn = lanes(lane("Sales", "u")) + TASK.format(roles=role("resourceRole", reference()))
    definitions = accepted(drawn, roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Sales", is_lane=True),)
    assert fate(definitions, "resourceRole_1") is Coverage.DOCUMENTATION


def test_an_expression_of_a_performer_is_who_does_it():
    definitions = accepted(TASK.format(roles=role("performer", expression("= boss"))))

    assignee = task_of(definitions).assignee
    assert assignee is not None
    assert assignee.text == "= boss"


def test_a_role_binds_parameters_in_the_order_they_are_declared():
    resources = (
        '<resource id="r" name="Manager"><resourceParameter id="p1" name="region"/>'
        '<resourceParameter id="p2" name="rank"/></resource>'
    )
    bindings = "".join(
        f'<resourceParameterBinding parameterRef="{parameter}">'
        f"<formalExpression>{text}</formalExpression></resourceParameterBinding>"
        for parameter, text in (("p2", "rank"), ("p1", "region"))
    )
    roles = role("potentialOwner", reference(bindings=bindings))

    definitions = accepted(TASK.format(roles=roles), roots=resources)

    (resource,) = task_of(definitions).resources
    assert [parameter.text for parameter in resource.parameters] == ["region", "rank"]


def test_a_parameter_that_the_resource_does_not_declare_is_refused():
    bindings = (
        '<resourceParameterBinding parameterRef="p9"><formalExpression>1</formalExpression>'
        "</resourceParameterBinding>"
    )
    roles = role("potentialOwner", reference(bindings=bindings))

    refusal = read_definitions(file(TASK.format(roles=roles), namespaces=PLAIN, roots=RESOURCES))

    assert isinstance(refusal, Refusal)
    assert "dangling-reference" in [one.rule for one in refusal.violations]


def test_a_resource_that_does_not_exist_is_refused():
    roles = role("potentialOwner", reference("nobody"))

    refusal = read_definitions(file(TASK.format(roles=roles), namespaces=PLAIN))

    assert isinstance(refusal, Refusal)
    assert "dangling-reference" in [one.rule for one in refusal.violations]


def test_a_role_of_the_sub_process_holds_for_the_tasks_in_it():
    body = (
        f'<subProcess id="sub"><userTask id="u"/>{role("potentialOwner", reference())}'
        "</subProcess>"
    ).replace(
        f'<userTask id="u"/>{role("potentialOwner", reference())}',
        f'{role("potentialOwner", reference())}<userTask id="u"/>',
    )

    definitions = accepted(body, roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Clerks"),)


def test_a_role_of_the_process_holds_where_nothing_nearer_does():
    definitions = accepted(
        TASK.format(roles="") + role("potentialOwner", reference()), roots=RESOURCES
    )

    assert task_of(definitions).resources == (Resource(name="Clerks"),)


def test_a_lane_holds_against_a_role_of_the_process():
    body = lanes(lane("Sales", "u")) + TASK.format(roles="")
    definitions = accepted(body + role("potentialOwner", reference()), roots=RESOURCES)

    assert task_of(definitions).resources == (Resource(name="Sales", is_lane=True),)


def test_a_global_user_task_has_its_own_roles_and_the_lane_of_its_call():
    called = '<globalUserTask id="g">{roles}</globalUserTask>'
    body = (
        lanes(lane("Sales", "u"))
        + '<startEvent id="s"/><callActivity id="u" calledElement="g"/>'
        + FLOWS
    )
    own = called.format(roles=role("potentialOwner", reference()))

    with_roles = accepted(body, roots=RESOURCES + own)
    without = accepted(body, roots=called.format(roles=""))

    assert task_of(with_roles).resources == (Resource(name="Clerks"),)
    assert task_of(without).resources == (Resource(name="Sales", is_lane=True),)


def test_in_a_diagram_for_camunda_only_expressions_count():
    roles = role("humanPerformer", expression("alice")) + role("potentialOwner", reference())
    definitions = accepted(TASK.format(roles=roles), roots=RESOURCES, namespaces=CAMUNDA)

    assert task_of(definitions).assignee.text == "alice"
    assert task_of(definitions).resources == ()
    assert fate(definitions, "potentialOwner_1") is Coverage.DOCUMENTATION
