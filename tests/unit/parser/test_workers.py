"""What the parser makes of connectors, beans, errors of workers, and forms of Camunda 7."""

from __future__ import annotations

import pytest

from bpmn_engine.model.definitions import Coverage, Severity
from bpmn_engine.model.extensions import Connector, FormField, JobError, VariableMapping
from bpmn_engine.parser.formal_expressions import feel, literal
from tests.unit.parser.reading import coverage, entry, expand, read, refuse

E, D = Coverage.EXECUTED, Coverage.DOCUMENTATION


def node(body: str, **options: str):
    """Return the only node of a file that is accepted."""
    (found,) = read(expand(body), **options).processes[0].nodes
    return found


CONNECTOR = (
    "<camunda:connector><camunda:inputOutput><camunda:inputParameter name='a'>1"
    "</camunda:inputParameter></camunda:inputOutput><camunda:connectorId>erp"
    "</camunda:connectorId></camunda:connector>"
)


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask"])
def test_a_connector_is_a_job_of_its_id(tag):
    body = f"<{tag} id='n'><extensionElements>{CONNECTOR}</extensionElements></{tag}>"
    job = node(body).job

    assert job.type == literal("erp")
    assert job.connector == Connector(inputs=(VariableMapping(target="a", source=literal("1")),))
    assert coverage(read(body), "camunda:connector", "n") is E


def test_a_message_event_may_have_a_connector():
    body = (
        "<endEvent id='n'><messageEventDefinition><extensionElements>"
        f"{CONNECTOR}</extensionElements></messageEventDefinition></endEvent>"
    )

    assert node(body).definition.job.type == literal("erp")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<serviceTask id='n'>{camunda:connector}</serviceTask>", "missing-job-type"),
        (
            "<serviceTask id='n' camunda:class='X'><extensionElements>"
            f"{CONNECTOR}</extensionElements></serviceTask>",
            "several-implementations",
        ),
        (
            "<endEvent id='n'><messageEventDefinition camunda:class='X' "
            "camunda:expression='${x}'/></endEvent>",
            "several-implementations",
        ),
        (
            "<serviceTask id='n' camunda:type='external' camunda:topic='t'>"
            "{camunda:errorEventDefinition errorRef='e'}</serviceTask>",
            "condition",
        ),
        (
            "<serviceTask id='n'>{zeebe:taskDefinition type='t'}"
            "{zeebe:linkedResources | zeebe:linkedResource resourceType='RPA'}</serviceTask>",
            "incomplete-resource",
        ),
        ("<userTask id='n'>{camunda:formProperty name='x'}</userTask>", "incomplete-form"),
        (
            "<callActivity id='n' calledElement='q' camunda:variableMappingClass='X' "
            "camunda:variableMappingDelegateExpression='${x}'/>",
            "several-implementations",
        ),
    ],
)
def test_what_lacks_its_half_is_refused(body, rule):
    assert rule in {found.rule for found in refuse(expand(body)).violations}


ROOTS = "<error id='e' errorCode='LOST' camunda:errorMessage='gone'/><error id='bare'/>"


@pytest.mark.parametrize(
    ("reference", "code", "message", "warned"),
    [
        ("errorRef='e'", literal("LOST"), "gone", False),
        ("errorRef='OTHER'", literal("OTHER"), None, False),
        ("errorRef='bare'", None, None, True),
        ("", None, None, True),
    ],
)
def test_the_errors_of_an_external_task(reference, code, message, warned):
    body = (
        "<serviceTask id='n' camunda:type='external' camunda:topic='t'>"
        f"{{camunda:errorEventDefinition {reference} expression='x > 1'}}</serviceTask>"
    )
    found = read(expand(body), roots=ROOTS)

    expected = JobError(condition=feel("x > 1"), error_code=code, error_message=message)
    assert found.processes[0].nodes[0].job.errors == (expected,)
    rules = [one.rule for one in found.warnings if one.severity is Severity.WARNING]
    assert ("missing-error-code" in rules) is warned


def test_the_getters_of_an_external_task_are_its_properties():
    body = (
        "<serviceTask id='n' camunda:type='external' camunda:topic='t'>"
        "<extensionElements><camunda:errorEventDefinition errorRef='e' "
        "expression=\"${externalTask.getErrorDetails().contains('x')}\"/></extensionElements>"
        "</serviceTask>"
    )

    (found,) = node(body, roots=ROOTS).job.errors
    assert found.condition.text == "${externalTask.errorDetails.contains('x')}"


def test_on_what_is_no_external_task_an_error_definition_is_documentation():
    found = read(
        expand(
            "<serviceTask id='n' camunda:class='X'>{camunda:errorEventDefinition}</serviceTask>"
        )
    )

    assert coverage(found, "camunda:errorEventDefinition", "n") is D


def test_form_properties_are_fields():
    body = (
        "<userTask id='n'>{camunda:formProperty id='a' name='A' type='enum' required='true' "
        "variable='v' | camunda:value id='x' name='X'}</userTask>"
    )

    assert node(body).user_task.form.fields == (
        FormField(
            id="v", label="A", type="enum", options={"x": "X"}, constraints={"required": "true"}
        ),
    )


def test_of_a_property_with_an_expression_that_is_filled_in_whoever_deploys_is_told():
    body = "<userTask id='n'>{camunda:formProperty id='a' expression='=b.c'}</userTask>"

    (warned,) = [
        one for one in read(expand(body)).warnings if one.rule == "extension-without-effect"
    ]
    assert warned.element_id == "n"
    assert warned.severity is Severity.WARNING


def test_of_a_form_handler_whoever_deploys_is_told():
    found = read("<userTask id='n' camunda:formHandlerClass='X'/>")

    assert coverage(found, "camunda:formHandlerClass", "n") is D
    (warned,) = [one for one in found.warnings if one.rule == "extension-without-effect"]
    assert (warned.element_id, warned.severity) == ("n", Severity.WARNING)


@pytest.mark.parametrize(("value", "offered"), [("false", False), ("true", True)])
def test_a_process_may_not_be_offered_to_be_started(value, offered):
    text = (
        "<task id='t'/></process><process id='q' isExecutable='true' "
        f"camunda:isStartableInTasklist='{value}'><task id='u'/>"
    )
    found = read(text)

    assert found.processes[1].is_startable_by_hand is offered
    assert coverage(found, "camunda:isStartableInTasklist", "q") is E


def test_how_long_history_lives_is_read():
    found = read(
        "<task id='t'/></process><process id='q' isExecutable='true' "
        "camunda:historyTimeToLive='P30D'><task id='u'/>"
    )

    assert found.processes[1].history_time_to_live == "P30D"
    assert coverage(found, "camunda:historyTimeToLive", "q") is E


@pytest.mark.parametrize("text", ["P1Y", "P2M", "soon", "${days}", "-1", "P", "PT"])
def test_how_long_history_lives_is_documentation_where_it_is_no_length(text):
    found = read(
        "<task id='t'/></process><process id='q' isExecutable='true' "
        f"camunda:historyTimeToLive='{text}'><task id='u'/>"
    )

    assert found.processes[1].history_time_to_live is None
    assert entry(found, "camunda:historyTimeToLive", "q").reason is not None
