"""Conditional events (BPMN 2.0.2, section 10.5.5) in every position but the process start."""

import pytest

from bpmn_engine.kernel.commands import (
    Rejection,
    ResumeInstance,
    SetVariables,
    StartInstance,
    SuspendInstance,
)
from bpmn_engine.kernel.effects import CloseWait, OpenSubscription, ScheduleTimer
from bpmn_engine.kernel.state import ROOT, IncidentKind, WaitKind
from bpmn_engine.store.codec import decode_state, encode_state
from tests.diagrams import (
    boundary,
    catch,
    condition,
    each,
    end,
    event_based,
    event_subprocess,
    message,
    parallel,
    process,
    script,
    service,
    start,
    subprocess,
    task,
)
from tests.kernel import Run, compiled, started


def waiting_for(feel, **filters):
    return process("s -> c -> e", s=start(), c=catch(condition(feel, **filters)), e=end())


def guarded(feel, *, interrupting=True, host=None, **filters):
    return process(
        "s -> a -> e",
        "b -> bh",
        s=start(),
        a=host or service("work"),
        e=end(),
        b=boundary("a", condition(feel, **filters), interrupting=interrupting),
        bh=task(),
    )


# Intermediate catch events ------------------------------------------------------------------


def test_a_condition_that_holds_already_lets_the_token_pass():
    run = started(waiting_for("stock > 5"), {"stock": 6})

    assert run.is_completed


def test_a_token_waits_until_the_condition_becomes_true():
    run = started(waiting_for("stock > 5"), {"stock": 1})

    run.set(stock=5)
    assert run.waiting == ["c"]
    run.set(stock=6)

    assert run.is_completed


def test_a_variable_that_is_not_set_yet_makes_it_false():
    run = started(waiting_for("stock > 5"))

    assert run.waiting == ["c"]
    assert not run.state.incidents
    run.set(stock=6)
    assert run.is_completed


def test_a_variable_that_is_removed_can_make_it_true():
    run = started(waiting_for("stock = null"), {"stock": 1})

    run.do(SetVariables(scope=ROOT, variables={}, removed=("stock",)))

    assert run.is_completed


def test_nothing_outside_waits_for_a_condition():
    run = started(waiting_for("stock > 5"), {"stock": 1})
    run.set(stock=6)

    assert not run.sent(OpenSubscription) + run.sent(ScheduleTimer) + run.sent(CloseWait)


def test_another_branch_makes_it_true():
    run = started(
        process(
            "s -> f",
            "f -> c -> j",
            "f -> a -> set -> j",
            "j -> e",
            s=start(),
            f=parallel(),
            c=catch(condition("ready")),
            a=service("work"),
            set=script("true", "ready"),
            j=parallel(),
            e=end(),
        ),
        {"ready": False},
    )

    assert run.waiting == ["a", "c"]
    run.complete("a")

    assert run.is_completed


def test_the_result_of_a_job_makes_it_true():
    run = started(guarded('level = "high"', interrupting=False), {"level": "low"})

    run.complete("a", {"level": "high"})

    assert run.is_completed
    assert "b" not in run.passed


# Boundary events ----------------------------------------------------------------------------


def test_an_interrupting_boundary_event_ends_its_activity_when_the_condition_becomes_true():
    run = started(guarded("level > 3"), {"level": 1})

    run.set(level=4)

    assert run.is_completed
    assert run.terminated == ["a"]
    assert run.passed == ["s", "b", "bh"]


def test_it_interrupts_before_anything_inside_runs_when_it_holds_at_once():
    inside = subprocess("s2 -> t -> e2", s2=start(), t=task(), e2=end())
    run = started(guarded("level > 3", host=inside), {"level": 4})

    assert run.passed == ["s", "b", "bh"]


def test_a_change_inside_interrupts_before_the_next_element():
    inside = subprocess(
        "s2 -> t -> u -> e2", s2=start(), t=script("4", "level"), u=task(), e2=end()
    )
    run = started(guarded("level > 3", host=inside), {"level": 1})

    assert run.passed == ["s", "s2", "t", "b", "bh"]
    assert run.terminated == ["a"]


def test_a_non_interrupting_one_occurs_when_it_becomes_true_not_while_it_stays_so():
    run = started(guarded("level > 3", interrupting=False), {"level": 1})

    run.set(level=4)
    run.set(level=5)
    assert run.passed.count("b") == 1
    run.set(level=2)
    run.set(level=9)

    assert run.passed.count("b") == 2
    assert run.waiting == ["a", "b"]
    run.complete("a")
    assert run.is_completed


def test_whether_it_was_true_is_stored():
    run = started(guarded("level > 3", interrupting=False), {"level": 4})

    again = decode_state(run.graph, encode_state(run.graph, run.state))
    assert again == run.state
    run.state = again
    run.set(level=5)

    assert run.passed.count("b") == 1


def test_without_the_condition_the_handler_does_not_run():
    run = started(guarded("level > 3"), {"level": 1})

    run.set(level=2)
    run.complete("a")

    assert run.passed == ["s", "a", "e"]
    assert not run.state.listening


def test_the_activitys_own_variables_count():
    host = service("work", inputs={"limit": "level + 1"})
    run = started(guarded("limit > 3", host=host), {"level": 1})

    wait = run.wait("a", WaitKind.JOB)
    run.set(level=9)
    assert run.waiting == ["a", "b"]
    run.do(SetVariables(scope=wait.visit, variables={"limit": 4}))

    assert run.is_completed
    assert run.terminated == ["a"]


def test_each_instance_of_a_multi_instance_activity_has_its_own():
    run = started(
        process(
            "s -> sub -> e",
            s=start(),
            e=end(),
            sub=subprocess(
                "s2 -> c -> e2",
                loop=each("[1, 2]"),
                s2=start(),
                c=catch(condition("item < level")),
                e2=end(),
            ),
        ),
        {"level": 0},
    )

    run.set(level=2)
    assert run.waiting == ["c"]
    run.set(level=3)

    assert run.is_completed


# Event sub-processes and gateways -----------------------------------------------------------


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_condition_starts_an_event_sub_process(interrupting):
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("work"),
            e=end(),
            esp=event_subprocess(
                "es -> h -> ee",
                es=start(condition("level > 3"), interrupting=interrupting),
                h=service("handle"),
                ee=end(),
            ),
        ),
        {"level": 1},
    )

    assert run.waiting == ["a", "es"]
    run.set(level=4)

    assert run.waiting == (["h"] if interrupting else ["a", "es", "h"])


def test_a_condition_wins_the_race_after_an_event_based_gateway():
    run = started(
        process(
            "s -> g",
            "g -> c -> e",
            "g -> m -> e",
            s=start(),
            g=event_based(),
            c=catch(condition("ready")),
            m=catch(message("go")),
            e=end(),
        ),
        {"ready": False},
    )

    run.set(ready=True)

    assert run.is_completed
    assert run.passed == ["s", "g", "c", "e"]


# Filters, suspension, failures --------------------------------------------------------------


def test_with_names_it_is_asked_when_one_of_these_changes():
    run = started(waiting_for("stock > 5", names="go, other"), {"stock": 1, "go": 1})

    run.set(stock=6)
    assert run.waiting == ["c"]
    run.set(go=2)

    assert run.is_completed


@pytest.mark.parametrize(("events", "completes"), [("create", False), ("update", True)])
def test_with_events_it_is_asked_when_a_variable_is_created_or_updated(events, completes):
    run = started(waiting_for("stock > 5", events=events), {"stock": 1})

    run.set(stock=6)

    assert run.is_completed is completes


def test_camunda_7_names_variable_and_events_by_attributes():
    xml = waiting_for("stock > 5").replace(
        b"<bpmn:conditionalEventDefinition>",
        b'<bpmn:conditionalEventDefinition camunda:variableName="go" '
        b'camunda:variableEvents="create, update">',
    )
    run = started(xml, {"stock": 1})

    run.set(stock=6)
    assert run.waiting == ["c"]
    run.set(go=True)

    assert run.is_completed


def test_a_suspended_instance_asks_when_it_is_resumed():
    run = started(waiting_for("stock > 5"), {"stock": 1})

    run.do(SuspendInstance())
    run.set(stock=6)
    assert run.waiting == ["c"]
    run.do(ResumeInstance())

    assert run.is_completed


def test_a_condition_that_fails_is_an_incident_and_a_change_resolves_it():
    run = started(waiting_for("stock > 5"), {"stock": "many"})

    assert run.incident.kind is IncidentKind.EXPRESSION
    run.set(stock="more")
    assert run.incident.kind is IncidentKind.EXPRESSION
    run.set(stock=6)

    assert run.is_completed
    assert not run.state.incidents


def test_resolving_the_incident_asks_again():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("work"),
            e=end(),
            esp=event_subprocess(
                "es -> ee", es=start(condition("stock > 5", names="go")), ee=end()
            ),
        ),
        {"stock": "many"},
    )

    assert run.incident.scope == ROOT
    run.set(stock=6)
    run.resolve()

    assert run.is_completed
    assert run.terminated == ["a"]


def test_a_value_that_is_neither_true_nor_false_is_an_incident():
    run = started(waiting_for("stock"), {"stock": 3})

    assert "true or false" in run.incident.message


def test_a_diagram_without_conditions_watches_nothing():
    run = started(process("s -> a -> e", s=start(), a=service("x"), e=end()))

    assert not run.graph.watches_variables


# The start of a process ---------------------------------------------------------------------


def test_a_conditional_start_event_starts_with_variables_that_meet_it():
    run = started(
        process("s -> a", s=start(condition("level > 3")), a=service("x")), {"level": 4}, at="s"
    )

    assert run.waiting == ["a"]


@pytest.mark.parametrize("variables", [{"level": 1}, {}])
def test_it_starts_nothing_with_others(variables):
    run = Run(compiled(process("s -> a", s=start(condition("level > 3")), a=service("x"))))

    rejection = run.send(StartInstance(variables=variables, element_id="s"))

    assert isinstance(rejection, Rejection)
    assert "level > 3" in rejection.message
    assert not run.facts
