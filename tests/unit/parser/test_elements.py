"""What is executed: each element of both flavours, and what the model says of it."""

import pytest

from bpmn_engine.model.event_definitions import (
    ErrorEventDefinition,
    MessageEventDefinition,
    SignalEventDefinition,
    TerminateEventDefinition,
    TimerEventDefinition,
    TimerKind,
)
from bpmn_engine.model.extensions import (
    DefaultLanguage,
    FormalExpression,
    FormalList,
    FormalMap,
    FormDefinition,
    FormField,
    FormSource,
    JobDefinition,
    Script,
    UserTaskDefinition,
    VariableMapping,
)
from bpmn_engine.model.flow_nodes import (
    Binding,
    BoundaryEvent,
    CallActivity,
    Gateway,
    GatewayKind,
    MultiInstance,
    SequenceFlow,
    StartEvent,
    SubProcess,
    Task,
    TaskKind,
)
from tests.unit.parser.reading import (
    BOTH,
    CAMUNDA,
    PLAIN,
    ZEEBE,
    read,
    read_node,
    read_process,
)


def literal(text):
    return FormalExpression(text=text, default=DefaultLanguage.LITERAL)


def feel(text):
    return FormalExpression(text=text, default=DefaultLanguage.FEEL)


ROOTS = """
<message id="m" name="paid"><extensionElements>
<zeebe:subscription correlationKey="=orderId"/></extensionElements></message>
<message id="plain" name="=&quot;paid-&quot; + country"/>
<signal id="sig" name="stop"/>
<error id="err" name="No stock" errorCode="NO_STOCK" camunda:errorMessage="sold out"/>
<timerEventDefinition id="shared"><timeDate>2030-01-31T09:00:00Z</timeDate></timerEventDefinition>
"""
PAID = MessageEventDefinition(message_name=literal("paid"), correlation_key=literal("=orderId"))


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<startEvent id='n'/>", None),
        ("<startEvent id='n'><messageEventDefinition messageRef='m'/></startEvent>", PAID),
        (
            "<startEvent id='n'><timerEventDefinition><timeCycle>R3/PT1H</timeCycle>"
            "</timerEventDefinition></startEvent>",
            TimerEventDefinition(kind=TimerKind.CYCLE, expression=literal("R3/PT1H")),
        ),
        (
            "<startEvent id='n'><timerEventDefinition><timeCycle>0 0 9 * * MON</timeCycle>"
            "</timerEventDefinition></startEvent>",
            TimerEventDefinition(kind=TimerKind.CYCLE, expression=literal("0 0 9 * * MON")),
        ),
        (
            "<startEvent id='n'><eventDefinitionRef>shared</eventDefinitionRef></startEvent>",
            TimerEventDefinition(kind=TimerKind.DATE, expression=literal("2030-01-31T09:00:00Z")),
        ),
        (
            "<startEvent id='n'><signalEventDefinition signalRef='sig'/></startEvent>",
            SignalEventDefinition(signal_name=literal("stop")),
        ),
        ("<endEvent id='n'/>", None),
        (
            "<endEvent id='n'><terminateEventDefinition/></endEvent>",
            TerminateEventDefinition(),
        ),
        (
            "<endEvent id='n'><errorEventDefinition errorRef='err'/></endEvent>",
            ErrorEventDefinition(error_code=literal("NO_STOCK"), error_message="sold out"),
        ),
        (
            "<endEvent id='n'><messageEventDefinition messageRef='plain'/></endEvent>",
            MessageEventDefinition(message_name=literal('="paid-" + country')),
        ),
        (
            "<endEvent id='n' name='Tell'><extensionElements><zeebe:taskDefinition type='mail'/>"
            "</extensionElements><messageEventDefinition/></endEvent>",
            MessageEventDefinition(
                message_name=literal("Tell"), job=JobDefinition(type=literal("mail"))
            ),
        ),
        (
            "<endEvent id='n'><messageEventDefinition messageRef='m' camunda:type='external' "
            "camunda:topic='mail'/></endEvent>",
            MessageEventDefinition(
                message_name=literal("paid"),
                correlation_key=literal("=orderId"),
                job=JobDefinition(type=literal("mail")),
            ),
        ),
        (
            "<intermediateCatchEvent id='n'><timerEventDefinition><timeDuration>=delay"
            "</timeDuration></timerEventDefinition></intermediateCatchEvent>",
            TimerEventDefinition(kind=TimerKind.DURATION, expression=literal("=delay")),
        ),
        (
            "<intermediateCatchEvent id='n'><timerEventDefinition><timeDuration>${delay}"
            "</timeDuration></timerEventDefinition></intermediateCatchEvent>",
            TimerEventDefinition(kind=TimerKind.DURATION, expression=literal("${delay}")),
        ),
        ("<intermediateThrowEvent id='n'/>", None),
        (
            "<intermediateThrowEvent id='n'><signalEventDefinition signalRef='sig'/>"
            "</intermediateThrowEvent>",
            SignalEventDefinition(signal_name=literal("stop")),
        ),
    ],
)
def test_events(element, expected):
    node = read_node(element, roots=ROOTS)

    assert node.definition == expected


@pytest.mark.parametrize(
    ("attributes", "definition", "is_interrupting", "expected"),
    [
        ("", "<errorEventDefinition/>", True, ErrorEventDefinition()),
        (
            "",
            "<errorEventDefinition errorRef='err' camunda:errorCodeVariable='c' "
            "camunda:errorMessageVariable='t'/>",
            True,
            ErrorEventDefinition(
                error_code=literal("NO_STOCK"),
                error_message="sold out",
                code_variable="c",
                message_variable="t",
            ),
        ),
        ("cancelActivity='false'", "<messageEventDefinition messageRef='m'/>", False, PAID),
        (
            "cancelActivity='0'",
            "<signalEventDefinition signalRef='sig'/>",
            False,
            SignalEventDefinition(signal_name=literal("stop")),
        ),
    ],
)
def test_boundary_events(attributes, definition, is_interrupting, expected):
    node = read_node(
        f"<task id='host'/><boundaryEvent id='n' attachedToRef='host' {attributes}>{definition}"
        "</boundaryEvent>",
        roots=ROOTS,
    )

    assert isinstance(node, BoundaryEvent)
    assert (node.attached_to, node.is_interrupting) == ("host", is_interrupting)
    assert node.definition == expected


JOB = JobDefinition(type=literal("charge"))


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask", "scriptTask"])
@pytest.mark.parametrize(
    ("attributes", "extensions", "job"),
    [
        ("", "<zeebe:taskDefinition type='charge'/>", JOB),
        ("camunda:type='external' camunda:topic='charge'", "", JOB),
        (
            "camunda:class='org.example.Charge'",
            "",
            JobDefinition(type=literal("org.example.Charge")),
        ),
        ("camunda:delegateExpression='${charge}'", "", JOB),
        (
            "",
            "<zeebe:taskDefinition type='=kind' retries='5'/><zeebe:jobPriorityDefinition "
            "priority='=7'/><zeebe:properties><zeebe:property name='a' value='p'/>"
            "<zeebe:property name='b' value='p'/></zeebe:properties><zeebe:taskHeaders>"
            "<zeebe:header key='a' value='h'/></zeebe:taskHeaders>",
            JobDefinition(
                type=literal("=kind"),
                retries=literal("5"),
                priority=literal("=7"),
                headers={"a": "h", "b": "p"},
            ),
        ),
        (
            "camunda:type='external' camunda:topic='${t}' camunda:taskPriority='9'",
            "<camunda:failedJobRetryTimeCycle>R3/PT10M</camunda:failedJobRetryTimeCycle>"
            "<camunda:properties><camunda:property name='a' value='p'/></camunda:properties>"
            "<camunda:field name='f' stringValue='v'/>"
            "<camunda:field name='g'><camunda:expression>${x}</camunda:expression>"
            "</camunda:field>",
            JobDefinition(
                type=literal("${t}"),
                retry_cycle=literal("R3/PT10M"),
                priority=literal("9"),
                headers={"a": "p", "f": "v"},
                fields={"g": literal("${x}")},
            ),
        ),
    ],
)
def test_jobs_of_both_flavours(tag, attributes, extensions, job):
    node = read_node(
        f"<{tag} id='n' {attributes}><extensionElements>{extensions}</extensionElements></{tag}>"
    )

    assert isinstance(node, Task)
    assert node.job == job
    assert node.script is None


def test_a_process_gives_its_priority_to_its_jobs():
    node = read_node(
        "<extensionElements><zeebe:jobPriorityDefinition priority='3'/></extensionElements>"
        "<serviceTask id='n'><extensionElements><zeebe:taskDefinition type='a'/>"
        "</extensionElements></serviceTask>"
    )

    assert node.job.priority == literal("3")


@pytest.mark.parametrize(
    ("element", "script"),
    [
        (
            "<serviceTask id='n' camunda:expression='${a.b}' camunda:resultVariable='r'/>",
            Script(expression=literal("${a.b}"), result_variable="r"),
        ),
        (
            "<serviceTask id='n' camunda:expression='${a.b()}' camunda:resultVariable='r'/>",
            Script(
                expression=literal("${a.b()}"),
                result_variable="r",
                bean_job=JobDefinition(type=literal(""), headers={"resultVariable": "r"}),
            ),
        ),
        (
            "<scriptTask id='n'><extensionElements><zeebe:script expression='=1+1' "
            "resultVariable='r'/></extensionElements></scriptTask>",
            Script(expression=literal("=1+1"), result_variable="r"),
        ),
        (
            "<scriptTask id='n' scriptFormat='feel' camunda:resultVariable='r'><script>1+1"
            "</script></scriptTask>",
            Script(expression=feel("1+1"), result_variable="r"),
        ),
        (
            "<scriptTask id='n' scriptFormat='juel'><script>${1+1}</script></scriptTask>",
            Script(expression=feel("${1+1}")),
        ),
        ("<scriptTask id='n'><script> a </script></scriptTask>", Script(expression=feel("a"))),
    ],
)
def test_scripts(element, script):
    assert read_node(element).script == script


@pytest.mark.parametrize(
    ("script_format", "job_type"),
    [
        ("javascript", "bpmn-engine:javascript:1"),
        ("ECMAScript", "bpmn-engine:javascript:1"),
        ("text/javascript", "bpmn-engine:javascript:1"),
        ("python", "bpmn-engine:python:1"),
        ("Jython", "bpmn-engine:python:1"),
    ],
)
def test_a_script_in_a_general_language_is_a_job(script_format, job_type):
    node = read_node(
        f"<scriptTask id='n' scriptFormat='{script_format}' camunda:resultVariable='r'>"
        "<extensionElements><camunda:failedJobRetryTimeCycle>R2/PT1M"
        "</camunda:failedJobRetryTimeCycle></extensionElements>"
        "<script>\n    a = 1\n    a\n</script></scriptTask>"
    )

    assert node.script is None
    assert node.job == JobDefinition(
        type=literal(job_type),
        retry_cycle=literal("R2/PT1M"),
        headers={"script": "a = 1\na", "scriptResultVariable": "r"},
    )


@pytest.mark.parametrize(
    ("element", "kind"),
    [("<task id='n'/>", TaskKind.TASK), ("<manualTask id='n'/>", TaskKind.MANUAL)],
)
def test_tasks_that_pass_through(element, kind):
    assert read_node(element) == Task(id="n", line=2, kind=kind)


def test_a_receive_task_waits_for_its_message():
    assert read_node("<receiveTask id='n' messageRef='m'/>", roots=ROOTS).message == PAID


def test_a_send_task_without_a_job_publishes_its_message():
    node = read_node("<sendTask id='n' messageRef='m'/>", roots=ROOTS)

    assert (node.message, node.job) == (PAID, None)


@pytest.mark.parametrize(
    ("attributes", "children", "expected"),
    [
        ("", "", UserTaskDefinition()),
        (
            "camunda:assignee='${who}' camunda:candidateUsers='alice,bob' "
            "camunda:candidateGroups='sales' camunda:dueDate='${due}' "
            "camunda:followUpDate='2030-01-01T00:00:00Z' camunda:priority='70' "
            "camunda:formKey='embedded:a.html'",
            "",
            UserTaskDefinition(
                assignee=literal("${who}"),
                candidate_users=literal("alice,bob"),
                candidate_groups=literal("sales"),
                due_at=literal("${due}"),
                follow_up_at=literal("2030-01-01T00:00:00Z"),
                priority=literal("70"),
                form=FormDefinition(source=FormSource.FORM_KEY, reference="embedded:a.html"),
            ),
        ),
        (
            "",
            "<extensionElements><zeebe:userTask/><zeebe:assignmentDefinition assignee='=who' "
            "candidateGroups='=groups' candidateUsers='alice'/><zeebe:taskSchedule "
            "dueDate='=due' followUpDate='=up'/><zeebe:priorityDefinition priority='=9'/>"
            "<zeebe:formDefinition formId='f' bindingType='versionTag' versionTag='v1'/>"
            "</extensionElements>",
            UserTaskDefinition(
                assignee=literal("=who"),
                candidate_users=literal("alice"),
                candidate_groups=literal("=groups"),
                due_at=literal("=due"),
                follow_up_at=literal("=up"),
                priority=literal("=9"),
                form=FormDefinition(
                    source=FormSource.CAMUNDA_FORM,
                    reference="f",
                    binding="versionTag",
                    binding_value="v1",
                ),
            ),
        ),
        (
            "",
            "<potentialOwner><resourceAssignmentExpression><formalExpression>user(alice), "
            "group(sales), clerks</formalExpression></resourceAssignmentExpression>"
            "</potentialOwner>",
            UserTaskDefinition(
                candidate_users=literal("alice"), candidate_groups=literal("sales,clerks")
            ),
        ),
        (
            "",
            "<humanPerformer><resourceAssignmentExpression><formalExpression>bob"
            "</formalExpression></resourceAssignmentExpression></humanPerformer>",
            UserTaskDefinition(assignee=literal("bob")),
        ),
    ],
)
def test_user_tasks(attributes, children, expected):
    assert read_node(f"<userTask id='n' {attributes}>{children}</userTask>").user_task == expected


@pytest.mark.parametrize(
    ("attributes", "extensions", "expected"),
    [
        (
            "camunda:formRef='f' camunda:formRefBinding='version' camunda:formRefVersion='2'",
            "",
            FormDefinition(
                source=FormSource.CAMUNDA_FORM, reference="f", binding="version", binding_value="2"
            ),
        ),
        (
            "",
            "<zeebe:formDefinition formKey='camunda-forms:bpmn:F1'/>",
            FormDefinition(source=FormSource.EMBEDDED, reference='{"components":[]}'),
        ),
        (
            "",
            "<zeebe:formDefinition externalReference='a/b'/>",
            FormDefinition(source=FormSource.FORM_KEY, reference="a/b"),
        ),
        (
            "",
            "<camunda:formData><camunda:formField id='a' label='A' type='enum' defaultValue='x'>"
            "<camunda:value id='x' name='X'/><camunda:validation><camunda:constraint "
            "name='required'/><camunda:constraint name='max' config='9'/></camunda:validation>"
            "</camunda:formField></camunda:formData>",
            FormDefinition(
                source=FormSource.FIELDS,
                fields=(
                    FormField(
                        id="a",
                        label="A",
                        type="enum",
                        default=literal("x"),
                        options={"x": "X"},
                        constraints={"required": "", "max": "9"},
                    ),
                ),
            ),
        ),
    ],
)
@pytest.mark.parametrize("tag", ["userTask", "startEvent"])
def test_forms(tag, attributes, extensions, expected):
    node = read_node(
        "<extensionElements><zeebe:userTaskForm id='F1'>{\"components\":[]}</zeebe:userTaskForm>"
        f"</extensionElements><{tag} id='n' {attributes}><extensionElements>{extensions}"
        f"</extensionElements></{tag}>"
    )

    assert (node.form if isinstance(node, StartEvent) else node.user_task.form) == expected


def test_the_variable_of_the_initiator_is_read():
    assert read_node("<startEvent id='n' camunda:initiator='who'/>").initiator_variable == "who"


@pytest.mark.parametrize(
    ("extensions", "inputs", "outputs"),
    [
        (
            "<zeebe:ioMapping><zeebe:input source='=a.b' target='c'/><zeebe:input source='text' "
            "target='d.e'/><zeebe:output source='=r' target='s'/></zeebe:ioMapping>",
            {"c": literal("=a.b"), "d.e": literal("text")},
            {"s": literal("=r")},
        ),
        (
            "<camunda:inputOutput><camunda:inputParameter name='a'>${b}</camunda:inputParameter>"
            "<camunda:inputParameter name='empty'/><camunda:outputParameter name='o'>text"
            "</camunda:outputParameter></camunda:inputOutput>",
            {"a": literal("${b}"), "empty": feel("null")},
            {"o": literal("text")},
        ),
        (
            "<camunda:inputOutput><camunda:inputParameter name='l'><camunda:list><camunda:value>"
            'a"b</camunda:value><camunda:value>${c.d}</camunda:value><camunda:list/>'
            "</camunda:list></camunda:inputParameter></camunda:inputOutput>",
            {"l": FormalList(items=(literal('a"b'), literal("${c.d}"), FormalList(items=())))},
            {},
        ),
        (
            "<camunda:inputOutput><camunda:inputParameter name='m'><camunda:map><camunda:entry "
            "key='k'>v</camunda:entry><camunda:entry key='l'><camunda:list><camunda:value>1"
            "</camunda:value></camunda:list></camunda:entry></camunda:map>"
            "</camunda:inputParameter></camunda:inputOutput>",
            {
                "m": FormalMap(
                    entries=(
                        (literal("k"), literal("v")),
                        (literal("l"), FormalList(items=(literal("1"),))),
                    )
                )
            },
            {},
        ),
        (
            "<camunda:inputOutput><camunda:outputParameter name='l'><camunda:list><!-- why -->"
            "<camunda:value>${1 + 1}</camunda:value><camunda:value>=x</camunda:value>"
            "<camunda:value/><camunda:script scriptFormat='feel'>a + 1</camunda:script>"
            "</camunda:list></camunda:outputParameter></camunda:inputOutput>",
            {},
            {
                "l": FormalList(
                    items=(literal("${1 + 1}"), feel('"=x"'), feel("null"), feel("a + 1"))
                )
            },
        ),
        (
            "<camunda:inputOutput><camunda:inputParameter name='s'><camunda:script "
            "scriptFormat='juel'>${x}</camunda:script></camunda:inputParameter>"
            "</camunda:inputOutput>",
            {"s": feel("${x}")},
            {},
        ),
    ],
)
def test_input_and_output_mappings(extensions, inputs, outputs):
    node = read_node(f"<task id='n'><extensionElements>{extensions}</extensionElements></task>")

    assert node.inputs == tuple(VariableMapping(target=t, source=s) for t, s in inputs.items())
    assert node.outputs == tuple(VariableMapping(target=t, source=s) for t, s in outputs.items())


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        (
            "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
            "<completionCondition>=done</completionCondition></multiInstanceLoopCharacteristics>",
            MultiInstance(
                is_sequential=False, cardinality=feel("3"), completion_condition=feel("=done")
            ),
        ),
        (
            "<multiInstanceLoopCharacteristics isSequential='true' camunda:collection='items' "
            "camunda:elementVariable='item'/>",
            MultiInstance(
                is_sequential=True,
                input_collection=feel("items"),
                input_element="item",
                first_counter=0,
            ),
        ),
        (
            "<multiInstanceLoopCharacteristics camunda:collection='${a.items}'/>",
            MultiInstance(
                is_sequential=False, input_collection=literal("${a.items}"), first_counter=0
            ),
        ),
        (
            "<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics "
            "inputCollection='=items' inputElement='item' outputCollection='results' "
            "outputElement='=r'/></extensionElements></multiInstanceLoopCharacteristics>",
            MultiInstance(
                is_sequential=False,
                input_collection=literal("=items"),
                input_element="item",
                output_collection="results",
                output_element=literal("=r"),
            ),
        ),
        (
            "<multiInstanceLoopCharacteristics><loopDataInputRef>items</loopDataInputRef>"
            "<loopDataOutputRef>results</loopDataOutputRef><inputDataItem name='item'/>"
            "<outputDataItem name='r'/></multiInstanceLoopCharacteristics>",
            MultiInstance(
                is_sequential=False,
                input_collection=feel("items"),
                input_element="item",
                output_collection="results",
                output_element=feel("r"),
            ),
        ),
    ],
)
def test_multi_instance_of_both_flavours(loop, expected):
    assert read_node(f"<task id='n'>{loop}</task>").multi_instance == expected


@pytest.mark.parametrize(
    ("namespaces", "first"), [(PLAIN, 1), (ZEEBE, 1), (CAMUNDA, 0), (BOTH, 1)]
)
def test_instances_are_counted_as_the_modelers_engine_does(namespaces, first):
    node = read_node(
        "<task id='n'><multiInstanceLoopCharacteristics>"
        "<loopCardinality xsi:type='tFormalExpression'>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics></task>",
        namespaces=namespaces,
    )

    assert node.multi_instance.first_counter == first


@pytest.mark.parametrize(
    ("extension", "is_local"),
    [("<zeebe:ioMapping/>", True), ("<camunda:inputOutput/>", False), ("", True)],
)
def test_results_go_where_the_modelers_engine_puts_them(extension, is_local):
    node = read_node(f"<task id='n'><extensionElements>{extension}</extensionElements></task>")

    assert node.is_result_local is is_local


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("<callActivity id='n' calledElement='q'/>", {"called_process": literal("q")}),
        ("<callActivity id='n' calledElement='${q}'/>", {"called_process": literal("${q}")}),
        (
            "<callActivity id='n' calledElement='q' camunda:calledElementBinding='version' "
            "camunda:calledElementVersion='4'/>",
            {"binding": Binding.VERSION, "binding_value": literal("4")},
        ),
        (
            "<callActivity id='n' calledElement='q'><extensionElements>"
            "<camunda:in businessKey='#{execution.processBusinessKey}'/>"
            "<camunda:in source='a' target='b'/><camunda:in sourceExpression='${c}' target='d'/>"
            "<camunda:out variables='all'/></extensionElements></callActivity>",
            {
                "business_key": literal("#{execution.processBusinessKey}"),
                "call_inputs": (
                    VariableMapping(target="b", source=feel("a")),
                    VariableMapping(target="d", source=literal("${c}")),
                ),
                "propagate_all_inputs": False,
                "propagate_all_outputs": True,
            },
        ),
        (
            "<callActivity id='n'><extensionElements><zeebe:calledElement processId='=q' "
            "propagateAllParentVariables='false' bindingType='versionTag' versionTag='v' "
            "businessId='=k'/></extensionElements></callActivity>",
            {
                "called_process": literal("=q"),
                "propagate_all_inputs": False,
                "propagate_all_outputs": True,
                "binding": Binding.VERSION_TAG,
                "binding_value": literal("v"),
                "business_key": literal("=k"),
            },
        ),
    ],
)
def test_call_activities_of_both_flavours(call, expected):
    node = read_node(call)

    assert isinstance(node, CallActivity)
    assert {name: getattr(node, name) for name in expected} == expected


@pytest.mark.parametrize("kind", ["exclusiveGateway", "parallelGateway", "inclusiveGateway"])
def test_gateways_keep_their_flows_in_document_order(kind):
    node = read_node(
        f"<task id='a'/><{kind} id='n'/><task id='b'/><task id='c'/>"
        "<sequenceFlow id='f3' sourceRef='n' targetRef='c'/>"
        "<sequenceFlow id='f1' sourceRef='a' targetRef='n'/>"
        "<sequenceFlow id='f2' sourceRef='n' targetRef='b'/>"
    )

    assert node == Gateway(
        id="n", line=2, kind=GatewayKind(kind), incoming=("f1",), outgoing=("f3", "f2")
    )


def test_an_event_based_gateway_leads_to_events_and_receive_tasks():
    process = read_process(
        "<eventBasedGateway id='n'/><intermediateCatchEvent id='a'><timerEventDefinition>"
        "<timeDuration>PT1M</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        "<receiveTask id='b' messageRef='m'/><sequenceFlow id='f' sourceRef='n' targetRef='a'/>"
        "<sequenceFlow id='g' sourceRef='n' targetRef='b'/>",
        roots=ROOTS,
    )

    assert process.nodes[0].outgoing == ("f", "g")


def test_flows_have_conditions_and_defaults():
    process = read_process(
        "<exclusiveGateway id='n' default='g'/><task id='a' default='i'/><task id='b'/>"
        "<sequenceFlow id='f' name='yes' sourceRef='n' targetRef='a'>"
        "<conditionExpression xsi:type='tFormalExpression'> x &gt; 1 </conditionExpression>"
        "</sequenceFlow><sequenceFlow id='g' sourceRef='n' targetRef='b'/>"
        "<sequenceFlow id='h' sourceRef='a' targetRef='b'><conditionExpression>${y}"
        "</conditionExpression></sequenceFlow><sequenceFlow id='i' sourceRef='a' targetRef='b'/>"
    )

    assert process.flows[:2] == (
        SequenceFlow(id="f", name="yes", source="n", target="a", condition=feel("x > 1")),
        SequenceFlow(id="g", source="n", target="b"),
    )
    assert process.flows[2].condition == feel("${y}")
    assert [node.default for node in process.nodes[:2]] == ["g", "i"]


def test_a_parallel_gateway_ignores_conditions_and_says_so():
    definitions = read(
        "<parallelGateway id='n'/><task id='a'/><task id='b'/>"
        "<sequenceFlow id='f' sourceRef='n' targetRef='a'><conditionExpression>x"
        "</conditionExpression></sequenceFlow><sequenceFlow id='g' sourceRef='n' targetRef='b'/>"
    )

    assert definitions.processes[0].flows[0].condition is None
    assert [warning.rule for warning in definitions.warnings] == ["condition-ignored"]


def test_a_sub_process_has_a_scope_of_its_own():
    node = read_node(
        "<subProcess id='n'><startEvent id='s'/><subProcess id='inner'><task id='t'/>"
        "</subProcess><sequenceFlow id='f' sourceRef='s' targetRef='inner'/></subProcess>"
    )

    assert isinstance(node, SubProcess)
    assert [child.id for child in node.nodes] == ["s", "inner"]
    assert [child.id for child in node.nodes[1].nodes] == ["t"]
    assert [flow.id for flow in node.flows] == ["f"]


def test_nodes_out_of_reach_and_several_starts_and_ends_are_read():
    process = read_process("<task id='a'/><task id='b'/><task id='c'/>")

    assert [node.id for node in process.nodes] == ["a", "b", "c"]


def test_a_process_says_who_may_start_it_and_which_version_it_is():
    definitions = read(
        "<documentation>Why</documentation><extensionElements><camunda:potentialStarter>"
        "<resourceAssignmentExpression><formalExpression>user(bob)</formalExpression>"
        "</resourceAssignmentExpression></camunda:potentialStarter><zeebe:versionTag value='v2'/>"
        "</extensionElements><task id='t'/>",
        extra="exporter='Camunda Modeler'",
    )
    (process,) = definitions.processes

    assert process.version_tag == "v2"
    assert process.candidate_starter_users == ("bob",)
    assert process.documentation == "Why"
    assert definitions.exporter == "Camunda Modeler"
    assert definitions.target_namespace == "http://example.test"


def test_a_flow_without_an_id_gets_the_same_one_each_time():
    body = (
        "<task id='a'/><task id='b'/><sequenceFlow sourceRef='a' targetRef='b'/>"
        "<sequenceFlow id='flow_a_b_1' sourceRef='a' targetRef='b'/>"
        "<sequenceFlow sourceRef='a' targetRef='b'/>"
    )

    ids = [flow.id for flow in read_process(body).flows]

    assert ids == ["flow_a_b_2", "flow_a_b_1", "flow_a_b_3"]
    assert ids == [flow.id for flow in read_process(body).flows]


def test_a_reference_may_have_a_namespace_prefix():
    node = read_node(
        "<receiveTask id='n' messageRef='tns:m'/>",
        roots=ROOTS,
        extra="xmlns:tns='http://example.test'",
    )

    assert node.message == PAID
