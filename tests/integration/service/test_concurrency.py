"""Many threads at once: everything is done, nothing is done twice."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    Caller,
    InstanceFilter,
    JobCompletion,
    MessageOutcome,
    PageRequest,
    Problem,
    ProblemKind,
    StartRequest,
)
from tests.diagrams import (
    call,
    catch,
    contents,
    end,
    message,
    parallel,
    process,
    processes,
    service,
    start,
    timer,
    user,
)

THREADS = 8


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Run tasks at the same moment, each in a thread of its own; give their results."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_eight_workers_complete_every_job_once(world):
    world.deploy(process("s -> a -> b -> e", s=start(), a=service("x"), b=service("x"), e=end()))
    world.service.start_instances([StartRequest(process_id="p", variables={})] * 40)
    completed: Counter[int] = Counter()

    def work(name: str) -> Callable[[], list[int]]:
        def run() -> list[int]:
            done = []
            while jobs := world.activate("x", limit=3, worker=name):
                for job in jobs:
                    problem = world.service.complete_job(job.key, lock_token=job.lock_token)
                    assert problem is None, problem
                    done.append(job.key)
            return done

        return run

    for done in at_once(*(work(f"w{n}") for n in range(THREADS))):
        completed.update(done)
    completed.update(Counter(job.key for job in world.activate("x")))

    page = world.service.instances(InstanceFilter(), page=PageRequest(limit=200))
    assert set(completed.values()) == {1}
    assert len(completed) == 80
    assert {item.status.value for item in page.items} == {"completed"}


def test_of_eight_threads_that_complete_the_same_job_one_succeeds(world):
    world.deploy(process("s -> a -> b -> e", s=start(), a=service("x"), b=service("y"), e=end()))
    key = world.start()
    (job,) = world.activate("x")

    answers = at_once(
        *(
            lambda n=n: world.service.complete_job(job.key, {"by": n}, lock_token=job.lock_token)
            for n in range(THREADS)
        )
    )

    assert answers.count(None) == 1
    assert {answer.kind for answer in answers if isinstance(answer, Problem)} <= {
        ProblemKind.NOT_FOUND,
        ProblemKind.CONFLICT,
    }
    assert world.passed(key) == ["s", "a"]
    assert len(world.activate("y")) == 1


def test_branches_of_one_instance_completed_at_once_meet_in_their_join(world):
    names = [f"a{n}" for n in range(THREADS)]
    world.deploy(
        process(
            "s -> g",
            *(f"g -> {name} -> j" for name in names),
            "j -> e",
            s=start(),
            g=parallel(),
            j=parallel(),
            e=end(),
            **{name: service("x") for name in names},
        )
    )
    key = world.start()
    jobs = world.activate("x")

    answers = at_once(
        *(
            lambda job=job: world.service.complete_job(
                job.key, {job.element_id: True}, lock_token=job.lock_token
            )
            for job in jobs
        )
    )

    assert answers == [None] * THREADS
    assert world.status(key) == "completed"
    assert world.variables(key) == dict.fromkeys(names, True)
    assert world.passed(key).count("e") == 1


def test_overlapping_batches_complete_each_job_once(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("x"), e=end()))
    world.service.start_instances([StartRequest(process_id="p", variables={})] * 20)
    batch = [JobCompletion(key=job.key, lock_token=job.lock_token) for job in world.activate("x")]

    answers = at_once(
        *(
            lambda part=batch[n:] + batch[:n]: world.service.complete_jobs(part)
            for n in range(THREADS)
        )
    )

    assert sum(answer.count(None) for answer in answers) == 20
    page = world.service.instances(InstanceFilter(), page=PageRequest(limit=200))
    assert {item.status.value for item in page.items} == {"completed"}


def test_of_eight_people_one_claims_the_task(world):
    world.deploy(process("s -> u -> e", s=start(), u=user(groups="sales"), e=end()))
    world.start()
    task = world.tasks()[0].key
    people = [Caller(user_id=f"p{n}", groups=frozenset({"sales"})) for n in range(THREADS)]

    answers = at_once(
        *(lambda who=who: world.service.claim_task(task, caller=who) for who in people)
    )

    problems = [answer for answer in answers if isinstance(answer, Problem)]
    assert len(problems) == THREADS - 1
    holder = world.tasks()[0].assignee
    assert {problem.holder for problem in problems} == {holder}


def test_eight_schedulers_fire_each_timer_once(world):
    world.deploy(
        process(
            "s -> t -> a -> e", s=start(), t=catch(timer(duration="PT1H")), a=service("x"), e=end()
        )
    )
    world.service.start_instances([StartRequest(process_id="p", variables={})] * 30)
    world.clock.advance(dt.timedelta(hours=1))

    fired = at_once(*(lambda: world.service.fire_due_timers(10) for _ in range(THREADS)))
    while count := world.service.fire_due_timers(100):
        fired.append(count)

    assert sum(fired) == 30
    assert len(world.activate("x")) == 30


def test_a_message_and_its_receiver_that_come_at_once_find_each_other(world):
    world.deploy(process("s -> m -> e", s=start(), m=catch(message("paid", "k")), e=end()))
    hour = dt.timedelta(hours=1)

    for round_ in range(6):
        key = f"K{round_}"
        instance, result = at_once(
            lambda key=key: world.start(variables={"k": key}),
            lambda key=key: world.service.correlate_message(
                "paid", correlation_key=key, time_to_live=hour
            ),
        )

        assert result.outcome in {MessageOutcome.BUFFERED, MessageOutcome.DELIVERED}
        assert world.status(instance) == "completed"


def test_messages_sent_at_once_go_to_different_instances(world):
    world.deploy(process("s -> m -> e", s=start(), m=catch(message("paid", "k")), e=end()))
    keys = [world.start(variables={"k": "1"}) for _ in range(THREADS)]

    results = at_once(
        *(
            lambda: world.service.correlate_message("paid", correlation_key="1")
            for _ in range(THREADS)
        )
    )

    assert sorted(key for result in results for key in result.instance_keys) == keys
    assert {world.status(key) for key in keys} == {"completed"}


def test_called_processes_end_at_once_and_every_caller_goes_on(world):
    world.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=call("q"), e=end()),
            q=contents("s2 -> a2 -> e2", s2=start(), a2=service("x"), e2=end()),
        )
    )
    keys = [world.start() for _ in range(THREADS)]
    jobs = world.activate("x")

    answers = at_once(
        *(
            lambda job=job: world.service.complete_job(job.key, lock_token=job.lock_token)
            for job in jobs
        )
    )

    assert answers == [None] * THREADS
    assert {world.status(key) for key in keys} == {"completed"}


def test_process_with_the_worker_number_of_another_makes_other_keys(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("x"), e=end()))
    twin = EngineService(world.database, world.clock, world.settings)

    keys = [world.start() for _ in range(3)]
    # One key for a message, so that the instances of both would have the same.
    twin.correlate_message("kept", time_to_live=dt.timedelta(hours=1))
    for _ in range(4):
        started = twin.start_instance("p")
        assert not isinstance(started, Problem), started
        keys.append(started.key)

    assert len(set(keys)) == 7
    assert len(world.activate("x")) == 7
