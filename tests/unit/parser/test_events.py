"""What is read of events, and the rules they are held to (BPMN 2.0.2, section 10.5)."""

import pytest

from bpmn_engine.model.definitions import Coverage
from bpmn_engine.model.event_definitions import (
    ConditionalEventDefinition,
    EscalationEventDefinition,
    LinkEventDefinition,
    MultipleEventDefinition,
)
from tests.unit.parser.reading import PLAIN, broken_rules, entry, read, read_node

ROOTS = (
    "<message id='m' name='paid'/><signal id='g' name='go'/>"
    "<escalation id='esc' escalationCode='LATE'/><escalation id='bare' name='bare'/>"
    "<error id='err' errorCode='E'/>"
)
MESSAGE = "<messageEventDefinition messageRef='m'/>"
SIGNAL = "<signalEventDefinition signalRef='g'/>"
ERROR = "<errorEventDefinition errorRef='err'/>"
ESCALATION = "<escalationEventDefinition id='def' escalationRef='esc'/>"
CONDITION = "<conditionalEventDefinition id='def'><condition>x &gt; 1</condition>"
CONDITIONAL = f"{CONDITION}</conditionalEventDefinition>"


def event_sub_process(inside, attributes="", host=""):
    return (
        f"<task id='a'/><subProcess id='esp' triggeredByEvent='true' {attributes}>{inside}"
        f"</subProcess>{host}"
    )


def linked(throwing, catching, *flows):
    """Draw a throwing and a catching link event of these names, after and before a task."""
    links = "".join(
        f"<{tag} id='{name}'><linkEventDefinition id='{name}d' name='{label}'/></{tag}>"
        for tag, name, label in (
            ("intermediateThrowEvent", "t", throwing),
            ("intermediateCatchEvent", "c", catching),
        )
    )
    drawn = (("a", "t"), ("c", "b"), *flows)
    return f"<task id='a'/>{links}<task id='b'/>" + "".join(
        f"<sequenceFlow id='{source}{target}' sourceRef='{source}' targetRef='{target}'/>"
        for source, target in drawn
    )


@pytest.mark.parametrize(
    ("body", "definition"),
    [
        (
            f"<endEvent id='n'>{ESCALATION}</endEvent>",
            EscalationEventDefinition,
        ),
        (
            f"<intermediateCatchEvent id='n'>{CONDITIONAL}</intermediateCatchEvent>",
            ConditionalEventDefinition,
        ),
        (
            f"<intermediateCatchEvent id='n'>{MESSAGE}{SIGNAL}</intermediateCatchEvent>",
            MultipleEventDefinition,
        ),
    ],
)
def test_the_event_is_read_and_executed(body, definition):
    node = read_node(body, roots=ROOTS)

    assert isinstance(node.definition, definition)
    assert entry(read(body, roots=ROOTS), f"bpmn:{_tag(body)}", "n").coverage is Coverage.EXECUTED


def _tag(body):
    return body[1:].split()[0]


def test_an_escalation_that_is_used_is_executed_and_another_is_documentation():
    outcome = read(f"<endEvent id='n'>{ESCALATION}</endEvent>", roots=ROOTS)

    assert entry(outcome, "bpmn:escalation", "esc").coverage is Coverage.EXECUTED
    assert entry(outcome, "bpmn:escalation", "bare").coverage is Coverage.DOCUMENTATION


def test_a_link_is_read_by_its_name():
    node = read_node(
        "<task id='a'/><intermediateThrowEvent id='n'><linkEventDefinition id='def' name='x'/>"
        "</intermediateThrowEvent><intermediateCatchEvent id='c'><linkEventDefinition id='e' "
        "name='x'/></intermediateCatchEvent><task id='b'/>"
        "<sequenceFlow id='f' sourceRef='a' targetRef='n'/>"
        "<sequenceFlow id='h' sourceRef='c' targetRef='b'/>"
    )

    assert node.definition == LinkEventDefinition(name="x")


@pytest.mark.parametrize(
    "condition",
    [
        "<conditionalEventDefinition id='def' camunda:variableName='x' "
        "camunda:variableEvents='create'><condition>x</condition></conditionalEventDefinition>",
        "<conditionalEventDefinition id='def'><extensionElements><zeebe:conditionalFilter "
        "variableNames='x' variableEvents='create'/></extensionElements><condition>x</condition>"
        "</conditionalEventDefinition>",
    ],
)
def test_both_camundas_say_when_a_condition_is_asked(condition):
    node = read_node(f"<intermediateCatchEvent id='n'>{condition}</intermediateCatchEvent>")

    assert node.definition.variable_names == ("x",)
    assert node.definition.is_asked_on_create
    assert not node.definition.is_asked_on_update


def test_an_event_sub_process_is_read_with_its_start():
    node = read_node(
        "<task id='a'/><subProcess id='n' triggeredByEvent='true'><startEvent id='s' "
        f"isInterrupting='false'>{MESSAGE}</startEvent></subProcess>",
        roots=ROOTS,
    )

    assert node.is_triggered_by_event
    assert not node.nodes[0].is_interrupting


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        (event_sub_process("<startEvent id='s'/>"), ("event-sub-process-start", "s")),
        (event_sub_process("<task id='t'/>"), ("event-sub-process-start", "esp")),
        (
            event_sub_process(
                f"<startEvent id='s'>{MESSAGE}</startEvent>"
                f"<startEvent id='s2'>{SIGNAL}</startEvent>"
            ),
            ("event-sub-process-start", "esp"),
        ),
        (
            event_sub_process(f"<startEvent id='s' isInterrupting='false'>{ERROR}</startEvent>"),
            ("not-interrupting-error", "s"),
        ),
        (
            event_sub_process(
                f"<startEvent id='s'>{MESSAGE}</startEvent>",
                host="<sequenceFlow id='f' sourceRef='a' targetRef='esp'/>",
            ),
            ("event-sub-process", "esp"),
        ),
        (
            event_sub_process(
                f"<startEvent id='s'>{MESSAGE}</startEvent>",
                host=f"<boundaryEvent id='b' attachedToRef='esp'>{MESSAGE}</boundaryEvent>",
            ),
            ("event-sub-process", "esp"),
        ),
        (
            event_sub_process(
                "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
                f"</multiInstanceLoopCharacteristics><startEvent id='s'>{MESSAGE}</startEvent>"
            ),
            ("event-sub-process", "esp"),
        ),
        (
            "<endEvent id='n'><escalationEventDefinition id='def' escalationRef='bare'/>"
            "</endEvent>",
            ("missing-escalation-code", "bare"),
        ),
        (
            "<endEvent id='n'><escalationEventDefinition id='def'/></endEvent>",
            ("missing-reference", "n"),
        ),
        (
            "<intermediateCatchEvent id='n'><conditionalEventDefinition id='def'><condition/>"
            "</conditionalEventDefinition></intermediateCatchEvent>",
            ("empty-expression", "def"),
        ),
        (linked("x", "y"), ("link", "t")),
        (linked("x", "x", ("t", "b")), ("link-flow", "t")),
        (linked("x", "x", ("a", "c")), ("link-flow", "c")),
        (
            linked("x", "x") + "<intermediateCatchEvent id='c2'><linkEventDefinition id='z' "
            "name='x'/></intermediateCatchEvent>",
            ("link", "c2"),
        ),
        (
            "<task id='a'/><eventBasedGateway id='g'/>"
            f"<intermediateCatchEvent id='n' parallelMultiple='true'>{MESSAGE}{SIGNAL}"
            "</intermediateCatchEvent><sequenceFlow id='f' sourceRef='a' targetRef='g'/>"
            "<sequenceFlow id='h' sourceRef='g' targetRef='n'/>",
            ("event-gateway", "n"),
        ),
    ],
)
def test_a_broken_rule_is_found_at_its_element(body, broken):
    assert broken in broken_rules(body, roots=ROOTS, namespaces=PLAIN)


def test_a_link_that_nothing_throws_is_a_warning_in_a_file_of_camunda():
    body = (
        "<task id='a'/><intermediateCatchEvent id='c'><linkEventDefinition id='def' name='x'/>"
        "</intermediateCatchEvent><task id='b'/>"
        "<sequenceFlow id='f' sourceRef='c' targetRef='b'/>"
    )

    assert ("link", "c") in {(one.rule, one.element_id) for one in read(body).warnings}
    assert ("link", "c") in broken_rules(body, namespaces=PLAIN)
