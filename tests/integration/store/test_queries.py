"""Read models: what a list holds, in which order, page by page."""

import datetime as dt

import pytest

from bpmn_engine.kernel.commands import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    FailJob,
    FireTimer,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store import (
    durations,
    queries_dashboard,
    queries_definitions,
    queries_history,
    queries_instances,
    queries_operations,
    queries_tasks,
    user_tasks,
)
from bpmn_engine.store.errors import InvalidCursorError
from bpmn_engine.views.definitions import ElementCounts
from bpmn_engine.views.instances import InstanceFilter
from bpmn_engine.views.operations import IncidentFilter
from bpmn_engine.views.paging import FIRST_PAGE, Caller, PageRequest
from bpmn_engine.views.work import JobFilter, JobState, TaskFilter, TaskOrder, TaskScope
from tests.integration.store.orders import MINUTE, NOON, deploy

ALICE = Caller(user_id="alice")
BOB = Caller(user_id="bob", groups=frozenset({"sales"}))
CAROL = Caller(user_id="carol", sees_all=True)
DAVE = Caller(user_id="dave", groups=frozenset({"managers"}))


def ask(database, query, *arguments, **values):
    with database.reading() as session:
        return query(session, *arguments, **values)


def pages(database, query, where, limit):
    """Return the keys of each page, forwards and then back again."""
    forward, backward = [], []
    page = ask(database, query, where, PageRequest(limit=limit))
    forward.append([item.key for item in page.items])
    while page.next_cursor:
        page = ask(database, query, where, PageRequest(cursor=page.next_cursor, limit=limit))
        forward.append([item.key for item in page.items])
    while page.previous_cursor:
        page = ask(database, query, where, PageRequest(cursor=page.previous_cursor, limit=limit))
        backward.append([item.key for item in page.items])
    return forward, backward


def with_user_task(run, business_key="A-1"):
    key = run.start(business_key=business_key)
    run.apply(key, CompleteJob(wait=run.wait(key, WaitKind.JOB)))
    return key


def with_incident(run, message="no answer"):
    key = run.start()
    run.apply(key, FailJob(wait=run.wait(key, WaitKind.JOB), message=message))
    return key


def test_instances_are_paged_forwards_and_backwards(run, database):
    keys = [run.start() for _ in range(5)]

    forward, backward = pages(database, queries_instances.instances, InstanceFilter(), 2)

    newest_first = keys[::-1]
    assert forward == [newest_first[0:2], newest_first[2:4], newest_first[4:]]
    assert backward == [newest_first[2:4], newest_first[0:2]]


def test_a_list_says_where_its_instances_are_and_when_they_last_changed(run, database, clock):
    waiting = run.start()
    clock.advance()
    at_task = with_user_task(run)
    cancelled = run.start()
    run.apply(cancelled, CancelInstance())

    page = ask(database, queries_instances.instances, InstanceFilter(), FIRST_PAGE)

    places = {item.key: (item.active_elements, item.active_count) for item in page.items}
    assert places == {
        waiting: (("Check stock",), 1),
        at_task: (("Approve order",), 1),
        cancelled: ((), 0),
    }
    assert {item.key: item.updated_at for item in page.items} == {
        waiting: NOON,
        at_task: clock.now(),
        cancelled: clock.now(),
    }


def test_a_person_sees_the_instances_they_started_and_those_of_their_tasks(run, database):
    started = run.start(started_by="dave")
    run.start(started_by="erin")
    offered = with_user_task(run)
    done = with_user_task(run)
    run.apply(done, CompleteUserTask(wait=run.wait(done, WaitKind.USER_TASK)), actor="dave")

    def seen(**conditions):
        where = InstanceFilter(**conditions)
        page = ask(database, queries_instances.instances, where, FIRST_PAGE)
        return [item.key for item in page.items]

    assert seen(started_by="dave") == [started]
    assert seen(visible_to=DAVE) == [done, started]
    assert seen(visible_to=BOB) == [offered]
    assert len(seen(visible_to=CAROL)) == 4


def test_total_counts_all_matching_rows(run, database):
    for _ in range(3):
        run.start()

    page = ask(
        database,
        queries_instances.instances,
        InstanceFilter(),
        PageRequest(limit=1, has_total=True),
    )

    assert (len(page.items), page.total) == (1, 3)


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "WyJuZXh0Il0", "bnVsbA", "e30", "WyJuZXh0IiwgImEiXQ", "=" * 9]
)
def test_bad_cursor_is_refused(database, cursor):
    with pytest.raises(InvalidCursorError):
        ask(database, queries_instances.instances, InstanceFilter(), PageRequest(cursor=cursor))


def test_instances_are_filtered(run, database, clock):
    stuck = with_incident(run)
    cancelled = run.start(business_key="B-1")
    run.apply(cancelled, CancelInstance())
    clock.advance()
    late = run.start()

    def found(**conditions):
        where = InstanceFilter(**conditions)
        page = ask(database, queries_instances.instances, where, FIRST_PAGE)
        return [item.key for item in page.items]

    assert found(business_key="B-1") == [cancelled]
    assert found(has_incident=True) == [stuck]
    assert found(has_incident=False) == [late, cancelled]
    assert found(statuses=frozenset({InstanceStatus.TERMINATED})) == [cancelled]
    assert found(started_after=NOON + MINUTE) == [late]
    assert found(started_before=NOON + MINUTE) == [cancelled, stuck]
    assert found(process_id="order", keys=frozenset({late})) == [late]
    assert found(process_id="other") == []
    assert found(definition_key=run.definition.key, parent_key=5) == []


def test_diagram_shows_where_an_instance_is_and_was(run, database):
    key = with_user_task(run)

    counts = ask(database, queries_instances.instance_counts, key)
    flows = ask(database, queries_instances.taken_flows, key)
    running = ask(database, queries_instances.definition_counts, run.definition.key)

    assert counts == {
        "Approve": ElementCounts(active=1),
        "CheckStock": ElementCounts(completed=1),
        "Start": ElementCounts(completed=1),
    }
    assert flows == {"toApprove": 1, "toCheckStock": 1}
    assert running == {"Approve": ElementCounts(active=1)}


def test_history_is_in_order_of_entry_with_names(run, database):
    key = with_user_task(run)

    page = ask(database, queries_history.visits, run.graph, key, PageRequest(limit=2))
    rest = ask(
        database,
        queries_history.visits,
        run.graph,
        key,
        PageRequest(limit=2, cursor=page.next_cursor),
    )

    visits = [*page.items, *rest.items]
    assert [visit.element_id for visit in visits] == ["Start", "CheckStock", "Approve"]
    assert [visit.state for visit in visits] == ["completed", "completed", "active"]
    assert visits[1].element_name == "Check stock"
    assert visits[1].taken_flows == ("toApprove",)


def test_journal_is_in_words_newest_first(run, database):
    key = run.start()
    run.apply(key, CompleteJob(wait=run.wait(key, WaitKind.JOB)), actor="bob", reason="by hand")

    page = ask(database, queries_history.journal_page, run.graph, key, FIRST_PAGE)

    completed, started = page.items
    assert (completed.sequence, completed.actor, completed.reason) == (2, "bob", "by hand")
    assert completed.summary == "Completed a job at Check stock."
    assert (completed.element_id, completed.element_name) == ("CheckStock", "Check stock")
    assert started.summary == "Started the instance at Start."
    assert any("ElementEntered" in line and "Approve" in line for line in completed.facts)


def test_worklist_shows_what_a_person_may_see(run, database):
    with_user_task(run)

    def keys(caller, scope):
        where = TaskFilter(scope=scope)
        page = ask(database, queries_tasks.user_tasks, where, caller, FIRST_PAGE)
        return [item.key for item in page.items]

    (task,) = keys(CAROL, TaskScope.ALL)
    assert keys(ALICE, TaskScope.GROUPS) == keys(BOB, TaskScope.UNASSIGNED) == [task]
    assert keys(DAVE, TaskScope.ALL) == keys(ALICE, TaskScope.MINE) == []
    with database.transaction() as session:
        assert user_tasks.claim(session, task, "bob")
        assert not user_tasks.claim(session, task, "alice")
        assert not user_tasks.unclaim(session, task, "alice")
    assert keys(BOB, TaskScope.MINE) == keys(ALICE, TaskScope.ALL) == [task]
    assert keys(ALICE, TaskScope.UNASSIGNED) == keys(ALICE, TaskScope.GROUPS) == []
    counts = ask(database, queries_tasks.task_counts, BOB, NOON + dt.timedelta(days=9))
    assert (counts.mine, counts.groups, counts.all, counts.overdue) == (1, 0, 1, 1)


def test_completed_tasks_are_in_the_list_of_what_was_done(run, database):
    key = with_user_task(run)
    run.apply(key, CompleteUserTask(wait=run.wait(key, WaitKind.USER_TASK)), actor="alice")

    where = TaskFilter(scope=TaskScope.DONE)
    done = ask(database, queries_tasks.user_tasks, where, ALICE, FIRST_PAGE)
    others = ask(database, queries_tasks.user_tasks, where, BOB, FIRST_PAGE)

    assert [item.completed_by for item in done.items] == ["alice"]
    assert others.items == ()


@pytest.mark.parametrize("order", TaskOrder)
def test_worklist_is_paged_in_every_order(run, database, order):
    for number in range(5):
        with_user_task(run, f"A-{number}")
    everything = TaskFilter(order=order)

    def query(session, where, page):
        return queries_tasks.user_tasks(session, where, CAROL, page)

    (whole,), _ = pages(database, query, everything, 50)
    forward, backward = pages(database, query, everything, 2)

    assert [key for page in forward for key in page] == whole
    assert backward == [whole[2:4], whole[0:2]]


@pytest.mark.parametrize(
    ("search", "count"), [("a-1", 1), ("APPROVE", 2), ("%", 0), ("_", 0), ("zz", 0)]
)
def test_search_looks_into_name_and_business_key(run, database, search, count):
    with_user_task(run, "A-1")
    with_user_task(run, "A-2")

    where = TaskFilter(search=search)
    page = ask(database, queries_tasks.user_tasks, where, CAROL, FIRST_PAGE)

    assert len(page.items) == count


def test_incidents_with_one_cause_are_one_group(run, database):
    first, second = with_incident(run), with_incident(run)
    with_incident(run, "another")

    groups = ask(database, queries_operations.incident_groups)

    assert [(group.message, group.count) for group in groups] == [("no answer", 2), ("another", 1)]
    page = ask(database, queries_operations.incidents, IncidentFilter(search="NO A"), FIRST_PAGE)
    assert [item.instance_key for item in page.items] == [second, first]
    assert groups[0].keys == tuple(item.key for item in page.items)
    assert (groups[0].versions, groups[0].element_name) == ((1,), "Check stock")
    view = ask(database, queries_operations.incident_view, groups[0].keys[0])
    assert view == page.items[0]


def test_jobs_are_listed_with_their_state(run, database):
    key = with_incident(run)
    run.start()

    where = JobFilter(instance_key=key)
    (job,) = ask(database, queries_operations.jobs, where, FIRST_PAGE).items
    created = ask(database, queries_operations.jobs, JobFilter(state=JobState.CREATED), FIRST_PAGE)

    assert (job.job_type, job.element_name) == ("check-stock", "Check stock")
    assert ask(database, queries_operations.job_view, job.key) == job
    assert created.items


def test_definitions_are_counted_and_versioned(run, database):
    with_incident(run)
    run.apply(run.start(), CancelInstance())
    with database.transaction() as session:
        newer = deploy(session, run.keys)

    latest = ask(database, queries_definitions.definitions, FIRST_PAGE, latest_only=True)
    versions = ask(database, queries_definitions.versions, "order")

    assert [item.definition_key for item in latest.items] == [newer.key]
    assert [(item.version, item.running_count, item.incident_count) for item in versions] == [
        (2, 0, 0),
        (1, 1, 1),
    ]
    assert versions[1].version_count == 2
    assert ask(database, queries_definitions.definition, newer.key) == versions[0]


def test_dashboard_adds_up(run, database, clock):
    with_incident(run)
    for minutes in (1, 2, 3):
        key = run.start()
        wait = run.wait(key, WaitKind.TIMER)
        clock.advance(minutes * MINUTE)
        run.apply(key, FireTimer(wait=wait))
    run.apply(run.start(), CancelInstance())

    view = ask(database, queries_dashboard.dashboard, clock.now(), span=dt.timedelta(hours=1))

    assert (view.running, view.completed, view.failed, view.incidents) == (1, 3, 1, 1)
    assert view.cycle_time.mean == 120
    assert view.cycle_time.p50 == pytest.approx(120, rel=durations.ERROR)
    assert view.cycle_time.p95 == pytest.approx(180, rel=durations.ERROR)
    assert sum(bucket.started for bucket in view.throughput) == 5
    assert sum(bucket.completed for bucket in view.throughput) == 3
    assert sum(bucket.failed for bucket in view.throughput) == 1
    (order,) = view.by_process
    assert (order.name, order.running, order.cycle_time) == ("Order", 1, view.cycle_time)


def test_dashboard_of_nothing_is_empty(database):
    view = ask(database, queries_dashboard.dashboard, NOON)

    assert (view.running, view.throughput, view.by_process) == (0, (), ())
    assert view.cycle_time.p50 is None
