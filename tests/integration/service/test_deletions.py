"""Deleting deployments and process definitions: what goes, what stays, what refuses it."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from bpmn_engine.service.listing import DEPLOYMENTS
from bpmn_engine.service.views import Problem, ProblemKind, Resource
from bpmn_engine.store.tables import (
    deployment,
    process_definition,
    resource,
    start_subscription,
    start_timer,
)
from bpmn_engine.views.listing import Listing
from tests.diagrams import call, contents, end, message, process, processes, start, timer, user

DAY = dt.timedelta(days=1)


def version(number, **nodes):
    """Return a diagram that differs from those of other numbers."""
    return process(
        "s -> u -> e", **{"s": start(), "u": user(assignee=f"user-{number}"), "e": end()} | nodes
    )


def finish(world, key):
    world.service.cancel_instance(key, actor="alice")


def count(world, table):
    with world.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def names(world):
    return [(one.process_id, one.version) for one in world.service.definition_versions("p")]


def test_a_definition_without_instances_is_deleted_and_recorded(world):
    key = world.deploy(version(1))

    deleted = world.service.delete_definitions([key], reason="a mistake", actor="alice")

    assert (deleted.deleted_by, deleted.reason, deleted.instance_count) == (
        "alice",
        "a mistake",
        0,
    )
    assert [(one.process_id, one.version) for one in deleted.definitions] == [("p", 1)]
    assert deleted.ended_at is not None
    assert world.service.deletions().items == (deleted,)
    assert world.service.definition(key).kind is ProblemKind.NOT_FOUND
    assert names(world) == []


def test_nothing_is_deleted_while_instances_have_not_ended(world):
    key = world.deploy(version(1))
    for _ in range(2):
        world.start()

    refused = world.service.delete_definitions([key], actor="alice")

    assert refused.kind is ProblemKind.CONFLICT
    assert "there are 2 process instances" in refused.message
    assert names(world) == [("p", 1)]
    assert world.service.deletions().items == ()


def test_the_history_of_ended_instances_stays_readable(world):
    key = world.deploy(version(1))
    instance = world.start()
    finish(world, instance)

    deleted = world.service.delete_definitions([key], actor="alice")

    assert not isinstance(deleted, Problem)
    assert world.status(instance) == "terminated"
    assert world.service.instance_journal(instance).items
    assert not isinstance(world.another().instance(instance), Problem)
    assert not isinstance(world.service.definition_xml(key), Problem)


def test_nothing_starts_by_a_deleted_definition(world):
    key = world.deploy(version(1))
    instance = world.start()
    finish(world, instance)
    world.service.delete_definitions([key], actor="alice")

    by_id = world.service.start_instance("p", actor="alice")
    by_key = world.service.start_instance(definition_key=key, actor="alice")
    by_version = world.service.start_instance("p", version=1, actor="alice")

    assert [one.kind for one in (by_id, by_key, by_version)] == [ProblemKind.NOT_FOUND] * 3


def test_with_cascade_instances_and_their_history_go(world):
    key = world.deploy(version(1))
    running, ended = world.start(), world.start()
    finish(world, ended)

    deleted = world.service.delete_definitions([key], is_cascading=True, actor="alice")

    assert deleted.instance_count == 2
    assert world.service.instance(running).kind is ProblemKind.NOT_FOUND
    assert world.service.instance(ended).kind is ProblemKind.NOT_FOUND
    archived = world.service.archived_instances().items
    assert sorted(one.key for one in archived) == sorted([running, ended])
    told = world.service.archived_instance(running)
    assert told.journal[0].reason == "Its process definition is deleted."


def test_with_cascade_what_the_policy_does_not_archive_is_gone(world):
    key = world.deploy(version(1))
    world.service.set_retention("p", None, is_archived=False, actor="alice")
    world.start()

    deleted = world.service.delete_definitions([key], is_cascading=True, actor="alice")

    assert deleted.instance_count == 1
    assert world.service.archived_instances().items == ()


def test_with_cascade_hundreds_of_instances_go(world):
    key = world.deploy(version(1))
    for _ in range(205):
        world.start()

    deleted = world.service.delete_definitions([key], is_cascading=True, actor="alice")

    assert deleted.instance_count == 205
    assert names(world) == []


def test_a_caller_hears_of_the_end_of_what_it_called(world):
    world.deploy(
        processes(
            caller=contents("b -> c -> d", b=start(), c=call("p"), d=end()),
            p=contents("s -> u -> e", s=start(), u=user(), e=end()),
        )
    )
    caller = world.start("caller")

    deleted = world.service.delete_versions("p", is_cascading=True, actor="alice")

    assert deleted.instance_count == 1
    view = world.service.instance(caller)
    assert (view.summary.status.value, view.summary.incident_count) == ("active", 1)


def test_the_version_before_the_latest_is_the_latest_again(world):
    first, second = world.deploy(version(1)), world.deploy(version(2))

    world.service.delete_definitions([second], actor="alice")

    assert world.service.definition_by_id("p").summary.definition_key == first
    assert world.service.definition_by_id("p").summary.is_latest
    assert world.service.instance(world.start()).summary.definition_key == first


def test_an_older_version_goes_without_changing_the_latest(world):
    first, second = world.deploy(version(1)), world.deploy(version(2))

    world.service.delete_definitions([first], actor="alice")

    assert world.service.definition_by_id("p").summary.definition_key == second
    assert names(world) == [("p", 2)]


def test_the_latest_version_starts_by_messages_and_timers_again(world):
    by_message = version(1, s=start(message("go")))
    by_timer = version(1, s=start(timer(cycle="R/PT1H")))
    first = world.deploy(by_message)
    second = world.deploy(by_timer)
    third = world.deploy(version(3))

    world.service.delete_definitions([third], actor="alice")
    timers = count(world, start_timer), count(world, start_subscription)
    world.clock.advance(dt.timedelta(hours=2))
    fired = world.service.start_due_timers(10)
    for one in world.service.instances().items:
        finish(world, one.key)
    world.service.delete_definitions([second], actor="alice")
    started = world.service.correlate_message("go").instance_keys

    assert timers == (1, 0)
    assert fired == 1
    assert world.service.instance(started[0]).summary.definition_key == first


def test_a_date_that_has_passed_starts_nothing_again(world):
    world.deploy(version(1, s=start(timer(date="2020-01-01T00:00:00Z"))))
    second = world.deploy(version(2))

    world.service.delete_definitions([second], actor="alice")

    assert count(world, start_timer) == 0


def test_a_deployment_goes_with_all_its_files(world):
    form = b'{"type": "default", "id": "f", "components": []}'
    files = [
        Resource(name="p.bpmn", content=version(1)),
        Resource(name="f.form", content=form),
    ]
    result = world.service.deploy(files, name="shop", actor="alice")

    deleted = world.service.delete_deployment(result.deployment_key, actor="bob")

    assert (deleted.deployment_key, deleted.name) == (result.deployment_key, "shop")
    assert world.service.form("f") is None
    assert names(world) == []
    assert world.service.listed(DEPLOYMENTS, Listing()) == ()
    again = world.service.delete_deployment(result.deployment_key, actor="bob")
    assert again.kind is ProblemKind.NOT_FOUND


def test_a_form_is_deleted_by_its_key_and_the_one_before_counts(world):
    def deploy(text):
        content = f'{{"type": "default", "id": "f", "components": [], "x": "{text}"}}'.encode()
        result = world.service.deploy([Resource(name="f.form", content=content)], actor="alice")
        return result.forms[0].form_key

    deploy("one")
    second = deploy("two")

    deleted = world.service.delete_resource(second, actor="alice")

    assert (deleted.name, deleted.definitions) == ("f.form", ())
    assert b'"one"' in world.service.form("f")


def test_a_held_process_refuses(world):
    key = world.deploy(version(1))
    world.service.place_hold(process_id="p", reason="court", actor="alice")

    for is_cascading in (False, True):
        refused = world.service.delete_definitions([key], is_cascading=is_cascading, actor="alice")
        assert refused.kind is ProblemKind.CONFLICT
        assert "legal hold" in refused.message
    assert names(world) == [("p", 1)]


def test_a_held_instance_refuses_what_would_delete_it(world):
    key = world.deploy(version(1))
    held, other = world.start(), world.start()
    hold = world.service.place_hold(instance_key=held, reason="court", actor="alice")

    refused = world.service.delete_definitions([key], is_cascading=True, actor="alice")
    statuses = (world.status(held), world.status(other))
    world.service.lift_hold(hold.key, actor="alice")
    deleted = world.service.delete_definitions([key], is_cascading=True, actor="alice")

    assert "1 process instance is held" in refused.message
    assert statuses == ("active", "active")
    assert deleted.instance_count == 2


def test_a_held_instance_is_not_deleted_by_itself_either(world):
    world.deploy(version(1))
    key = world.start()
    finish(world, key)
    world.service.place_hold(instance_key=key, reason="court", actor="alice")

    refused = world.service.delete_instance(key)

    assert refused.kind is ProblemKind.CONFLICT
    assert world.status(key) == "terminated"


def test_what_nothing_is_read_by_any_more_is_removed_in_the_end(world):
    key = world.deploy(version(1))
    instance = world.start()
    finish(world, instance)
    view = world.service.definition(key)
    world.service.delete_deployment(view.summary.deployment_key, actor="alice")
    world.clock.advance(2 * DAY)
    world.service.compact_figures()

    while_read = world.service.remove_deleted()
    world.service.delete_instance(instance)
    removed = world.service.remove_deleted()

    assert (while_read, removed) == (0, 2)
    assert [count(world, one) for one in (process_definition, resource, deployment)] == [0, 0, 0]
    assert len(world.service.deletions().items) == 1


def test_a_new_version_is_deployed_after_all_were_deleted(world):
    first = world.deploy(version(1))
    world.service.delete_definitions([first], actor="alice")

    again = world.deploy(version(1))

    assert again != first
    assert names(world) == [("p", 2)]


def test_what_is_not_there_is_not_found(world):
    key = world.deploy(version(1))

    unknown = world.service.delete_definitions([key, 7], actor="alice")
    none = world.service.delete_versions("q", actor="alice")

    assert (unknown.kind, none.kind) == (ProblemKind.NOT_FOUND, ProblemKind.NOT_FOUND)
    assert names(world) == [("p", 1)]


def test_an_instance_that_begins_meanwhile_stops_the_deletion_or_can_be_read(world):
    for number in range(8):
        key = world.deploy(version(number))
        other = world.another()

        with ThreadPoolExecutor(2) as pool:
            began = pool.submit(other.start_instance, definition_key=key, actor="bob")
            deleted = pool.submit(world.service.delete_definitions, [key], actor="alice")
            instance, deletion = began.result(), deleted.result()

        if isinstance(instance, Problem):
            assert instance.kind is ProblemKind.NOT_FOUND
            assert not isinstance(deletion, Problem)
        else:
            assert world.status(instance.key) == "active"
            assert not isinstance(deletion, Problem) or deletion.kind is ProblemKind.CONFLICT
