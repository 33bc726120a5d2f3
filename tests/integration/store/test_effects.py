"""Each effect becomes rows; what ends leaves nothing that still waits."""

import datetime as dt

import pytest
import sqlalchemy as sa

from bpmn_engine.kernel.commands import (
    CancelInstance,
    CompleteChild,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    FailChild,
    FailJob,
    FireTimer,
    ResolveIncident,
    ResumeInstance,
    SetVariables,
    SuspendInstance,
)
from bpmn_engine.kernel.state import ROOT, WaitKind
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.store import inbox, instances, jobs, outbox, tables, user_tasks, waits
from bpmn_engine.store.inbox import ChildStart, CommandFor
from bpmn_engine.views.work import JobPhase, TaskState
from tests.integration.store.orders import MINUTE, NOON

WAITING = (tables.job, tables.timer, tables.subscription)


def count(database, table, *conditions):
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))


def rows(database, table):
    with database.reading() as session:
        return session.execute(sa.select(table)).all()


def complete(run, key, *kinds):
    """Bring an order past its waits of these kinds."""
    commands = {
        WaitKind.JOB: CompleteJob,
        WaitKind.USER_TASK: CompleteUserTask,
        WaitKind.MESSAGE: DeliverMessage,
        WaitKind.CHILD: CompleteChild,
    }
    for kind in kinds:
        run.apply(key, commands[kind](wait=run.wait(key, kind)))


def test_started_order_waits_for_a_job_and_a_timer(run, database):
    key = run.start()

    (job,) = rows(database, tables.job)
    (timer,) = rows(database, tables.timer)
    assert (job.instance_key, job.job_type, job.element_id) == (key, "check-stock", "CheckStock")
    assert (job.headers, job.retries_left, job.due_at) == ({"shelf": "7"}, 3, NOON)
    assert (timer.element_id, timer.due_at) == ("Late", NOON + dt.timedelta(hours=1))


def test_whole_order_leaves_only_history(run, database):
    key = run.start()

    complete(run, key, WaitKind.JOB, WaitKind.USER_TASK, WaitKind.MESSAGE, WaitKind.CHILD)

    assert [count(database, table) for table in WAITING] == [0, 0, 0]
    assert count(database, tables.open_visit) == 0
    visited = [row.element_id for row in rows(database, tables.element_visit)]
    assert sorted(visited) == ["Approve", "CheckStock", "End", "Payment", "Ship", "Start"]
    actions = [row.action for row in rows(database, tables.journal)]
    assert actions == [
        "StartInstance",
        "CompleteJob",
        "CompleteUserTask",
        "DeliverMessage",
        "CompleteChild",
    ]
    (instance,) = rows(database, tables.process_instance)
    assert (instance.status, instance.ended_at, instance.version) == ("completed", NOON, 4)


def test_user_task_stays_after_its_end_and_names_who_did_it(run, database):
    key = run.start()
    complete(run, key, WaitKind.JOB)
    (open_task,) = rows(database, tables.user_task)

    run.apply(key, CompleteUserTask(wait=run.wait(key, WaitKind.USER_TASK)), actor="bob")

    with database.reading() as session:
        task = user_tasks.find(session, open_task.key)
    assert (task.state, task.completed_by, task.name) == (
        TaskState.COMPLETED,
        "bob",
        "Approve order",
    )
    assert task.candidate_groups == ("sales", "finance")
    assert task.form.reference == "approve"


def test_job_that_opens_and_closes_in_one_unit_of_work_is_never_written(run, database):
    key = run.start()
    wait = run.wait(key, WaitKind.JOB)
    run.apply(key, FailJob(wait=wait, message="no answer"))
    (incident,) = run.state(key).incidents

    run.apply(
        key,
        SetVariables(scope=ROOT, variables={"x": 1}),
        ResolveIncident(incident=incident),
        CompleteJob(wait=wait),
    )

    assert count(database, tables.job) == 0
    assert count(database, tables.incident, tables.incident.c.resolved_at.is_(None)) == 0
    assert [row.sequence for row in rows(database, tables.journal)] == [1, 2, 3, 4, 5]


def test_spent_job_raises_an_incident_that_knows_the_job(run, database):
    key = run.start()
    (job,) = rows(database, tables.job)

    run.apply(key, FailJob(wait=run.wait(key, WaitKind.JOB), message="no answer"))

    (incident,) = rows(database, tables.incident)
    (instance,) = rows(database, tables.process_instance)
    (stuck,) = rows(database, tables.job)
    assert (stuck.state, stuck.retries_left) == ("failed", 0)
    assert (incident.job_key, incident.job_type) == (job.key, "check-stock")
    assert (incident.message, incident.kind, instance.incident_count) == ("no answer", "job", 1)


def test_resolved_incident_stays_and_gives_the_job_a_new_business_attempt(run, database):
    key = run.start()
    run.apply(key, FailJob(wait=run.wait(key, WaitKind.JOB), message="no answer"))
    (incident,) = run.state(key).incidents

    run.apply(key, ResolveIncident(incident=incident, retries=2), actor="bob")

    (stored,) = rows(database, tables.incident)
    (job,) = rows(database, tables.job)
    assert (stored.resolved_at, stored.resolved_by) == (NOON, "bob")
    assert (job.retries_left, job.business_attempt, job.state) == (2, 2, "created")


def test_fired_timer_withdraws_the_job(run, database, clock):
    key = run.start()
    clock.advance(dt.timedelta(hours=1))
    with database.reading() as session:
        assert waits.find_due_instances(session, clock.now(), 10) == (key,)
        (timer,) = waits.due_timers(session, [key], clock.now(), 10)

    run.apply(key, FireTimer(wait=timer.wait))

    assert [count(database, table) for table in WAITING] == [0, 0, 0]


def test_withdrawn_job_with_a_handle_is_cancelled_outside(run, database, clock):
    key = run.start()
    (job,) = rows(database, tables.job)
    with database.transaction() as session:
        jobs.record_phase(
            session,
            jobs.JobClaim(key=job.key),
            phase=JobPhase.WATCHING,
            handle={"ticket": 5},
            next_poll_at=NOON + MINUTE,
        )

    written = run.apply(key, CancelInstance())

    with database.transaction() as session:
        (row,) = outbox.take(session, limit=5, now=NOON, lease_until=NOON + MINUTE)
    assert written.outbox_count == 1
    assert row.kind == outbox.CANCEL_JOB
    assert row.payload == {"job_key": job.key, "job_type": "check-stock", "handle": {"ticket": 5}}


def test_message_subscription_has_the_business_key_where_it_has_no_key(run, database):
    key = run.start(business_key="A-7")
    complete(run, key, WaitKind.JOB)

    written = run.apply(key, CompleteUserTask(wait=run.wait(key, WaitKind.USER_TASK)))

    with database.reading() as session:
        found = waits.find_subscriptions(
            session, WaitKind.MESSAGE, "payment-received", correlation_key="A-7"
        )
        none = waits.find_subscriptions(
            session, WaitKind.MESSAGE, "payment-received", correlation_key="A-8"
        )
    assert [row.instance_key for row in found] == [key]
    assert none == ()
    assert written.subscriptions == found


def test_call_activity_asks_for_a_child(run, database):
    key = run.start()

    complete(run, key, WaitKind.JOB, WaitKind.USER_TASK, WaitKind.MESSAGE)

    with database.transaction() as session:
        (follow_up,) = inbox.take(session, 10, NOON)
    assert isinstance(follow_up, ChildStart)
    assert (follow_up.parent_key, follow_up.process_id) == (key, "shipping")
    assert (follow_up.binding, follow_up.element_id) == (Binding.LATEST, "Ship")
    assert follow_up.parent_definition_key == run.definition.key


def test_withdrawn_call_takes_back_the_child_that_has_not_started(run, database):
    key = run.start()
    complete(run, key, WaitKind.JOB, WaitKind.USER_TASK, WaitKind.MESSAGE)

    run.apply(key, CancelInstance())

    assert count(database, tables.inbox) == 0


def test_withdrawn_call_cancels_the_child_that_runs(run, database):
    parent = run.start()
    complete(run, parent, WaitKind.JOB, WaitKind.USER_TASK, WaitKind.MESSAGE)
    wait = run.wait(parent, WaitKind.CHILD)
    with database.transaction() as session:
        inbox.remove(session, [row.key for row in inbox.take(session, 10, NOON)])
    child = run.start(parent_key=parent, parent_wait=wait, root_key=parent)

    run.apply(parent, CancelInstance())

    with database.transaction() as session:
        (follow_up,) = inbox.take(session, 10, NOON)
    assert isinstance(follow_up, CommandFor)
    assert (follow_up.instance_key, type(follow_up.command)) == (child, CancelInstance)


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_ended_child_tells_its_caller(run, database, is_cancelled):
    parent = run.start()
    complete(run, parent, WaitKind.JOB, WaitKind.USER_TASK, WaitKind.MESSAGE)
    wait = run.wait(parent, WaitKind.CHILD)
    with database.transaction() as session:
        inbox.remove(session, [row.key for row in inbox.take(session, 10, NOON)])
    child = run.start(parent_key=parent, parent_wait=wait, root_key=parent)

    if is_cancelled:
        run.apply(child, CancelInstance())
    else:
        run.apply(child, FireTimer(wait=run.wait(child, WaitKind.TIMER)))

    with database.transaction() as session:
        (follow_up,) = inbox.take(session, 10, NOON)
    expected = FailChild if is_cancelled else CompleteChild
    assert (follow_up.instance_key, type(follow_up.command)) == (parent, expected)
    assert follow_up.command.wait == wait
    assert follow_up.command.variables["amount"] == 10**20


def test_what_a_suspended_instance_waits_for_is_held(run, database, clock):
    key = run.start()

    run.apply(key, SuspendInstance())

    clock.advance(dt.timedelta(days=1))
    with database.reading() as session:
        assert waits.find_due_instances(session, clock.now(), 10) == ()
        assert waits.due_times(session).first is None
    run.apply(key, ResumeInstance())
    with database.reading() as session:
        assert waits.find_due_instances(session, clock.now(), 10) == (key,)
        assert waits.due_times(session).first == NOON


def test_deleted_instance_takes_everything_along(run, database):
    key = run.start()
    complete(run, key, WaitKind.JOB)

    with database.transaction() as session:
        assert instances.delete(session, [key]) == 1

    for table in (*WAITING, tables.user_task, tables.user_task_candidate, tables.journal):
        assert count(database, table) == 0, table.name
