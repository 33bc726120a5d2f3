"""Messages, signals, and what processes throw at each other."""

import datetime as dt

from bpmn_engine.service.views import MessageOutcome, Problem, ProblemKind
from tests.diagrams import (
    boundary,
    call,
    catch,
    contents,
    end,
    error,
    event_based,
    message,
    process,
    processes,
    receive,
    service,
    signal,
    start,
    throw,
    timer,
)

HOUR = dt.timedelta(hours=1)


def waiting_process():
    return process("s -> m -> e", s=start(), m=catch(message("paid", "order")), e=end())


def test_a_message_goes_to_the_instance_with_its_key(world):
    world.deploy(waiting_process())
    first = world.start(variables={"order": "1"})
    second = world.start(variables={"order": "2"})

    result = world.service.correlate_message(
        "paid", correlation_key="2", variables={"amount": 5}, actor="bob"
    )

    assert result.outcome is MessageOutcome.DELIVERED
    assert result.instance_keys == (second,)
    assert world.status(first) == "active"
    assert world.status(second) == "completed"
    assert world.variables(second)["amount"] == 5


def test_of_two_instances_with_the_same_key_the_older_one_gets_the_message(world):
    world.deploy(waiting_process())
    first = world.start(variables={"order": "1"})
    world.start(variables={"order": "1"})

    result = world.service.correlate_message("paid", correlation_key="1")

    assert result.instance_keys == (first,)


def test_a_message_that_nobody_waits_for_is_not_found(world):
    world.deploy(waiting_process())
    world.start(variables={"order": "1"})

    problem = world.service.correlate_message("paid", correlation_key="9")

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.NOT_FOUND


def test_a_message_without_a_key_reaches_the_only_instance_that_waits(world):
    world.deploy(waiting_process())
    key = world.start(variables={"order": "1"})

    result = world.service.correlate_message("paid")

    assert result.instance_keys == (key,)


def test_a_message_without_a_key_is_not_guessed_to_somebody(world):
    world.deploy(waiting_process())
    world.start(variables={"order": "1"})
    world.start(variables={"order": "2"})

    problem = world.service.correlate_message("paid")

    assert isinstance(problem, Problem)


def test_a_message_finds_its_instance_by_business_key(world):
    world.deploy(process("s -> m -> e", s=start(), m=receive(message("paid")), e=end()))
    world.start(business_key="B-1")
    second = world.start(business_key="B-2")

    by_business_key = world.service.correlate_message("paid", business_key="B-2")

    assert by_business_key.instance_keys == (second,)


def test_a_kept_message_is_delivered_when_somebody_begins_to_wait(world):
    world.deploy(waiting_process())

    kept = world.service.correlate_message(
        "paid", correlation_key="1", variables={"amount": 5}, time_to_live=HOUR
    )
    key = world.start(variables={"order": "1"})

    assert kept.outcome is MessageOutcome.BUFFERED
    assert world.status(key) == "completed"
    assert world.variables(key)["amount"] == 5


def test_a_kept_message_is_gone_when_its_time_is_over(world):
    world.deploy(waiting_process())
    world.service.correlate_message("paid", correlation_key="1", time_to_live=HOUR)

    world.clock.advance(HOUR)
    key = world.start(variables={"order": "1"})

    assert world.status(key) == "active"
    assert world.service.expire_messages() == 1


def test_the_same_message_twice_has_one_effect(world):
    world.deploy(process("m -> a -> e", m=start(message("order")), a=service("x"), e=end()))

    outcomes = [
        world.service.correlate_message("order", message_id="M-1", time_to_live=HOUR).outcome
        for _ in range(3)
    ]

    assert outcomes == [
        MessageOutcome.STARTED,
        MessageOutcome.DUPLICATE,
        MessageOutcome.DUPLICATE,
    ]
    assert len(world.activate("x")) == 1


def test_a_message_starts_an_instance_whose_business_key_is_its_key(world):
    world.deploy(process("m -> a -> e", m=start(message("order")), a=service("x"), e=end()))

    result = world.service.correlate_message("order", correlation_key="B-7", variables={"n": 1})

    (job,) = world.activate("x")
    assert result.outcome is MessageOutcome.STARTED
    assert (job.business_key, dict(job.variables)) == ("B-7", {"n": 1})


def test_only_the_latest_version_starts_by_message(world):
    world.deploy(process("m -> a -> e", m=start(message("order")), a=service("old"), e=end()))
    world.deploy(process("m -> a -> e", m=start(message("order")), a=service("new"), e=end()))

    world.service.correlate_message("order")

    assert [job.job_type for job in world.activate()] == ["new"]


def test_a_message_for_a_suspended_instance_waits_for_it(world):
    world.deploy(waiting_process())
    key = world.start(variables={"order": "1"})
    world.service.suspend_instance(key)

    kept = world.service.correlate_message("paid", correlation_key="1", time_to_live=HOUR)
    held = world.status(key)
    world.service.resume_instance(key)

    assert kept.outcome is MessageOutcome.BUFFERED
    assert held == "suspended"
    assert world.status(key) == "completed"


def test_a_boundary_message_that_does_not_interrupt_may_come_again(world):
    world.deploy(
        process(
            "s -> a -> e",
            "b -> n -> e2",
            s=start(),
            a=service("x"),
            b=boundary("a", message("remind", "k"), interrupting=False),
            n=service("note"),
            e=end(),
            e2=end(),
        )
    )
    world.start(variables={"k": "1"})

    world.service.correlate_message("remind", correlation_key="1")
    world.service.correlate_message("remind", correlation_key="1")

    assert sorted(job.job_type for job in world.activate()) == ["note", "note", "x"]


def test_a_thrown_message_starts_and_wakes_other_processes(world):
    world.deploy(
        processes(
            p=contents("s -> t -> e", s=start(), t=throw(message("ping", "k")), e=end()),
            q=contents("s2 -> m2 -> e2", s2=start(), m2=catch(message("ping", "k")), e2=end()),
        )
    )
    waiting = world.start("q", {"k": "1"})

    world.start("p", {"k": "1"})

    assert world.status(waiting) == "completed"


def test_a_thrown_message_waits_for_a_receiver_that_comes_later(world):
    world.deploy(
        processes(
            p=contents("s -> t -> e", s=start(), t=throw(message("ping", "k")), e=end()),
            q=contents("s2 -> m2 -> e2", s2=start(), m2=catch(message("ping", "k")), e2=end()),
        )
    )
    world.start("p", {"k": "1"})

    waiting = world.start("q", {"k": "1"})

    assert world.status(waiting) == "completed"


def test_a_signal_reaches_everybody_and_starts_what_begins_with_it(world):
    world.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=catch(signal("alarm")), e=end()),
            q=contents("s2 -> a2 -> e2", s2=start(signal("alarm")), a2=service("x"), e2=end()),
        )
    )
    waiting = [world.start() for _ in range(60)]

    result = world.service.broadcast_signal("alarm", variables={"level": 3}, actor="bob")

    assert result.delivered_count == 60
    assert len(result.started_keys) == 1
    assert {world.status(key) for key in waiting} == {"completed"}
    assert world.activate("x")[0].variables == {"level": 3}


def test_a_thrown_signal_reaches_everybody(world):
    world.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=catch(signal("alarm")), e=end()),
            q=contents("s2 -> t2 -> e2", s2=start(), t2=throw(signal("alarm")), e2=end()),
        )
    )
    waiting = world.start()

    world.start("q")

    assert world.status(waiting) == "completed"


def test_after_an_event_based_gateway_the_first_event_wins(world):
    world.deploy(
        process(
            "s -> g",
            "g -> m -> e1",
            "g -> t -> e2",
            s=start(),
            g=event_based(),
            m=catch(message("paid", "k")),
            t=catch(timer(duration="PT1H")),
            e1=end(),
            e2=end(),
        )
    )
    key = world.start(variables={"k": "1"})
    world.clock.advance(HOUR)

    fired = world.service.fire_due_timers(10)

    assert fired == 1
    assert world.passed(key)[-1] == "e2"
    assert isinstance(world.service.correlate_message("paid", correlation_key="1"), Problem)


def test_a_called_process_passes_its_results_back(world):
    world.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=call("q"), e=end()),
            q=contents("s2 -> a2 -> e2", s2=start(), a2=service("x"), e2=end()),
        )
    )
    key = world.start(variables={"n": 1})

    world.work("x", {"answer": 42})

    assert world.status(key) == "completed"
    assert world.variables(key) == {"n": 1, "answer": 42}
    child = world.service.instance(key).children[0]
    assert (child.status.value, child.parent_key, child.root_key) == ("completed", key, key)


def test_an_error_of_a_called_process_is_caught_by_its_caller(world):
    world.deploy(
        processes(
            p=contents(
                "s -> c -> e",
                "b -> e2",
                s=start(),
                c=call("q"),
                b=boundary("c", error("E1")),
                e=end(),
                e2=end(),
            ),
            q=contents("s2 -> f2", s2=start(), f2=end(error("E1"))),
        )
    )

    key = world.start()

    assert world.status(key) == "completed"
    assert world.passed(key)[-1] == "e2"


def test_calling_a_missing_process_is_an_incident_that_deploying_it_resolves(world):
    world.deploy(process("s -> c -> e", s=start(), c=call("q"), e=end()))
    key = world.start()
    (incident,) = world.service.incidents().items

    world.deploy(process("s2 -> e2", process_id="q", s2=start(), e2=end()))
    resolved = world.service.resolve_incident(incident.key, actor="carol")

    assert "'q'" in incident.message
    assert resolved.resolved_by == "carol"
    assert world.status(key) == "completed"
