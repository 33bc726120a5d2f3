"""Complex gateways (BPMN 2.0.2, section 13.4.5)."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    boundary,
    complex_gateway,
    end,
    exclusive,
    parallel,
    process,
    service,
    start,
    subprocess,
    task,
    timer,
)
from tests.kernel import started


def two_of_three(*more: str, condition: str = "activationCount >= 2") -> bytes:
    return process(
        "s -> f -> a, b, c -> j",
        *(more or ("j -> e",)),
        s=start(),
        f=parallel(),
        a=service("a"),
        b=service("b"),
        c=service("c"),
        j=complex_gateway(condition),
        e=end(),
        **({"again": end()} if more else {}),
    )


def test_the_gateway_fires_when_its_activation_condition_becomes_true():
    run = started(two_of_three())

    run.complete("a")
    assert "j" not in run.passed
    run.complete("c")

    assert run.passed[-2:] == ["j", "e"]
    assert run.waiting == ["b"]


def test_the_last_token_resets_the_gateway_and_goes_no_further():
    run = started(two_of_three())
    for name in "acb":
        run.complete(name)

    assert run.passed.count("j") == 2
    assert run.passed.count("e") == 1
    assert run.is_completed


def test_conditions_may_send_a_token_at_the_reset_only():
    diagram = two_of_three("j -> e if waitingForStart", "j -> again if not(waitingForStart)")
    run = started(diagram)
    run.complete("a")
    run.complete("b")
    assert "again" not in run.passed

    run.complete("c")

    assert run.passed.count("e") == 1
    assert run.passed.count("again") == 1


def test_the_tokens_of_each_flow_are_known_by_number_and_by_id():
    by_number = started(two_of_three(condition="x1 + x3 >= 2"))
    by_id = started(two_of_three(condition="a_j + c_j >= 2"))
    for run in (by_number, by_id):
        run.complete("a")
        run.complete("b")
        assert "j" not in run.passed

        run.complete("c")

        assert run.passed.count("e") == 1
        assert run.is_completed


def test_a_variable_is_not_hidden_by_the_number_of_a_flow():
    run = started(two_of_three(condition='x1 = "go"'), {"x1": "go"})

    run.complete("b")

    assert run.passed[-2:] == ["j", "e"]


def test_the_reset_does_not_wait_for_a_token_that_cannot_come():
    diagram = process(
        "s -> f -> a, b -> j -> e",
        "late -> g",
        s=start(),
        f=parallel(),
        a=service("a"),
        b=service("b"),
        late=boundary("b", timer(duration="PT1H")),
        j=complex_gateway("activationCount >= 1"),
        e=end(),
        g=end(),
    )
    run = started(diagram)
    run.complete("a")
    assert run.state.resets

    run.fire("late")

    assert not run.state.resets
    assert run.passed.count("e") == 1
    assert run.is_completed


def test_a_second_token_on_a_flow_counts_for_the_next_round():
    diagram = process(
        "s -> f -> a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=task(completionQuantity="2"),
        b=service("b"),
        j=complex_gateway("activationCount >= 1"),
        e=end(),
    )
    run = started(diagram)
    assert run.passed.count("e") == 1

    run.complete("b")

    assert run.passed.count("e") == 2
    assert run.is_completed


def test_a_gateway_in_a_loop_fires_in_each_round():
    diagram = process(
        "s -> m -> f -> a, b -> j -> n -> x",
        "x -> m if n < 3",
        "x -> e default",
        s=start(),
        m=exclusive(),
        f=parallel(),
        a=task(),
        b=task(),
        j=complex_gateway("activationCount >= 2"),
        n=service("n"),
        x=exclusive(),
        e=end(),
    )
    run = started(diagram, {"n": 0})

    for count in (1, 2, 3):
        run.complete("n", {"n": count})

    assert run.passed.count("j") == 3
    assert run.is_completed


def test_a_split_takes_every_flow_whose_condition_holds_and_the_default_for_none():
    diagram = process(
        "s -> x",
        "x -> a if n > 1",
        "x -> b if n > 2",
        "x -> c default",
        s=start(),
        x=complex_gateway(),
        a=end(),
        b=end(),
        c=end(),
    )

    assert started(diagram, {"n": 3}).passed == ["s", "x", "a", "b"]
    assert started(diagram, {"n": 2}).passed == ["s", "x", "a"]
    assert started(diagram, {"n": 1}).passed == ["s", "x", "c"]


def test_no_condition_true_and_no_default_is_an_incident():
    diagram = process(
        "s -> x",
        "x -> a if n > 1",
        "x -> b if n > 2",
        s=start(),
        x=complex_gateway(),
        a=end(),
        b=end(),
    )
    run = started(diagram, {"n": 0})
    assert run.incident.kind is IncidentKind.NO_FLOW

    run.set(n=2)
    run.resolve()

    assert run.passed == ["s", "x", "a"]


def test_a_failing_activation_condition_is_asked_again_when_its_incident_is_resolved():
    run = started(two_of_three(condition="activationCount >= wanted"))
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(wanted=1)
    run.resolve()

    assert run.passed[-2:] == ["j", "e"]


def test_a_condition_that_stays_false_is_a_stuck_join():
    run = started(two_of_three(condition="activationCount > 3"))

    for name in "abc":
        run.complete(name)

    assert run.incident.kind is IncidentKind.STUCK_JOIN
    assert "activation condition of j" in run.incident.message


def test_each_scope_has_a_gateway_of_its_own():
    inner = subprocess(
        "i -> f -> a, b -> j -> k",
        i=start(),
        f=parallel(),
        a=task(),
        b=service("b"),
        j=complex_gateway("activationCount >= 1"),
        k=end(),
    )
    run = started(process("s -> sub -> e", s=start(), sub=inner, e=end()))
    assert run.passed.count("k") == 1

    run.complete("b")

    assert run.passed.count("k") == 1
    assert run.is_completed
    assert not run.state.resets


def test_a_join_without_an_activation_condition_is_refused():
    outcome = read_definitions(
        process(
            "s -> f -> a, b -> j -> e",
            s=start(),
            f=parallel(),
            a=task(),
            b=task(),
            j=complex_gateway(),
            e=end(),
        )
    )

    assert isinstance(outcome, Refusal)
    assert [(v.rule, v.element_id) for v in outcome.violations] == [("activation-condition", "j")]
