"""Listeners of both Camundas: how they are read, and why some are refused."""

from __future__ import annotations

import pytest

from bpmn_engine.model.definitions import Coverage
from bpmn_engine.model.event_definitions import TimerEventDefinition, TimerKind
from bpmn_engine.model.extensions import JobDefinition
from bpmn_engine.model.listeners import Listener, ListenerEvent, Listeners
from bpmn_engine.parser.formal_expressions import feel, literal
from tests.unit.parser.reading import broken_rules, coverage, read, read_node, refuse

ZEEBE = (
    "<zeebe:executionListeners><zeebe:executionListener eventType='start' type='audit' "
    "retries='5'><zeebe:taskHeaders><zeebe:header key='b' value='2'/></zeebe:taskHeaders>"
    "</zeebe:executionListener><zeebe:executionListener eventType='end' type='= kind'/>"
    "</zeebe:executionListeners>"
)


def node(tag: str, extensions: str, inside: str = "", attributes: str = "") -> str:
    return (
        f"<{tag} id='n'{attributes}><extensionElements>{extensions}</extensionElements>"
        f"{inside}</{tag}>"
    )


def execution(event: str, job_type: str = "x") -> str:
    return (
        f"<zeebe:executionListeners><zeebe:executionListener eventType='{event}' "
        f"type='{job_type}'/></zeebe:executionListeners>"
    )


def old(event: str, attributes: str = "class='my.X'") -> str:
    return f"<camunda:executionListener event='{event}' {attributes}/>"


def test_listeners_of_camunda_8_have_a_type_retries_and_headers():
    read_ = read_node(
        node(
            "serviceTask",
            "<zeebe:taskDefinition type='t'/><zeebe:taskHeaders><zeebe:header "
            "key='a' value='0'/><zeebe:header key='b' value='1'/></zeebe:taskHeaders>" + ZEEBE,
        )
    )

    assert read_.listeners == Listeners(
        listeners=(
            Listener(
                event=ListenerEvent.START,
                job=JobDefinition(
                    type=literal("audit"), retries=literal("5"), headers={"a": "0", "b": "2"}
                ),
            ),
            Listener(
                event=ListenerEvent.END,
                job=JobDefinition(type=literal("= kind"), headers={"a": "0", "b": "1"}),
            ),
        )
    )


def test_listeners_of_camunda_7_are_jobs_expressions_and_scripts():
    read_ = read_node(
        node(
            "task",
            "<camunda:executionListener event='start' class='my.X'><camunda:field name='a' "
            "stringValue='1'/><camunda:field name='b'><camunda:expression>${c}"
            "</camunda:expression></camunda:field></camunda:executionListener>"
            + old("start", "delegateExpression='${audit}'")
            + old("end", "expression='${a + 1}'")
            + "<camunda:executionListener event='end'><camunda:script scriptFormat='FEEL'>a"
            "</camunda:script></camunda:executionListener>",
        )
    )

    assert read_.listeners == Listeners(
        listeners=(
            Listener(
                event=ListenerEvent.START,
                job=JobDefinition(type=literal("my.X"), headers={"a": "1", "b": "${c}"}),
            ),
            Listener(event=ListenerEvent.START, job=JobDefinition(type=literal("audit"))),
            Listener(event=ListenerEvent.END, expression=literal("${a + 1}")),
            Listener(event=ListenerEvent.END, expression=feel("a")),
        ),
        is_camunda7=True,
    )


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("creating", ListenerEvent.CREATING),
        ("create", ListenerEvent.CREATING),
        ("assigning", ListenerEvent.ASSIGNING),
        ("assign", ListenerEvent.ASSIGNING),
        ("updating", ListenerEvent.UPDATING),
        ("update", ListenerEvent.UPDATING),
        ("completing", ListenerEvent.COMPLETING),
        ("complete", ListenerEvent.COMPLETING),
        ("canceling", ListenerEvent.CANCELING),
    ],
)
def test_task_listeners_of_camunda_8_by_their_new_and_old_names(name, event):
    read_ = read_node(
        node(
            "userTask",
            f"<zeebe:taskListeners><zeebe:taskListener eventType='{name}' type='x'/>"
            "</zeebe:taskListeners>",
        )
    )

    assert [listener.event for listener in read_.listeners.listeners] == [event]


def test_a_timeout_listener_has_a_timer():
    read_ = read_node(
        node(
            "userTask",
            "<camunda:taskListener event='timeout' id='friendly' delegateExpression='${remind}'>"
            "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
            "</camunda:taskListener>",
        )
    )

    (listener,) = read_.listeners.listeners
    assert listener.timer == TimerEventDefinition(
        kind=TimerKind.DURATION, expression=literal("PT1H")
    )


def test_a_sequence_flow_has_take_listeners_whatever_event_they_name():
    definitions = read(
        "<task id='a'/><task id='b'/><sequenceFlow id='f' sourceRef='a' targetRef='b'>"
        f"<extensionElements>{old('start')}<camunda:executionListener class='my.Y'/>"
        "</extensionElements></sequenceFlow>"
    )

    (flow,) = definitions.processes[0].flows
    assert [listener.event for listener in flow.listeners.listeners] == [ListenerEvent.TAKE] * 2


def test_a_process_has_listeners():
    definitions = read(
        f"<extensionElements>{execution('cancel')}</extensionElements><task id='n'/>"
    )

    (listener,) = definitions.processes[0].listeners.listeners
    assert listener.event is ListenerEvent.CANCEL


def test_an_element_without_listeners_has_none():
    assert read_node("<task id='n'/>").listeners is None


def test_listeners_stand_in_the_certificate_as_executed():
    definitions = read(node("task", ZEEBE))

    assert coverage(definitions, "zeebe:executionListeners", "n") is Coverage.EXECUTED


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (node("startEvent", execution("start")), "listener-event"),
        (
            "<task id='h'/>"
            + node(
                "boundaryEvent",
                execution("start"),
                "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
                " attachedToRef='h'",
            ),
            "listener-event",
        ),
        (node("exclusiveGateway", execution("end")), "listener-event"),
        (
            node("endEvent", execution("end"), "<errorEventDefinition errorRef='err'/>"),
            "listener-event",
        ),
        (node("task", execution("beforeAll")), "listener-event"),
        (node("task", execution("cancel")), "listener-event"),
        (node("task", execution("sometimes")), "listener-event"),
        (node("task", execution("start", " ")), "missing-job-type"),
        (node("task", execution("start") + execution("start")), "repeated-listener"),
        (node("task", execution("start") + old("start")), "several-flavours"),
        (node("task", old("take")), "listener-event"),
        (node("task", old("start", "")), "listener-implementation"),
        (
            node("userTask", "<camunda:taskListener event='timeout' class='my.X'/>"),
            "listener-timer",
        ),
    ],
)
def test_listeners_that_would_not_be_called_as_drawn_are_refused(body, rule):
    roots = "<error id='err' errorCode='E'/>"

    assert (rule, "n") in broken_rules(body, roots=roots)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (
            node(
                "task",
                "<camunda:executionListener event='start'><camunda:script scriptFormat='groovy'>"
                "x</camunda:script></camunda:executionListener>",
            ),
            "camunda:script",
        ),
        (
            node(
                "task",
                "<camunda:executionListener event='start'><camunda:script resource='a.groovy'/>"
                "</camunda:executionListener>",
            ),
            "camunda:script",
        ),
        (node("task", "<camunda:taskListener event='create' class='X'/>"), "camunda:taskListener"),
    ],
)
def test_listeners_that_are_not_executed_are_refused_by_name(body, part):
    outcome = refuse(body)

    assert coverage(outcome, part, "n") is Coverage.REFUSED


def test_flows_out_of_an_event_based_gateway_are_not_taken():
    body = (
        "<eventBasedGateway id='g'/><intermediateCatchEvent id='n'><timerEventDefinition>"
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        "<sequenceFlow id='f' sourceRef='g' targetRef='n'><extensionElements>"
        f"{old('take')}</extensionElements></sequenceFlow>"
    )

    outcome = refuse(body)

    assert coverage(outcome, "camunda:executionListener", "f") is Coverage.REFUSED


@pytest.mark.parametrize(
    "item",
    [
        "<camunda:script scriptFormat='groovy'>x</camunda:script>",
        "<camunda:script/>",
        "<camunda:properties/>",
    ],
)
def test_a_member_of_a_list_that_is_not_evaluated_is_refused(item):
    outcome = refuse(
        node(
            "task",
            "<camunda:inputOutput><camunda:inputParameter name='a'><camunda:list>"
            f"{item}</camunda:list></camunda:inputParameter></camunda:inputOutput>",
        )
    )

    part = item[1:].split(" ")[0].split("/")[0]
    assert coverage(outcome, part, "n") is Coverage.REFUSED


@pytest.mark.parametrize(
    ("attributes", "job_type", "expression"),
    [
        ("class='a' expression='${b}' delegateExpression='${c}'", "a", None),
        ("expression='${b}' delegateExpression='${c}'", None, "${b}"),
    ],
)
def test_of_several_implementations_the_one_counts_that_camunda_7_takes(
    attributes, job_type, expression
):
    definitions = read(node("task", old("start", attributes)))

    (read_,) = definitions.processes[0].nodes
    (listener,) = read_.listeners.listeners
    assert (listener.job and listener.job.type.text) == job_type
    assert (listener.expression and listener.expression.text) == expression
    assert [found.rule for found in definitions.warnings] == ["listener-implementation"]
