"""Event sub-processes, escalations, links, conditions and multiple events, end to end."""

import datetime as dt

from bpmn_engine.service.views import MessageOutcome
from bpmn_engine.testing.process_test import ProcessTest
from tests.diagrams import (
    boundary,
    call,
    catch,
    condition,
    contents,
    end,
    escalation,
    event_subprocess,
    link,
    message,
    needing_all,
    parallel,
    process,
    processes,
    service,
    several,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
)

HOUR = dt.timedelta(hours=1)


def guarded(trigger, *, interrupting=True):
    """A process whose task is guarded by an event sub-process."""
    return process(
        "s -> a -> e",
        s=start(),
        a=service("work"),
        e=end(),
        esp=event_subprocess(
            "es -> h -> ee",
            es=start(trigger, interrupting=interrupting),
            h=service("handle"),
            ee=end(),
        ),
    )


def test_a_message_interrupts_the_process(world):
    world.deploy(guarded(message("stop", "order")))
    key = world.start(variables={"order": "A7"})

    assert world.waits(key) == [
        "Waits for message stop with key A7.",
        "Waits for a worker of job type work.",
    ]
    result = world.service.correlate_message(
        "stop", correlation_key="A7", variables={"why": "rain"}
    )

    assert result.outcome is MessageOutcome.DELIVERED
    assert world.activate("work") == []
    assert world.work("handle") == 1
    assert world.status(key) == "completed"
    assert world.passed(key) == ["s", "esp", "es", "h", "ee"]
    assert world.variables(key)["why"] == "rain"


def test_a_timer_runs_beside_the_process(world):
    world.deploy(guarded(timer(cycle="R2/PT1H"), interrupting=False))
    key = world.start()

    for _ in range(3):
        world.clock.advance(HOUR)
        world.service.fire_due_timers(10)

    assert world.work("handle") == 2
    assert world.status(key) == "active"
    world.work("work")
    assert world.status(key) == "completed"


def test_when_the_process_ends_nothing_is_left_waiting(world):
    world.deploy(guarded(message("stop")))
    key = world.start()

    world.work("work")

    assert world.status(key) == "completed"
    assert world.waits(key) == []
    world.clock.advance(HOUR)
    assert world.service.fire_due_timers(10) == 0


def test_a_signal_from_outside_starts_an_event_sub_process(world):
    world.deploy(guarded(signal("alarm")))
    key = world.start()

    world.service.broadcast_signal("alarm", variables={"level": 3})

    assert world.here(key) == ["esp", "h"]
    assert world.variables(key)["level"] == 3


def test_a_signal_is_heard_once_by_the_instance_that_throws_it(world):
    world.deploy(
        process(
            "s -> t -> a -> e",
            s=start(),
            t=throw(signal("alarm")),
            a=service("work"),
            e=end(),
            esp=event_subprocess(
                "es -> h -> ee",
                es=start(signal("alarm"), interrupting=False),
                h=task(),
                ee=end(),
            ),
        )
    )

    key = world.start()

    assert world.passed(key).count("h") == 1


def test_a_signal_reaches_a_branch_that_comes_to_wait_in_the_same_step(world):
    world.deploy(
        process(
            "s -> f",
            "f -> t -> j",
            "f -> c -> j",
            "j -> e",
            s=start(),
            f=parallel(),
            t=throw(signal("alarm")),
            c=catch(signal("alarm")),
            j=parallel(),
            e=end(),
        )
    )

    key = world.start()

    assert world.status(key) == "completed"


def test_an_escalation_of_a_called_process_reaches_the_caller(world):
    world.deploy(
        processes(
            p=contents(
                "s -> c -> e",
                "b -> bh -> be",
                s=start(),
                c=call("q"),
                e=end(),
                b=boundary("c", escalation("LATE"), interrupting=False),
                bh=task(),
                be=end(),
            ),
            q=contents(
                "s2 -> t2 -> a2 -> e2",
                s2=start(),
                t2=throw(escalation("LATE")),
                a2=service("work"),
                e2=end(),
            ),
        )
    )
    key = world.start()

    assert world.passed(key) == ["s", "b", "bh", "be"]
    assert world.here(key) == ["c"]
    world.work("work")
    assert world.status(key) == "completed"


def test_an_interrupting_escalation_cancels_the_called_process(world):
    world.deploy(
        processes(
            p=contents(
                "s -> c -> e",
                "b -> be",
                s=start(),
                c=call("q"),
                e=end(),
                b=boundary("c", escalation()),
                be=end(),
            ),
            q=contents(
                "s2 -> t2 -> a2 -> e2",
                s2=start(),
                t2=throw(escalation("LATE")),
                a2=service("work"),
                e2=end(),
            ),
        )
    )
    key = world.start()

    assert world.status(key) == "completed"
    assert world.activate("work") == []


def test_an_escalation_that_nothing_catches_is_in_the_history(world):
    world.deploy(process("s -> t -> e", s=start(), t=throw(escalation("LATE")), e=end()))

    key = world.start()

    journal = world.service.instance_journal(key)
    assert world.status(key) == "completed"
    assert "EscalationUncaught t LATE" in journal.items[0].facts


def test_a_link_is_taken_and_no_flow_is_shown_for_it(world):
    world.deploy(
        process(
            "s -> t",
            "c -> e",
            s=start(),
            t=throw(link("there")),
            c=catch(link("there")),
            e=end(),
        )
    )

    key = world.start()

    assert world.passed(key) == ["s", "t", "c", "e"]
    assert set(world.service.instance_diagram(key).taken_flows) == {"s_t", "c_e"}


def test_setting_a_variable_makes_a_condition_true(world):
    world.deploy(process("s -> c -> e", s=start(), c=catch(condition("stock > 5")), e=end()))
    key = world.start(variables={"stock": 1})

    assert world.waits(key) == ["Waits until stock > 5 is true."]
    world.service.set_variables(key, {"stock": 6}, actor="alice")

    assert world.status(key) == "completed"


def test_a_condition_that_became_true_is_remembered_between_transactions(world):
    world.deploy(guarded(condition("level > 3"), interrupting=False))
    key = world.start(variables={"level": 1})

    for level in (4, 5, 2, 7):
        world.service.set_variables(key, {"level": level}, actor="alice")

    assert world.work("handle") == 2
    world.work("work")
    assert world.status(key) == "completed"


def test_a_message_and_a_timer_are_both_needed(world):
    world.deploy(
        process(
            "s -> c -> e",
            s=start(),
            c=needing_all(catch(several(message("paid"), timer(duration="PT1H")))),
            e=end(),
        )
    )
    key = world.start()

    world.service.correlate_message("paid")
    assert world.status(key) == "active"
    world.clock.advance(HOUR)
    world.service.fire_due_timers(10)

    assert world.status(key) == "completed"


def test_variables_start_the_processes_whose_condition_they_meet(world):
    world.deploy(process("s -> a", s=start(condition("level > 3")), a=service("work")))
    world.deploy(
        process("s -> a", process_id="q", s=start(condition("level > 9")), a=service("work"))
    )

    assert world.service.start_where_conditions_hold({"level": 1}).started_keys == ()
    started = world.service.start_where_conditions_hold(
        {"level": 4}, business_key="A7", actor="bob"
    ).started_keys

    assert [world.here(key) for key in started] == [["a"]]
    assert world.variables(started[0]) == {"level": 4}


def test_a_message_or_a_timer_starts_a_process(world):
    world.deploy(
        process(
            "s -> a", s=start(several(message("go"), timer(cycle="R2/PT1H"))), a=service("work")
        )
    )

    world.service.correlate_message("go")
    world.clock.advance(HOUR)
    world.service.start_due_timers(10)

    assert world.work("work") == 2


def test_the_bench_moves_the_clock_to_an_event_sub_process():
    with ProcessTest() as bpmn:
        bpmn.deploy(
            process(
                "s -> sub -> e",
                s=start(),
                e=end(),
                sub=subprocess(
                    "s2 -> a -> e2",
                    s2=start(),
                    a=service("work"),
                    e2=end(),
                    esp=event_subprocess(
                        "es -> h -> ee", es=start(timer(duration="PT1H")), h=task(), ee=end()
                    ),
                ),
            )
        )
        bpmn.start("p")

        bpmn.advance(hours=1)

        bpmn.assert_passed("s", "s2", "es", "h", "ee", "e")
        bpmn.assert_not_passed("a")
        bpmn.assert_ended()


# Several triggers at the beginning of a process --------------------------------------------------


def test_each_of_several_messages_and_signals_starts_a_process(world):
    begin = start(several(message("red"), message("blue"), signal("alarm"), signal("alarm")))
    world.deploy(process("s -> a", s=begin, a=service("work")))

    world.service.correlate_message("red")
    world.service.correlate_message("blue")
    world.service.broadcast_signal("alarm")

    assert world.work("work") == 3


def all_needed(*triggers):
    begin = needing_all(start(several(*triggers)))
    return process("s -> a", s=begin, a=service("work"))


def test_messages_with_one_key_start_one_instance_when_all_have_come(world):
    world.deploy(all_needed(message("paid"), message("signed")))

    for name, order in (("paid", "1"), ("signed", "2"), ("signed", "1")):
        world.service.correlate_message(name, correlation_key=order)

    assert world.work("work") == 1


def test_a_signal_that_an_instance_waits_for_starts_no_other(world):
    world.deploy(all_needed(signal("ready"), signal("steady")))

    world.service.broadcast_signal("ready")
    assert world.work("work") == 0
    world.service.broadcast_signal("steady")

    assert world.work("work") == 1
    world.service.broadcast_signal("steady")
    assert world.work("work") == 0


def test_an_instance_that_waits_for_the_rest_of_its_start_says_so(world):
    world.deploy(all_needed(message("paid"), message("signed")))

    (key,) = world.service.correlate_message("paid", correlation_key="1").instance_keys

    assert world.here(key) == ["s"]
    assert [("signed" in words) for words in world.waits(key)] == [True]
