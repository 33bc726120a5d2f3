"""Jobs, their failures, and incidents."""

import datetime as dt

from bpmn_engine.service.views import (
    JobPhase,
    Problem,
    ProblemKind,
)
from tests.diagrams import (
    boundary,
    each,
    end,
    error,
    process,
    script,
    service,
    start,
    timer,
)

MINUTE = dt.timedelta(minutes=1)


def one_job(**options):
    return process("s -> a -> e", s=start(), a=service("check", **options), e=end())


def test_a_job_carries_all_its_worker_needs(world):
    key = world.deploy(one_job(inputs={"stock": "quantity * 2"}))
    instance = world.start(variables={"quantity": 3}, business_key="B-1")

    (job,) = world.activate("check", worker="alice-1")

    assert (job.process_instance_key, job.definition_key, job.process_id) == (instance, key, "p")
    assert (job.element_id, job.business_key, job.attempt) == ("a", "B-1", 1)
    assert job.variables == {"quantity": 3, "stock": 6}
    assert job.deadline == world.clock.now() + MINUTE
    assert job.worker == "alice-1"


def test_a_worker_gets_only_the_variables_it_asks_for(world):
    world.deploy(one_job())
    world.start(variables={"a": 1, "b": 2})

    (job,) = world.service.activate_jobs(
        ("check",), worker="w", limit=1, lock=MINUTE, fetch_variables=("b", "c")
    )

    assert job.variables == {"b": 2}


def test_a_locked_job_is_given_to_nobody_else_until_its_lock_ends(world):
    world.deploy(one_job())
    world.start()
    (first,) = world.activate("check")

    meanwhile = world.activate("check")
    world.clock.advance(MINUTE)
    (second,) = world.activate("check")

    assert meanwhile == []
    assert (second.key, second.attempt) == (first.key, 2)
    assert second.lock_token != first.lock_token
    assert second.idempotency_key == first.idempotency_key


def test_whoever_lost_the_lock_cannot_complete_the_job(world):
    world.deploy(one_job())
    key = world.start()
    (first,) = world.activate("check", worker="alice")
    world.clock.advance(MINUTE)
    (second,) = world.activate("check", worker="bob")

    late = world.service.complete_job(first.key, {"by": "alice"}, lock_token=first.lock_token)
    other = world.service.complete_job(first.key, worker="alice")
    done = world.service.complete_job(second.key, {"by": "bob"}, lock_token=second.lock_token)

    assert (late.kind, late.holder) == (ProblemKind.CONFLICT, "bob")
    assert other.kind is ProblemKind.CONFLICT
    assert done is None
    assert world.variables(key) == {"by": "bob"}


def test_a_job_is_completed_once(world):
    world.deploy(one_job())
    world.start()
    (job,) = world.activate("check")

    first = world.service.complete_job(job.key, lock_token=job.lock_token)
    second = world.service.complete_job(job.key, lock_token=job.lock_token)

    assert first is None
    assert second.kind is ProblemKind.NOT_FOUND


def test_a_failed_job_is_tried_again_after_its_back_off(world):
    world.deploy(one_job(retries="2"))
    world.start()
    (job,) = world.activate("check")

    world.service.fail_job(job.key, "no answer", lock_token=job.lock_token)
    at_once = world.activate("check")
    world.clock.advance(world.settings.first_backoff)
    (again,) = world.activate("check")

    assert at_once == []
    assert (again.retries_left, again.attempt) == (1, 2)
    assert again.idempotency_key == job.idempotency_key
    assert world.incidents() == []


def test_spent_attempts_become_an_incident_and_new_ones_resolve_it(world):
    world.deploy(one_job(retries="1"))
    key = world.start()
    (job,) = world.activate("check")

    world.service.fail_job(job.key, "the warehouse is closed", lock_token=job.lock_token)
    world.clock.advance(dt.timedelta(days=1))
    meanwhile = world.activate("check")
    (incident,) = world.service.incidents().items
    resolved = world.service.resolve_incident(
        incident.key, retries=2, variables={"hint": "ring twice"}, reason="open now", actor="carol"
    )
    (again,) = world.activate("check")

    assert meanwhile == []
    assert incident.message == "the warehouse is closed"
    assert incident.job_key == job.key
    assert resolved.resolved_at is not None
    assert (again.key, again.retries_left) == (job.key, 2)
    assert again.variables == {"hint": "ring twice"}
    assert again.idempotency_key != job.idempotency_key
    assert world.service.complete_job(again.key, lock_token=again.lock_token) is None
    assert world.status(key) == "completed"


def test_a_permanent_failure_spends_all_attempts(world):
    world.deploy(one_job(retries="5"))
    world.start()
    (job,) = world.activate("check")

    world.service.fail_job(job.key, "no such account", is_permanent=True)

    assert world.incidents() == ["no such account"]


def test_incidents_alike_are_resolved_together(world):
    world.deploy(one_job(retries="1"))
    for _ in range(5):
        world.start()
    for job in world.activate("check"):
        world.service.fail_job(job.key, "closed", lock_token=job.lock_token)
    (group,) = world.service.incident_groups()

    answers = world.service.resolve_incidents([*group.keys, 1], actor="carol")

    assert group.count == 5
    assert answers[:5] == [None] * 5
    assert answers[5].kind is ProblemKind.NOT_FOUND
    assert world.incidents() == []
    assert len(world.activate("check")) == 5


def test_a_failing_expression_is_an_incident_that_shows_it(world):
    world.deploy(process("s -> c -> e", s=start(), c=script('"a" - x', "y"), e=end()))
    key = world.start(variables={"x": 1})

    (incident,) = world.service.incidents().items

    assert incident.expression is not None
    assert incident.instance_key == key
    assert world.status(key) == "active"


def test_a_bpmn_error_takes_its_boundary_event(world):
    world.deploy(
        process(
            "s -> a -> e",
            "b -> e2",
            s=start(),
            a=service("check"),
            b=boundary("a", error("NO_STOCK")),
            e=end(),
            e2=end(),
        )
    )
    key = world.start()
    (job,) = world.activate("check")

    world.service.throw_job_error(
        job.key, "NO_STOCK", variables={"missing": 3}, lock_token=job.lock_token
    )

    assert world.status(key) == "completed"
    assert world.passed(key) == ["s", "b", "e2"]


def test_an_uncaught_bpmn_error_is_an_incident_and_the_job_waits_for_an_operator(world):
    world.deploy(one_job())
    world.start()
    (job,) = world.activate("check")

    world.service.throw_job_error(job.key, "E1", message="what now", lock_token=job.lock_token)
    world.clock.advance(dt.timedelta(days=1))

    assert len(world.incidents()) == 1
    assert world.activate("check") == []
    assert world.service.set_job_retries(job.key, 1, actor="carol") is None
    assert len(world.activate("check")) == 1
    assert world.incidents() == []


def test_a_lock_is_extended_and_given_back(world):
    world.deploy(one_job())
    world.start()
    (job,) = world.activate("check")

    until = world.service.extend_job_lock(job.key, lock_token=job.lock_token, lock=10 * MINUTE)
    world.clock.advance(5 * MINUTE)
    meanwhile = world.activate("check")
    world.service.release_job(job.key, lock_token=job.lock_token)
    (again,) = world.activate("check")

    assert until == world.clock.now() + 5 * MINUTE
    assert meanwhile == []
    assert again.attempt == 1


def test_a_long_running_job_is_watched_and_its_system_told_when_nobody_waits_any_more(world):
    world.deploy(
        process(
            "s -> a -> e",
            "t -> e2",
            s=start(),
            a=service("mainframe"),
            t=boundary("a", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )
    key = world.start()
    (job,) = world.activate("mainframe")
    world.service.record_job_handle(
        job.key,
        lock_token=job.lock_token,
        phase=JobPhase.WATCHING,
        handle={"job": "J1"},
        next_poll_at=world.clock.now() + MINUTE,
    )

    too_early = world.service.due_polls(worker="w", limit=10, lock=MINUTE)
    world.clock.advance(MINUTE)
    (poll,) = world.service.due_polls(worker="w", limit=10, lock=MINUTE)
    world.clock.advance(dt.timedelta(hours=1))
    world.service.fire_due_timers(10)
    (cancelled,) = world.service.cancelled_jobs(10)
    world.service.cancelled_job_done(cancelled.outbox_key)
    world.clock.advance(dt.timedelta(hours=1))

    assert too_early == []
    assert (poll.key, poll.handle) == (job.key, {"job": "J1"})
    assert world.status(key) == "completed"
    assert (cancelled.job_key, cancelled.handle) == (job.key, {"job": "J1"})
    assert world.service.cancelled_jobs(10) == []


def test_expired_locks_are_shown_as_open_again(world):
    world.deploy(one_job())
    world.start()
    (job,) = world.activate("check")
    world.clock.advance(MINUTE)

    count = world.service.requeue_expired_locks()

    assert count == 1
    assert world.service.job(job.key).state.value == "created"


def test_every_item_of_a_multi_instance_activity_is_a_job_and_the_results_are_gathered(world):
    world.deploy(
        process(
            "s -> a -> e",
            s=start(),
            a=service("price", loop=each("items", gather=("prices", "price"))),
            e=end(),
        )
    )
    key = world.start(variables={"items": [1, 2, 3]})

    for job in world.activate("price"):
        price = job.variables["item"] * 10
        world.service.complete_job(job.key, {"price": price}, lock_token=job.lock_token)

    assert world.status(key) == "completed"
    assert world.variables(key)["prices"] == [10, 20, 30]


def test_nothing_changes_when_a_job_is_unknown(world):
    problems = [
        world.service.complete_job(1),
        world.service.fail_job(1, "x"),
        world.service.throw_job_error(1, "E"),
        world.service.extend_job_lock(1, lock=MINUTE),
        world.service.release_job(1),
        world.service.set_job_retries(1, 1),
    ]

    assert {problem.kind for problem in problems} == {ProblemKind.NOT_FOUND}
    assert isinstance(world.service.job(1), Problem)
