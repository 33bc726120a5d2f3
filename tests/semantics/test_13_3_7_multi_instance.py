"""13.3.7 Multiple instances activity."""

from __future__ import annotations

from bpmn_engine.kernel.effects import BroadcastSignal
from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import (
    boundary,
    each,
    end,
    process,
    service,
    signal,
    start,
    task,
    times,
    when,
)
from tests.kernel import Run, started

PAIR = ["Alice", "Bob"]


def looping(loop, **variables) -> Run:
    diagram = process("s -> a -> e", s=start(), a=service("a", loop=loop), e=end())
    return started(diagram, variables)


def test_in_sequence_an_instance_begins_when_the_one_before_has_completed():
    """13.3.7, 1st."""
    run = looping(times("2", sequential=True))
    assert run.waiting == ["a"]
    run.complete("a")
    assert run.waiting == ["a"]

    run.complete("a")

    assert run.is_completed


def test_in_parallel_all_instances_begin_at_once():
    """13.3.7, 2nd."""
    run = looping(times("3"))

    assert run.waiting == ["a", "a", "a"]


def test_the_number_of_instances_is_the_cardinality():
    """13.3.7, 3rd."""
    run = looping(times("n + 1"), n=1)

    assert len(run.waiting) == 2


def test_the_cardinality_is_asked_once_when_the_activity_begins():
    """13.3.7, 4th."""
    run = looping(times("n"), n=2)

    run.complete("a", {"n": 5})

    assert run.waiting == ["a"]


def test_a_cardinality_has_to_be_a_whole_number():
    """13.3.7, 5th."""
    run = looping(times("n"), n="many")

    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.waiting == []


def test_a_collection_makes_one_instance_for_each_item():
    """13.3.7, 6th."""
    run = looping(each("names", "name"), names=PAIR)

    seen = [run.state.variables[wait.visit]["name"] for wait in run.waits("a")]

    assert seen == PAIR


def test_the_results_are_gathered_in_the_order_of_the_items():
    """13.3.7, 7th."""
    run = looping(each("names", "name", gather=("told", "name + answer")), names=PAIR)
    first, second = run.waits("a")
    assert first.key < second.key

    run.complete("a", {"answer": "1"})
    run.complete("a", {"answer": "2"})

    assert run.variables["told"] == ["Alice1", "Bob2"]


def test_gathered_results_appear_when_all_instances_have_completed():
    """13.3.7, 8th."""
    run = looping(each("names", "name", gather=("told", "name")), names=PAIR)

    run.complete("a")

    assert "told" not in run.variables


def test_the_completion_condition_is_asked_whenever_an_instance_completes():
    """13.3.7, 9th."""
    loop = each("names", until="numberOfCompletedInstances >= 2")
    run = looping(loop, names=[1, 2, 3])
    run.complete("a")
    assert len(run.waiting) == 2

    run.complete("a")

    assert run.is_completed


def test_a_true_completion_condition_cancels_the_remaining_instances_and_makes_a_token():
    """13.3.7, 10th."""
    run = looping(each("names", until="true"), names=[1, 2, 3])

    run.complete("a")

    assert run.terminated == ["a", "a"]
    assert run.flows == ["s_a", "a_e"]


def test_in_sequence_a_true_completion_condition_begins_no_other_instance():
    """13.3.7, 11th."""
    run = looping(each("names", sequential=True, until="true"), names=[1, 2, 3])

    run.complete("a")

    assert run.terminated == []
    assert run.passed == ["s", "a", "a", "e"]


def test_the_counters_of_the_standard_can_be_read():
    """13.3.7, 12th."""
    until = (
        "numberOfInstances = 3 and numberOfActiveInstances = 1 "
        "and numberOfCompletedInstances = 2 and numberOfTerminatedInstances = 0"
    )
    run = looping(each("names", until=until), names=[1, 2, 3])
    run.complete("a")
    assert len(run.waiting) == 2

    run.complete("a")

    assert run.is_completed


def test_each_instance_knows_its_number():
    """13.3.7, 13th."""
    run = looping(times("3"))

    seen = [run.state.variables[wait.visit]["loopCounter"] for wait in run.waits("a")]

    assert seen == [1, 2, 3]


def test_with_behavior_all_one_token_leaves_when_all_instances_have_completed():
    """13.3.7, 14th."""
    run = looping(times("2", behavior='behavior="All"'))
    run.complete("a")
    assert run.flows == ["s_a"]

    run.complete("a")

    assert run.flows == ["s_a", "a_e"]


def throwing(behavior: str, complex_events: str = "") -> Run:
    thrown = signal("ready")
    loop = times("2", behavior=behavior, complex_events=complex_events)
    diagram = process(
        "s -> a -> e",
        "b -> h",
        s=start(),
        a=service("a", loop=loop),
        e=end(),
        b=boundary("a", thrown, interrupting=False),
        h=task(),
    )
    declared = b'<bpmn:signalEventDefinition id="Thrown" signalRef="Signal_ready"/>'
    return started(diagram.replace(b"<bpmn:process ", declared + b"<bpmn:process ", 1))


def test_with_behavior_none_each_instance_that_completes_throws_an_event():
    """13.3.7, 15th."""
    run = throwing('behavior="None" noneBehaviorEventRef="Thrown"')

    run.complete("a")
    assert run.passed.count("h") == 1
    run.complete("a")

    assert run.passed.count("h") == 2


def test_with_behavior_one_only_the_first_instance_that_completes_throws():
    """13.3.7, 16th."""
    run = throwing('behavior="One" oneBehaviorEventRef="Thrown"')

    run.complete("a")
    run.complete("a")

    assert run.passed.count("h") == 1


def test_with_behavior_complex_an_event_is_thrown_when_its_condition_is_true():
    """13.3.7, 17th."""
    run = throwing('behavior="Complex"', when("numberOfCompletedInstances = 2", signal("ready")))

    run.complete("a")
    assert run.passed.count("h") == 0
    run.complete("a")

    assert run.passed.count("h") == 1


def test_what_is_thrown_is_caught_at_the_boundary_of_the_activity():
    """13.3.7, 18th."""
    run = throwing('behavior="One" oneBehaviorEventRef="Thrown"')

    run.complete("a")

    assert "b" in run.passed
    assert run.sent(BroadcastSignal) == []


def test_no_instance_at_all_completes_at_once():
    """13.3.7, 19th."""
    run = looping(times("0"))

    assert run.flows == ["s_a", "a_e"]
    assert run.is_completed
