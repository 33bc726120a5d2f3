"""The coverage certificate: every id of the file, what became of it, and where it stands."""

from bpmn_engine.model.definitions import Coverage
from tests.unit.parser.reading import coverage, entry, read, refuse

E, D, R = Coverage.EXECUTED, Coverage.DOCUMENTATION, Coverage.REFUSED


def test_every_element_with_an_id_is_listed_in_document_order():
    outcome = read(
        "<startEvent id='s'/><serviceTask id='t'><extensionElements>"
        "<zeebe:taskDefinition type='a'/><zeebe:taskHeaders/></extensionElements></serviceTask>"
        "<sequenceFlow sourceRef='s' targetRef='t'/><textAnnotation id='n'/>",
        roots="<message id='m' name='x'/>",
    )

    assert [
        (one.element_type, one.element_id, one.coverage) for one in outcome.certificate.entries
    ] == [
        ("bpmn:definitions", "d", D),
        ("bpmn:message", "m", D),
        ("bpmn:process", "p", E),
        ("bpmn:startEvent", "s", E),
        ("bpmn:serviceTask", "t", E),
        ("zeebe:taskDefinition", "t", E),
        ("zeebe:taskHeaders", "t", E),
        ("bpmn:sequenceFlow", "flow_s_t_1", E),
        ("bpmn:textAnnotation", "n", D),
    ]


def test_a_root_element_that_is_used_is_executed():
    outcome = read(
        "<receiveTask id='t' messageRef='m'/>",
        roots="<message id='m' name='x'><extensionElements><zeebe:subscription "
        "correlationKey='=a'/></extensionElements></message><message id='o' name='y'/>",
    )

    assert coverage(outcome, "bpmn:message", "m") is E
    assert coverage(outcome, "zeebe:subscription", "m") is E
    assert coverage(outcome, "bpmn:message", "o") is D
    assert "no executed element uses it" in entry(outcome, "bpmn:message", "o").reason


def test_a_process_that_is_not_executable_is_documentation_with_all_in_it():
    outcome = read(
        "<task id='t'/>",
        roots="<process id='q'><documentation/></process><process id='r' isExecutable='false'>"
        "<complexGateway id='g'/><serviceTask id='s' camunda:decisionRef='d'/></process>",
    )

    for element_type, element_id in (
        ("bpmn:process", "r"),
        ("bpmn:complexGateway", "g"),
        ("bpmn:serviceTask", "s"),
        ("camunda:decisionRef", "s"),
    ):
        found = entry(outcome, element_type, element_id)
        assert (found.coverage, found.reason) == (D, "the process is not executable")


def test_an_extension_without_effect_where_it_stands_is_documentation():
    outcome = read("<task id='t' camunda:topic='a' camunda:jobPriority='3'/>")

    assert entry(outcome, "camunda:topic", "t").reason == "has no effect on this element"
    assert entry(outcome, "camunda:jobPriority", "t").reason == "this element creates no job"


def test_a_refused_element_says_why_and_where():
    found = entry(refuse("\n<serviceTask id='t'/>"), "bpmn:serviceTask", "t")

    assert (found.coverage, found.line) == (R, 3)
    assert "job type" in found.reason


def test_shapes_and_edges_are_not_listed():
    outcome = read("<task id='t'/>").certificate

    assert not [one for one in outcome.entries if "bpmndi" in one.element_type]


def test_loops_ad_hoc_sub_processes_and_gateways_of_full_bpmn_are_executed():
    outcome = read(
        "<receiveTask id='r' instantiate='true' messageRef='m'/>"
        "<task id='t'><standardLoopCharacteristics id='l' loopMaximum='2'>"
        "<loopCondition id='c'>true</loopCondition></standardLoopCharacteristics></task>"
        "<task id='n'><multiInstanceLoopCharacteristics behavior='Complex'>"
        "<loopCardinality>2</loopCardinality><complexBehaviorDefinition id='b'>"
        "<condition id='o'>true</condition><event id='v'><signalEventDefinition id='i' "
        "signalRef='g'/></event></complexBehaviorDefinition></multiInstanceLoopCharacteristics>"
        "</task><adHocSubProcess id='h'><extensionElements><zeebe:adHoc "
        "activeElementsCollection='=[]'/></extensionElements><task id='k'/></adHocSubProcess>"
        "<complexGateway id='x'><activationCondition id='y'>true</activationCondition>"
        "</complexGateway><callActivity id='a' calledElement='w'/>"
        "<sequenceFlow id='f' sourceRef='r' targetRef='x'/>"
        "<sequenceFlow id='q' sourceRef='x' targetRef='t'/>"
        "<sequenceFlow id='z' sourceRef='t' targetRef='n'/>"
        "<sequenceFlow id='u' sourceRef='n' targetRef='h'/>"
        "<sequenceFlow id='j' sourceRef='h' targetRef='a'/>",
        roots="<message id='m' name='x'/><signal id='g' name='y'/><globalManualTask id='w'/>",
    )

    listed = {one.element_id: one.coverage for one in outcome.certificate.entries}
    assert {listed[name] for name in "rtlcnbovihkxyawmg"} == {E}
    assert coverage(outcome, "zeebe:adHoc", "h") is E
