"""Diagrams that the acceptance tests deploy."""

import json

APPROVAL_FORM = {
    "type": "default",
    "id": "approval",
    "schemaVersion": 18,
    "components": [
        {"type": "textfield", "id": "Field_reason", "key": "reason", "label": "Reason",
         "validate": {"required": True, "maxLength": 20}},
        {"type": "number", "id": "Field_amount", "key": "amount", "label": "Amount",
         "validate": {"min": 1, "max": 1000}},
        {"type": "checkbox", "id": "Field_approved", "key": "approved", "label": "Approved"},
        {"type": "select", "id": "Field_size", "key": "size", "label": "Size",
         "values": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}],
         "conditional": {"hide": "=approved = false"}},
    ],
}  # fmt: skip

APPROVAL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    id="definitions" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="approval" name="Approval" isExecutable="true">
    <bpmn:extensionElements>
      <zeebe:userTaskForm id="approval-form">FORM</zeebe:userTaskForm>
    </bpmn:extensionElements>
    <bpmn:startEvent id="start"><bpmn:outgoing>to-approve</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="to-approve" sourceRef="start" targetRef="approve" />
    <bpmn:userTask id="approve" name="Approve the order">
      <bpmn:extensionElements>
        <zeebe:formDefinition formKey="camunda-forms:bpmn:approval-form" />
        <zeebe:assignmentDefinition candidateGroups="sales" />
      </bpmn:extensionElements>
      <bpmn:incoming>to-approve</bpmn:incoming><bpmn:outgoing>to-ship</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="to-ship" sourceRef="approve" targetRef="ship" />
    <bpmn:serviceTask id="ship" name="Ship the goods">
      <bpmn:extensionElements><zeebe:taskDefinition type="ship" retries="1" /></bpmn:extensionElements>
      <bpmn:incoming>to-ship</bpmn:incoming><bpmn:outgoing>to-end</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="to-end" sourceRef="ship" targetRef="end" />
    <bpmn:endEvent id="end"><bpmn:incoming>to-end</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
""".replace("FORM", json.dumps(APPROVAL_FORM).replace("&", "&amp;").replace("<", "&lt;"))  # noqa: E501 -- one template

BROKEN = APPROVAL.replace('targetRef="ship"', 'targetRef="nowhere"')
