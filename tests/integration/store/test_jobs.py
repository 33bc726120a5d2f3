"""Jobs are given to one worker at a time, and late answers are refused."""

import datetime as dt

import pytest
import sqlalchemy as sa

from bpmn_engine.kernel.commands import SuspendInstance
from bpmn_engine.store import jobs, tables
from bpmn_engine.store.jobs import JobClaim
from bpmn_engine.views.work import JobPhase, JobState
from tests.integration.store.orders import MINUTE, NOON


def lock(database, now=NOON, worker="w1", limit=10, types=("check-stock",), token=1):
    with database.transaction() as session:
        return jobs.lock_jobs(
            session,
            types=types,
            worker=worker,
            limit=limit,
            until=now + MINUTE,
            now=now,
            token=token,
        )


def change(database, operation, *arguments, **values):
    with database.transaction() as session:
        return operation(session, *arguments, **values)


def one(database):
    with database.reading() as session:
        key = session.scalar(sa.select(tables.job.c.key))
        return jobs.find_jobs(session, [key])[key]


def test_locked_job_is_given_to_nobody_else(run, database):
    run.start()

    (job,) = lock(database, worker="w1", token=7)

    assert (job.locked_by, job.lock_token, job.attempt) == ("w1", 7, 1)
    assert (job.state, job.locked_until) == (JobState.LOCKED, NOON + MINUTE)
    assert lock(database, worker="w2", token=8) == ()


def test_job_comes_back_when_its_lock_has_ended(run, database):
    run.start()
    (first,) = lock(database, token=7)

    (second,) = lock(database, now=NOON + MINUTE, worker="w2", token=8)

    assert (second.key, second.lock_token, second.attempt) == (first.key, 8, 2)


def test_late_answer_is_refused(run, database):
    run.start()
    (first,) = lock(database, token=7)
    lock(database, now=NOON + MINUTE, token=8)

    late = change(database, jobs.fence_jobs, [JobClaim(key=first.key, lock_token=7)])
    timely = change(database, jobs.fence_jobs, [JobClaim(key=first.key, lock_token=8)])

    assert late == {}
    assert list(timely) == [first.key]


def test_operator_needs_no_token(run, database):
    run.start()
    (job,) = lock(database)

    assert list(change(database, jobs.fence_jobs, [JobClaim(key=job.key)])) == [job.key]


def test_jobs_come_by_priority_then_by_age(run, database):
    keys = [run.start() for _ in range(3)]
    with database.transaction() as session:
        session.execute(
            sa.update(tables.job).where(tables.job.c.instance_key == keys[2]).values(priority=9)
        )

    locked = lock(database, limit=2)

    assert [job.instance_key for job in locked] == [keys[2], keys[0]]


@pytest.mark.parametrize(("types", "found"), [(None, 1), (("other",), 0), ((), 0)])
def test_only_wanted_types_are_given_out(run, database, types, found):
    run.start()

    assert len(lock(database, types=types)) == found


def test_jobs_of_suspended_instances_are_not_given_out(run, database):
    run.apply(run.start(), SuspendInstance())

    assert lock(database) == ()


def test_failed_attempt_waits_and_keeps_its_idempotency_key(run, database):
    run.start()
    (job,) = lock(database, token=7)
    later = NOON + dt.timedelta(hours=1)

    kept = change(
        database,
        jobs.retry_later,
        JobClaim(key=job.key, lock_token=7),
        retries_left=2,
        due_at=later,
        failure="no answer\x00",
    )

    assert kept
    assert lock(database, now=later - MINUTE) == ()
    (again,) = lock(database, now=later, token=8)
    assert (again.retries_left, again.last_failure) == (2, "no answer�")
    assert again.idempotency_key == job.idempotency_key


def test_spent_job_is_not_given_out(run, database):
    run.start()
    (job,) = lock(database)

    assert change(database, jobs.mark_failed, JobClaim(key=job.key), failure="no")

    assert one(database).state is JobState.FAILED
    assert lock(database, now=NOON + dt.timedelta(days=1)) == ()


def test_released_job_does_not_count_the_attempt(run, database):
    run.start()
    (job,) = lock(database, token=7)

    assert change(database, jobs.release, JobClaim(key=job.key, lock_token=7), due_at=NOON)

    (again,) = lock(database)
    assert again.attempt == 1


def test_lock_can_be_extended_only_by_who_has_it(run, database):
    run.start()
    (job,) = lock(database, token=7)
    later = NOON + dt.timedelta(hours=1)

    refused = change(database, jobs.extend_lock, JobClaim(key=job.key, lock_token=6), until=later)
    done = change(database, jobs.extend_lock, JobClaim(key=job.key, lock_token=7), until=later)

    assert (refused, done) == (False, True)
    assert lock(database, now=NOON + MINUTE) == ()


def test_watched_job_is_polled_and_not_given_out(run, database):
    run.start()
    (job,) = lock(database, token=7)
    change(
        database,
        jobs.record_phase,
        JobClaim(key=job.key, lock_token=7),
        phase=JobPhase.WATCHING,
        handle=[1, "x"],
        next_poll_at=NOON + MINUTE,
    )

    with database.transaction() as session:
        arguments = {"types": None, "worker": "p", "limit": 5, "until": NOON + 2 * MINUTE}
        early = jobs.lock_polls(session, now=NOON, token=8, **arguments)
        (polled,) = jobs.lock_polls(session, now=NOON + MINUTE, token=9, **arguments)

    assert early == ()
    assert (polled.handle, polled.phase, polled.attempt) == ([1, "x"], JobPhase.WATCHING, 1)
    assert lock(database, now=NOON + dt.timedelta(days=1)) == ()


def test_expired_locks_are_shown_as_open_again(run, database):
    run.start()
    lock(database)

    early = change(database, jobs.requeue_expired, NOON, 10)
    late = change(database, jobs.requeue_expired, NOON + MINUTE, 10)

    assert (early, late) == (0, 1)
    assert (one(database).state, one(database).lock_token) == (JobState.CREATED, None)


def test_two_workers_at_once_never_get_the_same_job(run, database):
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    for _ in range(4):
        run.start()

    with database.transaction() as session:
        arguments = {"types": None, "limit": 2, "until": NOON + MINUTE, "now": NOON}
        mine = jobs.lock_jobs(session, worker="w1", token=1, **arguments)
        theirs = lock(database, worker="w2", limit=10, token=2)

    assert len(mine) == len(theirs) == 2
    assert not {job.key for job in mine} & {job.key for job in theirs}
