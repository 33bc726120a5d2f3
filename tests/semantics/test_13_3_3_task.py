"""13.3.3 Task."""

from __future__ import annotations

from bpmn_engine.kernel.effects import CreateJob, CreateUserTask, OpenSubscription, PublishMessage
from bpmn_engine.kernel.state import WaitKind
from tests.conformance.world import World
from tests.diagrams import (
    Element,
    boundary,
    contents,
    end,
    error,
    event_based,
    manual,
    message,
    process,
    processes,
    receive,
    script,
    service,
    start,
    task,
    user,
)
from tests.kernel import started


def around(element: Element) -> bytes:
    return process("s -> a -> e", s=start(), a=element, e=end())


def send(name: str) -> Element:
    return Element("sendTask", {"messageRef": f"Message_{name}"}, roots=message(name).roots)


def test_a_service_task_invokes_its_service_with_its_inputs():
    """13.3.3, 1st."""
    run = started(around(service("pay", inputs={"sum": "price * 2"})), {"price": 4})

    assert [job.job_type for job in run.sent(CreateJob)] == ["pay"]
    visit = run.wait("a", WaitKind.JOB).visit
    assert dict(run.state.variables[visit]) == {"sum": 8}


def test_a_service_task_completes_with_its_service_and_takes_its_outputs():
    """13.3.3, 2nd."""
    run = started(around(service("pay", outputs={"receipt": "number"})))
    assert run.passed == ["s"]

    run.complete("a", {"number": 7})

    assert run.variables == {"receipt": 7}
    assert run.is_completed


def test_a_fault_of_the_service_is_an_error_that_interrupts():
    """13.3.3, 3rd."""
    diagram = process(
        "s -> a -> e",
        "wrong -> x",
        s=start(),
        a=service("pay"),
        e=end(),
        wrong=boundary("a", error("NO_MONEY")),
        x=end(),
    )
    run = started(diagram)

    run.throw("a", "NO_MONEY")

    assert run.terminated == ["a"]
    assert run.passed == ["s", "wrong", "x"]


def test_a_send_task_sends_its_message_and_completes():
    """13.3.3, 4th."""
    run = started(around(send("invoice")))

    assert [sent.name for sent in run.sent(PublishMessage)] == ["invoice"]
    assert run.passed == ["s", "a", "e"]


def test_a_receive_task_begins_to_wait_when_it_is_active():
    """13.3.3, 5th."""
    run = started(process("s -> b -> a", s=start(), b=service("b"), a=receive(message("m"))))
    assert run.sent(OpenSubscription) == []

    run.complete("b")

    assert [one.name for one in run.sent(OpenSubscription)] == ["m"]


def test_a_receive_task_completes_when_its_message_comes_and_has_its_data():
    """13.3.3, 6th."""
    run = started(around(receive(message("m"))))
    assert run.passed == ["s"]

    run.deliver("a", {"n": 1})

    assert run.is_completed
    assert run.variables == {"n": 1}


def test_a_message_goes_to_one_waiting_instance_at_most():
    """13.3.3, 7th."""
    world = World(around(receive(message("m"))))
    one, other = world.start("p"), world.start("p")

    world.publish("m")

    assert (one.is_open, other.is_open) == (False, True)


def test_a_receive_task_that_instantiates_begins_an_instance():
    """13.3.3, 8th."""
    sender = contents("s -> a -> e", s=start(), a=send("order"), e=end())
    receiver = contents("r -> e2", r=receive(message("order"), instantiate="true"), e2=end())
    world = World(processes(sender=sender, receiver=receiver))

    world.start("sender")

    assert [one.process_id for one in world.instances] == ["sender", "receiver"]


def test_a_user_task_is_offered_to_those_it_names():
    """13.3.3, 9th."""
    run = started(around(user(groups="sales, support")))

    (offered,) = run.sent(CreateUserTask)
    assert offered.candidate_groups == ("sales", "support")
    assert run.passed == ["s"]


def test_a_user_task_completes_when_the_work_is_done():
    """13.3.3, 10th."""
    run = started(around(user(assignee="Alice")))

    run.complete("a", {"approved": True})

    assert run.is_completed
    assert run.variables == {"approved": True}


def test_a_manual_task_is_never_done_by_the_engine():
    """13.3.3, 11th."""
    run = started(around(manual()))

    assert run.passed == ["s", "a", "e"]
    assert run.sent(CreateJob) == []
    assert run.sent(CreateUserTask) == []


def test_a_business_rule_task_completes_with_its_rule():
    """13.3.3, 12th."""
    rule = Element("businessRuleTask", extensions='<zeebe:taskDefinition type="rules"/>')
    run = started(around(rule))
    assert run.passed == ["s"]

    run.complete("a", {"discount": 3})

    assert run.is_completed
    assert run.variables == {"discount": 3}


def test_a_script_task_runs_its_script_and_completes():
    """13.3.3, 13th."""
    run = started(around(script("n + 1", "n")), {"n": 1})

    assert run.variables == {"n": 2}
    assert run.is_completed


def test_an_abstract_task_completes_when_it_is_active():
    """13.3.3, 14th."""
    run = started(around(task()))

    assert run.passed == ["s", "a", "e"]


def test_a_receive_task_after_an_event_based_gateway_takes_what_the_message_brings():
    """13.3.3, 15th."""
    diagram = process(
        "s -> g -> a, b -> e",
        s=start(),
        g=event_based(),
        a=receive(message("yes")),
        b=receive(message("no")),
        e=end(),
    )
    run = started(diagram)

    run.deliver("b", {"why": "late"})

    assert run.passed == ["s", "g", "b", "e"]
    assert run.variables == {"why": "late"}
