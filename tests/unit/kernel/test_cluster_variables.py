"""Cluster variables are given to a step, and seen where no variable has their name."""

from __future__ import annotations

import pytest

from bpmn_engine.graph.cluster_reading import reads_cluster
from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY, ROOT, InstanceState
from bpmn_engine.kernel.step import Step, step
from bpmn_engine.values import Variables
from tests.kernel import MONDAY, compiled

CLUSTER: Variables = {"vars": {"cluster": {"RATE": 2}, "tenant": {}, "env": {"RATE": 2}}}


def script(expression: str) -> bytes:
    return f"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:scriptTask id="add"><bpmn:extensionElements>
      <zeebe:script expression="={expression}" resultVariable="y"/></bpmn:extensionElements>
    </bpmn:scriptTask>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="add"/>
    <bpmn:sequenceFlow id="f2" sourceRef="add" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>""".encode()


def begun(expression: str, cluster: Variables, **variables: object) -> InstanceState:
    command = StartInstance(variables=variables)
    done = step(compiled(script(expression)), EMPTY, command, MONDAY, cluster=cluster)
    assert isinstance(done, Step), done
    return done.state


def test_an_expression_reads_a_cluster_variable() -> None:
    state = begun("camunda.vars.env.RATE * amount", CLUSTER, amount=21)

    assert state.status is InstanceStatus.COMPLETED
    assert state.variables[ROOT]["y"] == 42


def test_a_variable_of_the_process_comes_before_cluster_variables() -> None:
    state = begun("camunda.vars.env.RATE", CLUSTER, camunda={"vars": {"env": {"RATE": 9}}})

    assert state.variables[ROOT]["y"] == 9


@pytest.mark.parametrize("cluster", [CLUSTER, {}])
def test_one_that_does_not_exist_is_an_incident_that_names_it(cluster) -> None:
    state = begun("camunda.vars.env.PRICE", cluster)

    ((_, incident),) = state.incidents.items()
    assert ("PRICE" if cluster else "camunda") in incident.message


@pytest.mark.parametrize(
    ("expression", "is_read"),
    [("camunda.vars.env.RATE", True), ("1 + 1", False), ("camundas + 1", False)],
)
def test_a_process_is_known_to_read_them(expression, is_read) -> None:
    assert reads_cluster(compiled(script(expression))) is is_read
