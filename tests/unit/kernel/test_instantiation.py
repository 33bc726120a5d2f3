"""Receive tasks and event-based gateways that start a process (BPMN 2.0.2, section 13.2)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import RejectionReason, StartInstance
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.conformance.world import World
from tests.diagrams import (
    Trigger,
    catch,
    condition,
    contents,
    end,
    event_based,
    message,
    needing_all,
    parallel,
    process,
    processes,
    receive,
    service,
    several,
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
        (
            process(
                "s, t -> r",
                s=start(),
                t=start(message("n")),
                r=receive(message("m"), instantiate="true"),
            ),
            "r",
        ),
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
                "g -> u",
                "g -> t",
                g=event_based(instantiate="true", eventGatewayType="Parallel"),
                u=catch(timer(duration="PT2H")),
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


# Several triggers of one start event ------------------------------------------------------------


def both(trigger: Trigger, other: Trigger, *, parallel: bool) -> bytes:
    event = start(several(trigger, other))
    return process("s -> a", s=needing_all(event) if parallel else event, a=service("a"))


def occur(xml: bytes, kind: WaitKind | None, name: str | None = None, **variables) -> Run:
    run = Run(compiled(xml))
    run.do(StartInstance(element_id="s", trigger=kind, trigger_name=name, variables=variables))
    return run


@pytest.mark.parametrize("name", ["yes", "no"])
def test_one_of_several_triggers_is_enough(name):
    run = occur(both(message("yes"), message("no"), parallel=False), WaitKind.MESSAGE, name)

    assert run.waiting == ["a"]


def test_when_all_are_needed_the_instance_waits_for_those_that_did_not_occur():
    run = occur(both(message("yes"), signal("go"), parallel=True), WaitKind.MESSAGE, "yes")
    (wait,) = run.waits("s")
    assert (wait.kind, wait.name) == (WaitKind.SIGNAL, "go")
    assert run.passed == []

    run.deliver("s", {"n": 1})

    assert run.passed == ["s"]
    assert run.waiting == ["a"]
    assert run.variables == {"n": 1}


def test_started_by_hand_it_waits_for_all_of_them():
    run = occur(both(message("yes"), signal("go"), parallel=True), None)

    assert run.waiting == ["s", "s"]


def test_a_timer_among_them_is_waited_for():
    run = occur(
        both(message("yes"), timer(duration="PT1H"), parallel=True), WaitKind.MESSAGE, "yes"
    )
    assert run.waiting == ["s"]

    run.fire("s")

    assert run.waiting == ["a"]


def test_a_condition_among_them_is_asked_by_the_instance():
    diagram = both(message("yes"), condition("n > 1"), parallel=True)
    met = occur(diagram, WaitKind.MESSAGE, "yes", n=2)
    run = occur(diagram, WaitKind.MESSAGE, "yes", n=0)
    assert met.waiting == ["a"]
    assert run.waiting == ["s"]

    run.set(n=2)

    assert run.waiting == ["a"]


def test_a_condition_beside_a_message_counts_only_where_it_occurred():
    diagram = both(message("yes"), condition("n > 1"), parallel=False)

    assert occur(diagram, WaitKind.MESSAGE, "yes", n=0).waiting == ["a"]
    assert occur(diagram, WaitKind.CONDITION, n=2).waiting == ["a"]
    run = Run(compiled(diagram))
    false = StartInstance(element_id="s", trigger=WaitKind.CONDITION, variables={"n": 0})
    assert run.send(false) is not None


def test_a_trigger_whose_key_fails_is_an_incident_until_it_can_be_waited_for():
    diagram = both(message("yes"), message("no", "order.id"), parallel=True)
    run = occur(diagram, WaitKind.MESSAGE, "yes", order=None)
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.waiting == []

    run.set(order={"id": 7})
    run.resolve()

    assert run.waiting == ["s", "s"]


# After a start event, before others -------------------------------------------------------------


AFTER_START = process(
    "s -> r -> a", s=start(), r=receive(message("m"), instantiate="true"), a=service("a")
)


def test_the_message_of_a_receive_task_after_a_start_event_starts_there():
    run = started(AFTER_START, {"id": 7}, at="r")

    assert run.passed == ["s", "r"]
    assert run.flows == ["s_r", "r_a"]
    assert run.waiting == ["a"]


def test_by_its_start_event_the_receive_task_waits_for_its_message():
    run = started(AFTER_START)
    assert run.waiting == ["r"]

    run.deliver("r")

    assert run.waiting == ["a"]


@pytest.mark.parametrize(
    ("trigger", "kind"),
    [(timer(duration="PT1H"), WaitKind.TIMER), (condition("n > 1"), WaitKind.CONDITION)],
)
def test_a_timer_or_condition_after_an_exclusive_gateway_starts_the_process(trigger, kind):
    diagram = process(
        "g -> m -> a",
        "g -> t -> b",
        g=event_based(instantiate="true"),
        m=catch(message("m")),
        t=catch(trigger),
        a=service("a"),
        b=service("b"),
    )
    graph = compiled(diagram)
    (index,) = (one for one in graph.start_events if graph.nodes[one].element_id == "t")
    assert len(graph.instantiating_triggers(index)) == 1
    run = Run(graph)

    run.do(StartInstance(element_id="t", trigger=kind, variables={"n": 2}))

    assert run.passed == ["g", "t"]
    assert run.waiting == ["b"]


def test_a_timer_after_a_parallel_gateway_starts_nothing_but_is_waited_for():
    diagram = process(
        "g -> m -> a",
        "g -> t -> b",
        g=event_based(instantiate="true", eventGatewayType="Parallel"),
        m=catch(message("m")),
        t=catch(timer(duration="PT1H")),
        a=service("a"),
        b=service("b"),
    )
    graph = compiled(diagram)
    begins = {
        graph.nodes[one].element_id: len(graph.instantiating_triggers(one))
        for one in graph.start_events
    }
    assert begins == {"m": 1, "t": 0}

    run = started(diagram, at="m")

    assert run.waiting == ["a", "t"]


def test_several_triggers_of_an_event_after_an_exclusive_gateway_start_the_process():
    diagram = process(
        "g -> m -> a",
        "g -> n -> b",
        g=event_based(instantiate="true"),
        m=catch(several(message("red"), signal("blue"))),
        n=catch(message("green")),
        a=service("a"),
        b=service("b"),
    )
    world = World(diagram)

    world.publish("red")

    assert [one.run.waiting for one in world.instances] == [["a"]]
