import datetime as dt

import pytest

from bpmn_engine.ports import Failed, FailureKind
from bpmn_engine.views.work import JobPhase
from bpmn_engine.workers.outcomes import Completed, GiveUp, Thrown, TryAgain
from bpmn_engine.workers.results import ResultMapping, read_mapping

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OUTPUT = {"status": 200, "body": {"id": "A-1", "items": [1, 2]}}


def mapping(**headers: str) -> ResultMapping:
    found = read_mapping(headers)
    assert isinstance(found, ResultMapping), found
    return found


def test_without_headers_each_field_of_the_output_is_a_variable():
    assert mapping().of_output(OUTPUT, NOW) == Completed(variables=OUTPUT)


def test_result_variable_holds_the_whole_output():
    outcome = mapping(resultVariable="answer").of_output(OUTPUT, NOW)

    assert outcome == Completed(variables={"answer": OUTPUT})


@pytest.mark.parametrize("text", ["={id: body.id}", "{id: response.body.id}"])
def test_result_expression_makes_variables_of_what_it_picks(text):
    outcome = mapping(resultExpression=text).of_output(OUTPUT, NOW)

    assert outcome == Completed(variables={"id": "A-1"})


def test_result_variable_and_expression_add_up():
    both = mapping(resultVariable="answer", resultExpression="={id: body.id}")

    assert both.of_output(OUTPUT, NOW) == Completed(variables={"answer": OUTPUT, "id": "A-1"})


@pytest.mark.parametrize("text", ["=body.id", "=1 + body"])
def test_result_expression_that_gives_no_context_is_an_incident_that_says_the_work_is_done(text):
    outcome = mapping(resultExpression=text).of_output(OUTPUT, NOW)

    assert isinstance(outcome, GiveUp)
    assert outcome.phase is JobPhase.UNKNOWN
    assert "resultExpression" in outcome.message
    assert "The work itself is done" in outcome.message


@pytest.mark.parametrize("header", ["resultExpression", "errorExpression"])
def test_header_that_is_no_feel_is_refused_before_anything_is_sent(header):
    refused = read_mapping({header: "={id: }"})

    assert isinstance(refused, str)
    assert header in refused


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("=null", Completed(variables=OUTPUT)),
        ('=if status = 200 then null else jobError("no")', Completed(variables=OUTPUT)),
        (
            '=if status = 200 then bpmnError("EMPTY", "Nothing there") else null',
            Thrown(error_code="EMPTY", message="Nothing there"),
        ),
        (
            '=bpmnError("EMPTY", "Nothing there", {id: body.id})',
            Thrown(error_code="EMPTY", message="Nothing there", variables={"id": "A-1"}),
        ),
        ('=jobError("Not yet")', TryAgain(message="Not yet")),
        (
            '=jobError("Not yet", {}, 2, "PT5S")',
            TryAgain(message="Not yet", retries_left=2, after=dt.timedelta(seconds=5)),
        ),
    ],
)
def test_error_expression_decides(text, outcome):
    assert mapping(errorExpression=text).of_output(OUTPUT, NOW) == outcome


@pytest.mark.parametrize("text", ['="EMPTY"', "=bpmnError(1)", '=jobError("x", {}, "many")'])
def test_error_expression_that_decides_nothing_is_an_incident(text):
    outcome = mapping(errorExpression=text).of_output(OUTPUT, NOW)

    assert isinstance(outcome, GiveUp)
    assert "errorExpression" in outcome.message


def test_error_expression_sees_the_code_of_a_failed_call():
    failed = Failed(
        kind=FailureKind.PERMANENT, code="404", message="Absent.", variables={"status": 404}
    )
    one = mapping(errorExpression='=if error.code = "404" then bpmnError("GONE", "x") else null')

    assert one.of_failure(failed, NOW) == Thrown(error_code="GONE", message="x")


def test_failed_call_that_the_expression_does_not_mean_is_left_to_the_policy():
    failed = Failed(kind=FailureKind.PERMANENT, code="500", message="Broken.")
    one = mapping(errorExpression='=if error.code = "404" then bpmnError("GONE", "x") else null')

    assert one.of_failure(failed, NOW) is None
