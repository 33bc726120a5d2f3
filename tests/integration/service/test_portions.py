"""Much work is done in several transactions, and nobody who asked for it can tell."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from benchmarks.bench_shapes import split
from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service import opened_instance
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.instances import StartRequest
from bpmn_engine.service.outcomes import JobCompletion, Problem, ProblemKind
from bpmn_engine.service.views import Resource
from bpmn_engine.store.database import Database
from bpmn_engine.store.tables import continuation
from tests.diagrams import (
    catch,
    each,
    end,
    exclusive,
    process,
    script,
    service,
    start,
    subprocess,
    timer,
    user,
)
from tests.integration.service.conftest import MINUTE, World
from tests.integration.service.test_decisions import deployed, rate, rule

MANY = process(
    "s -> a -> u -> e",
    s=start(),
    a=service("work", loop=each("xs", gather=("ys", "y"))),
    u=user(),
    e=end(),
)


@pytest.fixture
def world(database: Database) -> World:
    """Portions on a machine that is never slow: ten at first, then twice as many each time."""
    found = World(database)
    found.settings = replace(found.settings, batch_duration=dt.timedelta(hours=1))
    found.service = EngineService(database, found.clock, found.settings)
    return found


@pytest.fixture
def quick(database: Database) -> World:
    """Ten moves in a step, twenty in a transaction."""
    found = World(database)
    found.settings = replace(found.settings, moves_per_step=10)
    found.service = EngineService(database, found.clock, found.settings)
    return found


def taken(world, count):
    """Lock jobs; return what completes each of them."""
    jobs = world.service.activate_jobs(("work",), worker="w", limit=count, lock=MINUTE)
    return [
        JobCompletion(
            key=job.key, lock_token=job.lock_token, variables={"y": job.variables.get("item")}
        )
        for job in jobs
    ]


def many(world, count):
    """Start one instance with so many jobs; return its key and what completes them."""
    world.deploy(MANY)
    key = world.start(variables={"xs": list(range(count))})
    while world.service.go_on(10):
        pass
    return key, taken(world, count)


def settle(world):
    """Let everything go on until it waits."""
    while world.service.go_on(10):
        pass


def moving(world):
    """Return how many instances are on their way between two steps."""
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(continuation))


def test_jobs_of_one_instance_are_completed_in_several_transactions(world):
    key, jobs = many(world, 300)
    before = world.service.latest_change()

    answers = world.service.complete_jobs(jobs)

    assert answers == [None] * 300
    assert world.service.latest_change() - before >= 7
    assert world.here(key) == ["u"]
    assert world.variables(key)["ys"] == list(range(300))


def test_another_process_takes_over_between_two_transactions(world):
    key, jobs = many(world, 120)

    world.service.complete_jobs(jobs[:60])
    other = world.another()
    answers = other.complete_jobs(jobs[60:])

    assert answers == [None] * 60
    assert world.variables(key)["ys"] == list(range(120))


def test_job_whose_lock_is_lost_does_not_hold_up_the_others_wherever_it_is(world):
    key, jobs = many(world, 120)
    lost = (3, 70, 119)
    for index in lost:
        jobs[index] = replace(jobs[index], lock_token="1")

    answers = world.service.complete_jobs(jobs)

    wrong = [index for index, answer in enumerate(answers) if answer is not None]
    assert tuple(wrong) == lost
    assert {answers[index].kind for index in lost} == {ProblemKind.CONFLICT}
    assert len(world.service.instance_waits(key)) == 3


def test_transaction_that_fails_leaves_the_others_done_and_says_which_jobs_are_open(
    world, monkeypatch
):
    key, jobs = many(world, 120)
    really, calls = opened_instance.instances.save, []

    def save(session, rows):
        calls.append(rows)
        if len(calls) == 2:
            raise DatabaseUnavailableError("Expected a database that answers, but: it is down")
        really(session, rows)

    monkeypatch.setattr(opened_instance.instances, "save", save)
    answers = world.service.complete_jobs(jobs)

    left = [job for job, answer in zip(jobs, answers, strict=True) if answer is not None]
    kinds = {answer.kind for answer in answers if answer is not None}
    assert answers[:10] == [None] * 10
    assert kinds == {ProblemKind.UNAVAILABLE}
    assert 0 < len(left) < 110
    assert len(world.service.instance_waits(key)) == len(left)
    assert world.service.complete_jobs(left) == [None] * len(left)
    assert world.variables(key)["ys"] == list(range(120))


def test_job_that_is_named_twice_in_a_request_is_done_once(world):
    key, jobs = many(world, 40)

    answers = world.service.complete_jobs([*jobs, *jobs])

    assert answers[:40] == [None] * 40
    assert {answer.kind for answer in answers[40:]} == {ProblemKind.NOT_FOUND}
    assert world.here(key) == ["u"]


def test_jobs_after_which_much_moves_do_not_share_a_transaction(quick):
    quick.deploy(
        process(
            "s -> a -> m -> add -> x",
            "x -> m if n < 5",
            "x -> e default",
            s=start(),
            a=service("work"),
            m=exclusive(),
            add=script("n + 1", "n"),
            x=exclusive(),
            e=end(),
        )
    )
    keys = [quick.start(variables={"n": 0}) for _ in range(12)]
    jobs = taken(quick, 12)
    before = quick.service.latest_change()

    answers = quick.service.complete_jobs(jobs)
    transactions = quick.service.latest_change() - before
    settle(quick)

    assert answers == [None] * 12
    assert transactions > 3
    assert {quick.status(key) for key in keys} == {"completed"}


def test_instances_that_begin_wide_do_not_share_a_transaction(quick):
    quick.deploy(split(8))
    before = quick.service.latest_change()

    started = quick.service.start_instances([StartRequest(process_id="p", variables={})] * 10)
    transactions = quick.service.latest_change() - before
    settle(quick)

    assert not [answer for answer in started if isinstance(answer, Problem)]
    assert len({answer.key for answer in started}) == 10
    assert transactions > 2
    assert len(quick.activate("work")) == 80


def test_many_timers_of_one_instance_fire_some_at_a_time(world):
    inside = subprocess(
        "t -> after", t=catch(timer(duration="PT1H")), after=end(), loop=each("xs")
    )
    world.deploy(process("s -> a -> e", s=start(), a=inside, e=end()))
    key = world.start(variables={"xs": list(range(120))})
    settle(world)
    world.clock.advance(dt.timedelta(hours=2))

    first = world.service.fire_due_timers(100)
    rest = 0
    while fired := world.service.fire_due_timers(100):
        rest += fired

    assert first == 10
    assert first + rest == 120
    assert world.status(key) == "completed"


def test_decisions_in_a_row_go_on_slice_by_slice(quick):
    xml = process(
        "s -> m -> add -> d -> x",
        "x -> m if n < 30",
        "x -> e default",
        s=start(),
        m=exclusive(),
        add=script("n + 1", "n"),
        d=rule(),
        x=exclusive(),
        e=end(),
    )
    deployed(quick, rate(), Resource(name="p.bpmn", content=xml))

    key = quick.start(variables={"n": 0, "amount": 1200})
    on_its_way = (quick.status(key), moving(quick), quick.variables(key)["n"] < 10)
    settle(quick)

    assert on_its_way == ("active", 1, True)
    assert (quick.status(key), moving(quick)) == ("completed", 0)
    assert quick.variables(key)["n"] == 30


def test_decisions_for_each_of_many_items_go_on_slice_by_slice(quick):
    looped = replace(rule(), children=each("amounts", "amount").xml)
    xml = process("s -> d -> e", s=start(), d=looped, e=end())
    deployed(quick, rate(), Resource(name="p.bpmn", content=xml))

    key = quick.start(variables={"amounts": [1200] * 40})
    on_its_way = (quick.status(key), moving(quick))
    settle(quick)

    assert on_its_way == ("active", 1)
    assert (quick.status(key), moving(quick)) == ("completed", 0)
    assert quick.passed(key).count("d") == 41


def test_decisions_without_end_are_an_incident_across_slices(quick):
    quick.settings = replace(quick.settings, max_flows_per_step=500)
    quick.service = EngineService(quick.database, quick.clock, quick.settings)
    xml = process("s, d -> d", s=start(), d=rule())
    deployed(quick, rate(), Resource(name="p.bpmn", content=xml))

    key = quick.start(variables={"amount": 1})
    settle(quick)

    (incident,) = quick.incidents()
    assert quick.status(key) == "active"
    assert moving(quick) == 0
    assert incident.startswith("Expected to come to a wait within 500 sequence flows")
