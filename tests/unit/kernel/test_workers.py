"""Jobs that diagrams of Camunda 7 name otherwise: beans, fields, connectors, answers as errors."""

from __future__ import annotations

import json

import pytest

from bpmn_engine.expressions.juel.assignment import assignment_of
from bpmn_engine.expressions.juel.beans import read_bean_call
from bpmn_engine.kernel.commands import CompleteJob
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.job_errors import FailedAttempt, error_of_failure
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from tests.diagrams import Element, Trigger, boundary, end, error, process, start, throw
from tests.kernel import Run, started


def around(element: Element, **more: Element) -> bytes:
    return process(
        "s -> a -> e", *(f"{name} -> e" for name in more), s=start(), a=element, e=end(), **more
    )


def service(extensions: str = "", **attributes: str) -> Element:
    named = {f"camunda:{name}": value for name, value in attributes.items()}
    return Element("serviceTask", named, extensions)


def job_of(run: Run) -> CreateJob:
    (job,) = run.sent(CreateJob)
    return job


# Beans ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "method", "arguments"),
    [
        ("${bean.go()}", "bean.go", ()),
        ("#{ bean.inner.go(x) }", "bean.inner.go", ("${x}",)),
        (
            "${bean.go((a + 1) * 2, 'x,y)', f[0])}",
            "bean.go",
            ("${(a + 1) * 2}", "${'x,y)'}", "${f[0]}"),
        ),
        ("${bean.go(execution)}", "bean.go", ("${execution}",)),
    ],
)
def test_a_method_that_no_value_has_is_one_of_a_bean(text, method, arguments):
    call = read_bean_call(text)

    assert call is not None
    assert (call.method, call.arguments) == (method, arguments)


@pytest.mark.parametrize(
    "text",
    [
        "${a.b}",
        "${names.size()}",
        "${execution.getVariable('x')}",
        "${b.go() == 1}",
        "x ${b.go()}",
    ],
)
def test_what_can_be_evaluated_or_is_more_than_a_call_is_none(text):
    assert read_bean_call(text) is None


def test_an_expression_that_calls_a_bean_is_a_job_of_its_name_with_its_arguments():
    expression = "${rates.find(country, amount * 2, 'x')}"
    run = started(around(service(expression=expression)), {"country": "FR", "amount": 21})

    job = job_of(run)
    assert job.job_type == "rates.find"
    assert json.loads(job.headers["arguments"]) == ["FR", 42, "x"]

    run.complete("a", {"rate": 3})
    assert run.variables == {"country": "FR", "amount": 21, "rate": 3}


def test_the_worker_of_a_bean_is_told_the_variable_for_its_result():
    run = started(around(service(expression="${rates.find()}", resultVariable="rate")))

    assert job_of(run).headers == {"resultVariable": "rate", "arguments": "[]"}


def test_an_expression_without_a_bean_is_evaluated_and_no_job():
    run = started(
        around(service(expression="${amount * 2}", resultVariable="double")), {"amount": 2}
    )

    assert run.sent(CreateJob) == []
    assert run.variables == {"amount": 2, "double": 4}


def test_an_expression_may_set_a_variable_by_execution():
    run = started(
        around(service(expression="${execution.setVariable('total', price * 2)}")), {"price": 21}
    )

    assert run.sent(CreateJob) == []
    assert run.variables == {"price": 21, "total": 42}


@pytest.mark.parametrize(
    "text",
    [
        "${execution.setVariable(name, 1)}",
        "${execution.setVariable('x')}",
        "${bean.setVariable('x', 1)}",
        "${execution.getVariable('x', 1)}",
    ],
)
def test_what_names_no_variable_of_the_execution_sets_none(text):
    setting = assignment_of(text)

    assert setting is None or setting.plain_name is None


def test_an_argument_that_fails_is_an_incident_and_creates_no_job():
    run = started(around(service(expression="${rates.find(country)}")))

    assert run.sent(CreateJob) == []
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(country="FR")
    run.resolve()
    assert json.loads(job_of(run).headers["arguments"]) == ["FR"]


# Fields -----------------------------------------------------------------------------------------


def test_fields_are_headers_worked_out_for_each_job():
    fields = (
        "<camunda:field name='to' expression='${person}'/>"
        "<camunda:field name='tags'><camunda:expression>${tags}</camunda:expression>"
        "</camunda:field>"
        "<camunda:field name='text' stringValue='Hello'/>"
        "<camunda:field name='none' expression='${nothing}'/>"
    )
    task = Element("serviceTask", {"camunda:class": "org.acme.Send"}, fields)

    run = started(around(task), {"person": "Alice", "tags": ["a", 1], "nothing": None})

    job = job_of(run)
    assert job.job_type == "org.acme.Send"
    assert job.headers == {"to": "Alice", "tags": '["a",1]', "text": "Hello"}


def test_linked_resources_are_a_header():
    linked = (
        "<zeebe:taskDefinition type='rpa'/><zeebe:linkedResources>"
        "<zeebe:linkedResource resourceId='= script' resourceType='RPA' linkName='main'/>"
        "<zeebe:linkedResource resourceId='other' resourceType='RPA' bindingType='versionTag' "
        "versionTag='v1'/></zeebe:linkedResources>"
    )

    run = started(around(Element("serviceTask", {}, linked)), {"script": "robot"})

    assert json.loads(job_of(run).headers["linkedResources"]) == [
        {
            "resourceId": "robot",
            "bindingType": "latest",
            "resourceType": "RPA",
            "linkName": "main",
        },
        {
            "resourceId": "other",
            "bindingType": "versionTag",
            "resourceType": "RPA",
            "versionTag": "v1",
        },
    ]


# Message events ---------------------------------------------------------------------------------


def test_a_message_event_with_an_expression_evaluates_it():
    thrown = Trigger(
        "<bpmn:messageEventDefinition camunda:expression='${n + 1}' camunda:resultVariable='m'/>"
    )
    run = started(process("s -> t -> e", s=start(), t=throw(thrown), e=end()), {"n": 1})

    assert run.variables == {"n": 1, "m": 2}
    assert run.is_completed


def test_a_message_event_that_calls_a_bean_is_a_job():
    thrown = Trigger("<bpmn:messageEventDefinition camunda:expression='${post.send(n)}'/>")
    run = started(process("s -> t -> e", s=start(), t=throw(thrown), e=end()), {"n": 1})

    assert job_of(run).job_type == "post.send"


# Connectors -------------------------------------------------------------------------------------

CONNECTOR = (
    "<camunda:connector><camunda:inputOutput>"
    "<camunda:inputParameter name='url'>https://example.test/${path}</camunda:inputParameter>"
    "<camunda:outputParameter name='answer'>${response}</camunda:outputParameter>"
    "</camunda:inputOutput><camunda:connectorId>http-connector</camunda:connectorId>"
    "</camunda:connector>"
)


def test_a_connector_is_a_job_of_its_id_with_its_inputs():
    run = started(around(service(CONNECTOR)), {"path": "x"})

    assert job_of(run).job_type == "http-connector"
    visit = run.waits("a")[0].visit
    assert dict(run.state.variables[visit]) == {"url": "https://example.test/x"}


def test_the_process_sees_what_the_outputs_of_a_connector_map_and_nothing_else():
    run = started(around(service(CONNECTOR)), {"path": "x"})

    run.complete("a", {"response": "ok", "statusCode": 200})

    assert run.variables == {"path": "x", "answer": "ok"}


def test_without_outputs_the_process_sees_nothing_of_a_connector():
    bare = "<camunda:connector><camunda:connectorId>c</camunda:connectorId></camunda:connector>"
    run = started(around(service(bare)))

    run.complete("a", {"response": "ok"})

    assert run.variables == {}
    assert run.is_completed


# Answers that are errors ------------------------------------------------------------------------


def external(condition: str, code: str = "BROKEN") -> Element:
    return Element(
        "serviceTask",
        {"camunda:type": "external", "camunda:topic": "work"},
        f"<camunda:errorEventDefinition errorRef='{code}' expression='{condition}'/>",
    )


def guarded(condition: str) -> bytes:
    return process(
        "s -> a -> e",
        "b -> f",
        s=start(),
        a=external(condition),
        b=boundary("a", error("BROKEN")),
        e=end(),
        f=end(),
    )


def test_a_completion_whose_condition_is_true_throws_the_error_instead():
    run = started(guarded("${stock == 0}"))

    run.complete("a", {"stock": 0})

    assert "b" in run.passed
    assert "a" not in run.passed
    assert run.variables == {"stock": 0}
    assert run.is_completed


def test_a_completion_whose_condition_is_false_is_one():
    run = started(guarded("${stock == 0 || externalTask.errorDetails.contains(&quot;x&quot;)}"))

    run.complete("a", {"stock": 1})

    assert run.passed == ["s", "a", "e"]


def test_a_condition_that_fails_is_an_incident_and_the_job_can_be_tried_again():
    run = started(guarded("${unknown}"))

    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.incident.wait == run.wait("a", WaitKind.JOB).key

    run.set(unknown=False)
    run.resolve()
    run.complete("a")
    assert run.passed == ["s", "a", "e"]


def test_an_error_that_nothing_catches_is_an_incident_about_the_job():
    run = started(around(external("${true}")))

    run.do(CompleteJob(wait=run.wait("a", WaitKind.JOB).key))

    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    assert run.incident.error_code == "BROKEN"
    assert run.waits("a")


@pytest.mark.parametrize(
    ("message", "is_error"), [("out of stock", True), ("out of paper", False)]
)
def test_a_failed_attempt_may_be_an_error(message, is_error):
    run = started(guarded("${externalTask.getErrorMessage().contains(&quot;stock&quot;)}"))
    attempt = FailedAttempt(
        wait=run.wait("a", WaitKind.JOB).key, message=message, retries_left=2, worker="w"
    )

    found = error_of_failure(run.graph, run.state, attempt, run.now)

    assert (getattr(found, "error_code", None) == "BROKEN") is is_error
    assert (found is None) is not is_error
