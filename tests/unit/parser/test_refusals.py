"""What is refused by name, with element and line, and what is documentation only."""

import pytest

from bpmn_engine.model.definitions import Coverage, Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.unit.parser.reading import (
    PLAIN,
    broken_rules,
    coverage,
    entry,
    errors,
    expand,
    file,
    read,
    refuse,
)

ROOTS = "<message id='m' name='paid'/><error id='err' errorCode='E'/><escalation id='esc'/>"


@pytest.mark.parametrize(
    ("body", "element_id", "word"),
    [
        (
            "<dataObject id='o'/><task id='t'><multiInstanceLoopCharacteristics>"
            "<loopDataInputRef>o</loopDataInputRef></multiInstanceLoopCharacteristics></task>",
            "t",
            "holds no value here",
        ),
    ],
)
def test_elements_that_are_not_executed_yet_are_refused(body, element_id, word):
    outcome = refuse(body, roots=ROOTS)

    found = [one for one in errors(outcome) if one.rule == "unsupported-element"]
    assert [one.element_id for one in found] == [element_id]
    assert word in found[0].message


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("<task id='n'>{camunda:taskListener event='create' class='X'}</task>", None),
        ("<task id='n'>{zeebe:taskListeners}</task>", None),
        (
            "<serviceTask id='n' camunda:class='X'>{zeebe:calledDecision decisionId='d'}"
            "</serviceTask>",
            None,
        ),
        ("<sendTask id='n' camunda:class='X' camunda:decisionRef='d'/>", "camunda:decisionRef"),
        ("<callActivity id='n' camunda:caseRef='c'/>", "camunda:caseRef"),
        ("<scriptTask id='n' camunda:resource='a.py'/>", "camunda:resource"),
        ("<task id='n' camunda:unheardOf='1'/>", "camunda:unheardOf"),
        ("<task id='n'>{zeebe:unheardOf}</task>", None),
        ("<serviceTask id='n' camunda:type='mail'/>", "camunda:type"),
    ],
)
def test_extensions_with_an_effect_that_is_not_executed_are_refused(body, part):
    if part is None:
        part = body.partition("{")[2].rstrip("}").split("}")[0].split()[0]

    outcome = refuse(expand(body))

    found = [one for one in errors(outcome) if one.rule == "unsupported-extension"]
    assert [(one.element_id, one.line) for one in found] == [("n", 2)]
    assert found[0].message.startswith(f"{part}: ")
    assert coverage(outcome, part, "n") is Coverage.REFUSED


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<serviceTask id='n'/>", "missing-implementation"),
        ("<sendTask id='n'/>", "missing-implementation"),
        ("<businessRuleTask id='n'/>", "missing-implementation"),
        ("<serviceTask id='n' camunda:type='external'/>", "missing-job-type"),
        ("<serviceTask id='n'>{zeebe:taskDefinition}</serviceTask>", "missing-job-type"),
        (
            "<serviceTask id='n' camunda:class='X'>{zeebe:taskDefinition type='a'}</serviceTask>",
            "several-implementations",
        ),
        (
            "<serviceTask id='n' camunda:class='X' camunda:expression='${x}'/>",
            "several-implementations",
        ),
        (
            "<serviceTask id='n'>{zeebe:taskDefinition type='a'}{zeebe:taskDefinition type='b'}"
            "</serviceTask>",
            "repeated-extension",
        ),
        (
            "<scriptTask id='n' scriptFormat='groovy'><script>x</script></scriptTask>",
            "script-language",
        ),
        ("<scriptTask id='n'/>", "script-language"),
        ("<scriptTask id='n' scriptFormat='javascript'/>", "script-language"),
        (
            "<scriptTask id='n' scriptFormat='python'><script>if x</script></scriptTask>",
            "script-syntax",
        ),
        ("<scriptTask id='n'>{zeebe:script expression='=1'}</scriptTask>", "incomplete-script"),
        ("<receiveTask id='n'/>", "missing-reference"),
        ("<callActivity id='n'/>", "missing-reference"),
        ("<task id='n'>{zeebe:ioMapping|zeebe:input target='a'}</task>", "incomplete-mapping"),
        ("<task id='n'>{zeebe:ioMapping|zeebe:input source='a'}</task>", "incomplete-mapping"),
        (
            "<task id='n'>{camunda:inputOutput|camunda:inputParameter}</task>",
            "incomplete-mapping",
        ),
        (
            "<callActivity id='n' calledElement='q'>{camunda:in source='a'}</callActivity>",
            "incomplete-mapping",
        ),
        (
            "<callActivity id='n' calledElement='q'>{camunda:in source='a-b' target='c'}"
            "</callActivity>",
            "variable-name",
        ),
        ("<callActivity id='n' calledElement='q' camunda:calledElementBinding='x'/>", "binding"),
        (
            "<callActivity id='n' calledElement='q' camunda:calledElementBinding='version'/>",
            "binding",
        ),
        ("<userTask id='n'>{zeebe:formDefinition}</userTask>", "incomplete-form"),
        (
            "<userTask id='n'>{zeebe:formDefinition formKey='camunda-forms:bpmn:x'}</userTask>",
            "dangling-reference",
        ),
        (
            "<userTask id='n'>{camunda:formData|camunda:formField label='a'}</userTask>",
            "incomplete-form",
        ),
        ("<task id='n'><multiInstanceLoopCharacteristics/></task>", "multi-instance"),
        (
            "<task id='n'><multiInstanceLoopCharacteristics>{zeebe:loopCharacteristics "
            "inputCollection='items'}</multiInstanceLoopCharacteristics></task>",
            "multi-instance",
        ),
        (
            "<task id='n'><multiInstanceLoopCharacteristics camunda:collection='my-list'/></task>",
            "variable-name",
        ),
        ("<intermediateCatchEvent id='n'/>", "missing-event-definition"),
        (
            "<intermediateCatchEvent id='n'><eventDefinitionRef>x</eventDefinitionRef>"
            "</intermediateCatchEvent>",
            "dangling-reference",
        ),
        ("<endEvent id='n'><errorEventDefinition/></endEvent>", "missing-reference"),
        ("<endEvent id='n'><signalEventDefinition/></endEvent>", "missing-reference"),
        (
            "<endEvent id='n'><errorEventDefinition errorRef='NO'/></endEvent>",
            "dangling-reference",
        ),
        ("<receiveTask id='n' messageRef='err'/>", "dangling-reference"),
    ],
)
def test_incomplete_elements_are_refused(body, rule):
    assert (rule, "n") in broken_rules(expand(body), roots=ROOTS)


@pytest.mark.parametrize(
    ("timer", "word"),
    [
        ("", "has none"),
        ("<timeDate>2030-01-01T00:00:00Z</timeDate><timeDuration>PT1S</timeDuration>", "several"),
        ("<timeDuration/>", "is empty"),
        ("<timeDuration>5 minutes</timeDuration>", "PT15M"),
        ("<timeDate>tomorrow</timeDate>", "2030-01-31T09:00:00Z"),
        ("<timeCycle>sometimes</timeCycle>", "R3/PT1H"),
        ("<timeDuration>P</timeDuration>", "PT15M"),
    ],
)
def test_timers_must_say_when(timer, word):
    outcome = refuse(
        f"<intermediateCatchEvent id='n'><timerEventDefinition>{timer}</timerEventDefinition>"
        "</intermediateCatchEvent>"
    )

    (found,) = [one for one in errors(outcome) if one.rule == "timer"]
    assert (found.element_id, found.section) == ("n", "10.5.5")
    assert word in found.message


@pytest.mark.parametrize(
    ("condition", "extra"),
    [
        (
            "<conditionExpression xsi:type='tFormalExpression' language='js'>x"
            "</conditionExpression>",
            "",
        ),
        ("<conditionExpression>x</conditionExpression>", "expressionLanguage='groovy'"),
    ],
)
def test_conditions_in_other_languages_are_refused(condition, extra):
    rules = broken_rules(
        "<exclusiveGateway id='g'/><task id='a'/><task id='b'/>"
        f"<sequenceFlow id='f' sourceRef='g' targetRef='a'>{condition}</sequenceFlow>"
        "<sequenceFlow id='h' sourceRef='g' targetRef='b'/>",
        extra=extra,
    )

    assert rules == {("expression-language", "f")}


@pytest.mark.parametrize(
    "language",
    [
        "http://www.w3.org/1999/XPath",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "juel",
    ],
)
def test_a_default_language_that_is_only_the_standards_default_is_accepted(language):
    read(
        "<task id='a'/><task id='b'/><sequenceFlow id='f' sourceRef='a' targetRef='b'>"
        "<conditionExpression>x</conditionExpression></sequenceFlow>"
        "<sequenceFlow id='g' sourceRef='a' targetRef='b'/>",
        extra=f"expressionLanguage='{language}'",
    )


def test_a_file_without_an_executable_process_is_refused():
    xml = file("<task id='t'/>").replace(b'isExecutable="true"', b'isExecutable="false"')

    outcome = read_definitions(xml)

    assert isinstance(outcome, Refusal)
    assert [(found.rule, found.element_id) for found in outcome.violations] == [
        ("no-executable-process", "p")
    ]
    assert coverage(outcome, "bpmn:task", "t") is Coverage.DOCUMENTATION


def test_a_process_that_does_not_say_is_executed_and_a_black_box_is_not():
    xml = file("<task id='t'/>").replace(b'isExecutable="true"', b"")
    black_box = file("<documentation>a pool</documentation>").replace(b'isExecutable="true"', b"")

    assert not isinstance(read_definitions(xml), Refusal)
    assert isinstance(read_definitions(black_box), Refusal)


@pytest.mark.parametrize(
    "body",
    [
        "<laneSet><lane id='x'><flowNodeRef>t</flowNodeRef></lane></laneSet><task id='t'/>",
        "<task id='t'/><textAnnotation id='x'><text>a</text></textAnnotation>",
        "<task id='t'/><textAnnotation id='a'/><association id='x' sourceRef='t' targetRef='a'/>",
        "<task id='t'/><group id='x'/>",
        "<dataObject id='x'/><task id='t'/>",
        "<dataObject id='o'/><dataObjectReference id='x' dataObjectRef='o'/><task id='t'/>",
        "<task id='t'/><dataStoreReference id='x'/>",
        "<property id='x'/><task id='t'/>",
        "<task id='t'><documentation id='x'>a</documentation></task>",
        "<task id='t'><property id='x'/></task>",
        "<dataObject id='o'/><task id='t'><property id='q'/><dataInputAssociation id='x'>"
        "<sourceRef>o</sourceRef><targetRef>q</targetRef></dataInputAssociation></task>",
        "<userTask id='t'><performer id='x'><resourceRef>r</resourceRef></performer></userTask>",
    ],
)
def test_drawings_and_notes_are_documentation(body):
    outcome = read(body)

    (found,) = [one for one in outcome.certificate.entries if one.element_id == "x"]
    assert found.coverage is Coverage.DOCUMENTATION
    assert found.reason


ASSIGNING = (
    "<dataObject id='o'/><task id='t'>{task}<dataInputAssociation id='x'>"
    "<sourceRef>o</sourceRef><targetRef>q</targetRef><assignment id='y'>"
    "<from xsi:type='tFormalExpression'>o</from><to xsi:type='tFormalExpression'>q</to>"
    "</assignment></dataInputAssociation></task>"
)


def test_what_a_data_association_would_compute_is_refused_where_it_cannot_be_executed():
    drawn = ASSIGNING.replace("{task}", "<property id='q' name='__targetRef_placeholder'/>")

    assert broken_rules(drawn, namespaces=PLAIN) == {("unsupported-element", "y")}


def test_in_a_file_of_camunda_it_is_documentation():
    outcome = read(ASSIGNING.replace("{task}", "<property id='q'/>"))

    found = entry(outcome, "bpmn:assignment", "y")
    assert found.coverage is Coverage.DOCUMENTATION
    assert "as in Camunda" in found.reason


def test_durable_wait_states_make_asynchronous_markers_documentation():
    outcome = read("<task id='t' camunda:asyncBefore='true' camunda:exclusive='false'/>")

    found = entry(outcome, "camunda:asyncBefore", "t")
    assert found.coverage is Coverage.DOCUMENTATION
    assert "durable" in found.reason


def test_extensions_of_other_vendors_are_documentation():
    outcome = read(
        "<task id='t' acme:colour='red'><extensionElements><acme:box><acme:in/></acme:box>"
        "</extensionElements></task>",
        namespaces=PLAIN + "xmlns:acme='urn:acme'",
    )

    assert coverage(outcome, "acme:colour", "t") is Coverage.DOCUMENTATION
    assert coverage(outcome, "acme:box", "t") is Coverage.DOCUMENTATION
    assert not [one for one in outcome.certificate.entries if one.element_type == "acme:in"]


def test_an_extension_that_must_be_understood_is_refused():
    outcome = refuse(
        "<task id='t'/>", roots="<extension mustUnderstand='true' definition='acme:x'/>"
    )

    assert "must be understood" in errors(outcome)[0].message


def test_the_schema_names_the_element_and_what_was_expected():
    outcome = refuse("<task id='t' colour='red'/>\n<foo/>")

    assert [(one.rule, one.element_id, one.line) for one in errors(outcome)] == [
        ("xsd", "t", 2),
        ("xsd", "p", 3),
    ]
    assert "http://" not in errors(outcome)[0].message


def test_every_violation_is_listed():
    rules = broken_rules(
        "<serviceTask id='a'/><receiveTask id='b'/>"
        "<callChoreography id='c' initiatingParticipantRef='x'/>"
        "<sequenceFlow id='f' sourceRef='a' targetRef='nowhere'/>"
    )

    assert {
        ("missing-implementation", "a"),
        ("missing-reference", "b"),
        ("choreography-in-process", "c"),
        ("dangling-reference", "f"),
    } <= rules
