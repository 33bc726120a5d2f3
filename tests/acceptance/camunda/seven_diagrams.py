"""Diagrams and decisions that the tests of Camunda 7's API deploy."""

_HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="file" targetNamespace="test">
"""
_TAIL = b"</bpmn:definitions>"

ORDER = (
    _HEAD
    + b"""
  <bpmn:message id="paid" name="paid"/>
  <bpmn:signal id="stop" name="stop"/>
  <bpmn:process id="order" name="Order" isExecutable="true" camunda:versionTag="v1">
    <bpmn:documentation>Takes an order.</bpmn:documentation>
    <bpmn:startEvent id="begin">
      <bpmn:extensionElements><camunda:formData>
        <camunda:formField id="amount" label="Amount" type="long" defaultValue="5"/>
        <camunda:formField id="kind" type="enum">
          <camunda:value id="a" name="Letter"/><camunda:value id="b" name="Parcel"/>
        </camunda:formField>
      </camunda:formData></bpmn:extensionElements>
    </bpmn:startEvent>
    <bpmn:subProcess id="check" name="Check">
      <bpmn:startEvent id="inner"/>
      <bpmn:userTask id="approve" name="Approve">
        <bpmn:extensionElements><camunda:inputOutput>
          <camunda:inputParameter name="local">${amount}</camunda:inputParameter>
        </camunda:inputOutput></bpmn:extensionElements>
      </bpmn:userTask>
      <bpmn:sequenceFlow id="i1" sourceRef="inner" targetRef="approve"/>
    </bpmn:subProcess>
    <bpmn:boundaryEvent id="late" attachedToRef="check" cancelActivity="false">
      <bpmn:timerEventDefinition>
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:boundaryEvent id="stopped" attachedToRef="check">
      <bpmn:signalEventDefinition signalRef="stop"/>
    </bpmn:boundaryEvent>
    <bpmn:receiveTask id="wait" name="Wait for the money" messageRef="paid"/>
    <bpmn:serviceTask id="pack" camunda:type="external" camunda:topic="pack"/>
    <bpmn:endEvent id="done"/><bpmn:endEvent id="reminded"/><bpmn:endEvent id="ended"/>
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="check"/>
    <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="wait"/>
    <bpmn:sequenceFlow id="f3" sourceRef="wait" targetRef="pack"/>
    <bpmn:sequenceFlow id="f4" sourceRef="pack" targetRef="done"/>
    <bpmn:sequenceFlow id="f5" sourceRef="late" targetRef="reminded"/>
    <bpmn:sequenceFlow id="f6" sourceRef="stopped" targetRef="ended"/>
  </bpmn:process>
"""
    + _TAIL
)
"""A sub-process with a user task, a timer and a signal beside it, a message, an external task."""

STARTERS = (
    _HEAD
    + b"""
  <bpmn:message id="asked" name="asked"/>
  <bpmn:process id="asked-for" isExecutable="true">
    <bpmn:startEvent id="by-message"><bpmn:messageEventDefinition messageRef="asked"/>
    </bpmn:startEvent>
    <bpmn:startEvent id="when-hot"><bpmn:conditionalEventDefinition>
      <bpmn:condition xsi:type="bpmn:tFormalExpression">${heat &gt; 30}</bpmn:condition>
    </bpmn:conditionalEventDefinition></bpmn:startEvent>
    <bpmn:startEvent id="each-day"><bpmn:timerEventDefinition>
      <bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/P1D</bpmn:timeCycle>
    </bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:callActivity id="call" calledElement="order"/>
    <bpmn:sequenceFlow id="s1" sourceRef="by-message" targetRef="call"/>
    <bpmn:sequenceFlow id="s2" sourceRef="when-hot" targetRef="call"/>
    <bpmn:sequenceFlow id="s3" sourceRef="each-day" targetRef="call"/>
  </bpmn:process>
"""
    + _TAIL
)
"""Starts by a message, a condition and a timer, and calls the order."""

DECISIONS = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="shipping" name="Shipping"
    namespace="http://example.org/shipping">
  <decision id="fee" name="Fee">
    <variable name="fee" typeRef="number"/>
    <informationRequirement><requiredDecision href="#size"/></informationRequirement>
    <decisionTable hitPolicy="UNIQUE">
      <input><inputExpression typeRef="string"><text>size</text></inputExpression></input>
      <output name="fee" typeRef="number"/>
      <rule><inputEntry><text>"large"</text></inputEntry>
        <outputEntry><text>9</text></outputEntry></rule>
      <rule><inputEntry><text>"small"</text></inputEntry>
        <outputEntry><text>3</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="size" name="size">
    <variable name="size" typeRef="string"/>
    <informationRequirement><requiredInput href="#weight"/></informationRequirement>
    <literalExpression>
      <text>if weight &gt; 10 then "large" else "small"</text>
    </literalExpression>
  </decision>
  <inputData id="weight" name="weight"><variable name="weight" typeRef="number"/></inputData>
</definitions>"""
"""Two decisions, one asking the other."""
