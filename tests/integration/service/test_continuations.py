"""Long steps in slices: others get their turn in between, and nothing is lost on the way."""

import datetime as dt
import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bpmn_engine.kernel.commands import CancelVisits, ModifyInstance, SetVariables
from bpmn_engine.kernel.facts import ElementTerminated
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.store.database import Database
from bpmn_engine.store.tables import continuation
from tests.diagrams import (
    boundary,
    call,
    catch,
    contents,
    each,
    end,
    exclusive,
    message,
    parallel,
    process,
    processes,
    script,
    service,
    start,
    subprocess,
    terminate,
    timer,
    user,
)
from tests.integration.service.conftest import World

HOUR = dt.timedelta(hours=1)

LOOP = contents(
    "s -> m -> add -> x",
    "x -> m if n < limit",
    "x -> e default",
    s=start(),
    m=exclusive(),
    add=script("n + 1", "n"),
    x=exclusive(),
    e=end(),
)


@pytest.fixture
def world(database: Database) -> World:
    """Ten tokens in a transaction."""
    found = World(database)
    found.settings = replace(found.settings, moves_per_step=10)
    found.service = EngineService(database, found.clock, found.settings)
    return found


def moving(world):
    """Return how many instances are on their way between two steps."""
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(continuation))


def go_on(world, limit=100):
    """Let every instance go on until it waits; return the number of slices."""
    count = 0
    while done := world.service.go_on(limit):
        count += done
    return count


def test_a_long_loop_goes_on_slice_by_slice_and_ends(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    assert (world.status(key), moving(world)) == ("active", 1)
    assert go_on(world) > 5
    assert (world.status(key), moving(world)) == ("completed", 0)
    assert world.variables(key)["n"] == 30
    entries = world.service.instance_journal(key).items
    assert entries[0].summary == "Went on with what was on its way."


def test_another_process_goes_on_where_this_one_has_died(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    other = world.another()
    while other.go_on(100):
        pass

    assert world.status(key) == "completed"


def test_long_instances_take_turns_with_each_other(world):
    world.deploy(processes(p=LOOP))
    first, second = (world.start(variables={"n": 0, "limit": 500}) for _ in range(2))

    for _ in range(10):
        world.service.go_on(1)

    done = [world.variables(key)["n"] for key in (first, second)]
    assert min(done) > 10
    assert max(done) - min(done) < 10


def test_an_instance_is_cancelled_while_it_moves(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 500})

    world.service.cancel_instance(key, actor="carol")

    assert (world.status(key), moving(world)) == ("terminated", 0)
    assert go_on(world) == 0


def test_a_suspended_instance_goes_on_when_it_is_resumed(world):
    world.deploy(processes(p=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    world.service.suspend_instance(key, actor="carol")
    held = world.variables(key)["n"]
    assert go_on(world) == 0
    assert world.variables(key)["n"] == held
    world.service.resume_instance(key, actor="carol")
    go_on(world)

    assert world.status(key) == "completed"


def test_a_caller_is_told_of_the_end_of_a_long_called_process(world):
    outer = contents("s0 -> c -> e0", s0=start(), c=call("q"), e0=end())
    world.deploy(processes(p=outer, q=LOOP))
    key = world.start(variables={"n": 0, "limit": 30})

    go_on(world)

    assert world.status(key) == "completed"


def test_a_timer_interrupts_an_instance_that_moves(world):
    world.deploy(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=service("work", loop=each("xs")),
            late=boundary("a", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )
    key = world.start(variables={"xs": list(range(100))})
    assert 0 < len(world.activate("work")) < 100

    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    go_on(world)

    assert (world.status(key), moving(world)) == ("completed", 0)
    assert world.activate("work") == []


def test_every_job_of_a_long_multi_instance_is_made_once(world):
    world.deploy(
        process("s -> a -> e", s=start(), a=service("work", loop=each("xs")), e=end()),
    )
    key = world.start(variables={"xs": list(range(100))})

    go_on(world)
    assert world.work("work") == 100

    assert world.status(key) == "completed"


MANY = process(
    "s -> f -> a -> e",
    "f -> b -> e3",
    "late -> e2",
    s=start(),
    f=parallel(),
    a=service("work", loop=each("xs")),
    b=catch(message("paid", '"A"')),
    late=boundary("a", timer(duration="PT1H")),
    e=end(),
    e2=end(),
    e3=end(),
)


def with_many_jobs(world):
    """Start an instance that waits with a hundred jobs and for a message."""
    world.deploy(MANY)
    key = world.start(variables={"xs": list(range(100))})
    go_on(world)
    return key


class Sizes:
    """An observer that notes how many elements each transaction has ended."""

    traced_part: float | None = None

    def __init__(self):
        self.ended = []

    def committed(self, commit):
        facts = [fact for step in commit.steps for fact in step.facts]
        self.ended.append(sum(isinstance(fact, ElementTerminated) for fact in facts))

    def lock_lost(self, note):
        pass

    def called(self, call):
        pass

    def sampled(self, sample):
        pass


def test_who_cancels_much_has_an_answer_when_all_is_gone_and_it_took_many_transactions(world):
    key = with_many_jobs(world)
    sizes = Sizes()
    other = EngineService(world.database, world.clock, world.settings, observer=sizes)

    other.cancel_instance(key, actor="carol", reason="wrong order")

    assert (world.status(key), moving(world)) == ("terminated", 0)
    assert world.activate("work") == []
    assert world.waits(key) == []
    assert max(sizes.ended) <= 11, "the last one has an element of its own, too"
    assert sum(sizes.ended) >= 100


def test_what_a_timer_interrupts_goes_slice_by_slice_while_others_work(world):
    key = with_many_jobs(world)
    jobs = world.activate("work", limit=100)
    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    assert moving(world) == 1

    late = world.service.complete_job(jobs[0].key, lock_token=jobs[0].lock_token)

    assert late is not None
    assert "answered or withdrawn" in late.message or "there is none" in late.message
    assert moving(world) == 1, "it need not wait for the rest"
    go_on(world)
    assert world.activate("work") == []
    assert world.here(key) == ["b"]


def test_another_process_ends_what_one_that_died_began_to_terminate(world):
    key = with_many_jobs(world)
    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)

    other = world.another()
    while other.go_on(100):
        pass

    assert moving(world) == 0
    assert world.here(key) == ["b"]


def test_a_command_that_would_not_fit_comes_after_the_last_slice(world):
    key = with_many_jobs(world)
    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    sizes = Sizes()
    other = EngineService(world.database, world.clock, world.settings, observer=sizes)

    other.suspend_instance(key, actor="carol")

    assert world.status(key) == "suspended"
    assert max(sizes.ended) <= 11
    assert sum(sizes.ended) > 50


def test_one_transaction_may_terminate_much_and_do_something_else_to_the_instance(world):
    key = with_many_jobs(world)

    def both(unit):
        unit.apply(key, ModifyInstance(moves=(CancelVisits(element_id="a"),)), actor="carol")
        unit.apply(key, SetVariables(scope=ROOT, variables={"y": 1}), actor="carol")

    world.service._transactions.commit(both)

    assert world.variables(key)["y"] == 1
    assert world.here(key) == ["b"]


def test_jobs_are_taken_while_those_of_a_loop_that_has_enough_are_terminated(world):
    enough = each("xs", until="numberOfCompletedInstances = 1")
    world.deploy(
        process("s -> a -> u -> e", s=start(), a=service("work", loop=enough), u=user(), e=end())
    )
    key = world.start(variables={"xs": list(range(100)), "y": 7})
    go_on(world)
    (job,) = world.activate("work", limit=1)

    world.service.complete_job(job.key, lock_token=job.lock_token)
    assert moving(world) == 1
    late = world.activate("work", limit=100)

    assert all(one.variables["y"] == 7 for one in late)
    assert all(world.service.complete_job(one.key, lock_token=one.lock_token) for one in late)
    go_on(world)
    assert world.here(key) == ["u"]


def test_a_message_finds_whoever_still_waits_while_others_are_terminated(world):
    key = with_many_jobs(world)
    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)

    world.service.correlate_message("paid", correlation_key="A")
    go_on(world)

    assert world.status(key) == "completed"


def test_a_message_to_what_is_being_terminated_is_kept_for_the_next(world):
    waiting = subprocess(
        "i -> m -> j", i=start(), m=catch(message("paid", "item")), j=end(), loop=each("xs")
    )
    world.deploy(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=waiting,
            late=boundary("a", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )
    names = [f"n{number}" for number in range(60)]
    world.start(variables={"xs": names})
    go_on(world)
    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    assert moving(world) == 1

    world.service.correlate_message("paid", correlation_key=names[0], time_to_live=HOUR)
    go_on(world)
    key = world.start(variables={"xs": names[:1]})
    go_on(world)

    assert world.status(key) == "completed"


def test_a_caller_is_told_when_the_last_slice_of_what_it_called_is_gone(world):
    inner = contents(
        "i -> f -> a -> j",
        "f -> t",
        i=start(),
        f=parallel(),
        a=service("work", loop=each("xs")),
        t=terminate(),
        j=end(),
    )
    outer = contents("s0 -> c -> e0", s0=start(), c=call("q"), e0=end())
    world.deploy(processes(p=outer, q=inner))
    key = world.start(variables={"xs": list(range(100))})

    go_on(world)

    assert world.status(key) == "completed"


def test_others_start_instances_while_much_is_cancelled(world):
    key = with_many_jobs(world)
    world.deploy(processes(q=contents("s -> u -> e", s=start(), u=user(), e=end())), "q.bpmn")
    started, is_cancelled = [], threading.Event()

    def start_others():
        while not is_cancelled.is_set():
            started.append(world.start("q"))

    others = threading.Thread(target=start_others)
    others.start()
    while not started:
        time.sleep(0.001)
    before = len(started)
    world.service.cancel_instance(key, actor="carol")
    meanwhile = len(started) - before
    is_cancelled.set()
    others.join(20)

    assert meanwhile >= 2, "one may have been on its way before"
