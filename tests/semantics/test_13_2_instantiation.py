"""13.2 Process instantiation and termination."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.effects import PublishMessage
from bpmn_engine.kernel.lifecycle import InstanceStatus
from tests.conformance.world import World
from tests.diagrams import (
    boundary,
    catch,
    end,
    error,
    event_based,
    exclusive,
    message,
    needing_all,
    process,
    receive,
    service,
    several,
    signal,
    start,
    subprocess,
    task,
    terminate,
    throw,
    timer,
)
from tests.kernel import started
from tests.semantics.refusals import refused_by

BY_TWO_EVENTS = process(
    "paid -> ship -> e",
    "asked -> answer -> e",
    paid=start(message("payment")),
    asked=start(message("question")),
    ship=service("ship"),
    answer=service("answer"),
    e=end(),
)


def gateway(**attributes: str) -> bytes:
    return process(
        "g -> paid -> ship -> e",
        "g -> signed -> file -> e",
        g=event_based(instantiate="true", **attributes),
        paid=catch(message("payment")),
        signed=catch(message("signature")),
        ship=service("ship"),
        file=service("file"),
        e=end(),
    )


def test_a_process_begins_when_one_of_its_start_events_occurs():
    """13.2, 1st."""
    world = World(BY_TWO_EVENTS)
    world.publish("weather")
    assert world.instances == []

    world.publish("question")

    assert [one.run.waiting for one in world.instances] == [["answer"]]


def test_each_occurrence_of_a_start_event_makes_an_instance_of_its_own():
    """13.2, 2nd."""
    world = World(BY_TWO_EVENTS)

    world.publish("payment")
    world.publish("payment")

    assert [one.run.waiting for one in world.instances] == [["ship"], ["ship"]]


def test_an_event_of_the_same_conversation_goes_to_the_instance_that_waits_for_it():
    """13.2, 3rd."""
    world = World(gateway(eventGatewayType="Parallel"))

    world.publish("payment")
    world.publish("signature")

    assert len(world.instances) == 1


@pytest.mark.parametrize("event", ["payment", "signature"])
def test_an_exclusive_event_based_gateway_makes_an_instance_by_the_first_event(event):
    """13.2, 4th."""
    world = World(gateway())

    world.publish(event)

    (instance,) = world.instances
    assert instance.run.passed[0] == "g"


def test_after_an_exclusive_gateway_the_other_events_are_not_waited_for():
    """13.2, 5th."""
    world = World(gateway())

    world.publish("payment")
    world.publish("signature")

    assert [one.run.waiting for one in world.instances] == [["ship"], ["file"]]


def test_a_receive_task_without_incoming_flow_begins_a_process():
    """13.2, 6th."""
    world = World(
        process("r -> a", r=receive(message("order"), instantiate="true"), a=service("a"))
    )

    world.publish("order", {"number": 7})

    (instance,) = world.instances
    assert instance.run.passed == ["r"]
    assert instance.run.variables == {"number": 7}


def test_after_a_parallel_gateway_the_instance_waits_for_the_other_events():
    """13.2, 7th."""
    run = started(gateway(eventGatewayType="Parallel"), at="paid")

    assert run.waiting == ["ship", "signed"]


def test_an_instance_of_a_parallel_gateway_ends_only_when_all_its_events_have_occurred():
    """13.2, 8th."""
    run = started(gateway(eventGatewayType="Parallel"), at="paid")
    run.complete("ship")
    assert not run.is_completed

    run.deliver("signed")
    run.complete("file")

    assert run.is_completed


def test_a_start_event_that_needs_all_its_triggers_makes_one_instance_of_them():
    """13.2, 9th."""
    both = needing_all(start(several(message("payment"), message("signature"))))
    world = World(process("s -> ship -> e", s=both, ship=service("ship"), e=end()))
    world.publish("payment")
    assert all("ship" not in one.run.waiting for one in world.instances)

    world.publish("signature")

    assert [one.run.waiting for one in world.instances] == [["ship"]]


def test_start_events_are_alternatives_and_none_waits_for_another():
    """13.2, 10th."""
    run = started(BY_TWO_EVENTS, at="paid")

    run.complete("ship")

    assert run.passed == ["paid", "ship", "e"]
    assert run.is_completed


def test_there_may_be_several_parallel_gateways_that_begin_a_process():
    """13.2, 11th."""
    diagram = process(
        "g -> paid, signed -> e",
        "h -> asked, heard -> e",
        g=event_based(instantiate="true", eventGatewayType="Parallel"),
        h=event_based(instantiate="true", eventGatewayType="Parallel"),
        paid=catch(message("payment")),
        signed=catch(message("signature")),
        asked=catch(message("question")),
        heard=catch(signal("alarm")),
        e=end(),
    )

    run = started(diagram, at="asked")

    assert run.waiting == ["heard"]
    run.deliver("heard")
    assert run.is_completed


def test_a_start_event_puts_a_token_on_each_of_its_flows():
    """13.2, 12th."""
    run = started(process("s -> a, b", s=start(), a=service("a"), b=service("b")))

    assert run.flows == ["s_a", "s_b"]
    assert run.waiting == ["a", "b"]


def test_an_instance_is_open_as_long_as_a_token_is_left_in_it():
    """13.2, 13th."""
    run = started(process("s -> a, b -> e", s=start(), a=service("a"), b=service("b"), e=end()))

    run.complete("a")

    assert run.passed == ["s", "a", "e"]
    assert not run.is_completed


def test_an_instance_is_open_as_long_as_an_activity_in_it_is_active():
    """13.2, 14th."""
    inside = subprocess("i -> work", i=start(), work=service("work"))
    run = started(process("s -> sub -> e", s=start(), sub=inside, e=end()))
    assert not run.is_completed

    run.complete("work")

    assert run.is_completed


def test_a_token_ends_where_no_flow_leaves():
    """13.2, 15th."""
    run = started(process("s -> a", s=start(), a=task()))

    assert run.passed == ["s", "a"]
    assert run.is_completed


def test_a_token_that_reaches_an_end_event_makes_it_do_what_it_is_for():
    """13.2, 16th."""
    diagram = process(
        "s -> x",
        "x -> told if tells",
        "x -> quiet default",
        s=start(),
        x=exclusive(),
        told=end(message("news")),
        quiet=end(),
    )

    run, other = started(diagram, {"tells": True}), started(diagram, {"tells": False})

    assert [sent.name for sent in run.sent(PublishMessage)] == ["news"]
    assert other.sent(PublishMessage) == []


def test_a_terminate_end_event_stops_the_whole_instance():
    """13.2, 17th."""
    run = started(
        process("s -> a, t", "a -> e", s=start(), a=service("a"), t=terminate(), e=end())
    )

    assert run.terminated == ["a"]
    assert "e" not in run.passed
    assert run.state.status is InstanceStatus.COMPLETED


@pytest.mark.parametrize(
    "diagram",
    [
        process("g -> m", "s -> g", s=start(), g=event_based(instantiate="true"), m=task()),
        process(
            "s -> sub",
            s=start(),
            sub=subprocess(
                "g -> m, n",
                g=event_based(instantiate="true"),
                m=catch(message("a")),
                n=catch(message("b")),
            ),
        ),
    ],
)
def test_a_gateway_that_begins_a_process_stands_at_its_beginning(diagram):
    """13.2, 18th."""
    assert "instantiation" in refused_by(diagram)


def test_what_stands_beside_a_start_event_without_a_flow_does_not_begin_by_itself():
    """13.2, 19th. Deviating: 10.3 lets it begin with the process; neither Camunda does."""
    diagram = process("s -> a", s=start(), a=task(), alone=task())

    assert "no-incoming-flow" in refused_by(diagram)


def test_an_error_that_nobody_catches_keeps_the_instance_open_for_a_person():
    """13.2, 20th. Deviating: the standard leaves open what follows; nothing is lost this way."""
    run = started(process("s -> x", s=start(), x=end(error("E"))))

    assert not run.is_completed
    assert run.incident.error_code == "E"


def test_a_timer_of_an_open_activity_does_not_keep_an_instance_open():
    """13.2, 21st."""
    diagram = process(
        "s -> a -> e",
        "late -> remind",
        s=start(),
        a=service("a"),
        e=end(),
        late=boundary("a", timer(duration="PT1H"), interrupting=False),
        remind=throw(message("reminder")),
    )
    run = started(diagram)

    run.complete("a")

    assert run.is_completed
    assert "late" not in run.passed
