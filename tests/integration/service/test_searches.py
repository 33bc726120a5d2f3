"""Searches: every list by every field, on both databases."""

import datetime as dt

import pytest
from sqlalchemy import ColumnElement

from bpmn_engine.service.external_tasks import FailureReport, TopicRequest
from bpmn_engine.service.task_views import NewAttachment, TaskAge
from bpmn_engine.service.views import Caller, Problem, ProblemKind
from bpmn_engine.service.work_search import (
    EVERYTHING,
    NEVER,
    Comparison,
    Condition,
    Search,
    SortBy,
    VariableCondition,
)
from bpmn_engine.store import (
    searched_incidents,
    searched_instances,
    searched_jobs,
    searched_journal,
    searched_tasks,
    searched_visits,
)
from tests.diagrams import catch, end, process, service, start, timer, user

ALICE = Caller(user_id="alice", groups=frozenset({"sales"}))
MALLORY = Caller(user_id="mallory", groups=frozenset({"it"}))
CAROL = Caller(user_id="carol", sees_all=True)
MINUTE = dt.timedelta(minutes=1)
NOON = dt.datetime(2030, 1, 5, 12, tzinfo=dt.UTC)

LISTS = {
    "tasks": searched_tasks.FIELDS,
    "jobs": searched_jobs.FIELDS,
    "instances": searched_instances.FIELDS,
    "visits": searched_visits.FIELDS,
    "incidents": searched_incidents.FIELDS,
    "entries": searched_journal.FIELDS,
}
MOMENTS = {"at", "free_from", "follow_up_at_or_none"}
KEYS = {"incident", "child_key"}


def find(world, name, search):
    """Return what a search finds in a list; its count has to agree."""
    asked = {
        "tasks": lambda: (
            world.service.find_tasks(search, caller=CAROL, age=TaskAge.ALL),
            world.service.count_tasks(search, caller=CAROL, age=TaskAge.ALL),
        ),
        "jobs": lambda: (
            world.service.find_external_tasks(search),
            world.service.count_external_tasks(search),
        ),
        "instances": lambda: (
            world.service.find_instances(search, caller=CAROL),
            world.service.count_instances(search, caller=CAROL),
        ),
        "visits": lambda: (
            world.service.find_visits(search),
            world.service.count_visits(search),
        ),
        "incidents": lambda: (
            world.service.find_incidents(search),
            world.service.count_incidents(search),
        ),
        "entries": lambda: (
            world.service.find_entries(search),
            world.service.count_entries(search),
        ),
    }
    found, count = asked[name]()
    assert count == len(found)
    return found


def value_for(name, field):
    """Return a value of the kind that a field holds."""
    if field.endswith("_at") or field in MOMENTS or field == "locked_until":
        return NOON
    if field == "business_key":
        return "x"
    if field.endswith("key") or field in KEYS:
        return 7
    if field in {"priority", "retries_left", "version", "duration", "occurrence"}:
        return 7
    if field == "is_suspended":
        return False
    return "x"


@pytest.fixture
def busy(world):
    """A world with a task, a job, an incident and a journal."""
    world.deploy(process("s -> t -> e", process_id="p", s=start(), t=user(), e=end()))
    world.deploy(process("s -> j -> e", process_id="q", s=start(), j=service("pack"), e=end()))
    world.start("p", {"amount": 5}, business_key="A-1")
    world.start("q", {"amount": 6}, business_key="B-2")
    (job,) = world.activate("pack")
    world.service.fail_job(job.key, "no boxes", retries_left=0)
    return world


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in LISTS.items() for field in fields]
)
def test_every_field_is_compared_and_sorted_by(busy, name, field):
    value = value_for(name, field)
    everything = len(find(busy, name, EVERYTHING))

    found = [
        len(find(busy, name, Search(conditions=(condition,))))
        for condition in (
            Condition(field=field, value=value),
            Condition(field=field, comparison=Comparison.IN, values=(value,)),
            Condition(field=field, comparison=Comparison.PRESENT),
        )
        if field not in {"offered_to", "free_offered_to", "involved"}
        or condition.comparison is Comparison.EQUAL
    ]

    assert everything > 0
    assert all(count <= everything for count in found)
    if isinstance(LISTS[name][field], ColumnElement):
        order = (SortBy(field=field, is_descending=True),)
        assert len(find(busy, name, Search(order=order))) == everything
        part = busy.service.find_visits(Search(first=1, most=1)) if name == "visits" else ()
        assert len(part) <= 1


@pytest.mark.parametrize("name", LISTS)
def test_a_search_for_nothing_finds_nothing(busy, name):
    assert find(busy, name, Search(conditions=(NEVER,))) == ()
    assert find(busy, name, Search(alternatives=((),))) == ()


def test_alternatives_hold_one_by_one(busy):
    both = (
        Condition(field="business_key", value="A-1"),
        Condition(field="business_key", comparison=Comparison.LIKE, value="B%"),
    )

    found = find(busy, "instances", Search(alternatives=(both,)))
    narrowed = find(busy, "instances", Search(alternatives=(both, both[:1])))

    assert {each.business_key for each in found} == {"A-1", "B-2"}
    assert {each.business_key for each in narrowed} == {"A-1"}


def test_variables_are_compared_where_they_live(busy):
    more = VariableCondition(name="amount", comparison=Comparison.ABOVE, value=5)
    text = VariableCondition(name="amount", comparison=Comparison.ABOVE, value="5")

    assert [each.business_key for each in find(busy, "instances", Search(variables=(more,)))] == [
        "B-2"
    ]
    assert [each.job.business_key for each in find(busy, "jobs", Search(variables=(more,)))] == [
        "B-2"
    ]
    assert find(busy, "tasks", Search(variables=(more,))) == ()
    assert find(busy, "instances", Search(variables=(text,))) == ()


def test_a_pattern_takes_its_letters_as_they_are(world):
    world.deploy(process("s -> t -> e", s=start(), t=user(), e=end()))
    for key in ("100%", "1000", "a_b", "axb"):
        world.start(business_key=key)

    def keys(pattern):
        like = Condition(field="business_key", comparison=Comparison.LIKE, value=pattern)
        found = find(world, "instances", Search(conditions=(like,)))
        return {each.business_key for each in found}

    assert keys("100\\%") == {"100%"}
    assert keys("100%") == {"100%", "1000"}
    assert keys("a_b") == {"a_b", "axb"}
    assert keys("a\\_b") == {"a_b"}


def test_a_worker_locks_what_it_asks_for_and_nobody_else_gets_it(world):
    world.deploy(process("s -> j -> e", s=start(), j=service("pack"), e=end()))
    world.start(variables={"amount": 1}, business_key="A")
    world.start(variables={"amount": 2}, business_key="B")
    topic = Condition(field="topic", value="pack")
    amount = VariableCondition(name="amount", comparison=Comparison.EQUAL, value=2)
    request = TopicRequest(search=Search(conditions=(topic,), variables=(amount,)), lock=MINUTE)

    (locked,) = world.service.lock_external_tasks(request, worker="w", limit=5)
    again = world.service.lock_external_tasks(request, worker="v", limit=5)
    other = world.service.lock_external_task(locked.key, worker="v", lock=MINUTE)
    world.clock.advance(2 * MINUTE)
    (late,) = world.service.lock_external_tasks(request, worker="v", limit=5)

    assert (locked.business_key, locked.worker, again) == ("B", "w", [])
    assert isinstance(other, Problem)
    assert (other.kind, other.holder) == (ProblemKind.CONFLICT, "w")
    assert (late.key, late.worker, late.attempt) == (locked.key, "v", 2)


def test_details_of_failed_attempts_are_kept(world):
    world.deploy(process("s -> j -> e", s=start(), j=service("pack"), e=end()))
    world.start()
    (job,) = world.activate("pack")
    report = FailureReport(message="no", details="trace", retries_left=3)

    problem = world.service.fail_external_task(job.key, report, worker="w")
    found = world.service.find_external_task(job.key)

    assert problem is None
    assert not isinstance(found, Problem)
    assert (found.details, found.job.retries_left) == ("trace", 3)
    assert world.service.failure_details([job.key, 1]) == {job.key: "trace"}


def test_the_journal_tells_of_variables_and_waits(world):
    pause = catch(timer(duration="PT1M"))
    world.deploy(process("s -> j -> t -> e", s=start(), j=service("pack"), t=pause, e=end()))
    key = world.start(variables={"amount": 1})
    world.work("pack", {"amount": 2})
    world.clock.advance(2 * MINUTE)
    world.service.fire_due_timers(10)
    of_key = Search(conditions=(Condition(field="key", value=key),))

    changes = world.service.told_changes(of_key)
    (amount,) = world.service.told_variables(of_key)
    waits = world.service.told_waits(of_key)

    assert [(each.value, each.revision, each.is_initial) for each in changes] == [
        (1, 0, True),
        (2, 1, False),
    ]
    assert (amount.value, amount.scope, amount.is_deleted) == (2, 0, False)
    assert [(each.kind, each.event, each.element_id) for each in waits] == [
        ("job", "created", "j"),
        ("job", "succeeded", "j"),
        ("timer", "created", "t"),
        ("timer", "succeeded", "t"),
    ]
    assert world.service.told_changes(Search(conditions=(NEVER,))) == []


def test_a_deleted_instance_leaves_nothing(world):
    world.deploy(process("s -> t -> e", s=start(), t=user(), e=end()))
    key = world.start()
    (task,) = world.tasks()
    world.service.comment_on_task(task.key, "Why?", caller=CAROL)
    world.service.attach_to_task(task.key, NewAttachment(content=b"x"), caller=CAROL)

    refused = world.service.delete_instance(key)
    world.service.cancel_instance(key)
    deleted = world.service.delete_instance(key)

    assert isinstance(refused, Problem)
    assert refused.kind is ProblemKind.CONFLICT
    assert deleted is None
    assert world.service.instance_comments(key) == ()
    assert find(world, "instances", EVERYTHING) == ()


def test_notes_are_seen_by_those_who_see_the_task(world):
    world.deploy(process("s -> t -> e", s=start(), t=user(groups="sales"), e=end()))
    world.start()
    (task,) = world.tasks()

    made = world.service.comment_on_task(task.key, "Twice?", caller=ALICE)
    hidden = world.service.task_comments(task.key, caller=MALLORY)
    empty = world.service.comment_on_task(task.key, "  ", caller=ALICE)
    both = world.service.attach_to_task(
        task.key, NewAttachment(url="https://example.org", content=b"x"), caller=ALICE
    )

    assert not isinstance(made, Problem)
    assert world.service.task_comments(task.key, caller=CAROL) == (made,)
    assert isinstance(hidden, Problem)
    assert (hidden.kind, empty.kind, both.kind) == (
        ProblemKind.NOT_FOUND,
        ProblemKind.INVALID,
        ProblemKind.INVALID,
    )


def test_a_delegated_task_comes_back_to_its_owner(world):
    world.deploy(process("s -> t -> e", s=start(), t=user(groups="sales"), e=end()))
    key = world.start()
    (task,) = world.tasks()
    world.service.claim_task(task.key, caller=ALICE)

    world.service.delegate_task(task.key, "bob", caller=ALICE)
    refused = world.service.complete_task(task.key, caller=CAROL)
    noted = world.service.set_task_variables(
        task.key, {"note": 1}, is_local=True, caller=Caller(user_id="bob")
    )
    world.service.resolve_task(task.key, {"seen": True}, caller=Caller(user_id="bob"))
    done = world.service.complete_task(task.key, caller=ALICE)

    assert isinstance(refused, Problem)
    assert "alice waits for it" in refused.message
    assert not isinstance(noted, Problem)
    assert not isinstance(done, Problem)
    assert world.variables(key) == {"seen": True}
    (found,) = find(world, "tasks", EVERYTHING)
    assert (found.owner, found.task.completed_by) == ("alice", "alice")
