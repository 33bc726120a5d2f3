"""Resource pools: what jobs share over all workers, and who waits for it."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
import sqlalchemy as sa

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import JobFilter, JobPhase, Problem
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.tables import resource_lease
from tests.diagrams import end, parallel, process, service, start

MINUTE = dt.timedelta(minutes=1)

SESSIONS = '[sessions]\njob_types = ["sap"]\nsize = 2\n'
BY_PROFILE = '[production]\njob_types = ["sap"]\nprofiles = ["prod"]\nsize = 1\n'
RATE = '[partner]\njob_types = ["sap"]\nrate = 1\nper_seconds = 10\nburst = 2\n'


class Shared:
    """Two workers of two processes on one database, both told of the same pools."""

    def __init__(self, world, folder, pools, **settings):
        file = folder / "pools.toml"
        file.write_text(pools)
        self.world = world
        self.alice, self.bob = (
            EngineService(
                world.database,
                world.clock,
                EngineSettings(
                    batch_size=50, worker_number=number, resource_pools=str(file), **settings
                ),
            )
            for number in (2, 3)
        )
        world.deploy(
            process(
                "s -> a -> e",
                s=start(),
                a=service("sap", inputs={"profile": "system"}),
                e=end(),
            )
        )

    def start(self, count=1, system="prod"):
        return [self.world.start(variables={"system": system}) for _ in range(count)]

    def keys(self, service, limit=10, types=("sap",)):
        return [job.key for job in self.jobs(service, limit, types)]

    def jobs(self, service, limit=10, types=("sap",)):
        return service.activate_jobs(types, worker="w", limit=limit, lock=MINUTE)

    def waiting(self):
        page = self.alice.jobs(JobFilter())
        assert not isinstance(page, Problem)
        return [job.waiting_for_resource for job in page.items]


def test_two_workers_together_get_no_more_than_the_size_of_a_pool(world, tmp_path):
    shared = Shared(world, tmp_path, SESSIONS)
    shared.start(5)

    first = shared.keys(shared.alice, limit=1)
    second = shared.keys(shared.bob)
    third = shared.keys(shared.alice)

    assert (len(first), len(second), third) == (1, 1, [])
    assert shared.waiting() == ["sessions"] * 3 + [None] * 2


def test_without_pools_all_are_given_out(world, tmp_path):
    shared = Shared(world, tmp_path, "")
    shared.start(5)

    assert len(shared.keys(shared.alice)) == 5
    assert shared.waiting() == [None] * 5


def test_a_job_that_ends_or_fails_makes_room(world, tmp_path):
    shared = Shared(world, tmp_path, SESSIONS)
    shared.start(4)
    done, failed = shared.jobs(shared.alice)

    shared.alice.complete_job(done.key, lock_token=done.lock_token)
    after_completion = shared.keys(shared.bob)
    shared.alice.fail_job(failed.key, "no answer", lock_token=failed.lock_token)
    after_failure = shared.keys(shared.bob)

    assert (len(after_completion), len(after_failure)) == (1, 1)
    assert failed.key not in after_failure


def test_a_dead_worker_frees_its_part_when_its_lock_ends(world, tmp_path):
    shared = Shared(world, tmp_path, SESSIONS)
    shared.start(4)
    lost = shared.keys(shared.alice)

    before = shared.keys(shared.bob)
    world.clock.advance(MINUTE)
    after = shared.keys(shared.bob)

    assert before == []
    assert (len(lost), len(after)) == (2, 2)


def test_a_lock_that_is_extended_keeps_its_part(world, tmp_path):
    shared = Shared(world, tmp_path, SESSIONS)
    shared.start(4)
    for job in shared.jobs(shared.alice):
        shared.alice.extend_job_lock(job.key, lock=3 * MINUTE, lock_token=job.lock_token)

    world.clock.advance(2 * MINUTE)

    assert shared.keys(shared.bob) == []


@pytest.mark.parametrize(("holds", "given"), [("true", 0), ("false", 1)])
def test_watched_work_keeps_its_part_unless_the_pool_says_otherwise(world, tmp_path, holds, given):
    pool = f'[one]\njob_types = ["sap"]\nsize = 1\nholds_while_watched = {holds}\n'
    shared = Shared(world, tmp_path, pool)
    shared.start(2)
    (job,) = shared.jobs(shared.alice)
    shared.alice.record_job_handle(
        job.key,
        lock_token=job.lock_token,
        phase=JobPhase.WATCHING,
        handle="H-1",
        next_poll_at=world.clock.now() + 10 * MINUTE,
    )

    world.clock.advance(2 * MINUTE)

    assert len(shared.keys(shared.bob)) == given


def test_other_types_are_given_out_while_a_pool_is_full(world, tmp_path):
    shared = Shared(world, tmp_path, SESSIONS)
    world.deploy(
        process("s -> a -> e", process_id="q", s=start(), a=service("mail"), e=end()), "q.bpmn"
    )
    shared.start(5)
    world.start("q")
    shared.keys(shared.alice)

    jobs = shared.jobs(shared.bob, types=("sap", "mail"))

    assert [job.job_type for job in jobs] == ["mail"]


def test_a_pool_for_one_profile_leaves_the_others_alone(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    shared.start(3, system="prod")
    shared.start(2, system="test")

    jobs = shared.jobs(shared.alice)

    assert sorted(str(job.variables["profile"]) for job in jobs) == ["prod", "test", "test"]
    assert sorted(map(str, shared.waiting())) == ["None"] * 3 + ["production"] * 2


def test_a_profile_is_known_though_the_worker_asks_for_other_variables(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    shared.start(3, system="prod")

    jobs = shared.alice.activate_jobs(
        ("sap",), worker="w", limit=9, lock=MINUTE, fetch_variables=("system",)
    )

    assert [dict(job.variables) for job in jobs] == [{"system": "prod"}]


def test_jobs_put_aside_are_called_back_in_their_order_when_there_is_room(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    shared.start(3)
    (first,) = shared.jobs(shared.alice)
    idle = shared.alice.call_back_jobs()

    shared.alice.complete_job(first.key, lock_token=first.lock_token)
    called = shared.bob.call_back_jobs()
    (second,) = shared.jobs(shared.bob)

    assert (idle, called) == (0, 1)
    assert first.key < second.key
    assert second.attempt == 1, "a look at a full pool is no attempt"
    assert shared.waiting() == ["production", None]


def test_withdrawn_jobs_do_not_take_the_turn_of_others(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    first, *withdrawn, last = shared.start(5)
    (job,) = shared.jobs(shared.alice)
    for key in withdrawn:
        shared.alice.cancel_instance(key)

    shared.alice.complete_job(job.key, lock_token=job.lock_token)
    called = shared.bob.call_back_jobs()

    assert job.process_instance_key == first
    assert called == 1
    assert [job.process_instance_key for job in shared.jobs(shared.bob)] == [last]


def test_jobs_of_a_pool_that_is_no_more_go_on(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    shared.start(3)
    shared.keys(shared.alice)

    called = world.service.call_back_jobs()

    assert called == 2
    assert len(world.activate("sap")) == 2
    assert world.service.call_back_jobs() == 0


def test_a_rate_leaves_nothing_behind(world, tmp_path):
    shared = Shared(world, tmp_path, RATE)
    shared.start(2)
    shared.keys(shared.alice)

    with world.database.reading() as session:
        leases = session.scalar(sa.select(sa.func.count()).select_from(resource_lease))

    assert leases == 0


def test_many_workers_at_once_never_exceed_a_pool(world, tmp_path):
    shared = Shared(world, tmp_path, '[sessions]\njob_types = ["sap"]\nsize = 3\n')
    shared.start(24)
    turn, most, done = Lock(), [0], []

    def work(service):
        while len(done) < 24:
            for job in shared.jobs(service, limit=2):
                with turn:
                    most[0] = max(most[0], shared.alice.pool_use()[0].taken_count)
                problem = service.complete_job(job.key, lock_token=job.lock_token)
                assert problem is None
                done.append(job.key)

    with ThreadPoolExecutor(4) as threads:
        tuple(threads.map(work, [shared.alice, shared.bob] * 2))

    assert len(done) == len(set(done)) == 24
    assert 1 <= most[0] <= 3


def test_an_instance_says_that_it_waits_for_a_resource(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    _, waiting = shared.start(2)
    shared.keys(shared.alice)

    (wait,) = shared.alice.instance_waits(waiting)

    assert wait.waiting_for_resource == "production"
    assert wait.text == (
        "Waits for a worker of job type sap; it waits until the resource production has room "
        "for it."
    )


def test_a_rate_lets_so_many_begin_in_its_time(world, tmp_path):
    shared = Shared(world, tmp_path, RATE)
    shared.start(9)

    burst = shared.keys(shared.alice)
    at_once = shared.keys(shared.bob)
    world.clock.advance(dt.timedelta(seconds=10))
    later = shared.keys(shared.bob)
    world.clock.advance(dt.timedelta(seconds=9))
    too_early = shared.keys(shared.alice)

    assert [len(keys) for keys in (burst, at_once, later, too_early)] == [2, 0, 1, 0]
    assert "partner" in shared.waiting()


def test_a_job_needs_room_in_every_pool_that_names_it(world, tmp_path):
    shared = Shared(world, tmp_path, SESSIONS + BY_PROFILE)
    shared.start(3, system="prod")
    shared.start(3, system="test")

    keys = shared.keys(shared.alice) + shared.keys(shared.alice)

    assert len(keys) == 2
    assert {use.name: use.taken_count for use in shared.alice.pool_use()} == {
        "sessions": 2,
        "production": 1,
    }


def test_a_job_of_a_parallel_branch_can_be_withdrawn_while_it_waits(world, tmp_path):
    shared = Shared(world, tmp_path, BY_PROFILE)
    world.deploy(
        process(
            "s -> f -> a -> j -> e",
            "f -> b -> j",
            process_id="q",
            s=start(),
            f=parallel(),
            j=parallel(),
            a=service("sap", inputs={"profile": '"prod"'}),
            b=service("sap", inputs={"profile": '"prod"'}),
            e=end(),
        ),
        "q.bpmn",
    )
    key = world.start("q")
    shared.keys(shared.alice)

    shared.alice.cancel_instance(key)

    shared.start(1)
    assert len(shared.keys(shared.bob)) == 1
