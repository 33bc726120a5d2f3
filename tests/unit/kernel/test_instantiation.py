"""Receive tasks and event-based gateways that start a process (BPMN 2.0.2, section 13.2)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import RejectionReason, StartInstance
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.conformance.world import World
from tests.diagrams import (
    catch,
    contents,
    end,
    event_based,
    message,
    parallel,
    process,
    processes,
    receive,
    service,
    signal,
    start,
    subprocess,
    throw,
    timer,
)
from tests.kernel import Run, compiled, started

RECEIVING = process(
    "r -> a -> e", r=receive(message("order"), instantiate="true"), a=service("x"), e=end()
)


def gated(**attributes: str) -> bytes:
    return process(
        "g -> m -> a -> j",
        "g -> n -> b -> j",
        "j -> e",
        g=event_based(instantiate="true", **attributes),
        m=catch(message("first")),
        n=catch(signal("second")),
        a=service("a"),
        b=service("b"),
        j=parallel(),
        e=end(),
    )


def test_the_message_of_a_receive_task_starts_the_process_and_is_received():
    run = started(RECEIVING, {"id": 7}, at="r")

    assert run.passed == ["r"]
    assert run.waiting == ["a"]
    assert run.variables == {"id": 7}


def test_a_process_that_a_receive_task_starts_is_not_started_by_hand():
    run = Run(compiled(RECEIVING))

    rejection = run.send(StartInstance())

    assert rejection is not None
    assert rejection.reason is RejectionReason.NOT_FOUND


@pytest.mark.parametrize(("at", "waiting"), [("m", ["a"]), ("n", ["b"])])
def test_one_event_after_an_exclusive_gateway_starts_the_process_without_the_others(at, waiting):
    run = started(gated(), at=at)

    assert run.passed == ["g", at]
    assert run.flows[0] == f"g_{at}"
    assert run.waiting == waiting


def test_after_a_parallel_gateway_the_other_events_are_waited_for():
    run = started(gated(eventGatewayType="Parallel"), at="m")
    assert run.waiting == ["a", "n"]
    run.complete("a")
    assert not run.is_completed

    run.deliver("n")
    run.complete("b")

    assert run.passed.count("g") == 1
    assert run.passed[-2:] == ["j", "e"]
    assert run.is_completed


def test_the_gateway_itself_starts_nothing():
    run = Run(compiled(gated()))

    assert run.send(StartInstance(element_id="g")) is not None


def test_each_message_starts_an_instance_and_no_other_message_does():
    sender = contents("s -> t", s=start(), t=throw(message("order")))
    receiver = contents("r -> a", r=receive(message("order"), instantiate="true"), a=service("x"))
    world = World(processes(sender=sender, receiver=receiver))
    world.publish("something else")
    assert world.instances == []

    world.start("sender")
    world.start("sender")

    assert [one.process_id for one in world.instances].count("receiver") == 2


def test_an_event_based_gateway_leads_to_receive_tasks():
    diagram = process(
        "s -> g -> r, t -> e",
        s=start(),
        g=event_based(),
        r=receive(message("order")),
        t=catch(timer(duration="PT1H")),
        e=end(),
    )
    run = started(diagram)

    run.deliver("r", {"id": 1})

    assert run.passed == ["s", "g", "r", "e"]
    assert run.variables == {"id": 1}
    assert run.waits("t") == []
    assert not any(wait.kind is WaitKind.MESSAGE for wait in run.state.waits.values())


@pytest.mark.parametrize(
    ("xml", "element_id"),
    [
        (process("s -> r", s=start(), r=receive(message("m"), instantiate="true")), "r"),
        (
            process(
                "s -> x",
                s=start(),
                x=subprocess("r -> k", r=receive(message("m"), instantiate="true"), k=end()),
            ),
            "r",
        ),
        (
            process(
                "g -> m",
                "g -> t",
                g=event_based(instantiate="true"),
                m=catch(message("m")),
                t=catch(timer(duration="PT1H")),
            ),
            "g",
        ),
        (
            process(
                "s -> g -> m, n",
                s=start(),
                g=event_based(eventGatewayType="Parallel"),
                m=catch(message("m")),
                n=catch(message("n")),
            ),
            "g",
        ),
    ],
)
def test_what_cannot_start_a_process_is_refused(xml, element_id):
    outcome = read_definitions(xml)

    assert isinstance(outcome, Refusal)
    assert element_id in {found.element_id for found in outcome.violations}
