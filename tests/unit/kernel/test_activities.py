"""Tasks, sub-processes, call activities, multi-instance (BPMN 2.0.2, section 13.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bpmn_engine.kernel.commands import (
    CancelInstance,
    CompleteJob,
    FailChild,
    FireTimer,
    MoveTimer,
    RejectionReason,
    ResumeInstance,
    SetVariables,
    SuspendInstance,
)
from bpmn_engine.kernel.effects import (
    CloseWait,
    CreateJob,
    CreateUserTask,
    EndInstance,
    RetryJob,
    ScheduleTimer,
    StartChild,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, IncidentKind, WaitKind
from tests.diagrams import (
    boundary,
    call,
    catch,
    each,
    end,
    error,
    process,
    script,
    service,
    start,
    subprocess,
    task,
    timer,
    times,
    user,
)
from tests.kernel import MONDAY, key, started

# Jobs -------------------------------------------------------------------------------------------


def test_service_task_waits_for_its_job():
    run = started(process("s -> a -> e", s=start(), a=service("check", retries="5"), e=end()))

    job = run.sent(CreateJob)[0]
    assert (job.job_type, job.retries, job.priority) == ("check", 5, 0)

    run.complete("a", {"ok": True})

    assert run.variables["ok"] is True
    assert run.is_completed


def test_a_job_is_completed_once():
    run = started(process("s -> a -> b", s=start(), a=service("x"), b=service("y")))
    wait = run.wait("a", WaitKind.JOB).key
    run.do(CompleteJob(wait=wait))

    again = run.send(CompleteJob(wait=wait))

    assert again is not None
    assert again.reason is RejectionReason.NOT_FOUND


def test_an_answer_of_the_wrong_kind_is_rejected_and_changes_nothing():
    run = started(process("s -> a", s=start(), a=user()))
    before = run.state

    rejection = run.send(CompleteJob(wait=run.wait("a", WaitKind.USER_TASK).key))

    assert rejection is not None
    assert rejection.reason is RejectionReason.WRONG_KIND
    assert run.state == before


def test_spent_attempts_become_an_incident_and_resolving_gives_new_ones():
    run = started(process("s -> a -> e", s=start(), a=service("x"), e=end()))

    run.fail("a", "no route to host")

    assert (run.incident.kind, run.incident.message) == (IncidentKind.JOB, "no route to host")

    run.resolve(retries=3)

    assert run.sent(RetryJob) == [RetryJob(wait=run.wait("a", WaitKind.JOB).key, retries=3)]
    assert not run.state.incidents

    run.complete("a")

    assert run.is_completed


# Mappings and scopes ----------------------------------------------------------------------------


def test_inputs_are_local_and_outputs_go_to_the_nearest_scope_that_has_the_variable():
    diagram = process(
        "s -> a -> e",
        s=start(),
        a=service(
            "x", inputs={"n": "total * 2"}, outputs={"total": "n + answer", "new": "answer"}
        ),
        e=end(),
    )
    run = started(diagram, {"total": 5})

    run.complete("a", {"answer": 1})

    assert run.variables == {"new": 1, "total": 11}


def test_a_nested_target_extends_the_context_that_stands_there():
    diagram = process(
        "s -> a -> e",
        s=start(),
        a=script("1", "one", outputs={"order.lines": "[1]", "order.ok": "true"}),
        e=end(),
    )

    run = started(diagram, {"order": {"id": 7}})

    assert run.variables["order"] == {"id": 7, "lines": [1], "ok": True}


def test_a_failing_input_is_evaluated_again_when_its_incident_is_resolved():
    diagram = process("s -> a -> e", s=start(), a=service("x", inputs={"n": "total + 1"}), e=end())
    run = started(diagram)
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert "total" in run.incident.message
    assert run.waiting == []

    run.set(total=1)
    run.resolve()

    assert run.waiting == ["a"]


def test_a_failing_output_keeps_what_the_worker_brought():
    diagram = process(
        "s -> a -> e", s=start(), a=service("x", outputs={"sum": "answer + total"}), e=end()
    )
    run = started(diagram)

    run.complete("a", {"answer": 41})
    assert run.incident.kind is IncidentKind.EXPRESSION
    run.set(total=1)
    run.resolve()

    assert run.variables["sum"] == 42
    assert len(run.sent(CreateJob)) == 1
    assert run.is_completed


def test_an_output_is_not_assigned_twice_when_the_condition_after_it_fails():
    diagram = process(
        "s -> a",
        "a -> e if limit > n",
        "a -> f if limit < n",
        s=start(),
        a=script("0", "zero", outputs={"n": "n + 1"}),
        e=end(),
        f=end(),
    )
    run = started(diagram, {"n": 0})
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(limit=10)
    run.resolve()

    assert run.variables["n"] == 1
    assert run.is_completed


def test_a_sub_process_has_variables_of_its_own():
    diagram = process(
        "s -> sub -> e",
        s=start(),
        e=end(),
        sub=subprocess(
            "i -> w -> o",
            i=start(),
            w=script("x + 1", "x"),
            o=end(),
            inputs={"x": "10"},
            outputs={"y": "x"},
        ),
    )

    run = started(diagram, {"x": 1})

    assert run.variables == {"x": 1, "y": 11}


# User tasks -------------------------------------------------------------------------------------


def test_user_task_is_offered_to_whom_its_expressions_say():
    diagram = process(
        "s -> a",
        s=start(),
        a=user(assignee="= boss", groups='= ["hr", "it"]', due="= due"),
    )

    run = started(diagram, {"boss": "alice", "due": "2026-02-01T10:00:00Z"})

    task_ = run.sent(CreateUserTask)[0]
    assert task_.assignee == "alice"
    assert task_.candidate_groups == ("hr", "it")
    assert task_.due_at == dt.datetime(2026, 2, 1, 10, tzinfo=dt.UTC)
    assert task_.priority == 50


def test_user_task_takes_names_separated_by_commas_and_a_due_date_as_a_duration():
    run = started(process("s -> a", s=start(), a=user(groups="hr, it", due='= "P2D"')))

    task_ = run.sent(CreateUserTask)[0]
    assert task_.candidate_groups == ("hr", "it")
    assert task_.due_at == MONDAY + dt.timedelta(days=2)


def test_user_task_whose_assignee_fails_is_an_incident_until_it_can_be_offered():
    run = started(process("s -> a", s=start(), a=user(assignee="= 1 + x")))
    assert run.incident.kind is IncidentKind.EXPRESSION
    run.set(x=1)

    run.resolve()
    assert "a text" in run.incident.message


# Sub-process and call activity ------------------------------------------------------------------


def test_sub_process_completes_when_nothing_is_left_in_it():
    diagram = process(
        "s -> sub -> e",
        s=start(),
        e=end(),
        sub=subprocess("i -> a, b", i=start(), a=service("x"), b=service("y")),
    )
    run = started(diagram)

    run.complete("a")
    assert "sub" not in run.passed
    run.complete("b")

    assert run.passed[-2:] == ["sub", "e"]
    assert run.is_completed


def test_an_empty_sub_process_lets_the_token_pass():
    run = started(process("s -> sub -> e", s=start(), e=end(), sub=subprocess()))

    assert run.passed == ["s", "sub", "e"]


def test_call_activity_starts_a_child_and_takes_over_its_variables():
    run = started(
        process("s -> c -> e", s=start(), c=call("child"), e=end()), {"a": 1}, business_key="B"
    )

    child = run.sent(StartChild)[0]
    assert (child.process_id, child.variables, child.business_key) == ("child", {"a": 1}, "B")

    run.end_child("c", {"a": 2, "b": 3})

    assert run.variables == {"a": 2, "b": 3}
    assert run.is_completed


def test_call_activity_passes_only_what_is_mapped():
    run = started(
        process(
            "s -> c -> e",
            s=start(),
            c=call("child", propagate=False, inputs={"x": "a + 1"}, outputs={"y": "z"}),
            e=end(),
        ),
        {"a": 1},
    )

    assert run.sent(StartChild)[0].variables == {"x": 2}

    run.end_child("c", {"z": 9, "secret": 1})

    assert run.variables == {"a": 1, "y": 9}


def test_a_failed_child_is_an_incident_and_is_called_again():
    run = started(process("s -> c -> e", s=start(), c=call("child"), e=end()))
    run.do(FailChild(wait=run.wait("c", WaitKind.CHILD).key, message="no process 'child'"))
    assert run.incident.kind is IncidentKind.CALL

    run.resolve()
    run.end_child("c")

    assert len(run.sent(StartChild)) == 2
    assert run.is_completed


def test_an_error_of_the_child_is_caught_on_the_call_activity():
    diagram = process(
        "s -> c -> e",
        "b -> h",
        s=start(),
        c=call("child"),
        e=end(),
        h=end(),
        b=boundary("c", error("E1")),
    )
    run = started(diagram)

    run.do(FailChild(wait=run.wait("c", WaitKind.CHILD).key, message="bad", error_code="E1"))

    assert run.passed[-2:] == ["b", "h"]


# Multi-instance (13.3.7) ------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
def test_one_instance_for_each_item_and_results_in_the_order_of_the_items(sequential):
    loop = each("[3, 1, 2]", sequential=sequential, gather=("doubled", "r"))
    run = started(process("s -> a -> e", s=start(), a=script("item * 2", "r", loop=loop), e=end()))

    assert run.variables == {"doubled": [6, 2, 4]}
    assert run.passed == ["s", "a", "a", "a", "a", "e"]


def test_parallel_instances_all_wait_and_may_end_in_any_order():
    loop = each("items", gather=("results", "r"))
    run = started(
        process("s -> a -> e", s=start(), a=service("x", loop=loop), e=end()),
        {"items": ["p", "q"]},
    )
    first, second = run.waits("a")

    run.do(CompleteJob(wait=second.key, variables={"r": "Q"}))
    run.do(CompleteJob(wait=first.key, variables={"r": "P"}))

    assert run.variables["results"] == ["P", "Q"]
    assert run.is_completed


def test_sequential_instances_wait_one_at_a_time():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x", loop=each("[1, 2, 3]", sequential=True)),
            e=end(),
        )
    )

    for _ in range(3):
        assert run.waiting == ["a"]
        run.complete("a")

    assert run.is_completed


def test_completion_condition_ends_the_remaining_instances():
    loop = each("[1, 2, 3, 4]", until="numberOfCompletedInstances >= 2")
    run = started(process("s -> a -> e", s=start(), a=service("x", loop=loop), e=end()))

    run.complete("a")
    run.complete("a")

    assert run.is_completed
    assert run.terminated == ["a", "a"]


def test_an_empty_collection_completes_at_once():
    run = started(process("s -> a -> e", s=start(), a=service("x", loop=each("[]")), e=end()))

    assert run.passed == ["s", "a", "e"]


def test_a_collection_that_is_no_list_is_an_incident_until_it_is_one():
    run = started(
        process("s -> a -> e", s=start(), a=service("x", loop=each("items")), e=end()),
        {"items": 5},
    )
    assert "a list" in run.incident.message

    run.set(items=[1])
    run.resolve()
    run.complete("a")

    assert run.is_completed


def test_loop_cardinality_counts_the_instances():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=script("loopCounter", "last", loop=times("3", sequential=True)),
            e=end(),
        )
    )

    assert run.variables["last"] == 3


def test_a_negative_cardinality_is_an_incident():
    run = started(process("s -> a -> e", s=start(), a=task(times("-1")), e=end()))

    assert "whole number" in run.incident.message


def test_multi_instance_sub_processes_run_side_by_side_with_variables_of_their_own():
    diagram = process(
        "s -> sub -> e",
        s=start(),
        e=end(),
        sub=subprocess(
            "i -> w -> o",
            i=start(),
            w=service("x", inputs={"n": "item * 10"}),
            o=end(),
            loop=each("[1, 2]", gather=("all", "result")),
            outputs={"result": "item + 100"},
        ),
    )
    run = started(diagram)

    run.complete("w")
    run.complete("w")

    assert run.variables["all"] == [101, 102]
    assert run.is_completed


def test_ten_thousand_instances_are_started_and_ended_one_by_one():
    loop = each("for i in 1..10000 return i", gather=("out", "item"))
    run = started(process("s -> a -> e", s=start(), a=task(loop), e=end()))

    assert run.is_completed
    assert run.variables["out"] == list(range(1, 10_001))


# The instance as a whole ------------------------------------------------------------------------


def test_cancel_terminates_everything_and_withdraws_every_wait():
    diagram = process(
        "s -> sub, u",
        s=start(),
        u=user(),
        sub=subprocess("i -> a", i=start(), a=service("x", loop=each("[1, 2]"))),
    )
    run = started(diagram, {"a": 1})

    run.do(CancelInstance(reason="wrong customer"))

    assert run.state.status is InstanceStatus.TERMINATED
    assert sorted(run.terminated) == ["a", "a", "a", "sub", "u"]
    assert all(effect.is_withdrawn for effect in run.sent(CloseWait))
    assert run.sent(EndInstance)[0].variables == {"a": 1}
    assert not run.state.waits
    assert not run.state.visits


def test_a_suspended_instance_rejects_answers_until_it_is_resumed():
    run = started(process("s -> a -> e", s=start(), a=service("x"), e=end()))
    run.do(SuspendInstance())

    rejection = run.send(CompleteJob(wait=run.wait("a", WaitKind.JOB).key))
    assert rejection is not None
    assert "suspended" in rejection.message

    run.do(ResumeInstance())
    run.complete("a")

    assert run.is_completed


def test_variables_of_an_unknown_scope_are_rejected():
    run = started(process("s -> a", s=start(), a=service("x")))

    rejection = run.send(SetVariables(scope=key(99), variables={"a": 1}))

    assert rejection is not None
    assert rejection.reason is RejectionReason.NOT_FOUND


def test_variables_are_removed_from_exactly_one_scope():
    run = started(process("s -> a", s=start(), a=service("x")), {"a": 1, "b": 2})

    run.do(SetVariables(scope=ROOT, variables={"c": 3}, removed=("a", "unknown")))

    assert run.variables == {"b": 2, "c": 3}


def test_removing_what_is_not_there_changes_nothing():
    run = started(process("s -> a", s=start(), a=service("x")), {"a": 1})
    before = run.state

    run.do(SetVariables(scope=ROOT, variables={}, removed=("unknown",)))

    assert run.state == before


def test_local_variables_of_a_visit_end_with_it():
    run = started(process("s -> a -> b", s=start(), a=service("x"), b=service("y")))
    visit = run.wait("a", WaitKind.JOB).visit

    run.do(SetVariables(scope=visit, variables={"note": "late"}))
    seen = dict(run.state.variables[visit])
    run.complete("a", {"done": True})

    assert seen == {"note": "late"}
    assert run.variables == {"done": True}
    assert visit not in run.state.scopes


def test_an_ended_instance_accepts_nothing():
    run = started(process("s -> e", s=start(), e=end()))

    for command in (
        CancelInstance(),
        SuspendInstance(),
        ResumeInstance(),
        CompleteJob(wait=key(1)),
    ):
        rejection = run.send(command)
        assert rejection is not None
        assert rejection.reason is RejectionReason.WRONG_STATE


def test_a_timer_is_moved_and_fires_then():
    run = started(process("s -> t -> e", s=start(), t=catch(timer(duration="PT1H")), e=end()))
    (wait,) = run.state.waits.values()
    sooner = wait.schedule.due_at - dt.timedelta(minutes=30)

    run.do(MoveTimer(wait=wait.key, due_at=sooner))

    (moved,) = run.state.waits.values()
    assert moved == replace(wait, schedule=replace(wait.schedule, due_at=sooner))
    assert [effect.due_at for effect in run.sent(ScheduleTimer)][-1] == sooner
    run.do(FireTimer(wait=wait.key))
    assert run.is_completed


def test_what_is_no_timer_is_not_moved():
    run = started(process("s -> a", s=start(), a=service("x")))
    (wait,) = run.state.waits.values()

    for wrong in (wait.key, key(99)):
        rejection = run.send(MoveTimer(wait=wrong, due_at=run.now))

        assert rejection is not None
        assert rejection.reason is RejectionReason.NOT_FOUND
