"""How long history is kept: policies, legal holds, the archive, and what comes back from it."""

import datetime as dt
import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    ArchiveFilter,
    HoldFilter,
    IncidentFilter,
    InstanceFilter,
    Problem,
    ProblemKind,
    RetentionSource,
    TaskFilter,
    TaskScope,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import instances
from bpmn_engine.store.archive import SOURCES
from bpmn_engine.store.tables import METADATA, archived_instance
from bpmn_engine.views.notes import NewAttachment
from bpmn_engine.workers.history_keeper import HistoryKeeper
from tests.diagrams import call, contents, end, process, processes, service, start, user
from tests.integration.service.conftest import OPERATOR

DAY = dt.timedelta(days=1)
SIMPLE = process(
    "s -> a -> u -> e", s=start(), a=service("check"), u=user(groups="sales"), e=end()
)


def kept_for(text, xml=SIMPLE, process_id="p"):
    """Return a diagram that says how long history is kept."""
    before = f'<bpmn:process id="{process_id}"'.encode()
    assert before in xml
    return xml.replace(before, before + f' camunda:historyTimeToLive="{text}"'.encode())


def ended(world, business_key=None, process_id="p"):
    """Run an instance to its end, with an incident on the way."""
    key = world.start(process_id, {"amount": 7}, business_key=business_key)
    (job,) = world.activate()
    world.service.fail_job(job.key, "no answer", retries_left=0, lock_token=job.lock_token)
    (incident,) = world.service.incidents(IncidentFilter(instance_key=key)).items
    world.service.resolve_incident(incident.key, retries=1, actor="carol")
    world.work()
    (task,) = tasks_of(world, key)
    world.service.complete_task(task.key, {"approved": True}, caller=OPERATOR)
    assert world.status(key) == "completed"
    return key


def tasks_of(world, key):
    wanted = TaskFilter(scope=TaskScope.ALL, instance_key=key)
    return world.service.user_tasks(wanted, caller=OPERATOR).items


def with_default(world, **settings):
    return EngineService(world.database, world.clock, EngineSettings(**settings))


def rows_of(world, key):
    """Return all rows that belong to an instance, by table."""
    found = {}
    with world.database.reading() as session:
        for source in SOURCES:
            wanted = sa.select(source.table).where(source.owner == key)
            if source.link is not None:
                wanted = wanted.join(source.parent, source.link[0] == source.link[1])
            rows = session.execute(wanted.order_by(*source.table.primary_key.columns)).all()
            if rows:
                found[source.table.name] = [tuple(row) for row in rows]
    return found


def is_there(world, key):
    return not isinstance(world.service.instance(key), Problem)


def archived(world, **where):
    return [one.key for one in world.service.archived_instances(ArchiveFilter(**where)).items]


def test_nothing_is_removed_when_nobody_says_how_long(world):
    world.deploy(SIMPLE)
    key = ended(world)
    world.clock.advance(9999 * DAY)

    removed = world.service.remove_old_history()

    assert removed == 0
    assert is_there(world, key)


def test_the_diagram_says_how_long(world):
    world.deploy(kept_for("P30D"))
    key = ended(world, business_key="A-1")

    world.clock.advance(29 * DAY)
    early = world.service.remove_old_history()
    world.clock.advance(2 * DAY)
    late = world.service.remove_old_history()

    assert (early, late) == (0, 1)
    assert not is_there(world, key)
    assert archived(world, business_key="A-1") == [key]


def test_the_setting_counts_where_the_diagram_says_nothing(world):
    world.deploy(SIMPLE)
    key = ended(world)
    world.clock.advance(2 * DAY)

    removed = with_default(world, history_time_to_live=DAY).remove_old_history()

    assert removed == 1
    assert archived(world) == [key]


def test_a_policy_stands_above_the_diagram_until_it_is_cleared(world):
    world.deploy(kept_for("1"))
    key = ended(world)
    world.clock.advance(2 * DAY)
    world.service.set_retention("p", None, reason="audit", actor="carol")

    kept = world.service.remove_old_history()
    (policy,) = world.service.retention_policies()
    assert world.service.clear_retention("p") is None
    (diagram,) = world.service.retention_policies()
    removed = world.service.remove_old_history()

    assert (kept, removed) == (0, 1)
    assert (policy.source, policy.keep, policy.changed_by) == (
        RetentionSource.POLICY,
        None,
        "carol",
    )
    assert (diagram.source, diagram.keep) == (RetentionSource.DIAGRAM, DAY)
    assert not is_there(world, key)


def test_each_version_is_kept_as_long_as_its_own_diagram_says(world):
    world.deploy(kept_for("1"))
    short = ended(world)
    world.deploy(kept_for("100"))
    long = ended(world)
    world.clock.advance(2 * DAY)

    world.service.remove_old_history()

    assert (is_there(world, short), is_there(world, long)) == (False, True)


def test_a_policy_may_do_without_the_archive(world):
    world.deploy(SIMPLE)
    world.service.set_retention("p", DAY, is_archived=False)
    key = ended(world)
    world.clock.advance(2 * DAY)

    removed = world.service.remove_old_history()

    assert removed == 1
    assert archived(world) == []
    assert not is_there(world, key)
    assert rows_of(world, key) == {}


def test_what_has_not_ended_is_never_removed(world):
    world.deploy(kept_for("0"))
    waiting = world.start()
    world.clock.advance(9999 * DAY)

    removed = world.service.remove_old_history()

    assert removed == 0
    assert is_there(world, waiting)


def test_what_was_called_stays_while_its_caller_runs(world):
    called = contents("t -> f", t=start(), f=end())
    calling = contents("s -> c -> a -> e", s=start(), c=call("q"), a=service("x"), e=end())
    world.deploy(kept_for("0", processes(p=calling, q=called), process_id="q"))
    world.service.set_retention("p", dt.timedelta(0))
    caller = world.start()
    (child,) = world.service.instance(caller).children
    world.clock.advance(9 * DAY)

    early = world.service.remove_old_history()
    world.work()
    world.clock.advance(DAY)
    late = world.service.remove_old_history()

    assert (early, late) == (0, 2)
    assert set(archived(world)) == {caller, child.key}


def test_at_most_so_many_are_removed_in_one_transaction(world):
    world.deploy(kept_for("0"))
    for _ in range(5):
        ended(world)
    world.clock.advance(DAY)

    counts = [world.service.remove_old_history(limit=2) for _ in range(4)]

    assert counts == [2, 2, 1, 0]


def test_an_archived_instance_can_be_read(world):
    world.deploy(kept_for("0"))
    key = ended(world, business_key="A-1")
    history = world.service.instance_history(key).items
    journal = world.service.instance_journal(key).items
    variables = world.variables(key)
    world.clock.advance(DAY)

    world.service.remove_old_history()
    view = world.service.archived_instance(key)

    assert view.visits == history
    assert view.journal == journal
    assert view.variables == variables == {"amount": 7, "approved": True}
    assert (view.summary.business_key, view.summary.process_id) == ("A-1", "p")
    assert view.summary.archived_at == world.clock.now()


def test_a_restored_instance_is_as_it_was_and_held(world):
    world.deploy(kept_for("0"))
    key = ended(world)
    before = rows_of(world, key)
    world.clock.advance(DAY)
    world.service.remove_old_history()
    assert rows_of(world, key) == {}

    summary = world.service.restore_instance(key, reason="a complaint", actor="carol")

    after = rows_of(world, key)
    entries = len(before["journal"])
    assert {**after, "journal": after["journal"][:entries]} == before
    assert len(before) >= 6  # the instance, visits, journal, incident, task and its candidates
    assert summary.key == key
    assert archived(world) == []
    words = [entry.summary for entry in world.service.instance_journal(key).items]
    (hold,) = world.service.holds_of_instance(key)
    assert words[:2] == [
        f"Placed the legal hold {hold.key}.",
        "Restored the instance from the archive.",
    ]
    assert world.service.remove_old_history() == 0


def test_a_restored_instance_goes_back_when_the_hold_is_lifted(world):
    world.deploy(kept_for("0"))
    key = ended(world)
    world.clock.advance(DAY)
    world.service.remove_old_history()
    world.service.restore_instance(key, reason="a complaint")
    (hold,) = world.service.holds_of_instance(key)

    world.service.lift_hold(hold.key, reason="settled")

    assert world.service.remove_old_history() == 1
    assert archived(world) == [key]


@pytest.mark.parametrize("by", ["instance", "process"])
def test_nothing_under_a_legal_hold_is_deleted(world, by):
    world.deploy(kept_for("0"))
    key, other = ended(world), ended(world)
    named = {"instance_key": key} if by == "instance" else {"process_id": "p"}
    hold = world.service.place_hold(**named, reason="court order 12", actor="carol")
    world.clock.advance(DAY)

    world.service.remove_old_history()

    assert is_there(world, key)
    assert is_there(world, other) is (by == "process")
    assert [each.key for each in world.service.holds_of_instance(key)] == [hold.key]
    world.service.lift_hold(hold.key, reason="settled", actor="dave")
    world.service.remove_old_history()
    assert not is_there(world, key)


@pytest.mark.parametrize("by", ["instance", "process"])
def test_a_hold_of_a_caller_keeps_what_it_called(world, by):
    called = contents("t -> f", t=start(), f=end())
    calling = contents("s -> c -> e", s=start(), c=call("q"), e=end())
    world.deploy(processes(p=calling, q=called))
    service = with_default(world, history_time_to_live=dt.timedelta(seconds=1))
    caller = world.start()
    (child,) = world.service.instance(caller).children
    named = {"instance_key": caller} if by == "instance" else {"process_id": "p"}
    world.service.place_hold(**named, reason="court order 12")
    world.clock.advance(DAY)

    removed = service.remove_old_history()

    assert removed == 0
    assert len(world.service.holds_of_instance(child.key)) == 1


def test_who_placed_and_lifted_a_hold_and_why_stays(world):
    world.deploy(SIMPLE)
    key = ended(world)
    hold = world.service.place_hold(instance_key=key, reason="court order 12", actor="carol")
    world.clock.advance(DAY)

    lifted = world.service.lift_hold(hold.key, reason="settled", actor="dave")

    (kept,) = world.service.holds(HoldFilter(is_lifted=None)).items
    assert kept == lifted
    assert (kept.placed_by, kept.reason) == ("carol", "court order 12")
    assert (kept.lifted_by, kept.lift_reason) == ("dave", "settled")
    assert world.service.holds().items == ()
    notes = [
        (entry.actor, entry.summary, entry.reason)
        for entry in world.service.instance_journal(key).items[:2]
    ]
    assert notes == [
        ("dave", f"Lifted the legal hold {hold.key}.", "settled"),
        ("carol", f"Placed the legal hold {hold.key}.", "court order 12"),
    ]


def test_a_hold_can_be_placed_while_history_is_removed_and_nothing_held_goes(world):
    world.deploy(kept_for("0"))
    keys = [ended(world) for _ in range(12)]
    world.clock.advance(DAY)
    other = world.another()

    with ThreadPoolExecutor(2) as pool:
        removing = pool.submit(
            lambda: [world.service.remove_old_history(limit=2) for _ in range(12)]
        )
        placed = [other.place_hold(instance_key=key, reason="all") for key in reversed(keys)]
        removing.result()

    held = {hold.instance_key for hold in placed if not isinstance(hold, Problem)}
    assert held == {key for key in keys if is_there(world, key)}
    assert set(archived(world)) == set(keys) - held


def test_several_processes_remove_together_and_archive_each_instance_once(world):
    world.deploy(kept_for("0"))
    keys = [ended(world) for _ in range(12)]
    world.clock.advance(DAY)
    services = [world.service, world.another()]

    def remove(service):
        return sum(service.remove_old_history(limit=2) for _ in range(8))

    with ThreadPoolExecutor(2) as pool:
        removed = list(pool.map(remove, services))

    assert sum(removed) == len(keys)
    assert sorted(archived(world)) == keys
    assert not any(is_there(world, key) for key in keys)


def test_what_one_process_removes_another_one_passes_over(world):
    if world.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    world.deploy(kept_for("0"))
    first, second = ended(world), ended(world)
    world.clock.advance(DAY)

    with world.database.transaction() as session:
        instances.load_for_update(session, [first])
        removed = world.another().remove_old_history()

    assert removed == 1
    assert archived(world) == [second]
    assert world.service.remove_old_history() == 1


def test_files_and_exact_numbers_come_back_from_the_archive(world):
    world.deploy(kept_for("0"))
    key = world.start("p", {"amount": 7})
    world.work()
    (task,) = tasks_of(world, key)
    scan = NewAttachment(name="scan.pdf", content=bytes(range(256)))
    stored = world.service.attach_to_task(task.key, scan, caller=OPERATOR)
    assert not isinstance(stored, Problem), stored
    answer = {"approved": True, "large": 2**70, "odd": "\ud800", "name": 'Ünïcödé "quoted"'}
    world.service.complete_task(task.key, answer, caller=OPERATOR)
    before = rows_of(world, key)
    world.clock.advance(DAY)

    world.service.remove_old_history()
    view = world.service.archived_instance(key)
    world.service.restore_instance(key, reason="a complaint")

    after = rows_of(world, key)
    for rows in (before, after):
        rows.pop("journal")  # it has got a note
    assert after == before
    assert view.variables["large"] == 2**70
    assert after["task_attachment"]


def test_figures_stay_when_history_goes_and_comes_back(world):
    world.deploy(kept_for("0"))
    key = ended(world)
    before = world.service.dashboard()
    world.clock.advance(DAY)

    world.service.remove_old_history()
    after = world.service.dashboard()
    world.service.recount_figures()
    recounted = world.service.dashboard()
    world.service.restore_instance(key, reason="a complaint")
    world.service.recount_figures()

    for view in (after, recounted, world.service.dashboard()):
        assert replace(view, as_of=before.as_of, throughput=()) == replace(before, throughput=())


PROBLEMS = {
    "unknown instance": (lambda s: s.place_hold(instance_key=7, reason="x"), "NOT_FOUND"),
    "unknown process": (lambda s: s.place_hold(process_id="none", reason="x"), "NOT_FOUND"),
    "no reason": (lambda s: s.place_hold(process_id="p", reason=" "), "INVALID"),
    "neither": (lambda s: s.place_hold(reason="x"), "INVALID"),
    "both": (lambda s: s.place_hold(process_id="p", instance_key=1, reason="x"), "INVALID"),
    "unknown hold": (lambda s: s.lift_hold(7), "NOT_FOUND"),
    "unknown policy": (lambda s: s.set_retention("none", DAY), "NOT_FOUND"),
    "negative length": (lambda s: s.set_retention("p", -DAY), "INVALID"),
    "no policy": (lambda s: s.clear_retention("p"), "NOT_FOUND"),
    "not archived": (lambda s: s.archived_instance(7), "NOT_FOUND"),
    "nothing to restore": (lambda s: s.restore_instance(7, reason="x"), "NOT_FOUND"),
    "restored without reason": (lambda s: s.restore_instance(7, reason=""), "INVALID"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_are_values(world, name):
    world.deploy(SIMPLE)
    ask, kind = PROBLEMS[name]

    problem = ask(world.service)

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind[kind]


def test_a_hold_is_lifted_once(world):
    world.deploy(SIMPLE)
    hold = world.service.place_hold(process_id="p", reason="x")

    first, second = world.service.lift_hold(hold.key), world.service.lift_hold(hold.key)

    assert not isinstance(first, Problem)
    assert second.kind is ProblemKind.CONFLICT


def test_an_archived_instance_cannot_be_held_because_it_is_safe(world):
    world.deploy(kept_for("0"))
    key = ended(world)
    world.clock.advance(DAY)
    world.service.remove_old_history()

    problem = world.service.place_hold(instance_key=key, reason="court order 12")

    assert problem.kind is ProblemKind.CONFLICT


def test_every_table_that_goes_with_an_instance_is_archived():
    """A table that refers to an instance in another way must be thought about."""
    referring = {
        table.name
        for table in METADATA.sorted_tables
        if any(key.column.table.name == "process_instance" for key in table.foreign_keys)
    }

    assert referring < {source.table.name for source in SOURCES}
    assert "user_task_candidate" in {source.table.name for source in SOURCES}


def test_the_keeper_does_a_part_at_a_time_until_nothing_is_left(world):
    world.deploy(kept_for("0"))
    keys = [ended(world) for _ in range(3)]
    world.clock.advance(DAY)
    keeper = HistoryKeeper(world.service)

    turns = [keeper.turn() for _ in range(2)]

    assert turns == [True, False]
    assert set(archived(world)) == set(keys)
    assert world.service.compact_figures() == 0
    assert world.service.instances(InstanceFilter()).items == ()


def test_a_document_of_a_later_release_is_a_problem_and_stays(world):
    world.deploy(kept_for("0"))
    key = ended(world)
    world.clock.advance(DAY)
    world.service.remove_old_history()
    later = gzip.compress(b'{"format":99,"tables":{}}')
    with world.database.transaction() as session:
        session.execute(sa.update(archived_instance).values(document=later))

    read = world.service.archived_instance(key)
    restored = world.service.restore_instance(key, reason="a complaint")

    assert (read.kind, restored.kind) == (ProblemKind.CONFLICT, ProblemKind.CONFLICT)
    assert "but it is of 99" in read.message
    assert archived(world) == [key]
