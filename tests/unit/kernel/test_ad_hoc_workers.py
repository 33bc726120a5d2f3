"""Ad-hoc sub-processes that a worker leads, and what they gather (Camunda 8, `zeebe:adHoc`)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import (
    ActivateElement,
    CancelVisits,
    CompleteAdHocJob,
    ElementStart,
    ModifyInstance,
    RejectionReason,
    StartBefore,
)
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Contents,
    Element,
    boundary,
    compensate,
    each,
    end,
    error,
    process,
    service,
    start,
    task,
    throw,
    timer,
    undone,
)
from tests.kernel import Run, started

LED = "<zeebe:taskDefinition type='agent' retries='2'/>"
GATHERING = "<zeebe:adHoc outputCollection='answers' outputElement='={{id: call, is: result}}'/>"
LISTED = (
    "<zeebe:adHoc activeElementsCollection='={0}' outputCollection='answers' "
    "outputElement='=result'/>"
)


def around(extensions: str, *flows: str, **elements: Element) -> bytes:
    inside = Contents(flows, elements)
    return process(
        "s -> h -> e",
        s=start(),
        h=Element("adHocSubProcess", {}, extensions, contents=inside),
        e=end(),
    )


def tools(extensions: str) -> bytes:
    return around(extensions, "b -> c", a=service("a"), b=service("b"), c=service("c"))


def answer(run: Run, *elements: ElementStart, over: bool = False, cancels: bool = False) -> None:
    run.do(
        CompleteAdHocJob(
            wait=run.wait("h", WaitKind.JOB).key,
            elements=elements,
            is_fulfilled=over,
            cancels_remaining=cancels,
        )
    )


def begins(element_id: str, **variables: str) -> ElementStart:
    return ElementStart(element_id=element_id, variables=variables)


# The worker -------------------------------------------------------------------------------------


def test_it_begins_with_a_job_and_nothing_else():
    run = started(tools(LED))

    (job,) = run.sent(CreateJob)
    assert (job.job_type, job.retries) == ("agent", 2)
    assert run.waiting == ["h"]


def test_the_worker_is_told_what_may_begin():
    described = Element(
        "serviceTask",
        {"name": "Ask Bob"},
        "<zeebe:taskDefinition type='ask'/><zeebe:properties><zeebe:property name='tool' "
        "value='yes'/></zeebe:properties>",
    )
    run = started(around(LED, "b -> c", a=described, b=service("b"), c=service("c")))
    visit = run.wait("h", WaitKind.JOB).visit

    assert run.state.variables[visit]["adHocSubProcessElements"] == [
        {
            "elementId": "a",
            "elementName": "Ask Bob",
            "documentation": None,
            "properties": {"tool": "yes"},
            "parameters": [],
        },
        {
            "elementId": "b",
            "elementName": None,
            "documentation": None,
            "properties": {},
            "parameters": [],
        },
    ]


def test_what_the_worker_names_begins_and_may_begin_several_times():
    run = started(tools(LED))

    answer(run, begins("a"), begins("b"), begins("a"))

    assert sorted(run.waiting) == ["a", "a", "b"]
    assert len(run.sent(CreateJob)) == 4


def test_whenever_what_began_has_ended_the_worker_has_a_new_job():
    run = started(tools(LED))
    answer(run, begins("a"), begins("b"))

    run.complete("b")
    assert "h" not in run.waiting
    run.complete("c")
    first = run.wait("h", WaitKind.JOB).key
    run.complete("a")
    second = run.wait("h", WaitKind.JOB).key

    assert first != second
    assert [wait.key for wait in run.waits("h")] == [second]
    assert not run.is_completed


def test_it_is_over_when_the_worker_says_so():
    run = started(tools(LED))
    answer(run, begins("a"))
    run.complete("a")

    answer(run, over=True)

    assert run.is_completed
    assert run.passed[-2:] == ["h", "e"]


def test_it_may_be_over_at_once():
    run = started(tools(LED))

    answer(run, over=True)

    assert run.is_completed
    assert "a" not in run.passed


def test_what_runs_may_come_to_its_end_and_nothing_is_asked_any_more():
    run = started(tools(LED))
    answer(run, begins("a"), begins("b"))
    run.complete("a")

    answer(run, over=True)
    assert run.waiting == ["b"]
    run.complete("b")
    run.complete("c")

    assert run.is_completed
    assert run.terminated == []


def test_what_runs_may_be_cancelled():
    run = started(tools(LED))
    answer(run, begins("a"), begins("b"))
    run.complete("a")

    answer(run, over=True, cancels=True)

    assert "b" in run.terminated
    assert run.is_completed


def test_an_answer_that_says_nothing_leaves_it_open_for_somebody():
    run = started(tools(LED))

    run.complete("h", {"thought": "none"})
    assert run.waiting == []
    assert run.variables == {"thought": "none"}
    run.do(ActivateElement(element_id="a"))
    run.complete("a")

    assert run.waiting == ["h"]


def test_the_variables_of_an_element_are_its_own():
    run = started(tools(LED))

    answer(run, begins("a", call="1"), begins("a", call="2"))

    own = [run.state.variables[run.state.visits[wait.visit].scope] for wait in run.waits("a")]
    assert [scope["call"] for scope in own] == ["1", "2"]
    assert run.variables == {}


@pytest.mark.parametrize(
    ("elements", "over", "word"),
    [((begins("c"),), False, "none of them"), ((begins("a"),), True, "not both")],
)
def test_an_answer_that_makes_no_sense_is_rejected_and_changes_nothing(elements, over, word):
    run = started(tools(LED))
    before = run.state

    rejection = run.send(
        CompleteAdHocJob(
            wait=run.wait("h", WaitKind.JOB).key, elements=elements, is_fulfilled=over
        )
    )

    assert rejection is not None
    assert word in rejection.message
    assert run.state == before


def test_only_the_job_of_an_ad_hoc_sub_process_is_answered_so():
    run = started(process("s -> a -> e", s=start(), a=service("a"), e=end()))

    rejection = run.send(CompleteAdHocJob(wait=run.wait("a", WaitKind.JOB).key))

    assert rejection is not None
    assert rejection.reason is RejectionReason.WRONG_KIND


def test_the_worker_may_throw_an_error_that_ends_it():
    xml = process(
        "s -> h -> e",
        "b -> f",
        s=start(),
        h=Element("adHocSubProcess", {}, LED, contents=Contents((), {"a": service("a")})),
        b=boundary("h", error("LOST")),
        e=end(),
        f=end(),
    )
    run = started(xml)
    answer(run, begins("a"))
    run.complete("a")

    run.throw("h", "LOST")

    assert "b" in run.passed
    assert run.is_completed


def test_a_job_that_cannot_be_created_is_an_incident_and_is_created_when_it_can():
    run = started(tools("<zeebe:taskDefinition type='=kind'/>"))
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(kind="agent")
    run.resolve()
    assert run.waiting == ["h"]
    answer(run, begins("a"))
    run.set(kind=None)
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(kind="other")
    run.resolve()
    assert run.sent(CreateJob)[-1].job_type == "other"


@pytest.mark.parametrize(
    "more",
    ["<zeebe:adHoc activeElementsCollection='=[]'/>", ""],
)
def test_a_worker_and_a_condition_do_not_go_together(more):
    condition = "" if more else "<bpmn:completionCondition>=true</bpmn:completionCondition>"
    xml = process(
        "s -> h -> e",
        s=start(),
        h=Element(
            "adHocSubProcess",
            {},
            LED + more,
            contents=Contents((), {"a": service("a")}),
            closing=condition,
        ),
        e=end(),
    )

    outcome = read_definitions(xml)

    assert isinstance(outcome, Refusal)
    assert {found.rule for found in outcome.violations} >= {"ad-hoc-job"}


# What is gathered -------------------------------------------------------------------------------


def test_the_output_of_what_began_is_gathered_when_it_ends():
    run = started(tools(LED + GATHERING.format()))
    answer(run, begins("a", call="1"), begins("b", call="2"))

    run.complete("b", {"result": "early"})
    run.complete("c", {"result": "B"})
    visit = run.wait("h", WaitKind.JOB).visit
    assert run.state.variables[visit]["answers"] == [{"id": "2", "is": "B"}]
    run.complete("a", {"result": "A"})
    answer(run, over=True)

    assert run.variables == {"answers": [{"id": "2", "is": "B"}, {"id": "1", "is": "A"}]}


def test_what_runs_at_once_does_not_see_the_results_of_each_other():
    run = started(tools(LISTED.format('["a", "b"]')))

    run.complete("b", {"result": "B"})
    run.complete("a", {"result": "A"})
    run.complete("c")

    assert run.variables == {"answers": ["A", "B"]}
    assert run.is_completed


def test_when_nothing_began_the_collection_is_empty():
    run = started(tools(LED + GATHERING.format()))

    answer(run, over=True)

    assert run.variables == {"answers": []}


def test_an_output_that_fails_is_an_incident_and_the_worker_is_not_asked():
    failing = "<zeebe:adHoc outputCollection='answers' outputElement='=number(result)'/>"
    run = started(tools(LED + failing))
    answer(run, begins("a"))
    run.complete("a", {"result": "x"})

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert "h" not in run.waiting


def test_a_collection_needs_an_element():
    outcome = read_definitions(tools("<zeebe:adHoc outputCollection='answers'/>"))

    assert isinstance(outcome, Refusal)
    assert [found.rule for found in outcome.violations] == ["ad-hoc-output"]


# Beside other things ----------------------------------------------------------------------------


def test_what_was_done_in_it_is_undone_in_reverse_order():
    done = {"a": service("a"), **undone("a", task())}
    led = Element("adHocSubProcess", {}, LED, contents=Contents((), done))
    run = started(process("s -> h -> t -> e", s=start(), h=led, t=throw(compensate()), e=end()))
    answer(run, begins("a"), begins("a"))
    run.complete("a")
    run.complete("a")

    answer(run, over=True)

    assert run.passed.count("undo_a") == 2
    assert run.passed[-2:] == ["t", "e"]


def test_each_instance_of_a_multi_instance_one_has_a_worker():
    led = Element(
        "adHocSubProcess",
        {},
        LED,
        each("[1, 2]").xml,
        contents=Contents((), {"a": service("a")}),
    )
    run = started(process("s -> h -> e", s=start(), h=led, e=end()))
    assert run.waiting == ["h", "h"]

    answer(run, begins("a"))
    run.complete("a")
    answer(run, over=True)
    answer(run, over=True)

    assert run.is_completed


def test_what_began_may_be_cancelled_by_hand_and_the_rest_goes_on():
    run = started(tools(LED))
    answer(run, begins("a"), begins("b"))

    run.do(ModifyInstance(moves=(CancelVisits(element_id="a"),)))
    assert run.waiting == ["b"]
    run.complete("b")
    run.complete("c")

    assert run.waiting == ["h"]


def test_an_element_in_it_is_activated_and_not_moved_to():
    run = started(tools(LED))

    rejection = run.send(ModifyInstance(moves=(StartBefore(element_id="a"),)))

    assert rejection is not None
    assert "activate" in rejection.message


def test_it_may_be_interrupted():
    xml = process(
        "s -> h -> e",
        "b -> f",
        s=start(),
        h=Element("adHocSubProcess", {}, LED, contents=Contents((), {"a": service("a")})),
        b=boundary("h", timer(duration="PT1H")),
        e=end(),
        f=end(),
    )
    run = started(xml)
    answer(run, begins("a"))

    run.fire("b")

    assert run.waiting == []
    assert run.passed[-2:] == ["b", "f"]
    assert run.is_completed
