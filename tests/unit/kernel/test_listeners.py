"""Execution listeners of both Camundas: when they are called, in which order, to what effect."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import (
    CancelInstance,
    CancelVisits,
    CompleteJob,
    FailJob,
    ModifyInstance,
    Rejection,
    RejectionReason,
    StartAfter,
    StartBefore,
    ThrowBpmnError,
)
from bpmn_engine.kernel.effects import CreateJob, EndInstance
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    error,
    escalation,
    event_based,
    event_subprocess,
    exclusive,
    inclusive,
    message,
    parallel,
    process,
    script,
    service,
    signal,
    start,
    subprocess,
    task,
    terminate,
    throw,
    timer,
    user,
)
from tests.kernel import Run, started
from tests.listeners import camunda, camunda_xml, on_flow, on_process, zeebe, zeebe_xml


def job_types(run: Run) -> list[str]:
    """Return the types of the jobs created so far, in order."""
    return [job.job_type for job in run.sent(CreateJob)]


def state_of(run: Run, element_id: str) -> ElementState:
    """Return the lifecycle state of the only visit of an element."""
    (key,) = [key for key, visit in run.state.visits.items() if run.name(visit.node) == element_id]
    return run.state.states[key]


# Camunda 8 ------------------------------------------------------------------------------------


def test_a_start_listener_is_called_before_the_element_works():
    run = started(
        process("s -> bill -> e", s=start(), bill=zeebe(service("bill"), "start audit"), e=end())
    )

    assert job_types(run) == ["audit"]
    assert state_of(run, "bill") is ElementState.READY
    run.complete("bill")

    assert job_types(run) == ["audit", "bill"]
    assert state_of(run, "bill") is ElementState.ACTIVE
    run.complete("bill")
    assert run.is_completed


def test_an_end_listener_is_called_after_the_work_and_before_the_tokens_leave():
    run = started(
        process("s -> bill -> e", s=start(), bill=zeebe(service("bill"), "end audit"), e=end())
    )

    assert job_types(run) == ["bill"]
    run.complete("bill")

    assert job_types(run) == ["bill", "audit"]
    assert state_of(run, "bill") is ElementState.COMPLETING
    assert run.passed == ["s"]
    run.complete("bill")
    assert run.passed == ["s", "bill", "e"]


def test_listeners_of_one_event_are_called_one_after_the_other_in_document_order():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=zeebe(task(), "end third", "start first", "start second", "end fourth"),
            e=end(),
        )
    )
    called = []

    while not run.is_completed:
        called.append(run.wait("a", WaitKind.JOB).name)
        run.complete("a")

    assert called == ["first", "second", "third", "fourth"]


def test_a_start_listener_sees_the_inputs_and_sets_local_variables():
    run = started(
        process(
            "s -> bill -> after -> e",
            s=start(),
            bill=zeebe(service("bill", inputs={"net": "price"}), "start tax"),
            after=service("after"),
            e=end(),
        ),
        {"price": 100},
    )
    visit = run.waits("bill")[0].visit

    assert run.state.variables[visit]["net"] == 100
    run.complete("bill", {"tax": 19})

    assert dict(run.state.variables[visit]) == {"net": 100, "tax": 19}
    run.complete("bill")
    assert run.variables == {"price": 100}


def test_local_variables_of_a_start_listener_need_no_mapping():
    run = started(
        process("s -> a -> e", s=start(), a=zeebe(script("tax + 1", "b"), "start tax"), e=end())
    )

    run.complete("a", {"tax": 19})

    assert run.variables == {"b": 20}


def test_an_end_listener_comes_after_the_output_mappings_and_its_variables_go_outwards():
    run = started(
        process(
            "s -> a -> b -> e",
            s=start(),
            a=zeebe(service("a", outputs={"sum": "x + 1"}), "end audit"),
            b=service("b"),
            e=end(),
        )
    )

    run.complete("a", {"x": 1})
    assert run.variables == {"sum": 2}
    run.complete("a", {"seen": True})

    assert run.variables == {"seen": True, "sum": 2}


def test_output_mappings_are_evaluated_once_when_a_listener_fails_after_them():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=zeebe(service("a", outputs={"count": "count + 1"}), "end audit"),
            e=end(),
        ),
        {"count": 0},
    )

    run.complete("a")
    run.fail("a")
    run.resolve()
    run.complete("a")

    assert run.variables == {"count": 1}
    assert run.is_completed


def test_a_gateway_chooses_by_what_its_start_listener_has_found():
    run = started(
        process(
            "s -> x",
            "x -> big if amount > 10",
            "x -> small default",
            "big, small -> e",
            s=start(),
            x=zeebe(exclusive(), "start look-up"),
            big=task(),
            small=task(),
            e=end(),
        )
    )

    run.complete("x", {"amount": 11})

    assert run.passed == ["s", "x", "big", "e"]
    assert run.variables == {}


def test_a_timer_reads_what_the_start_listener_has_set():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=zeebe(catch(timer(duration="= pause")), "start plan"),
            e=end(),
        )
    )
    assert [wait.kind for wait in run.waits("t")] == [WaitKind.JOB]

    run.complete("t", {"pause": "PT5M"})

    assert [wait.kind for wait in run.waits("t")] == [WaitKind.TIMER]


def test_boundary_events_are_not_waited_for_while_a_start_listener_runs():
    run = started(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=zeebe(service("a"), "start audit"),
            late=boundary("a", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )

    assert run.waiting == ["a"]
    run.complete("a")

    assert run.waiting == ["a", "late"]


def test_a_listener_without_attempts_is_an_incident_and_only_it_is_called_again():
    run = started(
        process("s -> a -> e", s=start(), a=zeebe(task(), "start one", "start two"), e=end())
    )

    run.complete("a")
    run.fail("a", "no ink")
    incident = run.incident
    run.resolve(3)

    assert (incident.kind, incident.message) == (
        IncidentKind.JOB,
        "Start listener 2 of a: no ink",
    )
    assert job_types(run) == ["one", "two"]
    run.complete("a")
    assert run.is_completed


def test_an_expression_of_a_listener_that_fails_is_an_incident_at_that_listener():
    run = started(
        process("s -> a -> e", s=start(), a=zeebe(task(), "start one", "start = next"), e=end())
    )

    run.complete("a")
    incident = run.incident
    run.set(next="two")
    run.resolve()

    assert incident.kind is IncidentKind.EXPRESSION
    assert incident.message.startswith("Start listener 2 of a: The job type: ")
    assert job_types(run) == ["one", "two"]


def test_what_fails_after_the_start_listeners_does_not_call_them_again():
    run = started(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=zeebe(service("a"), "start one"),
            late=boundary("a", timer(duration="= pause")),
            e=end(),
            e2=end(),
        )
    )

    run.complete("a")
    run.set(pause="PT1H")
    run.resolve()

    assert job_types(run) == ["one", "a"]


def test_what_fails_after_the_end_listeners_does_not_call_them_again():
    run = started(
        process(
            "s -> a",
            "a -> b if flag",
            "a -> c if not(flag)",
            "b, c -> e",
            s=start(),
            a=zeebe(task(), "end one"),
            b=task(),
            c=task(),
            e=end(),
        )
    )

    run.complete("a")
    run.set(flag=True)
    run.resolve()

    assert job_types(run) == ["one"]
    assert run.passed == ["s", "a", "b", "e"]


def test_a_listener_of_camunda_8_may_not_throw_a_bpmn_error():
    run = started(
        process(
            "s -> a -> e",
            "oops -> e2",
            s=start(),
            a=zeebe(service("a"), "start audit"),
            oops=boundary("a", error()),
            e=end(),
            e2=end(),
        )
    )
    command = ThrowBpmnError(wait=run.waits("a")[0].key, error_code="broken")

    rejection = run.send(command)

    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectionReason.WRONG_KIND
    assert run.waiting == ["a"]


def test_an_interrupted_element_ends_its_listener_and_calls_no_end_listener():
    run = started(
        process(
            "s -> sub -> e",
            "late -> e2",
            s=start(),
            sub=subprocess("s1 -> a", s1=start(), a=zeebe(service("a"), "start x", "end y")),
            late=boundary("sub", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )

    run.fire("late")

    assert job_types(run) == ["x"]
    assert run.terminated == ["a", "sub"]
    assert run.is_completed


def test_the_process_calls_listeners_before_anything_and_after_everything():
    run = started(
        on_process(
            process("s -> a -> e", s=start(), a=task(), e=end()),
            zeebe_xml("start open", "start log", "end close"),
        )
    )

    assert (run.waiting, run.passed) == (["p"], [])
    run.complete("p", {"known": 1})
    run.complete("p")
    assert run.passed == ["p", "s", "a", "e"]
    assert not run.is_completed
    run.complete("p", {"closed": 2})

    assert job_types(run) == ["open", "log", "close"]
    assert run.is_completed
    assert run.sent(EndInstance)[0].variables == {"closed": 2, "known": 1}


def test_event_sub_processes_wait_when_the_start_listener_of_the_process_is_done():
    run = started(
        on_process(
            process(
                "s -> a -> e",
                s=start(),
                a=service("a"),
                e=end(),
                sub=event_subprocess("s1 -> e1", s1=start(message("stop")), e1=end()),
            ),
            zeebe_xml("start open"),
        )
    )

    assert run.waiting == ["p"]
    run.complete("p")

    assert run.waiting == ["a", "s1"]


def test_a_named_start_event_begins_after_the_start_listener_of_the_process():
    run = started(
        on_process(
            process(
                "s -> a -> e",
                "m -> b -> e",
                s=start(),
                m=start(message("go")),
                a=service("a"),
                b=service("b"),
                e=end(),
            ),
            zeebe_xml("start open"),
        ),
        at="m",
    )

    run.complete("p")

    assert run.waiting == ["b"]


def test_a_cancel_listener_is_called_when_nothing_is_left_and_then_the_instance_is_gone():
    run = started(
        on_process(
            process("s -> a -> e", s=start(), a=service("a"), e=end()),
            zeebe_xml("cancel tell", "end close"),
        )
    )

    run.do(CancelInstance(reason="by mistake"))
    assert run.terminated == ["a"]
    assert run.waiting == ["p"]
    visit = run.waits("p")[0].visit
    assert run.state.variables[visit]["cancelReason"] == "by mistake"
    run.complete("p")

    assert job_types(run) == ["a", "tell"]
    assert run.state.status is InstanceStatus.TERMINATED
    assert run.sent(EndInstance)[0].message == "by mistake"


def test_to_cancel_a_second_time_does_not_wait_for_the_listener():
    run = started(
        on_process(
            process("s -> a -> e", s=start(), a=service("a"), e=end()), zeebe_xml("cancel tell")
        )
    )

    run.do(CancelInstance())
    run.do(CancelInstance())

    assert run.state.status is InstanceStatus.TERMINATED
    assert not run.state.waits


def test_nothing_can_be_started_in_an_instance_that_is_being_cancelled():
    run = started(
        on_process(
            process("s -> a -> e", s=start(), a=service("a"), e=end()), zeebe_xml("cancel tell")
        )
    )

    run.do(CancelInstance())
    rejection = run.send(ModifyInstance(moves=(StartBefore(element_id="a"),)))

    assert isinstance(rejection, Rejection)
    assert run.waiting == ["p"]


def test_an_instance_that_completes_calls_no_cancel_listener():
    run = started(on_process(process("s -> e", s=start(), e=end()), zeebe_xml("cancel tell")))

    assert run.is_completed
    assert job_types(run) == []


def test_a_before_all_listener_gives_the_collection_and_the_others_are_called_for_each():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=zeebe(
                service("work", loop=each("items")), "beforeAll find", "start begin", "end done"
            ),
            e=end(),
        )
    )

    assert job_types(run) == ["find"]
    run.complete("a", {"items": [1, 2]})
    assert job_types(run) == ["find", "begin", "begin"]
    for _ in range(6):
        run.complete("a")

    assert sorted(job_types(run)[3:]) == ["done", "done", "work", "work"]
    assert run.variables == {}
    assert run.is_completed


def test_a_terminate_end_event_ends_the_rest_when_its_end_listener_is_done():
    run = started(
        process(
            "s -> f",
            "f -> a",
            "f -> t",
            s=start(),
            f=parallel(),
            a=service("a"),
            t=zeebe(terminate(), "end audit"),
        )
    )

    assert run.waiting == ["a", "t"]
    run.complete("t")

    assert run.terminated == ["a"]
    assert run.is_completed


def test_an_interrupting_escalation_leaves_no_time_for_end_listeners():
    run = started(
        process(
            "s -> sub -> e",
            "caught -> e2",
            s=start(),
            sub=subprocess("s1 -> up", s1=start(), up=zeebe(throw(escalation("E")), "end audit")),
            caught=boundary("sub", escalation("E")),
            e=end(),
            e2=end(),
        )
    )

    assert run.terminated == ["up", "sub"]
    assert run.is_completed


def test_an_event_after_a_gateway_calls_its_listeners_when_it_has_occurred():
    run = started(
        process(
            "s -> g",
            "g -> m",
            "g -> t",
            "m, t -> e",
            s=start(),
            g=event_based(),
            m=zeebe(catch(message("paid")), "start one", "end two"),
            t=catch(timer(duration="PT1H")),
            e=end(),
        )
    )

    run.deliver("m", {"amount": 5})
    assert run.waiting == ["m"]
    run.complete("m")
    run.complete("m")

    assert job_types(run) == ["one", "two"]
    assert run.variables == {"amount": 5}
    assert run.is_completed


def test_a_person_can_cancel_an_element_that_waits_for_its_listener():
    run = started(process("s -> a -> e", s=start(), a=zeebe(service("a"), "start audit"), e=end()))

    run.do(ModifyInstance(moves=(CancelVisits(element_id="a"), StartBefore(element_id="e"))))

    assert run.is_completed
    assert run.terminated == ["a"]


def test_a_sub_process_with_start_listeners_is_not_opened_around_them():
    run = started(
        process(
            "s -> sub -> e",
            s=start(),
            sub=zeebe(
                subprocess("s1 -> a -> b", s1=start(), a=service("a"), b=service("b")),
                "start audit",
            ),
            e=end(),
        )
    )

    rejection = run.send(
        ModifyInstance(moves=(CancelVisits(element_id="sub"), StartBefore(element_id="b")))
    )

    assert isinstance(rejection, Rejection)
    assert "start listeners come first" in rejection.message


def test_the_job_of_a_listener_that_is_gone_is_not_found():
    run = started(process("s -> a -> e", s=start(), a=zeebe(task(), "start audit"), e=end()))
    wait = run.waits("a")[0].key

    run.complete("a")
    rejections = [run.send(CompleteJob(wait=wait)), run.send(FailJob(wait=wait, message="late"))]

    assert all(isinstance(found, Rejection) for found in rejections)


# Camunda 7 ------------------------------------------------------------------------------------


def test_a_class_and_a_delegate_expression_are_jobs_of_that_type():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(task(), "start class my.Audit", "start delegateExpression ${audit}"),
            e=end(),
        )
    )

    run.complete("a", {"found": 1})
    run.complete("a")

    assert job_types(run) == ["my.Audit", "audit"]
    assert run.variables == {"found": 1}


def test_an_expression_is_evaluated_in_the_same_step_and_may_set_a_variable():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(
                task(),
                "start expression ${execution.setVariable('total', price * 2)}",
                "end script price + 1",
            ),
            e=end(),
        ),
        {"price": 4},
    )

    assert run.variables == {"price": 4, "total": 8}
    assert run.is_completed


def test_a_local_variable_of_an_expression_is_gone_with_the_element():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(
                script("half + 1", "b"),
                "start expression ${execution.setVariableLocal('half', price / 2)}",
            ),
            e=end(),
        ),
        {"price": 4},
    )

    assert run.variables == {"b": 3, "price": 4}


def test_an_expression_that_fails_is_an_incident_and_is_evaluated_again():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(task(), "start expression ${execution.setVariable('b', price)}"),
            e=end(),
        )
    )
    message_ = run.incident.message

    run.set(price=3)
    run.resolve()

    assert message_.startswith("Start listener 1 of a: The expression: ")
    assert run.variables == {"b": 3, "price": 3}
    assert run.is_completed


def test_end_listeners_come_before_the_output_parameters():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(service("a", outputs={"sum": "x + y"}), "end class my.Audit"),
            e=end(),
        )
    )

    run.complete("a", {"x": 1})
    run.complete("a", {"y": 2})

    assert run.variables["sum"] == 3


@pytest.mark.parametrize("event", ["start", "end"])
def test_a_bpmn_error_of_a_listener_goes_to_the_boundary_event(event):
    run = started(
        process(
            "s -> a -> e",
            "oops -> e2",
            s=start(),
            a=camunda(task(), f"{event} class my.Audit"),
            oops=boundary("a", error("broken")),
            e=end(),
            e2=end(),
        )
    )

    run.throw("a", "broken")

    assert run.passed == ["s", "oops", "e2"]


def test_a_flow_is_taken_when_its_listener_is_done():
    run = started(
        on_flow(
            process("s -> a -> e", s=start(), a=task(), e=end()),
            "a_e",
            camunda_xml("take class my.Log", "take class my.Count"),
        )
    )

    assert run.waiting == ["a_e"]
    assert run.passed == ["s", "a"]
    run.complete("a_e", {"logged": True})
    run.complete("a_e")

    assert run.passed == ["s", "a", "a_e", "e"]
    assert run.variables == {"logged": True}


def test_tokens_on_other_flows_do_not_wait_for_the_listener_of_one():
    run = started(
        on_flow(
            process(
                "s -> f",
                "f -> a",
                "f -> b",
                "a, b -> j -> e",
                s=start(),
                f=parallel(),
                a=task(),
                b=task(),
                j=parallel(),
                e=end(),
            ),
            "f_a",
            camunda_xml("take class my.Log"),
        )
    )

    assert run.passed == ["s", "f", "b"]
    run.complete("f_a")

    assert run.passed == ["s", "f", "b", "f_a", "a", "j", "e"]


def test_a_flow_that_is_not_taken_calls_no_listener():
    run = started(
        on_flow(
            process(
                "s -> x",
                "x -> a if amount > 1",
                "x -> b default",
                "a, b -> e",
                s=start(),
                x=exclusive(),
                a=task(),
                b=task(),
                e=end(),
            ),
            "x_a",
            camunda_xml("take class my.Log"),
        ),
        {"amount": 1},
    )

    assert run.is_completed
    assert job_types(run) == []


def test_a_bpmn_error_on_a_flow_is_caught_around_it():
    run = started(
        on_flow(
            process(
                "s -> sub -> e",
                "oops -> e2",
                s=start(),
                sub=subprocess("s1 -> a -> e1", s1=start(), a=task(), e1=end()),
                oops=boundary("sub", error()),
                e=end(),
                e2=end(),
            ),
            "a_e1",
            camunda_xml("take class my.Log"),
        )
    )

    run.throw("a_e1", "broken")

    assert run.terminated == ["a_e1", "sub"]
    assert run.is_completed


def test_end_listeners_are_called_also_when_the_element_is_interrupted():
    run = started(
        process(
            "s -> a -> e",
            "late -> b -> e2",
            s=start(),
            a=camunda(service("a", inputs={"net": "price"}), "end class my.Audit"),
            late=boundary("a", timer(duration="PT1H")),
            b=service("b"),
            e=end(),
            e2=end(),
        ),
        {"price": 5},
    )

    run.fire("late")
    assert run.terminated == ["a"]
    assert run.waiting == ["a", "b"]
    visit = run.waits("a")[0].visit
    assert dict(run.state.variables[visit]) == {"net": 5}
    run.complete("b")
    assert not run.is_completed
    run.complete("a")

    assert job_types(run) == ["a", "my.Audit", "b"]
    assert run.is_completed


def test_a_boundary_event_that_does_not_interrupt_calls_no_end_listener():
    run = started(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=camunda(service("a"), "end class my.Audit"),
            late=boundary("a", timer(duration="PT1H"), interrupting=False),
            e=end(),
            e2=end(),
        )
    )

    run.fire("late")

    assert job_types(run) == ["a"]


def test_end_listeners_inside_a_sub_process_outlive_it():
    run = started(
        process(
            "s -> sub -> e",
            "late -> e2",
            s=start(),
            sub=subprocess("s1 -> a", s1=start(), a=camunda(service("a"), "end class my.Audit")),
            late=boundary("sub", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )

    run.fire("late")

    assert run.waiting == ["a"]
    assert not run.is_completed
    run.complete("a")
    assert run.is_completed


def test_end_listeners_are_called_once_when_one_of_them_throws():
    run = started(
        process(
            "s -> a -> e",
            "oops -> e2",
            s=start(),
            a=camunda(task(), "end class my.Audit"),
            oops=boundary("a", error()),
            e=end(),
            e2=end(),
        )
    )

    run.throw("a", "broken")

    assert job_types(run) == ["my.Audit"]
    assert run.is_completed


def test_a_cancelled_instance_calls_the_end_listeners_of_what_is_in_it_then_its_own():
    run = started(
        on_process(
            process(
                "s -> a -> e", s=start(), a=camunda(service("a"), "end class my.Audit"), e=end()
            ),
            camunda_xml("end class my.Close"),
        )
    )

    run.do(CancelInstance(reason="enough"))
    assert run.waiting == ["a"]
    run.complete("a")
    assert run.waiting == ["p"]
    run.complete("p")

    assert job_types(run) == ["a", "my.Audit", "my.Close"]
    assert run.state.status is InstanceStatus.TERMINATED
    assert run.sent(EndInstance)[0].message == "enough"


def test_an_instance_that_ends_by_an_error_tells_its_listeners_and_then_its_caller():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(service("a"), "end class my.Audit"),
            e=end(),
        ),
        has_parent=True,
    )

    run.throw("a", "broken")
    assert run.waiting == ["a"]
    run.complete("a")

    ended = run.sent(EndInstance)[0]
    assert (ended.status, ended.error_code) == (InstanceStatus.FAILED, "broken")


def test_the_error_of_a_listener_of_the_process_is_not_caught():
    run = started(
        on_process(
            process(
                "s -> a -> e",
                s=start(),
                a=task(),
                e=end(),
                sub=event_subprocess("s1 -> e1", s1=start(error()), e1=end()),
            ),
            camunda_xml("end class my.Close"),
        )
    )

    run.throw("p", "broken")

    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    assert run.waiting == ["p"]


def test_a_boundary_event_calls_its_listeners_with_what_came():
    run = started(
        process(
            "s -> a -> e",
            "m -> e2",
            s=start(),
            a=service("a"),
            m=camunda(boundary("a", message("stop")), "start class my.Audit"),
            e=end(),
            e2=end(),
        )
    )

    run.deliver("m", {"why": "late"})
    at = run.waits("m")[0].listener
    assert at is not None
    assert dict(at.variables) == {"why": "late"}
    run.complete("m")

    assert run.variables == {"why": "late"}
    assert run.is_completed


def test_an_interrupted_scope_with_a_farewell_is_interrupted_once():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(service("a"), "end class my.Audit"),
            e=end(),
            sub=event_subprocess(
                "s1 -> b -> up", s1=start(error("E")), b=service("b"), up=end(error("E"))
            ),
        )
    )

    run.throw("a", "E")
    run.complete("b")

    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    assert run.passed.count("s1") == 1


def test_a_signal_thrown_inside_is_heard_by_an_element_that_has_listeners():
    run = started(
        process(
            "s -> f",
            "f -> c",
            "f -> t",
            "c, t -> e",
            s=start(),
            f=parallel(),
            c=camunda(catch(signal("go")), "end class my.Audit"),
            t=throw(signal("go")),
            e=end(),
        )
    )

    assert job_types(run) == ["my.Audit"]
    run.complete("c")
    assert run.is_completed


def test_an_element_without_listeners_pays_nothing():
    run = started(process("s -> a -> e", s=start(), a=user(), e=end()))

    assert all(node.listeners is None for node in run.graph.nodes)
    assert run.graph.listeners is None
    assert run.waits("a")[0].listener is None


def test_a_token_started_after_an_element_calls_the_listeners_of_its_flow():
    run = started(
        on_flow(
            process("s -> a -> b -> e", s=start(), a=service("a"), b=task(), e=end()),
            "a_b",
            camunda_xml("take class my.Log"),
        )
    )

    run.do(ModifyInstance(moves=(CancelVisits(element_id="a"), StartAfter(element_id="a"))))
    assert run.waiting == ["a_b"]
    run.complete("a_b")

    assert run.is_completed


def test_a_token_that_waits_on_a_flow_can_be_moved():
    run = started(
        on_flow(
            process("s -> a -> b -> e", s=start(), a=task(), b=service("b"), e=end()),
            "a_b",
            camunda_xml("take class my.Log"),
        )
    )

    run.do(ModifyInstance(moves=(CancelVisits(element_id="a_b"), StartBefore(element_id="e"))))

    assert run.is_completed
    assert run.terminated == ["a_b"]


def test_an_inclusive_join_waits_for_a_token_on_a_flow():
    run = started(
        on_flow(
            process(
                "s -> f",
                "f -> a",
                "f -> b",
                "a, b -> j -> e",
                s=start(),
                f=parallel(),
                a=task(),
                b=task(),
                j=inclusive(),
                e=end(),
            ),
            "a_j",
            camunda_xml("take class my.Log"),
        )
    )

    assert "j" not in run.passed
    run.complete("a_j")

    assert run.passed.count("j") == 1
    assert run.is_completed


def test_the_outputs_of_an_instance_are_gathered_after_its_end_listener():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=zeebe(
                service(
                    "work",
                    loop=each("items", gather=("all", "sum")),
                    outputs={"sum": "item + x"},
                ),
                "end add",
            ),
            e=end(),
        ),
        {"items": [1, 2]},
    )

    for number, (_, wait) in enumerate(sorted(run.state.waits.items())):
        run.do(CompleteJob(wait=wait.key, variables={"x": 10 * (number + 1)}))
    run.complete("a")
    run.complete("a", {"sum": 0})

    assert run.variables["all"] == [11, 0]


def test_end_listeners_of_instances_that_are_not_wanted_any_more_are_called_for_each():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(
                service("work", loop=each("items", until="numberOfCompletedInstances = 1")),
                "end class my.Audit",
            ),
            e=end(),
        ),
        {"items": [1, 2, 3]},
    )

    run.complete("a")
    audit = run.waits("a")[-1]
    assert audit.name == "my.Audit"
    run.do(CompleteJob(wait=audit.key))
    for wait in run.waits("a"):
        assert wait.name == "my.Audit"
        run.do(CompleteJob(wait=wait.key))

    assert job_types(run) == ["work"] * 3 + ["my.Audit"] * 3
    assert run.is_completed


def test_an_end_listener_whose_element_is_interrupted_around_it_is_called_again():
    run = started(
        process(
            "s -> sub -> e",
            "late -> e2",
            s=start(),
            sub=subprocess(
                "s1 -> a",
                s1=start(),
                a=camunda(task(), "end class my.One", "end class my.Two", "end class my.Three"),
            ),
            late=boundary("sub", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )

    run.complete("a")
    run.fire("late")
    run.complete("a")
    run.complete("a")

    assert job_types(run) == ["my.One", "my.Two", "my.Two", "my.Three"]
    assert run.is_completed


def test_an_uncaught_error_of_an_end_listener_leaves_its_job_where_it_was():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=camunda(task(), "end class my.One", "end class my.Two"),
            e=end(),
        )
    )

    run.throw("a", "broken")
    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    run.resolve()
    run.complete("a")
    run.complete("a")

    assert job_types(run) == ["my.One", "my.Two"]
    assert run.is_completed
