"""Tables: what becomes of each BPMN element and of each extension of Camunda."""

from __future__ import annotations

from typing import Final

FLOW_NODES: Final = frozenset(
    {
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
        "task",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "userTask",
        "manualTask",
        "scriptTask",
        "businessRuleTask",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "callActivity",
        "callChoreography",
        "choreographyTask",
        "subChoreography",
    }
)
"""Everything a sequence flow may join."""

EVENTS: Final = frozenset(name for name in FLOW_NODES if name.endswith("Event"))
GATEWAYS: Final = frozenset(name for name in FLOW_NODES if name.endswith("Gateway"))
SUB_PROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})
CHOREOGRAPHIES: Final = frozenset(name for name in FLOW_NODES if "horeography" in name)
ACTIVITIES: Final = frozenset(FLOW_NODES - EVENTS - GATEWAYS)
SCOPES: Final = SUB_PROCESSES | {"process"}

EXECUTED_ELEMENTS: Final = FLOW_NODES | {
    "process",
    "sequenceFlow",
    "conditionExpression",
    "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics",
    "loopCondition",
    "loopCardinality",
    "completionCondition",
    "activationCondition",
    "complexBehaviorDefinition",
    "condition",
    "event",
    "timerEventDefinition",
    "timeDate",
    "timeDuration",
    "timeCycle",
    "messageEventDefinition",
    "signalEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
    "linkEventDefinition",
    "conditionalEventDefinition",
    "terminateEventDefinition",
    "compensateEventDefinition",
    "cancelEventDefinition",
    "script",
    "loopDataInputRef",
    "loopDataOutputRef",
    "inputDataItem",
    "outputDataItem",
}

_DATA = "data outside an executed process"
_LANES = (
    "a lane offers the user tasks in it that nobody is assigned to; it holds none, or the diagram "
    "is for Camunda, where lanes only show who works"
)
_POOLS = "shows who takes part"
_MESSAGE_FLOW = (
    "it does not join two elements that send and await the same message in executable processes, "
    "or the diagram is for Camunda: messages then go by name and correlation key"
)
_SERVICE = "interfaces are not called; a service task's job type names its worker"
_ROLE = (
    "performers and potential owners assign user tasks only; nearer ones hold, and in diagrams "
    "for Camunda only expressions of human performers and potential owners"
)
_CORRELATION = (
    "no message here has all properties of the key, or the diagram is for Camunda: messages "
    "correlate there by zeebe:subscription or by business key"
)
_CHOREOGRAPHY = "choreographies and conversations are not executed"
_UNUSED = "no executed element uses it"
_GLOBAL = (
    "nothing in this file calls it, and a file with a process offers its global tasks to no other"
)

DOCUMENTED_ELEMENTS: Final[dict[str, str]] = {
    "definitions": "the file itself",
    "documentation": "text for the reader",
    "extensionElements": "holds the extensions, which are listed themselves",
    "textAnnotation": "a note for the reader",
    "text": "a note for the reader",
    "association": "joins a note to an element, for the reader",
    "group": "a frame for the reader",
    "category": "names groups, for the reader",
    "categoryValue": "names groups, for the reader",
    "dataObject": _DATA,
    "dataObjectReference": _DATA,
    "dataStore": _DATA,
    "dataStoreReference": _DATA,
    "dataState": _DATA,
    "dataInput": _DATA,
    "dataOutput": _DATA,
    "dataInputAssociation": _DATA,
    "dataOutputAssociation": _DATA,
    "inputSet": _DATA,
    "outputSet": _DATA,
    "ioSpecification": _DATA,
    "ioBinding": _DATA,
    "property": _DATA,
    "itemDefinition": "no executed data is of it",
    "assignment": _DATA,
    "transformation": _DATA,
    "laneSet": _LANES,
    "childLaneSet": _LANES,
    "lane": _LANES,
    "collaboration": _POOLS,
    "participant": _POOLS,
    "participantMultiplicity": _POOLS,
    "participantAssociation": _POOLS,
    "messageFlow": _MESSAGE_FLOW,
    "messageFlowAssociation": _POOLS,
    "partnerEntity": _POOLS,
    "partnerRole": _POOLS,
    "interface": _SERVICE,
    "operation": _SERVICE,
    "endPoint": _SERVICE,
    "import": "other files are not read",
    "resource": _ROLE,
    "resourceParameter": _ROLE,
    "resourceRole": _ROLE,
    "performer": _ROLE,
    "humanPerformer": _ROLE,
    "potentialOwner": _ROLE,
    "resourceAssignmentExpression": _ROLE,
    "resourceParameterBinding": _ROLE,
    "rendering": "forms come from the extensions of the modeler",
    "correlationProperty": _CORRELATION,
    "correlationPropertyRetrievalExpression": _CORRELATION,
    "correlationPropertyBinding": _CORRELATION,
    "correlationKey": _CORRELATION,
    "correlationSubscription": _CORRELATION,
    "messagePath": _CORRELATION,
    "message": _UNUSED,
    "signal": _UNUSED,
    "error": _UNUSED,
    "escalation": _UNUSED,
    "globalTask": _GLOBAL,
    "globalUserTask": _GLOBAL,
    "globalManualTask": _GLOBAL,
    "globalScriptTask": _GLOBAL,
    "globalBusinessRuleTask": _GLOBAL,
    "choreography": _CHOREOGRAPHY,
    "globalChoreographyTask": _CHOREOGRAPHY,
    "conversation": _CHOREOGRAPHY,
    "globalConversation": _CHOREOGRAPHY,
    "conversationLink": _CHOREOGRAPHY,
    "conversationAssociation": _CHOREOGRAPHY,
    "callConversation": _CHOREOGRAPHY,
    "subConversation": _CHOREOGRAPHY,
    "auditing": "everything is in the history anyway",
    "monitoring": "everything is in the history anyway",
    "extension": "declares another vendor's extension; not read",
    "relationship": "relates elements of other files, for the reader",
}
"""Elements without any effect at run time, and why."""

_LISTENER = (
    "Listeners are called by a process, its flow nodes and sequence flows (Camunda 7); task "
    "listeners by user tasks. Move it there, or remove it."
)
_DECISION = "Only a business rule task calls a decision."
_CASE = "Cases (CMMN) are not executed. Call a process."
_RESOURCE = "A script in another file is not read. Write it into the diagram in FEEL."

REFUSED_EXTENSIONS: Final[dict[str, str]] = {
    "camunda:executionListener": _LISTENER,
    "camunda:taskListener": _LISTENER,
    "zeebe:executionListeners": _LISTENER,
    "zeebe:taskListeners": _LISTENER,
    "camunda:decisionRef": _DECISION,
    "camunda:decisionRefBinding": _DECISION,
    "camunda:decisionRefVersion": _DECISION,
    "camunda:decisionRefVersionTag": _DECISION,
    "camunda:mapDecisionResult": _DECISION,
    "zeebe:calledDecision": _DECISION,
    "camunda:caseRef": _CASE,
    "camunda:caseBinding": _CASE,
    "camunda:caseVersion": _CASE,
    "camunda:caseTenantId": _CASE,
    "camunda:resource": _RESOURCE,
}
"""Extensions with an effect that is not executed: why and what to do."""

_ASYNC = "every wait state is durable anyway, and each job is a transaction of its own"
_TENANT = "an engine has one tenant, in which everything is found by its id"
_TEMPLATE = "the template's properties are read; its name is for the modeler"
_ELSEWHERE = "has no effect on this element"

DOCUMENTED_EXTENSIONS: Final[dict[str, str]] = {
    "camunda:asyncBefore": _ASYNC,
    "camunda:asyncAfter": _ASYNC,
    "camunda:async": _ASYNC,
    "camunda:exclusive": _ASYNC,
    "camunda:jobPriority": "this element creates no job",
    "camunda:taskPriority": "this element creates no job",
    "zeebe:jobPriorityDefinition": "this element creates no job",
    "camunda:calledElementTenantId": _TENANT,
    "camunda:decisionRefTenantId": _TENANT,
    "zeebe:agentDefinition": (
        "marks an agent for the registry of Camunda 8; the job type names who does the work"
    ),
    "camunda:historyTimeToLive": (
        "neither a number of days nor a duration such as P30D, so the setting says how long"
        " history is kept"
    ),
    "camunda:modelerTemplate": _TEMPLATE,
    "camunda:modelerTemplateVersion": _TEMPLATE,
    "camunda:modelerTemplateIcon": _TEMPLATE,
    "zeebe:modelerTemplate": _TEMPLATE,
    "zeebe:modelerTemplateVersion": _TEMPLATE,
    "zeebe:modelerTemplateIcon": _TEMPLATE,
    "zeebe:modelerConfigurationName": _TEMPLATE,
    "zeebe:modelerConfigurationTemplate": _TEMPLATE,
    "zeebe:retryCounter": "written by an early modeler; retries are in zeebe:taskDefinition",
    "camunda:diagramRelationId": "relates the file to others in the modeler",
}
"""Extensions without an effect at run time, and why; anything read elsewhere is `_ELSEWHERE`."""

NO_EFFECT_HERE: Final[dict[str, str]] = dict.fromkeys(
    (
        "camunda:type",
        "camunda:topic",
        "camunda:class",
        "camunda:delegateExpression",
        "camunda:expression",
        "camunda:resultVariable",
        "camunda:failedJobRetryTimeCycle",
        "camunda:isStartableInTasklist",
        "camunda:versionTag",
        "camunda:initiator",
        "camunda:assignee",
        "camunda:candidateUsers",
        "camunda:candidateGroups",
        "camunda:candidateStarterUsers",
        "camunda:candidateStarterGroups",
        "camunda:potentialStarter",
        "camunda:dueDate",
        "camunda:followUpDate",
        "camunda:priority",
        "camunda:formKey",
        "camunda:formRef",
        "camunda:formRefBinding",
        "camunda:formRefVersion",
        "camunda:formData",
        "camunda:collection",
        "camunda:elementVariable",
        "camunda:calledElementBinding",
        "camunda:calledElementVersion",
        "camunda:calledElementVersionTag",
        "camunda:variableMappingClass",
        "camunda:variableMappingDelegateExpression",
        "camunda:errorCodeVariable",
        "camunda:errorMessageVariable",
        "camunda:escalationCodeVariable",
        "camunda:variableName",
        "camunda:variableEvents",
        "camunda:errorMessage",
        "camunda:inputOutput",
        "camunda:properties",
        "camunda:field",
        "camunda:connector",
        "camunda:errorEventDefinition",
        "camunda:formProperty",
        "camunda:in",
        "camunda:out",
        "zeebe:linkedResources",
        "zeebe:adHoc",
        "zeebe:taskDefinition",
        "zeebe:taskHeaders",
        "zeebe:ioMapping",
        "zeebe:subscription",
        "zeebe:conditionalFilter",
        "zeebe:loopCharacteristics",
        "zeebe:calledElement",
        "zeebe:formDefinition",
        "zeebe:userTask",
        "zeebe:userTaskForm",
        "zeebe:assignmentDefinition",
        "zeebe:taskSchedule",
        "zeebe:priorityDefinition",
        "zeebe:script",
        "zeebe:versionTag",
        "zeebe:properties",
    ),
    _ELSEWHERE,
)
"""Extensions that are read on other elements than the one they were found on."""

WARNED_EXTENSIONS: Final[dict[str, str]] = {
    "camunda:formHandlerClass": (
        "a Java class that prepares and takes the form in Camunda 7 is not run: the form's fields "
        "are the variables of their names, as they are"
    ),
}
"""Extensions without an effect here that may have had one elsewhere: whoever deploys is told."""
