"""The rules of the standard: one line each, with the rule's word and the element."""

import pytest

from bpmn_engine.parser.rules import RULES
from tests.unit.parser.reading import PLAIN, broken_rules, read

FLOW = "<sequenceFlow id='{0}' sourceRef='{1}' targetRef='{2}'{3}"
TIMER = "<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>"
MESSAGE = "<message id='m' name='paid'/>"


def flow(flow_id, source, target, condition=None):
    inner = (
        "/>"
        if condition is None
        else f"><conditionExpression>{condition}</conditionExpression></sequenceFlow>"
    )
    return FLOW.format(flow_id, source, target, inner)


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ("<task id='a'/>" + flow("f", "a", "b"), ("dangling-reference", "f")),
        (
            "<task id='a'/><textAnnotation id='b'/>" + flow("f", "a", "b"),
            ("flow-end", "f"),
        ),
        (
            "<task id='a'/><subProcess id='s'><task id='b'/></subProcess>" + flow("f", "a", "b"),
            ("crosses-scope", "f"),
        ),
        ("<task id='a'><outgoing>g</outgoing></task>", ("flow-list", "a")),
        (
            "<startEvent id='a'/><task id='b'/>" + flow("f", "a", "b", "x"),
            ("condition-not-allowed", "f"),
        ),
        (
            "<task id='a'/><task id='b'/>" + flow("f", "a", "b", "x"),
            ("only-flow-has-condition", "f"),
        ),
        (
            "<task id='a'/><task id='b'/>" + flow("f", "a", "b", "23") + flow("g", "a", "b"),
            ("not-a-condition", "f"),
        ),
        ("<task id='a'/><task id='b'/>" + flow("f", "a", "b", ""), ("empty-expression", "f")),
        (
            "<task id='a'><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
            "<completionCondition>23</completionCondition></multiInstanceLoopCharacteristics>"
            "</task>",
            ("not-a-condition", "a"),
        ),
        (
            "<exclusiveGateway id='a' default='x'/><task id='b'/>" + flow("f", "a", "b"),
            ("default-flow", "a"),
        ),
        (
            "<exclusiveGateway id='a' default='f'/><task id='b'/>" + flow("f", "a", "b", "x"),
            ("default-flow", "f"),
        ),
        ("<startEvent id='s'/><task id='a'/>", ("no-incoming-flow", "a")),
        ("<task id='a'/><endEvent id='e'/>", ("no-outgoing-flow", "a")),
        (
            "<startEvent id='s'><terminateEventDefinition/></startEvent>",
            ("event-definition", "s"),
        ),
        (f"<endEvent id='e'>{TIMER}</endEvent>", ("event-definition", "e")),
        (
            "<intermediateCatchEvent id='e'><errorEventDefinition/></intermediateCatchEvent>",
            ("event-definition", "e"),
        ),
        (
            f"<subProcess id='p1'><startEvent id='s'>{TIMER}</startEvent></subProcess>",
            ("sub-process-start", "s"),
        ),
        ("<task id='a'/><startEvent id='s'/>" + flow("f", "a", "s"), ("flow-direction", "s")),
        ("<task id='a'/><endEvent id='e'/>" + flow("f", "e", "a"), ("flow-direction", "e")),
        (
            f"<task id='a'/><boundaryEvent id='b' attachedToRef='a'>{TIMER}</boundaryEvent>"
            + flow("f", "a", "b"),
            ("flow-direction", "b"),
        ),
        (
            f"<boundaryEvent id='b' attachedToRef='x'>{TIMER}</boundaryEvent>",
            ("dangling-reference", "b"),
        ),
        (
            f"<parallelGateway id='g'/><boundaryEvent id='b' attachedToRef='g'>{TIMER}"
            "</boundaryEvent>",
            ("dangling-reference", "b"),
        ),
        (
            "<task id='a'/><boundaryEvent id='b' attachedToRef='a' cancelActivity='false'>"
            "<errorEventDefinition/></boundaryEvent>",
            ("not-interrupting-error", "b"),
        ),
        (
            "<task id='a'/><task id='b'/><parallelGateway id='g' gatewayDirection='Converging'/>"
            + flow("f", "g", "a")
            + flow("h", "g", "b"),
            ("gateway-direction", "g"),
        ),
        (
            "<task id='a'/><parallelGateway id='g' gatewayDirection='Mixed'/>"
            + flow("f", "a", "g"),
            ("gateway-direction", "g"),
        ),
        ("<parallelGateway id='g'/>", ("unconnected-gateway", "g")),
        (
            "<eventBasedGateway id='g'/><task id='a'/>" + flow("f", "g", "a"),
            ("event-gateway", "a"),
        ),
        (
            f"<eventBasedGateway id='g'/><intermediateCatchEvent id='a'>{TIMER}"
            "</intermediateCatchEvent>" + flow("f", "g", "a"),
            ("event-gateway", "g"),
        ),
        (
            "<eventBasedGateway id='g'/><receiveTask id='a' messageRef='m'/>"
            "<intermediateCatchEvent id='b'><messageEventDefinition messageRef='m'/>"
            "</intermediateCatchEvent>" + flow("f", "g", "a") + flow("h", "g", "b"),
            ("event-gateway", "g"),
        ),
        ("<task id='a'/><task id='a'/>", ("duplicate-id", "a")),
        ("<task/>", ("missing-id", "task@2")),
        (
            "<task id='a'><documentation id='x' textFormat='INVALID'/></task>",
            ("media-type", "x"),
        ),
        (
            "<ioSpecification><dataInput id='i'/><inputSet/><outputSet/></ioSpecification>",
            ("data-set", "i"),
        ),
        (
            "<ioSpecification id='io'><dataOutput id='o'/><dataOutput id='q'/><inputSet/>"
            "<outputSet id='s'><dataOutputRefs>o</dataOutputRefs>"
            "<optionalOutputRefs>q</optionalOutputRefs></outputSet></ioSpecification>",
            ("data-set", "s"),
        ),
        (
            "<dataObject id='o'/><task id='a'><property id='q'/><dataInputAssociation id='x'>"
            "<sourceRef>o</sourceRef><sourceRef>q</sourceRef><targetRef>q</targetRef>"
            "</dataInputAssociation></task>",
            ("data-association", "x"),
        ),
    ],
)
def test_what_breaks_a_rule_is_refused(body, broken):
    assert broken in broken_rules(body, roots=MESSAGE, namespaces=PLAIN)


COLLABORATION = (
    "<collaboration id='c'><participant id='us' processRef='p'/><participant id='them'/>"
    "<messageFlow id='f' sourceRef='{0}' targetRef='{1}'/></collaboration>"
)
BODY = (
    "<startEvent id='s'/><intermediateThrowEvent id='t'><messageEventDefinition messageRef='m'/>"
    "</intermediateThrowEvent><endEvent id='e'/>" + flow("f1", "s", "t") + flow("f2", "t", "e")
)


@pytest.mark.parametrize(
    ("source", "target"),
    [("us", "e"), ("s", "them"), ("them", "s"), ("t", "nowhere"), ("them", "t"), ("f1", "them")],
)
def test_message_flows_join_a_sender_and_a_receiver_of_two_pools(source, target):
    roots = MESSAGE + COLLABORATION.format(source, target)

    assert broken_rules(BODY, roots=roots, namespaces=PLAIN) == {("message-flow", "f")}


@pytest.mark.parametrize(("source", "target"), [("t", "them"), ("them", "us"), ("us", "them")])
def test_message_flows_between_pools_are_accepted(source, target):
    read(BODY, roots=MESSAGE + COLLABORATION.format(source, target), namespaces=PLAIN)


def test_a_called_process_of_the_same_file_must_be_callable():
    roots = MESSAGE + (
        "<process id='q' isExecutable='true'><startEvent id='s'><messageEventDefinition "
        "messageRef='m'/></startEvent></process><dataStore id='g'/>"
    )
    body = "<callActivity id='a' calledElement='q'/><callActivity id='b' calledElement='g'/>"

    assert broken_rules(body, roots=roots) == {("called-element", "a"), ("called-element", "b")}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<task id='a'/><task id='b'/>" + flow("f", "a", "b", "x"), "only-flow-has-condition"),
        (
            "<task id='a'/><endEvent id='e'/><startEvent id='s'/>"
            + flow("f", "s", "a")
            + flow("g", "s", "e"),
            "no-outgoing-flow",
        ),
        ("<task id='a'><outgoing>g</outgoing></task>", "flow-list"),
    ],
)
def test_what_camundas_engines_execute_is_a_warning_in_a_file_of_camunda(body, rule):
    assert [warning.rule for warning in read(body).warnings] == [rule]


def test_a_node_that_camunda_would_never_start_is_refused_in_a_file_of_camunda():
    assert broken_rules("<startEvent id='s'/><task id='a'/>") == {("no-incoming-flow", "a")}


def test_a_drawing_tool_may_start_a_node_beside_the_start_event():
    definitions = read(
        "<startEvent id='s'/><task id='a'/>", namespaces=PLAIN, extra="exporter='bpmn-js (demo)'"
    )

    assert [warning.rule for warning in definitions.warnings] == ["no-incoming-flow"]


def test_an_exclusive_split_without_condition_or_default_is_a_warning():
    definitions = read(
        "<exclusiveGateway id='g'/><task id='a'/><task id='b'/>"
        + flow("f", "g", "a", "x")
        + flow("h", "g", "b")
    )

    assert [(one.rule, one.element_id) for one in definitions.warnings] == [
        ("unconditional-flow", "h")
    ]


def test_every_rule_says_what_it_demands():
    assert all(rule.__doc__ for rule in RULES)
    assert all(rule.__name__.startswith(("must_", "should_")) for rule in RULES)
