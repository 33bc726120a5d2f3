"""How full the queues are: counted by one process for all, and what follows from it."""

import datetime as dt

import pytest

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.views.queues import FullQueue, JobQueue
from tests.diagrams import catch, each, end, process, service, start, timer

MINUTE = dt.timedelta(minutes=1)
INTERVAL = EngineSettings().queue_sample_interval


def one_job(process_id="p", **options):
    return process(
        "s -> a -> e", process_id=process_id, s=start(), a=service("check", **options), e=end()
    )


def many_jobs(process_id):
    return one_job(process_id, loop=each("items"))


def engine(world, number=5, **settings):
    return EngineService(
        world.database,
        world.clock,
        EngineSettings(batch_size=500, worker_number=number, **settings),
    )


def test_a_sample_counts_what_waits(world):
    world.deploy(one_job())
    world.deploy(
        process(
            "s -> t -> e", process_id="timed", s=start(), t=catch(timer(duration="PT1S")), e=end()
        ),
        "t.bpmn",
    )
    began = world.clock.now()
    for _ in range(3):
        world.start()
    world.start("timed")
    world.service.correlate_message("paid", time_to_live=10 * MINUTE)
    world.clock.advance(MINUTE)
    (job,) = world.activate("check", limit=1)
    world.service.fail_job(job.key, "broken", is_permanent=True, lock_token=job.lock_token)

    sample = world.service.sample_queues()

    assert sample is not None
    (queue,) = sample.jobs
    assert (queue.job_type, queue.process_id, queue.open_count) == ("check", "p", 2)
    assert abs(queue.oldest_at - began) < dt.timedelta(milliseconds=2)
    assert (sample.timers_due, sample.timer_lag_seconds) == (1, 59.0)
    assert (sample.messages_buffered, sample.incidents_open) == (1, 1)
    assert (sample.outbox_count, sample.inbox_count, sample.open_jobs) == (0, 0, 2)


def test_one_process_counts_and_the_others_read_what_it_found(world):
    world.deploy(one_job())
    bob = world.another()
    first = world.service.sample_queues()
    world.start()

    meanwhile = bob.sample_queues()
    world.clock.advance(INTERVAL)
    afterwards = bob.sample_queues()

    assert meanwhile == first
    assert afterwards is not None
    assert afterwards.open_jobs == 1
    assert world.service.sample_queues() == afterwards


@pytest.mark.parametrize(
    ("limit", "full"),
    [(3, None), (0, None), (2, FullQueue(name="jobs", count=3, limit=2, retry_after=INTERVAL))],
)
def test_a_queue_is_full_when_it_holds_more_than_the_settings_allow(world, limit, full):
    world.deploy(one_job())
    for _ in range(3):
        world.start()
    alice = engine(world, max_open_jobs=limit)

    before = alice.full_queue()
    alice.sample_queues()

    assert before is None, "nobody has counted"
    assert alice.full_queue() == full


def test_an_outdated_sample_refuses_nobody(world):
    world.deploy(one_job())
    world.start()
    world.start()
    alice = engine(world, max_open_jobs=1)
    alice.sample_queues()
    is_full = alice.full_queue() is not None

    world.clock.advance(10 * MINUTE)

    assert is_full
    assert alice.full_queue() is None


def backlog(world, counts):
    """Start instances with many jobs each; the first process's are older than all others."""
    for process_id, count in counts.items():
        world.deploy(many_jobs(process_id), f"{process_id}.bpmn")
        world.start(process_id, variables={"items": list(range(count))})
        world.clock.advance(MINUTE)


def taken(service, limit):
    jobs = service.activate_jobs(("check",), worker="w", limit=limit, lock=MINUTE)
    return [job.process_id for job in jobs]


def test_processes_take_turns_when_one_has_a_large_backlog(world):
    backlog(world, {"big": 400, "small": 3})
    world.service.sample_queues()

    first = taken(world.service, 4)
    second = taken(world.service, 4)

    assert sorted(first) == ["big", "big", "small", "small"]
    assert sorted(second) == ["big", "big", "big", "small"]


def test_each_process_has_its_turn_though_fewer_jobs_are_wanted(world):
    backlog(world, {"big": 400, "b": 9, "c": 9, "d": 9})
    world.service.sample_queues()

    one_by_one = [process for _ in range(8) for process in taken(world.service, 1)]

    assert sorted(one_by_one) == ["b", "b", "big", "big", "c", "c", "d", "d"]


def test_urgent_jobs_are_found_among_more_processes_than_one_look_takes(world):
    backlog(world, {"big": 400, **{f"p{number}": 1 for number in range(20)}})
    drawn = one_job("urgent").decode()
    extension = '<zeebe:jobPriorityDefinition priority="90"/></bpmn:extensionElements>'
    world.deploy(drawn.replace("</bpmn:extensionElements>", extension).encode(), "urgent.bpmn")
    world.start("urgent")
    world.service.sample_queues()

    assert taken(world.service, 1) == ["urgent"]


def test_without_a_sample_the_oldest_go_first(world):
    backlog(world, {"big": 400, "small": 3})

    assert set(taken(world.service, 10)) == {"big"}


def test_a_small_backlog_is_done_in_the_order_it_came(world):
    backlog(world, {"big": 20, "small": 3})
    world.service.sample_queues()

    assert set(taken(world.service, 10)) == {"big"}


def test_urgent_jobs_go_before_the_turn_of_others(world):
    backlog(world, {"big": 400})
    drawn = one_job("urgent").decode()
    extension = '<zeebe:jobPriorityDefinition priority="90"/></bpmn:extensionElements>'
    drawn = drawn.replace("</bpmn:extensionElements>", extension)
    world.deploy(drawn.encode(), "urgent.bpmn")
    world.start("urgent")
    world.start("urgent")
    world.service.sample_queues()

    assert taken(world.service, 4)[:2] == ["urgent", "urgent"]


def test_what_came_after_the_sample_is_not_left_out(world):
    backlog(world, {"big": 400, "small": 3})
    world.service.sample_queues()
    while taken(world.service, 100):
        pass
    world.deploy(one_job("new"), "new.bpmn")
    world.start("new")

    assert "new" in taken(world.service, 500)


def test_two_workers_share_without_taking_the_same(world):
    backlog(world, {"big": 400, "small": 30})
    bob = world.another()
    world.service.sample_queues()
    bob.sample_queues()

    keys = [
        job.key
        for service in (world.service, bob)
        for job in service.activate_jobs(("check",), worker="w", limit=50, lock=MINUTE)
    ]

    assert len(keys) == len(set(keys)) == 100


def test_queues_of_a_sample_survive_being_stored(world):
    backlog(world, {"big": 5})
    counted = world.service.sample_queues()

    read = world.another().sample_queues()

    assert counted is not None
    assert read == counted
    assert [type(queue) for queue in counted.jobs] == [JobQueue]


def test_a_process_is_ready_when_its_database_has_its_tables(world):
    assert world.service.readiness().is_ready
    assert dict(world.service.readiness().parts) == {"database": "ok", "migrations": "ok"}


def test_a_process_is_not_ready_without_tables_or_database(world, tmp_path):
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    absent = Database(f"sqlite:///{tmp_path}/nowhere/engine.db")
    services = [
        EngineService(database, world.clock, EngineSettings()) for database in (empty, absent)
    ]

    found = [dict(service.readiness().parts) for service in services]

    assert found[0]["migrations"].startswith("missing")
    assert found[1] == {"database": "unavailable"}
    assert not any(service.readiness().is_ready for service in services)
    empty.dispose()
    absent.dispose()
