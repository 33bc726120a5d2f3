"""Migrating running instances to another version, and what the outside sees of it."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from bpmn_engine.service.migrations import MigrationUseCases
from bpmn_engine.service.views import (
    Caller,
    ElementMapping,
    InstanceFilter,
    MigrationPlan,
    MigrationRequest,
    MigrationState,
    MigrationView,
    Problem,
    ProblemKind,
    ScopeChange,
)
from tests.diagrams import (
    boundary,
    call,
    catch,
    contents,
    end,
    message,
    process,
    processes,
    service,
    signal,
    start,
    timer,
    user,
)


def version(*, task="pick", job="check", groups="sales", trigger=None, **more):
    return process(
        f"s -> c -> {task} -> e",
        s=start(),
        c=service(job),
        late=boundary("c", timer(duration="PT1H"), interrupting=False),
        e=end(),
        **{task: user(groups=groups)},
        **more,
    ).replace(f'id="{task}"'.encode(), f'id="{task}" name="Pick goods"'.encode())


def request(world, source, target, *, updated=(), **changes):
    proposal = world.service.propose_migration(source, target)
    assert not isinstance(proposal, Problem), proposal
    mappings = tuple(
        ElementMapping(source=one.source, target=one.target, is_updated=one.source in updated)
        for one in proposal.plan.mappings
    )
    plan = MigrationPlan(mappings=mappings, **changes)
    return MigrationRequest(source_key=source, target_key=target, plan=plan)


def migrated(world, wanted, keys=None, **given):
    view = world.service.start_migration(
        wanted, keys, reason="Version 2 is right.", actor="carol", **given
    )
    assert isinstance(view, MigrationView), view
    while world.service.advance_migrations(10):
        pass
    done = world.service.migration(view.key)
    assert done.ended_at is not None
    return done


def two_versions(world, second=None):
    first = world.deploy(version())
    key = world.start(variables={"x": 1})
    return first, world.deploy(second or version(task="pack")), key


# One instance -----------------------------------------------------------------------------------


def test_a_migrated_instance_is_one_of_the_target_everywhere(world):
    first, second, key = two_versions(world)
    (job,) = world.activate("check")

    view = migrated(world, request(world, first, second), [key])

    assert (view.migrated_count, view.failed_count, view.pending_count) == (1, 0, 0)
    summary = world.service.instance(key).summary
    assert (summary.definition_key, summary.version) == (second, 2)
    assert world.service.definition_diagram(first).elements == {}
    assert world.service.definition_diagram(second).elements["c"].active == 1
    assert world.service.complete_job(job.key, {}, lock_token=job.lock_token) is None
    (task,) = world.tasks()
    assert (task.element_id, task.version, task.definition_key) == ("pack", 2, second)
    assert world.status(key) == "active"


def test_the_journal_says_who_and_why_and_from_which_version_to_which(world):
    first, second, key = two_versions(world)

    view = migrated(world, request(world, first, second), [key])

    entry = world.service.instance_journal(key).items[0]
    assert entry.summary == "Migrated from version 1 to version 2 of p."
    assert (entry.actor, entry.reason) == ("carol", "Version 2 is right.")
    assert (view.created_by, view.reason) == ("carol", "Version 2 is right.")


def test_a_claimed_task_keeps_its_key_its_name_and_who_has_it(world):
    first, second, key = two_versions(world, version(task="pack", groups="support"))
    world.work("check")
    (before,) = world.tasks()
    world.service.claim_task(before.key, caller=ALICE)

    migrated(world, request(world, first, second), [key])

    (after,) = world.tasks()
    assert (after.key, after.assignee, after.element_id) == (before.key, "alice", "pack")
    assert after.candidate_groups == ("sales",)
    world.service.complete_task(after.key, {}, caller=ALICE)
    assert world.status(key) == "completed"
    assert world.passed(key)[-2:] == ["pack", "e"]


def test_an_updated_task_is_offered_to_whom_the_target_says(world):
    first, second, key = two_versions(world, version(task="pick", groups="support"))
    world.work("check")
    (before,) = world.tasks()

    migrated(world, request(world, first, second, updated=["pick"]), [key])

    (after,) = world.tasks()
    assert (after.key, after.candidate_groups) == (before.key, ("support",))
    assert world.tasks(Caller(user_id="bob", groups=frozenset({"sales"}))) == ()
    assert len(world.tasks(Caller(user_id="bob", groups=frozenset({"support"})))) == 1


def test_an_updated_job_is_done_by_the_worker_of_the_target(world):
    first, second, key = two_versions(world, version(job="check-2"))

    migrated(world, request(world, first, second, updated=["c"]), [key])

    assert world.activate("check") == []
    assert world.work("check-2") == 1
    assert world.here(key) == ["pick"]


def test_a_timer_keeps_its_due_date_and_fires_in_the_target(world):
    first = world.deploy(version())
    key = world.start()
    later = version().replace(b"PT1H", b"PT9H").replace(b'id="late"', b'id="later" name="Late"')
    second = world.deploy(later)
    wanted = request(world, first, second)
    plan = MigrationPlan(
        mappings=(*wanted.plan.mappings, ElementMapping(source="late", target="later"))
    )

    migrated(world, MigrationRequest(source_key=first, target_key=second, plan=plan), [key])

    world.clock.advance(dt.timedelta(hours=1))
    assert world.service.fire_due_timers(10) == 1
    assert "later" in world.passed(key)


def test_an_updated_subscription_finds_the_new_message_even_one_that_came_before(world):
    def waiting(name):
        return process("s -> m -> e", s=start(), m=catch(message(name, "order")), e=end())

    first = world.deploy(waiting("paid"))
    key = world.start(variables={"order": "7"})
    second = world.deploy(waiting("settled"))
    world.service.correlate_message(
        "settled", correlation_key="7", time_to_live=dt.timedelta(hours=1)
    )

    migrated(world, request(world, first, second, updated=["m"]), [key])

    assert world.status(key) == "completed"


def test_an_event_of_the_target_is_waited_for_and_one_that_is_gone_is_not(world):
    first = world.deploy(version())
    key = world.start()
    second = world.deploy(
        process(
            "s -> c -> pick -> e",
            s=start(),
            c=service("check"),
            halt=boundary("c", signal("halt")),
            pick=user(),
            e=end(),
        )
    )

    migrated(world, request(world, first, second), [key])

    world.clock.advance(dt.timedelta(hours=2))
    assert world.service.fire_due_timers(10) == 0
    world.service.broadcast_signal("halt")
    assert world.status(key) == "completed"


def test_an_open_incident_is_one_of_the_target_and_can_be_resolved_there(world):
    first, second, key = two_versions(world)
    (job,) = world.activate("check")
    world.service.fail_job(job.key, message="No paper.", retries_left=0, lock_token=job.lock_token)
    assert world.incidents() == ["No paper."]

    migrated(world, request(world, first, second), [key])

    (incident,) = world.service.incidents().items
    assert incident.definition_key == second
    world.service.resolve_incident(incident.key)
    assert world.work("check") == 1


def test_variables_change_on_the_way(world):
    first, second, key = two_versions(world)
    change = ScopeChange(expressions={"y": "= x + 1"}, values={"z": [1]}, removed=("x",))

    migrated(world, request(world, first, second, variables=(change,)), [key])

    assert world.variables(key) == {"y": 2, "z": [1]}


def test_a_calling_instance_and_its_called_one_are_migrated_apart(world):
    def both(task):
        return processes(
            p=contents("s -> k -> e", s=start(), k=call("q"), e=end()),
            q=contents(f"qs -> {task} -> qe", qs=start(), qe=end(), **{task: user()}),
        )

    world.deploy(both("a"))
    key = world.start("p")
    (child,) = world.service.instance(key).children
    world.deploy(both("b"))
    callers = [one.definition_key for one in world.service.definition_versions("p")]
    called = [one.definition_key for one in world.service.definition_versions("q")]

    migrated(world, request(world, callers[1], callers[0]), [key])
    plan = MigrationPlan(mappings=(ElementMapping(source="a", target="b"),))
    wanted = MigrationRequest(source_key=called[1], target_key=called[0], plan=plan)
    migrated(world, wanted, [child.key])

    (task,) = world.tasks()
    assert task.element_id == "b"
    world.service.complete_task(task.key, {}, caller=OPERATOR)
    assert world.status(key) == "completed"


def test_what_was_passed_before_stays_in_the_history(world):
    first, second, key = two_versions(world, version(task="pack"))
    world.work("check")

    migrated(world, request(world, first, second), [key])

    assert world.passed(key) == ["s", "c"]
    assert world.here(key) == ["pack"]


# Many instances ---------------------------------------------------------------------------------


def test_all_open_instances_are_migrated_and_failures_are_listed(world):
    first = world.deploy(version())
    keys = [world.start(business_key=f"A-{number}") for number in range(5)]
    world.service.suspend_instance(keys[1])
    world.service.cancel_instance(keys[2])
    second = world.deploy(version(task="pack"))

    view = migrated(world, request(world, first, second))

    assert (view.migrated_count, view.failed_count) == (3, 1)
    (failed,) = world.service.migration_items(view.key, state=MigrationState.FAILED).items
    assert failed.instance_key == keys[1]
    assert failed.message == "Expected the process instance to be active, but it is suspended."
    assert world.service.instance(keys[1]).summary.definition_key == first
    assert len(world.service.instance_journal(keys[1]).items) == 2

    world.service.resume_instance(keys[1])
    world.service.retry_migration(view.key)
    world.service.advance_migrations(10)

    assert world.service.migration(view.key).migrated_count == 4
    assert world.service.instance(keys[1]).summary.definition_key == second


def test_a_query_says_which_are_migrated(world):
    first = world.deploy(version())
    keys = [world.start(business_key=f"A-{number % 2}") for number in range(4)]
    second = world.deploy(version(task="pack"))

    view = migrated(world, request(world, first, second), where=InstanceFilter(business_key="A-1"))

    assert view.migrated_count == 2
    versions = [world.service.instance(key).summary.version for key in keys]
    assert versions == [1, 2, 1, 2]


def test_instances_of_other_definitions_and_none_at_all_fail_one_by_one(world):
    first, second, key = two_versions(world)
    other = world.start()

    view = migrated(world, request(world, first, second), [key, other, 1])

    messages = {
        item.instance_key: item.message for item in world.service.migration_items(view.key).items
    }
    assert messages == {
        1: "Expected the process instance 1, but there is none.",
        key: None,
        other: f"Expected the process instance {other} to be one of the definition {first}, "
        f"but it is one of {second}.",
    }


def test_another_process_goes_on_where_one_died_between_two_instances(world):
    first = world.deploy(version())
    keys = [world.start() for _ in range(6)]
    second = world.deploy(version(task="pack"))
    view = world.service.start_migration(request(world, first, second), reason="-", actor="carol")
    assert world.service.advance_migration(view.key, 2) == 2
    half = world.service.migration(view.key)

    done = world.another().advance_migrations(100)

    assert (half.migrated_count, half.pending_count, half.ended_at) == (2, 4, None)
    assert done == 4
    assert world.service.migration(view.key).migrated_count == 6
    assert all(world.service.instance(key).summary.version == 2 for key in keys)
    assert all(len(world.service.instance_journal(key).items) == 2 for key in keys)
    assert len(world.activate("check")) == 6


def test_two_processes_migrate_each_instance_once(world):
    first = world.deploy(version())
    keys = [world.start() for _ in range(12)]
    second = world.deploy(version(task="pack"))
    view = world.service.start_migration(request(world, first, second), reason="-", actor="carol")

    with ThreadPoolExecutor(2) as pool:
        services = (world.service, world.another())
        done = list(pool.map(lambda one: one.advance_migration(view.key, 100), services))
    world.service.advance_migrations(10)

    assert sum(done) == 12
    after = world.service.migration(view.key)
    assert (after.migrated_count, after.failed_count) == (12, 0)
    assert after.ended_at is not None
    assert all(len(world.service.instance_journal(key).items) == 2 for key in keys)


def test_a_process_that_dies_within_an_instance_leaves_it_as_it_was(world, monkeypatch):
    first = world.deploy(version())
    keys = [world.start() for _ in range(2)]
    second = world.deploy(version(task="pack"))
    view = world.service.start_migration(request(world, first, second), reason="-", actor="carol")
    migrate = MigrationUseCases._migrate

    def dying(self, unit, key, instance_key):
        migrate(self, unit, key, instance_key)
        unit.flush()
        raise KeyboardInterrupt

    monkeypatch.setattr(MigrationUseCases, "_migrate", dying)
    with pytest.raises(KeyboardInterrupt):
        world.service.advance_migration(view.key, 1)
    monkeypatch.undo()

    assert [world.service.instance(key).summary.version for key in keys] == [1, 1]
    assert world.service.migration(view.key).pending_count == 2
    assert world.another().advance_migrations(10) == 2
    assert world.service.migration(view.key).migrated_count == 2


def test_an_error_of_the_engine_fails_one_instance_and_not_the_rest(world, monkeypatch):
    first = world.deploy(version())
    keys = sorted(world.start() for _ in range(3))
    second = world.deploy(version(task="pack"))
    view = world.service.start_migration(request(world, first, second), reason="-", actor="carol")
    migrate = MigrationUseCases._migrate

    def failing(self, unit, key, instance_key):
        if instance_key == keys[1]:
            raise ZeroDivisionError("a bug")
        return migrate(self, unit, key, instance_key)

    monkeypatch.setattr(MigrationUseCases, "_migrate", failing)
    world.service.advance_migrations(10)

    assert world.service.migration(view.key).migrated_count == 2
    (failed,) = world.service.migration_items(view.key, state=MigrationState.FAILED).items
    assert (failed.instance_key, failed.message) == (keys[1], "ZeroDivisionError: a bug")


def test_a_migration_of_nothing_has_ended(world):
    first = world.deploy(version())
    second = world.deploy(version(task="pack"))

    view = world.service.start_migration(request(world, first, second), reason="-", actor="carol")

    assert view.ended_at is not None
    assert [one.key for one in world.service.migrations().items] == [view.key]


# Plans, checks, rehearsals ----------------------------------------------------------------------


def test_a_proposal_names_both_definitions_and_how_many_instances_wait(world):
    first, second, _ = two_versions(world)

    proposal = world.service.propose_migration(first, second)

    assert (proposal.source.version, proposal.target.version) == (1, 2)
    assert proposal.guessed == ("pick",)
    assert proposal.instance_count == 1


def test_what_is_not_there_is_not_found(world):
    first, _, _ = two_versions(world)
    wanted = MigrationRequest(source_key=first, target_key=1, plan=MigrationPlan())

    answers = [
        world.service.propose_migration(first, 1),
        world.service.propose_migration(1, first),
        world.service.validate_migration(wanted),
        world.service.rehearse_migration(wanted, []),
        world.service.start_migration(wanted, reason="-"),
        world.service.migration(1),
        world.service.migration_items(1),
        world.service.retry_migration(1),
    ]

    assert [answer.kind for answer in answers] == [ProblemKind.NOT_FOUND] * len(answers)


def test_a_plan_that_does_not_fit_is_refused_with_every_reason(world):
    first, second, key = two_versions(world)
    plan = MigrationPlan(
        mappings=(
            ElementMapping(source="c", target="pack"),
            ElementMapping(source="late", target="late"),
        )
    )
    wanted = MigrationRequest(source_key=first, target_key=second, plan=plan)

    findings = world.service.validate_migration(wanted, [key])
    problem = world.service.start_migration(wanted, reason="-")

    assert {one.element_id for one in findings.violations} == {"c", "late"}
    assert not findings.is_valid
    assert problem.kind is ProblemKind.REFUSED
    assert problem.violations == findings.violations


def test_instances_that_cannot_be_migrated_are_named_before(world):
    first, second, key = two_versions(world)
    other = world.start()
    plan = MigrationPlan(mappings=(ElementMapping(source="pick", target="pack"),))
    wanted = MigrationRequest(source_key=first, target_key=second, plan=plan)

    findings = world.service.validate_migration(wanted, [key, other])

    assert {one.instance_key: one.violations[0].message for one in findings.instances} == {
        key: "Expected the plan to map c, where the instance is, but it does not.",
        other: f"Expected the process instance {other} to be one of the definition {first}, "
        f"but it is one of {second}.",
    }
    assert world.service.validate_migration(request(world, first, second), [key]).is_valid


def test_a_rehearsal_tells_what_would_be_and_changes_nothing(world):
    first, second, key = two_versions(world)
    change = ScopeChange(values={"y": 2}, removed=("x",))
    wanted = request(world, first, second, updated=["c"], variables=(change,))

    (answer,) = world.service.rehearse_migration(wanted, [key], goes_on=True)

    assert answer.moved == {"c": "c"}
    assert answer.updated == ("c",)
    assert sorted(answer.waiting) == ["c", "late"]
    assert (answer.opened, answer.withdrawn, answer.passed) == ((), (), ())
    assert (answer.variables, answer.removed) == ({"y": 2}, ("x",))
    assert answer.continuation.passed == ("c", "pack", "e")
    assert answer.continuation.outcome == "completed"
    assert world.service.instance(key).summary.version == 1
    assert world.variables(key) == {"x": 1}
    assert len(world.service.instance_journal(key).items) == 1


def test_a_rehearsal_tells_why_it_would_not_be(world):
    first, second, key = two_versions(world)
    unmapped = MigrationRequest(source_key=first, target_key=second, plan=MigrationPlan())
    failing = request(
        world, first, second, variables=(ScopeChange(expressions={"y": "= z.y.x + 1"}),)
    )

    (one,) = world.service.rehearse_migration(unmapped, [key])
    (other,) = world.service.rehearse_migration(failing, [key])

    assert [violation.element_id for violation in one.violations] == ["c"]
    assert other.problem.startswith("The new value of y:")
    problem = world.service.rehearse_migration(unmapped, [1])
    assert problem.kind is ProblemKind.NOT_FOUND


ALICE = Caller(user_id="alice", groups=frozenset({"sales"}))
OPERATOR = Caller(user_id="carol", sees_all=True)
