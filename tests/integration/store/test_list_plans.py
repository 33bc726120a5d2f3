"""Every list that is offered is carried by an index: no database reads or sorts a whole table."""

import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
import sqlalchemy as sa

from benchmarks.fill_database import FEW, GROUPS, Sizes, fill
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store import (
    queries_definitions,
    queries_instances,
    queries_operations,
    queries_tasks,
)
from bpmn_engine.store.database import Database
from bpmn_engine.store.keys import first_key
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.partitions import PARTITIONED, listed
from bpmn_engine.store.queries_history import journal_page, visits
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_instance, user_task
from bpmn_engine.views.instances import InstanceFilter
from bpmn_engine.views.operations import IncidentFilter
from bpmn_engine.views.paging import COUNT_LIMIT, Caller, PageRequest
from bpmn_engine.views.work import JobFilter, JobState, TaskFilter, TaskOrder, TaskScope
from tests import databases

SMALL = frozenset(
    {
        "process_definition",
        "deployment",
        "resource",
        "group_membership",
        "rollup_total",
        "rollup_delta",
    }
)
"""Tables with a few rows for each process, or of the last seconds: reading them whole is fine."""

SORTED_ROWS = 300
"""So many rows may be sorted for a page; a filter of the tests leaves more than these."""

NOW = dt.datetime.now(dt.UTC)
WEEKS = dt.timedelta(weeks=4)
OPERATOR = Caller(user_id="carol", sees_all=True)
MEMBER = Caller(user_id="person7", groups=frozenset({GROUPS[0]}))
SPECIALIST = Caller(user_id="person8", groups=frozenset({FEW}))
ACTIVE = frozenset({InstanceStatus.ACTIVE})
ENDED = frozenset({InstanceStatus.COMPLETED, InstanceStatus.FAILED})


@pytest.fixture(scope="session")
def filled_postgresql(postgres_server):
    with databases.postgres_database(postgres_server) as url:
        split_history(url)
        fill(url, Sizes(instances=12_000, tasks=8_000, history=60_000))
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('plans')}/engine.db")
    database.migrate()
    yield database
    database.dispose()


@pytest.fixture(params=("sqlite", "postgresql"))
def planned(request):
    name = "empty_sqlite" if request.param == "sqlite" else "filled_postgresql"
    return request.getfixturevalue(name)


def split_history(url):
    """Have partitions of the past, too: history of months lies in several."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    bounds = [first_key(NOW - weeks * WEEKS) for weeks in range(6, -1, -1)]
    with Session(engine) as session:
        ends = {table: _first_end(session, table) for table in PARTITIONED}
    with engine.begin() as connection:
        for table, last in ends.items():
            name = table.name
            connection.exec_driver_sql(f"DROP TABLE {name}_first")
            for low, high in pairwise(["MINVALUE", *bounds, last]):
                connection.exec_driver_sql(
                    f"CREATE TABLE {name}_{low} PARTITION OF {name}"
                    f" FOR VALUES FROM ({low}) TO ({high})"
                )


def _first_end(session, table):
    (end,) = [one.high for one in listed(session, table) if one.high and one.low is None]
    return end


INSTANCE_FILTERS = {
    "all": {},
    "process": {"process_id": "case0"},
    "status": {"statuses": ACTIVE},
    "statuses": {"statuses": ENDED},
    "process and status": {"process_id": "case0", "statuses": ACTIVE},
    "business key": {"business_key": "order-1"},
    "starter": {"started_by": "person7"},
    "parent": {"parent_key": 1},
    "stuck": {"has_incident": True},
    "stuck of a process": {"process_id": "case0", "has_incident": True},
    "not stuck": {"has_incident": False},
    "started": {"started_after": NOW - 10 * WEEKS, "started_before": NOW - WEEKS},
    "process and started": {"process_id": "case0", "started_before": NOW - 10 * WEEKS},
    "status and started": {"statuses": ACTIVE, "started_before": NOW - 2 * WEEKS},
    "keys": {"keys": frozenset({1, 2})},
    "one key, of a person": {"keys": frozenset({1}), "visible_to": MEMBER},
}


def definition_of(session):
    return session.scalar(sa.text("SELECT min(key) FROM process_definition")) or 1


@pytest.mark.parametrize("name", INSTANCE_FILTERS)
def test_instances(planned, name):
    where = InstanceFilter(**INSTANCE_FILTERS[name])

    found = plans(planned, lambda s, page: queries_instances.instances(s, where, page))

    assert found == carried(found)


@pytest.mark.parametrize("statuses", [None, ACTIVE], ids=["any status", "active"])
def test_instances_of_a_version(planned, statuses):
    def ask(session, page):
        where = InstanceFilter(definition_key=definition_of(session), statuses=statuses)
        return queries_instances.instances(session, where, page)

    found = plans(planned, ask)

    assert found == carried(found)


TASK_FILTERS = {
    "all": {},
    "process": {"process_id": "case0"},
    "assignee": {"assignee": "person7"},
    "instance": {"instance_key": 1},
    "due": {"due_before": NOW - 5 * WEEKS},
    "process and due": {"process_id": "case0", "due_before": NOW + 5 * WEEKS},
}


@pytest.mark.parametrize("order", TaskOrder)
@pytest.mark.parametrize("name", TASK_FILTERS)
@pytest.mark.parametrize("scope", [TaskScope.MINE, TaskScope.UNASSIGNED, TaskScope.ALL])
def test_tasks_of_operators(planned, scope, name, order):
    where = TaskFilter(scope=scope, order=order, **TASK_FILTERS[name])

    found = plans(planned, lambda s, page: queries_tasks.user_tasks(s, where, OPERATOR, page))

    # The date is a range: another order sorts what is due in it.
    may_sort = "due" in name and order is not TaskOrder.DUE
    assert found == carried(found, may_sort=may_sort)


@pytest.mark.parametrize("order", TaskOrder)
@pytest.mark.parametrize("scope", TaskScope)
@pytest.mark.parametrize("caller", [MEMBER, SPECIALIST], ids=["of many", "of few"])
def test_tasks_of_staff(planned, caller, scope, order):
    where = TaskFilter(scope=scope, order=order)

    found = plans(planned, lambda s, page: queries_tasks.user_tasks(s, where, caller, page))

    assert found == carried(found)


@pytest.mark.parametrize("caller", [OPERATOR, MEMBER, SPECIALIST], ids=["all", "many", "few"])
def test_counts_of_tasks(planned, caller, monkeypatch):
    # The limit must be small against what there is, as it is in a large database.
    monkeypatch.setattr(queries_tasks, "COUNT_LIMIT", 50)

    def ask(session, page):
        queries_tasks.task_counts(session, caller, NOW)

    found = plans(planned, ask)

    assert found == carried(found)


INCIDENT_FILTERS = {
    "open": {},
    "open of a process": {"process_id": "case0"},
    "of a process": {"process_id": "case0", "is_open": None},
    "of an instance": {"instance_key": 1, "is_open": None},
    "of an element": {"element_id": "prepare", "is_open": None},
    "of a version": {"definition_key": 1, "is_open": None},
}


@pytest.mark.parametrize("name", INCIDENT_FILTERS)
def test_incidents(planned, name):
    where = IncidentFilter(**INCIDENT_FILTERS[name])

    found = plans(planned, lambda s, page: queries_operations.incidents(s, where, page))

    assert found == carried(found)


JOB_FILTERS = {
    "all": {},
    "failed": {"state": JobState.FAILED},
    "of a process": {"process_id": "case0"},
    "of an instance": {"instance_key": 1},
    "keys": {"keys": frozenset({1, 2})},
}


@pytest.mark.parametrize("name", JOB_FILTERS)
def test_jobs(planned, name):
    where = JobFilter(**JOB_FILTERS[name])

    found = plans(planned, lambda s, page: queries_operations.jobs(s, where, page))

    assert found == carried(found)


@pytest.mark.parametrize("ask", [visits, journal_page], ids=["visits", "journal"])
def test_history_of_an_instance(planned, ask):
    empty = ProcessGraph.__new__(ProcessGraph)  # no row is read by it: there is no instance 1

    found = plans(planned, lambda s, page: ask(s, empty, 1, page))

    assert found == carried(found)


@pytest.mark.parametrize("table", PARTITIONED, ids=lambda table: table.name)
def test_history_lies_in_many_partitions_and_one_of_them_is_asked(filled_postgresql, table):
    with filled_postgresql.reading() as session:
        parts = [
            session.scalar(sa.text(f"SELECT count(*) FROM {one.name}"))  # noqa: S608 -- our names
            for one in listed(session, table)
        ]
        key = session.scalar(sa.select(sa.func.max(table.c.instance_key)))
        asked = sa.text(f"EXPLAIN SELECT * FROM {table.name} WHERE instance_key = :key")  # noqa: S608
        plan = session.scalars(asked, {"key": key}).all()

    assert sum(count > 0 for count in parts) > 4
    assert sum(f" on {table.name}_" in line for line in plan) == 1


@pytest.mark.parametrize("latest_only", [True, False])
def test_definitions_and_their_counts(planned, latest_only):
    found = plans(
        planned,
        lambda s, page: queries_definitions.definitions(s, page, latest_only=latest_only),
    )

    assert found == carried(found)


def test_where_instances_are(planned):
    found = plans(
        planned, lambda s, page: queries_instances.definition_counts(s, definition_of(s))
    )

    assert found == carried(found)


def test_a_list_without_an_index_is_noticed(planned):
    statement = sa.select(process_instance.c.key, process_instance.c.updated_at)
    order = (SortKey(process_instance.c.updated_at, SortType.MOMENT, is_descending=True),)

    found = plans(planned, lambda s, page: page_of(s, statement, order, page, list))

    assert found != carried(found)


def test_a_count_goes_no_further_than_its_limit(filled_postgresql):
    with filled_postgresql.reading() as session:
        counts = queries_tasks.task_counts(session, OPERATOR, NOW)
        tasks = session.scalar(sa.select(sa.func.count()).select_from(user_task))
        page = PageRequest(limit=1, has_total=True, total_limit=20)
        listed = queries_instances.instances(session, InstanceFilter(), page)

    assert tasks > COUNT_LIMIT
    assert counts.all == COUNT_LIMIT + 1
    assert listed.total == 21


@pytest.mark.parametrize("order", TaskOrder)
@pytest.mark.parametrize("caller", [OPERATOR, MEMBER, SPECIALIST], ids=["all", "many", "few"])
def test_pages_of_merged_lists_hold_every_task_once_and_in_order(filled_postgresql, caller, order):
    where = TaskFilter(scope=TaskScope.ALL, order=order, process_id="case9")

    with filled_postgresql.reading() as session:
        expected = [
            key
            for (key,) in session.execute(
                sa.select(user_task.c.key)
                .where(
                    user_task.c.state == "created",
                    user_task.c.process_id == "case9",
                    queries_tasks.visible_to(caller),
                )
                .order_by(*_SORTED[order])
            )
        ]
        forward, cursor, previous = [], None, None
        while True:
            page = queries_tasks.user_tasks(
                session, where, caller, PageRequest(limit=200, cursor=cursor)
            )
            forward += [task.key for task in page.items]
            previous = page.previous_cursor
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        before = queries_tasks.user_tasks(
            session, where, caller, PageRequest(limit=200, cursor=previous)
        )

    assert forward == expected
    assert max(Counter(forward).values(), default=1) == 1
    if previous is not None:
        last = len(expected) - len(page.items)
        assert [task.key for task in before.items] == expected[last - 200 : last]


_SORTED = {
    TaskOrder.DUE: (user_task.c.due_at.asc().nulls_last(), user_task.c.key),
    TaskOrder.CREATED: (user_task.c.key.desc(),),
    TaskOrder.PRIORITY: (user_task.c.priority.desc(), user_task.c.key),
}


def plans(database, ask):
    """Return what is wrong with the plans of a list: of its first page and of the next one."""
    statements = []

    def note(_connection, _cursor, statement, parameters, *_):
        statements.append((statement, parameters))

    sa.event.listen(database._reader, "before_cursor_execute", note)
    with database.reading() as session:
        page = ask(session, PageRequest(limit=20))
        for cursor in (
            getattr(page, "next_cursor", None),
            getattr(page, "previous_cursor", None),
        ):
            if cursor is not None:
                page = ask(session, PageRequest(limit=20, cursor=cursor))
        sa.event.remove(database._reader, "before_cursor_execute", note)
        assert statements
        explain = _explain_sqlite if database.is_sqlite else _explain_postgresql
        return tuple(
            (statement, fault)
            for statement, parameters in statements
            for fault in explain(session.connection(), statement, parameters)
        )


def carried(found, *, may_sort=False):
    """Return what is left when every list is carried by an index."""
    return tuple(each for each in found if may_sort and "sorts" in each[1])


def _explain_sqlite(connection, statement, parameters):
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    for *_, words in plan:
        table = words.split()[1] if words.startswith("SCAN ") else ""
        is_walk = "WHERE" not in statement  # from the newest key on
        is_derived = table.startswith(("anon_", "(subquery", "lanes", "CONSTANT"))
        if table and " USING " not in words and not (is_walk or is_derived or table in SMALL):
            yield f"reads all of {table}"
        if "TEMP B-TREE FOR ORDER BY" in words and not _is_short(statement):
            yield "sorts"


_SHORT = ("open_visit", "FROM process_definition", "instance_key = ?", 'key" IN (?')
"""What is sorted there is short: what one instance has, a few definitions, a few keys."""


def _is_short(statement):
    return any(words in statement for words in _SHORT)


def _explain_postgresql(connection, statement, parameters):
    (plan,) = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {statement}", parameters
    ).scalar_one()
    yield from _faults(plan["Plan"])


def _faults(node):
    table = node.get("Relation Name")
    if node["Node Type"] == "Seq Scan" and table not in SMALL:
        yield f"reads all of {table}"
    inner = node.get("Plans", ())
    if node["Node Type"] == "Sort" and inner[0]["Plan Rows"] > SORTED_ROWS:
        yield f"sorts {inner[0]['Plan Rows']} rows"
    for each in inner:
        yield from _faults(each)
