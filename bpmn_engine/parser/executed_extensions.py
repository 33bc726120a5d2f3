"""What each executed extension does, for docs/extensions.md; a test holds both together."""

from __future__ import annotations

from typing import Final

EXECUTED_EXTENSIONS: Final[dict[str, str]] = {
    "camunda:executionListener": (
        "a class or bean is a job that is waited for, an expression or script in FEEL or JUEL is "
        "evaluated; `start`, `end` and, on a sequence flow, `take`"
    ),
    "camunda:taskListener": (
        "like those of executions: `create`, `assignment`, `update`, `complete`, `delete` and "
        "`timeout`"
    ),
    "zeebe:executionListeners": "jobs before an element begins, and before it ends",
    "zeebe:taskListeners": (
        "jobs that the change of a user task waits for; they may deny or correct it"
    ),
    "camunda:type": (
        "`external`: a job of the type in `camunda:topic`; other built-in types are refused"
    ),
    "camunda:topic": "the job type; an expression is evaluated when the job is created",
    "camunda:class": (
        "a job whose type is the name of the class; a Python or external worker does it"
    ),
    "camunda:delegateExpression": "a job whose type is the name of the bean in `${bean}`",
    "camunda:expression": (
        "without a bean it is evaluated in the engine; `${bean.method(x)}` is a job of the type"
        " `bean.method` whose header `arguments` is the JSON list of the evaluated arguments"
    ),
    "camunda:resultVariable": (
        "where the value goes; for a bean the header `resultVariable`, which tells the worker"
    ),
    "camunda:failedJobRetryTimeCycle": (
        "attempts of a job and the pauses between them: `R3/PT10M`, `PT1M,PT5M`"
    ),
    "camunda:historyTimeToLive": (
        "how long instances that have ended are kept: days, or a duration such as `P30D`"
    ),
    "camunda:versionTag": "the process version's tag, by which it may be called",
    "camunda:initiator": "the variable that holds the user who started the instance",
    "camunda:assignee": "who does the user task",
    "camunda:candidateUsers": "to whom the user task is offered",
    "camunda:candidateGroups": "to whom the user task is offered",
    "camunda:candidateStarterUsers": "who may start the process",
    "camunda:candidateStarterGroups": "who may start the process",
    "camunda:potentialStarter": "who may start the process: `user(alice), group(sales)`",
    "camunda:isStartableInTasklist": (
        "false: the pages do not offer to start the process; the API still does"
    ),
    "camunda:dueDate": "when the user task is due: a date-time, or a duration from its creation",
    "camunda:followUpDate": "from when the user task is to be done",
    "camunda:priority": "of the user task, 0 to 100",
    "camunda:jobPriority": (
        "jobs of a higher priority are offered first; of the element, else of the process"
    ),
    "camunda:taskPriority": "as `camunda:jobPriority`",
    "camunda:formKey": (
        "`camunda-forms:bpmn:<id>` is the form in the diagram; any other key is for the front end"
    ),
    "camunda:formRef": "a deployed Camunda form, by its id",
    "camunda:formRefBinding": "`latest`, `deployment` or `version`",
    "camunda:formRefVersion": "the form's version, a number",
    "camunda:formData": (
        "a form of fields; `businessKey` names the field that is a started instance's business key"
    ),
    "camunda:formProperty": (
        "a field of a form; what is filled in goes to its variable, never to what an expression"
        " names"
    ),
    "camunda:collection": (
        "the collection of a multi-instance activity, a variable or an expression"
    ),
    "camunda:elementVariable": "the variable of one item",
    "camunda:calledElementBinding": "`latest`, `deployment`, `version` or `versionTag`",
    "camunda:calledElementVersion": "the version that is called, also as an expression",
    "camunda:calledElementVersionTag": (
        "the tag of the version that is called, also as an expression"
    ),
    "camunda:variableMappingClass": (
        "a job of the type of the class before the call, whose results the called instance "
        "starts with, and one after it, which sees `subVariables` and whose results the process"
        " takes; the header `variableMapping` is `input` or `output`"
    ),
    "camunda:variableMappingDelegateExpression": (
        "as `camunda:variableMappingClass`, with the name of the bean"
    ),
    "camunda:in": (
        "variables into a called instance, or along with a thrown signal; `businessKey` is that"
        ' of the called, or started, instance; `local` with `variables="all"` takes the '
        "element's own only"
    ),
    "camunda:out": (
        "variables from a called instance; `local` ones are for the call activity's own output "
        "parameters"
    ),
    "camunda:errorCodeVariable": "where an error event puts the code it has caught",
    "camunda:errorMessageVariable": "where an error event puts the message it has caught",
    "camunda:escalationCodeVariable": "where an escalation event puts the code it has caught",
    "camunda:errorMessage": "the message of the error that is thrown",
    "camunda:errorEventDefinition": (
        "on an external task: asked when its worker completes or fails; true throws the error "
        "instead. It sees the variables and `externalTask` (`errorMessage`, `errorDetails`, "
        "`retries`, `workerId`, `topicName`, `activityId`, `processInstanceId`, `businessKey`)"
    ),
    "camunda:variableName": "the variable whose change a condition is asked for",
    "camunda:variableEvents": "`create` and `update`; a condition for `delete` only is refused",
    "camunda:inputOutput": "input and output parameters",
    "camunda:properties": "headers of the element's job",
    "camunda:field": (
        "a header of the element's job; an expression is evaluated when it is created"
    ),
    "camunda:connector": (
        "a job whose type is the connector's id; its worker sees the inputs only, the process "
        "the outputs only. `http-connector` and `mail-send` are served by adapters"
    ),
    "zeebe:adHoc": "which elements begin, and the collection that gathers what they give",
    "zeebe:taskDefinition": (
        "job type and retries; on an ad-hoc sub-process the job of the worker that leads it"
    ),
    "zeebe:taskHeaders": "headers of the element's job",
    "zeebe:linkedResources": (
        "the header `linkedResources`: a JSON list of ids, types, names and bindings. The "
        "worker fetches them; resources other than processes and forms are not deployed here"
    ),
    "zeebe:jobPriorityDefinition": "as `camunda:jobPriority`",
    "zeebe:ioMapping": "input and output mappings",
    "zeebe:subscription": "the correlation key of a message",
    "zeebe:conditionalFilter": (
        "the variables, and the kinds of change, that a condition is asked for"
    ),
    "zeebe:loopCharacteristics": "collection, item, output collection and output element",
    "zeebe:calledElement": (
        "the called process, its binding, `businessId` (the business key) and which variables pass"
    ),
    "zeebe:formDefinition": "a form in the diagram, a deployed one, or an external reference",
    "zeebe:userTask": "marks what every user task here is",
    "zeebe:userTaskForm": "a form in the diagram",
    "zeebe:assignmentDefinition": "who does the user task, and to whom it is offered",
    "zeebe:taskSchedule": "when the user task is due, and from when it is to be done",
    "zeebe:priorityDefinition": "of the user task, 0 to 100",
    "zeebe:script": "a FEEL expression and its result variable",
    "zeebe:versionTag": "the process version's tag, by which it may be called",
    "zeebe:properties": (
        "headers of the element's job; what the worker of an ad-hoc sub-process is told of its "
        "elements"
    ),
}
"""Extension to what it does where it has an effect."""

PARTS: Final[dict[str, str]] = {
    "camunda:connectorId": "camunda:connector",
    "camunda:inputParameter": "camunda:inputOutput",
    "camunda:outputParameter": "camunda:inputOutput",
    "camunda:list": "camunda:inputOutput",
    "camunda:map": "camunda:inputOutput",
    "camunda:entry": "camunda:inputOutput",
    "camunda:script": "camunda:inputOutput",
    "camunda:string": "camunda:field",
    "camunda:formField": "camunda:formData",
    "camunda:validation": "camunda:formData",
    "camunda:constraint": "camunda:formData",
    "camunda:value": "camunda:formData",
    "camunda:property": "camunda:properties",
    "zeebe:header": "zeebe:taskHeaders",
    "zeebe:input": "zeebe:ioMapping",
    "zeebe:output": "zeebe:ioMapping",
    "zeebe:property": "zeebe:properties",
    "zeebe:linkedResource": "zeebe:linkedResources",
    "zeebe:executionListener": "zeebe:executionListeners",
    "zeebe:taskListener": "zeebe:taskListeners",
}
"""What stands inside another extension, which says what becomes of it."""
