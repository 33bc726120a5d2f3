"""Task listeners of both Camundas: before a user task is offered, assigned or complete."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import (
    AssignUserTask,
    CompleteJob,
    CompleteUserTask,
    CorrectUserTask,
    Rejection,
    RejectionReason,
    ThrowBpmnError,
)
from bpmn_engine.kernel.effects import ChangeUserTask, CreateJob, CreateUserTask
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from tests.diagrams import boundary, each, end, error, process, start, timer, user
from tests.kernel import Run, started
from tests.listeners import camunda_task, zeebe, zeebe_task


def job_types(run: Run) -> list[str]:
    """Return the types of the jobs created so far, in order."""
    return [job.job_type for job in run.sent(CreateJob)]


def one(element, variables=None) -> Run:
    """Start a process of one user task with a boundary timer and an error event."""
    return started(
        process(
            "s -> t -> e",
            "late -> e2",
            "oops -> e3",
            s=start(),
            t=element,
            late=boundary("t", timer(duration="PT1H")),
            oops=boundary("t", error("E")),
            e=end(),
            e2=end(),
            e3=end(),
        ),
        variables,
    )


def answer(run: Run, **parts) -> Rejection | None:
    """Complete the open job of a listener."""
    return run.send(CompleteJob(wait=run.wait("t", WaitKind.JOB).key, **parts))


def finish(run: Run, variables=None) -> Rejection | None:
    """Complete the user task."""
    wait = run.wait("t", WaitKind.USER_TASK).key
    return run.send(CompleteUserTask(wait=wait, variables=variables or {}))


# Camunda 8 ------------------------------------------------------------------------------------


def test_a_task_is_offered_when_its_creating_listeners_are_done():
    run = one(zeebe_task(user(groups="clerks"), "creating greet", "creating log"))

    assert run.sent(CreateUserTask) == []
    assert answer(run) is None
    assert answer(run) is None

    assert job_types(run) == ["greet", "log"]
    assert len(run.sent(CreateUserTask)) == 1
    assert run.waiting == ["late", "t"]


def test_an_assignee_from_the_beginning_calls_the_assigning_listeners_before_the_offer():
    run = one(zeebe_task(user(assignee="alice"), "assigning check", "creating greet"))

    answer(run)
    assert job_types(run) == ["greet", "check"]
    assert run.sent(CreateUserTask) == []
    answer(run)

    assert run.sent(CreateUserTask)[0].assignee == "alice"


def test_a_task_without_an_assignee_calls_no_assigning_listener():
    run = one(zeebe_task(user(groups="clerks"), "assigning check"))

    assert job_types(run) == []
    assert len(run.sent(CreateUserTask)) == 1


def test_listeners_correct_the_task_before_it_is_offered():
    run = one(zeebe_task(user(groups="clerks"), "creating greet"))

    answer(
        run,
        corrections={
            "candidateUsers": ["bob"],
            "priority": 80,
            "dueDate": "2030-01-31T09:00:00+00:00",
        },
    )

    offered = run.sent(CreateUserTask)[0]
    assert (offered.candidate_users, offered.candidate_groups) == (("bob",), ("clerks",))
    assert (offered.priority, offered.due_at and offered.due_at.year) == (80, 2030)


def test_an_assignee_that_a_creating_listener_corrects_is_assigned():
    run = one(zeebe_task(user(groups="clerks"), "creating greet", "assigning check"))

    answer(run, corrections={"assignee": "bob"})
    answer(run)

    assert job_types(run) == ["greet", "check"]
    assert run.sent(CreateUserTask)[0].assignee == "bob"


def test_to_deny_the_first_assignment_offers_the_task_to_everybody():
    run = one(zeebe_task(user(assignee="alice", groups="clerks"), "assigning check"))

    answer(run, is_denied=True)

    assert run.sent(CreateUserTask)[0].assignee is None


def test_an_assignment_waits_for_its_listeners_and_is_then_made():
    run = one(zeebe_task(user(groups="clerks"), "assigning check"))
    wait = run.wait("t", WaitKind.USER_TASK).key

    run.do(AssignUserTask(wait=wait, assignee="bob"))
    waits = run.sent(ChangeUserTask)
    answer(run, corrections={"priority": 90})

    assert [(one.changes, one.transition) for one in waits] == [({}, "assigning")]
    assert run.sent(ChangeUserTask)[-1] == ChangeUserTask(
        wait=wait, changes={"assignee": "bob", "priority": 90}
    )


def test_a_denied_assignment_leaves_the_task_as_it_was():
    run = one(zeebe_task(user(groups="clerks"), "assigning check", "assigning log"))
    wait = run.wait("t", WaitKind.USER_TASK).key

    run.do(AssignUserTask(wait=wait, assignee="bob"))
    answer(run, is_denied=True)

    assert run.sent(ChangeUserTask)[-1] == ChangeUserTask(wait=wait, changes={})
    assert job_types(run) == ["check"]


def test_a_change_waits_for_the_updating_listeners_and_is_then_made():
    run = one(zeebe_task(user(groups="clerks"), "updating check", "assigning other"))
    wait = run.wait("t", WaitKind.USER_TASK).key

    run.do(CorrectUserTask(wait=wait, changes={"priority": 80}))
    waits = run.sent(ChangeUserTask)
    answer(run, corrections={"dueDate": "2030-01-31T09:00:00+00:00"})

    assert job_types(run) == ["check"]
    assert [(one.changes, one.transition) for one in waits] == [({}, "updating")]
    assert run.sent(ChangeUserTask)[-1] == ChangeUserTask(
        wait=wait, changes={"priority": 80, "dueDate": "2030-01-31T09:00:00+00:00"}
    )


def test_a_denied_change_leaves_the_task_as_it_was():
    run = one(zeebe_task(user(groups="clerks"), "updating check", "updating log"))
    wait = run.wait("t", WaitKind.USER_TASK).key

    run.do(CorrectUserTask(wait=wait, changes={"priority": 80}))
    answer(run, is_denied=True)

    assert run.sent(ChangeUserTask)[-1] == ChangeUserTask(wait=wait, changes={})
    assert job_types(run) == ["check"]


def test_an_assignment_calls_no_updating_listener_of_camunda_8_but_those_of_camunda_7():
    new = one(zeebe_task(user(groups="clerks"), "updating check"))
    old = one(camunda_task(user(groups="clerks"), "assignment class after", "update class before"))

    for run in (new, old):
        run.do(AssignUserTask(wait=run.wait("t", WaitKind.USER_TASK).key, assignee="bob"))
    while old.waiting != ["late", "t"]:
        answer(old)

    assert new.sent(ChangeUserTask)[-1].changes == {"assignee": "bob"}
    assert job_types(new) == []
    assert job_types(old) == ["before", "after"]


def test_a_change_that_a_user_task_cannot_have_is_rejected():
    run = one(zeebe_task(user(groups="clerks"), "updating check"))
    wait = run.wait("t", WaitKind.USER_TASK).key

    rejection = run.send(CorrectUserTask(wait=wait, changes={"priority": 101}))

    assert "priority to be corrected to a whole number" in rejection.message


def test_a_task_is_complete_when_its_listeners_are_done():
    run = one(zeebe_task(user(), "completing check", "completing log"))

    assert finish(run, {"approved": True}) is None
    assert run.variables == {}
    assert run.wait("t", WaitKind.JOB).listener.variables["approved"] is True
    answer(run)
    assert not run.is_completed
    answer(run)

    assert job_types(run) == ["check", "log"]
    assert run.is_completed
    assert run.variables == {"approved": True}


def test_a_denied_completion_can_be_tried_again():
    run = one(zeebe_task(user(), "completing check"))

    finish(run, {"approved": True})
    answer(run, is_denied=True)
    assert run.sent(ChangeUserTask)[-1].transition is None
    assert run.waiting == ["late", "t"]
    finish(run, {"approved": False})
    answer(run)

    assert run.variables == {"approved": False}


def test_nobody_changes_a_task_that_waits_for_its_listeners():
    run = one(zeebe_task(user(), "completing check"))
    wait = run.wait("t", WaitKind.USER_TASK).key

    finish(run)
    rejections = [
        run.send(CompleteUserTask(wait=wait)),
        run.send(AssignUserTask(wait=wait, assignee="bob")),
        run.send(ThrowBpmnError(wait=wait, error_code="E")),
    ]

    assert [found.reason for found in rejections] == [RejectionReason.WRONG_STATE] * 3


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"variables": {"x": 1}}, "to be completed without variables"),
        ({"corrections": {"colour": "red"}}, "found 'colour'"),
        ({"corrections": {"priority": 101}}, "priority to be corrected to a whole number"),
        ({"corrections": {"dueDate": "tomorrow"}}, "dueDate to be corrected to an ISO 8601"),
        ({"corrections": {"candidateUsers": "bob"}}, "a list of user ids"),
    ],
)
def test_an_answer_that_a_task_listener_may_not_give_is_rejected(parts, said):
    run = one(zeebe_task(user(), "completing check"))
    finish(run)

    rejection = answer(run, **parts)

    assert isinstance(rejection, Rejection)
    assert said in rejection.message
    assert run.wait("t", WaitKind.JOB)


def test_a_creation_cannot_be_denied():
    run = one(zeebe_task(user(), "creating greet"))

    rejection = answer(run, is_denied=True)

    assert isinstance(rejection, Rejection)


def test_an_execution_listener_has_nothing_to_deny_or_correct():
    run = one(zeebe(user(), "start audit"))

    rejections = [answer(run, is_denied=True), answer(run, corrections={"priority": 1})]

    assert all(isinstance(found, Rejection) for found in rejections)


def test_an_interrupted_task_ends_the_listener_that_it_waits_for():
    run = one(zeebe_task(user(), "completing check"))

    finish(run)
    run.fire("late")

    assert run.is_completed
    assert run.passed == ["s", "late", "e2"]


def test_a_canceling_listener_is_called_when_the_task_is_interrupted():
    run = one(zeebe_task(user(), "canceling tell"))

    run.fire("late")
    assert run.waiting == ["t"]
    run.complete("t")

    assert job_types(run) == ["tell"]
    assert run.is_completed


def test_a_canceling_listener_is_not_called_when_the_task_is_completed():
    run = one(zeebe_task(user(), "canceling tell"))

    finish(run)

    assert job_types(run) == []
    assert run.is_completed


def test_a_failing_task_listener_is_an_incident_and_goes_on_where_it_was():
    run = one(zeebe_task(user(), "completing check", "completing = next"))

    finish(run, {"approved": True})
    run.do(CompleteJob(wait=run.wait("t", WaitKind.JOB).key))
    incident = run.incident
    run.set(next="log")
    run.resolve()
    answer(run)

    assert incident.message.startswith("Completing listener 2 of t: The job type: ")
    assert job_types(run) == ["check", "log"]
    assert run.variables == {"approved": True, "next": "log"}


def test_each_instance_of_a_task_calls_the_listeners_for_itself():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=zeebe_task(user(loop=each("people")), "completing check"),
            e=end(),
        ),
        {"people": ["alice", "bob"]},
    )
    first, second = [wait.key for wait in run.waits("t")]

    run.do(CompleteUserTask(wait=first))
    run.do(CompleteUserTask(wait=second))
    assert answer(run) is None
    assert not run.is_completed
    assert answer(run) is None

    assert run.is_completed


# Camunda 7 ------------------------------------------------------------------------------------


def test_an_assignment_calls_the_update_listeners_first():
    run = one(
        camunda_task(
            user(groups="clerks"), "assignment class my.Assigned", "update class my.Updated"
        )
    )
    wait = run.wait("t", WaitKind.USER_TASK).key

    run.do(AssignUserTask(wait=wait, assignee="bob"))
    answer(run)
    answer(run)

    assert job_types(run) == ["my.Updated", "my.Assigned"]
    assert run.sent(ChangeUserTask)[-1].changes == {"assignee": "bob"}


def test_the_creation_of_an_assigned_task_is_no_update():
    run = one(
        camunda_task(
            user(assignee="alice"),
            "update class my.Updated",
            "assignment class my.Assigned",
            "create class my.Created",
        )
    )

    answer(run)
    answer(run)

    assert job_types(run) == ["my.Created", "my.Assigned"]
    assert run.sent(CreateUserTask)[0].assignee == "alice"


def test_an_expression_is_evaluated_in_the_step_of_the_person():
    run = one(
        camunda_task(
            user(),
            "complete expression ${task.setVariable('by', who)}",
        )
    )

    finish(run, {"who": "alice"})

    assert run.is_completed
    assert run.variables == {"by": "alice", "who": "alice"}


def test_a_complete_listener_may_set_variables_and_throw_a_bpmn_error():
    run = one(camunda_task(user(), "complete class my.Check", "complete class my.Other"))

    finish(run, {"approved": True})
    run.do(CompleteJob(wait=run.wait("t", WaitKind.JOB).key, variables={"checked": 1}))
    run.do(ThrowBpmnError(wait=run.wait("t", WaitKind.JOB).key, error_code="E"))

    assert run.variables == {"checked": 1}
    assert run.passed == ["s", "oops", "e3"]


def test_a_timeout_listener_is_called_when_its_timer_is_due_and_the_task_goes_on():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda_task(user(), "timeout class my.Remind"),
            e=end(),
        )
    )

    run.fire("t")
    assert job_types(run) == ["my.Remind"]
    run.do(CompleteJob(wait=run.wait("t", WaitKind.JOB).key, variables={"reminded": True}))
    assert run.waiting == ["t"]
    finish(run)

    assert run.is_completed
    assert run.variables == {"reminded": True}


def test_a_task_that_is_completed_in_time_calls_no_timeout_listener():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda_task(user(), "timeout class my.Remind"),
            e=end(),
        )
    )

    finish(run)

    assert run.is_completed
    assert job_types(run) == []


def test_a_person_may_complete_the_task_while_a_reminder_runs():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda_task(user(), "timeout class my.Remind"),
            e=end(),
        )
    )

    run.fire("t")
    assert finish(run) is None

    assert run.is_completed


def test_a_reminder_whose_expression_fails_is_an_incident_beside_the_open_task():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda_task(user(), "timeout expression ${execution.setVariable('x', price)}"),
            e=end(),
        )
    )

    run.fire("t")
    assert run.incident.kind is IncidentKind.EXPRESSION
    run.set(price=1)
    run.resolve()

    assert run.variables == {"price": 1, "x": 1}
    assert run.waiting == ["t"]


def test_a_deleted_task_calls_its_delete_listeners_and_not_the_others():
    run = one(camunda_task(user(), "delete class my.Deleted", "complete class my.Completed"))

    run.fire("late")

    assert job_types(run) == ["my.Deleted"]
