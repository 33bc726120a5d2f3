"""Rules that hold for every model, executed yet or not: what breaks one, and what does not."""

import pytest

from bpmn_engine.model.definitions import Severity
from bpmn_engine.parser.reader import read_definitions
from tests.unit.parser.reading import CAMUNDA, PLAIN, file

FORMAL = "xsi:type='tFormalExpression'"
ROOTS = (
    "<itemDefinition id='text' structureRef='String' isCollection='false'/>"
    "<itemDefinition id='number' structureRef='Integer'/>"
    "<itemDefinition id='texts' structureRef='String' isCollection='true'/>"
    "<message id='m' name='m' itemRef='text'/><message id='bare' name='bare'/>"
    "<signal id='sig' name='sig' structureRef='number'/>"
    "<escalation id='esc' name='e'/><escalation id='coded' name='e' escalationCode='E'/>"
)


def flow(source, target):
    return f"<sequenceFlow id='{source}_{target}' sourceRef='{source}' targetRef='{target}'/>"


def event_sub(start):
    return f"<task id='t'/><subProcess id='s' triggeredByEvent='true'>{start}</subProcess>"


def link(tag, node, name, inner=""):
    return (
        f"<{tag} id='{node}'><linkEventDefinition id='d{node}' name='{name}'>{inner}"
        f"</linkEventDefinition></{tag}>"
    )


def timed(text, attributes=""):
    return (
        "<intermediateCatchEvent id='c'><timerEventDefinition>"
        f"<timeDuration {attributes}>{text}</timeDuration>"
        "</timerEventDefinition></intermediateCatchEvent>"
    )


def either(text):
    return (
        "<task id='a' default='a_b'/><task id='b'/><task id='c'/>"
        + flow("a", "b")
        + "<sequenceFlow id='a_c' sourceRef='a' targetRef='c'>"
        f"<conditionExpression>{text}</conditionExpression></sequenceFlow>"
    )


def throw(definition, tag="endEvent"):
    return f"<startEvent id='a'/><{tag} id='e'>{definition}</{tag}>" + flow("a", "e")


def received(*outputs, message="m"):
    data = "".join(f"<dataOutput id='o{i}' itemSubjectRef='{o}'/>" for i, o in enumerate(outputs))
    refs = "".join(f"<dataOutputRefs>o{i}</dataOutputRefs>" for i in range(len(outputs)))
    return (
        f"<receiveTask id='r' messageRef='{message}'><ioSpecification>{data}<inputSet/>"
        f"<outputSet>{refs}</outputSet></ioSpecification></receiveTask>"
    )


def caught(*outputs, definitions="<messageEventDefinition messageRef='m'/>"):
    data = "".join(f"<dataOutput id='o{i}' itemSubjectRef='{o}'/>" for i, o in enumerate(outputs))
    refs = "".join(f"<dataOutputRefs>o{i}</dataOutputRefs>" for i in range(len(outputs)))
    whole = f"{data}<outputSet>{refs}</outputSet>" if outputs else ""
    return f"<intermediateCatchEvent id='c'>{whole}{definitions}</intermediateCatchEvent>"


def looped(data, item):
    return (
        f"<dataObject id='o' itemSubjectRef='texts' isCollection='true'/><task id='t'>"
        f"<multiInstanceLoopCharacteristics><loopDataInputRef>{data}</loopDataInputRef>"
        f"<inputDataItem id='each' itemSubjectRef='{item}'/></multiInstanceLoopCharacteristics>"
        "</task>"
    )


def in_state(name):
    return (
        "<task id='t'/><dataObject id='o' name='Order'/>"
        f"<dataObjectReference id='r' name='{name}' dataObjectRef='o'><dataState name='paid'/>"
        "</dataObjectReference>"
    )


def compensated(association, handler="isForCompensation='true'"):
    return (
        "<task id='t'/><boundaryEvent id='b' attachedToRef='t'><compensateEventDefinition/>"
        f"</boundaryEvent><task id='h' {handler}/>{association}"
    )


JOINED = "<association id='as' sourceRef='b' targetRef='h'/>"
TIMER = f"<timerEventDefinition><timeDuration {FORMAL}>PT1S</timeDuration></timerEventDefinition>"
SIGNAL = "<signalEventDefinition signalRef='sig'/>"
BOTH = "<messageEventDefinition messageRef='m'/>" + SIGNAL

CASES = [
    ("event-definition", "e", throw("<conditionalEventDefinition><condition>=x</condition>"
        "</conditionalEventDefinition>"), throw("<terminateEventDefinition/>")),
    ("event-definition", "n", event_sub("<startEvent id='n'><terminateEventDefinition/>"
        "</startEvent>"), event_sub(f"<startEvent id='n'>{TIMER}</startEvent>")),
    ("sub-process-start", "n", f"<transaction id='s'><startEvent id='n'>{TIMER}</startEvent>"
        "</transaction>", "<transaction id='s'><startEvent id='n'/></transaction>"),
    ("event-sub-process-start", "n", event_sub("<startEvent id='n'/>"),
        event_sub(f"<startEvent id='n'>{TIMER}</startEvent>")),
    ("event-sub-process-start", "s", event_sub("<task id='u'/>"),
        event_sub(f"<startEvent id='n'>{TIMER}</startEvent>")),
    ("cancel-event", "e", throw("<cancelEventDefinition/>"),
        "<transaction id='s'><startEvent id='a'/><endEvent id='e'><cancelEventDefinition/>"
        "</endEvent>" + flow("a", "e") + "</transaction>"),
    ("cancel-event", "b", "<subProcess id='s'/><boundaryEvent id='b' "
        "attachedToRef='s'><cancelEventDefinition/></boundaryEvent>",
        "<transaction id='s'/><boundaryEvent id='b' attachedToRef='s'><cancelEventDefinition/>"
        "</boundaryEvent>"),
    ("not-interrupting-error", "b", "<transaction id='s'/><boundaryEvent id='b' "
        "attachedToRef='s' cancelActivity='false'><cancelEventDefinition/></boundaryEvent>",
        "<transaction id='s'/><boundaryEvent id='b' attachedToRef='s'><cancelEventDefinition/>"
        "</boundaryEvent>"),
    ("link", "c", link("intermediateCatchEvent", "c", "x"),
        link("intermediateThrowEvent", "a", "x") + link("intermediateCatchEvent", "c", "x")),
    ("link", "a", link("intermediateThrowEvent", "a", "x"),
        link("intermediateThrowEvent", "a", " x ") + link("intermediateCatchEvent", "c", "x")),
    ("link", "c", link("intermediateThrowEvent", "a", "x")
        + link("intermediateCatchEvent", "b", "x") + link("intermediateCatchEvent", "c", "x"),
        link("intermediateThrowEvent", "a", "x") + link("intermediateThrowEvent", "b", "x")
        + link("intermediateCatchEvent", "c", "x")),
    ("link-flow", "c", "<task id='t'/>" + link("intermediateThrowEvent", "a", "x")
        + link("intermediateCatchEvent", "c", "x") + flow("t", "c"),
        link("intermediateThrowEvent", "a", "x") + link("intermediateCatchEvent", "c", "x")),
    ("missing-escalation-code", "esc", throw("<escalationEventDefinition escalationRef='esc'/>"),
        throw("<escalationEventDefinition escalationRef='coded'/>")),
    ("missing-reference", "e", throw("<escalationEventDefinition/>"),
        throw("<escalationEventDefinition escalationRef='coded'/>")),
    ("event-sub-process", "s", event_sub(f"<startEvent id='n'>{TIMER}</startEvent>")
        + flow("t", "s"), event_sub(f"<startEvent id='n'>{TIMER}</startEvent>")),
    ("compensation-flow", "h", compensated(JOINED + flow("t", "h")), compensated(JOINED)),
    ("choreography-in-process", "c", "<callChoreography id='c' initiatingParticipantRef='p1'>"
        "<participantRef>p1</participantRef></callChoreography>", "<task id='c'/>"),
    ("ad-hoc-content", "s", "<adHocSubProcess id='s'/>",
        "<adHocSubProcess id='s'><task id='t'/></adHocSubProcess>"),
    ("ad-hoc-content", "e", "<adHocSubProcess id='s'><task id='t'/><endEvent id='e'/>"
        "</adHocSubProcess>",
        "<adHocSubProcess id='s'><task id='t'/></adHocSubProcess>"),
    ("token-quantity", "t", "<task id='t' startQuantity='0'/>",
        "<task id='t' startQuantity='2'/>"),
    ("compensation-handler", "b", compensated(""), compensated(JOINED)),
    ("compensation-handler", "b", compensated(JOINED, ""), compensated(JOINED)),
    ("instantiation", "r", "<task id='t'/><receiveTask id='r' instantiate='true' "
        "messageRef='bare'/>" + flow("t", "r"), "<startEvent id='t'/><receiveTask id='r' "
        "instantiate='true' messageRef='bare'/>" + flow("t", "r")),
    ("end-without-start", "e", "<task id='t'/><endEvent id='e'/>" + flow("t", "e"),
        "<startEvent id='t'/><endEvent id='e'/>" + flow("t", "e")),
    ("flow-list", "e", "<startEvent id='s'><outgoing>s_e</outgoing></startEvent>"
        "<endEvent id='e'/>" + flow("s", "e"),
        "<startEvent id='s'/><endEvent id='e'/>" + flow("s", "e")),
    ("informal-expression", "c", timed("PT1M"), timed("PT1M", FORMAL)),
    ("informal-expression", "a_c", either("when it is paid"), either("paid = true")),
    ("message-data", "r", received("text", "text"), received("text")),
    ("message-data", "r", received("number"), received("text")),
    ("event-data", "c", caught("number"), caught("text")),
    ("event-data", "c", caught("text", definitions=BOTH),
        caught("text", "number", definitions=BOTH)),
    ("missing-operation", "c", caught(),
        caught(definitions="<messageEventDefinition messageRef='bare'/>")),
    ("collection", "o", "<task id='t'/><dataObject id='o' itemSubjectRef='texts' "
        "isCollection='false'/>", "<task id='t'/><dataObject id='o' itemSubjectRef='texts' "
        "isCollection='true'/>"),
    ("loop-data", "t", looped("texts", "text"), looped("o", "text")),
    ("loop-data", "t", looped("o", "number"), looped("o", "text")),
    ("data-state", "r", in_state("Order [2]"), in_state("Order [paid]")),
]  # fmt: skip


def broken(body, namespaces=PLAIN, severity=Severity.ERROR):
    outcome = read_definitions(file(body, roots=ROOTS, namespaces=namespaces))
    found = getattr(outcome, "violations", None) or getattr(outcome, "warnings", ())
    return {(one.rule, one.element_id) for one in found if one.severity is severity}


@pytest.mark.parametrize(("rule", "element_id", "wrong", "right"), CASES)
def test_what_breaks_a_rule_is_refused_by_it_and_what_does_not_is_not(
    rule, element_id, wrong, right
):
    assert (rule, element_id) in broken(wrong)
    assert rule not in {one for one, _ in broken(right)}


@pytest.mark.parametrize("body", [timed("PT1M"), in_state("2"), "<endEvent id='e'/>"])
def test_what_camundas_modelers_write_is_not_refused(body):
    assert not broken(body, CAMUNDA)


def test_one_mistake_of_an_element_is_named_once_by_a_rule():
    body = "<subProcess id='s'><startEvent id='n'>" + TIMER + "</startEvent></subProcess>"

    outcome = read_definitions(file(body, namespaces=PLAIN))

    assert [one.rule for one in outcome.violations].count("sub-process-start") == 1


def test_two_links_that_only_a_reference_joins_are_refused_at_both_ends():
    body = link("intermediateThrowEvent", "a", "x", "<target>dc</target>") + link(
        "intermediateCatchEvent", "c", "y"
    )

    assert broken(body) == {("unsupported-element", "a"), ("unsupported-element", "c")}


def test_a_link_without_a_name_is_named_once():
    body = link("intermediateThrowEvent", "a", "") + link("intermediateCatchEvent", "c", "")

    outcome = read_definitions(file(body, namespaces=PLAIN))

    assert [one.rule for one in outcome.violations].count("missing-name") == 2
    assert "link" not in {one.rule for one in outcome.violations}


def test_a_transaction_that_an_event_starts_is_refused():
    body = "<task id='t'/><transaction id='s' triggeredByEvent='true'><startEvent id='n'/>"

    assert ("event-sub-process", "s") in broken(body + "</transaction>")


def test_a_receive_task_that_starts_the_process_may_follow_one_start_event_only():
    body = "<startEvent id='s'/><receiveTask id='r' instantiate='true' messageRef='bare'/>"
    more = "<task id='t'/>" + flow("s", "t")

    assert broken(body + flow("s", "r")) == set()
    assert broken(body + more + flow("t", "r")) == {("instantiation", "r")}


@pytest.mark.parametrize("namespaces", [PLAIN, CAMUNDA])
def test_a_global_task_is_called_with_the_data_that_it_has(namespaces):
    declared = (
        "<ioSpecification>{}<inputSet/><outputSet/></ioSpecification>".format,
        "<dataInput id='{}'/>".format,
    )
    own = declared[0](declared[1]("i") + declared[1]("j"))
    roots = f"<globalTask id='g'>{declared[0](declared[1]('k'))}</globalTask>"
    body = f"<callActivity id='c' calledElement='g'>{own}</callActivity>"

    outcome = read_definitions(file(body, roots=roots, namespaces=namespaces))

    found = [one.rule for one in outcome.violations if one.element_id == "c"]
    assert found.count("called-data") == 1


def test_a_quantity_of_thousands_of_digits_is_refused():
    digits = "9" * 5000

    assert ("token-quantity", "t") in broken(f"<task id='t' startQuantity='{digits}'/>")
